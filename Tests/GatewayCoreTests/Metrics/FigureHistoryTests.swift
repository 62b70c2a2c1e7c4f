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
        tier: Tier? = nil,
        escalations: Int = 0,
        isError: Bool = false,
        endedAt end: Int64 = 0
    ) -> EndedFigures {
        var summary = ExchangeSummary(
            id: "1",
            unixMilliseconds: end - Int64(milliseconds),
            requestedModel: "m",
            tier: tier,
            cache: cache,
            latencyMilliseconds: milliseconds,
            cost: USD(nanodollars: cost),
            saved: USD(nanodollars: saved),
            escalations: escalations
        )
        summary.baseline = USD(nanodollars: cost + saved)
        return EndedFigures(summary, isError: isError)
    }

    private func spent(_ nanodollars: Int64, at moment: Int64) -> EndedFigures {
        let cost = USD(nanodollars: nanodollars)
        return EndedFigures(cost: cost, saved: .zero - cost, unixMilliseconds: moment)
    }

    @Test func `Each ten seconds have their own sums`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(tier: .fast), unixMilliseconds: Self.start)
        history.add(exchange(cache: "exact", tier: .fast), unixMilliseconds: Self.start + 9_999)
        history.add(exchange(tier: .premium, escalations: 2, isError: true), unixMilliseconds: Self.start + 10_000)
        history.add(exchange(cache: "semantic", tier: .local), unixMilliseconds: Self.start + 10_000)
        history.add(exchange(cache: "coalesced"), unixMilliseconds: Self.start + 10_000)
        history.add(spent(300, at: Self.start + 10_001), unixMilliseconds: Self.start + 10_001)
        let report = history.report(seconds: 30, points: 3, unixMilliseconds: Self.start + 20_000)
        #expect(report.intervalMilliseconds == 10_000)
        #expect(report.endUnixMilliseconds == Self.start + 30_000)
        #expect(report.requests == [2, 3, 0])
        #expect(report.cacheHits == [1, 2, 0])
        #expect(report.semanticHits == [0, 1, 0])
        #expect(report.coalesced == [0, 1, 0])
        #expect(report.errors == [0, 1, 0])
        #expect(report.escalations == [0, 2, 0])
        #expect(report.cost.map { $0?.nanodollars } == [2_000, 3_300, 0])
        #expect(report.baseline.map { $0?.nanodollars } == [3_000, 4_500, 0])
        #expect(report.saved.map { $0?.nanodollars } == [1_000, 1_200, 0])
        #expect(
            report.tiers == ["local": [0, 1, 0], "fast": [2, 0, 0], "balanced": [0, 0, 0], "premium": [0, 1, 0]]
        )
        #expect(report.latencyP95Milliseconds == [100, 100, nil])
    }

    @Test func `What ended before the turn of an interval and is told after it belongs before`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(40, endedAt: Self.start + 9_000), unixMilliseconds: Self.start + 9_000)
        history.add(exchange(60, endedAt: Self.start + 10_000), unixMilliseconds: Self.start + 10_001)
        history.add(exchange(80, endedAt: Self.start + 9_999), unixMilliseconds: Self.start + 10_001)
        let report = history.report(seconds: 20, points: 2, unixMilliseconds: Self.start + 10_002)
        #expect(report.requests == [2, 1])
        #expect(report.latencyP50Milliseconds == [40, 60])
        #expect(report.latencyP99Milliseconds == [80, 60])
    }

    @Test func `What an hour costs is told from the last ten minutes, and not before a minute is known`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(spent(6_000, at: Self.start), unixMilliseconds: Self.start)
        #expect(history.burnPerHour(unixMilliseconds: Self.start + 59_999) == nil)
        // 6,000 in a minute are 360,000 in an hour, and in five minutes a fifth of that.
        #expect(history.burnPerHour(unixMilliseconds: Self.start + 60_000)?.nanodollars == 360_000)
        #expect(history.burnPerHour(unixMilliseconds: Self.start + 300_000)?.nanodollars == 72_000)
        #expect(history.burnPerHour(unixMilliseconds: Self.start + 600_000)?.nanodollars == 0)
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
            history.add(exchange(Double(number)), unixMilliseconds: Self.start)
        }
        let report = history.report(seconds: 10, points: 1, unixMilliseconds: Self.start)
        // By the nearest rank: of 101 answers 51 are not above 51, 96 not above 96, 100 not above 100.
        #expect(report.latencyP50Milliseconds == [51])
        #expect(report.latencyP95Milliseconds == [96])
        #expect(report.latencyP99Milliseconds == [100])
    }

    @Test func `Longer intervals add up, and weigh latencies by answers`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        for _ in 0..<3 { history.add(exchange(100), unixMilliseconds: Self.start) }
        history.add(exchange(500), unixMilliseconds: Self.start + 10_000)
        let report = history.report(seconds: 60, points: 1, unixMilliseconds: Self.start + 19_000)
        #expect(report.intervalMilliseconds == 60_000)
        #expect(report.requests == [4])
        #expect(report.latencyP50Milliseconds == [200])
    }

    @Test func `A day is kept, and no more`() {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(), unixMilliseconds: Self.start)
        let day: Int64 = 86_400_000
        history.add(exchange(), unixMilliseconds: Self.start + day - 10_000)
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
        history.add(exchange(), unixMilliseconds: Self.start + 50_000)
        history.add(exchange(), unixMilliseconds: Self.start - 3_600_000)
        let report = history.report(seconds: 60, points: 6, unixMilliseconds: Self.start)
        #expect(report.requests.compactMap(\.self).reduce(0, +) == 2)
    }

    // MARK: Filled from the books

    private func past(_ rows: [EndedFigures], since: Int64) -> (intervals: [PastFigures.Interval], knownFrom: Int64)? {
        var past = PastFigures(sinceUnixMilliseconds: since)
        for row in rows { past.add(row) }
        return past.takeRest(isWhole: false)
    }

    @Test func `A history that begins anew is told what it was`() throws {
        let rows = [
            exchange(10, cost: 7, tier: .fast, endedAt: Self.start),
            exchange(30, cache: "exact", endedAt: Self.start + 5_000),
            exchange(50, tier: .premium, escalations: 1, isError: true, endedAt: Self.start + 25_000),
            spent(40, at: Self.start + 31_000),
        ]
        var former = FigureHistory(unixMilliseconds: Self.start)
        for row in rows { former.add(row, unixMilliseconds: row.endUnixMilliseconds) }
        let now = Self.start + 60_000
        var history = FigureHistory(unixMilliseconds: now)
        #expect(
            history.report(seconds: 70, points: 7, unixMilliseconds: now).requests == [nil, nil, nil, nil, nil, nil, 0]
        )
        let filled = try #require(past(rows.reversed(), since: Self.start - 3_600_000))
        history.take(filled.intervals, knownFrom: filled.knownFrom, unixMilliseconds: now)
        let told = history.report(seconds: 90, points: 9, unixMilliseconds: now)
        #expect(told == former.report(seconds: 90, points: 9, unixMilliseconds: now))
        #expect(told.requests == [nil, nil, 2, 0, 1, 0, 0, 0, 0], "before the first row nothing is known")
        #expect(told.latencyP99Milliseconds[2] == 30)
    }

    @Test func `What the books say of the interval that goes on is added to what has been counted in it`() throws {
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.add(exchange(90, cost: 5, endedAt: Self.start + 8_000), unixMilliseconds: Self.start + 8_000)
        let rows = [
            exchange(10, cost: 3, endedAt: Self.start + 1_000), exchange(20, cost: 3, endedAt: Self.start + 500),
        ]
        let filled = try #require(past(rows, since: Self.start - 60_000))
        history.take(filled.intervals, knownFrom: filled.knownFrom, unixMilliseconds: Self.start + 8_500)
        history.add(exchange(95, cost: 5, endedAt: Self.start + 9_000), unixMilliseconds: Self.start + 9_000)
        let report = history.report(seconds: 10, points: 1, unixMilliseconds: Self.start + 9_000)
        #expect(report.requests == [4] && report.cost == [USD(nanodollars: 16)])
        #expect(report.latencyP50Milliseconds == [20] && report.latencyP95Milliseconds == [95])
    }

    @Test func `Rows from before the day, and intervals that have gone meanwhile, are passed over`() throws {
        let day: Int64 = 86_400_000
        var past = PastFigures(sinceUnixMilliseconds: Self.start - day)
        past.add(exchange(endedAt: Self.start - day - 10_000))
        past.add(exchange(endedAt: Self.start - day))
        past.add(exchange(endedAt: Self.start - 10_000))
        let taken = past.takeRest(isWhole: true)
        let filled = try #require(taken)
        #expect(filled.knownFrom == (Self.start - day) / 10_000)
        var history = FigureHistory(unixMilliseconds: Self.start)
        history.take(filled.intervals, knownFrom: filled.knownFrom, unixMilliseconds: Self.start + 20_000)
        let report = history.report(seconds: 86_400, points: 1_440, unixMilliseconds: Self.start + 20_000)
        #expect(report.requests.compactMap(\.self).reduce(0, +) == 1)
        #expect(report.requests.allSatisfy { $0 != nil }, "the books go back further than a day")
    }

    @Test func `Complete intervals are given while older rows come, each row once`() throws {
        var past = PastFigures(sinceUnixMilliseconds: 0)
        var given: [Int64: Int32] = [:]
        var lastKnown = Int64.max
        // A row every second, the newest first, and each a little out of order.
        for second in (0..<3_600).reversed() {
            let moment = Self.start + Int64(second) * 1_000
            past.add(exchange(endedAt: second.isMultiple(of: 7) ? moment + 60_000 : moment))
            guard second.isMultiple(of: 500), let complete = past.takeComplete() else { continue }
            for interval in complete.intervals { given[interval.number, default: 0] += interval.sums.requests }
            #expect(complete.knownFrom < lastKnown)
            lastKnown = complete.knownFrom
        }
        let last = past.takeRest(isWhole: false)
        let rest = try #require(last)
        for interval in rest.intervals { given[interval.number, default: 0] += interval.sums.requests }
        #expect(given.values.reduce(0, +) == 3_600)
        #expect(rest.knownFrom == given.keys.min())
        let nothing = past.takeRest(isWhole: false)
        #expect(nothing?.intervals.isEmpty == true)
    }
}

extension FigureHistory {
    fileprivate mutating func report(seconds: Int, points: Int, unixMilliseconds: Int64) -> HistoryReport {
        excerpt(seconds: seconds, points: points, unixMilliseconds: unixMilliseconds).report
    }
}
