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
    func head(of reply: Reply, length: Int, mayKeepAlive: Bool, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = start(reply, allocator, capacity: length <= Self.joinedBytes ? length : 0)
        buffer.writeStaticString("content-length: ")
        buffer.writeString(String(length))
        buffer.writeStaticString("\r\n")
        finish(&buffer, mayKeepAlive)
        return buffer
    }

    /// The head of a stream. `mayKeepAlive` only where ``canFollowStream``.
    func headOfStream(_ reply: Reply, mayKeepAlive: Bool, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = start(reply, allocator, capacity: 0)
        if hasChunks { buffer.writeStaticString("transfer-encoding: chunked\r\n") }
        finish(&buffer, mayKeepAlive)
        return buffer
    }

    /// A piece of a stream.
    func chunk(_ bytes: [UInt8], _ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard hasChunks else { return allocator.buffer(bytes: bytes) }
        var buffer = allocator.buffer(capacity: bytes.count + 16)
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("\r\n")
        return buffer
    }

    /// What ends a stream; nil where the connection's end does.
    func end(_ allocator: ByteBufferAllocator) -> ByteBuffer? {
        guard hasChunks else { return nil }
        var buffer = allocator.buffer(capacity: 8)
        buffer.writeStaticString("0\r\n\r\n")
        return buffer
    }

    /// Bodies up to this length share a buffer with their head.
    static let joinedBytes = 65_536

    /// Whether there is a body to write. The answer to a HEAD request has none.
    func writesBody(_ bytes: [UInt8]) -> Bool { !isHead && !bytes.isEmpty }

    /// Whether a connection can go on after a stream.
    var canFollowStream: Bool { hasChunks }

    private func start(_ reply: Reply, _ allocator: ByteBufferAllocator, capacity: Int) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 1_024 + capacity)
        buffer.writeStaticString(hasChunks ? "HTTP/1.1 " : "HTTP/1.0 ")
        buffer.writeString(String(reply.status))
        buffer.writeStaticString(" ")
        buffer.writeString(HTTPResponseStatus(statusCode: reply.status).reasonPhrase)
        buffer.writeStaticString("\r\n")
        for field in reply.headers {
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        return buffer
    }

    private func finish(_ buffer: inout ByteBuffer, _ mayKeepAlive: Bool) {
        buffer.writeStaticString(mayKeepAlive ? "\r\n" : "connection: close\r\n\r\n")
    }
}
