import GatewayIO
import Glibc
import Testing

extension RedisSuites {
    @Suite(.enabled(if: RedisServerProcess.isInstalled))
    struct `A Redis client` {
        @Test func `carries bytes of every kind both ways`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let value = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 131) }
            #expect(try await client.call([Array("SET".utf8), [0, 13, 10, 36], value]) == .status("OK"))
            #expect(try await client.call([Array("GET".utf8), [0, 13, 10, 36]]) == .string(value))
            #expect(try await client.call(bytes("GET", "none")) == .null)
            #expect(try await client.call(bytes("SET", "", "")) == .status("OK"))
            #expect(try await client.call(bytes("GET", "")) == .string([]))
            #expect(try await client.call(bytes("INCR", "n")) == .integer(1))
            #expect(try await client.call(bytes("MGET", "n", "none")) == .array([.string([49]), .null]))
            let refused = try await client.call(bytes("INCR", ""))
            #expect(refused.errorCode == "WRONGTYPE" || refused.errorCode == "ERR")
            let many = ["RPUSH", "list"] + (0..<1_000).map { "\($0)" }
            #expect(try await client.call(many.map { Array($0.utf8) }) == .integer(1_000))
            #expect(try await client.call(bytes("LRANGE", "list", "0", "-1")).elements?.count == 1_000)
            #expect(client.counts.timeouts == 0 && client.counts.dropped == 0)
            #expect(try #require(client.latencyP50Milliseconds) > 0)
        }

        @Test func `signs in, selects and names itself`() async throws {
            let server = try await RedisServerProcess([
                "--requirepass", "p w", "--user", "anna", "on", ">s@cret", "~*", "+@all",
            ])
            let client = try await server.client("?password=p%20w&db=5")
            let info = try #require(try await client.call(bytes("CLIENT", "INFO")).bytes)
            let text = String(decoding: info, as: UTF8.self)
            #expect(text.contains("name=llm-gateway "))
            #expect(text.contains("db=5 "))
            let anna = try await server.client("?user=anna&password=s%40cret")
            #expect(try await anna.call(bytes("ACL", "WHOAMI")) == .string(Array("anna".utf8)))
        }

        @Test(arguments: [
            ("?password=Geheim", "WRONGPASS"), ("", "redis://:password@host"),
            ("?user=no&password=Geheim", "WRONGPASS"),
        ])
        func `says why it is not let in`(query: String, reason: String) async throws {
            let server = try await RedisServerProcess(["--requirepass", "other"])
            let states = Recorder<RedisState>()
            let client = try RedisClient(try server.address(query), options: RedisServerProcess.patient) {
                states.add($0)
            }
            try await eventually { !states.values.isEmpty }
            guard case .down(let detail) = client.state else { return #expect(Bool(false)) }
            #expect(detail.contains(reason))
            #expect(detail.contains(server.socket))
            #expect(!detail.contains("Geheim"))
            await #expect(throws: RedisError.down(detail)) { try await client.call(bytes("GET", "x")) }
            #expect(states.values.count == 1)
        }

        @Test func `says that nobody is there, and comes when somebody is`() async throws {
            let server = try await RedisServerProcess()
            server.kill()
            let states = Recorder<RedisState>()
            let client = try RedisClient(try server.address(), options: RedisServerProcess.patient) { states.add($0) }
            try await eventually { !states.values.isEmpty }
            guard case .down(let detail) = client.state else { return #expect(Bool(false)) }
            #expect(detail.contains("No such file or directory"))
            try await server.start()
            try await eventually { client.state == .ok }
            #expect(try await client.call(bytes("PING")) == .status("PONG"))
            try await eventually { states.values.count == 2 }
            #expect(states.values.last == .ok)
        }

        @Test func `finds hosts by name, and says where there is none`() async throws {
            let server = try await RedisServerProcess()
            let port = try freePort()
            let client = try await server.client()
            _ = try await client.call(bytes("CONFIG", "SET", "port", "\(port)"))
            let named = try RedisClient(
                try RedisAddress("redis://localhost:\(port)"),
                options: RedisServerProcess.patient
            )
            try await eventually { named.state == .ok }
            let numeric = try RedisClient(
                try RedisAddress("redis://127.0.0.1:\(port)/1"),
                options: RedisServerProcess.patient
            )
            try await eventually { numeric.state == .ok }
            #expect(try await named.call(bytes("SET", "a", "b")) == .status("OK"))
            #expect(try await numeric.call(bytes("GET", "a")) == .null)
        }

        @Test func `pipelines ten thousand calls of a hundred tasks, each with its own reply`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            for number in 0..<100 { client.send(bytes("SET", "key\(number)", "value\(number)")) }
            let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
                for task in 0..<100 {
                    group.addTask {
                        var wrong = 0
                        for turn in 0..<100 {
                            let number = (task * 31 + turn * 17) % 100
                            let reply = try await client.call(bytes("GET", "key\(number)"))
                            if reply != .string(Array("value\(number)".utf8)) { wrong += 1 }
                        }
                        return wrong
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(wrong == 0)
            // One connection is all it takes: this client's, and it has stayed.
            let list = try #require(try await client.call(bytes("CLIENT", "LIST")).bytes)
            #expect(list.filter { $0 == 10 }.count == 1)
        }

        @Test func `is bounded in commands and bytes that wait`() async throws {
            let server = try await RedisServerProcess()
            var options = RedisServerProcess.patient
            options.maximumWaiting = 10
            options.maximumWaitingBytes = 1_000
            options.sendTimeoutMilliseconds = 60_000
            let client = try await server.client(options: options)
            server.freeze()
            for _ in 0..<10 { client.send(bytes("PING")) }
            await #expect(throws: RedisError.busy) { try await client.call(bytes("PING")) }
            client.send(bytes("PING"))
            #expect(client.counts.dropped == 1)
            server.thaw()
            try await eventually { (try? await client.call(bytes("PING"))) == .status("PONG") }
            await #expect(throws: RedisError.busy) {
                try await client.call([Array("SET".utf8), [1], [UInt8](repeating: 0, count: 1_000)])
            }
            #expect(
                try await client.call([Array("SET".utf8), [1], [UInt8](repeating: 0, count: 900)]) == .status("OK")
            )
        }

        @Test func `lets cancelled tasks go at once, and stays in step`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            _ = try await client.call(bytes("SET", "a", "1"))
            _ = try await client.call(bytes("SET", "b", "2"))
            server.freeze()
            let task = Task { try await client.call(bytes("GET", "a"), timeoutMilliseconds: 30_000) }
            try await Task.sleep(for: .milliseconds(5))
            task.cancel()
            let outcome = await task.result
            #expect(throws: RedisError.cancelled) { try outcome.get() }
            server.thaw()
            #expect(try await client.call(bytes("GET", "b"), timeoutMilliseconds: 5_000) == .string([50]))
            let already = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.call(bytes("GET", "a"))
            }
            let late = await already.result
            #expect(throws: RedisError.cancelled) { try late.get() }
            #expect(try await client.call(bytes("GET", "b")) == .string([50]))
        }

        @Test func `waits for blocking commands on a client of their own`() async throws {
            let server = try await RedisServerProcess()
            let (waiting, quick) = (try await server.client(), try await server.client())
            async let popped = waiting.call(bytes("BLPOP", "list", "4"))
            #expect(try await quick.call(bytes("PING")) == .status("PONG"))
            #expect(try await quick.call(bytes("RPUSH", "list", "x")) == .integer(1))
            #expect(try await popped == .array([.string(Array("list".utf8)), .string([120])]))
            #expect(waiting.state == .ok)
        }

        @Test func `ends with its calls when it is stopped`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            server.freeze()
            let call = Task { try await client.call(bytes("PING"), timeoutMilliseconds: 30_000) }
            try await Task.sleep(for: .milliseconds(5))
            client.stop()
            await #expect(throws: RedisError.self) { try await call.value }
            await #expect(throws: RedisError.down("Redis: the client was stopped")) {
                try await client.call(bytes("PING"))
            }
            server.thaw()
        }
    }
}

/// A port that was free a moment ago.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
        }
    }
    try #require(result == 0)
    return Int(UInt16(bigEndian: address.sin_port))
}
