import GRDB
package import GatewayCore
import Synchronization

/// Keeps what routing decisions came to, and what clients reported of them, in the tables `routing_outcomes` and `feedback` of
/// the state database.
///
/// What is recorded waits a moment in memory, so that one transaction writes many. Nothing here holds up a request: where the
/// disk is full, locked, read-only or damaged, outcomes wait, and beyond a bound they are lost, which is told once.
package final class OutcomeDatabase: OutcomeLog {
    package struct Limits: Sendable {
        /// Rows that are kept of each table; the oldest go first.
        package var rows = 1_000_000
        /// 0: however old.
        package var retentionDays = 0
        /// Bytes of the file, what is empty in it not counted.
        package var bytes = 2_147_483_648
        /// Rows that wait to be written.
        package var waitingRows = 10_000
        /// Bytes of their texts.
        package var waitingBytes = 16_777_216
        /// Bytes of one prompt; what is longer is cut.
        package var promptBytes = 65_536
        package var gatherMilliseconds = 200
        /// Rows go to a server as well, and are kept until they are there, as long as there is room.
        package var hasArchive = false
        package init() {}
    }

    private static let batchRows = 2_000
    private static let rowsRemovedAtOnce = 2_000
    private static let readMilliseconds = 5_000

    private static let tables = [ArchivedTable.outcomes, .feedback]
    private static let dayMilliseconds: Int64 = 86_400_000

    let database: DiskDatabase
    private let limits: Limits
    private let isDemo: Bool
    private let clock: Clock
    private let notify: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// What is to be written.
    private enum Entry: Sendable {
        case outcome(RoutingOutcome)
        case feedback(KeptFeedback)

        /// About as many as it takes to hold it.
        var bytes: Int {
            switch self {
            case .outcome(let outcome): outcome.prompt.utf8.count + 512
            case .feedback: 512
            }
        }
    }

    private struct State {
        var waiting: [Entry] = []
        var bytes = 0
        /// Those that found no room since it last was told that there is some again.
        var lost = 0
        /// The last row of each table that a server has; nil until the file has been asked.
        var archived: [String: Int64]?
        /// Rows that went before the server had them.
        var lostToArchive = 0
    }

    /// `database` is a state database. Outcomes of demo mode, whose answers are simulated, are told from others. `notify` is
    /// told in a sentence when outcomes are lost, once, and when none are any more.
    package init(
        database: DiskDatabase,
        clock: Clock,
        isDemo: Bool = false,
        limits: Limits = Limits(),
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.limits = limits
        self.clock = clock
        self.isDemo = isDemo
        self.notify = { text in ThreadRank.handOver { notify(text) } }
        self.database = database
        database.register(self)
    }

    package func record(_ outcome: RoutingOutcome) {
        var outcome = outcome
        outcome.prompt = StoredText.cut(outcome.prompt, bytes: limits.promptBytes)
        add(.outcome(outcome))
    }

    package func record(_ feedback: KeptFeedback) { add(.feedback(feedback)) }

    private func add(_ entry: Entry) {
        let bytes = entry.bytes
        let (isFirstLost, presses) = state.withLock { state in
            guard state.waiting.count < limits.waitingRows, state.bytes + bytes <= limits.waitingBytes else {
                state.lost += 1
                return (state.lost == 1, isPressing(state))
            }
            state.waiting.append(entry)
            state.bytes += bytes
            return (false, isPressing(state))
        }
        if isFirstLost {
            notify(
                "\(database.path): more outcomes of routing wait to be written than may; some are lost until it works"
            )
        }
        if presses { database.press() }
        database.schedule(afterMilliseconds: limits.gatherMilliseconds)
    }

    /// Some outcomes that are on disk, as lines of JSON, oldest first; at most `limit`.
    ///
    /// - Throws: An `overloaded` error that says why the file cannot be read.
    package func page(after cursor: OutcomeCursor, limit: Int) async throws(GatewayError) -> OutcomePage {
        let read = await database.read(withinMilliseconds: Self.readMilliseconds) { db in
            try OutcomeRows.page(db, after: cursor, limit: limit)
        }
        if case .value(let page) = read { return page }
        throw GatewayError(.overloaded(database.problem ?? "\(database.path) cannot be read at the moment; ask again"))
    }

    /// The server has the rows of each table up to these. Gives how many more it will never have, since this was asked last.
    func archived(upTo numbers: [String: Int64]) -> Int {
        state.withLock { state in
            defer { state.lostToArchive = 0 }
            state.archived = numbers
            return state.lostToArchive
        }
    }

    /// Waits until the file has been opened for the first time, or could not be.
    package func settled() async { await database.settled() }

    /// Writes what waits, if that can be done in so many milliseconds, and closes the file.
    package func close(withinMilliseconds milliseconds: Int = 2_000) async {
        await database.close(withinMilliseconds: milliseconds)
    }
}

extension OutcomeDatabase: DiskTable {
    func reread(_ db: Database, _ reason: RereadReason) {}

    func gather() -> DiskWork? {
        let batch = state.withLock { Array($0.waiting.prefix(Self.batchRows)) }
        guard !batch.isEmpty else { return nil }
        let isDemo = isDemo
        var outcomes: [RoutingOutcome] = []
        var feedback: [KeptFeedback] = []
        for entry in batch {
            switch entry {
            case .outcome(let outcome): outcomes.append(outcome)
            case .feedback(let report): feedback.append(report)
            }
        }
        return DiskWork { [outcomes, feedback] db in
            try OutcomeRows.insert(db, outcomes, isDemo: isDemo)
            try FeedbackRows.insert(db, feedback, isDemo: isDemo)
        } settle: { outcome in
            self.settle(batch, isWritten: outcome == .written)
        }
    }

    /// The batch is written, or will never be.
    private func settle(_ batch: [Entry], isWritten: Bool) {
        let lost = state.withLock { state in
            state.waiting.removeFirst(batch.count)
            state.bytes -= batch.reduce(0) { $0 + $1.bytes }
            defer { if isWritten { state.lost = 0 } else { state.lost += batch.count } }
            return isWritten ? state.lost : 0
        }
        if lost > 0 { notify("\(database.path) takes outcomes of routing again; \(lost) were lost") }
        if isWaiting { database.schedule(afterMilliseconds: 0) }
    }

    var isWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    var isPressing: Bool { state.withLock { isPressing($0) } }

    private func isPressing(_ state: State) -> Bool {
        Backlog(
            rows: state.waiting.count,
            mostRows: limits.waitingRows,
            bytes: state.bytes,
            mostBytes: limits.waitingBytes
        ).isPressing
    }

    func tidy(_ db: Database) throws -> Bool {
        let archived = state.withLock { $0.archived }
        // Until then nobody can say what the server lacks of what goes.
        guard !limits.hasArchive || archived != nil else { return false }
        let atOnce = Self.rowsRemovedAtOnce
        let oldest =
            limits.retentionDays > 0
            ? clock.unixMilliseconds() - Int64(limits.retentionDays) * Self.dayMilliseconds : .min
        var isMore = false
        for table in Self.tables {
            let sent = limits.hasArchive ? archived?[table.name] ?? 0 : .max
            var removed = try OldRows.remove(db, of: table, beyond: limits.rows, atOnce: atOnce)
            if removed.isEmpty {
                removed = try OldRows.remove(db, of: table, before: oldest, upTo: sent, atOnce: atOnce)
            }
            if removed.isEmpty, table.name == ArchivedTable.outcomes.name, try OutcomeRows.bytes(db) > limits.bytes {
                removed = try OldRows.remove(db, of: table, beyond: 1, atOnce: atOnce)
                isMore = isMore || !removed.isEmpty
            }
            isMore = isMore || removed.count == atOnce
            let unsent = removed.count { $0 > sent }
            if unsent > 0 { state.withLock { $0.lostToArchive += unsent } }
        }
        return isMore
    }
}
