import GatewayCore
import Shared

/// Rows that wait to be written, at most so many. A value: its holder keeps it behind a lock.
///
/// Where there is no room the oldest row that cost nothing makes some; where all of them did, the oldest of all.
struct WaitingRows: Sendable {
    private var paid = RowQueue()
    private var free = RowQueue()
    /// The rows that are being written. They stay here until they are, or are given up.
    private(set) var batch: [ExchangeRow] = []
    private let maximumRows: Int
    private let maximumBytes: Int
    private(set) var bytes = 0
    private(set) var lost = 0

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
        }
        bytes += size
        if row.isBillable { paid.append(row) } else { free.append(row) }
        return hasRoom
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
        if !isWritten { lost += batch.count }
        batch = []
    }

    /// About what a row takes.
    static func bytes(_ row: ExchangeRow) -> Int {
        let summary = row.summary
        return 768 + summary.prompt.utf8.count + summary.requestedModel.utf8.count + (summary.error?.utf8.count ?? 0)
    }
}

/// First in, first out.
private struct RowQueue: Sendable {
    private var rows: [ExchangeRow?] = []
    private var first = 0

    var count: Int { rows.count - first }

    mutating func append(_ row: ExchangeRow) { rows.append(row) }

    mutating func removeFirst() -> ExchangeRow? {
        guard first < rows.count else { return nil }
        let row = rows[first]
        rows[first] = nil
        first += 1
        if first == rows.count || first >= 4_096, first * 2 >= rows.count {
            rows.removeFirst(first)
            first = 0
        }
        return row
    }
}
