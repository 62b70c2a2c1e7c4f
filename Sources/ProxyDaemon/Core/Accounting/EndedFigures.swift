package import Shared

/// What one row of the books adds to the history: an exchange that has ended, or what was spent or lost beside exchanges.
///
/// It is made in the same way from an exchange that ends now and from a row that an earlier process wrote, so that the history is
/// the same after a restart. The books do not have when an exchange ended; it is when it came and how long it took.
package struct EndedFigures: Sendable, Equatable {
    /// In milliseconds since 1970.
    package var endUnixMilliseconds: Int64
    /// 0 for what is no exchange.
    package var requests: Int32 = 1
    package var isError = false
    package var sharing = Sharing.none
    package var tier: Tier?
    package var escalations = 0
    /// The answers and the gateway's own calls for them.
    package var cost = USD.zero
    package var baseline = USD.zero
    package var saved = USD.zero
    /// Of an exchange.
    package var latencyMilliseconds = 0.0

    /// Nothing has taken longer.
    private static let longestMilliseconds = 86_400_000.0

    package init(unixMilliseconds: Int64, latencyMilliseconds: Double) {
        let latency = min(max(0, latencyMilliseconds), Self.longestMilliseconds)
        endUnixMilliseconds = unixMilliseconds &+ Int64(latency)
        self.latencyMilliseconds = latencyMilliseconds
    }

    /// An exchange.
    init(_ summary: ExchangeSummary, isError: Bool) {
        self.init(unixMilliseconds: summary.unixMilliseconds, latencyMilliseconds: summary.latencyMilliseconds)
        self.isError = isError
        sharing = Sharing(rawValue: summary.cache) ?? .none
        tier = summary.tier
        escalations = summary.escalations
        cost = summary.cost + (summary.overhead ?? .zero)
        baseline = summary.baseline
        saved = summary.saved
    }

    /// Money that went, or was lost, beside exchanges.
    init(cost: USD, saved: USD, unixMilliseconds: Int64) {
        self.init(unixMilliseconds: unixMilliseconds, latencyMilliseconds: 0)
        requests = 0
        self.cost = cost
        self.saved = saved
    }
}

/// The sums of ten seconds. Its size is fixed: adding to it takes no memory.
struct HistoryInterval: Sendable, Equatable {
    var requests: Int32 = 0
    var errors: Int32 = 0
    var exactHits: Int32 = 0
    var semanticHits: Int32 = 0
    var coalesced: Int32 = 0
    var escalations: Int32 = 0
    /// Exchanges by the raw value of the tier that answered.
    var tiers = SIMD4<Int32>()
    var cost = USD.zero
    var baseline = USD.zero
    var saved = USD.zero
    var percentiles = LatencyPercentiles()

    var cacheHits: Int32 { exactHits &+ semanticHits &+ coalesced }

    mutating func add(_ figures: EndedFigures) {
        requests &+= figures.requests
        if figures.isError { errors &+= 1 }
        switch figures.sharing {
        case .none: break
        case .exact: exactHits &+= 1
        case .semantic: semanticHits &+= 1
        case .coalesced: coalesced &+= 1
        }
        escalations &+= Int32(clamping: figures.escalations)
        if let tier = figures.tier { tiers[tier.rawValue] &+= 1 }
        cost += figures.cost
        baseline += figures.baseline
        saved += figures.saved
    }

    /// Adds another one's sums; its percentiles are left out.
    mutating func addSums(of other: Self) {
        requests &+= other.requests
        errors &+= other.errors
        exactHits &+= other.exactHits
        semanticHits &+= other.semanticHits
        coalesced &+= other.coalesced
        escalations &+= other.escalations
        tiers &+= other.tiers
        cost += other.cost
        baseline += other.baseline
        saved += other.saved
    }
}
