/// Many phrases in one: `a/b` stands for either word, `[a/b]` for either or none, `a_b` for two words.
enum PhrasePatterns {
    /// The phrases that a pattern stands for, one space between words.
    static func expand(_ pattern: Substring) -> [String] {
        var phrases = [""]
        for place in pattern.split(separator: " ") {
            let isOptional = place.hasPrefix("[") && place.hasSuffix("]")
            var choices = place.filter { $0 != "[" && $0 != "]" }.split(separator: "/").map { choice in
                String(choice.map { $0 == "_" ? " " : $0 })
            }
            if isOptional { choices.append("") }
            phrases = phrases.flatMap { phrase in
                choices.map { $0.isEmpty ? phrase : phrase.isEmpty ? $0 : "\(phrase) \($0)" }
            }
        }
        return phrases.filter { !$0.isEmpty }
    }

    /// All phrases of a list whose patterns are separated by commas or lines.
    static func phrases(_ list: String) -> [String] {
        list.split(whereSeparator: { $0 == "," || $0 == "\n" }).flatMap(expand)
    }
}
