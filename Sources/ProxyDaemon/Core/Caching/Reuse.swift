/// How an answer came to a request that did not make it.
package enum Sharing: String, Sendable, Equatable {
    /// It did make it.
    case none
    /// The same request was answered before.
    case exact
    /// A question that asks the same was answered before.
    case semantic
    /// The same request was under way.
    case coalesced
}

/// An answer that was given again, for the explanation.
package struct Reuse: Sendable, Equatable {
    package var sharing: Sharing
    /// The query id of the exchange that the answer was made for; empty where that is not known.
    package var origin: String
    /// Of the two questions, from 0 to 1.
    package var similarity: Double?

    package init(sharing: Sharing, origin: String, similarity: Double? = nil) {
        self.sharing = sharing
        self.origin = origin
        self.similarity = similarity
    }

    /// Three decimals.
    var similarityText: String {
        DecimalDigits.text(similarity ?? 0)
    }

    /// The sentence of the explanation.
    var sentence: String {
        let whose = origin.isEmpty ? "" : " (exchange \(origin))"
        switch sharing {
        case .none: return "The answer was made for this request."
        case .exact: return "The same request was answered before\(whose): its answer was given again."
        case .semantic:
            return
                "A question that asks the same was answered before\(whose), similarity \(similarityText): its answer was "
                + "given again."
        case .coalesced: return "The same request was under way\(whose): its answer was shared."
        }
    }
}

enum DecimalDigits {
    /// A number from 0 to 1 with three decimals.
    static func text(_ value: Double) -> String {
        let thousandths = Int((min(max(value, 0), 9) * 1_000).rounded())
        let digits = String(thousandths % 1_000)
        return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
