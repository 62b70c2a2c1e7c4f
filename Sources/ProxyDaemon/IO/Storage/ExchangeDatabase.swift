import GRDB
package import GatewayCore
package import Shared
import Synchronization

/// Keeps exchanges in the table `exchanges` of the state database, and adds them up.
///
/// What is recorded waits a moment in memory, so that one transaction writes many. No request waits for the disk: while it
/// is full, locked, away or damaged rows wait, and beyond a bound some are lost, which is counted and told. A row is
/// written once, however often that is tried: its id is unique.
package final class ExchangeDatabase: ExchangeLog {
    package struct Limits: Sendable {
        /// Rows that wait to be written.
        package var waitingRows = 100_000
        /// Bytes of them.
        package var waitingBytes = 67_108_864
        package var isStrict = false
        /// Rows are gathered for so long, or until there are enough for a transaction.
        package var gatherMilliseconds = 200
        /// 0: however old.
        package var retentionDays = 90
        /// Of the file, what is empty in it not counted.
        package var fileBytes = 4_294_967_296
        /// Rows go to a server as well, and are kept until they are there.
        package var hasArchive = false
        /// Answers end only after their rows are on disk.
        package var confirms = false
        /// How long an answer waits for that.
        package var confirmMilliseconds = 1_000
        package init() {}
    }

    private static let promptRows = 500
    private static let batchRows = 2_000
    private static let rowsRemovedAtOnce = 2_000
    private static let dayMilliseconds: Int64 = 86_400_000
    /// A batch that the database refuses is tried so often: it may be another table's row in the same transaction.
    private static let mostRefusals = 3

    let database: DiskDatabase
    private let limits: Limits
    let isDemo: Bool
    let clock: Clock
    private let shared: SharedUsage?
    private let notify: @Sendable (String) -> Void
    private let state: Mutex<State>

    private struct State {
        var rows: WaitingRows
        var written = 0
        var refusals = 0
        /// Losses that have been told.
        var toldLost = 0
        /// What was there before this process wrote anything; nil until the file has been opened.
        var history: LedgerHistory?
        /// The last row that was there then; nil until the file has been opened.
        var lastNumber: Int64?
        /// The last row that the archive has.
        var archived: Int64 = 0
        var archive: StorageReport.Archive?
        /// How many rows were written when ``archive`` was asked for.
        var writtenThen = 0
        var lostToArchive = 0
        /// Who waits until the rows up to a mark are written or lost.
        var waiters: [(mark: WaitingRows.Mark, resume: @Sendable (Bool) -> Void)] = []
        var unconfirmed = 0

        /// Those who need not wait any longer.
        mutating func takeWaiters() -> [@Sendable (Bool) -> Void] {
            guard !waiters.isEmpty else { return [] }
            let taken = waiters.filter { rows.isSettled($0.mark) }.map(\.resume)
            if !taken.isEmpty { waiters.removeAll { rows.isSettled($0.mark) } }
            return taken
        }

        var archiveReport: StorageReport.Archive? {
            guard var report = archive else { return nil }
            report.waiting += written - writtenThen
            report.lost = lostToArchive
            return report
        }
    }

    /// `database` is a state database. Rows of demo mode are told from others, and are not added up with them. `shared`: what all
    /// gateways with one server used; nil without a server.
    package init(
        database: DiskDatabase,
        clock: Clock,
        isDemo: Bool = false,
        limits: Limits = Limits(),
        shared: SharedUsage? = nil,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.shared = shared
        self.database = database
        self.clock = clock
        self.isDemo = isDemo
        self.limits = limits
        self.notify = { text in ThreadRank.handOver { notify(text) } }
        let rows = WaitingRows(maximumRows: limits.waitingRows, maximumBytes: limits.waitingBytes)
        state = Mutex(State(rows: rows))
        database.register(self)
    }

    package func record(_ row: ExchangeRow) {
        var row = row
        // What waits shall not be larger than what is written.
        row.summary.requestedModel = StoredText.cut(row.summary.requestedModel, bytes: 512)
        let (isFirstLost, waiting, presses) = state.withLock { [row] state in
            let hadRoom = state.rows.add(row)
            let isFirstLost = !hadRoom && state.toldLost == 0
            if isFirstLost { state.toldLost = state.rows.lost }
            return (isFirstLost, state.rows.count, isPressing(state.rows))
        }
        if isFirstLost {
            notify("\(database.path): more exchanges wait to be written than may; some are lost until it works")
        }
        if presses { database.press() }
        database.schedule(afterMilliseconds: waiting >= Self.promptRows ? 0 : limits.gatherMilliseconds)
    }

    package var confirms: Bool { limits.confirms }

    /// So many answers may wait at once; more than that do not wait.
    private static let mostWaiters = 10_000

    package func committed() async {
        if await !settleRows() { state.withLock { $0.unconfirmed += 1 } }
    }

    /// Waits until what was recorded so far is written or lost. False where that takes too long or cannot be.
    private func settleRows() async -> Bool {
        // While the disk is known not to work nobody waits: its trouble is told, and rows wait in memory.
        let isHopeless = database.problem != nil
        let mayWait = state.withLock { state -> Bool? in
            if state.rows.isSettled(state.rows.added) { return nil }
            return !isHopeless && state.waiters.count < Self.mostWaiters
        }
        guard let mayWait else { return true }
        guard mayWait else { return false }
        let isSettled = await FirstAnswer.of(withinMilliseconds: limits.confirmMilliseconds) {
            (done: @escaping @Sendable (Bool) -> Void) in
            let isDone = state.withLock { state in
                let isDone = state.rows.isSettled(state.rows.added)
                if !isDone { state.waiters.append((state.rows.added, done)) }
                return isDone
            }
            if isDone { done(true) }
        }
        return isSettled ?? false
    }

    package var isFull: Bool { limits.isStrict && state.withLock { $0.rows.isNearlyFull } }

    package var report: StorageReport {
        let problem = database.problem
        return state.withLock {
            StorageReport(
                written: $0.written,
                waiting: $0.rows.count,
                lost: $0.rows.lost,
                problem: problem,
                archive: $0.archiveReport,
                unconfirmed: limits.confirms ? $0.unconfirmed : nil
            )
        }
    }

    /// Rows that this process has written.
    var written: Int { state.withLock { $0.written } }

    /// The archive has all rows up to a number, and so many waited for it when so many had been `written`.
    func archived(upTo number: Int64, waiting: Int, written: Int, problem: String?) {
        state.withLock {
            $0.archived = max($0.archived, number)
            $0.archive = StorageReport.Archive(waiting: waiting, problem: problem)
            $0.writtenThen = written
        }
    }

    /// Rows that the archive will never have.
    func refusedByArchive(_ count: Int) { state.withLock { $0.lostToArchive += count } }

    /// What earlier processes wrote of this day and month, and the last exchanges; nil where the file could not be opened yet.
    package func history() async -> LedgerHistory? {
        await database.settled()
        return state.withLock { $0.history }
    }

    /// Has a ledger take up what earlier processes saw, and waits for that a little: where the file cannot be opened yet it
    /// comes later, beside the first requests.
    package func restore(_ ledger: Ledger, waitingMilliseconds: Int = 250) async {
        _ = await FirstAnswer.of(withinMilliseconds: waitingMilliseconds) {
            (done: @escaping @Sendable (Bool) -> Void) in
            // Not a child: it may outlast the start.
            Task { [weak self] in
                while let books = self {
                    if let history = await books.history() {
                        ledger.restore(history)
                        break
                    }
                    await Clock.sleepOfTask(1_000)
                }
                done(true)
            }
        }
    }

    /// The last row that was there before this process wrote any; nil where the file could not be opened yet.
    var lastNumberBefore: Int64? { state.withLock { $0.lastNumber } }

    /// Exchanges that came at a moment or before, newest first. What waits to be written is written before, if that can be done
    /// in the time of a confirmation, or a page would have gaps that nobody asks for again.
    ///
    /// - Throws: An `overloaded` error that says why the file cannot be read.
    package func exchanges(notAfter unixMilliseconds: Int64, limit: Int) async throws(GatewayError) -> [ExchangeSummary]
    {
        let isDemo = isDemo
        if isWaiting {
            database.press()
            database.schedule(afterMilliseconds: 0)
            _ = await settleRows()
        }
        return try await read { db in
            try ExchangeRows.recent(db, notAfter: unixMilliseconds, isDemo: isDemo, limit: limit)
        }
    }

    /// One exchange; nil where the books do not have it.
    ///
    /// - Throws: An `overloaded` error that says why the file cannot be read.
    package func exchange(id: String) async throws(GatewayError) -> ExchangeSummary? {
        try await read { db in try ExchangeRows.exchange(db, id: id) }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(GatewayError) -> Value {
        if case .value(let value) = await database.read(withinMilliseconds: 20_000, body) { return value }
        throw GatewayError(.overloaded(database.problem ?? "\(database.path) cannot be read at the moment; ask again"))
    }

    /// Sums by properties of exchanges, from the beginning of the day of a moment on; the dearest first, days in order. At
    /// most 1,000. `ofAll`: of all gateways that copy their exchanges to the same server, by what that has.
    ///
    /// - Throws: An `overloaded` error that says why the books cannot be read, `invalidRequest` where there is no server.
    package func usage(
        by groupings: [UsageGrouping],
        sinceUnixMilliseconds since: Int64,
        ofAll: Bool = false
    ) async throws(GatewayError) -> [UsageSum] {
        let isDemo = isDemo
        if ofAll {
            guard let shared else {
                throw GatewayError(.invalidRequest("gateways: all needs a server in common (storage.database_url)"))
            }
            return try await shared.usage(by: groupings, sinceDay: since / Self.dayMilliseconds, isDemo: isDemo)
        }
        return try await read { db in
            try ExchangeRows.usage(db, by: groupings, sinceDay: since / Self.dayMilliseconds, isDemo: isDemo)
        }
    }
}

extension ExchangeDatabase: DiskTable {
    func reread(_ db: Database, _ reason: RereadReason) throws {
        try ExchangeRows.addUpTheRest(db)
        guard state.withLock({ $0.history == nil }) else { return }
        let history = try ExchangeRows.history(
            db,
            day: clock.unixMilliseconds() / Self.dayMilliseconds,
            isDemo: isDemo,
            recent: Ledger.remembered
        )
        let last = try ExchangeRows.lastNumber(db)
        state.withLock { ($0.history, $0.lastNumber) = (history, last) }
    }

    func gather() -> DiskWork? {
        let batch = state.withLock { $0.rows.nextBatch(Self.batchRows) }
        guard !batch.isEmpty else { return nil }
        let isDemo = isDemo
        return DiskWork { db in
            try ExchangeRows.insert(db, batch, isDemo: isDemo)
        } settle: { outcome in
            self.settle(isWritten: outcome == .written)
        }
    }

    private func settle(isWritten: Bool) {
        let (told, waiters) = state.withLock { state -> (Int, [@Sendable (Bool) -> Void]) in
            if isWritten {
                state.written += state.rows.batch.count
            } else {
                state.refusals += 1
                guard state.refusals >= Self.mostRefusals else { return (0, []) }
            }
            state.refusals = 0
            state.rows.settleBatch(isWritten: isWritten)
            let waiters = state.takeWaiters()
            guard isWritten, state.toldLost > 0 else { return (0, waiters) }
            state.toldLost = 0
            return (state.rows.lost, waiters)
        }
        for resume in waiters { resume(true) }
        if told > 0 { notify("\(database.path) takes exchanges again; \(told) were lost since the start") }
        let waiting = state.withLock { $0.rows.count }
        if waiting > 0 {
            database.schedule(afterMilliseconds: waiting >= Self.promptRows ? 0 : limits.gatherMilliseconds)
        }
    }

    var isWaiting: Bool { state.withLock { $0.rows.count > 0 } }

    var isPressing: Bool { state.withLock { isPressing($0.rows) } }

    private func isPressing(_ rows: WaitingRows) -> Bool {
        Backlog(
            rows: rows.count,
            mostRows: limits.waitingRows,
            bytes: rows.bytes,
            mostBytes: limits.waitingBytes
        ).isPressing
    }

    func tidy(_ db: Database) throws -> Bool {
        let archived = limits.hasArchive ? state.withLock { $0.archived } : .max
        if limits.retentionDays > 0 {
            let oldest = clock.unixMilliseconds() - Int64(limits.retentionDays) * Self.dayMilliseconds
            let removed = try OldRows.remove(
                db,
                of: .exchanges,
                before: oldest,
                upTo: archived,
                atOnce: Self.rowsRemovedAtOnce
            ).count
            if removed > 0 { return removed == Self.rowsRemovedAtOnce }
            try ExchangeRows.removeSums(db, beforeDay: oldest / Self.dayMilliseconds)
        }
        guard try OutcomeRows.bytes(db) > limits.fileBytes else { return false }
        let removed = try OldRows.remove(
            db,
            of: .exchanges,
            before: .max,
            upTo: .max,
            atOnce: Self.rowsRemovedAtOnce
        )
        let unsent = removed.count { $0 > archived }
        if unsent > 0 { refusedByArchive(unsent) }
        return !removed.isEmpty
    }
}
