import GatewayCore
import NIOCore
import NIOExtras
import NIOHTTP1
import Synchronization

/// One client connection: reads a request whole, has it answered, writes the answer, and again. Bound to its event loop.
///
/// The ``RequestGate`` in front of it lets one request through at a time.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Between requests. `isHeadComing`: some of the next is here.
        case idle(isHeadComing: Bool)
        /// A body is coming in.
        case reading(HTTPRequestHead, IncomingBody, since: NIODeadline)
        /// The request is refused already; its body is read and thrown away, so that the client sees the answer.
        case draining(HTTPRequestHead, GatewayError, drained: Int, since: NIODeadline)
        /// The answer is being made or written.
        case responding(HTTPRequestHead, Task<Void, Never>?)
        /// Nothing more is read or written.
        case closed
    }

    /// How much of a refused body is read before the connection is closed over it.
    private static let maximumDrainedBytes = 268_435_456
    /// How many connections beyond the limit are told so; the others are closed without a word.
    private static let maximumTurnedAway = 8
    /// Once the daemon is to stop, connections at rest are closed after so long.
    private static let restingGrace = TimeAmount.milliseconds(100)
    private static let newcomersGrace = TimeAmount.seconds(1)

    private let home: ServerLoop
    private let gate: RequestGate
    private var shared: ServerShared { home.shared }
    private let settings: Settings.Server
    /// How long a head may take.
    private var headSeconds: Int64 { Int64(min(settings.headerTimeoutSeconds, settings.readTimeoutSeconds)) }
    private var context: ChannelHandlerContext?
    private var state = State.idle(isHeadComing: false)
    private var writableWaiter: CheckedContinuation<Void, Never>?
    private var deadline: NIODeadline
    private var isLoopback = false
    /// For the access log; empty where there is none.
    private var clientAddress = ""
    /// What the body of the request under way has of the memory for bodies.
    private var share: BodyShare?
    /// The access log's line about the request under way; nil where there is no log.
    private var access: AccessDraft?
    private var isQuiescing = false
    /// A request was answered on it.
    private var hasServed = false
    /// The daemon's time to finish is over: what is being answered ends now.
    private var isCutOff: Bool { ending.hasBegun }
    private let ending = CutOff()

    init(_ home: ServerLoop, _ settings: Settings.Server, _ gate: RequestGate) {
        self.settings = settings
        self.home = home
        self.gate = gate
        deadline = .now()
        deadline = .now() + .seconds(headSeconds)
    }

    // MARK: Connection

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        home.add(self)
        isLoopback = context.remoteAddress?.isLoopback ?? false
        if shared.accessLog != nil { clientAddress = context.remoteAddress?.ipAddress ?? "" }
        let count = shared.counters.opened()
        let limit = shared.connectionLimit.load(ordering: .relaxed)
        if count > limit + Self.maximumTurnedAway {
            close()
        } else if count > limit {
            refuse(
                GatewayError(.overloaded("the gateway already serves \(limit) connections (server.max_connections)")),
                head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
            )
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        home.remove(self)
        shared.counters.closed()
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
        if event is RequestGate.HeadBegan, case .idle = state {
            state = .idle(isHeadComing: true)
            deadline = min(deadline, .now() + .seconds(headSeconds))
        } else if event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            closeUnlessAsked(context.eventLoop)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes a connection at rest, but not over a question that is on its way: the client would see a reset. Who has just
    /// connected is about to ask.
    private func closeUnlessAsked(_ loop: any EventLoop) {
        let grace = hasServed ? Self.restingGrace : Self.newcomersGrace
        loop.assumeIsolated().scheduleTask(in: grace) {
            if case .idle(isHeadComing: false) = self.state { self.close() }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (state, error) {
        case (.idle, let problem as HeadProblem):
            refuse(problem.error, head: HTTPRequestHead(version: .http1_1, method: .GET, uri: problem.path))
        case (.reading(let head, _, _), let problem as HeadProblem),
            (.draining(let head, _, _, _), let problem as HeadProblem):
            refuse(problem.error, head: head)
        case (.reading(let head, _, _), _):
            refuse(GatewayError(.invalidRequest("not HTTP/1.1: \(error)")), head: head)
        case (.idle, is HTTPParserError):
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
            refuse(GatewayError(.invalidRequest("not HTTP/1.1: \(error)")), head: head)
        default: close()
        }
    }

    func close() {
        flush()
        context?.close(promise: nil)
    }

    func flush() { context?.flush() }

    /// Ends the answer under way with an error that says why, and the connection with it.
    func cutOff() {
        switch state {
        case .responding(_, let task):
            ending.begin()
            isQuiescing = true
            resumeWriter()
            task?.cancel()
        case .reading(let head, _, _): refuse(GatewayError(.shuttingDown), head: head)
        case .idle, .draining, .closed: close()
        }
    }

    /// Ends the connection if it has kept the loop waiting for too long.
    func check(_ now: NIODeadline) {
        guard now >= deadline else { return }
        switch state {
        case .reading(let head, _, _): refuse(GatewayError(.requestTimeout), head: head)
        case .idle(isHeadComing: true):
            refuse(GatewayError(.requestTimeout), head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))
        case .responding where writableWaiter == nil: break  // the provider has timeouts of its own
        case .idle, .draining, .responding, .closed: close()
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, Self.unwrapInboundIn(data)) {
        case (.idle, .head(let head)): begin(head)
        case (.reading(let head, let body, let since), .body(let piece)):
            do throws(GatewayError) {
                try body.append(piece)
                expectMore(since, received: body.receivedBytes)
            } catch {
                switch error.kind {
                case .bodyTooLarge, .overloaded:
                    share = nil
                    state = .draining(head, error, drained: body.receivedBytes, since: since)
                default: refuse(error, head: head)
                }
            }
        case (.reading(let head, let body, _), .end):
            do throws(GatewayError) { respond(head, try body.takeWhole()) } catch { refuse(error, head: head) }
        case (.draining(let head, let error, let drained, let since), .body(let piece)):
            let total = drained + piece.readableBytes
            if total > Self.maximumDrainedBytes {
                refuse(error, head: head)
            } else {
                expectMore(since, received: total)
                state = .draining(head, error, drained: total, since: since)
            }
        case (.draining(let head, let error, _, _), .end): refuse(error, head: head)
        default: break  // what follows a refusal
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        let now = NIODeadline.now()
        if shared.accessLog != nil { access = AccessDraft() }
        expectMore(now, received: 0)
        let expectsContinue = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        do throws(GatewayError) {
            let share = shared.bodyShare(settings)
            let body = try IncomingBody(head, maximumBytes: settings.maxBodyBytes, share: share)
            try shared.admit(head, isFromLoopback: isLoopback)
            self.share = share
            state = .reading(head, body, since: now)
        } catch {
            state = .draining(head, error, drained: 0, since: now)
            // Who waits to be told whether to send gets the answer instead.
            if expectsContinue { refuse(error, head: head) }
            return
        }
        guard expectsContinue, let context else { return }
        let interim = context.channel.allocator.buffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(Self.wrapOutboundOut(interim), promise: nil)
    }

    /// A body has some seconds, and from then on as many more as what has come of it is worth; never more than the bound.
    private func expectMore(_ since: NIODeadline, received: Int) {
        var seconds = Int64(settings.readTimeoutSeconds)
        if settings.minBodyBytesPerSecond > 0 {
            seconds = min(
                seconds,
                Int64(settings.headerTimeoutSeconds) + Int64(received / settings.minBodyBytesPerSecond)
            )
        }
        deadline = since + .seconds(seconds)
    }

    // MARK: Answering

    private func respond(_ head: HTTPRequestHead, _ body: [UInt8]) {
        guard let context else { return }
        let id = shared.ids.next()
        let request = ClientRequest(head, body, id: id, isFromLoopback: isLoopback, access?.trace, ending)
        state = .responding(head, nil)
        let responder = shared.responder
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        // The task is cancelled when the client leaves; nobody needs to wait for it.
        let task = Task(executorPreference: home.executor) {
            let reply = await responder.respond(to: request)
            guard case .stream = reply.body else { return await me.value.write(reply, head) }
            me.value.beginStream(reply, head)
        }
        if case .responding = state { state = .responding(head, task) }
    }

    /// Writes a stream in a task of its own: what the stages needed on their way goes with theirs, and a stream may last.
    private func beginStream(_ reply: sending Reply, _ head: HTTPRequestHead) {
        let me = NIOLoopBound(self, eventLoop: home.loop)
        let task = Task(executorPreference: home.executor) { await me.value.write(reply, head) }
        if isCutOff { task.cancel() }
        if case .responding = state { state = .responding(head, task) }
    }

    private func write(_ reply: Reply, _ head: HTTPRequestHead) async {
        let writer = ResponseWriter(head)
        var mayKeepAlive = head.isKeepAlive && !isQuiescing
        switch reply.body {
        case .bytes(let bytes):
            // What a cancelled exchange says of itself is that nobody waits for it.
            if isCutOff, reply.status == 499 { return refuse(GatewayError(.shuttingDown), head: head) }
            write(reply, bytes, writer, mayKeepAlive)
        case .stream(let relay):
            mayKeepAlive = mayKeepAlive && writer.canFollowStream
            guard await write(reply, relay, writer, mayKeepAlive, Dialect(head)) else {
                note(reply, head)
                return close()
            }
        }
        note(reply, head)
        finish(mayKeepAlive)
    }

    private func write(_ reply: Reply, _ bytes: [UInt8], _ writer: ResponseWriter, _ mayKeepAlive: Bool) {
        guard let context else { return }
        access?.wrote(writer.writesBody(bytes) ? bytes.count : 0)
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
    private func write(
        _ reply: Reply,
        _ relay: any AnswerStream,
        _ writer: ResponseWriter,
        _ mayKeepAlive: Bool,
        _ dialect: Dialect
    ) async -> Bool {
        var buffer = writer.headOfStream(reply, mayKeepAlive: mayKeepAlive)
        // The head goes out at once unless the first events are there already, to go with it.
        if let context, !relay.hasMore {
            context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
            buffer = ByteBuffer()
        }
        while context != nil {
            let isOver = await writeNext(of: relay, &buffer, writer, dialect, reply)
            guard context != nil else { break }
            if isOver { return true }
            await waitUntilWritable(relay.patienceSeconds ?? settings.writeTimeoutSeconds)
        }
        relay.abandon()
        return false
    }

    /// Writes what comes next, and the stream's end where that is it; true then. Holds nothing of it afterwards.
    private func writeNext(
        of relay: any AnswerStream,
        _ buffer: inout ByteBuffer,
        _ writer: ResponseWriter,
        _ dialect: Dialect,
        _ reply: Reply
    ) async -> Bool {
        let wasFinished = relay.isFinished
        let bytes = await relay.next()
        guard let context else { return false }
        if let bytes {
            access?.wrote(bytes.count)
            writer.write(chunk: bytes, to: &buffer)
        }
        let isCut = isCutOff && !wasFinished && (bytes == nil || !relay.isFinished)
        if isCut {
            relay.abandon()
            let id = reply.headers.first { $0.isNamed("x-gateway-query-id") }?.value ?? ""
            writer.write(chunk: dialect.errorEvent(GatewayError(.shuttingDown), requestID: "req_gw_\(id)"), to: &buffer)
        }
        // The last events and the stream's end in one write: most answers to a quick provider are that short.
        let isOver = isCut || bytes == nil || relay.isFinished
        if isOver { writer.writeEnd(to: &buffer) }
        context.write(Self.wrapOutboundOut(buffer), promise: nil)
        buffer = ByteBuffer()
        if !isOver { home.flushSoon(self) }
        return isOver
    }

    private func finish(_ mayKeepAlive: Bool) {
        share = nil
        guard let context else { return }
        guard mayKeepAlive, !isQuiescing else {
            state = .closed
            deadline = .now() + .seconds(Int64(settings.writeTimeoutSeconds))
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
        state = .idle(isHeadComing: false)
        hasServed = true
        deadline = .now() + .seconds(Int64(settings.keepAliveTimeoutSeconds))
        gate.letNextIn()
    }

    /// Waits for a client that reads slowly: at most a buffer's worth is held for it.
    private func waitUntilWritable(_ patienceSeconds: Int) async {
        guard let context, !context.channel.isWritable, !isCutOff else { return }
        deadline = .now() + .seconds(Int64(patienceSeconds))
        await withCheckedContinuation { writableWaiter = $0 }
    }

    private func resumeWriter() {
        writableWaiter?.resume()
        writableWaiter = nil
    }

    /// Answers with an error and closes.
    private func refuse(_ error: GatewayError, head: HTTPRequestHead) {
        let reply = Gateway.refuse(error, id: shared.ids.next(), in: Dialect(head))
        guard case .bytes(let bytes) = reply.body, context != nil else { return close() }
        state = .closed
        write(reply, bytes, ResponseWriter(head), false)
        note(reply, head)
        finish(false)
    }

    /// Counts an answer that is over, and has the access log tell of it.
    private func note(_ reply: Reply, _ head: HTTPRequestHead) {
        shared.counters.answered(context == nil ? 499 : reply.status)
        guard let log = shared.accessLog else { return }
        let draft = access ?? AccessDraft()
        access = nil
        draft.finish(head, reply, clientAddress: clientAddress, isWhole: context != nil, log: log)
    }
}
