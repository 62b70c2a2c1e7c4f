import GatewayIO
import Glibc
import Testing

extension RedisSuites {
    @Suite(.enabled(if: RedisServerProcess.isInstalled && access("/usr/bin/openssl", X_OK) == 0))
    struct `Redis over TLS` {
        /// A server with a certificate for `localhost` and 127.0.0.1 by an authority of its own.
        private func server() async throws -> (RedisServerProcess, port: Int, authority: String) {
            let port = try freePort()
            let server = try await RedisServerProcess()
            let directory = server.directory
            func openssl(_ line: String) throws {
                try ManagedProcess.run("/usr/bin/openssl", line.split(separator: " ").map(String.init))
            }
            try openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Test "
                    + "-keyout \(directory)/ca.key -out \(directory)/ca.crt"
            )
            try openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
                    + "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE "
                    + "-CA \(directory)/ca.crt -CAkey \(directory)/ca.key "
                    + "-keyout \(directory)/server.key -out \(directory)/server.crt"
            )
            let client = try await server.client()
            let settings = [
                "tls-cert-file", "\(directory)/server.crt", "tls-key-file", "\(directory)/server.key",
                "tls-ca-cert-file",
                "\(directory)/ca.crt", "tls-auth-clients", "no", "tls-port", "\(port)",
            ]
            let reply = try await client.call(
                (["CONFIG", "SET"] + settings).map { Array($0.utf8) },
                timeoutMilliseconds: 5_000
            )
            try #require(reply == .status("OK"), "\(reply)")
            return (server, port, "\(directory)/ca.crt")
        }

        @Test(arguments: ["localhost", "127.0.0.1"])
        func `works with an authority that is named`(host: String) async throws {
            let (server, port, authority) = try await server()
            let client = try RedisClient(
                try RedisAddress("rediss://\(host):\(port)/2?ca_file=\(authority)"),
                options: RedisServerProcess.patient
            )
            try await eventually { client.state == .ok }
            let value = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 3) }
            let set = [Array("SET".utf8), [1], value]
            #expect(try await client.call(set, timeoutMilliseconds: 10_000) == .status("OK"))
            #expect(try await client.call([Array("GET".utf8), [1]], timeoutMilliseconds: 10_000) == .string(value))
            #expect(client.state == .ok)
            server.kill()
            try await eventually { client.state != .ok }
        }

        @Test func `refuses an authority that nobody named`() async throws {
            let (server, port, _) = try await server()
            let states = Recorder<RedisState>()
            let client = try RedisClient(
                try RedisAddress("rediss://localhost:\(port)"),
                options: RedisServerProcess.patient
            ) { states.add($0) }
            try await eventually { !states.values.isEmpty }
            guard case .down(let detail) = client.state else { return #expect(Bool(false)) }
            #expect(detail.contains("certificate is not trusted"))
            server.kill()
        }

        @Test func `refuses a certificate for another host`() async throws {
            let (server, port, authority) = try await server()
            let states = Recorder<RedisState>()
            // Another address of this machine, that the certificate does not name.
            let url = "rediss://127.0.0.2:\(port)?ca_file=\(authority)"
            let client = try RedisClient(try RedisAddress(url), options: RedisServerProcess.patient) { states.add($0) }
            try await eventually { !states.values.isEmpty }
            guard case .down(let detail) = client.state else { return #expect(Bool(false)) }
            #expect(detail.contains("for another host than 127.0.0.2"))
            server.kill()
        }

        @Test func `says which file of authorities is no good`() async throws {
            let states = Recorder<RedisState>()
            let client = try RedisClient(try RedisAddress("rediss://localhost:1?ca_file=/nowhere.pem")) {
                states.add($0)
            }
            try await eventually { !states.values.isEmpty }
            guard case .down(let detail) = client.state else { return #expect(Bool(false)) }
            #expect(detail.contains("/nowhere.pem"))
        }
    }
}
