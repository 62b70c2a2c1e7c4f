import GRDB
import GatewayCore
import Glibc
import Synchronization

/// A file on disk: an SQLite database that several tables write to in common transactions, on a thread of its own.
///
/// It opens the file in the background, and again when it was away; moves a damaged file aside and begins a new one; tries
/// again, ever more slowly, what the disk refuses. Nobody who asks it waits for any of that. Several daemons may share the
/// file: none sees at once what another wrote.
package final class DiskDatabase: Sendable {
    /// Where the file is.
    package let path: String
    private let schema: DiskSchema
    private let file: DatabaseFile
    private let maximumFileBytes: Int?
    private let syncsAll: Bool
    private let clock: Clock
    private let notify: @Sendable (String) -> Void
    private let thread: BackgroundThread
    private let state = Mutex(State())

    /// Opens the file, or begins one, in the background. `notify` is told in a sentence when that goes wrong and when it is
    /// right again. `maximumFileBytes` is a last bound on the file without its log, for disks shared with others; what goes
    /// beyond it fails as on a full disk. With `syncsAll` every transaction is safe from a power cut, and not only from the end
    /// of the process.
    init(
        path: String,
        schema: DiskSchema,
        clock: Clock,
        syncsAll: Bool = false,
        maximumFileBytes: Int? = nil,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.schema = schema
        file = DatabaseFile(path: path)
        self.clock = clock
        self.maximumFileBytes = maximumFileBytes
        self.syncsAll = syncsAll
        self.notify = { text in ThreadRank.handOver { notify(text) } }
        // Where nobody sees the end of an answer before its row is on disk, somebody waits for it.
        thread = BackgroundThread(standsBack: !syncsAll)
    }

    /// What is wrong, and what to do; nil while it works.
    package var problem: String? {
        state.withLock { $0.trouble ?? ($0.gate.isClosed ? .slow : nil) }?.sentence(path, schema.meanwhile)
    }

    /// Waits until the file has been opened for the first time, or could not be.
    package func settled() async {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                if !state.hasBeenTried, !state.isClosed { state.waiters.append(continuation) }
                return state.hasBeenTried || state.isClosed
            }
            if isSettled { continuation.resume() } else { schedule(afterMilliseconds: 0) }
        }
    }

    /// Writes what waits, if that can be done in so many milliseconds, and closes the file. Nothing is read or written
    /// afterwards.
    package func close(withinMilliseconds milliseconds: Int = 2_000) async {
        // There are milliseconds left, and nobody to stand back for.
        state.withLock { $0.isClosing = true }
        thread.press(true)
        _ = await FirstAnswer.of(withinMilliseconds: milliseconds) { (done: @escaping @Sendable (Bool) -> Void) in
            thread.async {
                self.writeEverything()
                self.emptyLog()
                self.state.withLock { $0.isClosed = true }
                self.shut()
                done(true)
            }
        }
        // Also where the thread is stuck.
        state.withLock { $0.isClosed = true }
        resumeWaiters()
    }

    private func resumeWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        guard !waiters.isEmpty else { return }
        ThreadRank.handOver { for waiter in waiters { waiter.resume() } }
    }
}

// MARK: - For tables

extension DiskDatabase {
    /// Every table registers once, before anything is opened.
    func register(_ table: any DiskTable) {
        state.withLock { $0.tables.append(WeakTable(table: table)) }
        schedule(afterMilliseconds: 0)
    }

    var isOpen: Bool { state.withLock { $0.pool != nil } }

    /// Has the tables write what they gathered, in so many milliseconds or before.
    func schedule(afterMilliseconds delay: Int) {
        let now = MonotonicTime.nanoseconds()
        let due = state.withLock { state -> Int64? in
            guard !state.isClosed else { return nil }
            let due = max(now + Int64(delay) * 1_000_000, state.retryAt)
            if let next = state.nextTurn, next <= due { return nil }
            state.nextTurn = due
            return due
        }
        guard let due else { return }
        thread.async(afterNanoseconds: due - now) { [weak self] in
            guard let self else { return }
            let isDue = self.state.withLock { state in
                // An earlier turn may have been asked for meanwhile, and taken this one's place.
                guard state.nextTurn == due, !state.isClosed else { return false }
                state.nextTurn = nil
                return true
            }
            if isDue { self.turn() }
        }
    }

    /// More waits than is gathered in the ordinary way: it is written at the rank of the threads that serve clients until it
    /// has become less.
    func press() { thread.press(true) }

    /// Reads on one of the pool's threads.
    func read<Value: Sendable>(
        withinMilliseconds milliseconds: Int,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async -> DiskRead<Value> {
        let now = MonotonicTime.nanoseconds()
        let admitted = state.withLock { state -> (pool: DatabasePool, generation: Int)?? in
            guard let pool = state.pool else { return .some(nil) }
            guard state.gate.admit(now: now) else { return nil }
            state.callers += 1
            return (pool, state.generation)
        }
        guard let admitted else { return .late }
        guard let (pool, generation) = admitted else { return .away }
        let result: DiskRead<Value>? = await FirstAnswer.of(withinMilliseconds: milliseconds) { answer in
            pool.asyncUnsafeRead { access in
                let result: DiskRead<Value>
                do {
                    result = .value(try body(access.get()))
                } catch {
                    result = self.readFailed(DiskTrouble(error), generation)
                }
                self.state.withLock { $0.gate.end() }
                answer(result)
            }
            self.state.withLock { $0.callers -= 1 }
        }
        state.withLock { state in
            if case .value = result { state.gate.wasInTime() }
            if result == nil { state.gate.wasLate(now: MonotonicTime.nanoseconds()) }
        }
        return result ?? .late
    }

    private func readFailed<Value>(_ trouble: DiskTrouble, _ generation: Int) -> DiskRead<Value> {
        if trouble == .locked { return .late }
        if case .damaged = trouble { thread.async { self.failed(trouble, generation) } }
        return .failed
    }

    /// Does something on the writing connection, after all that was asked for before; nil where that fails or takes longer
    /// than so many milliseconds.
    func perform<Value: Sendable>(
        withinMilliseconds milliseconds: Int,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async -> Value? {
        let result: Value?? = await FirstAnswer.of(withinMilliseconds: milliseconds) { answer in
            thread.async {
                guard let pool = self.usablePool() else { return answer(nil) }
                let generation = self.state.withLock { $0.generation }
                do {
                    answer(try pool.writeWithoutTransaction(body))
                } catch {
                    self.failed(DiskTrouble(error), generation)
                    answer(nil)
                }
            }
        }
        return result ?? nil
    }
}

// MARK: - On the thread

extension DiskDatabase {
    /// While nothing happens, expired rows are looked for and the file is looked at this often.
    private static let idleMilliseconds = 30_000
    private static let longestRetryMilliseconds = 5_000
    /// A file is not moved aside sooner than this after another: it may be the disk that is broken.
    private static let soonNanoseconds: Int64 = 10_000_000_000

    /// Writes what waits, then tidies a little.
    private func turn() {
        defer {
            thread.press(liveTables.contains { $0.isPressing })
            // Afterwards, as whoever closes says so first and then presses.
            if state.withLock({ $0.isClosing }) { thread.press(true) }
        }
        guard let pool = usablePool() else { return }
        let generation = state.withLock { $0.generation }
        do {
            guard try write(to: pool) else { return schedule(afterMilliseconds: 0) }
            recovered()
            schedule(afterMilliseconds: try tidy(pool) ? 0 : Self.idleMilliseconds)
        } catch {
            failed(DiskTrouble(error), generation)
        }
    }

    /// One transaction with what all tables have gathered. False where what failed has been given up: there may be more.
    private func write(to pool: DatabasePool) throws -> Bool {
        let work = liveTables.compactMap { $0.gather() }
        let isTroubled = state.withLock { $0.trouble != nil }
        // In trouble an empty transaction shows whether it is over.
        guard !work.isEmpty || isTroubled else { return true }
        do {
            try pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    for part in work { try part.write(db) }
                    return .commit
                }
            }
        } catch {
            let trouble = DiskTrouble(error)
            if !trouble.mayPass { for part in work { part.settle(.givenUp) } }
            throw trouble
        }
        for part in work { part.settle(.written) }
        return true
    }

    private func tidy(_ pool: DatabasePool) throws -> Bool {
        let tables = liveTables
        let now = MonotonicTime.nanoseconds()
        let (earlier, rereadAt) = state.withLock { ($0.dataVersion, $0.rereadAt) }
        // Seldom: all keys are read, and another daemon may write all the time.
        let mayReread = now - rereadAt >= Int64(Self.idleMilliseconds) * 1_000_000
        let (isMore, reread) = try pool.writeWithoutTransaction { db in
            let version = try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
            let isChanged = mayReread && version != earlier
            if isChanged { for table in tables { try table.reread(db, .changedByAnother) } }
            var isMore = false
            for table in tables where try table.tidy(db) { isMore = true }
            return (try DiskVacuum.giveBack(db) || isMore, isChanged ? version : nil)
        }
        if let reread { state.withLock { ($0.dataVersion, $0.rereadAt) = (reread, now) } }
        return isMore
    }

    private func writeEverything() {
        guard let pool = state.withLock({ $0.pool }) else { return }
        // Bounded: the tables take in at most so much, and what comes meanwhile may be lost.
        for _ in 0..<64 {
            do {
                guard try write(to: pool), liveTables.contains(where: { $0.isWaiting }) else { return }
            } catch {
                return
            }
        }
    }

    /// Brings what is in the log into the file, so that the file alone is whole. Nothing is lost where that cannot be: the log
    /// is read when the file is opened again.
    private func emptyLog() {
        guard let pool = state.withLock({ $0.pool }) else { return }
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch {
            // Another daemon reads the file, or the disk is full.
        }
    }

    private var liveTables: [any DiskTable] { state.withLock { $0.tables.compactMap(\.table) } }

    /// The open database, which is opened first where it is not; nil, and tried again later, where that cannot be.
    private func usablePool() -> DatabasePool? {
        let (pool, identity, isClosed) = state.withLock { ($0.pool, $0.identity, $0.isClosed) }
        guard !isClosed else { return nil }
        if let pool {
            if file.identity == identity { return pool }
            notify("\(path) was removed or replaced; a new one is begun where there is none")
            shut()
        }
        return reopen()
    }

    private func reopen() -> DatabasePool? {
        defer { openingIsOver() }
        for attempt in 0..<2 {
            do {
                return try open()
            } catch {
                let trouble = DiskTrouble(error)
                guard attempt == 0, case .damaged(let detail) = trouble, moveAside(detail) else {
                    standBack(trouble)
                    return nil
                }
            }
        }
        return nil
    }

    private func open() throws -> DatabasePool {
        try schema.refuseForeign(path)
        try file.prepare()
        let pool = try DatabasePool(path: path, configuration: schema.configuration(maximumFileBytes))
        let tables = liveTables
        let identity = file.identity
        try pool.writeWithoutTransaction { [schema, syncsAll] db in
            try schema.check(db)
            if syncsAll { try db.execute(sql: "PRAGMA synchronous = FULL") }
            // What a power cut breaks is begun anew.
            if schema.isDisposable { try db.execute(sql: "PRAGMA synchronous = OFF") }
        }
        try schema.migrator.migrate(pool)
        let version = try pool.writeWithoutTransaction { db in
            for table in tables { try table.reread(db, .opened) }
            return try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
        }
        state.withLock { state in
            state.pool = pool
            state.generation += 1
            state.identity = identity
            (state.dataVersion, state.rereadAt) = (version, MonotonicTime.nanoseconds())
        }
        recovered()
        return pool
    }

    private func openingIsOver() {
        state.withLock { $0.hasBeenTried = true }
        resumeWaiters()
    }

    private func shut() {
        let pool = state.withLock { state in
            defer { state.pool = nil }
            return state.pool
        }
        // GRDB's pool is not to be closed while a read is handed to it on another thread, which takes microseconds.
        while state.withLock({ $0.callers > 0 }) { usleep(50) }
        do {
            try pool?.close()
        } catch {
            notify("\(path) could not be closed: \(error)")
        }
    }

    /// A statement failed on the file that was then open.
    private func failed(_ trouble: DiskTrouble, _ generation: Int) {
        guard state.withLock({ $0.generation == generation && !$0.isClosed }) else { return }
        guard case .damaged(let detail) = trouble else { return standBack(trouble) }
        // Many reads may meet the damage before the first of them is heard: the others must not condemn the new file.
        state.withLock { $0.generation += 1 }
        shut()
        guard moveAside(detail) else { return standBack(trouble) }
        schedule(afterMilliseconds: 0)
    }

    private func moveAside(_ detail: String) -> Bool {
        let now = MonotonicTime.nanoseconds()
        let isSoon = state.withLock { state in
            let isSoon = state.movedAt.map { now - $0 < Self.soonNanoseconds } ?? false
            if !isSoon { state.movedAt = now }
            return isSoon
        }
        guard !isSoon else { return false }
        do {
            let target = try file.moveAside(unixSeconds: clock.unixMilliseconds() / 1_000)
            notify("\(path) was not usable (\(detail)): it is now \(target), and a new, empty one is begun")
            return true
        } catch {
            notify("\(path) is not usable (\(detail)), and could not be moved aside: \(error)")
            return false
        }
    }

    /// Nothing is tried for a while, longer each time.
    private func standBack(_ trouble: DiskTrouble) {
        let now = MonotonicTime.nanoseconds()
        let isNews = state.withLock { state in
            let isNews = !trouble.isLike(state.trouble)
            state.trouble = trouble
            state.failures = min(state.failures + 1, 16)
            let milliseconds = min(100 << (state.failures - 1), Self.longestRetryMilliseconds)
            state.retryAt = now + Int64(milliseconds) * 1_000_000
            if case .damaged = trouble { state.retryAt = max(state.retryAt, now + Self.soonNanoseconds) }
            return isNews
        }
        if isNews { notify(trouble.sentence(path, schema.meanwhile)) }
        schedule(afterMilliseconds: 0)
    }

    private func recovered() {
        let wasTroubled = state.withLock { state in
            defer {
                state.trouble = nil
                state.failures = 0
                state.retryAt = 0
            }
            return state.trouble != nil
        }
        if wasTroubled { notify("\(path) works again") }
    }
}
