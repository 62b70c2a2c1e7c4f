import FoundationEssentials
import GatewayCore
import Glibc
import NIOCore
import Shared

/// One front end on the control socket. Bound to the hub's event loop.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A front end that lets more than this wait for it is dropped.
    private static let maximumWaitingBytes = 4_194_304

    /// Dry runs of one front end under way at once.
    private static let maximumDryRuns = 32

    private let hub: ControlHub
    private var context: ChannelHandlerContext?
    private var framer = LineFramer()
    private var waitingBytes = 0
    private var hasGreeted = false
    private var sends: [Int: Task<Void, Never>] = [:]
    private var nextSend = 1
    private var dryRuns = 0
    private var runs: [String: Task<Void, Never>] = [:]
    /// Runs of one front end under way at once.
    private static let maximumRuns = 16

    init(_ hub: ControlHub) { self.hub = hub }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        guard let provider = context.channel as? any SocketOptionProvider else { return close() }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let peer: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket,
            name: .init(rawValue: SO_PEERCRED)
        )
        peer.whenComplete { result in
            // The socket's mode keeps others out already; this holds even where somebody changed it.
            guard case .success(let credentials) = result, credentials.uid == getuid() || credentials.uid == 0 else {
                return me.value.close()
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hub.unsubscribe(self)
        for task in sends.values { task.cancel() }
        sends = [:]
        for task in runs.values { task.cancel() }
        runs = [:]
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = Self.unwrapInboundIn(data)
        do throws(LineFramer.LineTooLong) {
            for line in try framer.append(buffer.readableBytesView) { receive(line) }
        } catch {
            let failure = JSONRPC.Failure.invalidRequest("a line may have \(error.limit) bytes; closing")
            reply { try JSONRPC.response(id: nil, failure: failure) }
            close()
        }
    }

    func close() { context?.close(promise: nil) }

    /// Sends a notification, or drops a front end that does not read.
    func publish(_ lines: ByteBuffer) {
        guard waitingBytes + lines.readableBytes <= Self.maximumWaitingBytes else { return close() }
        write(lines)
    }

    private func write(_ line: Data) { write(ByteBuffer(bytes: line)) }

    private func write(_ buffer: ByteBuffer) {
        guard let context else { return }
        let count = buffer.readableBytes
        waitingBytes += count
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.waitingBytes -= count }
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: written)
    }

    private func reply(_ make: () throws -> Data) {
        do {
            write(try make())
        } catch {
            close()
        }
    }

    // MARK: Requests

    private func receive(_ line: Data) {
        let envelope: JSONRPC.Envelope
        do throws(JSONRPC.Failure) {
            envelope = try JSONRPC.envelope(line)
        } catch {
            return reply { try JSONRPC.response(id: nil, failure: error) }
        }
        // A notification asks for no answer, and nothing here is worth doing unasked.
        guard let id = envelope.id else { return }
        guard let method = envelope.method.flatMap(ControlProtocol.Method.init) else {
            let failure = JSONRPC.Failure.methodNotFound("no method \"\(envelope.method ?? "")\"")
            return reply { try JSONRPC.response(id: id, failure: failure) }
        }
        do throws(JSONRPC.Failure) {
            guard hasGreeted || method == .hello else { throw .invalidRequest("say hello first") }
            try answer(method, id, line)
        } catch {
            reply { try JSONRPC.response(id: id, failure: error) }
        }
    }

    private func answer(_ method: ControlProtocol.Method, _ id: Int, _ line: Data) throws(JSONRPC.Failure) {
        switch method {
        case .hello:
            let welcome = try hub.desk.hello(try JSONRPC.parameters(ControlProtocol.Hello.self, of: line))
            hasGreeted = true
            respond(id, welcome)
        case .daemonStatus: respond(id, hub.desk.status())
        case .metricsSubscribe:
            respond(id, ControlProtocol.Empty())
            hub.subscribe(self)
        case .exchangesList:
            let request = try JSONRPC.parameters(ControlProtocol.ExchangesListRequest.self, of: line)
            respondLater(id) { desk throws(JSONRPC.Failure) in try await desk.list(request) }
        case .exchangesGet:
            let request = try JSONRPC.parameters(ControlProtocol.ExchangesGetRequest.self, of: line)
            respondLater(id) { desk throws(JSONRPC.Failure) in try await desk.detail(request) }
        case .routeExplain:
            let request = try JSONRPC.parameters(ControlProtocol.PromptRequest.self, of: line)
            try explain(id, request)
        case .promptSend: try send(id, try JSONRPC.parameters(ControlProtocol.PromptRequest.self, of: line))
        case .promptCancel:
            let request = try JSONRPC.parameters(ControlProtocol.PromptCancelRequest.self, of: line)
            sends[request.sendID]?.cancel()
            respond(id, ControlProtocol.Empty())
        case .skillsList: respond(id, hub.desk.skills())
        case .cacheStats: respond(id, hub.desk.cacheStats())
        case .cacheFlush:
            let request = try JSONRPC.parameters(ControlProtocol.CacheFlush.self, of: line)
            respondLater(id) { desk throws(JSONRPC.Failure) in try await desk.flush(request) }
        case .workflowsList: respondLater(id) { desk throws(JSONRPC.Failure) in try await desk.listWorkflows() }
        case .configReload: respondLater(id) { desk throws(JSONRPC.Failure) in try await desk.reload() }
        case .historyGet:
            let request = try JSONRPC.parameters(ControlProtocol.HistoryRequest.self, of: line)
            respond(id, try hub.desk.history(request))
        case .usageGet:
            let request = try JSONRPC.parameters(ControlProtocol.UsageRequest.self, of: line)
            respondLater(id) { desk throws(JSONRPC.Failure) in try await desk.usage(request) }
        case .logSubscribe: respond(id, hub.subscribeToLog(self))
        case .backendsReset:
            let request = try JSONRPC.parameters(ControlProtocol.BackendReset.self, of: line)
            respond(id, try hub.desk.reset(request))
        case .workflowsRun: try runWorkflow(id, try JSONRPC.parameters(ControlProtocol.WorkflowRequest.self, of: line))
        case .workflowsCancel:
            let request = try JSONRPC.parameters(ControlProtocol.WorkflowCancelRequest.self, of: line)
            runs[request.runID]?.cancel()
            respond(id, ControlProtocol.Empty())
        }
    }

    private func respond(_ id: Int, _ result: some Encodable) {
        reply { try JSONRPC.response(id: id, result: result) }
    }

    private func notify(_ method: ControlProtocol.Notification, _ parameters: some Encodable) {
        reply { try JSONRPC.request(id: nil, method: method.rawValue, parameters: parameters) }
    }

    /// A dry run. Its classification may take a while, so that the answer may come after those to later requests.
    private func explain(_ id: Int, _ prompt: ControlProtocol.PromptRequest) throws(JSONRPC.Failure) {
        guard let context else { return }
        guard dryRuns < Self.maximumDryRuns else { throw .invalidRequest("too many dry runs at once") }
        dryRuns += 1
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let desk = hub.desk
        Task(executorPreference: hub.executor) {
            do throws(JSONRPC.Failure) {
                me.value.respond(id, try await desk.explain(prompt))
            } catch {
                me.value.reply { try JSONRPC.response(id: id, failure: error) }
            }
            me.value.dryRuns -= 1
        }
    }

    /// Answers when the work is done, which may be after the answers to later requests.
    private func respondLater<Answer: Encodable & Sendable>(
        _ id: Int,
        _ work: @escaping @Sendable (ControlDesk) async throws(JSONRPC.Failure) -> Answer
    ) {
        guard let context else { return }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let desk = hub.desk
        Task(executorPreference: hub.executor) {
            do throws(JSONRPC.Failure) {
                me.value.respond(id, try await work(desk))
            } catch {
                me.value.reply { try JSONRPC.response(id: id, failure: error) }
            }
        }
    }

    private func send(_ id: Int, _ prompt: ControlProtocol.PromptRequest) throws(JSONRPC.Failure) {
        guard let context else { return }
        guard sends.count < ControlProtocol.maximumSends else {
            throw .invalidRequest("\(ControlProtocol.maximumSends) prompts are being answered; wait or cancel one")
        }
        try hub.desk.check(prompt)
        let sendID = nextSend
        nextSend += 1
        respond(id, ControlProtocol.PromptAccepted(sendID: sendID))
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let desk = hub.desk
        // Cancelled by `prompt.cancel` and when the front end leaves.
        sends[sendID] = Task(executorPreference: hub.executor) {
            let end = await desk.send(prompt) { text in
                me.value.notify(.promptDelta, ControlProtocol.PromptDelta(sendID: sendID, text: text))
            }
            me.value.sends[sendID] = nil
            me.value.notify(
                .promptCompleted,
                ControlProtocol.PromptCompleted(sendID: sendID, detail: end.detail, error: end.error)
            )
        }
    }

    private func runWorkflow(_ id: Int, _ request: ControlProtocol.WorkflowRequest) throws(JSONRPC.Failure) {
        guard let context else { return }
        guard runs.count < Self.maximumRuns else { throw .invalidRequest("too many runs at once") }
        let runID = hub.desk.ids.next()
        let loop = context.eventLoop
        let me = NIOLoopBound(self, eventLoop: loop)
        let desk = hub.desk
        // Cancelled by `workflows.cancel` and when the front end leaves.
        runs[runID] = Task(executorPreference: hub.executor) {
            do throws(JSONRPC.Failure) {
                let order = try await desk.prepare(request)
                me.value.respond(id, ControlProtocol.WorkflowAccepted(runID: runID))
                await desk.run(order, id: runID) { event in loop.execute { me.value.notify(.workflowEvent, event) } }
            } catch {
                me.value.reply { try JSONRPC.response(id: id, failure: error) }
            }
            me.value.runs[runID] = nil
        }
    }
}
