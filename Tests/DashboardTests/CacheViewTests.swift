import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct CacheViewTests {
    /// The cache view with given caches, of 200 requests 38 exact, 28 semantic and 4 coalesced.
    private func open(
        _ columns: Int,
        _ rows: Int,
        _ cache: MetricsSnapshot.Cache = FakeFeed.caches(),
        view: DashboardView = .cache
    ) -> Dashboard {
        var feed = FakeFeed()
        feed.cache = cache
        var dashboard = Dashboard.live(columns, rows, feed: feed)
        var snapshot = feed.snapshot()
        snapshot.today = .init(requests: 200, exactCacheHits: 38, semanticCacheHits: 28, coalesced: 4)
        snapshot.month = .init(requests: 1_000, exactCacheHits: 500)
        snapshot.sinceStart = snapshot.today
        _ = dashboard.update(.message(.snapshot(snapshot)))
        dashboard.press(.alt(Character("\(view.rawValue)")))
        return dashboard
    }

    @Test(arguments: ScreenTests.sizes)
    func `The cache view tells of every place and of the semantic cache at every usual size`(columns: Int, rows: Int) {
        let dashboard = open(columns, rows)
        let screen = dashboard.screen
        for text in [
            "[5 Cache]", "from caches today", "35% of 200", "exact", "19%", "semantic", "14%", "coalesced", "2%",
            "memory", "● ok", "327", "64.0 MiB of 256 MiB", "25%", "redis", "1,234", "1.5 KiB", "9%", "17", "214 µs",
            "evicted", "dropped", "rejected", "timeouts", "● on", "embedding ≥ 0.95", "1.2% of max 2.0% · ! high",
            "28 hits (14%) · 130 misses", "354 of 100,000", "80 compared · 1 false hit", "refused by guards", "42",
            "numbers", "negation", "x flush",
        ] {
            #expect(screen.contains(text), "\(text) at \(columns)x\(rows)")
        }
        #expect(Layout(dashboard).banner.isEmpty, "no banner while all is well")
    }

    @Test func `A taller screen adds the requests, whose keys hold only while they are there`() {
        #expect(!open(80, 24).screen.contains("tier/model"))
        #expect(!open(80, 24).contexts.contains(.list))
        let tall = open(120, 40)
        #expect(tall.screen.contains("tier/model"))
        #expect(tall.contexts.contains(.list))
    }

    @Test func `The bar of a place fills with its bytes`() {
        // A quarter of eight columns.
        let line = open(80, 24).screen.split(separator: "\n").first { $0.contains("memory") && $0.contains("MiB") }
        #expect(line?.contains(" ██······ 64.0 MiB") == true)
        let full = open(80, 24, MetricsSnapshot.Cache(bytes: 99, maxBytes: 100)).view()
        let index = full.lines.firstIndex { $0.contains("99 B of 100 B") } ?? 0
        let bar = full.cells[(index * 80)..<(index * 80 + 80)].filter { $0.scalar == "█" }
        #expect(!bar.isEmpty && bar.allSatisfy { $0.style.role == .warn })
    }

    @Test func `The period holds in the cache view too`() {
        var dashboard = open(80, 24)
        dashboard.press(.character("t"))
        #expect(dashboard.screen.contains("from caches month"))
        #expect(dashboard.screen.contains("50% of 1,000"))
    }

    @Test(arguments: ScreenTests.sizes)
    func `A place that is down is named on every view, with why in the cache view`(columns: Int, rows: Int) {
        let cache = FakeFeed.caches(redis: .down, detail: "127.0.0.1:6379 refused the connection")
        for view in DashboardView.allCases {
            let dashboard = open(columns, rows, cache, view: view)
            let surface = dashboard.view()
            let row = Layout(dashboard).banner.row
            #expect(surface.lines[row].hasPrefix(" ! redis is down: 127.0.0.1:6379 refused"), "\(view)")
            #expect(surface.cells[row * columns].style == Style(.bad, [.bold, .reverse]))
        }
        let lines = open(columns, rows, cache).view().lines
        #expect(lines.contains { $0.contains("redis") && $0.contains("✖ down") })
        #expect(lines.dropFirst(4).contains { $0.contains("127.0.0.1:6379 refused the connection") })
    }

    @Test func `A semantic cache that turned itself off says so first, with its reason`() {
        let off = "3 of 40 compared answers differed"
        let cache = FakeFeed.caches(redis: .down, detail: "gone", off: off, rate: 0.075)
        let screen = open(80, 24, cache).screen
        #expect(cache.alerts.first == "the semantic cache is off: \(off)")
        #expect(screen.contains("+1 more"))
        #expect(screen.contains("✖ off"))
        #expect(screen.contains("7.5% of max 2.0% · ✖ too high"))
        let disabled = FakeFeed.caches(redis: .down, detail: "gone", off: "there is no model", rate: nil)
        #expect(disabled.alerts == ["redis is down: gone"], "a machine without the model is no alarm")
    }

    @Test(arguments: [
        (nil, SemanticCacheReport.FalseHitLevel.unknown), (0, .fine), (0.01, .fine), (0.0101, .warning),
        (0.02, .warning), (0.0201, .alert), (.nan, .unknown),
    ])
    func `Above half of the allowed rate is a warning, above it an alert`(
        rate: Double?,
        level: SemanticCacheReport.FalseHitLevel
    ) {
        #expect(FakeFeed.caches(rate: rate).semantic?.falseHitLevel == level)
    }

    @Test func `A place that is off says why and is no alarm`() {
        let cache = FakeFeed.caches(redis: .off, detail: "cache.redis_url is not set")
        let screen = open(120, 40, cache).screen
        #expect(screen.contains("○ off"))
        #expect(screen.contains("cache.redis_url is not set"))
        #expect(cache.alerts.isEmpty)
    }

    @Test func `Key figures count every kind of hit and show the split where there is room`() {
        let small = open(80, 24, view: .dashboard).screen
        #expect(small.contains("cache hits") && small.contains("35%"))
        #expect(open(60, 16, view: .dashboard).screen.contains("hit 35%"))
        let medium = open(120, 40, view: .dashboard).screen
        #expect(medium.contains("e19 s14 c2"))
        #expect(medium.contains("exact 38 · sem 28 · coal 4"))
        #expect(open(200, 60, view: .dashboard).screen.contains("e19 s14 c2"))
    }

    @Test(arguments: [
        ("exact", "exact", "same request was answered before"), ("semantic", "sem  ", "asks the same"),
        ("coalesced", "coal ", "identical request in flight"),
    ])
    func `The table marks how a request was served and the detail says it`(cache: String, mark: String, words: String) {
        var feed = FakeFeed()
        var dashboard = Dashboard.live(80, 24, exchanges: 0)
        var summary = feed.summary(prompt: "why", status: 200)
        (summary.cache, summary.error, summary.latencyMilliseconds) = (cache, nil, 3)
        _ = dashboard.update(.message(.completed(summary)))
        #expect(dashboard.screen.contains(" \(mark)      3 "), "\(mark)")
        dashboard.press(.enter)
        _ = dashboard.update(.message(.detail(id: summary.id, .success(FakeFeed.detail(summary)))))
        dashboard.press(.character("z"))
        #expect(dashboard.screen.contains(words))
        _ = dashboard.update(.resized(columns: 200, rows: 60))
        dashboard.press(.escape)
        #expect(dashboard.screen.contains(" \(cache) "))
        #expect(
            ExchangeFilter("cache:\(mark.filter { $0 != " " })").matches(summary)
        )
    }

    @Test func `What an older daemon sends is enough`() throws {
        let older = """
            {"jsonrpc":"2.0","method":"metrics.snapshot","params":{"unix_ms":1763700000000,"uptime_seconds":5,\
            "is_demo":true,"since_start":TOTALS,"today":TOTALS,"month":TOTALS,"in_flight":0,"requests_per_minute":9,\
            "tiers":[],"cache":{"is_enabled":true,"entries":5,"bytes":1048576,"max_bytes":4194304,"hits":1,"misses":3,\
            "evictions":0},"backends":[],"warnings":[]}}
            """
        let totals = """
            {"requests":4,"errors":0,"exact_cache_hits":1,"escalations":0,"usage":{"input_tokens":0,\
            "cache_read_tokens":0,"cache_write_5m_tokens":0,"cache_write_1h_tokens":0,"output_tokens":0},\
            "cost_usd":0.1,"baseline_usd":0.2,"saved_usd":0.1}
            """
        var session = ControlSession()
        let line = older.split(separator: "TOTALS", omittingEmptySubsequences: false).joined(separator: totals)
        let decoded = session.message(of: Data(line.utf8))
        let message = try #require(decoded)
        var dashboard = Dashboard.live(80, 24, snapshots: 0)
        _ = dashboard.update(.message(message))
        dashboard.press(.character("5"))
        for text in ["25% of 4", "memory", "1.0 MiB of 4.0 MiB", "not configured"] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        #expect(!dashboard.screen.contains("redis"))
    }

    @Test func `Without figures every panel says so, and a switched off cache says where`() {
        let empty = Dashboard.live(80, 24, exchanges: 0, snapshots: 0)
        var dashboard = empty
        dashboard.press(.character("5"))
        #expect(dashboard.screen.components(of: "no data yet") == 4)
        let off = open(80, 24, MetricsSnapshot.Cache(isEnabled: false)).screen
        #expect(off.contains("○ off"))
        #expect(off.contains("cache.enabled"))
    }

    @Test func `In little room the places and the rate of false hits stay`() {
        let cache = FakeFeed.caches(redis: .down, detail: "gone")
        let screen = open(60, 16, cache).screen
        for text in ["! redis is down", "memory", "✖ down", "● on", "1.2% of max 2.0%"] {
            #expect(screen.contains(text), "\(text)")
        }
        #expect(!screen.contains("from caches"))
    }

    @Test func `Where the names do not fit the views that are not open are numbers, and the demo mark stays`() {
        var dashboard = open(60, 16)
        #expect(dashboard.view().lines[0].contains(" 1  2  3  4 [5 Cache] 6  7  8 "))
        _ = dashboard.update(.disconnected(reason: "closed", retryAt: 9_000))
        let header = dashboard.view().lines[0]
        #expect(header.hasPrefix(" ✖ reconnecting"))
        #expect(header.contains(" 1 2 3 4 [5] 6 7 8 "))
        #expect(header.contains("DEMO · simulated"))
    }

    @Test func `The history of hits counts every kind`() {
        var history = History()
        var snapshot = MetricsSnapshot(unixMilliseconds: 1_000)
        history.append(snapshot)
        snapshot.unixMilliseconds = 2_000
        snapshot.sinceStart = .init(requests: 10, exactCacheHits: 1, semanticCacheHits: 2, coalesced: 1)
        history.append(snapshot)
        #expect(history.cacheHitShare.last == 0.4)
    }

    @Test(arguments: HostileTextTests.texts)
    func `Texts about caches are made harmless`(text: String) {
        var cache = FakeFeed.caches(redis: .down, detail: text, off: text)
        cache.homes[0].name = text
        cache.semantic?.similarity = text
        cache.semantic?.refusals = [text: 3]
        var dashboard = open(120, 40, cache)
        var seen = dashboard.screen
        // The surface would replace control characters when they are drawn: here they must be gone before.
        let kept = dashboard.feed.snapshot?.cache
        let safe = PlainText.sanitized(text)
        #expect(kept?.homes[0].name == safe)
        #expect(kept?.homes[0].detail == safe)
        #expect(kept?.semantic?.off == safe)
        #expect(kept?.semantic?.similarity == safe)
        #expect(kept?.semantic?.refusals == [safe: 3])
        dashboard.press(.character("x"), .character("1"), .character("y"))
        let flushed = ControlProtocol.CacheFlushed(answers: [text: 1], questions: 0, unreachable: [text])
        _ = dashboard.update(.message(.flushed(.success(flushed))))
        let notice = dashboard.notice?.text ?? ""
        #expect(notice.hasPrefix("flushed: "))
        seen += dashboard.screen + notice
        for scalar in seen.unicodeScalars where scalar != "\n" {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "\(scalar.value)")
            #expect(!(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
        }
    }

    @Test func `The printout has the caches below the picture`() {
        let dashboard = open(80, 24, view: .dashboard)
        let lines = dashboard.printout.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(Array(lines.prefix(24)) == dashboard.view().lines)
        #expect(lines.count == 24 + 22)
        for text in ["where answers are kept", "● ok", "1.2% of max 2.0%"] {
            #expect(lines.dropFirst(24).contains { $0.contains(text) }, "\(text)")
        }
    }

    @Test(arguments: [
        (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (268_435_456, "256 MiB"),
        (.max, "8.0 EiB"), (.min, "0 B"),
    ])
    func `Bytes are written in steps of 1,024`(bytes: Int, text: String) {
        #expect(Format.bytes(bytes) == text)
    }
}

extension String {
    fileprivate func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
