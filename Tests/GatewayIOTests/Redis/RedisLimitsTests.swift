import GatewayCore
import Shared
import Synchronization
import Testing

@testable import GatewayIO

@Suite struct `Scripts that Redis refuses` {
    private static let second: Int64 = 1_000_000_000
    private var health = RedisScriptHealth()

    @Test mutating func `are tried at once, and each second while they are refused`() {
        #expect(health.wantsTrial(now: 0))
        health.worked(now: 0)
        #expect(!health.wantsTrial(now: 100 * Self.second) && health.refusal == nil)
        health.refused("OOM command not allowed", now: 100 * Self.second)
        #expect(health.refusal == "OOM command not allowed")
        #expect(!health.wantsTrial(now: 101 * Self.second - 1))
        #expect(health.wantsTrial(now: 101 * Self.second))
        health.refused("OOM command not allowed", now: 101 * Self.second)
        #expect(!health.wantsTrial(now: 102 * Self.second - 1))
        #expect(health.wantsTrial(now: 102 * Self.second))
        health.worked(now: 102 * Self.second)
        #expect(health.refusal == nil && !health.wantsTrial(now: 200 * Self.second))
    }

    @Test mutating func `are left alone for longer where only trials get through`() {
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<9 {
            health.refused("WRONGTYPE", now: now)
            let began = now
            while !health.wantsTrial(now: now) { now += Self.second }
            pauses.append((now - began) / Self.second)
            health.worked(now: now)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        // Quiet for a minute: as if nothing had been.
        now += 60 * Self.second
        health.refused("WRONGTYPE", now: now)
        #expect(health.wantsTrial(now: now + Self.second))
    }

    @Test mutating func `under way together count once`() {
        health.refused("READONLY", now: 0)
        health.refused("READONLY", now: Self.second / 2)
        #expect(health.wantsTrial(now: Self.second))
    }

    @Test mutating func `are tried anew when the connection is`() {
        health.refused("READONLY", now: 0)
        health.lost()
        #expect(health.wantsTrial(now: 1) && health.refusal == "READONLY")
    }

    @Test(arguments: [
        ("NOPERM this user has no permissions to run the 'eval' command", "access list"),
        ("ERR The user executing the script can't run this command or subcommand script: 1", "access list"),
        ("READONLY You can't write against a read only replica.", "replica"), ("OOM command not allowed", "maxmemory"),
        ("WRONGTYPE Operation against a key", "something else stands"), ("ERR unknown command 'EVAL'", "docs/redis.md"),
    ])
    func `come with what to do`(refusal: String, word: String) {
        #expect(RedisScriptHealth.advice(refusal).contains(word))
    }
}

extension RedisSuites {
    @Suite(.enabled(if: RedisServerProcess.isInstalled))
    struct `Limits in Redis` {
        private static let budget = [ScopedBudget(scope: .all, budget: .init(perDay: USD(nanodollars: 100)))]

        private func reserve(_ limits: RedisLimits, _ id: String, _ amount: Int64) async -> SharedReservation? {
            await limits.reserve(id, USD(nanodollars: amount), for: Self.budget)
        }

        /// `begin` makes Redis refuse scripts, `end` makes it take them; `word` is its error's.
        private func refused(_ begin: [[String]], _ end: [[String]], word: String) async throws {
            let server = try await RedisServerProcess()
            let admin = try await server.client()
            func run(_ commands: [[String]]) async throws {
                for command in commands { _ = try await admin.call(command.map { Array($0.utf8) }) }
            }
            // A user of its own: what keeps it out leaves the administrator alone.
            try await run([["ACL", "SETUSER", "gateway", "on", ">secret", "~llm-gateway:*", "+@all"]])
            let limits = RedisLimits(try await server.client("?user=gateway&password=secret"))
            let told = Recorder<RedisLimits.Sharing>()
            let watching = Task { await limits.watch { told.add($0) } }
            defer { watching.cancel() }
            try await eventually { limits.sharing == .shared }
            #expect(limits.problems.isEmpty)
            #expect(await reserve(limits, "a", 40)?.isGranted == true)

            try await run(begin)
            // What does not write first may yet get through where Redis is full; a settlement never does.
            limits.settle([], id: "b", spent: USD(nanodollars: 1), scopes: [.all])
            try await eventually { !limits.isThere && limits.waitingCount == 1 }
            #expect(await reserve(limits, "b", 10) == nil)
            guard case .refused(let text) = limits.sharing else { return #expect(Bool(false), "\(limits.sharing)") }
            #expect(text.contains(word) && text.contains(server.socket) && !text.contains("secret"))
            #expect(limits.problems == ["limits and budgets are this daemon's alone: \(text)"])
            // What was spent meanwhile waits, and nobody asks.
            limits.settle(
                [HeldAmount(id: "a", amount: USD(nanodollars: 40))],
                id: "a",
                spent: USD(nanodollars: 30),
                scopes: [.all]
            )
            limits.settle([], id: "c", spent: USD(nanodollars: 25), scopes: [.all])
            #expect(limits.waitingCount == 3)
            #expect(await reserve(limits, "d", 10) == nil)
            try await eventually { told.values.count == 2 }

            try await run(end)
            try await eventually { limits.sharing == .shared && limits.waitingCount == 0 }
            let answer = try #require(await reserve(limits, "e", 44))
            #expect(answer.isGranted && answer.accounts[0].day.spent == USD(nanodollars: 56))
            #expect(answer.accounts[0].reserved == .zero)
            #expect(await reserve(limits, "f", 1)?.isGranted == false)
            try await eventually { told.values.count == 3 }
            guard case .refused = told.values[1] else { return #expect(Bool(false), "\(told.values)") }
            #expect(told.values[0] == .shared && told.values[2] == .shared)
            #expect(limits.lost == 0 && limits.problems.isEmpty)
            // The trial leaves nothing behind.
            let names = try await admin.call(bytes("KEYS", "*trial*"))
            #expect(names.elements?.isEmpty == true)
        }

        @Test func `go on alone without the right to run scripts, and book what was spent`() async throws {
            try await refused(
                [["ACL", "SETUSER", "gateway", "-eval"]],
                [["ACL", "SETUSER", "gateway", "+eval"]],
                word: "NOPERM"
            )
        }

        @Test func `go on alone without the right to one command of them, and book what was spent`() async throws {
            try await refused(
                [["ACL", "SETUSER", "gateway", "-hget"]],
                [["ACL", "SETUSER", "gateway", "+hget"]],
                word: "access list"
            )
        }

        @Test func `go on alone while Redis is a replica, and book what was spent`() async throws {
            try await refused([["REPLICAOF", "127.0.0.1", "1"]], [["REPLICAOF", "NO", "ONE"]], word: "READONLY")
        }

        @Test func `go on alone while Redis is full, and book what was spent`() async throws {
            try await refused(
                [["CONFIG", "SET", "maxmemory", "1"]],
                [["CONFIG", "SET", "maxmemory", "0"]],
                word: "OOM"
            )
        }

        @Test func `are refused from the start, and that is told without a request`() async throws {
            let server = try await RedisServerProcess()
            let admin = try await server.client()
            _ = try await admin.call(
                bytes("ACL", "SETUSER", "gateway", "on", ">secret", "~llm-gateway:*", "+@all", "-zadd")
            )
            let limits = RedisLimits(try await server.client("?user=gateway&password=secret"))
            let told = Recorder<RedisLimits.Sharing>()
            let watching = Task { await limits.watch { told.add($0) } }
            defer { watching.cancel() }
            try await eventually { told.values.count == 1 }
            guard case .refused? = told.values.first else { return #expect(Bool(false), "\(told.values)") }
            #expect(!limits.isThere)
            // Nothing was put aside by half.
            #expect(await reserve(limits, "a", 40) == nil)
            #expect(try await admin.call(bytes("HGET", "llm-gateway:budget:1:all", "reserved")) == .null)
        }

        @Test func `give up settlements beyond a bound while Redis is away, and book each of the others once`()
            async throws
        {
            let server = try await RedisServerProcess()
            let admin = try await server.client()
            let limits = RedisLimits(try await server.client())
            let watching = Task { await limits.watch { _ in } }
            defer { watching.cancel() }
            try await eventually { limits.sharing == .shared }
            server.kill()
            try await eventually { !limits.isThere }
            for number in 0..<10_002 {
                limits.settle([], id: "\(number)", spent: USD(nanodollars: 1), scopes: [.all])
            }
            #expect(limits.waitingCount == 10_000 && limits.lost == 2)
            #expect(limits.problems.count == 2 && limits.problems[1].hasPrefix("2 amounts"))
            try await server.start()
            // Redis is looked for every five seconds by then, where ten thousand commands took long to make.
            try await eventually(within: 30) { limits.waitingCount == 0 && limits.sharing == .shared }
            try await eventually {
                try await admin.call(bytes("HGET", "llm-gateway:budget:1:all", "day_spent"))
                    == .string(Array("10000".utf8))
            }
            // Ten thousand that arrive together are each booked once, and none is missing.
            #expect(limits.lost == 2)
        }

        private static let two = [StreamBound(scope: .all, most: 2)]

        @Test func `count streams of several daemons, and those of one that was killed for a minute at most`()
            async throws
        {
            let server = try await RedisServerProcess()
            let admin = try await server.client()
            let daemons = [RedisLimits(try await server.client()), RedisLimits(try await server.client())]
            let watching = daemons.map { limits in Task { await limits.watch { _ in } } }
            defer { for task in watching { task.cancel() } }
            try await eventually { daemons.allSatisfy { $0.sharing == .shared } }
            #expect(await daemons[0].enterStream("a", Self.two) == .entered)
            #expect(await daemons[1].enterStream("b", Self.two) == .entered)
            #expect(await daemons[0].enterStream("c", Self.two) == .full(Self.two[0]))
            daemons[1].leaveStream("b")
            daemons[1].leaveStream("never entered")
            try await eventually { await daemons[0].enterStream("c", Self.two) == .entered }
            // All or none: the project has room, the gateway has none.
            let both = [StreamBound(scope: .project("web"), most: 9), Self.two[0]]
            #expect(await daemons[1].enterStream("d", both) == .full(Self.two[0]))
            #expect(try await admin.call(bytes("EXISTS", "llm-gateway:limit:1:streams:project:web")) == .integer(0))
            // The place of a daemon that is gone ends by itself.
            let name = "llm-gateway:limit:1:streams:all"
            guard case .integer(let seconds) = try await admin.call(bytes("TTL", name)) else {
                return #expect(Bool(false))
            }
            #expect((1...60).contains(seconds))
            _ = try await admin.call(bytes("ZADD", name, "1", "a", "1", "c"))
            #expect(await daemons[1].enterStream("e", Self.two) == .entered)
            #expect(await daemons[1].enterStream("f", Self.two) == .entered)
            #expect(await daemons[1].enterStream("g", Self.two) == .full(Self.two[0]))
        }

        @Test func `give places back that ended while Redis was frozen`() async throws {
            let server = try await RedisServerProcess()
            let admin = try await server.client()
            let limits = RedisLimits(try await server.client())
            let watching = Task { await limits.watch { _ in } }
            defer { watching.cancel() }
            try await eventually { limits.sharing == .shared }
            for id in ["a", "b"] { #expect(await limits.enterStream(id, Self.two) == .entered) }
            // Longer than a call may take, so that what is sent meanwhile gets no answer.
            _ = try await admin.call(bytes("CLIENT", "PAUSE", "1500"))
            for id in ["a", "b"] { limits.leaveStream(id) }
            try await eventually { await limits.enterStream("c", Self.two) == .entered }
            try await eventually {
                try await admin.call(bytes("ZCARD", "llm-gateway:limit:1:streams:all")) == .integer(1)
            }
        }

        @Test func `count streams that came while Redis was away when it is back`() async throws {
            let server = try await RedisServerProcess()
            let limits = RedisLimits(try await server.client())
            let other = RedisLimits(try await server.client())
            let watching = [limits, other].map { limits in Task { await limits.watch { _ in } } }
            defer { for task in watching { task.cancel() } }
            try await eventually { limits.sharing == .shared && other.sharing == .shared }
            #expect(await limits.enterStream("before", Self.two) == .entered)
            server.kill()
            try await eventually { !limits.isThere && !other.isThere }
            #expect(await limits.enterStream("meanwhile", Self.two) == nil)
            #expect(await limits.enterStream("over", Self.two) == nil)
            limits.leaveStream("over")
            try await server.start()
            let admin = try await server.client()
            try await eventually {
                try await admin.call(bytes("ZCARD", "llm-gateway:limit:1:streams:all")) == .integer(2)
            }
            try await eventually { other.sharing == .shared }
            #expect(await other.enterStream("late", Self.two) == .full(Self.two[0]))
        }
    }
}

@Suite struct `Places of streams` {
    @Test func `are asked for anew in time, in parts, and at once when Redis is back`() {
        var seats = StreamSeats()
        #expect(seats.renewals(now: 0, isBack: true).isEmpty)
        for number in 0..<501 { seats.enter("\(number)", number == 0 ? [.all, .key("k")] : [.all]) }
        let second: Int64 = 1_000_000_000
        #expect(seats.renewals(now: 20 * second - 1, isBack: false).isEmpty)
        let renewals = seats.renewals(now: 20 * second, isBack: false)
        #expect(renewals.filter { $0.scope == .all }.map(\.ids.count).sorted() == [1, 500])
        #expect(Set(renewals.filter { $0.scope == .all }.flatMap(\.ids)).count == 501)
        #expect(renewals.filter { $0.scope == .key("k") }.map { Array($0.ids) } == [["0"]])
        #expect(seats.renewals(now: 21 * second, isBack: false).isEmpty)
        #expect(seats.leave("0", now: 21 * second).map(\.scope) == [.all, .key("k")])
        #expect(seats.leave("0", now: 21 * second).isEmpty)
        #expect(seats.renewals(now: 22 * second, isBack: true).map(\.ids.count) == [500])
        // What Redis was not told of it is told again, until that has gone by itself.
        let seat = StreamSeats.Seat(scope: .key("k"), id: "0")
        #expect(seats.left(now: 22 * second).isEmpty)
        seats.settle(StreamSeats.Seat(scope: .all, id: "0"), isTold: true)
        seats.settle(seat, isTold: false)
        #expect(seats.left(now: 23 * second) == [seat] && seats.left(now: 23 * second).isEmpty)
        seats.settle(seat, isTold: false)
        #expect(seats.left(now: 81 * second).isEmpty)
        // Two in a row may fail before a place is lost.
        #expect(Int64(StreamSeats.lifetimeSeconds) * second >= 3 * 20 * second)
    }
}
