import GatewayCore
import NIOCore
import NIOHTTP1

/// Writes HTTP/1.1 answers (RFC 9112) as bytes: the head and a whole body in one buffer, a stream in chunks.
///
/// NIO's own encoder takes head, body and end apart and through header tables; that costs a tenth of a request here.
struct ResponseWriter {
    /// Whether the request's version knows chunks; an HTTP/1.0 client reads to the end of the connection instead.
    private let hasChunks: Bool
    private let isHead: Bool

    init(_ request: HTTPRequestHead) {
        hasChunks = request.version.major == 1 && request.version.minor >= 1
        isHead = request.method == .HEAD
    }

    /// The head of a whole answer, with room for its body behind it where that is at most ``joinedBytes`` long.
    func head(of reply: Reply, length: Int, mayKeepAlive: Bool) -> ByteBuffer {
        var head = start(reply)
        head.append(contentsOf: "content-length: ".utf8)
        head.append(contentsOf: String(length).utf8)
        head.append(contentsOf: "\r\n".utf8)
        return finish(&head, mayKeepAlive, room: length <= Self.joinedBytes ? length : 0)
    }

    /// The head of a stream. `mayKeepAlive` only where ``canFollowStream``.
    func headOfStream(_ reply: Reply, mayKeepAlive: Bool) -> ByteBuffer {
        var head = start(reply)
        if hasChunks { head.append(contentsOf: "transfer-encoding: chunked\r\n".utf8) }
        return finish(&head, mayKeepAlive, room: 0)
    }

    /// Writes a piece of a stream behind what is in the buffer already.
    func write(chunk bytes: [UInt8], to buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: bytes.count + 32)
        if hasChunks {
            buffer.writeString(String(bytes.count, radix: 16))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeBytes(bytes)
        if hasChunks { buffer.writeStaticString("\r\n") }
    }

    /// Writes what ends a stream; nothing where the connection's end does.
    func writeEnd(to buffer: inout ByteBuffer) {
        if hasChunks { buffer.writeStaticString("0\r\n\r\n") }
    }

    /// Bodies up to this length share a buffer with their head.
    static let joinedBytes = 65_536

    /// Whether there is a body to write. The answer to a HEAD request has none.
    func writesBody(_ bytes: [UInt8]) -> Bool { !isHead && !bytes.isEmpty }

    /// Whether a connection can go on after a stream.
    var canFollowStream: Bool { hasChunks }

    // An array takes a dozen short strings at a fifth of what they cost a buffer.
    private func start(_ reply: Reply) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(1_024)
        head.append(contentsOf: (hasChunks ? "HTTP/1.1 " : "HTTP/1.0 ").utf8)
        head.append(contentsOf: String(reply.status).utf8)
        head.append(UInt8(ascii: " "))
        head.append(contentsOf: HTTPResponseStatus(statusCode: reply.status).reasonPhrase.utf8)
        head.append(contentsOf: "\r\n".utf8)
        for field in reply.headers { Self.append(field, to: &head) }
        return head
    }

    private static func append(_ field: HeaderField, to head: inout [UInt8]) {
        var (name, value) = (field.name, field.value)
        name.withUTF8 { name in
            value.withUTF8 { value in
                guard isSafe(name, value) else { return }
                head.append(contentsOf: name)
                head.append(UInt8(ascii: ":"))
                head.append(0x20)
                head.append(contentsOf: value)
                head.append(0x0D)
                head.append(0x0A)
            }
        }
    }

    /// Whether a field is one field to whoever reads it. What was made of a client's or a provider's words is cleaned where it
    /// is made; this is the last door.
    private static func isSafe(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        name.allSatisfy(HeadPolicy.isToken) && value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private func finish(_ head: inout [UInt8], _ mayKeepAlive: Bool, room: Int) -> ByteBuffer {
        head.append(contentsOf: (mayKeepAlive ? "\r\n" : "connection: close\r\n\r\n").utf8)
        var buffer = ByteBufferAllocator().buffer(capacity: head.count + room)
        buffer.writeBytes(head)
        return buffer
    }
}
