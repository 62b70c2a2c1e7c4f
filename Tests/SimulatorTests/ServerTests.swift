import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Simulator

@Suite struct `Server` {
    /// Sends bytes on a new connection and returns all that comes until the other side closes.
    private func exchange(_ text: String) async throws -> String {
        let group = MultiThreadedEventLoopGroup.singleton
        let options = SimulatorOptions(speed: 0)
        let server = try await SimulatorServer.start(host: "127.0.0.1", port: 0, group: group, options: options)
        let client = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: server.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        let answer = try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ByteBuffer()
            for try await part in inbound { answer.writeImmutableBuffer(part) }
            return String(buffer: answer)
        }
        try await server.stop()
        try await server.stop()
        return answer
    }

    private func post(_ text: String, stream: Bool, close: Bool = true) -> String {
        let body = Sample.body(text, [("stream", .bool(stream))]).text
        return "POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
            + (close ? "connection: close\r\n" : "") + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `answers one request after the other on a connection`() async throws {
        let answer = try await exchange(post("one", stream: false, close: false) + post("two", stream: true))
        #expect(answer.components(of: "HTTP/1.1 200 OK") == 2)
        #expect(answer.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n\r\n0\r\n\r\n"))
    }

    @Test func `a cut stream has no end`() async throws {
        let answer = try await exchange(post("[[simulate: cut=3]]", stream: true, close: false))
        #expect(answer.components(of: "event: ") == 3)
        #expect(!answer.hasSuffix("0\r\n\r\n"))
    }

    @Test func `megabytes arrive whole`() async throws {
        let answer = try await exchange(post("[[simulate: huge=3]]", stream: false))
        #expect(answer.utf8.count > 3 * 1024 * 1024)
        #expect(answer.hasSuffix("}"))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
