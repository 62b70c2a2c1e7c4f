import Shared
import Testing

@testable import Dashboard

struct KeyFigureTests {
    private func report(_ count: Int, each seconds: Int, _ change: (Int, inout HistoryReport) -> Void) -> HistoryReport
    {
        var report = HistoryReport(intervalMilliseconds: seconds * 1_000, endUnixMilliseconds: FakeFeed.start)
        for index in 0..<count {
            report.requests.append(10)
            report.errors.append(0)
            report.cacheHits.append(0)
            report.escalations.append(0)
            report.cost.append(.zero)
            report.saved.append(.zero)
            report.latencyP50Milliseconds.append(100)
            report.latencyP95Milliseconds.append(200)
            report.latencyP99Milliseconds.append(300)
            change(index, &report)
        }
        return report
    }

    // MARK: Trends

    @Test(arguments: [
        (1.12, 1.0, Trend.Measure.relative, "▲12%", 1), (0.97, 1.0, .relative, "▼3%", -1),
        (1.004, 1.0, .relative, "=", 0),
        (50.0, 1.0, .relative, "▲>999%", 1), (0, 0, .relative, "=", 0), (0.40, 0.38, .points, "▲2.0", 1),
        (0.2, 0.5, .points, "▼30", -1), (0.5, 0.5, .points, "=", 0), (1_820, 1_900, .milliseconds, "▼80ms", -1),
        (4_000, 1_000, .milliseconds, "▲3.0s", 1), (100.1, 100.0, .milliseconds, "=", 0),
    ])
    func `A change is told with an arrow and its size`(
        now: Double,
        before: Double,
        measure: Trend.Measure,
        text: String,
        direction: Int
    ) {
        let trend = Trend(now: now, before: before)
        #expect(trend.text(measure) == text)
        #expect(trend.direction(measure) == direction)
    }

    @Test func `What was nothing before and what is no number has no trend`() {
        #expect(Trend(now: 1, before: 0).text(.relative) == nil)
        #expect(Trend(now: .nan, before: 1).text(.milliseconds) == nil)
        #expect(Trend(now: 1, before: .infinity).direction(.points) == 0)
    }

    @Test func `The window is compared with the one before it, and only where that is known`() {
        var series = Series()
        series.window = 60
        series.prepend((0..<119).map { _ in 1.0 })
        #expect(series.trend == nil)
        series.append(1)
        #expect(series.trend == Trend(now: 1, before: 1))
        for _ in 0..<30 { series.append(3) }
        // 30 of 1 and 30 of 3 after 60 of 1.
        #expect(series.trend == Trend(now: 2, before: 1))
        series.appendGap(seconds: 300)
        #expect(series.trend == nil, "of gaps alone nothing is known")
    }

    @Test func `Windows beyond the hour are compared within the day`() {
        var series = Series()
        series.window = 21_600
        series.setDay([Double](repeating: 2, count: 720) + [Double](repeating: 5, count: 720), secondsEach: 60)
        // The last six hours and the six before are both of the second half.
        #expect(series.trend == Trend(now: 5, before: 5))
        series.setDay([Double](repeating: 2, count: 1_080) + [Double](repeating: 5, count: 360), secondsEach: 60)
        #expect(series.trend == Trend(now: 5, before: 2))
        series.window = 86_400
        #expect(series.trend == nil)
    }

    @Test func `Shares are those of the sums, not the means of shares`() {
        var part = Series()
        var whole = Series()
        for (at, (hits, requests)) in [(1.0, 1.0), (0, 9), (8, 8), (0, 2)].enumerated() {
            part.append(hits)
            whole.append(requests)
            #expect(at < 4)
        }
        (part.window, whole.window) = (2, 2)
        #expect(Trend.share(part, of: whole) == Trend(now: 0.8, before: 0.1))
    }

    // MARK: Cards

    private func figures(_ columns: Int, _ rows: Int, _ change: (inout MetricsSnapshot) -> Void = { _ in }) -> Dashboard
    {
        var dashboard = Dashboard.live(columns, rows, snapshots: 0)
        var feed = FakeFeed()
        var snapshot = feed.snapshot()
        snapshot.today = .init(
            requests: 1_000,
            errors: 4,
            exactCacheHits: 190,
            semanticCacheHits: 140,
            coalesced: 20,
            escalations: 21,
            cost: USD(nanodollars: 4_400_000_000),
            baseline: USD(nanodollars: 22_820_000_000),
            saved: USD(nanodollars: 18_420_000_000)
        )
        snapshot.month = snapshot.today
        snapshot.month.cost = USD(nanodollars: 44_100_000_000)
        change(&snapshot)
        _ = dashboard.update(.message(.snapshot(snapshot)))
        return dashboard
    }

    @Test(arguments: [
        (80, 24, 4), (109, 40, 4), (110, 40, 6), (120, 40, 6), (179, 60, 6), (180, 60, 10), (220, 70, 10),
    ])
    func `There are as many boxes as fit`(columns: Int, rows: Int, count: Int) {
        #expect(Layout(figures(columns, rows)).figures.count == count)
    }

    @Test func `Every figure stands somewhere on a wide screen`() {
        let screen = figures(200, 60).screen
        for text in [
            "~$1.25/h", "~$4.40", "~$44.10", "~$18.42", "81% of", "35%", "e19 s14 c2", "380 ms · 1.9 s", "p99 4.1 s",
            "0.2 ms",
            "p95 0.9 ms", "2.1%", "21 of 1,000", "0.4%", "4 of 1,000", "2 in flight",
        ] {
            #expect(screen.contains(text), "\(text)")
        }
    }

    @Test func `What is spent stands beside the budget where there is one`() {
        func budget(_ period: LimitsReport.Period, _ limit: Int64, _ spent: Int64) -> LimitsReport.Budget {
            .init(
                scope: "all",
                period: period,
                limit: USD(nanodollars: limit * 1_000_000_000),
                spent: USD(nanodollars: spent * 1_000_000_000),
                reserved: .zero
            )
        }
        let wide = figures(200, 60) {
            $0.limits = LimitsReport(budgets: [budget(.day, 20, 8), budget(.month, 200, 100)])
        }
        #expect(wide.screen.contains("40% of $20.00") && wide.screen.contains("50% of $200"))
        let without = figures(200, 60)
        #expect(!without.screen.contains("of $20.00") && without.screen.contains("~$1.25/h"))
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 60)])
    func `Arrows say how a figure stands to the window before`(columns: Int, rows: Int) {
        var dashboard = figures(columns, rows)
        // Five minutes are shown: in the five before half as much was spent, and twice as much was saved.
        let past = report(720, each: 10) { index, report in
            let isNow = index >= 690
            report.cost[index] = USD(nanodollars: isNow ? 20_000_000 : 10_000_000)
            report.saved[index] = USD(nanodollars: isNow ? 10_000_000 : 20_000_000)
            report.cacheHits[index] = isNow ? 4 : 2
        }
        _ = dashboard.update(.message(.history(.init(seconds: 7_200, points: 720), .success(past))))
        let top = dashboard.screen.split(separator: "\n").prefix(8).joined(separator: "\n")
        // One second of the window is the snapshot that came by itself, with nothing in it.
        #expect(top.contains("▲99%") && top.contains("▼50%") && top.contains("▲20"))
    }
}
