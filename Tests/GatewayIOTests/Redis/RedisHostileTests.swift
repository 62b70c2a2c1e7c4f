import GatewayIO
import Testing

extension RedisSuites {
    @Suite
    struct `Hostile bytes from Redis` {
        /// Answers a `GET` with these bytes; returns what the caller got.
        private func outcome(of answer: [UInt8]) async throws -> Result<RedisReply, RedisError> {
            let server = try ScriptedRedis { _ in answer }
            defer { server.stop() }
            let client = try RedisClient(
                try RedisAddress("unix://\(server.socket)"),
                options: RedisServerProcess.patient
            )
            try await eventually { client.state == .ok }
            do throws(RedisError) {
                return .success(try await client.call(bytes("GET", "x"), timeoutMilliseconds: 2_000))
            } catch {
                return .failure(error)
            }
        }

        @Test(arguments: [
            "x\r\n", "$5\r\nhelloXX", "$-7\r\n", "*-7\r\n", ":abc\r\n", "$abc\r\n", "\u{0}\u{0}\u{0}\r\n",
            "*1\r\n?\r\n",
            "HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n", "*1048577\r\n", "*99999999999\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "$99999999999999999999\r\n",
            "*4294967297\r\n:1\r\n",
        ])
        func `end the connection and the call`(answer: String) async throws {
            #expect(try await outcome(of: Array(answer.utf8)) != .success(.null))
            switch try await outcome(of: Array(answer.utf8)) {
            case .success(.string(let bytes)): #expect(bytes == Array("hello".utf8))
            case .success: break
            case .failure(let error): #expect(error == .connectionLost || error == .timedOut)
            }
        }

        @Test func `reach nobody when nobody asked`() async throws {
            let server = try ScriptedRedis { _ in Array("$1\r\na\r\n$1\r\nb\r\n+OK\r\n*1\r\n:1\r\n".utf8) }
            defer { server.stop() }
            let client = try RedisClient(
                try RedisAddress("unix://\(server.socket)"),
                options: RedisServerProcess.patient
            )
            for _ in 0..<5 {
                try await eventually { client.state == .ok }
                // The first is taken for the answer, as it cannot be told from one; what follows ends the connection.
                do throws(RedisError) {
                    #expect(try await client.call(bytes("GET", "x"), timeoutMilliseconds: 2_000) == .string([97]))
                } catch {
                    #expect(error != .timedOut)
                }
            }
            #expect(server.connections > 1)
        }

        @Test func `without an end are cut off`() async throws {
            let piece = [UInt8](repeating: 65, count: 1_048_576)
            let server = try ScriptedRedis { _ in
                // More than a reply may have.
                Array("$400000000\r\n".utf8) + (0..<160).flatMap { _ in piece }
            }
            defer { server.stop() }
            let client = try RedisClient(
                try RedisAddress("unix://\(server.socket)"),
                options: RedisServerProcess.patient
            )
            try await eventually { client.state == .ok }
            await #expect(throws: RedisError.connectionLost) {
                try await client.call(bytes("GET", "x"), timeoutMilliseconds: 20_000)
            }
        }

        @Test func `at random neither trap nor hang`() async throws {
            let seeds = Recorder<UInt64>()
            let server = try ScriptedRedis { _ in
                var state = UInt64(seeds.values.count + 1) &* 0x9E37_79B9_7F4A_7C15
                seeds.add(state)
                let alphabet = Array("$*:+-0123456789\r\n\r\nab".utf8)
                return (0..<200).map { _ in
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    return alphabet[Int(state % UInt64(alphabet.count))]
                }
            }
            defer { server.stop() }
            for _ in 0..<200 {
                let address = try RedisAddress("unix://\(server.socket)")
                let client = try RedisClient(address, options: RedisServerProcess.patient)
                try await eventually { client.state == .ok }
                _ = try? await client.call(bytes("GET", "x"), timeoutMilliseconds: 20)
                client.stop()
            }
            #expect(seeds.values.count == 200)
        }
    }
}
