import GatewayCore
import GatewayIO
import Shared
import Testing

extension RedisSuites {
    @Suite(.enabled(if: RedisServerProcess.isInstalled))
    struct `Answers in Redis` {
        private let secret = Array("secret".utf8)
        private let owner = CacheOwner(project: 1, key: 2)

        private func name(_ key: CacheKey) -> [UInt8] {
            let digits = key.bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            return Array("llm-gateway:answer:1:\(digits)".utf8)
        }

        /// Stored, and there.
        private func keep(_ value: [UInt8], _ key: CacheKey, _ owner: CacheOwner, in answers: RedisAnswers) async throws
        {
            answers.store(value, for: key, owner: owner, lifetimeSeconds: 60)
            try await eventually { await answers.value(for: key) == value }
        }

        @Test func `are found under their key and nowhere else`() async throws {
            let server = try await RedisServerProcess()
            let answers = RedisAnswers(try await server.client(), sealKey: secret)
            #expect(await answers.value(for: try cacheKey(1)) == nil)
            let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            try await keep(Array("an answer".utf8), cacheKey(1), owner, in: answers)
            try await keep(large, cacheKey(2), owner, in: answers)
            try await keep([], cacheKey(3), owner, in: answers)
            #expect(await answers.value(for: try cacheKey(4)) == nil)
            let other = RedisAnswers(try await server.client(), sealKey: secret)
            #expect(await other.value(for: try cacheKey(2)) == large)
            let report = other.report
            #expect(report.name == "redis" && report.state == .ok && report.detail == nil)
            #expect(report.hits == 1 && report.misses == 0 && report.rejected == 0)
        }

        @Test func `have a name, a time to live and are packed`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let answers = RedisAnswers(client, sealKey: secret)
            let text = Array(String(repeating: "the same words again, ", count: 250).utf8)
            answers.store(text, for: try cacheKey(1), owner: owner, lifetimeSeconds: 1)
            answers.store(text, for: try cacheKey(2), owner: owner, lifetimeSeconds: .max)
            answers.store(text, for: try cacheKey(3), owner: owner, lifetimeSeconds: 0)
            try await eventually { await answers.value(for: try cacheKey(2)) == text }
            guard case .integer(let milliseconds) = try await client.call([Array("PTTL".utf8), name(try cacheKey(1))])
            else {
                return #expect(Bool(false))
            }
            #expect(milliseconds <= 1_000)
            #expect(try await client.call([Array("EXISTS".utf8), name(try cacheKey(3))]) == .integer(0))
            guard case .integer(let stored) = try await client.call([Array("STRLEN".utf8), name(try cacheKey(2))])
            else {
                return #expect(Bool(false))
            }
            #expect(stored < 200)
            try await eventually { await answers.value(for: try cacheKey(1)) == nil }
        }

        @Test func `are removed by entry, project, key and all together`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let answers = RedisAnswers(client, sealKey: secret)
            // 600 of them: more than one step of the walk.
            for number in 0..<600 {
                let owner = CacheOwner(project: UInt64(number % 2), key: UInt64(number % 3))
                answers.store([UInt8(number % 250)], for: try cacheKey(number), owner: owner, lifetimeSeconds: 60)
            }
            _ = try await client.call(bytes("SET", "somebody else's", "x"))
            _ = try await client.call(bytes("SET", "llm-gateway:answer:1:short", "x"))
            // Behind everything that was stored before.
            #expect(await answers.remove(.entry(try cacheKey(5))) == 1)
            #expect(await answers.remove(.entry(try cacheKey(5))) == 0)
            #expect(await answers.value(for: try cacheKey(5)) == nil)
            #expect(await answers.value(for: try cacheKey(6)) == [6])
            // Odd numbers: 300, of which one is gone.
            #expect(await answers.remove(.project(1)) == 299)
            #expect(await answers.value(for: try cacheKey(7)) == nil)
            #expect(await answers.value(for: try cacheKey(8)) == [8])
            // Of 300 even ones, every third.
            #expect(await answers.remove(.key(0)) == 100)
            #expect(await answers.value(for: try cacheKey(6)) == nil)
            #expect(await answers.remove(.project(77)) == 0)
            #expect(await answers.remove(.all) == 200)
            #expect(await answers.remove(.all) == 0)
            #expect(try await client.call(bytes("DBSIZE")) == .integer(2))
        }

        @Test func `that are damaged, exchanged or forged are misses`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let answers = RedisAnswers(client, sealKey: secret)
            let (one, two) = (try cacheKey(1), try cacheKey(2))
            try await keep(Array("one".utf8), one, owner, in: answers)
            try await keep(Array("two".utf8), two, owner, in: answers)
            _ = try await client.call([Array("COPY".utf8), name(one), name(two), Array("REPLACE".utf8)])
            #expect(await answers.value(for: two) == nil)
            _ = try await client.call([Array("SETRANGE".utf8), name(one), Array("40".utf8), Array("X".utf8)])
            #expect(await answers.value(for: one) == nil)
            _ = try await client.call([Array("SET".utf8), name(one), Array("nonsense".utf8)])
            #expect(await answers.value(for: one) == nil)
            _ = try await client.call([Array("SET".utf8), name(one), []])
            #expect(await answers.value(for: one) == nil)
            let forged = ValueSeal(key: []).seal(Array("evil".utf8), for: one, owner: owner)
            _ = try await client.call([Array("SET".utf8), name(one), forged])
            #expect(await answers.value(for: one) == nil)
            _ = try await client.call([Array("DEL".utf8), name(one)])
            _ = try await client.call([Array("LPUSH".utf8), name(one), Array("a".utf8)])
            #expect(await answers.value(for: one) == nil)
            #expect(answers.report.rejected == 6)
            // A new answer takes the place of the bad one.
            try await keep(Array("new".utf8), one, owner, in: answers)
        }

        @Test func `are dropped where Redis is full, and reading goes on`() async throws {
            let server = try await RedisServerProcess(["--maxmemory-policy", "noeviction"])
            let client = try await server.client()
            let answers = RedisAnswers(client, sealKey: secret)
            try await keep(Array("early".utf8), cacheKey(1), owner, in: answers)
            _ = try await client.call(bytes("CONFIG", "SET", "maxmemory", "1"))
            answers.store([1], for: try cacheKey(2), owner: owner, lifetimeSeconds: 60)
            try await eventually { answers.report.dropped == 1 }
            #expect(answers.report.state == .ok)
            #expect(answers.report.detail?.contains("OOM") == true)
            #expect(await answers.value(for: try cacheKey(1)) == Array("early".utf8))
            _ = try await client.call(bytes("CONFIG", "SET", "maxmemory", "0"))
            try await keep([1], cacheKey(2), owner, in: answers)
            #expect(answers.report.detail == nil)
        }

        @Test func `make room for each other where Redis evicts`() async throws {
            let server = try await RedisServerProcess(["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"])
            let client = try await server.client()
            let answers = RedisAnswers(client, sealKey: secret)
            var state: UInt64 = 1
            for number in 0..<1_000 {
                let noise = (0..<4_096).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1
                    return UInt8(truncatingIfNeeded: state >> 33)
                }
                answers.store(noise, for: try cacheKey(number), owner: owner, lifetimeSeconds: 60)
            }
            #expect(await answers.remove(.entry(try cacheKey(5_000))) == 0)
            try await keep(Array("last".utf8), cacheKey(1_001), owner, in: answers)
            // 3 MB do not hold a thousand answers of 4 KiB.
            guard case .integer(let kept) = try await client.call(bytes("DBSIZE")) else { return #expect(Bool(false)) }
            #expect(kept < 750)
            let facts = RedisAnswers(client, sealKey: secret)
            _ = facts.report
            try await eventually { facts.report.evictions > 0 }
            #expect(facts.report.maxBytes == 3_145_728)
            #expect(answers.report.state == .ok && answers.report.rejected == 0)
        }

        @Test func `stay away with Redis, and nobody waits`() async throws {
            let server = try await RedisServerProcess()
            let answers = RedisAnswers(try await server.client(), sealKey: secret)
            server.kill()
            try await eventually { answers.report.state == .down }
            let start = MonotonicTime.nanoseconds()
            for number in 0..<1_000 {
                answers.store([1], for: try cacheKey(number), owner: owner, lifetimeSeconds: 60)
                #expect(await answers.value(for: try cacheKey(number)) == nil)
            }
            #expect(MonotonicTime.nanoseconds() - start < 2_000_000_000)
            #expect(await answers.remove(.all) == nil)
            #expect(await answers.remove(.entry(try cacheKey(1))) == nil)
            let report = answers.report
            #expect(report.dropped == 1_000 && report.misses == 1_000)
            #expect(report.detail?.contains(server.socket) == true)
        }

        @Test func `that are too large stay out`() async throws {
            let server = try await RedisServerProcess()
            let answers = RedisAnswers(try await server.client(), sealKey: secret)
            let large = [UInt8](repeating: 0, count: RedisAnswers.maximumValueBytes + 1)
            answers.store(large, for: try cacheKey(1), owner: owner, lifetimeSeconds: 60)
            #expect(answers.report.dropped == 1)
            try await keep(Array(large.dropLast()), cacheKey(2), owner, in: answers)
        }
    }
}
