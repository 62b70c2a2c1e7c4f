import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct StatusLineTests {
    private func snapshot(warnings: [String] = [], redis: CacheHomeReport.State = .ok) -> MetricsSnapshot {
        var totals = MetricsSnapshot.Totals(requests: 100, exactCacheHits: 30, semanticCacheHits: 8)
        totals.cost = USD(nanodollars: 4_400_000_000)
        totals.saved = USD(nanodollars: 18_420_000_000)
        return MetricsSnapshot(
            today: totals,
            requestsPerMinute: 21,
            cache: FakeFeed.caches(redis: redis, rate: 0),
            warnings: warnings
        )
    }

    private func line(_ snapshot: MetricsSnapshot, _ columns: Int = 80, _ glyphs: Glyphs = .unicode) -> String {
        StatusLine.line(snapshot, columns: columns, glyphs: glyphs).text
    }

    @Test func `It says what was spent and saved today, the hit rate, the pace and what is amiss`() {
        #expect(line(snapshot()) == "$4.40 spent · $18.42 saved · 38% hit · 21/min · 0 alerts")
        #expect(line(snapshot(warnings: ["no price"])).hasSuffix("1 alert"))
        #expect(line(snapshot(warnings: ["no price"], redis: .down)).hasSuffix("2 alerts"))
        var demo = snapshot()
        demo.isDemo = true
        #expect(line(demo).hasPrefix("simulated · ~$4.40 spent · ~$18.42 saved"))
        #expect(line(demo, 30) == "simulated · 0 alerts")
        #expect(line(snapshot(), 80, .ascii).allSatisfy { $0.isASCII })
    }

    @Test func `At every width it fits, says whole figures, and keeps what is amiss`() {
        let whole = line(snapshot(), 200).components(" · ")
        for columns in 1...80 {
            let line = line(snapshot(), columns)
            #expect(CellWidth.of(line) <= columns)
            if columns >= "0 alerts".count {
                let parts = line.components(" · ")
                #expect(parts.last == "0 alerts")
                #expect(Array(parts.dropLast()) == Array(whole.prefix(parts.count - 1)))
            }
        }
    }

    @Test func `Colours come only when they are asked for`() {
        let line = StatusLine.line(snapshot(warnings: ["x"]), columns: 80, glyphs: .unicode)
        #expect(!line.text.contains("\u{1B}"))
        #expect(line.coloured.contains("\u{1B}[1;31m1 alert\u{1B}[0m"))
        var bare = ""
        var isInside = false
        for scalar in line.coloured.unicodeScalars {
            if scalar == "\u{1B}" { isInside = true }
            if !isInside { bare.unicodeScalars.append(scalar) }
            if isInside, scalar == "m" { isInside = false }
        }
        #expect(bare == line.text)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts = [""]
        var rest = self[...]
        while let first = rest.first {
            if rest.hasPrefix(separator) {
                rest = rest.dropFirst(separator.count)
                parts.append("")
            } else {
                parts[parts.count - 1].append(first)
                rest = rest.dropFirst()
            }
        }
        return parts
    }
}

struct SnapshotReportTests {
    private struct Report: Decodable {
        var daemon: String
        var snapshot: MetricsSnapshot
        var exchanges: [ExchangeSummary]
    }

    @Test func `It is one object that holds what the daemon told, with nothing a terminal obeys`() throws {
        var feed = FakeFeed()
        let summary = feed.summary(prompt: "evil \u{1B}[2J \u{9B}2J \u{202E} \u{E0041} é")
        let snapshot = feed.snapshot()
        let text = try #require(
            SnapshotReport(daemon: "llm-gateway/0.1.0", snapshot: snapshot, exchanges: [summary]).text
        )
        let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        #expect(report.daemon == "llm-gateway/0.1.0")
        #expect(report.exchanges == [summary])
        #expect(report.snapshot == snapshot)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || PlainText.sanitized(String($0)) == String($0) })
        #expect(
            text.contains("\"query_id\"") && text.contains("\"requests_per_minute\"") && text.contains("\"saved_usd\"")
        )
    }

    @Test func `A number that is none has no JSON`() {
        var feed = FakeFeed()
        var summary = feed.summary()
        summary.latencyMilliseconds = .nan
        #expect(SnapshotReport(daemon: "", snapshot: feed.snapshot(), exchanges: [summary]).text == nil)
    }
}

struct PlainReportTests {
    private var report = PlainReport(socketPath: "/run/gateway.sock")
    private var feed = FakeFeed()

    private mutating func tick(_ milliseconds: Int64) -> [String] {
        report.update(
            .tick(Moment(unixMilliseconds: FakeFeed.start + milliseconds, monotonicMilliseconds: milliseconds))
        ).lines
    }

    private mutating func take(_ event: Event) -> [String] { report.update(event).lines }

    private mutating func connect(_ list: [ExchangeSummary] = []) -> [String] {
        var lines = take(.connected)
        lines += take(.message(.welcome(.init(daemon: "llm-gateway/0.1.0", processID: 7, isDemo: true))))
        lines += take(.message(.exchanges(list)))
        return lines
    }

    @Test mutating func `A line for the connection, one for each exchange, and a summary each minute`() {
        _ = tick(0)
        #expect(
            connect().map { String($0.dropFirst(9)) } == [
                "connected to llm-gateway/0.1.0, all simulated: no money moves"
            ]
        )
        let first = take(.message(.snapshot(feed.snapshot())))
        #expect(first.contains { $0.contains("summary today: 0 requests, spent $0 (simulated)") })
        #expect(first.contains { $0.contains("alert: model claude-x has no price") })
        var summary = feed.summary(prompt: "Why?", status: 200)
        (summary.cache, summary.latencyMilliseconds, summary.tier) = ("semantic", 6, .balanced)
        let line = take(.message(.completed(summary)))
        #expect(line.count == 1)
        for text in [
            "04:40:00 answered, tier balanced", "from the semantic cache", "6.0 ms", "prompt: Why?", summary.id,
        ] {
            #expect(line[0].contains(text), "\(text) in \(line)")
        }
        #expect(take(.message(.completed(summary))).isEmpty, "once")
        #expect(tick(59_000).isEmpty)
        #expect(tick(60_000).count == 1)
        #expect(tick(61_000).isEmpty)
    }

    @Test mutating func `What there was before is history, what came during an interruption is news`() {
        _ = tick(0)
        let old = (0..<3).map { _ in feed.summary() }
        #expect(connect(old.reversed()).count == 1)
        _ = take(.message(.snapshot(feed.snapshot())))
        let lost = take(.disconnected(reason: "the gateway closed the connection", retryAt: 250))
        #expect(
            lost.count == 1 && lost[0].contains("connection lost: the gateway closed the connection. Trying again.")
        )
        #expect(take(.connected).isEmpty)
        #expect(take(.disconnected(reason: "the gateway closed the connection", retryAt: 500)).isEmpty, "said once")
        let missed = [feed.summary(prompt: "missed one"), feed.summary(prompt: "missed two")]
        let lines = connect((old + missed).reversed())
        #expect(lines.count == 3)
        #expect(lines[1].contains("missed one") && lines[2].contains("missed two"))
        #expect(take(.message(.snapshot(feed.snapshot()))).contains { $0.contains("summary") }, "the state has changed")
    }

    @Test mutating func `Without a gateway it says where it looked, and a trouble's beginning and end are told`() {
        _ = tick(0)
        let lines = take(.disconnected(reason: "there is no such socket", retryAt: 250))
        #expect(
            lines.count == 1 && lines[0].contains("no gateway answers at /run/gateway.sock: there is no such socket")
        )
        _ = connect()
        _ = take(.message(.snapshot(feed.snapshot())))
        feed.cache = FakeFeed.caches(redis: .down, detail: "refused", rate: 0)
        #expect(take(.message(.snapshot(feed.snapshot()))).map { $0.dropFirst(9) } == ["alert: redis is down: refused"])
        #expect(take(.message(.snapshot(feed.snapshot()))).isEmpty)
        feed.cache = FakeFeed.caches(rate: 0)
        #expect(
            take(.message(.snapshot(feed.snapshot()))).map { $0.dropFirst(9) } == ["alert over: redis is down: refused"]
        )
    }

    @Test mutating func `No line holds anything that a terminal obeys, whatever a prompt holds`() {
        _ = tick(0)
        _ = connect()
        var summary = feed.summary(prompt: "evil \u{1B}[2J\n\u{9B}2J\u{202E}")
        (summary.error, summary.model, summary.project) = ("x\u{1B}]0;t\u{7}", "m\u{1B}", "p\n")
        let lines = take(.message(.completed(summary)))
        #expect(lines.count == 1)
        #expect(lines.allSatisfy { PlainText.sanitized($0) == $0 })
        #expect(!lines[0].contains { "│─╭●▶≈".contains($0) })
    }

    @Test mutating func `It only ever asks, and asks for nothing that costs`() {
        _ = tick(0)
        #expect(report.update(.connected).effects == [.call(.hello)])
        let welcome = report.update(.message(.welcome(.init(daemon: "d", processID: 7, isDemo: false))))
        #expect(welcome.effects.allSatisfy { $0.isHarmless })
    }
}
