/// The gateway's figures at one moment: `metrics.snapshot` on the control socket, `GET /v1/metrics` over HTTP.
public struct MetricsSnapshot: Sendable, Hashable, Codable {
    /// Counts and money over one stretch of time.
    public struct Totals: Sendable, Hashable, Codable {
        /// Exchanges answered, whether well or badly.
        public var requests: Int
        /// Of those, the ones whose status was 400 or more, or whose stream broke.
        public var errors: Int
        /// Of those, the ones served from the exact cache.
        public var exactCacheHits: Int
        /// Of those, the ones that got the answer of a question that asks the same.
        public var semanticCacheHits: Int
        /// Of those, the ones that shared the call of an identical request in flight.
        public var coalesced: Int
        public var escalations: Int
        /// Tokens of the clients' answers.
        public var usage: TokenUsage
        /// Everything that was paid: the answers and the gateway's own calls.
        public var cost: USD
        /// What the same tokens would have cost on the premium tier.
        public var baseline: USD
        /// Baseline minus cost, the gateway's own calls counted, and minus ``SavingsLosses/wrongHits``.
        public var saved: USD
        /// The part of `cost` that went into the gateway's own calls.
        public var overhead: OverheadCosts
        /// What was lost on answers that were thrown away and on the semantic cache.
        public var losses: SavingsLosses
        /// Tokens of those calls, which are not in `usage`.
        public var overheadUsage: TokenUsage
        /// Estimated tokens that were left out of the prompts, by reducer. They are in no other figure.
        public var tokensSaved: TokensSaved

        public init(
            requests: Int = 0,
            errors: Int = 0,
            exactCacheHits: Int = 0,
            semanticCacheHits: Int = 0,
            coalesced: Int = 0,
            escalations: Int = 0,
            usage: TokenUsage = TokenUsage(),
            cost: USD = .zero,
            baseline: USD = .zero,
            saved: USD = .zero,
            overhead: OverheadCosts = OverheadCosts(),
            losses: SavingsLosses = SavingsLosses(),
            overheadUsage: TokenUsage = TokenUsage(),
            tokensSaved: TokensSaved = TokensSaved()
        ) {
            self.requests = requests
            self.errors = errors
            self.exactCacheHits = exactCacheHits
            self.semanticCacheHits = semanticCacheHits
            self.coalesced = coalesced
            self.escalations = escalations
            self.usage = usage
            self.cost = cost
            self.baseline = baseline
            self.saved = saved
            self.overhead = overhead
            self.losses = losses
            self.overheadUsage = overheadUsage
            self.tokensSaved = tokensSaved
        }

        /// Older daemons send neither overheads nor losses nor the later ways of sharing answers.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            requests = try container.decode(Int.self, forKey: .requests)
            errors = try container.decode(Int.self, forKey: .errors)
            exactCacheHits = try container.decode(Int.self, forKey: .exactCacheHits)
            semanticCacheHits = try container.decodeIfPresent(Int.self, forKey: .semanticCacheHits) ?? 0
            coalesced = try container.decodeIfPresent(Int.self, forKey: .coalesced) ?? 0
            escalations = try container.decode(Int.self, forKey: .escalations)
            usage = try container.decode(TokenUsage.self, forKey: .usage)
            cost = try container.decode(USD.self, forKey: .cost)
            baseline = try container.decode(USD.self, forKey: .baseline)
            saved = try container.decode(USD.self, forKey: .saved)
            overhead = try container.decodeIfPresent(OverheadCosts.self, forKey: .overhead) ?? OverheadCosts()
            losses = try container.decodeIfPresent(SavingsLosses.self, forKey: .losses) ?? SavingsLosses()
            overheadUsage = try container.decodeIfPresent(TokenUsage.self, forKey: .overheadUsage) ?? TokenUsage()
            tokensSaved = try container.decodeIfPresent(TokensSaved.self, forKey: .tokensSaved) ?? TokensSaved()
        }

        private enum CodingKeys: String, CodingKey {
            case requests
            case errors
            case exactCacheHits = "exact_cache_hits"
            case semanticCacheHits = "semantic_cache_hits"
            case coalesced
            case escalations
            case usage
            case cost = "cost_usd"
            case baseline = "baseline_usd"
            case saved = "saved_usd"
            case overhead = "overhead_usd"
            case losses = "losses_usd"
            case overheadUsage = "overhead_usage"
            case tokensSaved = "tokens_saved"
        }
    }

    /// Share of one tier since the start.
    public struct TierTotals: Sendable, Hashable, Codable {
        public var tier: Tier
        public var requests: Int
        /// Of the clients' answers.
        public var cost: USD

        public init(tier: Tier, requests: Int, cost: USD) {
            self.tier = tier
            self.requests = requests
            self.cost = cost
        }

        private enum CodingKeys: String, CodingKey {
            case tier
            case requests
            case cost = "cost_usd"
        }
    }

    /// State of the caches.
    public struct Cache: Sendable, Hashable, Codable {
        public var isEnabled: Bool
        /// What memory holds, and what was looked up in memory.
        public var entries: Int
        public var bytes: Int
        public var maxBytes: Int
        public var hits: Int
        public var misses: Int
        public var evictions: Int
        /// Where else answers are kept: `disk` or `redis`.
        public var homes: [CacheHomeReport]
        /// nil where it is not configured.
        public var semantic: SemanticCacheReport?

        public init(
            isEnabled: Bool = true,
            entries: Int = 0,
            bytes: Int = 0,
            maxBytes: Int = 0,
            hits: Int = 0,
            misses: Int = 0,
            evictions: Int = 0,
            homes: [CacheHomeReport] = [],
            semantic: SemanticCacheReport? = nil
        ) {
            self.isEnabled = isEnabled
            self.entries = entries
            self.bytes = bytes
            self.maxBytes = maxBytes
            self.hits = hits
            self.misses = misses
            self.evictions = evictions
            self.homes = homes
            self.semantic = semantic
        }

        /// Older daemons keep answers in memory alone.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            isEnabled = try container.decode(Bool.self, forKey: .isEnabled)
            entries = try container.decode(Int.self, forKey: .entries)
            bytes = try container.decode(Int.self, forKey: .bytes)
            maxBytes = try container.decode(Int.self, forKey: .maxBytes)
            hits = try container.decode(Int.self, forKey: .hits)
            misses = try container.decode(Int.self, forKey: .misses)
            evictions = try container.decode(Int.self, forKey: .evictions)
            homes = try container.decodeIfPresent([CacheHomeReport].self, forKey: .homes) ?? []
            semantic = try container.decodeIfPresent(SemanticCacheReport.self, forKey: .semantic)
        }

        private enum CodingKeys: String, CodingKey {
            case isEnabled = "is_enabled"
            case entries
            case bytes
            case maxBytes = "max_bytes"
            case hits
            case misses
            case evictions
            case homes
            case semantic
        }
    }

    /// One configured backend and what it did since the start.
    public struct Backend: Sendable, Hashable, Codable {
        public var name: String
        public var provider: String
        public var model: String
        public var tier: Tier
        public var isSimulated: Bool
        public var inFlight: Int
        public var requests: Int
        public var errors: Int
        /// The gateway's own calls counted.
        public var cost: USD
        /// nil from an older daemon.
        public var health: BackendHealthReport?

        public init(
            name: String,
            provider: String,
            model: String,
            tier: Tier,
            isSimulated: Bool,
            inFlight: Int = 0,
            requests: Int = 0,
            errors: Int = 0,
            cost: USD = .zero
        ) {
            self.name = name
            self.provider = provider
            self.model = model
            self.tier = tier
            self.isSimulated = isSimulated
            self.inFlight = inFlight
            self.requests = requests
            self.errors = errors
            self.cost = cost
        }

        private enum CodingKeys: String, CodingKey {
            case name
            case provider
            case model
            case tier
            case isSimulated = "is_simulated"
            case inFlight = "in_flight"
            case requests
            case errors
            case cost = "cost_usd"
            case health
        }
    }

    /// When it was taken, in milliseconds since 1970.
    public var unixMilliseconds: Int64
    public var uptimeSeconds: Double
    /// Every backend is simulated: no money moves.
    public var isDemo: Bool
    public var sinceStart: Totals
    /// Since midnight UTC; what earlier processes saw is counted where exchanges are kept on disk.
    public var today: Totals
    /// Since the first of the month UTC, likewise.
    public var month: Totals
    public var inFlight: Int
    /// Exchanges that queue because too many are under way; nil from an older daemon.
    public var waiting: Int?
    /// Exchanges that ended in the last 60 seconds.
    public var requestsPerMinute: Int
    /// What an hour costs at the rate of the last ten minutes, or of the time since the first known exchange where that is shorter
    /// but at least one minute; nil before that, and from older daemons.
    public var burnPerHour: USD?
    /// Median and 95th percentile of the last 1,000 latencies; nil before the first.
    public var latencyP50Milliseconds: Double?
    public var latencyP95Milliseconds: Double?
    /// The 99th percentile of the same; nil from older daemons too.
    public var latencyP99Milliseconds: Double?
    /// What the gateway itself added to the last 1,000 exchanges of which that can be told: those that waited for no model of the
    /// gateway's own and for at most one call. nil before the first, and from older daemons.
    public var ownP50Milliseconds: Double?
    public var ownP95Milliseconds: Double?
    public var tiers: [TierTotals]
    public var cache: Cache
    /// What judging answers came to; nil from an older daemon.
    public var escalation: EscalationReport?
    public var backends: [Backend]
    /// The models with the most exchanges since the start, at most 20, and the rest in one; nil from older daemons.
    public var models: [ModelFigures]?
    /// What a person should know: a model without a price, a key that is missing.
    public var warnings: [String]
    /// Conversations whose reducers were switched off because the beginning of what was sent would have changed; nil from
    /// older daemons.
    public var reducersDisabled: Int?
    /// How exchanges are kept on disk; nil where they are not, and from older daemons.
    public var storage: StorageReport?
    /// How reading the configuration again has gone; nil from an older daemon.
    public var configuration: ConfigurationReport?
    /// What limits and budgets came to. Only for the operator: nil in `GET /v1/metrics`, and from older daemons.
    public var limits: LimitsReport?

    public init(
        unixMilliseconds: Int64 = 0,
        uptimeSeconds: Double = 0,
        isDemo: Bool = false,
        sinceStart: Totals = Totals(),
        today: Totals = Totals(),
        month: Totals = Totals(),
        inFlight: Int = 0,
        requestsPerMinute: Int = 0,
        latencyP50Milliseconds: Double? = nil,
        latencyP95Milliseconds: Double? = nil,
        tiers: [TierTotals] = [],
        cache: Cache = Cache(),
        escalation: EscalationReport? = nil,
        backends: [Backend] = [],
        warnings: [String] = [],
        reducersDisabled: Int? = nil
    ) {
        self.unixMilliseconds = unixMilliseconds
        self.uptimeSeconds = uptimeSeconds
        self.isDemo = isDemo
        self.sinceStart = sinceStart
        self.today = today
        self.month = month
        self.inFlight = inFlight
        self.requestsPerMinute = requestsPerMinute
        self.latencyP50Milliseconds = latencyP50Milliseconds
        self.latencyP95Milliseconds = latencyP95Milliseconds
        self.tiers = tiers
        self.cache = cache
        self.escalation = escalation
        self.backends = backends
        self.warnings = warnings
        self.reducersDisabled = reducersDisabled
    }

    private enum CodingKeys: String, CodingKey {
        case unixMilliseconds = "unix_ms"
        case uptimeSeconds = "uptime_seconds"
        case isDemo = "is_demo"
        case sinceStart = "since_start"
        case today
        case month
        case inFlight = "in_flight"
        case waiting
        case requestsPerMinute = "requests_per_minute"
        case burnPerHour = "burn_usd_per_hour"
        case latencyP50Milliseconds = "latency_p50_ms"
        case latencyP95Milliseconds = "latency_p95_ms"
        case latencyP99Milliseconds = "latency_p99_ms"
        case ownP50Milliseconds = "own_p50_ms"
        case ownP95Milliseconds = "own_p95_ms"
        case tiers
        case cache
        case escalation
        case backends
        case models
        case warnings
        case reducersDisabled = "reducers_disabled"
        case storage
        case configuration
        case limits
    }
}
