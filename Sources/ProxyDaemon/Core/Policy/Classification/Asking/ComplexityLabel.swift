package import Shared

/// What a model says of how hard a request is, in one word.
package enum ComplexityLabel: String, Sendable, CaseIterable {
    case simple = "SIMPLE"
    case moderate = "MODERATE"
    case complex = "COMPLEX"

    /// The tier that the label asks for.
    package var tier: Tier {
        switch self {
        case .simple: .fast
        case .moderate: .balanced
        case .complex: .premium
        }
    }

    /// The middle of the label's share of the scale from 0 to 100, as it is cut by default: up to 30, up to 70, above.
    package var score: Int {
        switch self {
        case .simple: 15
        case .moderate: 50
        case .complex: 85
        }
    }

    /// How sure a label is that came as it was asked for, and one that was found in a sentence. Chosen, not measured:
    /// below what a heuristic of high confidence has, above what makes the other layers abstain.
    private static let plainConfidence = 0.75
    private static let spokenConfidence = 0.6

    /// A longer answer is no label, whatever words it holds.
    private static let longestAnswer = 200

    /// Finds the one label in a model's answer: the bare word in any case, with punctuation, in JSON, or in a short
    /// sentence that holds no other label and denies nothing. Nil for everything else.
    package static func read(_ answer: String) -> (label: ComplexityLabel, confidence: Double)? {
        let text = withoutThought(answer)
        // A thought without an end was cut off before any label.
        guard text.utf8.count <= longestAnswer, !text.hasPrefix("<think") else { return nil }
        let words = words(of: text)
        let found = Set(words.compactMap { word in allCases.first { $0.rawValue.lowercased() == word } })
        guard let label = found.first, found.count == 1 else { return nil }
        // "Not COMPLEX" may mean either of the others.
        guard !words.contains(where: { denials.contains($0) }) else { return nil }
        let isPlain = words.count == 1 || text.utf8.first == UInt8(ascii: "{")
        return (label, isPlain ? plainConfidence : spokenConfidence)
    }

    private static let denials: Set<String> = [
        "not", "isn", "isnt", "aren", "arent", "never", "neither", "nor", "no", "cannot", "hardly", "than", "unless",
    ]

    /// Some servers hand out a model's thought in the text.
    private static func withoutThought(_ answer: String) -> Substring {
        var text = answer[...]
        let closing = "</think>"
        if let end = text.utf8.indices.last(where: { text[$0...].utf8.starts(with: closing.utf8) }) {
            text = text[end...].dropFirst(closing.count)
        }
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        return text
    }

    /// Runs of letters, digits and underscores, in lower case; what is not ASCII counts as a letter.
    private static func words(of text: Substring) -> [String] {
        text.utf8.split { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                false
            default: true
            }
        }
        .map { String(decoding: $0, as: UTF8.self).lowercased() }
    }
}
