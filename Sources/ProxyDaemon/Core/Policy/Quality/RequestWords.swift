/// What the words of a request ask for, as far as its answer can be held to it.
struct RequestWords {
    private let words: [String]
    private let set: Set<String>
    /// The words with one space before and after each.
    private let line: String
    let hasOddCharacters: Bool
    private let endsAsking: Bool

    init(_ text: [UInt8]) {
        var words: [String] = []
        var word: [UInt8] = []
        func close() {
            guard !word.isEmpty else { return }
            words.append(String(decoding: word, as: UTF8.self))
            word.removeAll(keepingCapacity: true)
        }
        var odd = false
        for (at, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"),
                UInt8(ascii: "#"), UInt8(ascii: "-"), UInt8(ascii: "/"):
                word.append(byte)
            case 0x80...:
                // A curly apostrophe is taken for a straight one, which is left out.
                if byte == 0xE2, at + 1 < text.count, text[at + 1] == 0x80 { close() }
                if byte == 0xEF || byte == 0xC3 || byte == 0xC2 { odd = odd || Self.isOdd(text, at) }
                word.append(byte)
            case UInt8(ascii: "'"): break
            default: close()
            }
        }
        close()
        self.words = words
        set = Set(words)
        line = " " + words.joined(separator: " ") + " "
        hasOddCharacters = odd
        endsAsking = text.last { $0 != 0x20 && $0 != 0x0A } == UInt8(ascii: "?")
    }

    /// U+FFFD, or UTF-8 that was read as Latin-1.
    private static func isOdd(_ text: [UInt8], _ at: Int) -> Bool {
        if at + 2 < text.count, text[at] == 0xEF, text[at + 1] == 0xBF, text[at + 2] == 0xBD { return true }
        return at + 2 < text.count && text[at] == 0xC3 && (text[at + 1] == 0x83 || text[at + 1] == 0xA2)
            && text[at + 2] >= 0xC2
    }

    private func hasAny(_ list: Set<String>) -> Bool { !set.isDisjoint(with: list) }
    private func says(_ phrases: [String]) -> Bool { phrases.contains { line.contains(" \($0) ") } }

    // MARK: Texts

    var isFiction: Bool {
        hasAny(Self.fiction) && (hasAny(Self.makes) || says(["tell me a", "once upon", "in the style of"]))
    }

    var isForSomebody: Bool {
        hasAny(Self.messages) && hasAny(Self.makes)
            || hasAny([
                "translate", "rephrase", "paraphrase", "rewrite", "proofread", "reword", "translation", "übersetze",
                "traduce",
                "traduis", "roleplay", "pretend", "impersonate", "polish", "summarize", "summarise",
            ])
            || says([
                "act as", "you are playing", "in the voice of", "example sentence", "example sentences", "grammar of",
                "fix the grammar", "correct the grammar", "how do i say", "how do you say", "how can i say",
                "how to say",
                "what should i say", "say that", "saying", "sentences with", "quotes about", "quotes from",
                "how would i say",
                "other ways to say", "ways to say",
            ])
    }

    var asksPossibilities: Bool {
        hasAny(Self.possibilities)
            || says([
                "what if", "what could", "could be", "may be", "what would happen", "why would", "causes of",
                "what causes",
                "side effects", "pros and cons", "who wrote", "is it true",
            ])
    }

    var wantsRepetition: Bool {
        hasAny([
            "repeat", "refrain", "chorus", "chant", "mantra", "lyrics", "song", "anaphora", "dummy", "repeated",
            "lines",
        ])
            || says([
                "many times", "100 times", "ten times", "10 times", "5 times", "five times", "test data", "sample data",
            ])
    }

    var isEnglish: Bool {
        let little: Set = ["the", "a", "an", "of", "is", "are", "how", "what", "do", "i", "for", "my", "to", "and"]
        return words.reduce(0) { $0 + (little.contains($1) ? 1 : 0) } >= 2
    }

    // MARK: Length

    var asksShort: Bool {
        hasAny([
            "briefly", "concisely", "tldr", "shortly", "spell", "synonym", "synonyms", "antonym", "antonyms",
            "headline",
            "tagline", "slogan", "acronym", "translate", "classify", "label", "kurz",
        ])
            || says([
                "one word", "single word", "two words", "three words", "yes or no", "yes/no", "true or false",
                "one sentence",
                "a sentence", "a single sentence", "in short", "in brief", "be brief", "short answer", "just the",
                "just tell",
                "only the", "only answer", "one line", "a number", "single number", "keep it short", "be concise",
                "no explanation",
                "without explanation", "without explaining", "answer only", "one-liner", "few words", "a title",
                "one letter",
                "a name for", "nothing else", "ein wort", "commit message", "how do i say", "how do you say",
                "two sentences",
            ])
    }

    /// A fact, a yes or a no answers it.
    var isClosed: Bool {
        guard let first = words.first else { return true }
        if words.count <= 3 { return true }
        if Self.closedOpenings.contains(first) { return true }
        if first == "how", words.count > 1 {
            return ["many", "much", "old", "far", "long", "tall", "big", "often", "fast", "high", "deep"].contains(
                words[1]
            )
        }
        return (first == "what" || first == "whats") && words.count <= 10
    }

    /// Asks for an explanation, a text, a plan.
    var isOpen: Bool {
        guard words.count > 2 else { return false }
        return hasAny(Self.openWords)
            || says([
                "how do", "how does", "how can", "how should", "how would", "how to", "what are the", "walk me",
                "step by step",
                "in detail", "tell me about", "the difference between", "difference between", "pros and cons",
                "help me understand",
                "write a", "write an", "write me", "trade-offs", "tradeoffs", "what is the best way",
                "wie funktioniert",
                "warum", "erkläre", "explica", "explique", "pourquoi",
            ])
    }

    // MARK: Form

    var wantsOnlyJSON: Bool {
        guard set.contains("json") else { return false }
        return says([
            "only json", "json only", "only valid json", "valid json only", "only a json", "only the json", "just json",
            "just the json", "just a json", "nothing but json", "only with json", "only with a json",
            "only with valid json",
            "raw json", "only in json", "only as json", "strict json", "respond with json", "respond in json",
            "reply in json",
            "reply with json", "answer in json", "answer with json", "reply as json", "respond with valid json",
            "respond with a json object", "reply with a json object", "return a json object", "answer as json",
            "must be valid json", "must be json", "output json", "return json", "output valid json",
            "return valid json",
            "only a valid json", "single json object", "one json object", "nur json", "nothing except json",
            "only respond with json", "no prose just json", "exclusively json", "only one json",
        ])
    }

    var wantsJSON: Bool {
        guard set.contains("json") else { return false }
        if wantsOnlyJSON { return true }
        return says([
            "as json", "in json", "to json", "into json", "json format", "a json array", "a json object",
            "json document", "als json",
            "en json", "formatted as json", "example json", "sample json", "json list",
        ])
            && !hasAny([
                "how", "why", "explain", "difference", "parse", "serialize", "library", "endpoint", "api", "what",
            ])
    }

    /// Code is to be written, not only spoken of.
    var wantsCode: Bool {
        if says([
            "no code", "without code", "without any code", "in words", "plain english", "conceptually", "not code",
            "without writing code",
        ]) {
            return false
        }
        // A letter about code has none, but a pattern for letters is code.
        let isText = hasAny([
            "essay", "poem", "story", "blog", "article", "email", "letter", "speech", "haiku", "limerick",
        ])
        if isText, !hasAny(["regex", "regexp", "function", "sql", "query", "html"]) { return false }
        let isTechnical = hasAny(Self.languages) || hasAny(Self.technical)
        for (at, word) in words.enumerated() where Self.codeVerbs.contains(word) {
            if word == "implement" || word == "refactor", isTechnical { return true }
            for near in words[(at + 1)...].prefix(9) {
                if Self.codeNouns.contains(near) { return true }
                if isTechnical, Self.softCodeNouns.contains(near) { return true }
            }
        }
        return says([
            "code for", "code to", "regex for", "regex to", "sql to", "sql query to", "script to", "snippet that",
            "code that",
        ])
            && !hasAny(["explain", "review", "does", "is", "why"])
    }
}
