import GatewayIO
import Testing

extension RedisSuites {
    @Suite(.enabled(if: RedisServerProcess.isInstalled))
    struct `When Redis fails` {
        /// How long a call took, in milliseconds, and what came of it.
        private func timed(_ client: RedisClient) async -> (
            milliseconds: Double, outcome: Result<RedisReply, RedisError>
        ) {
            let start = MonotonicTime.nanoseconds()
            let outcome: Result<RedisReply, RedisError>
            do throws(RedisError) {
                outcome = .success(try await client.call(bytes("PING")))
            } catch {
                outcome = .failure(error)
            }
            return (Double(MonotonicTime.nanoseconds() - start) / 1_000_000, outcome)
        }

        /// What a machine that is busy with other tests may add to a deadline of 50 ms.
        private let slackMilliseconds = 2_000.0

        @Test func `frozen: calls end by their deadline, after five at once, and it comes back by itself`() async throws
        {
            let server = try await RedisServerProcess()
            let states = Recorder<RedisState>()
            let client = try RedisClient(try server.address()) { states.add($0) }
            try await eventually { client.state == .ok }
            server.freeze()
            for turn in 0..<5 {
                let (milliseconds, outcome) = await timed(client)
                #expect(milliseconds < 50 + slackMilliseconds)
                guard case .failure = outcome else { return #expect(Bool(false), "\(turn)") }
            }
            guard case .down(let detail) = client.state else { return #expect(Bool(false)) }
            #expect(detail.contains(server.socket))
            let start = MonotonicTime.nanoseconds()
            for _ in 0..<10_000 {
                guard case .failure(.down) = await timed(client).outcome else { return #expect(Bool(false)) }
            }
            // Half a millisecond each would be the work of a deadline.
            #expect(MonotonicTime.nanoseconds() - start < 5_000_000_000)
            server.thaw()
            try await eventually { client.state == .ok }
            try await eventually { states.values.count == 3 }
            #expect(states.values.first == .ok && states.values.last == .ok)
            #expect(client.counts.timeouts >= 1 && client.counts.timeouts <= 5)
        }

        @Test func `killed: calls fail at once, and it comes back when it is started`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            server.kill()
            try await eventually { client.state != .ok }
            guard case .failure(.down) = await timed(client).outcome else { return #expect(Bool(false)) }
            try await server.start()
            try await eventually { client.state == .ok }
            #expect(try await client.call(bytes("PING")) == .status("PONG"))
        }

        @Test func `killed under a call: the call ends`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            server.freeze()
            let call = Task { try await client.call(bytes("PING"), timeoutMilliseconds: 30_000) }
            try await Task.sleep(for: .milliseconds(5))
            server.kill()
            await #expect(throws: RedisError.connectionLost) { try await call.value }
            try await eventually { client.state != .ok }
        }

        @Test func `asleep: late replies reach nobody`() async throws {
            let server = try await RedisServerProcess()
            // The ordinary deadline of 50 ms.
            let (client, other) = (try await server.client(options: .init()), try await server.client())
            var values: [RedisReply] = []
            for number in 0..<50 {
                _ = try await other.call(bytes("SET", "key\(number)", "value\(number)"))
                values.append(.string(Array("value\(number)".utf8)))
            }
            for _ in 0..<3 {
                try await eventually { client.state == .ok && other.state == .ok }
                other.send(bytes("DEBUG", "SLEEP", "0.08"))
                let answered = await withTaskGroup(of: (Int, RedisReply?).self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            try? await Task.sleep(for: .milliseconds(number * 3))
                            return (number, try? await client.call(bytes("GET", "key\(number)")))
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                for (number, reply) in answered {
                    if let reply { #expect(reply == values[number]) }
                }
            }
            #expect(client.counts.timeouts > 0)
            try await eventually { client.state == .ok }
        }

        @Test func `the connection is killed while nothing waits: nobody notices`() async throws {
            let server = try await RedisServerProcess()
            let states = Recorder<RedisState>()
            let client = try RedisClient(try server.address(), options: RedisServerProcess.patient) { states.add($0) }
            let other = try await server.client()
            try await eventually { client.state == .ok }
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(try await other.call(bytes("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")) == .integer(1))
            #expect(try await client.call(bytes("PING"), timeoutMilliseconds: 5_000) == .status("PONG"))
            #expect(states.values == [.ok])
        }

        @Test func `too slow: it is not used at all`() async throws {
            let states = Recorder<RedisState>()
            let server = try ScriptedRedis { _ in [] }
            defer { server.stop() }
            var options = RedisClient.Options()
            options.timeoutMilliseconds = 20
            let client = try RedisClient(try RedisAddress("unix://\(server.socket)"), options: options) {
                states.add($0)
            }
            try await eventually { client.state == .ok }
            for _ in 0..<5 {
                await #expect(throws: RedisError.self) { try await client.call(bytes("GET", "x")) }
            }
            #expect(client.counts.timeouts > 0)
        }
    }
}
