/// Tells whether two texts that an embedding takes for alike may differ in what they ask. It refuses on what it can name; what
/// it does not refuse is left to the score.
package struct LookalikeGuard: Sendable {
    private let isKnownWord: (@Sendable (ArraySlice<UInt8>) -> Bool)?

    /// - Parameter isKnownWord: Whether a word, in small ASCII letters, stands in a vocabulary of common words, such as an
    ///   embedding model's. It tells names from words and slips of spelling from other words; without one, no slip is
    ///   overlooked and words that no list holds are not taken for names.
    package init(isKnownWord: (@Sendable (ArraySlice<UInt8>) -> Bool)? = nil) {
        self.isKnownWord = isKnownWord
    }

    /// Compares two texts. The outcome is the same in either order but for the order in which a text names them.
    package func compare(_ asked: PromptWording, _ stored: PromptWording) -> WordingComparison {
        let isOrdered = Self.precedes(asked, stored)
        let left = isOrdered ? asked : stored
        let right = isOrdered ? stored : asked
        let matching = WordMatching(left, right, isKnown: { isKnown($0) }, knowsWords: isKnownWord != nil)
        var finding = WordingFinding(matching)
        finding.checkNumbers()
        finding.checkNegation()
        finding.checkSpans()
        finding.checkLanguage()
        finding.checkOpposites()
        finding.checkNames()
        if isKnownWord != nil { finding.checkUnknown { isKnown($0) } }
        finding.checkOrder()
        finding.checkQuestion()
        finding.checkPersons()
        finding.checkLength()
        return WordingComparison(refusals: finding.refusals, evidence: finding.evidence)
    }

    /// One of the two orders of a pair, so that both give the same result.
    private static func precedes(_ one: PromptWording, _ other: PromptWording) -> Bool {
        if one.words.count != other.words.count { return one.words.count < other.words.count }
        if one.letters != other.letters { return one.letters.lexicographicallyPrecedes(other.letters) }
        return !other.text.lexicographicallyPrecedes(one.text)
    }

    /// Whether a vocabulary holds a word or the word that it is a form of.
    private func isKnown(_ word: ArraySlice<UInt8>) -> Bool {
        guard let isKnownWord else { return true }
        if isKnownWord(word) { return true }
        let endings: [(StaticString, [UInt8])] = [
            ("s", []), ("es", []), ("ies", [0x79]), ("ed", []), ("ed", [0x65]), ("ing", []), ("ing", [0x65]),
            ("ly", []),
            ("er", []), ("er", [0x65]), ("est", []),
        ]
        for (ending, replacement) in endings {
            let length = ending.utf8CodeUnitCount
            guard word.count >= length + 3, ending.withUTF8Buffer({ word.suffix(length).elementsEqual($0) }) else {
                continue
            }
            let base = word.dropLast(length)
            if isKnownWord((base + replacement)[...]) { return true }
            // A doubled letter before the ending: "unsubscribing" has none, "logging" has.
            if replacement.isEmpty, base.count > 3, base.last == base.dropLast().last, isKnownWord(base.dropLast()) {
                return true
            }
        }
        return false
    }
}
