import FoundationEssentials
import GatewayCore
import Shared

/// The web dashboard: the page, the events that keep it up to date, and the few things that it asks for.
struct WebEndpoints: Sendable {
    static let path = "/dashboard"
    private static let api = "/dashboard/api/"
    private static let maximumBodyBytes = 1_048_576
    private let gateway: Gateway
    private let feed: WebFeed
    private let usage: UsageEndpoint

    init(gateway: Gateway, feed: WebFeed, exchanges: ExchangeDatabase?) {
        self.gateway = gateway
        self.feed = feed
        usage = UsageEndpoint(exchanges)
    }

    /// nil for paths that are not served.
    func answer(_ path: String, _ request: ClientRequest) async -> Reply? {
        guard path == Self.path || path.hasPrefix(Self.path + "/") else { return nil }
        let access = WebAccess(gateway)
        guard access != .nobody else { return nil }
        do throws(GatewayError) {
            if path == Self.path || path == Self.path + "/" {
                try allow("GET, HEAD", request)
                if let refusal = access.refusal(ofPage: request) { throw refusal }
                return WebPage.reply(id: request.id)
            }
            if let refusal = access.refusal(ofData: request) { throw refusal }
            // Reading the books, writing a thousand lines of JSON and scoring prompts are no work for an event loop.
            let outcome = await withTaskExecutorPreference(globalConcurrentExecutor) {
                () -> Result<Reply, GatewayError>? in
                do throws(GatewayError) {
                    return try await data(path, request, access).map { .success($0) }
                } catch {
                    return .failure(error)
                }
            }
            guard var reply = try outcome?.get() else { return nil }
            reply.headers += WebPage.headers.filter { own in !reply.headers.contains { $0.name == own.name } }
            return reply
        } catch {
            var reply = Gateway.refuse(error, id: request.id)
            reply.headers += WebPage.headers
            return reply
        }
    }

    private func data(
        _ path: String,
        _ request: ClientRequest,
        _ access: WebAccess
    ) async throws(GatewayError) -> Reply? {
        switch path {
        case "/dashboard/events":
            try allow("GET", request)
            return Reply(
                status: 200,
                // A proxy in front is not to gather events.
                headers: [HeaderField("content-type", "text/event-stream"), HeaderField("x-accel-buffering", "no")]
                    + GatewayHeaders.identity(id: request.id),
                body: .stream(try feed.join(access))
            )
        case "/dashboard/api/usage":
            try allow("GET", request)
            return try await usage.answer(request)
        case "/dashboard/api/history":
            try allow("GET", request)
            return JSONReply.make(try history(request), id: request.id)
        case "/dashboard/api/route":
            return JSONReply.make(try await gateway.explain(try prompt(request, access)), id: request.id)
        case "/dashboard/api/send":
            return await send(try prompt(request, access), request)
        case _ where path.hasPrefix(Self.api + "exchanges/"):
            try allow("GET", request)
            let id = String(path.dropFirst((Self.api + "exchanges/").count))
            guard let entry = gateway.ledger.entry(id: id) else {
                throw GatewayError(
                    .notFound("that exchange is not among the last \(Ledger.remembered) of this process")
                )
            }
            return JSONReply.make(entry.detail, id: request.id)
        default: return nil
        }
    }

    /// As `history.get` on the control socket.
    private func history(_ request: ClientRequest) throws(GatewayError) -> HistoryReport {
        let items = request.queryItems
        func number(_ name: String, _ bounds: ClosedRange<Int>) throws(GatewayError) -> Int {
            guard let text = items[name], let value = Int(text), bounds.contains(value) else {
                let expected = "\(bounds.lowerBound) to \(bounds.upperBound)"
                throw GatewayError(.invalidRequest("\(name): expected \(expected)"))
            }
            return value
        }
        return gateway.ledger.history(
            seconds: try number("seconds", 10...86_400),
            points: try number("points", 1...1_440)
        )
    }

    private func prompt(
        _ request: ClientRequest,
        _ access: WebAccess
    ) throws(GatewayError) -> ControlProtocol.PromptRequest {
        try allow("POST", request)
        if let refusal = access.refusal(ofAction: request) { throw refusal }
        guard request.body.count <= Self.maximumBodyBytes else {
            throw GatewayError(.bodyTooLarge(limitBytes: Self.maximumBodyBytes))
        }
        do {
            return try JSONDecoder().decode(ControlProtocol.PromptRequest.self, from: Data(request.body))
        } catch {
            let form =
                "{\"prompt\", \"system\"?, \"model\"?, \"tier\"?, \"max_tokens\"?, \"skill\"?, \"classifier_mode\"?}"
            throw GatewayError(.invalidRequest("expected \(form)"))
        }
    }

    /// Sends a prompt as the prompt tester on the control socket does. The answer is the stream that a client would get.
    private func send(_ prompt: ControlProtocol.PromptRequest, _ request: ClientRequest) async -> Reply {
        let asked = ClientRequest(
            prompt,
            id: request.id,
            arrivedNanoseconds: request.arrivedNanoseconds,
            unixMilliseconds: request.unixMilliseconds,
            trace: request.trace
        )
        return await gateway.answer(asked)
    }

    private func allow(_ methods: String, _ request: ClientRequest) throws(GatewayError) {
        guard methods.split(separator: ", ").contains(request.method[...]) else {
            throw GatewayError(.methodNotAllowed(allowed: methods))
        }
    }
}
