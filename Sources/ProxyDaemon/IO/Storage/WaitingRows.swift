import GatewayCore
import Shared

/// Rows that wait to be written, at most so many. A value: its holder keeps it behind a lock.
///
/// Where there is no room the oldest row that cost nothing makes some; where all of them did, the oldest of all.
struct WaitingRows: Sendable {
    /// How far along the rows of each kind are, which keep their order among themselves.
    struct Mark: Sendable {
        fileprivate(set) var paid = 0
        fileprivate(set) var free = 0
    }

    private var paid = RowQueue()
    private var free = RowQueue()
    /// The rows that are being written. They stay here until they are, or are given up.
    private(set) var batch: [ExchangeRow] = []
    private let maximumRows: Int
    private let maximumBytes: Int
    private(set) var bytes = 0
    private(set) var lost = 0
    /// Rows that were ever taken in.
    private(set) var added = Mark()
    /// Rows that were written, or lost after they had been taken in.
    private var settled = Mark()

    init(maximumRows: Int, maximumBytes: Int) {
        self.maximumRows = maximumRows
        self.maximumBytes = maximumBytes
    }

    var count: Int { paid.count + free.count + batch.count }

    /// Whether nearly no more may wait: what is under way still finds room.
    var isNearlyFull: Bool { count >= maximumRows - maximumRows / 10 || bytes >= maximumBytes - maximumBytes / 10 }

    /// Takes a row in. False where it, or another one for its sake, is lost.
    mutating func add(_ row: ExchangeRow) -> Bool {
        let size = Self.bytes(row)
        var hasRoom = true
        while count >= maximumRows || bytes + size > maximumBytes {
            hasRoom = false
            guard let dropped = free.removeFirst() ?? (row.isBillable ? paid.removeFirst() : nil) else {
                lost += 1
                return false
            }
            bytes -= Self.bytes(dropped)
            lost += 1
            settle(dropped)
        }
        bytes += size
        if row.isBillable {
            paid.append(row)
            added.paid += 1
        } else {
            free.append(row)
            added.free += 1
        }
        return hasRoom
    }

    /// Whether the rows up to a mark are written or lost. Rows that are paid for overtake others, so that no number of rows in all
    /// would tell.
    func isSettled(_ mark: Mark) -> Bool { settled.paid >= mark.paid && settled.free >= mark.free }

    private mutating func settle(_ row: ExchangeRow) {
        if row.isBillable { settled.paid += 1 } else { settled.free += 1 }
    }

    /// The next rows to be written: those of the last time where they were not.
    mutating func nextBatch(_ most: Int) -> [ExchangeRow] {
        guard batch.isEmpty else { return batch }
        batch.reserveCapacity(min(most, count))
        while batch.count < most, let row = paid.removeFirst() ?? free.removeFirst() { batch.append(row) }
        return batch
    }

    /// The batch is written, or will never be.
    mutating func settleBatch(isWritten: Bool) {
        bytes -= batch.reduce(0) { $0 + Self.bytes($1) }
        for row in batch { settle(row) }
        if !isWritten { lost += batch.count }
        batch = []
    }

    /// About what a row takes.
    static func bytes(_ row: ExchangeRow) -> Int {
        let summary = row.summary
        return 768 + summary.prompt.utf8.count + summary.requestedModel.utf8.count + (summary.error?.utf8.count ?? 0)
    }
}

/// First in, first out. Rows are held by reference: the room that a flood has made is kept, and a row has half a kilobyte.
private struct RowQueue: Sendable {
    private final class Held: Sendable {
        let row: ExchangeRow
        init(_ row: ExchangeRow) { self.row = row }
    }

    private var rows: [Held?] = []
    private var first = 0

    var count: Int { rows.count - first }

    mutating func append(_ row: ExchangeRow) { rows.append(Held(row)) }

    mutating func removeFirst() -> ExchangeRow? {
        guard first < rows.count else { return nil }
        let row = rows[first]?.row
        rows[first] = nil
        first += 1
        if first == rows.count || first >= 4_096, first * 2 >= rows.count {
            rows.removeFirst(first)
            first = 0
        }
        return row
    }
}
