import GRDB
import GatewayCore
import Glibc
import Shared
import Synchronization
import Testing

@testable import GatewayIO

@Suite struct `A cache file with faults` {
    private let scratch: DiskScratch
    private let time = TurnedClock()

    init() throws { scratch = try DiskScratch() }

    private func open(maximumFileBytes: Int? = nil, limits: DiskAnswers.Limits = .patient) async -> DiskCache {
        let cache = DiskCache(
            scratch.file,
            clock: time.clock,
            maximumFileBytes: maximumFileBytes,
            limits: limits
        )
        await cache.database.settled()
        return cache
    }

    /// A file with some hundred answers of two kilobytes, closed.
    private func fill() async {
        let cache = await open()
        for number: UInt64 in 0..<200 { cache.store([UInt8](repeating: 5, count: 2_000), .number(number)) }
        await cache.database.close()
    }

    private var damaged: [String] { scratch.names.filter { $0.contains(".damaged-") && !$0.hasSuffix("-wal") } }

    private func expectWorking(_ cache: DiskCache) async {
        cache.store([9], .number(1_000_000))
        await cache.written()
        #expect(await cache.answers.value(for: .number(1_000_000)) == [9])
        #expect(cache.answers.report.state == .ok)
        await cache.database.close()
        let again = await open()
        #expect(await again.answers.value(for: .number(1_000_000)) == [9])
        #expect(again.told.all.isEmpty)
        await again.database.close()
    }

    @Test func `that is no database is moved aside`() async {
        scratch.write(Array(repeating: 0x41, count: 5_000), to: "state/cache.db")
        let cache = await open()
        #expect(damaged == ["cache.db.damaged-1800000000"])
        #expect(scratch.bytes("state/cache.db.damaged-1800000000") == 5_000)
        #expect(cache.told.all.count == 1)
        #expect(cache.told.all.first?.contains("it is now \(scratch.file).damaged-1800000000") == true)
        await expectWorking(cache)
    }

    @Test func `that is cut short is moved aside`() async {
        await fill()
        #expect(truncate(scratch.file, 20_000) == 0)
        let cache = await open()
        #expect(damaged.count == 1)
        await expectWorking(cache)
    }

    @Test func `with a page overwritten is moved aside`() async {
        await fill()
        scratch.write([UInt8](repeating: 0xEE, count: 4_096), to: "state/cache.db", at: 2 * 4_096)
        let cache = await open()
        #expect(damaged.count == 1)
        #expect(await cache.answers.value(for: .number(1)) == nil)
        await expectWorking(cache)
    }

    @Test func `of a newer gateway, or another program's, is moved aside`() async throws {
        await fill()
        var other = try DatabaseQueue(path: scratch.file)
        try await other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
        try other.close()
        let cache = await open()
        #expect(damaged.count == 1)
        #expect(cache.told.all.first?.contains("newer version") == true)
        await cache.database.close()

        unlink(scratch.file)
        other = try DatabaseQueue(path: scratch.file)
        try await other.write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        try other.close()
        time.turn(seconds: 1)
        let next = await open()
        #expect(damaged.count == 2)
        #expect(next.told.all.first?.contains("another program's") == true)
        await expectWorking(next)
    }

    @Test func `leaves two damaged ones behind at most`() async {
        for _ in 0..<4 {
            time.turn(seconds: 1)
            scratch.write(Array(repeating: 0x41, count: 5_000), to: "state/cache.db")
            let cache = await open()
            await cache.database.close()
        }
        #expect(damaged == ["cache.db.damaged-1800000003", "cache.db.damaged-1800000004"])
    }

    @Test func `that turns out to be damaged later is replaced then`() async throws {
        await fill()
        let cache = await open()
        #expect(await cache.answers.value(for: .number(1)) != nil)
        // Every page but the first, under the daemon's hands. What its connections remember goes with the next change.
        let pages = scratch.bytes("state/cache.db") / 4_096
        scratch.write([UInt8](repeating: 0xEE, count: (pages - 1) * 4_096), to: "state/cache.db", at: 4_096)
        await soon {
            for number: UInt64 in 2..<200 { _ = await cache.answers.value(for: .number(number)) }
            return cache.told.all.count == 1
        }
        #expect(cache.told.all.count == 1, "\(cache.told.all)")
        cache.store([1], .number(5_000))
        await soon { cache.answers.report.entries == 1 && !cache.answers.isWaiting }
        #expect(damaged.count == 1)
        #expect(await cache.answers.value(for: .number(5_000)) == [1])
        #expect(await cache.answers.value(for: .number(3)) == nil)
        await expectWorking(cache)
    }

    @Test func `whose index names rows that are not there is replaced`() async throws {
        await fill()
        // As a power cut may leave it: the table was written, one of its indexes was not.
        let index = try await withFile { db in
            let row = try #require(
                try Row.fetchOne(
                    db,
                    sql: "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE name = 'answers_by_use'"
                )
            )
            try db.execute(
                sql: "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'answers_by_use'"
            )
            return StatementArguments(row.databaseValues)
        }
        try await withFile { try $0.execute(sql: "DELETE FROM answers") }
        try await withFile { db in
            try db.execute(sql: "PRAGMA writable_schema = ON")
            try db.execute(sql: "INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", arguments: index)
        }
        // 200 answers of 2,000 bytes seem to be there, and have to make room.
        let cache = DiskCache(scratch.file, clock: time.clock, maxBytes: 300_000)
        await cache.database.settled()
        cache.store([1], .number(5_000))
        await soon { cache.answers.report.entries == 1 && !cache.answers.isWaiting }
        #expect(damaged.count == 1)
        #expect(cache.told.all.first?.contains("an index names rows that are not there") == true)
        await cache.database.close()
        await expectWorking(await open())
    }

    private func withFile<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        let file = try DatabaseQueue.rude(scratch.file)
        let value = try file.inDatabase(body)
        try file.close()
        return value
    }

    @Test func `that is deleted while it is used is begun anew`() async {
        let cache = await open()
        cache.store([1], .number(1))
        await cache.written()
        for name in scratch.names { unlink("\(scratch.path)/state/\(name)") }
        cache.store([2], .number(2))
        await cache.written()
        #expect(scratch.bytes("state/cache.db") > 0)
        #expect(await cache.answers.value(for: .number(1)) == nil)
        #expect(await cache.answers.value(for: .number(2)) == [2])
        #expect(cache.told.all.count == 1)
    }

    @Test func `locked by another process costs nobody time, and works again afterwards`() async throws {
        await fill()
        let cache = await open()
        let other = try DatabaseQueue.rude(scratch.file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        cache.store([1], .number(500))
        await soon { cache.answers.report.state == .down }
        #expect(cache.answers.report.detail?.contains("\(scratch.file) is locked by another process") == true)
        let start = MonotonicTime.nanoseconds()
        #expect(await cache.answers.value(for: .number(500)) == [1])
        // Readers go on.
        #expect(await cache.answers.value(for: .number(3)) != nil)
        #expect(MonotonicTime.nanoseconds() - start < 1_000_000_000)
        #expect(await cache.answers.remove(.entry(.number(3))) == nil)
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await soon { cache.answers.report.state == .ok }
        #expect(await cache.answers.remove(.entry(.number(3))) == 1)
        #expect(cache.answers.report.dropped == 0)
        #expect(cache.told.all.count == 2)
        #expect(cache.told.all.last == "\(scratch.file) works again")
        await expectWorking(cache)
    }

    @Test func `locked by another process forgets no removal of questions, however many there are`() async throws {
        let cache = await open()
        for number: UInt64 in 0..<3 {
            cache.journal.record(.inserted(try .sample(number, expires: time.unixSeconds + 100)))
        }
        await cache.written()
        let other = try DatabaseQueue.rude(scratch.file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        cache.journal.record(.removed(.entry(.number(1))))
        await soon { cache.answers.report.state == .down }
        cache.journal.record(.removed(.entry(.number(2))))
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await cache.written()
        #expect(try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM questions") } == 1)

        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        for number: UInt64 in 0..<2_000 { cache.journal.record(.removed(.entry(.number(5_000 + number)))) }
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await cache.written()
        // More than it remembers singly: everything goes.
        #expect(try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM questions") } == 0)
    }

    @Test func `that another process has for itself is opened when it lets go`() async throws {
        await fill()
        let other = try DatabaseQueue.rude(scratch.file)
        try await other.inDatabaseWithoutTransaction("PRAGMA locking_mode = EXCLUSIVE")
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        let cache = await open()
        #expect(cache.answers.report.state == .down)
        #expect(cache.answers.report.entries == nil)
        #expect(await cache.answers.value(for: .number(1)) == nil)
        #expect(await cache.answers.remove(.all) == nil)
        try await other.inDatabaseWithoutTransaction("COMMIT")
        try other.close()
        await soon { cache.answers.report.state == .ok }
        #expect(await cache.answers.value(for: .number(1)) == [UInt8](repeating: 5, count: 2_000))
    }

    @Test func `in a place that cannot be written to says so`() async {
        scratch.write([1], to: "state/file")
        let cache = DiskCache("\(scratch.path)/state/file/cache.db", clock: time.clock)
        await cache.database.settled()
        cache.store([1], .number(1))
        #expect(await cache.answers.value(for: .number(2)) == nil)
        let report = cache.answers.report
        #expect(report.state == .down)
        #expect(
            report.detail
                == "cannot use \(scratch.path)/state/file: Not a directory (\(scratch.path)/state/file/cache.db);"
                + " tried again until it works, until then answers are kept in memory only"
        )
        #expect(cache.told.all == [report.detail])
        #expect(await cache.answers.remove(.all) == nil)
        unlink("\(scratch.path)/state/file")
        await soon { cache.answers.report.state == .ok }
    }

    @Test func `on a full disk drops what is too much, reads on, and works again`() async throws {
        var limits = DiskAnswers.Limits.patient
        limits.waitingEntries = 10
        limits.batchEntries = 5
        let cache = await open(maximumFileBytes: 400_000, limits: limits)
        var stored: UInt64 = 0
        while cache.answers.report.state == .ok, stored < 1_000 {
            cache.store([UInt8](repeating: 5, count: 10_000), .number(stored))
            stored += 1
            if stored % 5 == 0 { await soon { !cache.answers.isWaiting || cache.answers.report.state == .down } }
        }
        #expect(stored < 60)
        #expect(cache.answers.report.detail?.contains("\(scratch.file): no room to write, the disk is full") == true)
        for number in stored..<stored + 20 { cache.store([UInt8](repeating: 5, count: 10_000), .number(number)) }
        #expect(cache.answers.report.dropped >= 10)
        #expect(await cache.answers.value(for: .number(0)) == [UInt8](repeating: 5, count: 10_000))
        let other = try DatabaseQueue(path: scratch.file)
        try await other.write { try $0.execute(sql: "DELETE FROM answers") }
        try other.close()
        await soon { cache.answers.report.state == .ok }
        #expect(cache.told.all.count == 2)
        await cache.written()
        #expect(await cache.answers.value(for: .number(stored - 1)) != nil)
    }

    @Test func `left by a daemon that was killed opens with what was written`() async throws {
        let cache = await open()
        for number: UInt64 in 0..<50 { cache.store([1, 2], .number(number)) }
        await cache.written()
        // As the file system has it in this moment, with most of it still in the log.
        let killed = try DiskScratch()
        for name in ["state/cache.db", "state/cache.db-wal"] {
            killed.write([], to: name)
            let bytes = try #require(Self.contents("\(scratch.path)/\(name)"))
            killed.write(bytes, to: name)
        }
        #expect(killed.bytes("state/cache.db-wal") > 0)
        let next = DiskCache(killed.file, clock: time.clock)
        await next.database.settled()
        #expect(next.answers.report.entries == 50)
        #expect(await next.answers.value(for: .number(49)) == [1, 2])
        #expect(next.told.all.isEmpty)
    }

    @Test func `shared by two daemons harms neither`() async throws {
        let first = await open()
        let second = await open()
        await withTaskGroup(of: Void.self) { group in
            for (cache, base) in [(first, UInt64(0)), (second, UInt64(1_000))] {
                group.addTask {
                    for number in base..<base + 300 {
                        cache.store([UInt8(number & 255)], .number(number))
                        if number % 30 == 0 { await cache.written() }
                    }
                    await cache.written()
                }
            }
        }
        await first.database.close()
        await second.database.close()
        let third = await open()
        #expect(third.answers.report.entries == 600)
        for number in [UInt64(0), 299, 1_000, 1_299] {
            #expect(await third.answers.value(for: .number(number)) == [UInt8(number & 255)])
        }
        #expect(damaged.isEmpty)
    }

    @Test func `that does not answer in time is a miss, and soon not asked any more, until it does again`() async {
        await fill()
        var limits = DiskAnswers.Limits.patient
        limits.readMilliseconds = 20
        // A disk that hangs, as the reading threads see it.
        let isHanging = Atomic(true)
        let end = MonotonicTime.nanoseconds() + 5_000_000_000
        let cache = DiskCache(scratch.file, clock: time.clock, limits: limits) { sealed, key in
            while isHanging.load(ordering: .relaxed), MonotonicTime.nanoseconds() < end { usleep(1_000) }
            return TestSeal.open(sealed, key)
        }
        await cache.database.settled()
        for number: UInt64 in 0..<5 { #expect(await cache.answers.value(for: .number(number)) == nil) }
        #expect(cache.answers.report.timeouts == 5)
        #expect(cache.answers.report.state == .down)
        #expect(cache.answers.report.detail?.contains("does not answer in time") == true)
        let start = MonotonicTime.nanoseconds()
        for number: UInt64 in 5..<100 { #expect(await cache.answers.value(for: .number(number)) == nil) }
        // Not 95 times the deadline.
        #expect(MonotonicTime.nanoseconds() - start < 1_000_000_000)
        #expect(cache.answers.report.misses == 100)
        isHanging.store(false, ordering: .relaxed)
        await soon { await cache.answers.value(for: .number(1)) != nil }
        #expect(cache.answers.report.state == .ok)
    }

    private static func contents(_ path: String) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        return read(descriptor, &bytes, bytes.count) == bytes.count ? bytes : nil
    }
}

@Suite struct `Trouble with the disk` {
    @Test(
        arguments: [
            (ResultCode.SQLITE_CORRUPT, "/c.db is damaged (database disk image is malformed)"),
            (.SQLITE_NOTADB, "/c.db is damaged (file is not a database)"),
            (.SQLITE_BUSY_SNAPSHOT, "/c.db is locked by another process"),
            (.SQLITE_FULL, "/c.db: no room to write, the disk is full"),
            (.SQLITE_READONLY_DBMOVED, "/c.db cannot be written to: make it and its directory writable"),
            (.SQLITE_IOERR_WRITE, "disk I/O error (/c.db)"),
            (.SQLITE_CANTOPEN, "unable to open database file (/c.db)"),
            (.SQLITE_TOOBIG, "/c.db refuses to be written to (string or blob too big)"),
        ]
    )
    func `is told with file and problem`(code: ResultCode, start: String) {
        let trouble = DiskTrouble(DatabaseError(resultCode: code))
        #expect(
            trouble.sentence("/c.db", "waiting").hasPrefix(start)
                && trouble.sentence("/c.db", "waiting").hasSuffix("waiting")
        )
        // What a statement will never take is given up; the rest may be written later.
        #expect(trouble.mayPass == (code != .SQLITE_TOOBIG))
        #expect(trouble.isLike(trouble))
        #expect(!trouble.isLike(nil))
    }
}

extension DatabaseQueue {
    /// A connection that may leave transactions open.
    static func rude(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        // The gateway may be tidying up just now.
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Has a statement run as it is, between transactions.
    func inDatabaseWithoutTransaction(_ sql: String) async throws {
        try unsafeReentrantWrite { try $0.execute(sql: sql) }
    }
}
