import GatewayCore
import NIOCore
import NIOHTTP1
import Testing

@testable import GatewayIO

@Suite struct `The last door of a head` {
    @Test func `lets no field become two`() {
        let fields = [
            HeaderField("x-good", "caf\u{E9}\tau lait"), HeaderField("x-bad", "a\r\nset-cookie: b"),
            HeaderField("x-nul", "a\u{0}b"), HeaderField("x-bell", "\u{7}"), HeaderField("x-delete", "\u{7F}"),
            HeaderField("x bad", "a"), HeaderField("x:y", "a"), HeaderField("x\r\ny", "a"), HeaderField("x-last", ""),
        ]
        let request = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        let reply = Reply(status: 200, headers: fields, body: .bytes([]))
        let head = ResponseWriter(request).head(of: reply, length: 0, mayKeepAlive: true)
        #expect(
            String(buffer: head)
                == "HTTP/1.1 200 OK\r\nx-good: caf\u{E9}\tau lait\r\nx-last: \r\ncontent-length: 0\r\n\r\n"
        )
    }
}
