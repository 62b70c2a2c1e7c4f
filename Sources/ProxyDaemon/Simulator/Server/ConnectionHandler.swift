import NIOCore
import NIOHTTP1

/// Serves one connection: collects a request, asks the responder, and plays the reply step by step.
///
/// A reply is played only as far as the channel is writable, so a slow reader costs no memory.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let largestBody = 64 * 1024 * 1024

    /// A reply on its way. A new request comes only after its end: pipelined ones wait in the handler before this one.
    private struct Play {
        var reply: Reply
        var version: HTTPVersion
        var isKeptAlive: Bool
        var hasBody: Bool
        var hasSentHead = false
        var step = 0
        var repeats = 0
        /// When the next step may come. Counting from here, waits do not add up their delays.
        var due: NIODeadline
    }

    private let responder: Responder
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var play: Play?
    private var timer: Scheduled<Void>?
    private var isPlaying = false

    init(responder: Responder) { self.responder = responder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            isTooLarge = false
            if let expected = head.headers.first(name: "expect"), expected.lowercased() == "100-continue" {
                let go = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
            }
        case .body(let part):
            guard !isTooLarge else { return }
            if body.count + part.readableBytes > Self.largestBody {
                // What follows is read and dropped, so that the sender gets the answer and not a reset.
                isTooLarge = true
                body = []
            } else {
                body.append(contentsOf: part.readableBytesView)
            }
        case .end:
            guard let head else { return }
            let reply = responder.reply(to: head, body: isTooLarge ? nil : body)
            body = []
            play = Play(
                reply: reply,
                version: head.version,
                isKeptAlive: head.isKeepAlive && (head.version == .http1_1 || reply.length != nil),
                hasBody: head.method != .HEAD,
                due: .now() + .microseconds(Int64(reply.delay * 1000))
            )
            resume(context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resume(context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        stop()
        context.close(promise: nil)
    }

    private func stop() {
        timer?.cancel()
        timer = nil
        play = nil
    }

    /// Goes on until the reply ends, its next step is not due, or the channel takes no more.
    private func resume(_ context: ChannelHandlerContext) {
        // A flush can make the channel writable from within; the loop below then simply goes on.
        guard !isPlaying, timer == nil else { return }
        isPlaying = true
        defer { isPlaying = false }
        while play != nil {
            guard context.channel.isActive else { return stop() }
            guard context.channel.isWritable else {
                context.flush()
                if context.channel.isWritable { continue }
                return
            }
            guard isDue(context), advance(context) else { return }
        }
    }

    /// Whether the next step may come now; otherwise comes back when it may.
    private func isDue(_ context: ChannelHandlerContext) -> Bool {
        guard let due = play?.due, due > .now() else { return true }
        context.flush()
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [self] in
            timer = nil
            resume(context)
        }
        return false
    }

    /// Takes one step; false when the reply has ended.
    private func advance(_ context: ChannelHandlerContext) -> Bool {
        guard var current = play else { return false }
        defer { if play != nil { play = current } }
        guard current.hasSentHead else {
            current.hasSentHead = true
            send(.head(responseHead(current)), context)
            if !current.hasBody { current.step = current.reply.steps.count }
            return true
        }
        guard current.step < current.reply.steps.count else {
            finish(current, context)
            return false
        }
        switch current.reply.steps[current.step] {
        case .wait(let milliseconds):
            // After a reader's pause the waits count from now on, so that lost time is not made up for in a burst.
            let start = max(current.due, .now() - .milliseconds(50))
            current.due = start + .microseconds(Int64(milliseconds * 1000))
        case .repeated(let bytes, let count) where current.repeats < count:
            send(.body(.byteBuffer(ByteBuffer(bytes: bytes))), context)
            current.repeats += 1
            return true
        case .repeated: current.repeats = 0
        case .cut:
            play = nil
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: sent)
            return false
        case let step:
            send(.body(.byteBuffer(ByteBuffer(bytes: step.bytes))), context)
        }
        current.step += 1
        return true
    }

    private func responseHead(_ play: Play) -> HTTPResponseHead {
        var headers = HTTPHeaders(play.reply.headers)
        if let length = play.reply.length { headers.add(name: "content-length", value: String(length)) }
        if !play.isKeptAlive { headers.add(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: play.reply.status)
        return HTTPResponseHead(version: play.version, status: status, headers: headers)
    }

    private func finish(_ ended: Play, _ context: ChannelHandlerContext) {
        play = nil
        guard !ended.isKeptAlive else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    private func send(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(part), promise: nil)
    }
}
