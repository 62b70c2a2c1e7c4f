import GRDB
package import GatewayCore
import Synchronization

/// Keeps what routing decisions came to in the table `routing_outcomes` of the state database.
///
/// What is recorded waits a moment in memory, so that one transaction writes many. Nothing here holds up a request: where the
/// disk is full, locked, read-only or damaged, outcomes wait, and beyond a bound they are lost, which is told once.
package final class OutcomeDatabase: OutcomeLog {
    package struct Limits: Sendable {
        /// Rows that are kept; the oldest go first.
        package var rows = 1_000_000
        /// Bytes of the file, what is empty in it not counted.
        package var bytes = 2_147_483_648
        /// Outcomes that wait to be written.
        package var waitingRows = 10_000
        /// Bytes of their texts.
        package var waitingBytes = 16_777_216
        /// Bytes of one prompt; what is longer is cut.
        package var promptBytes = 65_536
        package var gatherMilliseconds = 200
        package init() {}
    }

    private static let batchRows = 2_000
    private static let rowsRemovedAtOnce = 2_000
    private static let readMilliseconds = 5_000

    let database: DiskDatabase
    private let limits: Limits
    private let isDemo: Bool
    private let notify: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var waiting: [RoutingOutcome] = []
        var bytes = 0
        /// Outcomes that found no room since it last was told that there is some again.
        var lost = 0
    }

    /// `database` is a state database. Outcomes of demo mode, whose answers are simulated, are told from others. `notify` is
    /// told in a sentence when outcomes are lost, once, and when none are any more.
    package init(
        database: DiskDatabase,
        isDemo: Bool = false,
        limits: Limits = Limits(),
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.limits = limits
        self.isDemo = isDemo
        self.notify = { text in ThreadRank.handOver { notify(text) } }
        self.database = database
        database.register(self)
    }

    package func record(_ outcome: RoutingOutcome) {
        var outcome = outcome
        outcome.prompt = StoredText.cut(outcome.prompt, bytes: limits.promptBytes)
        let bytes = Self.bytes(outcome)
        let (isFirstLost, presses) = state.withLock { state in
            guard state.waiting.count < limits.waitingRows, state.bytes + bytes <= limits.waitingBytes else {
                state.lost += 1
                return (state.lost == 1, isPressing(state))
            }
            state.waiting.append(outcome)
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

    /// Waits until the file has been opened for the first time, or could not be.
    package func settled() async { await database.settled() }

    /// Writes what waits, if that can be done in so many milliseconds, and closes the file.
    package func close(withinMilliseconds milliseconds: Int = 2_000) async {
        await database.close(withinMilliseconds: milliseconds)
    }

    private static func bytes(_ outcome: RoutingOutcome) -> Int { outcome.prompt.utf8.count + 512 }
}

extension OutcomeDatabase: DiskTable {
    func reread(_ db: Database, _ reason: RereadReason) {}

    func gather() -> DiskWork? {
        let batch = state.withLock { Array($0.waiting.prefix(Self.batchRows)) }
        guard !batch.isEmpty else { return nil }
        let isDemo = isDemo
        return DiskWork { db in
            try OutcomeRows.insert(db, batch, isDemo: isDemo)
        } settle: { outcome in
            self.settle(batch, isWritten: outcome == .written)
        }
    }

    /// The batch is written, or will never be.
    private func settle(_ batch: [RoutingOutcome], isWritten: Bool) {
        let lost = state.withLock { state in
            state.waiting.removeFirst(batch.count)
            state.bytes -= batch.reduce(0) { $0 + Self.bytes($1) }
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
        let removed = try OutcomeRows.removeOldest(db, maximumRows: limits.rows, atOnce: Self.rowsRemovedAtOnce)
        if removed > 0 { return removed == Self.rowsRemovedAtOnce }
        guard try OutcomeRows.bytes(db) > limits.bytes else { return false }
        return try OutcomeRows.removeOldest(db, maximumRows: 1, atOnce: Self.rowsRemovedAtOnce) > 0
    }
}
