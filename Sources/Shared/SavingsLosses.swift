/// What was lost of the savings on the gateway's own decisions, beside its own calls (``OverheadCosts``). JSON: an object with an
/// amount for each; one that is not there is nothing.
public struct SavingsLosses: Sendable, Hashable {
    /// Paid for answers that were thrown away: weak ones, in whose place a stronger model was asked, and ones that broke off and
    /// were made again. A part of the totals' `cost`.
    public var escalation: USD
    /// Paid for requests that the semantic cache could have answered, and that were sent to their provider all the same, to see
    /// whether it would have been right. A part of the totals' `cost`.
    public var cacheChecks: USD
    /// What answers of the semantic cache would have cost on the premium tier that clients reported as wrong: who got one got
    /// nothing. Nobody was paid it; it is taken off what was saved.
    public var wrongHits: USD

    public init(escalation: USD = .zero, cacheChecks: USD = .zero, wrongHits: USD = .zero) {
        self.escalation = escalation
        self.cacheChecks = cacheChecks
        self.wrongHits = wrongHits
    }

    /// Nothing was lost.
    public var isEmpty: Bool { self == SavingsLosses() }

    public static func += (left: inout Self, right: Self) {
        left.escalation += right.escalation
        left.cacheChecks += right.cacheChecks
        left.wrongHits += right.wrongHits
    }
}

extension SavingsLosses: Codable {
    private enum CodingKeys: String, CodingKey {
        case escalation
        case cacheChecks = "cache_checks"
        case wrongHits = "wrong_hits"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        escalation = try container.decodeIfPresent(USD.self, forKey: .escalation) ?? .zero
        cacheChecks = try container.decodeIfPresent(USD.self, forKey: .cacheChecks) ?? .zero
        wrongHits = try container.decodeIfPresent(USD.self, forKey: .wrongHits) ?? .zero
    }
}

extension MetricsSnapshot.Totals {
    /// What the answers that clients got cost, with failed calls for them: `cost` without the gateway's own calls, the weak answers
    /// that were thrown away and the checks of the cache.
    ///
    /// `baseline - answers - overhead.total - losses.escalation - losses.cacheChecks - losses.wrongHits == saved`, to the
    /// nano-dollar.
    public var answers: USD { cost - overhead.total - losses.escalation - losses.cacheChecks }
}
