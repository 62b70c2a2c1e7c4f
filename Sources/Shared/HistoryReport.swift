/// What the last hours looked like: sums and latencies of intervals of the same length, oldest first.
///
/// All lists are as long as ``requests``. What nobody knows any more, because it was before the first exchange of the books or
/// before a daemon without books began to count, is `nil` in every list.
public struct HistoryReport: Sendable, Hashable, Codable {
    /// How long each interval is.
    public var intervalMilliseconds: Int
    /// Where the last interval ends, in milliseconds since 1970; it may still be going on.
    public var endUnixMilliseconds: Int64
    /// Exchanges that ended.
    public var requests: [Int?]
    /// Of those, the ones that failed.
    public var errors: [Int?]
    /// Of those, the ones that no call of their own was made for.
    public var cacheHits: [Int?]
    /// Of those, the ones that got another question's answer, and those that shared a call under way. The rest were exact hits.
    public var semanticHits: [Int?]
    public var coalesced: [Int?]
    public var escalations: [Int?]
    /// Everything that was paid for them.
    public var cost: [USD?]
    /// What the same would have cost on the premium tier.
    public var baseline: [USD?]
    /// Baseline minus cost, and minus what wrong answers of the cache would have cost.
    public var saved: [USD?]
    /// Exchanges by the tier that answered them, by its name; those that no tier answered are in none.
    public var tiers: [String: [Int?]]
    /// Percentiles, by the nearest-rank method, of what was answered in the interval; nil where nothing was. Those of an interval
    /// that is made of several are their means, weighted by answers.
    public var latencyP50Milliseconds: [Double?]
    public var latencyP95Milliseconds: [Double?]
    public var latencyP99Milliseconds: [Double?]

    public init(intervalMilliseconds: Int, endUnixMilliseconds: Int64) {
        self.intervalMilliseconds = intervalMilliseconds
        self.endUnixMilliseconds = endUnixMilliseconds
        (requests, errors, escalations) = ([], [], [])
        (cacheHits, semanticHits, coalesced) = ([], [], [])
        (cost, baseline, saved) = ([], [], [])
        tiers = Dictionary(uniqueKeysWithValues: Tier.allCases.map { ($0.name, []) })
        (latencyP50Milliseconds, latencyP95Milliseconds, latencyP99Milliseconds) = ([], [], [])
    }

    private enum CodingKeys: String, CodingKey {
        case intervalMilliseconds = "interval_ms"
        case endUnixMilliseconds = "end_unix_ms"
        case requests
        case errors
        case cacheHits = "cache_hits"
        case semanticHits = "semantic_hits"
        case coalesced
        case escalations
        case cost = "cost_usd"
        case baseline = "baseline_usd"
        case saved = "saved_usd"
        case tiers
        case latencyP50Milliseconds = "latency_p50_ms"
        case latencyP95Milliseconds = "latency_p95_ms"
        case latencyP99Milliseconds = "latency_p99_ms"
    }

    /// Older daemons tell neither baselines nor tiers nor hits by their kind: those lists are then of nil.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        intervalMilliseconds = try container.decode(Int.self, forKey: .intervalMilliseconds)
        endUnixMilliseconds = try container.decode(Int64.self, forKey: .endUnixMilliseconds)
        requests = try container.decode([Int?].self, forKey: .requests)
        errors = try container.decode([Int?].self, forKey: .errors)
        cacheHits = try container.decode([Int?].self, forKey: .cacheHits)
        escalations = try container.decode([Int?].self, forKey: .escalations)
        cost = try container.decode([USD?].self, forKey: .cost)
        saved = try container.decode([USD?].self, forKey: .saved)
        latencyP50Milliseconds = try container.decode([Double?].self, forKey: .latencyP50Milliseconds)
        latencyP95Milliseconds = try container.decode([Double?].self, forKey: .latencyP95Milliseconds)
        latencyP99Milliseconds = try container.decode([Double?].self, forKey: .latencyP99Milliseconds)
        let unknown = [Int?](repeating: nil, count: requests.count)
        semanticHits = try container.decodeIfPresent([Int?].self, forKey: .semanticHits) ?? unknown
        coalesced = try container.decodeIfPresent([Int?].self, forKey: .coalesced) ?? unknown
        baseline =
            try container.decodeIfPresent([USD?].self, forKey: .baseline)
            ?? [USD?](repeating: nil, count: requests.count)
        tiers = try container.decodeIfPresent([String: [Int?]].self, forKey: .tiers) ?? [:]
    }
}
