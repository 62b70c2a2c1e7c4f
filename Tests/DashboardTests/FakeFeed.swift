import Shared

@testable import Dashboard

/// A daemon's messages from a seed: the same seed gives the same screens.
struct FakeFeed {
    static let start: Int64 = 1_763_700_000_000

    private var state: UInt64
    private var now = FakeFeed.start
    private var totals = MetricsSnapshot.Totals()
    private var tiers: [Tier: (requests: Int, cost: USD)] = [:]
    private var next = 1
    private let prefix: String
    var isDemo = true
    var cache = MetricsSnapshot.Cache(entries: 12, hits: 7, misses: 5)
    var prompts = ["What is the capital of France?", "Refactor this Swift actor", "prove that sqrt(2) is irrational"]

    init(seed: UInt64 = 42) {
        state = seed
        prefix = String(0xA3F9_0000 + seed, radix: 16)
    }

    static let models: [Tier: (backend: String, model: String)] = [
        .local: ("qwen", "qwen2.5-coder"), .fast: ("haiku", "claude-haiku-4-5"),
        .balanced: ("sonnet", "claude-sonnet-4-6"), .premium: ("opus", "claude-opus-4-7"),
    ]

    mutating func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    mutating func summary(prompt: String? = nil, status: Int? = nil) -> ExchangeSummary {
        let tier = Tier.allCases[random(4)]
        let isCached = random(5) == 0
        let isFailed = random(12) == 0
        let cost = USD(nanodollars: isCached ? 0 : Int64(random(40_000_000)))
        let baseline = USD(nanodollars: 41_000_000)
        totals.requests += 1
        totals.cost += cost
        totals.baseline += baseline
        totals.saved += baseline - cost
        if isCached { totals.exactCacheHits += 1 }
        tiers[tier, default: (0, .zero)].requests += 1
        tiers[tier, default: (0, .zero)].cost += cost
        now += 200
        defer { next += 1 }
        return ExchangeSummary(
            id: "\(prefix)\(String(next + 100_000_000, radix: 16))0",
            unixMilliseconds: now,
            requestedModel: "claude-opus-4-7",
            model: Self.models[tier]?.model ?? "",
            backend: Self.models[tier]?.backend ?? "",
            provider: "simulated",
            tier: tier,
            score: random(100),
            classifier: "heuristic",
            cache: isCached ? "exact" : "none",
            status: status ?? (isFailed ? 529 : 200),
            latencyMilliseconds: Double(random(4_000)),
            usage: TokenUsage(input: 1_000, output: 200),
            cost: cost,
            baseline: baseline,
            saved: baseline - cost,
            prompt: prompt ?? prompts[random(prompts.count)],
            isSimulated: isDemo
        )
    }

    mutating func snapshot() -> MetricsSnapshot {
        now += 1_000
        var snapshot = MetricsSnapshot(
            unixMilliseconds: now,
            uptimeSeconds: 3_700,
            isDemo: isDemo,
            sinceStart: totals,
            today: totals,
            month: totals,
            inFlight: 2,
            requestsPerMinute: 30 + random(60),
            latencyP50Milliseconds: 380,
            latencyP95Milliseconds: 1_900,
            tiers: tiers.map { .init(tier: $0.key, requests: $0.value.requests, cost: $0.value.cost) },
            cache: cache,
            backends: Self.models.map {
                .init(
                    name: $0.value.backend,
                    provider: "simulated",
                    model: $0.value.model,
                    tier: $0.key,
                    isSimulated: true
                )
            },
            warnings: ["model claude-x has no price"]
        )
        snapshot.burnPerHour = USD(nanodollars: 1_250_000_000)
        snapshot.latencyP99Milliseconds = 4_100
        (snapshot.ownP50Milliseconds, snapshot.ownP95Milliseconds) = (0.2, 0.9)
        snapshot.models = Self.models.sorted { $0.key > $1.key }.map {
            ModelFigures(
                model: $0.value.model,
                provider: "simulated",
                requests: tiers[$0.key]?.requests ?? 0,
                cost: tiers[$0.key]?.cost ?? .zero,
                latencyP50Milliseconds: 120,
                latencyP95Milliseconds: 740
            )
        }
        return snapshot
    }

    /// Memory a quarter full before Redis, and a semantic cache that is wrong more often than half of what is allowed.
    static func caches(
        redis: CacheHomeReport.State = .ok,
        detail: String? = nil,
        off: String? = nil,
        rate: Double? = 0.012
    ) -> MetricsSnapshot.Cache {
        MetricsSnapshot.Cache(
            entries: 327,
            bytes: 64 << 20,
            maxBytes: 256 << 20,
            hits: 30,
            misses: 90,
            evictions: 11,
            homes: [
                CacheHomeReport(
                    name: "redis",
                    state: redis,
                    detail: detail,
                    entries: 1_234,
                    bytes: 1_536,
                    hits: 8,
                    misses: 82,
                    evictions: 5,
                    dropped: 17,
                    rejected: 2,
                    timeouts: 4,
                    latencyP50Milliseconds: 0.214
                )
            ],
            semantic: SemanticCacheReport(
                off: off,
                isSuspended: off != nil && rate != nil ? true : nil,
                threshold: 0.95,
                entries: 354,
                maxEntries: 100_000,
                hits: 28,
                misses: 130,
                refusals: ["numbers": 30, "negation": 12],
                canaries: 80,
                falseHits: 1,
                falseHitRate: rate,
                maxFalseHitRate: 0.02
            )
        )
    }

    static func decision(chosen: Tier = .balanced) -> DecisionExplanation {
        DecisionExplanation(
            classifier: "heuristic",
            score: 47,
            signals: [.init(name: "reasoning_words", points: 15, detail: "why, prove")],
            candidates: Tier.allCases.map {
                .init(
                    backend: models[$0]?.backend ?? "",
                    model: models[$0]?.model ?? "",
                    tier: $0,
                    isChosen: $0 == chosen,
                    veto: $0 == .local ? "no tools here" : nil,
                    estimatedCost: USD(nanodollars: Int64($0.rawValue) * 3_000_000),
                    isSimulated: true
                )
            },
            reasons: ["the score of 47 falls in the band of balanced"],
            classifyMicroseconds: 87,
            estimatedInputTokens: 12,
            estimatedOutputTokens: 400
        )
    }

    static func detail(_ summary: ExchangeSummary) -> ExchangeDetail {
        ExchangeDetail(
            summary: summary,
            decision: decision(),
            attempts: [.init(backend: "opus", model: "m", status: 529, durationMilliseconds: 88, error: "overloaded")],
            warnings: ["temperature was dropped"]
        )
    }
}

extension Dashboard {
    /// Connected to a fake daemon that has been running for a while.
    static func live(
        _ columns: Int,
        _ rows: Int,
        exchanges: Int = 60,
        snapshots: Int = 40,
        feed: FakeFeed = FakeFeed(),
        glyphs: Glyphs = .unicode
    ) -> Dashboard {
        var feed = feed
        var dashboard = Dashboard(socketPath: "/run/gateway.sock", columns: columns, rows: rows, glyphs: glyphs)
        dashboard.advance(to: 1_000)
        _ = dashboard.update(.connected)
        _ = dashboard.update(.message(.welcome(.init(daemon: "llm-gateway/0.1.0", processID: 7, isDemo: feed.isDemo))))
        _ = dashboard.update(.message(.exchanges((0..<exchanges).map { _ in feed.summary() }.reversed())))
        for _ in 0..<snapshots { _ = dashboard.update(.message(.snapshot(feed.snapshot()))) }
        return dashboard
    }

    @discardableResult
    mutating func advance(to milliseconds: Int64) -> [Effect] {
        update(
            .tick(Moment(unixMilliseconds: FakeFeed.start + milliseconds, monotonicMilliseconds: milliseconds))
        )
    }

    @discardableResult
    mutating func press(_ keys: Key...) -> [Effect] { keys.flatMap { update(.key($0)) } }

    @discardableResult
    mutating func type(_ text: String) -> [Effect] { text.flatMap { update(.key(.character($0))) } }

    var screen: String { view().text }
}

extension FakeFeed {
    /// A backend that is asked after four failures.
    static func health(_ state: BackendHealthReport.State, breaker: String = "closed") -> BackendHealthReport {
        BackendHealthReport(
            state: state,
            breaker: breaker,
            consecutiveFailures: 4,
            errorRate: 0.25,
            firstByteMilliseconds: 320,
            waiting: 2,
            maxConcurrent: 8,
            retryInMilliseconds: 8_000,
            limitedForSeconds: nil,
            lastError: "HTTP 529"
        )
    }

    /// What the daemon tells while the breaker of opus is open.
    static func troubled() -> MetricsSnapshot {
        var feed = FakeFeed()
        var snapshot = feed.snapshot()
        snapshot.warnings = []
        let opus = snapshot.backends.firstIndex { $0.name == "opus" } ?? 0
        snapshot.backends[opus].health = health(.broken, breaker: "open")
        return snapshot
    }
}
