import GRDB

/// Something that keeps rows in a database's file. ``DiskDatabase`` calls it on its own thread, one call at a time.
protocol DiskTable: AnyObject, Sendable {
    /// The rows may be others than those that were there.
    func reread(_ db: Database, _ reason: RereadReason) throws
    /// What waits to be written, made ready; nil where nothing waits. Whatever it throws may be tried again.
    func gather() -> DiskWork?
    /// Whether more waits to be written.
    var isWaiting: Bool { get }
    /// Whether so much waits that it must not wait for an idle processor.
    var isPressing: Bool { get }
    /// Removes some of what is not needed any more; true where there is more of that.
    func tidy(_ db: Database) throws -> Bool
}

/// What waits to be written to a table, beside what may.
struct Backlog {
    var rows: Int
    var mostRows: Int
    var bytes: Int
    var mostBytes: Int

    /// From so many rows on they press, however many may wait.
    private static let pressingRows = 2_000

    /// From a quarter of either bound on, it is not left to an idle processor.
    var isPressing: Bool { rows >= min(Self.pressingRows, mostRows / 4) || bytes >= mostBytes / 4 }
}

enum RereadReason {
    /// A file has been opened. After the first time it is another one.
    case opened
    /// Another process has written to it.
    case changedByAnother
}

/// How a read ended.
enum DiskRead<Value: Sendable>: Sendable {
    case value(Value)
    /// Not in time, or the disk is too busy to be asked.
    case late
    /// There is nothing to read from.
    case away
    case failed
}

/// Rows that go to disk together.
struct DiskWork {
    enum Outcome {
        case written
        /// It will not be tried again.
        case givenUp
    }

    /// Called inside a transaction; may be called again where that failed.
    let write: (Database) throws -> Void
    let settle: (Outcome) -> Void
}

/// Gives pages that hold nothing any more back to the file system.
enum DiskVacuum {
    /// Pages that stay for the next rows: 1 MiB, or a twentieth of the file.
    private static let keptPages = 256
    private static let keptShare = 20
    private static let pagesAtOnce = 1_024

    /// True where there is more to give back.
    static func giveBack(_ db: Database) throws -> Bool {
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let kept = max(keptPages, pages / keptShare)
        guard free > kept else { return false }
        let given = min(pagesAtOnce, free - kept)
        try db.execute(sql: "PRAGMA incremental_vacuum(\(given))")
        guard given == free - kept else { return true }
        // Only now does the file itself get smaller. Where readers are in the way a later checkpoint does it.
        _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        return false
    }
}
