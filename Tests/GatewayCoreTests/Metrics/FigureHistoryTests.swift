import Shared
import Testing

@testable import GatewayCore

struct FigureHistoryTests {
    private static let start: Int64 = 1_763_700_000_000

    private func exchange(
        _ milliseconds: Double = 100,
        cost: Int64 = 1_000,
        saved: Int64 = 500,
        cache: String = "none",
        escalations: Int = 0
    ) -> ExchangeSummary {
        ExchangeSummary(
            id: "1",
            unixMilliseconds: 0,
            requestedModel: "m",
            cache: cache,
            latencyMilliseconds: milliseconds,
            cost: USD(nanodollars: cost),
            saved: USD(nanodollars: saved),
            escalations: escalations
        )
    }

    @Test func `Each ten seconds have their own sums`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(), isError: false, unixMilliseconds: Self.start)
        history.add(exchange(cache: "exact"), isError: false, unixMilliseconds: Self.start + 9_999)
        history.add(exchange(escalations: 2), isError: true, unixMilliseconds: Self.start + 10_000)
        history.spent(USD(nanodollars: 300), unixMilliseconds: Self.start + 10_001)
        let report = history.report(seconds: 30, points: 3, unixMilliseconds: Self.start + 20_000)
        #expect(report.intervalMilliseconds == 10_000)
        #expect(report.endUnixMilliseconds == Self.start + 30_000)
        #expect(report.requests == [2, 1, 0])
        #expect(report.cacheHits == [1, 0, 0])
        #expect(report.errors == [0, 1, 0])
        #expect(report.escalations == [0, 2, 0])
        #expect(report.cost.map { $0?.nanodollars } == [2_000, 1_300, 0])
        #expect(report.saved.map { $0?.nanodollars } == [1_000, 200, 0])
        #expect(report.latencyP95Milliseconds == [100, 100, nil])
    }

    @Test func `What was before the beginning is not known`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        let report = history.report(seconds: 50, points: 5, unixMilliseconds: Self.start + 15_000)
        #expect(report.requests == [nil, nil, nil, 0, 0])
        #expect(report.cost.map { $0 == nil } == [true, true, true, false, false])
    }

    @Test func `Percentiles are those of the interval's answers`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        for number in 1...101 {
            history.add(exchange(Double(number)), isError: false, unixMilliseconds: Self.start)
        }
        let report = history.report(seconds: 10, points: 1, unixMilliseconds: Self.start)
        #expect(report.latencyP50Milliseconds == [51])
        #expect(report.latencyP95Milliseconds == [96])
        #expect(report.latencyP99Milliseconds == [100])
    }

    @Test func `Longer intervals add up, and weigh latencies by answers`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        for _ in 0..<3 { history.add(exchange(100), isError: false, unixMilliseconds: Self.start) }
        history.add(exchange(500), isError: false, unixMilliseconds: Self.start + 10_000)
        let report = history.report(seconds: 60, points: 1, unixMilliseconds: Self.start + 19_000)
        #expect(report.intervalMilliseconds == 60_000)
        #expect(report.requests == [4])
        #expect(report.latencyP50Milliseconds == [200])
    }

    @Test func `A day is kept, and no more`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(), isError: false, unixMilliseconds: Self.start)
        let day: Int64 = 86_400_000
        history.add(exchange(), isError: false, unixMilliseconds: Self.start + day - 10_000)
        var report = history.report(seconds: 86_400, points: 1_440, unixMilliseconds: Self.start + day - 10_000)
        #expect(report.requests.count == 1_440)
        #expect(report.requests.compactMap(\.self).reduce(0, +) == 2)
        report = history.report(seconds: 86_400, points: 1_440, unixMilliseconds: Self.start + day)
        #expect(report.requests.compactMap(\.self).reduce(0, +) == 1)
        // After days of rest nothing of it is left.
        report = history.report(seconds: 86_400, points: 10, unixMilliseconds: Self.start + 9 * day)
        #expect(report.requests.compactMap(\.self).reduce(0, +) == 0)
    }

    @Test func `A clock that goes back loses nothing`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(), isError: false, unixMilliseconds: Self.start + 50_000)
        history.add(exchange(), isError: false, unixMilliseconds: Self.start - 3_600_000)
        let report = history.report(seconds: 60, points: 6, unixMilliseconds: Self.start)
        #expect(report.requests.compactMap(\.self).reduce(0, +) == 2)
    }
}
