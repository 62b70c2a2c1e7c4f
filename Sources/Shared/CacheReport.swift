/// One place where answers are kept, at one moment.
public struct CacheHomeReport: Sendable, Hashable, Codable {
    /// How it is.
    public enum State: String, Sendable, Hashable, Codable {
        case ok
        /// Not reachable, or too slow: the gateway goes on without it.
        case down
        /// Switched off by the gateway itself, or never there.
        case off
    }

    /// `memory`, `disk` or `redis`.
    public var name: String
    public var state: State
    /// Why it is not `ok`, and what to do; nil otherwise.
    public var detail: String?
    /// nil where the home does not count them.
    public var entries: Int?
    public var bytes: Int?
    public var maxBytes: Int?
    public var hits: Int
    public var misses: Int
    /// Entries that had to make room.
    public var evictions: Int
    /// Values that were not written because the home was away or could not keep up.
    public var dropped: Int
    /// Values that could not be read: damaged, of another version, or not this gateway's.
    public var rejected: Int
    /// Calls that were not answered in time.
    public var timeouts: Int
    /// Median of the last answers' times; nil before the first.
    public var latencyP50Milliseconds: Double?

    public init(
        name: String,
        state: State = .ok,
        detail: String? = nil,
        entries: Int? = nil,
        bytes: Int? = nil,
        maxBytes: Int? = nil,
        hits: Int = 0,
        misses: Int = 0,
        evictions: Int = 0,
        dropped: Int = 0,
        rejected: Int = 0,
        timeouts: Int = 0,
        latencyP50Milliseconds: Double? = nil
    ) {
        self.name = name
        self.state = state
        self.detail = detail
        self.entries = entries
        self.bytes = bytes
        self.maxBytes = maxBytes
        self.hits = hits
        self.misses = misses
        self.evictions = evictions
        self.dropped = dropped
        self.rejected = rejected
        self.timeouts = timeouts
        self.latencyP50Milliseconds = latencyP50Milliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case state
        case detail
        case entries
        case bytes
        case maxBytes = "max_bytes"
        case hits
        case misses
        case evictions
        case dropped
        case rejected
        case timeouts
        case latencyP50Milliseconds = "latency_p50_ms"
    }
}

/// The semantic cache at one moment.
public struct SemanticCacheReport: Sendable, Hashable, Codable {
    /// Why it is off, and what to do; nil while it is on.
    public var off: String?
    /// It turned itself off, because too many of its answers were wrong. nil stands for no.
    public var isSuspended: Bool?
    /// `embedding` or `jaccard`.
    public var similarity: String
    public var threshold: Double
    public var entries: Int
    public var maxEntries: Int
    public var hits: Int
    /// Look-ups that found no question near enough.
    public var misses: Int
    /// Near questions that the guards refused, by the guard's name.
    public var refusals: [String: Int]
    /// Would-be hits that were sent to the provider all the same, and whose two answers were compared.
    public var canaries: Int
    /// Of those, the ones whose answers differed, and hits that clients reported as wrong.
    public var falseHits: Int
    /// `falseHits` over `canaries` among the last ones; nil before the first.
    public var falseHitRate: Double?
    /// Above this rate the semantic cache turns itself off.
    public var maxFalseHitRate: Double

    public init(
        off: String? = nil,
        isSuspended: Bool? = nil,
        similarity: String = "embedding",
        threshold: Double = 0,
        entries: Int = 0,
        maxEntries: Int = 0,
        hits: Int = 0,
        misses: Int = 0,
        refusals: [String: Int] = [:],
        canaries: Int = 0,
        falseHits: Int = 0,
        falseHitRate: Double? = nil,
        maxFalseHitRate: Double = 0
    ) {
        self.off = off
        self.isSuspended = isSuspended
        self.similarity = similarity
        self.threshold = threshold
        self.entries = entries
        self.maxEntries = maxEntries
        self.hits = hits
        self.misses = misses
        self.refusals = refusals
        self.canaries = canaries
        self.falseHits = falseHits
        self.falseHitRate = falseHitRate
        self.maxFalseHitRate = maxFalseHitRate
    }

    private enum CodingKeys: String, CodingKey {
        case off
        case isSuspended = "is_suspended"
        case similarity
        case threshold
        case entries
        case maxEntries = "max_entries"
        case hits
        case misses
        case refusals
        case canaries
        case falseHits = "false_hits"
        case falseHitRate = "false_hit_rate"
        case maxFalseHitRate = "max_false_hit_rate"
    }
}
