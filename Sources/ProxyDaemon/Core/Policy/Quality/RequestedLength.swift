/// The length that a request asks for in figures: "800 words", "600 Wörter", "1000字".
enum RequestedLength {
    /// Characters of text that so many words come to, of the longest text asked for; nil where none is, or where the figure
    /// is a limit.
    ///
    /// A word counts five characters: less than in any of the languages here, as no one is to be accused for words that
    /// are short. A character of those scripts that need few counts three, as ``AnswerScan`` weighs them.
    static func characters(_ text: [UInt8]) -> Int? {
        var longest: Int?
        var at = 0
        while at < text.count {
            guard isDigit(text[at]) else {
                at += 1
                continue
            }
            let start = at
            var number = 0
            while at < text.count, isDigit(text[at]) || isGroup(text, at) {
                if isDigit(text[at]) { number = min(1_000_000, number * 10 + Int(text[at] & 15)) }
                at += 1
            }
            guard number >= 20, number <= 20_000, let unit = unit(text, at), !isLimit(text, start, at) else { continue }
            longest = max(longest ?? 0, number * unit)
        }
        return longest
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// A mark between thousands.
    private static func isGroup(_ text: [UInt8], _ at: Int) -> Bool {
        (text[at] == UInt8(ascii: ",") || text[at] == UInt8(ascii: ".")) && at + 3 < text.count
            && text[at + 1...at + 3].allSatisfy(isDigit)
    }

    /// Characters of one of the unit that stands at a place.
    private static func unit(_ text: [UInt8], _ place: Int) -> Int? {
        var at = place
        while at < text.count, text[at] == 0x20 || text[at] == UInt8(ascii: "-") { at += 1 }
        let rest = text[at...]
        return units.first {
            rest.starts(with: UnsafeRawBufferPointer(start: $0.0.utf8Start, count: $0.0.utf8CodeUnitCount))
        }?.1
    }

    private static let units: [(StaticString, Int)] = [
        ("word", 5), ("Word", 5), ("Wörter", 5), ("Wort", 5), ("mots", 5), ("palabras", 5), ("parole", 5),
        ("palavras", 5),
        ("woorden", 5), ("字", 3), ("文字", 3), ("자", 3), ("слов", 5),
    ]

    /// Whether the figure is the most that may come, by the words around it.
    private static func isLimit(_ text: [UInt8], _ start: Int, _ end: Int) -> Bool {
        let before = text[max(0, start - 28)..<start]
        let after = text[end..<min(text.count, end + 32)]
        func has(_ window: ArraySlice<UInt8>, _ words: [StaticString]) -> Bool {
            words.contains { word in
                let count = word.utf8CodeUnitCount
                guard window.count >= count else { return false }
                return (window.startIndex...window.endIndex - count).contains { at in
                    (0..<count).allSatisfy { window[at + $0] | 0x20 == word.utf8Start[$0] | 0x20 }
                }
            }
        }
        return has(before, limitsBefore) || has(after, limitsAfter)
    }

    private static let limitsBefore: [StaticString] = [
        "under ", "most ", "max", "less ", "fewer ", "up to ", "within ", "than ", "limit", "below ", "unter ",
        "höchstens ",
        "weniger ", "bis zu ", "moins ", "menos ", "máximo", "meno ", "massimo", "this ", "my ", "diese", "mein",
        "there are ",
    ]
    private static let limitsAfter: [StaticString] = [
        " or less", " or fewer", "max", " or under", "limit", "以内", "以下", " oder weniger", " ou moins", " o menos",
        "per minute",
        "a minute", " per ",
    ]
}
