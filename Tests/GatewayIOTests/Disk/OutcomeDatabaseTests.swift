import FoundationEssentials
import GRDB
import GatewayCore
import Glibc
import Shared
import Synchronization
import Testing

@testable import GatewayIO

@Suite struct `The log of outcomes` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }

    init() throws { scratch = try DiskScratch() }

    private func open(_ limits: OutcomeDatabase.Limits = .quick, maximumFileBytes: Int? = nil) async -> OutcomeDisk {
        let disk = OutcomeDisk(file, limits: limits, maximumFileBytes: maximumFileBytes)
        await disk.outcomes.settled()
        return disk
    }

    private func rows() throws -> [Int] {
        let other = try DatabaseQueue.rude(file)
        defer { try? other.close() }
        return try other.read {
            try Int.fetchAll($0, sql: "SELECT unix_ms / 1000 FROM routing_outcomes ORDER BY id")
        }
    }

    @Test func `gives back what was recorded as a line of JSON`() async throws {
        let disk = await open()
        disk.outcomes.record(.number(7))
        await disk.written()
        let line = """
            {"query_id":"id-7","unix_ms":7000,"project":"web","prompt":"why?","task":"code","score":42,\
            "classifier":"embedding","initial_tier":"local","initial_backend":"qwen","final_tier":"premium",\
            "final_backend":"opus","escalations":2,"escalation_reasons":["truncated","refusal_pattern"],"quality":0.25,\
            "latency_ms":1250.5,"is_success":true,"cost_usd":0.000041,"baseline_usd":12.50,"is_demo":false}
            """
        #expect(try await disk.lines() == [line])
        #expect(disk.told.all.isEmpty)
        #expect(scratch.mode("state/gateway.db") == 0o600)
    }

    @Test func `tells simulated outcomes from real ones`() async throws {
        let live = await open()
        live.outcomes.record(.number(1))
        await live.written()
        await live.outcomes.close()
        let demo = OutcomeDisk(file, isDemo: true)
        await demo.outcomes.settled()
        demo.outcomes.record(.number(2))
        await demo.written()
        let lines = try await demo.lines()
        #expect(lines.map { $0.hasSuffix("\"is_demo\":true}") } == [false, true])
    }

    @Test func `says null where nothing is known, and keeps any text`() async throws {
        struct Line: Decodable, Equatable {
            var query_id: String
            var prompt: String
            var project: String
            var escalation_reasons: [String]
            var task: String?
            var score: Int?
            var quality: Double?
            var latency_ms: Double
            var is_success: Bool
            var cost_usd: Decimal
        }
        let disk = await open()
        var odd = RoutingOutcome.number(1, prompt: "a \"quote\"\n\u{1B}[2J 日本語 \u{2028} \\")
        (odd.task, odd.score, odd.quality, odd.isSuccess) = (nil, nil, .nan, false)
        odd.escalationReasons = ["a\"b", "\n"]
        odd.latencyMilliseconds = .infinity
        odd.project = "nul\0inside"
        odd.cost = USD(nanodollars: -1)
        disk.outcomes.record(odd)
        await disk.written()
        let line = try #require(try await disk.lines().first)
        for null in ["\"task\":null", "\"score\":null", "\"quality\":null"] { #expect(line.contains(null)) }
        let read = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        #expect(
            read
                == Line(
                    query_id: "id-1",
                    prompt: odd.prompt,
                    project: "nul\u{FFFD}inside",
                    escalation_reasons: ["a\"b", "\n"],
                    latency_ms: 0,
                    is_success: false,
                    cost_usd: Decimal(sign: .minus, exponent: -9, significand: 1)
                )
        )
    }

    @Test func `cuts a long prompt at a whole character`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.promptBytes = 6
        let disk = await open(limits)
        for (number, prompt) in ["123456", "12345日", "1234567", "日日日", "\u{1F600}\u{1F600}"].enumerated() {
            disk.outcomes.record(.number(number, prompt: prompt))
        }
        await disk.written()
        let prompts = try await disk.lines().map { line in
            String(line.split(separator: "\"prompt\":\"")[1].prefix { $0 != "\"" })
        }
        #expect(prompts == ["123456", "12345", "123456", "日日", "\u{1F600}"])
    }

    @Test func `is read oldest first, from a moment on, and no further than asked, in pages of bounded size`()
        async throws
    {
        let disk = await open()
        // Written in another order than that of their times, as requests end.
        for number in (1...2_500).reversed() { disk.outcomes.record(.number(number)) }
        await disk.written()
        func numbers(_ since: Int64 = 0, _ limit: Int = .max) async throws -> [Int] {
            try await disk.lines(since: since, limit: limit).compactMap { line in
                Int(line.dropFirst("{\"query_id\":\"id-".count).prefix { $0 != "\"" })
            }
        }
        #expect(try await numbers() == Array(1...2_500))
        #expect(try await numbers(2_400) == Array(2_400...2_500))
        #expect(try await numbers(2_501) == [])
        #expect(try await numbers(.max) == [])
        #expect(try await numbers(100, 1_000) == Array(100..<1_100))
        #expect(try await numbers(100, 1_001) == Array(100...1_100))
        #expect(try await numbers(2_499, 1) == [2_499])
        let first = try await disk.outcomes.page(after: OutcomeCursor(sinceUnixSeconds: 0), limit: .max)
        #expect(first.lines.count < 262_144 + 1_000 && first.rows <= 1_000)
        let other = try DatabaseQueue.rude(file)
        let plan = try await other.read {
            try Row.fetchAll(
                $0,
                sql: """
                    EXPLAIN QUERY PLAN SELECT id, prompt FROM routing_outcomes
                    WHERE (unix_ms, id) > (5, 0) ORDER BY unix_ms, id LIMIT 10
                    """
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("routing_outcomes_by_time"), "\(plan)")
    }

    @Test func `writes many in few transactions`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.gatherMilliseconds = 200
        let disk = await open(limits)
        let before = scratch.bytes("state/gateway.db-wal")
        for number in 1...1_000 { disk.outcomes.record(.number(number)) }
        await disk.written()
        #expect(try rows() == Array(1...1_000))
        // Each transaction writes the page that it changed again: a thousand of them would be twenty times as much.
        #expect(scratch.bytes("state/gateway.db-wal") - before < 1_000_000)
        await disk.outcomes.close()
    }

    @Test func `keeps so many rows, the newest`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.rows = 100
        let disk = await open(limits)
        for number in 1...6_000 { disk.outcomes.record(.number(number)) }
        await disk.written()
        await soon { (try? rows()) == Array(5_901...6_000) }
        disk.outcomes.record(.number(6_001))
        await soon { (try? rows()) == Array(5_902...6_001) }
    }

    @Test func `keeps so many bytes, the newest`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.bytes = 1_000_000
        let disk = await open(limits)
        let prompt = String(repeating: "x", count: 1_000)
        for number in 1...5_000 { disk.outcomes.record(.number(number, prompt: prompt)) }
        await disk.written()
        // 2,000 rows go at a time, and never the last one.
        await soon { (try? rows().count) ?? 5_000 <= 1_000 }
        #expect(try rows().last == 5_000)
    }

    @Test func `keeps reports of quality beside them`() async throws {
        let disk = await open()
        disk.outcomes.record(.number(1))
        disk.outcomes.record(.number(1))
        disk.outcomes.record(
            KeptFeedback(
                id: "r-1",
                unixMilliseconds: 5_000,
                project: "w\0b",
                queryID: "id-1",
                score: 41.5,
                tier: .balanced,
                quality: 0.25,
                outcome: "counted"
            )
        )
        disk.outcomes.record(
            KeptFeedback(id: "r-2", unixMilliseconds: 6_000, project: "web", quality: 1, outcome: "evicted")
        )
        await disk.written()
        let other = try DatabaseQueue.rude(file)
        defer { try? other.close() }
        let rows = try await other.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT report_id || '|' || unix_ms || '|' || project || '|' || ifnull(query_id, '-') || '|' ||
                        ifnull(score, '-') || '|' || ifnull(tier, '-') || '|' || quality || '|' || outcome || '|' || is_demo
                    FROM feedback ORDER BY id
                    """
            )
        }
        #expect(
            rows == ["r-1|5000|w b|id-1|41.5|balanced|0.25|counted|0", "r-2|6000|web|-|-|-|1.0|evicted|0"]
        )
        #expect(try self.rows() == [1, 1])
    }

    @Test func `keeps no row for longer than it may`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.retentionDays = 20_833  // the clock stands at day 20,833.3
        let disk = await open(limits)
        for day in 0...2 { disk.outcomes.record(.number(day * 14_400)) }
        disk.outcomes.record(
            KeptFeedback(id: "r", unixMilliseconds: 0, project: "web", quality: 1, outcome: "counted")
        )
        await disk.written()
        await soon { (try? rows()) == [28_800] }
        let other = try DatabaseQueue.rude(file)
        defer { try? other.close() }
        #expect(try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM feedback") } == 0)
    }

    @Test func `keeps what a server lacks in spite of its age, and counts what goes for want of room`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.retentionDays = 1
        limits.rows = 5
        limits.hasArchive = true
        let disk = await open(limits)
        for number in 1...8 { disk.outcomes.record(.number(number)) }
        await disk.written()
        // Nobody knows yet what the server has.
        #expect(try rows() == Array(1...8))
        #expect(disk.outcomes.archived(upTo: [:]) == 0)
        disk.outcomes.record(.number(9))
        let lost = Atomic(0)
        await soon {
            lost.add(disk.outcomes.archived(upTo: [:]), ordering: .relaxed)
            return lost.load(ordering: .relaxed) == 4
        }
        #expect(try rows() == Array(5...9))
        #expect(disk.outcomes.archived(upTo: ["routing_outcomes": 7]) == 0)
        for number in 10...12 {
            disk.outcomes.record(.number(number))
            await disk.written()
        }
        // The server has those that went; the others are as old, and stay.
        await soon { (try? rows()) == Array(8...12) }
        #expect(disk.outcomes.archived(upTo: ["routing_outcomes": 7]) == 0)
    }

    @Test func `is written whole when it is closed, and read by the next gateway`() async throws {
        var limits = OutcomeDatabase.Limits()
        limits.gatherMilliseconds = 60_000
        let disk = await open(limits)
        for number in 1...5_000 { disk.outcomes.record(.number(number)) }
        await disk.outcomes.close()
        #expect(try rows() == Array(1...5_000))
        let next = await open()
        next.outcomes.record(.number(5_001))
        await next.written()
        #expect(try await next.lines(since: 5_000).count == 2)
        #expect(next.told.all.isEmpty)
    }

    // MARK: Faults

    @Test func `waits while another process has the file, and tells it once`() async throws {
        let disk = await open()
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        for number in 1...50 { disk.outcomes.record(.number(number)) }
        await soon { disk.told.all.count == 1 }
        #expect(disk.told.all.first?.contains("\(file) is locked by another process") == true)
        #expect(disk.told.all.first?.contains("outcomes of routing wait in memory") == true)
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await disk.written()
        #expect(try rows() == Array(1...50))
        #expect(disk.told.all.last == "\(file) works again" && disk.told.all.count == 2)
    }

    @Test func `loses what finds no room while it waits, and says how many`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.waitingRows = 10
        let disk = await open(limits)
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        for number in 1...25 { disk.outcomes.record(.number(number)) }
        #expect(disk.told.all.contains { $0.contains("some are lost until it works") })
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await disk.written()
        #expect(try rows() == Array(1...10))
        #expect(disk.told.all.contains("\(file) takes outcomes of routing again; 15 were lost"))
        #expect(disk.told.all.count { $0.contains("lost") } == 2 + disk.told.all.count { $0.contains("locked") })
    }

    @Test func `bounds the bytes that wait, too`() async throws {
        var limits = OutcomeDatabase.Limits.quick
        limits.waitingBytes = 10_000
        let disk = await open(limits)
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        let prompt = String(repeating: "x", count: 2_000)
        for number in 1...10 { disk.outcomes.record(.number(number, prompt: prompt)) }
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await disk.written()
        // 2,512 each.
        #expect(try rows() == [1, 2, 3])
    }

    @Test func `goes on after a full disk`() async throws {
        let disk = await open(maximumFileBytes: 300_000)
        let prompt = String(repeating: "x", count: 10_000)
        for number in 1...20 { disk.outcomes.record(.number(number, prompt: prompt)) }
        await disk.written()
        // On the writer's own thread, which so meets all of them at once.
        _ = await disk.outcomes.database.perform(withinMilliseconds: 5_000) { [outcomes = disk.outcomes] _ in
            for number in 21...35 { outcomes.record(.number(number, prompt: prompt)) }
        }
        await soon { !disk.told.all.isEmpty }
        #expect(disk.told.all.first?.contains("no room to write, the disk is full") == true)
        #expect(disk.outcomes.isWaiting)
        // What is there can be read.
        #expect(try await disk.lines().count == 20)
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("DELETE FROM routing_outcomes")
        await disk.written()
        #expect(try rows() == Array(21...35))
        #expect(disk.told.all.count == 2 && disk.told.all.last == "\(file) works again")
    }

    @Test func `moves a damaged file aside and begins anew`() async throws {
        scratch.makeStateDirectory()
        scratch.write(Array(repeating: 0x41, count: 5_000), to: "state/gateway.db")
        let disk = await open()
        disk.outcomes.record(.number(1))
        await disk.written()
        #expect(try rows() == [1])
        #expect(disk.told.all.count == 1 && disk.told.all[0].contains("gateway.db.damaged-1800000000"))
    }

    @Test func `leaves another program's database and a newer gateway's alone`() async throws {
        scratch.makeStateDirectory()
        var other = try DatabaseQueue(path: file)
        try await other.write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        try other.close()
        chmod(file, 0o644)
        let mode = scratch.mode("state/gateway.db")
        let disk = await open()
        disk.outcomes.record(.number(1))
        await soon { !disk.told.all.isEmpty }
        #expect(disk.told.all[0].contains("another program's database (\(file))"))
        await disk.outcomes.close()
        #expect(scratch.mode("state/gateway.db") == mode, "not even its mode is changed")
        other = try DatabaseQueue(path: file)
        #expect(try await other.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "delete")
        try other.close()
        #expect(scratch.names.allSatisfy { !$0.contains("damaged") })

        for name in scratch.names { unlink("\(scratch.path)/state/\(name)") }
        await open().outcomes.close()
        other = try DatabaseQueue(path: file)
        try await other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
        try other.close()
        let older = await open()
        #expect(older.told.all.first?.contains("made by a newer version of the gateway") == true)
        #expect(scratch.names.allSatisfy { !$0.contains("damaged") })
        await #expect(throws: GatewayError.self) { try await older.lines() }
    }

    @Test func `says so where the place cannot be used`() async throws {
        scratch.makeStateDirectory()
        scratch.write([1], to: "state/file")
        let disk = OutcomeDisk("\(scratch.path)/state/file/gateway.db")
        await disk.outcomes.settled()
        disk.outcomes.record(.number(1))
        let error = await #expect(throws: GatewayError.self) { try await disk.lines() }
        #expect(error?.status == 503)
        #expect(error?.message.contains("Not a directory") == true)
        #expect(disk.told.all.count == 1)
        unlink("\(scratch.path)/state/file")
        await disk.written()
        #expect(try await disk.lines().count == 1)
    }
}
