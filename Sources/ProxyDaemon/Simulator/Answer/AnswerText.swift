/// Writes an answer's text from templates that take up the words of the question.
struct AnswerText {
    static let marker = "[simulated] "
    private let question: Question
    private let hedges: Bool
    private var random: SeededRandom
    /// Templates of sentences that have not had their turn: one that comes again and again is the mark of a weak answer.
    private var deck: [String] = []

    init(_ question: Question, hedges: Bool, seed: UInt64) {
        self.question = question
        self.hedges = hedges
        random = SeededRandom(seed: seed)
    }

    /// The whole answer: paragraphs, and a list or code where they are asked for.
    mutating func write() -> String {
        if question.wantsBrevity { return Self.marker + sentence() }
        var parts = [Self.marker + paragraph(sentences: 2 + random.below(2))]
        for _ in 0..<question.difficulty / 2 { parts.append(paragraph(sentences: 3 + random.below(3))) }
        if question.wantsList { parts.append(list()) }
        if question.wantsCode { parts.append(CodeSample.write(question, number: 2 + random.below(40))) }
        if parts.count > 2 { parts.append(fill(random.choose(hedges ? Phrases.hedged : Phrases.closings, else: ""))) }
        return parts.joined(separator: "\n\n")
    }

    /// About so many tokens of paragraphs.
    mutating func write(tokens: Int) -> String {
        let length = max(1, tokens) * 4
        var text = Self.marker
        while text.utf8.count < length { text += paragraph(sentences: 4) + "\n\n" }
        return String(text.cut(toBytes: length))
    }

    /// What the model says to itself first.
    mutating func writeThinking() -> String {
        let sentences = (0..<2 + question.difficulty / 2).map { _ in fill(random.choose(Phrases.thoughts, else: "")) }
        return "(simulated thinking) " + sentences.joined(separator: " ")
    }

    private mutating func paragraph(sentences: Int) -> String {
        (0..<sentences).map { _ in sentence() }.joined(separator: " ")
    }

    private mutating func sentence() -> String {
        if deck.isEmpty { deck = (hedges ? Phrases.hedged : Phrases.plain).shuffled(using: &random) }
        return fill(deck.popLast() ?? "#.")
    }

    private mutating func list() -> String {
        (1...3 + random.below(3)).map { "\($0). " + fill(random.choose(Phrases.steps, else: "#")) }
            .joined(separator: "\n")
    }

    /// Puts a word of the question in the place of every `#`, and a capital at the start.
    private mutating func fill(_ template: String) -> String {
        var text = ""
        var last = ""
        for character in template {
            guard character == "#" else {
                text.append(character)
                continue
            }
            let others = question.topics.filter { $0 != last }
            last = random.choose(others, else: last.isEmpty ? "the matter" : "the rest")
            text += last
        }
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}

extension String {
    /// The longest beginning of at most so many bytes of UTF-8 that cuts no character in two.
    func cut(toBytes limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        var end = utf8.index(startIndex, offsetBy: max(0, limit))
        while end > startIndex, String.Index(end, within: self) == nil { end = utf8.index(before: end) }
        return self[..<end]
    }
}
