/// What the last hours looked like: sums and latencies of intervals of the same length, oldest first.
///
/// All lists are as long as ``requests``. Intervals from before the daemon began to count are `nil` in every list.
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
    public var escalations: [Int?]
    /// Everything that was paid for them.
    public var cost: [USD?]
    /// Baseline minus cost.
    public var saved: [USD?]
    /// Percentiles of what was answered in the interval; nil where nothing was. Those of an interval that is made of several are
    /// their means, weighted by answers.
    public var latencyP50Milliseconds: [Double?]
    public var latencyP95Milliseconds: [Double?]
    public var latencyP99Milliseconds: [Double?]

    public init(intervalMilliseconds: Int, endUnixMilliseconds: Int64) {
        self.intervalMilliseconds = intervalMilliseconds
        self.endUnixMilliseconds = endUnixMilliseconds
        (requests, errors, cacheHits, escalations) = ([], [], [], [])
        (cost, saved) = ([], [])
        (latencyP50Milliseconds, latencyP95Milliseconds, latencyP99Milliseconds) = ([], [], [])
    }

    private enum CodingKeys: String, CodingKey {
        case intervalMilliseconds = "interval_ms"
        case endUnixMilliseconds = "end_unix_ms"
        case requests
        case errors
        case cacheHits = "cache_hits"
        case escalations
        case cost = "cost_usd"
        case saved = "saved_usd"
        case latencyP50Milliseconds = "latency_p50_ms"
        case latencyP95Milliseconds = "latency_p95_ms"
        case latencyP99Milliseconds = "latency_p99_ms"
    }
}
