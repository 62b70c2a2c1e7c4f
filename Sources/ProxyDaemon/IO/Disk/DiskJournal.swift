import GRDB
package import GatewayCore
import Synchronization

/// The questions of the semantic cache on disk, in the table `questions`: what was there when the file was opened is given
/// out once, what is recorded outlives the daemon.
package final class DiskJournal: SemanticJournal {
    private static let batchEntries = 256
    private static let waitingEntries = 4_096
    private static let waitingBytes = 16_777_216
    private static let gatherMilliseconds = 100
    private static let rowsTidiedAtOnce = 256
    private static let pageEntries = 256
    private static let readMilliseconds = 5_000
    /// More removals than these that wait become one of everything: what cannot be remembered singly must not come back.
    private static let waitingRemovals = 1_024

    private let database: DiskDatabase
    private let maxEntries: Int
    private let clock: Clock
    private let state: Mutex<State>

    fileprivate struct State {
        var waiting: WaitingEntries<SemanticEntry>
        /// What is to be removed on disk before anything more is written.
        var removals: [CacheSelection] = []
        /// Those of them that are being removed.
        var removalsUnderWay: [CacheSelection] = []
        /// Removed since the file was opened: the questions that are still being given out must not bring it back. nil when
        /// all have been given out.
        var goneSinceOpened: [CacheSelection]? = []
        /// Rows up to this one were there before this daemon wrote any; nil before the file has been opened.
        var inheritedUpTo: Int64?
        var rows = 0
        var dropped = 0
    }

    /// Keeps at most `maxEntries` questions; the oldest go first.
    package init(database: DiskDatabase, maxEntries: Int, clock: Clock) {
        self.database = database
        self.maxEntries = max(0, maxEntries)
        self.clock = clock
        state = Mutex(
            State(
                waiting: WaitingEntries(maximumEntries: Self.waitingEntries, maximumBytes: Self.waitingBytes)
            )
        )
        database.register(self)
    }

    /// Questions on disk and on their way there.
    package var entries: Int { state.withLock { $0.rows + $0.waiting.count } }

    /// Events that were not written because the disk was away or could not keep up.
    package var dropped: Int { state.withLock { $0.dropped } }

    package func record(_ event: SemanticEvent) {
        switch event {
        case .inserted(let entry): insert(entry)
        case .removed(let selection):
            state.withLock { state in
                state.forget(selection)
                Self.add(selection, to: &state.removals)
            }
            database.schedule(afterMilliseconds: 0)
        case .caughtUp: break
        }
    }

    private func insert(_ entry: SemanticEntry) {
        let waiting = WaitingEntries<SemanticEntry>.Entry(
            value: entry,
            owner: entry.owner,
            bytes: entry.text.count + 1_024,
            storedUnixMilliseconds: entry.storedUnixSeconds,
            expiresUnixSeconds: entry.expiresUnixSeconds
        )
        state.withLock { state in
            if !state.waiting.add(waiting, for: entry.key) { state.dropped += 1 }
        }
        scheduleWaiting()
    }

    /// Lets go of what has not been written; the rows are removed by whoever calls.
    func forget(_ selection: CacheSelection) { state.withLock { $0.forget(selection) } }

    /// The questions that were on disk when the file was opened, oldest first, as fast as they are taken. Where the file
    /// cannot be opened yet, that is waited for.
    package func events() -> AsyncStream<SemanticEvent> {
        let reader = Inheritance(journal: self)
        return AsyncStream(unfolding: { await reader.next() })
    }

    /// What is still to be given out to one reader.
    private actor Inheritance {
        private let journal: DiskJournal
        private var page: ArraySlice<SemanticEntry> = []
        private var lastID: Int64 = 0
        private var isOver = false

        init(journal: DiskJournal) { self.journal = journal }

        func next() async -> SemanticEvent? {
            while !Task.isCancelled, !isOver {
                if let entry = page.popFirst() {
                    if journal.isGone(entry) { continue }
                    return .inserted(entry)
                }
                switch await journal.page(after: lastID) {
                case .value(let page?):
                    self.page = page.entries[...]
                    lastID = page.lastID
                case .value(nil):
                    isOver = true
                    journal.everythingWasGivenOut()
                    return .caughtUp
                case .late, .away, .failed:
                    await Clock.sleepOfTask(200)
                }
            }
            await Self.cancellation()
            return nil
        }

        /// Waits until the task is cancelled: iterating ends with it, and nothing ever comes.
        private static func cancellation() async {
            let (nothing, source) = AsyncStream<Never>.makeStream()
            for await _ in nothing {}
            source.finish()
        }
    }

    private func page(after id: Int64) async -> DiskRead<QuestionRows.Page?> {
        guard let last = state.withLock({ $0.inheritedUpTo }) else { return .away }
        let now = clock.unixMilliseconds() / 1_000
        return await database.read(withinMilliseconds: Self.readMilliseconds) { db in
            try QuestionRows.page(db, after: id, upTo: last, unixSeconds: now, limit: Self.pageEntries)
        }
    }

    private func isGone(_ entry: SemanticEntry) -> Bool {
        state.withLock { $0.goneSinceOpened?.contains { $0.includes(entry.key, of: entry.owner) } ?? false }
    }

    private func everythingWasGivenOut() { state.withLock { $0.goneSinceOpened = nil } }

    private func scheduleWaiting() {
        let count = state.withLock { $0.waiting.count }
        guard count > 0 else { return }
        database.schedule(afterMilliseconds: count >= Self.batchEntries ? 0 : Self.gatherMilliseconds)
    }

    fileprivate static func add(_ selection: CacheSelection, to list: inout [CacheSelection]) {
        guard list.last != .all, !list.contains(selection) else { return }
        let isEverything = selection == .all || list.count >= waitingRemovals
        if isEverything { list = [.all] } else { list.append(selection) }
    }
}

extension DiskJournal.State {
    fileprivate mutating func forget(_ selection: CacheSelection) {
        _ = waiting.remove(selection)
        guard var gone = goneSinceOpened else { return }
        DiskJournal.add(selection, to: &gone)
        goneSinceOpened = gone
    }
}

// MARK: - On the database's thread

extension DiskJournal: DiskTable {
    func reread(_ db: Database, _ reason: RereadReason) throws {
        let rows = try QuestionRows.count(db)
        let last = try QuestionRows.lastID(db)
        state.withLock { state in
            state.rows = rows
            guard case .opened = reason else { return }
            // A later file holds nothing that was there when this daemon started.
            state.inheritedUpTo = state.inheritedUpTo == nil ? last : 0
        }
    }

    /// Questions wait no longer than their answers.
    var isPressing: Bool { false }

    var isWaiting: Bool {
        state.withLock { $0.waiting.count > 0 || !$0.removals.isEmpty || !$0.removalsUnderWay.isEmpty }
    }

    func gather() -> DiskWork? {
        let (batch, removals) = state.withLock { state in
            // What failed before is still under way, and comes first.
            for selection in state.removals { Self.add(selection, to: &state.removalsUnderWay) }
            state.removals = []
            let batch = state.waiting.batch(maximumEntries: Self.batchEntries, maximumBytes: Self.waitingBytes)
            return (batch, state.removalsUnderWay)
        }
        guard !batch.isEmpty || !removals.isEmpty else { return nil }
        return DiskWork(
            write: { try self.write(batch, removals, $0) },
            settle: { self.settle(batch, removals.count, $0) }
        )
    }

    private func write(
        _ batch: WaitingEntries<SemanticEntry>.Batch,
        _ removals: [CacheSelection],
        _ db: Database
    ) throws {
        for selection in removals { _ = try selection.delete(db, from: "questions") }
        for (_, entry) in batch { try QuestionRows.insert(db, entry.value) }
    }

    private func settle(
        _ batch: WaitingEntries<SemanticEntry>.Batch,
        _ removals: Int,
        _ outcome: DiskWork.Outcome
    ) {
        state.withLock { state in
            state.waiting.settle(batch)
            state.removalsUnderWay = []
            if outcome == .written {
                state.rows += batch.count
            } else {
                state.dropped += batch.count + removals
            }
        }
        scheduleWaiting()
    }

    func tidy(_ db: Database) throws -> Bool {
        let now = clock.unixMilliseconds() / 1_000
        let expired = try QuestionRows.deleteExpired(db, unixSeconds: now, limit: Self.rowsTidiedAtOnce)
        // Rows that took another's place are counted twice, until there is a reason to look.
        if expired > 0 || state.withLock({ $0.rows > maxEntries }) {
            var rows = try QuestionRows.count(db)
            if rows > maxEntries { rows -= try QuestionRows.deleteOldest(db, rows - maxEntries) }
            state.withLock { [rows] in $0.rows = rows }
        }
        return expired == Self.rowsTidiedAtOnce
    }
}
