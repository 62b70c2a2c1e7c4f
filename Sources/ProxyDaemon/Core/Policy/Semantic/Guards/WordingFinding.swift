/// What the guards find in one pair of texts. Each check adds refusals of its own names.
struct WordingFinding {
    let matching: WordMatching
    private(set) var refusals: [WordingRefusal] = []
    let evidence: LexicalEvidence

    var left: PromptWording { matching.left }
    var right: PromptWording { matching.right }
    /// Whether each content word of the one text has a counterpart in the other.
    let isMatched: Bool

    init(_ matching: WordMatching) {
        self.matching = matching
        isMatched = matching.leftOnly.isEmpty && matching.rightOnly.isEmpty && matching.overflow == 0
        evidence = LexicalEvidence(matching)
    }

    mutating func refuse(_ name: WordingRefusal.Guard, _ text: String) {
        guard !refusals.contains(where: { $0.name == name }) else { return }
        refusals.append(WordingRefusal(name: name, text: text))
    }

    // MARK: - Numbers and operators

    mutating func checkNumbers() {
        let mine = left.quantities, theirs = right.quantities
        if left.operators != right.operators {
            refuse(.operators, "\(left.operators.count) operators against \(right.operators.count), or others")
        }
        guard mine != theirs else { return }
        let values = mine.map(\.value), others = theirs.map(\.value)
        if values == others {
            refuse(.units, "\(Self.list(mine, left)) in other units")
        } else if values.count == others.count, values.sorted() == others.sorted() {
            refuse(.numberOrder, "\(Self.list(mine, left)) in another order")
        } else {
            refuse(.numbers, "\(Self.list(mine, left)) against \(Self.list(theirs, right))")
        }
    }

    private static func list(_ quantities: [PromptWording.Quantity], _ text: PromptWording) -> String {
        if quantities.isEmpty { return "no number" }
        return quantities.prefix(4).map { text.spelling(text.words[Int($0.word)]) }.joined(separator: ", ")
    }

    // MARK: - Negation

    /// The words that deny must be as many. One that an opposite makes up for counts too: "not available", "unavailable".
    mutating func checkNegation() {
        guard left.negations != right.negations else { return }
        refuse(.negation, "\(left.negations) denying words against \(right.negations)")
    }

    // MARK: - Quotations and code

    mutating func checkSpans() {
        if left.blocks != right.blocks { refuse(.code, "other blocks of code") }
        let mine = left.spans.map(\.hash), theirs = right.spans.map(\.hash)
        guard mine != theirs else { return }
        if mine.count == theirs.count, mine.sorted() == theirs.sorted() {
            refuse(.wordOrder, "the same quotations in another order")
        }
        if let missing = Self.missing(left, in: right) ?? Self.missing(right, in: left) {
            refuse(.quoted, "“\(missing)” in one of them alone")
        }
    }

    /// The first quotation of one text that the other has neither as a quotation nor as plain text.
    private static func missing(_ text: PromptWording, in other: PromptWording) -> String? {
        for span in text.spans where !other.spans.contains(where: { $0.hash == span.hash }) {
            let quoted = text.text[span.range]
            guard other.text.count <= 4_096, holds(other.text, quoted) else {
                return String(decoding: quoted.prefix(40), as: UTF8.self)
            }
        }
        return nil
    }

    private static func holds(_ text: [UInt8], _ part: ArraySlice<UInt8>) -> Bool {
        guard let first = part.first, part.count <= text.count else { return part.isEmpty }
        for start in 0...(text.count - part.count) where text[start] == first {
            if text[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }

    // MARK: - Language and length

    /// The embedding model reads English. Of another language or script, only the same words in all but courtesies will do.
    mutating func checkLanguage() {
        guard left.scripts == right.scripts else { return refuse(.language, "letters of another script") }
        let isForeign = left.isForeign || right.isForeign
        guard isForeign else { return }
        if left.language != right.language, left.language != nil, right.language != nil {
            return refuse(.language, "another language")
        }
        let differs = !isMatched || !matching.leftFunction.isEmpty || !matching.rightFunction.isEmpty
        if differs { refuse(.language, "other words in a language that the model does not read") }
    }

    /// A text that says much more than the other asks something else.
    mutating func checkLength() {
        let fewer = min(left.contentCount, right.contentCount), more = max(left.contentCount, right.contentCount)
        if more >= fewer + 4, fewer * 5 < more * 2 { refuse(.length, "\(fewer) words of content against \(more)") }
        guard fewer == 0 else { return }
        let hasOthers = !matching.leftFunction.isEmpty || !matching.rightFunction.isEmpty || !isMatched
        if hasOthers { refuse(.length, "too few words to tell them alike") }
    }
}

extension PromptWording {
    /// Whether it is written in a script other than Latin or, as far as its function words tell, not in English.
    var isForeign: Bool {
        scripts & ~WordingScript.latin.rawValue != 0 || language != nil && language != .english
    }
}

extension LexicalEvidence {
    init(_ matching: WordMatching) {
        let left = matching.left, right = matching.right
        let one = matching.leftOnly.count, other = matching.rightOnly.count
        fewerUnmatched = min(one, other)
        moreUnmatched = max(one, other)
        jaccard = WordSimilarity.jaccard(left, right)
        let shorter = min(left.words.count, right.words.count), longer = max(left.words.count, right.words.count)
        lengthRatio = longer == 0 ? 1 : Double(shorter) / Double(longer)
        shorterLength = shorter
    }
}

/// Similarity of texts by their words alone.
package enum WordSimilarity {
    /// The number of meanings in both texts, divided by that of meanings in either: 0 to 1; 1 for two texts without words.
    ///
    /// The sets hold each word once: function words and numbers too, synonyms and the forms of one word as one, contractions
    /// undone.
    package static func jaccard(_ one: PromptWording, _ other: PromptWording) -> Double {
        var shared = 0
        var left = 0, right = 0
        while left < one.keys.count, right < other.keys.count {
            if one.keys[left] == other.keys[right] {
                shared += 1
                left += 1
                right += 1
            } else if one.keys[left] < other.keys[right] {
                left += 1
            } else {
                right += 1
            }
        }
        let either = one.keys.count + other.keys.count - shared
        return either == 0 ? 1 : Double(shared) / Double(either)
    }
}
