import GRDB
import GatewayCore
import Glibc
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Exchanges on disk` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }

    init() throws { scratch = try DiskScratch() }

    private func open(
        _ limits: ExchangeDatabase.Limits = .quick,
        clock: Clock = TurnedClock().clock,
        isDemo: Bool = false,
        maximumFileBytes: Int? = nil
    ) async -> Books {
        let books = Books(file, clock: clock, isDemo: isDemo, maximumFileBytes: maximumFileBytes, limits: limits)
        await books.exchanges.database.settled()
        return books
    }

    @Test func `are written once each, however often they come`() async throws {
        let books = await open()
        for number in [1, 2, 2, 3, 1] { books.exchanges.record(.number(number)) }
        await books.written()
        #expect(try writtenIDs(file) == ["id-1", "id-2", "id-3"])
        await books.close()
        let next = await open()
        next.exchanges.record(.number(2, cost: 500))
        next.exchanges.record(.number(4))
        await next.written()
        #expect(try writtenIDs(file) == ["id-1", "id-2", "id-3", "id-4"])
        #expect(next.told.all.isEmpty && books.told.all.isEmpty)
        #expect(next.exchanges.report == StorageReport(written: 2))
        #expect(scratch.mode("state/gateway.db") == 0o600)
    }

    @Test func `come back as they were`() async throws {
        var row = ExchangeRow.number(1)
        row.overhead = OverheadCosts(classifier: USD(nanodollars: 7), judge: USD(nanodollars: 2))
        row.overheadUsage = TokenUsage(input: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4, output: 5)
        var summary = ExchangeSummary(
            id: "0123456789abcdef",
            unixMilliseconds: ExchangeRow.start,
            dialect: "openai",
            requestedModel: "gpt-auto",
            model: "opus-5",
            backend: "opus",
            provider: "anthropic",
            tier: .premium,
            score: 71,
            classifier: "heuristic",
            cache: "coalesced",
            status: 200,
            stopReason: "end_turn",
            stream: true,
            latencyMilliseconds: 1_250.5,
            firstByteMilliseconds: 12.25,
            usage: TokenUsage(input: 11, cacheRead: 12, cacheWrite5m: 13, cacheWrite1h: 14, output: 15),
            cost: USD(nanodollars: 41_000),
            baseline: USD(nanodollars: 52_000),
            saved: USD(nanodollars: 10_991),
            overhead: USD(nanodollars: 9),
            escalations: 2,
            prompt: "日本語 \"quoted\"\n\u{1B}[2J",
            error: "it broke",
            usageIsEstimated: true,
            isSimulated: true,
            project: "web",
            workflow: WorkflowStep(runID: "fedcba9876543210", workflow: "panel", op: "draft")
        )
        summary.tokensSaved = TokensSaved()
        summary.tokensSaved?[.fileDeduplication] = 33
        row.summary = summary
        let books = await open()
        books.exchanges.record(row)
        var bare = ExchangeSummary(id: "bare", unixMilliseconds: ExchangeRow.start + 1, requestedModel: "")
        bare.prompt = "nul\0inside"
        books.exchanges.record(ExchangeRow(summary: bare))
        await books.written()
        await books.close()
        let history = try #require(await open().exchanges.history())
        bare.prompt = "nul inside"
        #expect(history.recent == [summary, bare])
    }

    @Test func `lead a new ledger on where the last one ended`() async throws {
        // 2027-01-15: the month began 14 days before.
        let midnight: Int64 = 1_799_971_200_000
        func row(_ id: String, _ milliseconds: Int64, _ change: (inout ExchangeRow) -> Void = { _ in }) -> ExchangeRow {
            var row = ExchangeRow.number(100)
            row.summary.id = id
            row.summary.unixMilliseconds = milliseconds
            change(&row)
            return row
        }
        let books = await open()
        books.exchanges.record(row("december", midnight - 14 * 86_400_000 - 1))
        books.exchanges.record(row("first", midnight - 14 * 86_400_000))
        books.exchanges.record(row("yesterday", midnight - 1) { $0.summary.status = 500 })
        books.exchanges.record(row("today", midnight) { $0.summary.cache = "exact" })
        books.exchanges.record(row("left", midnight + 1) { ($0.summary.status, $0.summary.error) = (499, "left") })
        books.exchanges.record(
            row("judged", midnight + 2) {
                $0.kind = .overhead
                $0.summary = ExchangeSummary(
                    id: "judged",
                    unixMilliseconds: midnight + 2,
                    requestedModel: "",
                    saved: USD(nanodollars: -30)
                )
                $0.overhead.judge = USD(nanodollars: 30)
                $0.overheadUsage.output = 3
            }
        )
        await books.written()
        await books.close()

        let next = await open()
        await next.exchanges.database.settled()
        // Written by this process: its ledger has seen it.
        next.exchanges.record(row("own", midnight + 3))
        await next.written()
        let history = try #require(await next.exchanges.history())
        #expect(history.recent.map(\.id) == ["december", "first", "yesterday", "today", "left"])
        var today = MetricsSnapshot.Totals(requests: 2, exactCacheHits: 1, usage: TokenUsage(input: 10, output: 5))
        today.cost = USD(nanodollars: 100 + 100 + 30)
        today.baseline = USD(nanodollars: 2_000)
        today.saved = USD(nanodollars: 900 + 900 - 30)
        today.overhead.judge = USD(nanodollars: 30)
        today.overheadUsage.output = 3
        #expect(history.today == today)
        var month = today
        month += MetricsSnapshot.Totals(requests: 2, errors: 1, usage: TokenUsage(input: 20, output: 10))
        month.cost += USD(nanodollars: 200)
        month.baseline += USD(nanodollars: 2_000)
        month.saved += USD(nanodollars: 1_800)
        #expect(history.month == month)
        #expect(history.day == 20_833)

        let ledger = Ledger(backends: [], isDemo: false, clock: TurnedClock().clock)
        await next.exchanges.restore(ledger, waitingMilliseconds: 30_000)
        #expect(ledger.snapshot(cache: .init()).today == today)
        #expect(ledger.snapshot(cache: .init()).month == month)
        #expect(ledger.recent(10).map(\.id) == ["left", "today", "yesterday", "first", "december"])
    }

    @Test func `of demo mode are kept apart`() async throws {
        let demo = await open(isDemo: true)
        demo.exchanges.record(.number(1))
        await demo.written()
        await demo.close()
        let live = await open()
        #expect(try #require(await live.exchanges.history()).recent == [])
        #expect(try await live.exchanges.usage(by: [.day], sinceUnixMilliseconds: 0).isEmpty)
        await live.close()
        #expect(try #require(await open(isDemo: true).exchanges.history()).recent.count == 1)
    }

    @Test func `are added up by project, key, model and day`() async throws {
        let books = await open()
        for number in 1...10 { books.exchanges.record(.number(number, project: number <= 3 ? "a" : "b'; --")) }
        var late = ExchangeRow.number(11, project: "a", cost: 1_000)
        late.summary.unixMilliseconds += 86_400_000
        late.summary.model = "opus"
        late.keyFingerprint = ""
        books.exchanges.record(late)
        await books.written()
        func sums(_ groupings: UsageGrouping..., since: Int64 = 0) async throws -> [String] {
            try await books.exchanges.usage(by: groupings, sinceUnixMilliseconds: since).map {
                "\($0.names.joined(separator: " ")) \($0.totals.requests) \($0.totals.cost.nanodollars) \($0.totals.usage.output)"
            }
        }
        // 1 + 2 + 3 + 1000, and 4 + ... + 10.
        #expect(try await sums(.project) == ["a 4 1006 20", "b'; -- 7 49 35"])
        #expect(try await sums(.key) == [" 1 1000 5", "abc 10 55 50"])
        #expect(try await sums(.model) == ["opus 1 1000 5", "haiku-4 10 55 50"])
        #expect(try await sums(.day) == ["2027-01-15 10 55 50", "2027-01-16 1 1000 5"])
        // By several at once: 1 + 2 + 3 is a's on the first day.
        #expect(try await sums(.project, .model) == ["a opus 1 1000 5", "b'; -- haiku-4 7 49 35", "a haiku-4 3 6 15"])
        #expect(
            try await sums(.model, .day, .project) == [
                "haiku-4 2027-01-15 b'; -- 7 49 35", "haiku-4 2027-01-15 a 3 6 15", "opus 2027-01-16 a 1 1000 5",
            ]
        )
        #expect(try await sums(.key, .project, .model, .day).last == " a opus 2027-01-16 1 1000 5")
        // Days are added up whole.
        #expect(
            try await sums(.day, since: ExchangeRow.start + 10_000) == ["2027-01-15 10 55 50", "2027-01-16 1 1000 5"]
        )
        #expect(try await sums(.project, since: ExchangeRow.start + 86_400_000) == ["a 1 1000 5"])
        #expect(try await sums(.day, since: .max) == [])
    }

    @Test func `that an older gateway writes beside are added up with the next`() async throws {
        let books = await open()
        books.exchanges.record(.number(1))
        await books.written()
        await books.close()
        try await Books.makeOlder(
            file,
            """
            CREATE TEMP TABLE copy AS SELECT * FROM exchanges;
            UPDATE copy SET seq = 2, id = 'id-older';
            INSERT INTO exchanges SELECT * FROM copy;
            """
        )
        let newer = await open()
        #expect(try #require(await newer.exchanges.history()).today.requests == 2)
        newer.exchanges.record(.number(2))
        await newer.written()
        let sums = try await newer.exchanges.usage(by: [.day], sinceUnixMilliseconds: 0)
        // 1 + 1 + 2.
        #expect(sums.map(\.totals.requests) == [3])
        #expect(sums.map(\.totals.cost.nanodollars) == [4])
    }

    @Test func `are added up once in a file in which a trigger did it`() async throws {
        let books = await open()
        for number in 1...3 { books.exchanges.record(.number(number)) }
        await books.written()
        await books.close()
        try await Books.makeOlder(
            file,
            """
            DELETE FROM grdb_migrations WHERE identifier = '3';
            DROP TABLE added_up;
            CREATE TRIGGER exchanges_add_up AFTER INSERT ON exchanges BEGIN
                UPDATE usage_days SET requests = requests + 1, cost_nanousd = cost_nanousd + NEW.cost_nanousd;
            END;
            """
        )
        let newer = await open()
        newer.exchanges.record(.number(4))
        await newer.written()
        let sums = try await newer.exchanges.usage(by: [.day], sinceUnixMilliseconds: 0)
        #expect(sums.map(\.totals.requests) == [4])
        #expect(sums.map(\.totals.cost.nanodollars) == [10])
    }

    @Test func `have what was lost on escalations and on the cache, and nothing of it from an older gateway`()
        async throws
    {
        let books = await open()
        var row = ExchangeRow.number(1)
        row.losses = SavingsLosses(
            escalation: USD(nanodollars: 5),
            cacheChecks: USD(nanodollars: 6),
            wrongHits: USD(nanodollars: 7)
        )
        books.exchanges.record(row)
        await books.written()
        #expect(
            try await books.exchanges.usage(by: [.model], sinceUnixMilliseconds: 0).map(\.totals.losses) == [row.losses]
        )
        await books.close()
        let again = await open()
        #expect(try #require(await again.exchanges.history()).today.losses == row.losses)
        await again.close()
        // As a gateway made it that did not know them.
        let columns = ["escalation_nanousd", "cache_check_nanousd", "wrong_hit_nanousd"]
        let dropped = ["exchanges", "usage_days"].flatMap { table in
            columns.map { "ALTER TABLE \(table) DROP COLUMN \($0);" }
        }
        try await Books.makeOlder(
            file,
            dropped.joined() + "DELETE FROM grdb_migrations WHERE identifier = '4'"
        )
        let newer = await open()
        #expect(try #require(await newer.exchanges.history()).today.losses == SavingsLosses())
        row.summary.id = "id-new"
        newer.exchanges.record(row)
        await newer.written()
        let sums = try await newer.exchanges.usage(by: [.model], sinceUnixMilliseconds: 0)
        #expect(sums.map(\.totals.losses) == [row.losses] && sums.map(\.totals.requests) == [2])
        #expect(newer.told.all.isEmpty)
    }

    @Test func `do not break sums with what a provider claims`() async throws {
        let books = await open()
        for number in 1...3 {
            var row = ExchangeRow.number(number)
            row.summary.cost = USD(nanodollars: .max)
            row.summary.usage.output = .max
            row.summary.usage.input = .min
            row.summary.requestedModel = String(repeating: "m", count: 100_000)
            row.summary.latencyMilliseconds = .nan
            books.exchanges.record(row)
        }
        await books.written()
        let sum = try #require(try await books.exchanges.usage(by: [.project], sinceUnixMilliseconds: 0).first)
        #expect(sum.totals.cost.nanodollars == 300_000_000_000_000)
        #expect(sum.totals.usage == TokenUsage(input: 0, output: 3_000_000_000_000))
        #expect(books.told.all.isEmpty)
    }

    @Test func `go when they are too old`() async throws {
        let time = TurnedClock()
        var limits = ExchangeDatabase.Limits.quick
        limits.retentionDays = 2
        let books = await open(limits, clock: time.clock)
        for number in 1...5_000 { books.exchanges.record(.number(number)) }
        await books.written()
        #expect(try writtenIDs(file).count == 5_000)
        // Two days after the row with number 4,990: it is not older than that.
        time.turn(seconds: 2 * 86_400 + 4_990)
        books.exchanges.record(.number(5_001))
        await soon { (try? writtenIDs(file).count) == 12 }
        #expect(try writtenIDs(file).first == "id-4990")
    }

    @Test func `go when there are too many bytes, the oldest`() async throws {
        var limits = ExchangeDatabase.Limits.quick
        limits.fileBytes = 1_500_000
        let books = await open(limits)
        for number in 1...8_000 { books.exchanges.record(.number(number)) }
        await books.written()
        await soon { (try? writtenIDs(file).count) ?? 8_000 <= 6_000 }
        #expect(try writtenIDs(file).last == "id-8000")
    }

    @Test func `of an older gateway's file are begun`() async throws {
        scratch.makeStateDirectory()
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE routing_outcomes (id INTEGER PRIMARY KEY, unix_ms INTEGER NOT NULL);
                    PRAGMA application_id = \(DiskSchema.state.applicationID);
                    """
            )
        }
        let older = try DatabaseQueue(path: file)
        try migrator.migrate(older)
        try older.close()
        let books = await open()
        books.exchanges.record(.number(1))
        await books.written()
        #expect(try writtenIDs(file) == ["id-1"])
        #expect(books.told.all.isEmpty)
    }
}

@Suite struct `Exchanges while the disk is away` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }

    init() throws { scratch = try DiskScratch() }

    private func locked(_ books: Books) async throws -> DatabaseQueue {
        await books.exchanges.database.settled()
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        return other
    }

    @Test func `wait, and are written once when it is back`() async throws {
        let books = Books(file)
        let other = try await locked(books)
        for number in 1...5_000 { books.exchanges.record(.number(number)) }
        await soon { books.exchanges.report.problem != nil }
        #expect(books.exchanges.report.waiting == 5_000)
        #expect(books.told.all.count == 1 && books.told.all[0].contains("\(file) is locked by another process"))
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await books.written()
        #expect(try writtenIDs(file) == (1...5_000).map { "id-\($0)" })
        #expect(books.exchanges.report == StorageReport(written: 5_000))
    }

    @Test func `are lost where they grow too many, which is counted and told`() async throws {
        var limits = ExchangeDatabase.Limits.quick
        limits.waitingRows = 21
        let books = Books(file, limits: limits)
        let other = try await locked(books)
        // What is being written makes no room for others: here that is one row, tried again and again.
        books.exchanges.record(.number(0, cost: 1))
        await soon { books.exchanges.report.problem != nil }
        #expect(!books.exchanges.isFull)
        for number in 1...30 { books.exchanges.record(.number(number, cost: number.isMultiple(of: 3) ? 1 : 0)) }
        #expect(!books.exchanges.isFull, "accounting is not strict")
        #expect(books.exchanges.report.lost == 10 && books.exchanges.report.waiting == 21)
        #expect(books.told.all.count { $0.contains("some are lost until it works") } == 1)
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await books.written()
        let ids = try writtenIDs(file)
        #expect(ids.count == 21)
        #expect(Set(ids).isSuperset(of: (0...10).map { "id-\($0 * 3)" }), "none that cost something is lost")
        #expect(books.told.all.contains("\(file) takes exchanges again; 10 were lost since the start"))
    }

    @Test func `are too many for strict accounting before one is lost`() async throws {
        var limits = ExchangeDatabase.Limits.quick
        limits.waitingRows = 20
        limits.isStrict = true
        let books = Books(file, limits: limits)
        let other = try await locked(books)
        for number in 1...17 { books.exchanges.record(.number(number)) }
        #expect(!books.exchanges.isFull)
        books.exchanges.record(.number(18))
        #expect(books.exchanges.isFull)
        #expect(books.exchanges.report.lost == 0)
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await books.written()
        #expect(!books.exchanges.isFull)
    }

    @Test func `wait for room on a full disk`() async throws {
        let books = Books(file, maximumFileBytes: 400_000)
        await books.exchanges.database.settled()
        var row = ExchangeRow.number(0)
        row.summary.prompt = String(repeating: "x", count: 10_000)
        for number in 1...60 {
            row.summary.id = "id-\(number)"
            books.exchanges.record(row)
        }
        await soon { !books.told.all.isEmpty }
        #expect(books.told.all.first?.contains("no room to write, the disk is full") == true)
        let before = try writtenIDs(file)
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("DELETE FROM exchanges")
        try await other.inDatabaseWithoutTransaction("PRAGMA wal_checkpoint")
        // What is there and what waits together are all of them, in the end in slices that fit.
        #expect(before.count + books.exchanges.report.waiting == 60)
        #expect(books.exchanges.report.lost == 0)
    }

    @Test func `begin anew where the file is damaged`() async throws {
        scratch.makeStateDirectory()
        scratch.write(Array(repeating: 0x41, count: 5_000), to: "state/gateway.db")
        let books = Books(file)
        books.exchanges.record(.number(1))
        await books.written()
        #expect(try writtenIDs(file) == ["id-1"])
        #expect(books.told.all.count == 1 && books.told.all[0].contains("gateway.db.damaged-1800000000"))
    }
}
