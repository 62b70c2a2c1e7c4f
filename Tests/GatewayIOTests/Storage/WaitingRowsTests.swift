import GatewayCore
import Shared
import Testing

@testable import GatewayIO

/// Rows that a `#expect` may change.
private final class Waiting {
    private var rows: WaitingRows

    init(maximumRows: Int, maximumBytes: Int) {
        rows = WaitingRows(maximumRows: maximumRows, maximumBytes: maximumBytes)
    }

    var count: Int { rows.count }
    var bytes: Int { rows.bytes }
    var lost: Int { rows.lost }
    var isNearlyFull: Bool { rows.isNearlyFull }
    func add(_ row: ExchangeRow) -> Bool { rows.add(row) }
    func nextBatch(_ most: Int) -> [ExchangeRow] { rows.nextBatch(most) }
    func settleBatch(isWritten: Bool) { rows.settleBatch(isWritten: isWritten) }
}

@Suite struct `Rows that wait to be written` {
    private func ids(_ rows: [ExchangeRow]) -> [String] { rows.map(\.summary.id) }

    @Test func `come out paid ones first, each kind in order, in batches`() {
        let rows = Waiting(maximumRows: 10, maximumBytes: 1_000_000)
        for number in 1...6 { #expect(rows.add(.number(number, cost: number.isMultiple(of: 2) ? 5 : 0))) }
        #expect(ids(rows.nextBatch(4)) == ["id-2", "id-4", "id-6", "id-1"])
        // Not written: the same again, though others came.
        #expect(rows.add(.number(7, cost: 5)))
        #expect(ids(rows.nextBatch(4)) == ["id-2", "id-4", "id-6", "id-1"])
        #expect(rows.count == 7)
        rows.settleBatch(isWritten: true)
        #expect(ids(rows.nextBatch(10)) == ["id-7", "id-3", "id-5"])
        rows.settleBatch(isWritten: true)
        #expect(rows.count == 0 && rows.bytes == 0 && rows.lost == 0)
        #expect(rows.nextBatch(10).isEmpty)
    }

    @Test func `lose the oldest that cost nothing first, then the oldest that did`() {
        let rows = Waiting(maximumRows: 3, maximumBytes: 1_000_000)
        #expect(rows.add(.number(1, cost: 9)))
        #expect(rows.add(.number(2, cost: 0)))
        #expect(rows.add(.number(3, cost: 0)))
        #expect(!rows.add(.number(4, cost: 9)))
        #expect(!rows.add(.number(5, cost: 9)))
        #expect(rows.lost == 2)
        // All of them cost something now: a free one is not let in, a paid one takes the oldest's place.
        #expect(!rows.add(.number(6, cost: 0)))
        #expect(!rows.add(.number(7, cost: 9)))
        #expect(rows.lost == 4)
        #expect(ids(rows.nextBatch(10)) == ["id-4", "id-5", "id-7"])
    }

    @Test func `do not lose those that are being written`() {
        let rows = Waiting(maximumRows: 2, maximumBytes: 1_000_000)
        #expect(rows.add(.number(1, cost: 0)))
        #expect(rows.add(.number(2, cost: 0)))
        #expect(rows.nextBatch(2).count == 2)
        #expect(!rows.add(.number(3, cost: 9)))
        #expect(rows.lost == 1 && rows.count == 2)
        rows.settleBatch(isWritten: false)
        #expect(rows.lost == 3 && rows.count == 0 && rows.bytes == 0)
    }

    @Test func `are bounded in bytes`() {
        var row = ExchangeRow.number(1)
        row.summary.prompt = String(repeating: "x", count: 1_000)
        row.summary.requestedModel = "four"
        // 768 for the row itself.
        let rows = Waiting(maximumRows: 100, maximumBytes: 4_000)
        #expect(rows.add(row))
        #expect(rows.bytes == 1_772)
        #expect(rows.add(row))
        #expect(!rows.isNearlyFull)
        #expect(!rows.add(row))
        #expect(rows.lost == 1 && rows.count == 2 && rows.bytes == 3_544)
        row.summary.prompt = String(repeating: "x", count: 100)
        let few = Waiting(maximumRows: 10, maximumBytes: 1_000_000)
        for _ in 0..<8 { #expect(few.add(row)) }
        #expect(!few.isNearlyFull)
        #expect(few.add(row))
        #expect(few.isNearlyFull)
    }

    /// Against a plain list that does the same slowly.
    @Test func `are the same as a plain list says, whatever happens`() {
        var generator = SplitMix(state: 7)
        let rows = Waiting(maximumRows: 50, maximumBytes: .max)
        var paid: [String] = []
        var free: [String] = []
        var lost = 0
        for number in 1...20_000 {
            if generator.next() % 40 == 0 {
                let expected = Array((paid + free).prefix(30))
                #expect(ids(rows.nextBatch(30)) == expected)
                rows.settleBatch(isWritten: true)
                paid.removeAll { expected.contains($0) }
                free.removeAll { expected.contains($0) }
            }
            let isPaid = generator.next().isMultiple(of: 2)
            _ = rows.add(.number(number, cost: isPaid ? 1 : 0))
            if paid.count + free.count == 50 {
                lost += 1
                if !free.isEmpty {
                    free.removeFirst()
                } else if isPaid {
                    paid.removeFirst()
                } else {
                    continue
                }
            }
            if isPaid { paid.append("id-\(number)") } else { free.append("id-\(number)") }
        }
        #expect(rows.lost == lost && lost > 100)
        #expect(ids(rows.nextBatch(.max)) == paid + free)
    }
}

@Suite struct `Days by UTC` {
    @Test(arguments: [
        ("1970-01-01", 0), ("1970-02-01", 31), ("2000-02-29", 11_016), ("2026-11-21", 20_778), ("2027-01-15", 20_833),
    ])
    func `are counted from 1970`(text: String, day: Int64) { #expect(UTCDay.parse(text) == day) }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-11-31", "2026-1-01", "-026-01-01",
        "2026-11-2a", "2026-11-21-",
    ])
    func `are nothing else`(text: String) { #expect(UTCDay.parse(text) == nil) }

    @Test func `belong to a month`() {
        #expect(UTCDay.firstOfMonth(20_778) == 20_758)
        #expect(UTCDay.firstOfMonth(0) == 0)
        #expect(UTCDay.firstOfMonth(58) == 31)
        #expect(UTCDay.firstOfMonth(59) == 59)
    }
}
