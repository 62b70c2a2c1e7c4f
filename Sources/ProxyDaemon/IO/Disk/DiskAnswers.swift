import GRDB
package import GatewayCore
package import Shared
import Synchronization

/// Answers on disk, in the table `answers`.
///
/// A store is gathered with others and written within about a tenth of a second; until then it is found in memory. A
/// look-up of a key that is not there is answered from a filter in memory. The least recently used go when there are more
/// bytes than allowed.
package final class DiskAnswers: AnswerHome {
    /// How much may wait, and how much goes into one transaction.
    package struct Limits: Sendable {
        package var batchEntries = 256
        package var batchBytes = 8_388_608
        package var waitingEntries = 4_096
        package var waitingBytes = 33_554_432
        /// Times of use that wait to be written.
        package var touches = 8_192
        package var gatherMilliseconds = 100
        package var readMilliseconds = 50
        package var removeMilliseconds = 10_000

        package init() {}
    }

    /// Makes a value's form for the disk, and the value of it again: nil where it is not what was written under that key.
    package typealias Seal = @Sendable (_ value: [UInt8], _ key: CacheKey, _ owner: CacheOwner) -> [UInt8]
    package typealias Open = @Sendable (_ sealed: [UInt8], _ key: CacheKey) -> [UInt8]?

    /// What a row counts for beyond its value: its key twice, its other columns, its places in five indexes.
    package static let rowBytes = 256
    private static let longestLifetimeSeconds = 3_155_760_000

    private let database: DiskDatabase
    private let journal: DiskJournal?
    private let maxBytes: Int
    private let limits: Limits
    private let clock: Clock
    private let seal: Seal
    private let open: Open
    private let state: Mutex<State>

    fileprivate struct State {
        var waiting: WaitingEntries<[UInt8]>
        /// nil until the keys have been read: any may be there.
        var filter: KeyFilter?
        var touched: [CacheKey: Int64] = [:]
        /// Rows whose values could not be opened.
        var spoilt: [Int64] = []
        var rows = 0
        var bytes = 0
        var hits = 0
        var misses = 0
        var evictions = 0
        var dropped = 0
        var rejected = 0
        var timeouts = 0
        var latencies = LatencyRing()
    }

    /// Answers of at most `maxBytes`, each counted with ``rowBytes``. `journal` is told when answers are removed, so that
    /// their questions go too.
    package init(
        database: DiskDatabase,
        journal: DiskJournal? = nil,
        maxBytes: Int,
        clock: Clock,
        limits: Limits = Limits(),
        seal: @escaping Seal,
        open: @escaping Open
    ) {
        self.database = database
        self.journal = journal
        self.maxBytes = maxBytes
        self.limits = limits
        self.clock = clock
        self.seal = seal
        self.open = open
        state = Mutex(
            State(
                waiting: WaitingEntries(maximumEntries: limits.waitingEntries, maximumBytes: limits.waitingBytes)
            )
        )
        database.register(self)
    }

    package func value(for key: CacheKey) async -> [UInt8]? {
        let now = clock.unixMilliseconds()
        let known = state.withLock { $0.lookUp(key, nowUnixSeconds: now / 1_000) }
        switch known {
        case .some(let value): return value
        case .none: return await valueOnDisk(key, now: now)
        }
    }

    package func store(_ value: [UInt8], for key: CacheKey, owner: CacheOwner, lifetimeSeconds: Int) {
        let now = clock.unixMilliseconds()
        let lifetime = min(max(0, lifetimeSeconds), Self.longestLifetimeSeconds)
        let entry = WaitingEntries<[UInt8]>.Entry(
            value: value,
            owner: owner,
            bytes: value.count + Self.rowBytes,
            storedUnixMilliseconds: now,
            expiresUnixSeconds: now / 1_000 + Int64(lifetime)
        )
        state.withLock { state in
            if entry.bytes > maxBytes || !state.waiting.add(entry, for: key) { state.dropped += 1 }
        }
        scheduleWaiting()
    }

    package func remove(_ selection: CacheSelection) async -> Int? {
        let waited = state.withLock { state in
            let keys = state.waiting.remove(selection)
            for key in keys { state.touched[key] = nil }
            return keys
        }
        journal?.forget(selection)
        let removed = await database.perform(withinMilliseconds: limits.removeMilliseconds) { db in
            // What waited may stand on disk as well, and counts once.
            var onlyWaited = 0
            for key in waited where try AnswerRows.bytes(db, key) == nil { onlyWaited += 1 }
            let removed = try selection.delete(db, from: "answers")
            _ = try selection.delete(db, from: "questions")
            if removed > 0 { try self.recount(db, after: selection) }
            return removed + onlyWaited
        }
        // Gives the room back.
        database.schedule(afterMilliseconds: 0)
        return removed
    }

    package var report: CacheHomeReport {
        let problem = database.problem
        let isOpen = database.isOpen
        return state.withLock { state in
            CacheHomeReport(
                name: "disk",
                state: problem == nil ? .ok : .down,
                detail: problem,
                entries: isOpen ? state.rows + state.waiting.count : nil,
                bytes: isOpen ? state.bytes + state.waiting.bytes : nil,
                maxBytes: maxBytes,
                hits: state.hits,
                misses: state.misses,
                evictions: state.evictions,
                dropped: state.dropped,
                rejected: state.rejected,
                timeouts: state.timeouts,
                latencyP50Milliseconds: state.latencies.medianMilliseconds
            )
        }
    }

    private func scheduleWaiting() {
        let (count, bytes) = state.withLock { ($0.waiting.count, $0.waiting.bytes) }
        guard count > 0 else { return }
        if isPressing { database.press() }
        let isWhole = count >= limits.batchEntries || bytes >= limits.batchBytes
        database.schedule(afterMilliseconds: isWhole ? 0 : limits.gatherMilliseconds)
    }

    private func valueOnDisk(_ key: CacheKey, now: Int64) async -> [UInt8]? {
        let start = clock.monotonicNanoseconds()
        let open = open
        let result = await database.read(withinMilliseconds: limits.readMilliseconds) { db -> Finding in
            guard let found = try AnswerRows.find(db, key), found.expiresUnixSeconds > now / 1_000 else {
                return .nothing
            }
            return open(found.value, key).map { .value($0) } ?? .spoilt(found.id)
        }
        let nanoseconds = clock.monotonicNanoseconds() - start
        return state.withLock { state in
            switch result {
            case .value(let finding):
                state.latencies.add(nanoseconds: nanoseconds)
                return state.take(finding, key, now: now, limits)
            case .late: state.timeouts += 1
            case .failed: state.rejected += 1
            case .away: break
            }
            state.misses += 1
            return nil
        }
    }

    fileprivate enum Finding: Sendable {
        case value([UInt8])
        case nothing
        /// There is something under the key that is not what was written.
        case spoilt(Int64)
    }
}

extension DiskAnswers.State {
    /// What is known without the disk: a value, or that there is none; nil where the disk must be asked.
    fileprivate mutating func lookUp(_ key: CacheKey, nowUnixSeconds: Int64) -> [UInt8]?? {
        if let entry = waiting[key] {
            guard entry.expiresUnixSeconds > nowUnixSeconds else {
                misses += 1
                return .some(nil)
            }
            hits += 1
            return entry.value
        }
        if let filter, !filter.mayContain(key) {
            misses += 1
            return .some(nil)
        }
        return nil
    }

    fileprivate mutating func take(
        _ finding: DiskAnswers.Finding,
        _ key: CacheKey,
        now: Int64,
        _ limits: DiskAnswers.Limits
    ) -> [UInt8]? {
        switch finding {
        case .value(let value):
            hits += 1
            if touched.count < limits.touches || touched[key] != nil { touched[key] = now }
            return value
        case .nothing: break
        case .spoilt(let id):
            rejected += 1
            if spoilt.count < limits.touches { spoilt.append(id) }
        }
        misses += 1
        return nil
    }
}

// MARK: - On the database's thread

extension DiskAnswers: DiskTable {
    private static let rowsTidiedAtOnce = 256

    /// A batch on its way to disk, and what it changes.
    private final class Batch {
        let entries: WaitingEntries<[UInt8]>.Batch
        let sealed: [[UInt8]]
        let touched: [CacheKey: Int64]
        let spoilt: [Int64]
        var (rows, bytes, evictions) = (0, 0, 0)

        init(
            _ entries: WaitingEntries<[UInt8]>.Batch,
            sealed: [[UInt8]],
            touched: [CacheKey: Int64],
            spoilt: [Int64]
        ) {
            self.entries = entries
            self.sealed = sealed
            self.touched = touched
            self.spoilt = spoilt
        }
    }

    func reread(_ db: Database, _ reason: RereadReason) throws {
        let (rows, bytes) = try AnswerRows.totals(db)
        var filter = KeyFilter(holding: rows)
        try AnswerRows.forEachKey(db) { filter.insert($0) }
        state.withLock { state in
            state.filter = filter
            state.rows = rows
            state.bytes = bytes
            if case .opened = reason {
                state.touched = [:]
                state.spoilt = []
            }
        }
    }

    private func recount(_ db: Database, after selection: CacheSelection) throws {
        // Elsewhere the filter goes on holding what is gone for possible, until it is worn.
        if case .all = selection { return try reread(db, .changedByAnother) }
        let (rows, bytes) = try AnswerRows.totals(db)
        state.withLock { ($0.rows, $0.bytes) = (rows, bytes) }
    }

    var isWaiting: Bool { state.withLock { $0.waiting.count > 0 } }

    var isPressing: Bool {
        state.withLock { state in
            Backlog(
                rows: state.waiting.count,
                mostRows: limits.waitingEntries,
                bytes: state.waiting.bytes,
                mostBytes: limits.waitingBytes
            ).isPressing
        }
    }

    func gather() -> DiskWork? {
        let (entries, touched, spoilt) = state.withLock { state in
            let entries = state.waiting.batch(
                maximumEntries: limits.batchEntries,
                maximumBytes: limits.batchBytes
            )
            return (entries, state.touched, state.spoilt)
        }
        guard !entries.isEmpty || !touched.isEmpty || !spoilt.isEmpty else { return nil }
        let batch = Batch(
            entries,
            sealed: entries.map { seal($0.entry.value, $0.key, $0.entry.owner) },
            touched: touched,
            spoilt: spoilt
        )
        return DiskWork(write: { try self.write(batch, $0) }, settle: { self.settle(batch, $0) })
    }

    private func write(_ batch: Batch, _ db: Database) throws {
        let (rows, bytes) = state.withLock { ($0.rows, $0.bytes) }
        let spoilt = try AnswerRows.delete(db, ids: batch.spoilt)
        (batch.rows, batch.bytes, batch.evictions) = (-spoilt.rows, -spoilt.bytes, 0)
        for (key, used) in batch.touched { try AnswerRows.touch(db, key, usedUnixMilliseconds: used) }
        var insertion = try AnswerRows.Insertion(db)
        for ((key, entry), value) in zip(batch.entries, batch.sealed) {
            let mayReplace = state.withLock { $0.filter?.mayContain(key) ?? true }
            if mayReplace, let earlier = try AnswerRows.bytes(db, key) {
                batch.rows -= 1
                batch.bytes -= earlier
            }
            let size = value.count + Self.rowBytes
            try insertion.insert(
                key,
                entry.owner,
                expiresUnixSeconds: entry.expiresUnixSeconds,
                usedUnixMilliseconds: entry.storedUnixMilliseconds,
                bytes: size,
                value: value
            )
            batch.rows += 1
            batch.bytes += size
        }
        try makeRoom(for: batch, db, rows: rows, bytes: bytes)
    }

    /// The expired go first, then the least recently used.
    private func makeRoom(for batch: Batch, _ db: Database, rows: Int, bytes: Int) throws {
        guard bytes + batch.bytes > maxBytes else { return }
        let now = clock.unixMilliseconds() / 1_000
        while bytes + batch.bytes > maxBytes {
            let expired = try AnswerRows.expired(db, unixSeconds: now, limit: Self.rowsTidiedAtOnce)
            guard !expired.isEmpty else { break }
            subtract(try delete(db, expired), batch)
        }
        while bytes + batch.bytes > maxBytes {
            let ids = try AnswerRows.leastRecentlyUsed(
                db,
                bytes: bytes + batch.bytes - maxBytes,
                limit: Self.rowsTidiedAtOnce
            )
            guard !ids.isEmpty else { return }
            subtract(try delete(db, ids), batch)
            batch.evictions += ids.count
        }
    }

    /// Deletes rows that an index has named in the same transaction. Where the table has none of them the file is broken, as
    /// after a power cut, and the same would be found again for ever.
    private func delete(_ db: Database, _ ids: [Int64]) throws -> (rows: Int, bytes: Int) {
        let deleted = try AnswerRows.delete(db, ids: ids)
        guard deleted.rows > 0 || ids.isEmpty else {
            throw DiskTrouble.damaged("an index names rows that are not there")
        }
        return deleted
    }

    private func subtract(_ deleted: (rows: Int, bytes: Int), _ batch: Batch) {
        batch.rows -= deleted.rows
        batch.bytes -= deleted.bytes
    }

    private func settle(_ batch: Batch, _ outcome: DiskWork.Outcome) {
        state.withLock { state in
            if outcome == .written {
                for (key, _) in batch.entries { state.filter?.insert(key) }
                state.rows = max(0, state.rows + batch.rows)
                state.bytes = max(0, state.bytes + batch.bytes)
                state.evictions += batch.evictions
            } else {
                state.dropped += batch.entries.count
            }
            // Only now, so that a value is always in one of the two places.
            state.waiting.settle(batch.entries)
            for (key, used) in batch.touched where state.touched[key] == used { state.touched[key] = nil }
            state.spoilt.removeFirst(min(batch.spoilt.count, state.spoilt.count))
        }
        scheduleWaiting()
    }

    func tidy(_ db: Database) throws -> Bool {
        let now = clock.unixMilliseconds() / 1_000
        var expired = try AnswerRows.expired(db, unixSeconds: now, limit: Self.rowsTidiedAtOnce)
        if !expired.isEmpty {
            try db.inTransaction(.immediate) {
                // Another daemon may have been quicker.
                expired = try AnswerRows.expired(db, unixSeconds: now, limit: Self.rowsTidiedAtOnce)
                let deleted = try delete(db, expired)
                state.withLock { state in
                    state.rows = max(0, state.rows - deleted.rows)
                    state.bytes = max(0, state.bytes - deleted.bytes)
                }
                return .commit
            }
        }
        // A filter that is full, or that mostly holds keys that are gone, lets too many through.
        let isWorn = state.withLock { state in
            state.filter.map { $0.count > $0.capacity || $0.count > max(65_536, 2 * state.rows) } ?? true
        }
        if isWorn { try reread(db, .changedByAnother) }
        return expired.count == Self.rowsTidiedAtOnce
    }
}
