import GatewayCore
import Shared
import Synchronization
import Testing

@Suite struct `A ledger that is led on` {
    /// 2027-01-15 08:00 UTC.
    private static let now: Int64 = 1_800_000_000_000
    private static let day: Int64 = 20_833

    private final class Kept: ExchangeLog {
        private let rows = Mutex<[ExchangeRow]>([])
        var all: [ExchangeRow] { rows.withLock { $0 } }
        var isFull: Bool { false }
        var report: StorageReport { StorageReport() }
        func record(_ row: ExchangeRow) { rows.withLock { $0.append(row) } }
    }

    private func ledger(_ log: Kept? = nil) -> Ledger {
        let clock = Clock(monotonicNanoseconds: { 0 }, unixMilliseconds: { Self.now })
        return Ledger(backends: [], isDemo: false, clock: clock, log: log)
    }

    private func summary(_ number: Int) -> ExchangeSummary {
        ExchangeSummary(
            id: "\(number)",
            unixMilliseconds: Self.now,
            requestedModel: "m",
            status: 200,
            cost: USD(nanodollars: 3)
        )
    }

    private func end(_ numbers: ClosedRange<Int>, in ledger: Ledger) {
        for number in numbers {
            ledger.began()
            ledger.ended(
                LedgerEntry(
                    summary: summary(number),
                    decision: nil,
                    attempts: [],
                    warnings: [],
                    keyFingerprint: "key"
                )
            )
        }
    }

    @Test(arguments: [(0, 5), (3, 4), (999, 1_000), (1_000, 1_000), (1_500, 1_000)])
    func `has earlier exchanges behind its own`(own: Int, earlier: Int) {
        let ledger = ledger()
        if own > 0 { end(10_001...(10_000 + own), in: ledger) }
        ledger.restore(LedgerHistory(day: Self.day, recent: (1...earlier).map(summary)))
        let expected = (Array(1...earlier) + (0..<own).map { 10_001 + $0 }).suffix(1_000).reversed().map { "\($0)" }
        #expect(ledger.recent(2_000).map(\.id) == expected)
        end(20_000...20_002, in: ledger)
        #expect(ledger.recent(2_000).map(\.id) == Array((["20002", "20001", "20000"] + expected).prefix(1_000)))
    }

    @Test func `adds what is of the same day and month`() {
        let history = LedgerHistory(
            day: Self.day,
            today: .init(requests: 5, cost: USD(nanodollars: 50)),
            month: .init(requests: 8, cost: USD(nanodollars: 80))
        )
        var shown = totals(after: history)
        #expect(shown.today.requests == 6 && shown.today.cost.nanodollars == 53)
        #expect(shown.month.requests == 9 && shown.month.cost.nanodollars == 83)
        #expect(shown.sinceStart.requests == 1)
        var yesterday = history
        yesterday.day -= 1
        shown = totals(after: yesterday)
        #expect(shown.today.requests == 1 && shown.month.requests == 9)
        yesterday.day -= 15
        shown = totals(after: yesterday)
        #expect(shown.today.requests == 1 && shown.month.requests == 1)
    }

    private func totals(after history: LedgerHistory) -> MetricsSnapshot {
        let ledger = ledger()
        end(1...1, in: ledger)
        ledger.restore(history)
        return ledger.snapshot(cache: .init())
    }

    @Test func `hands every row on, its own calls too`() {
        let log = Kept()
        let ledger = ledger(log)
        end(1...2, in: ledger)
        let spending = Spending(usage: TokenUsage(input: 7), isEstimated: true, cost: USD(nanodollars: 9))
        ledger.spent(Overhead(purpose: .judge, backend: "haiku", model: "h", spending: spending))
        ledger.spent(Overhead(purpose: .shadow, backend: "haiku", model: "h", spending: spending))
        let rows = log.all
        #expect(rows.map(\.kind) == [.exchange, .exchange, .overhead, .overhead])
        #expect(rows.map(\.keyFingerprint) == ["key", "key", "", ""])
        #expect(rows[0].summary == summary(1) && rows[0].isBillable)
        #expect(rows[2].overhead == OverheadCosts(judge: USD(nanodollars: 9)) && rows[2].isBillable)
        #expect(rows[2].summary.saved.nanodollars == -9 && rows[2].summary.cost == .zero)
        #expect(rows[2].overheadUsage.input == 7 && rows[2].summary.usageIsEstimated)
        #expect(rows[2].summary.id.utf8.count == 16 && rows[2].summary.id != rows[3].summary.id)
    }
}
