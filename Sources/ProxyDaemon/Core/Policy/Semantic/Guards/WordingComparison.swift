/// Why an answer to one text must not be served for another.
package struct WordingRefusal: Sendable, Equatable {
    /// The guards. The raw values are their names in logs, metrics and explanations; they stay as they are.
    package enum Guard: String, Sendable, CaseIterable {
        case numbers
        case numberOrder = "number_order"
        case units
        case negation
        case operators
        case opposites
        case siblings
        case entities
        case unknownWords = "unknown_words"
        case quantifiers
        case wordOrder = "word_order"
        case possessives
        case questionWord = "question_word"
        case modality
        case tense
        case quoted
        case code
        case language
        case length
    }

    package let name: Guard
    /// What differs, in a few words, such as `buy against sell`.
    package let text: String
}

/// What two texts' words have in common, as the score reads it. The same for either order of the texts.
package struct LexicalEvidence: Sendable, Equatable {
    /// Content words that only the one text has, and only the other; the smaller number first.
    package var fewerUnmatched = 0
    package var moreUnmatched = 0
    /// Words in both, divided by words in either: 0 to 1.
    package var jaccard = 1.0
    /// The shorter text's number of words, divided by the longer one's: 0 to 1.
    package var lengthRatio = 1.0
    /// Words of the shorter text.
    package var shorterLength = 0
}

/// The outcome of comparing two texts.
package struct WordingComparison: Sendable {
    /// Empty where nothing forbids to serve the one text's answer for the other.
    package internal(set) var refusals: [WordingRefusal] = []
    package internal(set) var evidence = LexicalEvidence()

    package var isRefused: Bool { !refusals.isEmpty }
}
