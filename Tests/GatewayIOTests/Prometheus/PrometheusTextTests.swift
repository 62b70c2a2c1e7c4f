import FoundationEssentials
import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Prometheus text` {
    private static func clock() -> Clock {
        Clock(monotonicNanoseconds: { 0 }, unixMilliseconds: { 1_790_000_000_000 })
    }

    /// A ledger that has seen one exchange of every kind that matters here.
    private static func ledger(model: String = "claude-haiku-4-5") -> Ledger {
        let backend = Settings.Backend(
            name: "haiku",
            provider: .anthropic,
            model: model,
            baseURL: "http://127.0.0.1:1",
            tier: .fast
        )
        return Ledger(backends: [backend], isDemo: false, clock: clock())
    }

    private static func end(_ ledger: Ledger, status: Int = 200, milliseconds: Double, model: String) {
        var summary = ExchangeSummary(id: "1", unixMilliseconds: 0, requestedModel: "m", model: model, backend: "haiku")
        summary.provider = "anthropic"
        summary.status = status
        summary.latencyMilliseconds = milliseconds
        summary.firstByteMilliseconds = milliseconds / 2
        summary.cost = USD(nanodollars: 1_234_567)
        let attempt = AttemptReport(
            backend: "haiku",
            model: model,
            tier: .fast,
            status: status,
            durationMilliseconds: milliseconds,
            error: nil,
            usage: TokenUsage(input: 10, cacheRead: 20, cacheWrite5m: 3, cacheWrite1h: 4, output: 5),
            cost: summary.cost
        )
        ledger.began()
        ledger.ended(LedgerEntry(summary: summary, decision: nil, attempts: [attempt], warnings: []))
    }

    private static func lines(_ snapshot: MetricsSnapshot = .init(), _ ledger: Ledger = ledger()) -> [Substring] {
        PrometheusText(snapshot, traffic: ledger.traffic).text.split(separator: "\n")
    }

    @Test func `has every figure with its type, labels escaped`() {
        var snapshot = MetricsSnapshot()
        snapshot.sinceStart.semanticCacheHits = 2
        snapshot.sinceStart.saved = USD(nanodollars: -5_000_000)
        snapshot.backends = [
            .init(name: "a\"b\\c\nd", provider: "anthropic", model: "m", tier: .fast, isSimulated: false, requests: 4)
        ]
        snapshot.backends[0].health = BackendHealthReport(
            state: .down,
            breaker: "half_open",
            consecutiveFailures: 5,
            errorRate: nil,
            firstByteMilliseconds: nil,
            waiting: 6,
            maxConcurrent: nil,
            retryInMilliseconds: nil,
            limitedForSeconds: nil,
            lastError: nil
        )
        snapshot.cache.homes = [CacheHomeReport(name: "redis", state: .down, hits: 5, timeouts: 6)]
        snapshot.cache.semantic = SemanticCacheReport(off: "why", refusals: ["numbers": 7], falseHitRate: 0.25)
        snapshot.limits = LimitsReport(
            refusals: ["streams": 3],
            shed: ["queue_full": 8],
            budgets: [
                .init(
                    scope: "project:web",
                    period: .day,
                    limit: USD(nanodollars: 2_000_000_000),
                    spent: USD(nanodollars: 500_000_001),
                    reserved: .zero
                )
            ]
        )
        let lines = Self.lines(snapshot)
        for line in [
            #"gateway_cache_hits_total{kind="semantic"} 2"#, "# TYPE gateway_saved_usd_total gauge",
            "gateway_saved_usd_total -0.005",
            #"gateway_backend_requests_total{backend="a\"b\\c\nd",model="m",tier="fast"} 4"#,
            #"gateway_circuit_breaker_state{backend="a\"b\\c\nd",state="closed"} 0"#,
            #"gateway_circuit_breaker_state{backend="a\"b\\c\nd",state="half_open"} 1"#,
            #"gateway_circuit_breaker_state{backend="a\"b\\c\nd",state="open"} 0"#,
            #"gateway_cache_up{home="redis"} 0"#, #"gateway_cache_lookups_total{home="redis",result="hit"} 5"#,
            #"gateway_cache_timeouts_total{home="redis"} 6"#,
            #"gateway_semantic_cache_refusals_total{guard="numbers"} 7"#, "gateway_semantic_cache_enabled 0",
            "gateway_semantic_cache_false_hit_ratio 0.25", #"gateway_limit_refusals_total{limit="streams"} 3"#,
            #"gateway_shed_total{reason="queue_full"} 8"#,
            #"gateway_budget_limit_usd{scope="project:web",period="day"} 2.00"#,
            #"gateway_budget_spent_usd{scope="project:web",period="day"} 0.500000001"#,
            #"gateway_build_info{version="0.1.0"} 1"#,
        ] { #expect(lines.contains(line[...]), "\(line)") }
        // Each name is typed once.
        let types = lines.filter { $0.hasPrefix("# TYPE ") }
        #expect(Set(types).count == types.count)
    }

    @Test func `counts exchanges, tokens and money by provider and model`() {
        let ledger = Self.ledger()
        for _ in 0..<3 { Self.end(ledger, milliseconds: 80, model: "claude-haiku-4-5") }
        Self.end(ledger, status: 529, milliseconds: 5, model: "claude-haiku-4-5")
        let labels = #"provider="anthropic",model="claude-haiku-4-5""#
        let lines = Self.lines(.init(), ledger)
        for line in [
            "gateway_requests_total{\(labels),status=\"200\"} 3", "gateway_requests_total{\(labels),status=\"529\"} 1",
            "gateway_tokens_total{\(labels),direction=\"input\"} 40",
            "gateway_tokens_total{\(labels),direction=\"output\"} 20",
            "gateway_tokens_total{\(labels),direction=\"cache_read\"} 80",
            "gateway_tokens_total{\(labels),direction=\"cache_write\"} 28",
            // 4 × $0.001234567, to the last digit.
            "gateway_cost_usd_total{\(labels)} 0.004938268", "# TYPE gateway_latency_seconds histogram",
            // 5 ms belongs to its own bound.
            "gateway_latency_seconds_bucket{\(labels),le=\"0.005\"} 1",
            "gateway_latency_seconds_bucket{\(labels),le=\"0.05\"} 1",
            "gateway_latency_seconds_bucket{\(labels),le=\"0.1\"} 4",
            "gateway_latency_seconds_bucket{\(labels),le=\"120.0\"} 4",
            "gateway_latency_seconds_bucket{\(labels),le=\"+Inf\"} 4", "gateway_latency_seconds_count{\(labels)} 4",
            "gateway_time_to_first_byte_seconds_bucket{\(labels),le=\"0.025\"} 1",
            "gateway_time_to_first_byte_seconds_bucket{\(labels),le=\"0.05\"} 4",
            "gateway_overhead_seconds_count 0", "gateway_retries_total{kind=\"same_backend\"} 0",
        ] { #expect(lines.contains(line[...]), "\(line)") }
    }

    @Test func `what is not there is not told`() {
        var snapshot = MetricsSnapshot()
        snapshot.cache.isEnabled = false
        let text = Self.lines(snapshot).joined(separator: "\n")
        for name in ["semantic_cache", "cache_entries", "requests_total{", "process_", "budget", "storage"] {
            #expect(!text.contains(name), "\(name)")
        }
    }

    @Test func `docs observability md names exactly what there is`() throws {
        var snapshot = MetricsSnapshot()
        snapshot.waiting = 0
        snapshot.reducersDisabled = 0
        snapshot.tiers = [.init(tier: .fast, requests: 0, cost: .zero)]
        snapshot.backends = [.init(name: "a", provider: "anthropic", model: "m", tier: .fast, isSimulated: false)]
        snapshot.escalation = EscalationReport()
        snapshot.escalation?.bySignal = ["refusal": 1]
        snapshot.configuration = ConfigurationReport()
        snapshot.storage = StorageReport(archive: .init(), unconfirmed: 0)
        snapshot.cache.homes = [CacheHomeReport(name: "redis", entries: 0, bytes: 0, maxBytes: 0)]
        snapshot.cache.semantic = SemanticCacheReport(refusals: ["numbers": 7], falseHitRate: 0)
        snapshot.limits = LimitsReport(
            refusals: ["streams": 3],
            shed: ["queue_full": 8],
            budgets: [.init(scope: "all", period: .day, limit: .zero, spent: .zero, reserved: .zero)]
        )
        let ledger = Self.ledger()
        Self.end(ledger, milliseconds: 1, model: "claude-haiku-4-5")
        ledger.began()
        ledger.ended(
            LedgerEntry(
                summary: ExchangeSummary(id: "2", unixMilliseconds: 0, requestedModel: "", status: 400),
                decision: nil,
                attempts: [],
                warnings: [],
                failure: "invalid_request"
            )
        )
        let text = PrometheusText(
            snapshot,
            traffic: ledger.traffic,
            process: ProcessFigures(),
            daemon: DaemonFigures(server: ServerFigures(responses: [200: 1]))
        )
        .text
        let served = text.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("# TYPE ") else { return nil }
            let words = line.split(separator: " ")
            return "\(words[2]) \(words[3])"
        }
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/observability.md")
            .path
        // Rows of tables: | `name` | type | …
        let told = try TextFile.read(path).split(separator: "\n").compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.filter { !" `°".contains($0) } }
            guard cells.count >= 3, ["counter", "gauge", "histogram"].contains(cells[1]) else { return nil }
            return "\(cells[0]) \(cells[1])"
        }
        #expect(Set(told) == Set(served))
        #expect(told.count == Set(told).count)
    }
}

@Suite struct `Figures of the process` {
    @Test func `are read behind the program's name, whatever that is`() throws {
        // proc(5): 14 utime, 15 stime, 22 starttime, 23 vsize, 24 rss in pages.
        let stat =
            "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 1000 8192 3 18446744073709551615 1"
        let figures = try #require(
            ProcessFigures(stat: stat, bootUnixSeconds: 1_000_000, ticksPerSecond: 100, pageBytes: 4_096)
        )
        #expect(figures.cpuSeconds == 2)
        #expect(figures.startUnixSeconds == 1_000_010)
        #expect(figures.virtualBytes == 8_192)
        #expect(figures.residentBytes == 12_288)
        #expect(ProcessFigures(stat: "42 (a", bootUnixSeconds: 0, ticksPerSecond: 100, pageBytes: 1) == nil)
        #expect(ProcessFigures(stat: "42 (a) S 1", bootUnixSeconds: 0, ticksPerSecond: 100, pageBytes: 1) == nil)
        #expect(ProcessFigures.bootUnixSeconds("cpu 1 2\nbtime 1790000000\nprocesses 5\n") == 1_790_000_000)
    }

    @Test func `are those of this process`() throws {
        let figures = try #require(ProcessFigures.current())
        #expect(figures.residentBytes > 1_000_000 && figures.residentBytes < figures.virtualBytes)
        #expect(figures.openDescriptors >= 3 && figures.openDescriptors <= figures.maxDescriptors)
        #expect(figures.startUnixSeconds > 1_600_000_000 && figures.cpuSeconds > 0)
    }
}
