import GatewayCore
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOHTTPCompression
import Synchronization

/// One client connection: reads a request whole, has it answered, writes the answer, and again. Bound to its event loop.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Between requests.
        case idle
        /// A body is coming in.
        case reading(HTTPRequestHead, [UInt8])
        /// The request is refused already; its body is read and thrown away, so that the client sees the answer.
        case draining(HTTPRequestHead, GatewayError, drained: Int)
        /// The answer is being made or written.
        case responding(HTTPRequestHead, Task<Void, Never>?)
        /// Nothing more is read or written.
        case closed
    }

    /// How much of a refused body is read before the connection is closed over it.
    private static let maximumDrainedBytes = 268_435_456
    /// Requests that a client sends before it has its answer wait here, up to this many parts.
    private static let maximumBacklog = 64

    private let home: ServerLoop
    private var shared: ServerShared { home.shared }
    private var context: ChannelHandlerContext?
    private var state = State.idle
    private var backlog: [HTTPServerRequestPart] = []
    private var writableWaiter: CheckedContinuation<Void, Never>?
    private var deadline: NIODeadline
    private var isLoopback = false
    private var isQuiescing = false
    private var decompressor: NIOHTTPRequestDecompressor?

    init(_ home: ServerLoop) {
        self.home = home
        deadline = .now() + .seconds(Int64(home.shared.settings.readTimeoutSeconds))
    }

    // MARK: Connection

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        home.add(self)
        isLoopback = Self.isLoopback(context.remoteAddress)
        let count = shared.connections.add(1, ordering: .relaxed).newValue
        if count > shared.settings.maxConnections {
            let limit = shared.settings.maxConnections
            refuse(
                GatewayError(.overloaded("the gateway already serves \(limit) connections (server.max_connections)")),
                head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
            )
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        home.remove(self)
        shared.connections.subtract(1, ordering: .relaxed)
        if case .responding(_, let task) = state { task?.cancel() }
        state = .closed
        resumeWriter()
        self.context = nil
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resumeWriter() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            if case .idle = state { close() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .reading(let head, _):
            if case .limit? = error as? NIOHTTPDecompression.DecompressionError {
                refuse(GatewayError(.bodyTooLarge(limitBytes: shared.settings.maxBodyBytes)), head: head)
            } else if !(error is HTTPParserError), head.headers.contains(name: "content-encoding") {
                refuse(GatewayError(.invalidRequest("the body is not what its content-encoding says")), head: head)
            } else {
                refuse(GatewayError(.invalidRequest("not HTTP/1.1: \(error)")), head: head)
            }
        case .idle where error is HTTPParserError:
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
            refuse(GatewayError(.invalidRequest("not HTTP/1.1: \(error)")), head: head)
        // The answer under way is not to blame for what a client sends after its request.
        case .responding where error is HTTPParserError: isQuiescing = true
        default: close()
        }
    }

    func close() {
        flush()
        context?.close(promise: nil)
    }

    func flush() { context?.flush() }

    /// Ends the connection if it has kept the loop waiting for too long.
    func check(_ now: NIODeadline) {
        guard now >= deadline else { return }
        switch state {
        case .reading(let head, _): refuse(GatewayError(.requestTimeout), head: head)
        case .responding where writableWaiter == nil: break  // the provider has timeouts of its own
        case .idle, .draining, .responding, .closed: close()
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(Self.unwrapInboundIn(data)) }

    private func take(_ part: HTTPServerRequestPart) {
        switch (state, part) {
        case (.idle, .head(let head)): begin(head)
        case (.reading(let head, var body), .body(let piece)):
            state = .closed  // so that the array is not copied
            let limit = shared.settings.maxBodyBytes
            if body.count + piece.readableBytes > limit {
                let error = GatewayError(.bodyTooLarge(limitBytes: limit))
                state = .draining(head, error, drained: body.count + piece.readableBytes)
            } else {
                body.append(contentsOf: piece.readableBytesView)
                state = .reading(head, body)
            }
        case (.reading(let head, let body), .end): respond(head, body)
        case (.draining(let head, let error, let drained), .body(let piece)):
            let total = drained + piece.readableBytes
            if total > Self.maximumDrainedBytes {
                refuse(error, head: head)
            } else {
                state = .draining(head, error, drained: total)
            }
        case (.draining(let head, let error, _), .end): refuse(error, head: head)
        case (.responding, _):
            guard backlog.count < Self.maximumBacklog else { return close() }
            backlog.append(part)
        default: break  // what follows a refusal
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        if decompressor == nil, let encoding = head.headers.first(name: "content-encoding")?.lowercased(),
            encoding == "gzip" || encoding == "deflate"
        {
            return addDecompressor(head)
        }
        deadline = .now() + .seconds(Int64(shared.settings.readTimeoutSeconds))
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        if let encoding = head.headers.first(name: "content-encoding")?.lowercased(),
            !["gzip", "deflate", "identity"].contains(encoding)
        {
            state = .draining(head, GatewayError(.unsupportedEncoding(encoding)), drained: 0)
        } else if let length, length > shared.settings.maxBodyBytes {
            let error = GatewayError(.bodyTooLarge(limitBytes: shared.settings.maxBodyBytes))
            state = .draining(head, error, drained: 0)
            // Who waits to be told whether to send gets the answer instead.
            if expectsContinue(head) { refuse(error, head: head) }
            return
        } else {
            var body: [UInt8] = []
            if let length { body.reserveCapacity(min(length, 1_048_576)) }
            state = .reading(head, body)
        }
        if expectsContinue(head) {
            guard let context else { return }
            let interim = context.channel.allocator.buffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
            context.writeAndFlush(Self.wrapOutboundOut(interim), promise: nil)
        }
    }

    /// Puts NIO's decompressor in front, for the few connections that need one, and has it see this head first.
    private func addDecompressor(_ head: HTTPRequestHead) {
        guard let context else { return }
        let handler = NIOHTTPRequestDecompressor(limit: .size(shared.settings.maxBodyBytes))
        decompressor = handler
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(handler, position: .before(self))
            let place = try pipeline.context(handler: handler)
            handler.channelRead(context: place, data: NIOAny(HTTPServerRequestPart.head(head)))
        } catch {
            refuse(GatewayError(.internalFault("no decompressor: \(error)")), head: head)
        }
    }

    private func expectsContinue(_ head: HTTPRequestHead) -> Bool {
        head.headers.first(name: "expect")?.lowercased() == "100-continue"
    }

    // MARK: Answering

    private func respond(_ head: HTTPRequestHead, _ body: [UInt8]) {
        guard let context else { return }
        let request = Self.request(head, body, id: shared.ids.next(), isLoopback: isLoopback)
        state = .responding(head, nil)
        let responder = shared.responder
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        // The task is cancelled when the client leaves; nobody needs to wait for it.
        let task = Task(executorPreference: home.executor) {
            let reply = await responder.respond(to: request)
            await me.value.write(reply, head)
        }
        if case .responding = state { state = .responding(head, task) }
    }

    private func write(_ reply: Reply, _ head: HTTPRequestHead) async {
        let writer = ResponseWriter(head)
        var mayKeepAlive = head.isKeepAlive && !isQuiescing
        switch reply.body {
        case .bytes(let bytes): write(reply, bytes, writer, mayKeepAlive)
        case .stream(let relay):
            mayKeepAlive = mayKeepAlive && writer.canFollowStream
            guard await write(reply, relay, writer, mayKeepAlive) else { return close() }
        }
        finish(mayKeepAlive)
    }

    private func write(_ reply: Reply, _ bytes: [UInt8], _ writer: ResponseWriter, _ mayKeepAlive: Bool) {
        guard let context else { return }
        var buffer = writer.head(of: reply, length: bytes.count, mayKeepAlive: mayKeepAlive)
        if writer.writesBody(bytes) {
            if bytes.count <= ResponseWriter.joinedBytes {
                buffer.writeBytes(bytes)
            } else {
                context.write(Self.wrapOutboundOut(buffer), promise: nil)
                buffer = ByteBuffer(bytes: bytes)
            }
        }
        context.write(Self.wrapOutboundOut(buffer), promise: nil)
    }

    /// Writes a stream as it comes; false where the client left. Its end is left for ``finish(_:)`` to flush.
    private func write(_ reply: Reply, _ relay: any AnswerStream, _ writer: ResponseWriter, _ mayKeepAlive: Bool) async
        -> Bool
    {
        var buffer = writer.headOfStream(reply, mayKeepAlive: mayKeepAlive)
        // The head goes out at once unless the first events are there already, to go with it.
        if let context, !relay.hasMore {
            context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
            buffer = ByteBuffer()
        }
        while context != nil {
            let bytes = await relay.next()
            guard let context else { break }
            if let bytes { writer.write(chunk: bytes, to: &buffer) }
            if bytes == nil || relay.isFinished {
                // The last events and the stream's end in one write: most answers to a quick provider are that short.
                writer.writeEnd(to: &buffer)
                context.write(Self.wrapOutboundOut(buffer), promise: nil)
                return true
            }
            context.write(Self.wrapOutboundOut(buffer), promise: nil)
            home.flushSoon(self)
            buffer = ByteBuffer()
            await waitUntilWritable()
        }
        relay.abandon()
        return false
    }

    private func finish(_ mayKeepAlive: Bool) {
        guard let context else { return }
        guard mayKeepAlive, !isQuiescing else {
            state = .closed
            deadline = .now() + .seconds(Int64(shared.settings.writeTimeoutSeconds))
            let written = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(Self.wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)), promise: written)
            // Our side is closed first: a full close over unread bytes would reset the connection, and the client might
            // lose the answer. The sweep ends it if the client does not.
            written.futureResult.assumeIsolated().whenComplete { _ in
                context.close(mode: .output, promise: nil)
                self.deadline = .now() + .seconds(2)
            }
            return
        }
        home.flushSoon(self)
        state = .idle
        deadline = .now() + .seconds(Int64(shared.settings.keepAliveTimeoutSeconds))
        guard !backlog.isEmpty else { return }
        let waiting = backlog
        backlog = []
        for part in waiting {
            // The decompressor that a waiting head has brought in must see what belongs to it.
            if let decompressor, case .reading = state,
                let place = try? context.pipeline.syncOperations.context(handler: decompressor)
            {
                decompressor.channelRead(context: place, data: NIOAny(part))
            } else {
                take(part)
            }
        }
    }

    /// Waits for a client that reads slowly: at most a buffer's worth is held for it.
    private func waitUntilWritable() async {
        guard let context, !context.channel.isWritable else { return }
        deadline = .now() + .seconds(Int64(shared.settings.writeTimeoutSeconds))
        await withCheckedContinuation { writableWaiter = $0 }
    }

    private func resumeWriter() {
        writableWaiter?.resume()
        writableWaiter = nil
    }

    /// Answers with an error and closes.
    private func refuse(_ error: GatewayError, head: HTTPRequestHead) {
        let path = String(head.uri.prefix { $0 != "?" })
        let reply = Gateway.refuse(error, id: shared.ids.next(), in: Dialect(path: path))
        guard case .bytes(let bytes) = reply.body, context != nil else { return close() }
        state = .closed
        write(reply, bytes, ResponseWriter(head), false)
        finish(false)
    }

    private static func request(
        _ head: HTTPRequestHead,
        _ body: [UInt8],
        id: String,
        isLoopback: Bool
    ) -> ClientRequest {
        let target = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return ClientRequest(
            id: id,
            method: head.method.rawValue,
            path: target.first.map(String.init) ?? "/",
            query: target.count > 1 ? String(target[1]) : nil,
            headers: head.headers.map { HeaderField($0.name, $0.value) },
            body: body,
            isFromLoopback: isLoopback,
            arrivedNanoseconds: MonotonicTime.nanoseconds(),
            unixMilliseconds: MonotonicTime.unixMilliseconds()
        )
    }

    private static func isLoopback(_ address: SocketAddress?) -> Bool {
        guard let text = address?.ipAddress else { return false }
        return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    }
}
