import Shared
import Testing

@testable import Dashboard

/// The past that the daemon tells, and what needs attention.
struct AlertTests {
    // MARK: History and alerts

    @Test func `A fresh dashboard shows the past that the daemon tells`() {
        var dashboard = Dashboard.live(120, 40, snapshots: 1)
        var report = HistoryReport(intervalMilliseconds: 10_000, endUnixMilliseconds: FakeFeed.start)
        for _ in 0..<360 {
            report.requests.append(20)
            report.errors.append(0)
            report.cacheHits.append(10)
            report.escalations.append(0)
            report.cost.append(USD(nanodollars: 1_000_000_000))
            report.saved.append(USD(nanodollars: 2_000_000_000))
            report.latencyP50Milliseconds.append(100)
            report.latencyP95Milliseconds.append(nil)
            report.latencyP99Milliseconds.append(nil)
        }
        let request = ControlProtocol.HistoryRequest(seconds: 3_600, points: 360)
        _ = dashboard.update(.message(.history(request, .success(report))))
        let history = dashboard.feed.history
        #expect(history.requestsPerMinute.seconds == 3_600)
        #expect(history.requestsPerMinute.points(4).first == 120)
        #expect(history.cacheHitShare.points(4).first == 0.5)
        #expect(abs(history.saved.points(4)[0] - 0.2) < 1e-9)
        #expect(history.latencyP95.points(4)[0].isNaN)
        // Asked again after a lost connection it changes nothing that is there.
        _ = dashboard.update(.message(.history(request, .success(report))))
        #expect(dashboard.feed.history.requestsPerMinute.seconds == 3_600)
    }

    @Test func `Windows beyond the hour are asked of the daemon`() {
        var dashboard = Dashboard.live(120, 40)
        var effects: [Effect] = []
        for _ in 0..<Dashboard.windows.count { effects += dashboard.press(.character("]")) }
        #expect(Dashboard.windows.last == 86_400)
        let asked = effects.contains(.call(.history(.init(seconds: 86_400, points: 1_440))))
        #expect(asked)
        #expect(dashboard.screen.contains("24 h"))
        var report = HistoryReport(intervalMilliseconds: 60_000, endUnixMilliseconds: FakeFeed.start)
        report.requests = [Int?](repeating: nil, count: 720) + [Int?](repeating: 60, count: 720)
        report.errors = report.requests
        report.cacheHits = report.requests
        report.escalations = report.requests
        report.cost = [USD?](repeating: nil, count: 1_440)
        report.saved = report.cost
        report.latencyP50Milliseconds = [Double?](repeating: nil, count: 1_440)
        report.latencyP95Milliseconds = report.latencyP50Milliseconds
        report.latencyP99Milliseconds = report.latencyP50Milliseconds
        let request = ControlProtocol.HistoryRequest(seconds: 86_400, points: 1_440)
        _ = dashboard.update(.message(.history(request, .success(report))))
        let points = dashboard.feed.history.requestsPerMinute.points(10)
        let unknown = points.prefix(5).filter { $0.isNaN }
        #expect(unknown.count == 5)
        #expect(Array(points.suffix(5)) == [60, 60, 60, 60, 60])
    }

    @Test func `What needs attention comes worst first and names the view that tells more`() {
        var snapshot = FakeFeed.troubled()
        snapshot.warnings = ["model claude-x has no price"]
        snapshot.limits = LimitsReport(budgets: [
            .init(
                scope: "project:labs",
                period: .day,
                limit: USD(nanodollars: 10_000_000_000),
                spent: USD(nanodollars: 9_100_000_000),
                reserved: .zero
            ),
            .init(
                scope: "all",
                period: .month,
                limit: USD(nanodollars: 10_000_000_000),
                spent: USD(nanodollars: 7_900_000_000),
                reserved: .zero
            ),
        ])
        let alerts = snapshot.alerts
        #expect(alerts.map(\.severity) == [.bad, .warning, .warning])
        #expect(alerts[0].text == "opus: its circuit breaker is open: HTTP 529")
        #expect(alerts[0].view == .backends)
        #expect(alerts[1].text == "project labs: 91% of the day's budget ($9.10 of $10.00)")
        #expect(alerts[2].text == "model claude-x has no price")
        var dashboard = Dashboard.live(120, 40)
        _ = dashboard.update(.message(.snapshot(snapshot)))
        #expect(dashboard.screen.contains("opus: its circuit breaker is open") && dashboard.screen.contains("→ 4"))
    }

    // MARK: One test for each alert

    private func alerts(_ change: (inout MetricsSnapshot) -> Void) -> [Alert] {
        var snapshot = MetricsSnapshot()
        #expect(snapshot.alerts.isEmpty)
        change(&snapshot)
        return snapshot.alerts
    }

    @Test(arguments: [(79, 0), (80, 1), (99, 1), (100, 1)])
    func `A budget is told from 80 percent on, and is bad once it is spent`(percent: Int64, count: Int) {
        let found = alerts {
            $0.limits = LimitsReport(budgets: [
                .init(
                    scope: "all",
                    period: .month,
                    limit: USD(nanodollars: 1_000_000_000),
                    spent: USD(nanodollars: percent * 10_000_000),
                    reserved: .zero
                )
            ])
        }
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.severity == (percent == 100 ? .bad : .warning) && $0.view == .savings })
        #expect(found.first.map { $0.text.contains("all projects: \(percent)% of the month's budget") } ?? true)
    }

    @Test func `A model without a price is told as the daemon says it`() {
        let text = "no price is known for x-1; it is counted at the dearest known price"
        #expect(alerts { $0.warnings = [text] } == [Alert(.warning, text)])
    }

    @Test func `A Redis that is down is told once, with why`() {
        let found = alerts {
            $0.cache.homes = [CacheHomeReport(name: "redis", state: .down, detail: "connection refused")]
            $0.warnings = ["the cache goes on without redis: connection refused"]
        }
        #expect(found == [Alert(.bad, "redis is down: connection refused", view: .cache)])
    }

    @Test(arguments: [(0.009, nil), (0.011, Alert.Severity.warning), (0.021, .bad)])
    func `False hits are told from half of what is allowed on`(rate: Double, severity: Alert.Severity?) {
        let found = alerts { $0.cache.semantic = SemanticCacheReport(falseHitRate: rate, maxFalseHitRate: 0.02) }
        #expect(found.map(\.severity) == [severity].compactMap(\.self))
        #expect(found.first.map { $0.text.contains("of the semantic cache's hits are wrong") } ?? true)
    }

    @Test func `A semantic cache that turned itself off is told once`() {
        let found = alerts {
            $0.cache.semantic = SemanticCacheReport(
                off: "too many differed",
                isSuspended: true,
                falseHitRate: 0.1,
                maxFalseHitRate: 0.02
            )
            $0.warnings = ["the semantic cache is off: too many differed"]
        }
        #expect(found == [Alert(.bad, "the semantic cache is off: too many differed", view: .cache)])
    }

    @Test func `An open breaker and a backend that is down are told with the last error`() {
        let found = alerts { snapshot in
            for (name, state) in [("a", BackendHealthReport.State.broken), ("b", .down), ("c", .degraded)] {
                var backend = MetricsSnapshot.Backend(
                    name: name,
                    provider: "openai",
                    model: "m",
                    tier: .fast,
                    isSimulated: false
                )
                backend.health = FakeFeed.troubled().backends.first { $0.health != nil }?.health
                backend.health?.state = state
                backend.health?.lastError = "HTTP 529"
                snapshot.backends.append(backend)
            }
        }
        #expect(found.map(\.text) == ["a: its circuit breaker is open: HTTP 529", "b is down: HTTP 529"])
    }
}
