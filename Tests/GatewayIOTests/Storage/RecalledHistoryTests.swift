import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `The history out of the books` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }
    private static let day: Int64 = 86_400_000

    init() throws { scratch = try DiskScratch() }

    private func clock(_ milliseconds: Int64) -> Clock {
        Clock(monotonicNanoseconds: { 0 }, unixMilliseconds: { milliseconds })
    }

    private func ledger(_ now: Int64) -> Ledger { Ledger(backends: [], isDemo: false, clock: clock(now)) }

    /// An exchange that ended at a moment.
    private func row(_ id: String, endedAt end: Int64, _ change: (inout ExchangeRow) -> Void = { _ in }) -> ExchangeRow
    {
        var row = ExchangeRow.number(100)
        row.summary.id = id
        row.summary.latencyMilliseconds = 250
        row.summary.unixMilliseconds = end - 250
        change(&row)
        return row
    }

    private func write(_ rows: [ExchangeRow], isDemo: Bool = false) async {
        let books = Books(file, isDemo: isDemo)
        for row in rows { books.exchanges.record(row) }
        await books.written()
        await books.close()
    }

    @Test func `has every figure of what earlier processes wrote`() async throws {
        let start = ExchangeRow.start
        let rows = [
            row("a", endedAt: start), row("b", endedAt: start + 9_999) { $0.summary.cache = "exact" },
            row("c", endedAt: start + 10_000) { ($0.summary.cache, $0.summary.tier) = ("semantic", .premium) },
            row("d", endedAt: start + 65_000) {
                ($0.summary.status, $0.summary.error, $0.summary.tier) = (529, "overloaded", nil)
            },
            row("e", endedAt: start + 66_000) { ($0.summary.status, $0.summary.error) = (499, "left") },
            row("f", endedAt: start + 125_000) {
                $0.summary.escalations = 2
                $0.summary.overhead = USD(nanodollars: 9)
                $0.overhead.classifier = USD(nanodollars: 9)
                $0.summary.latencyMilliseconds = 125_250
                $0.summary.unixMilliseconds = start - 250
            },
        ]
        let now = start + 300_000
        await write(rows)
        let books = Books(file, clock: clock(now))
        let ledger = ledger(now)
        await books.exchanges.recall(in: ledger)
        let told = ledger.history(seconds: 360, points: 6)
        #expect(told.endUnixMilliseconds % 60_000 == 0)
        // 08:00 to 08:05 UTC; the minute before the first row is not known.
        #expect(told.requests == [3, 2, 1, 0, 0, 0])
        #expect(told.errors == [0, 1, 0, 0, 0, 0], "a client that left is nobody's error")
        #expect(told.cacheHits == [2, 0, 0, 0, 0, 0] && told.semanticHits == [1, 0, 0, 0, 0, 0])
        #expect(told.escalations == [0, 0, 2, 0, 0, 0])
        #expect(told.cost.map { $0?.nanodollars } == [300, 200, 109, 0, 0, 0])
        #expect(told.baseline.map { $0?.nanodollars } == [3_000, 2_000, 1_000, 0, 0, 0])
        #expect(told.tiers["fast"] == [2, 1, 1, 0, 0, 0] && told.tiers["premium"] == [1, 0, 0, 0, 0, 0])
        #expect(told.latencyP95Milliseconds == [250, 250, 125_250, nil, nil, nil])
        #expect(ledger.history(seconds: 600, points: 10).requests.prefix(4).allSatisfy { $0 == nil })
    }

    @Test func `has what was spent beside exchanges, and is no request`() async throws {
        let start = ExchangeRow.start
        await write([
            row("shadow", endedAt: start) {
                $0.kind = .overhead
                $0.summary = ExchangeSummary(
                    id: "shadow",
                    unixMilliseconds: start,
                    requestedModel: "",
                    saved: USD(nanodollars: -40)
                )
                $0.overhead.shadow = USD(nanodollars: 40)
            }
        ])
        let books = Books(file, clock: clock(start + 5_000))
        let ledger = ledger(start + 5_000)
        await books.exchanges.recall(in: ledger)
        let told = ledger.history(seconds: 10, points: 1)
        #expect(told.requests == [0] && told.cost == [USD(nanodollars: 40)] && told.saved == [USD(nanodollars: -40)])
    }

    @Test func `counts nothing twice of what this process writes meanwhile`() async throws {
        let start = ExchangeRow.start
        await write((0..<5).map { row("old-\($0)", endedAt: start + Int64($0) * 1_000) })
        let books = Books(file, clock: clock(start + 9_000))
        await books.exchanges.database.settled()
        let ledger = Ledger(backends: [], isDemo: false, clock: clock(start + 9_000), log: books.exchanges)
        for number in 0..<3 {
            ledger.began()
            let summary = row("new-\(number)", endedAt: start + 8_000).summary
            ledger.ended(LedgerEntry(summary: summary, decision: nil, attempts: [], warnings: []))
        }
        await books.written()
        await books.exchanges.recall(in: ledger)
        #expect(ledger.history(seconds: 10, points: 1).requests == [8])
    }

    @Test func `is found over many pages, of the day alone, and apart from demo mode`() async throws {
        let start = ExchangeRow.start
        await write((0..<100).map { row("demo-\($0)", endedAt: start - Int64($0) * 1_000) }, isDemo: true)
        // Two days, an exchange every 30 seconds, the oldest first.
        await write((0..<5_760).map { row("id-\($0)", endedAt: start - 2 * Self.day + Int64($0) * 30_000) })
        let books = Books(file, clock: clock(start))
        let ledger = ledger(start)
        await books.exchanges.recall(in: ledger)
        let hours = ledger.history(seconds: 86_400, points: 24)
        #expect(hours.requests.count == 24)
        #expect(hours.requests.dropFirst().dropLast().allSatisfy { $0 == 120 })
        #expect(hours.requests.allSatisfy { $0 != nil }, "the books go back further than a day")
    }

    @Test func `is not known where the books are empty`() async {
        let books = Books(file, clock: clock(ExchangeRow.start))
        let ledger = ledger(ExchangeRow.start)
        await books.exchanges.recall(in: ledger)
        #expect(ledger.history(seconds: 60, points: 6).requests == [nil, nil, nil, nil, nil, 0])
    }

    @Test func `knows which cached answers were reported as wrong, and by whose key they were asked for`() async throws
    {
        let now = ExchangeRow.start
        let books = Books(file, clock: clock(now))
        let ledger = Ledger(backends: [], isDemo: false, clock: clock(now), log: books.exchanges)
        var summary = row("0123456789abcdef", endedAt: now) { $0.summary.cache = "semantic" }.summary
        (summary.cost, summary.baseline, summary.saved) = (.zero, USD(nanodollars: 700), USD(nanodollars: 700))
        let entry = LedgerEntry(summary: summary, decision: nil, attempts: [], warnings: [], keyFingerprint: "cafe")
        ledger.began()
        ledger.ended(entry)
        ledger.wasWrong(entry)
        await books.written()
        await books.close()

        let next = Books(file, clock: clock(now))
        let later = self.ledger(now)
        await next.exchanges.restore(later, waitingMilliseconds: 30_000)
        let restored = try #require(later.entry(id: summary.id))
        #expect(restored.keyFingerprint == "cafe")
        let before = later.snapshot(cache: .init()).today
        #expect(before.losses.wrongHits.nanodollars == 700 && before.saved == .zero)
        later.wasWrong(restored)
        #expect(later.snapshot(cache: .init()).today == before, "the report was counted before the restart")
        await next.close()
    }
}
