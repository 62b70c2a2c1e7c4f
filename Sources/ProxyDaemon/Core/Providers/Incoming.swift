import Shared

/// A backend's answer on its way back to the client's dialect.
struct Incoming {
    /// A whole answer as the client gets it, with what accounting needs.
    struct Answer {
        var status: Int
        var headers: [HeaderField]
        var body: [UInt8]
        var usage = TokenUsage()
        var hasUsage = false
        var inputIsEstimated = false
        var stopReason: String?
    }

    let response: UpstreamResponse
    let backend: Backend
    /// The answer comes as a stream, and the client asked for one.
    let isStream: Bool
    private let dialect: Dialect
    private let wantsStream: Bool
    private let context: TranslationContext

    init(_ response: UpstreamResponse, prompt: Prompt, backend: Backend, context: TranslationContext) {
        self.response = response
        self.backend = backend
        self.context = context
        dialect = prompt.dialect
        wantsStream = prompt.isStream
        let type = response.header("content-type")?.lowercased() ?? ""
        let isEvents = type.hasPrefix("text/event-stream") || type.hasPrefix("application/x-ndjson")
        isStream = response.status == 200 && isEvents && prompt.isStream
    }

    private var isOwnDialect: Bool { backend.wire.dialect == dialect }

    /// The way of a stream's bytes.
    func passage() -> any AnswerPassage {
        AnswerTranslation.passage(from: backend.wire, to: dialect, context: context)
    }

    func streamHeaders() -> [HeaderField] {
        var headers: [HeaderField]
        if isOwnDialect {
            headers = response.headers.filter(HeaderNames.isReturned)
        } else {
            headers = HeaderNames.translated(response.headers, to: dialect, exchangeID: context.exchangeID)
            headers.append(HeaderField("content-type", "text/event-stream; charset=utf-8"))
        }
        headers.append(HeaderField("cache-control", "no-cache"))
        // nginx and its like would hold events back.
        headers.append(HeaderField("x-accel-buffering", "no"))
        return headers
    }

    /// The whole answer.
    ///
    /// Throws `upstreamRefusedKey` where the provider turned the gateway's own key down, and `upstreamBroken` for a
    /// success that is no answer, a redirect among them: where requests go, only the configuration says.
    func answer(_ body: [UInt8]) throws(GatewayError) -> Answer {
        if (400..<600).contains(response.status) { return try refusal(response.status, body) }
        guard (200..<300).contains(response.status) else { throw Self.noAnswer(backend, response.status) }
        let translated: TranslatedAnswer
        do throws(AnswerProblem) {
            translated = try AnswerTranslation.whole(body, from: backend.wire, to: dialect, context: context)
        } catch {
            switch error {
            // An error in the clothes of a success, as some gateways and servers send it.
            case .providerError: return try refusal(200, body)
            case .notAnAnswer(let text):
                throw GatewayError(.upstreamBroken(backend: backend.name, detail: backend.withoutKeys(text)))
            }
        }
        var answer = Answer(
            status: 200,
            headers: isOwnDialect
                ? HeaderNames.returnedWithJSON(response.headers)
                : HeaderNames.translated(response.headers, to: dialect, exchangeID: context.exchangeID),
            body: translated.body,
            usage: translated.usage,
            hasUsage: translated.hasUsage,
            inputIsEstimated: translated.inputIsEstimated,
            stopReason: translated.stopReason
        )
        guard !isOwnDialect else { return answer }
        // A server that has no streams gave the whole answer at once; the client still waits for a stream.
        if wantsStream, let events = asStream(translated) {
            answer.body = events
            answer.headers.append(HeaderField("content-type", "text/event-stream; charset=utf-8"))
        } else {
            answer.headers.append(HeaderField("content-type", "application/json"))
        }
        return answer
    }

    private func asStream(_ answer: TranslatedAnswer) -> [UInt8]? {
        AnswerTranslation.replay(
            answer.body,
            in: dialect,
            isStream: false,
            asStream: true,
            usage: answer.usage,
            context: context
        )
    }

    /// A provider's error: its own bytes to a client of its dialect, the same in the client's words otherwise.
    private func refusal(_ status: Int, _ body: [UInt8]) throws(GatewayError) -> Answer {
        if status == 401 || status == 403 { throw Self.refusedKey(backend, response) }
        // Some providers repeat the key that they were sent.
        let body = backend.withoutKeys(body)
        let requestID = "req_gw_\(context.exchangeID)"
        guard !isOwnDialect || status == 200 else {
            return Self.passed(response, body, backend, dialect, requestID: requestID)
        }
        let error = ErrorTranslation.translate(
            status: status,
            body: body,
            from: backend.wire,
            to: dialect,
            requestID: requestID
        )
        var headers = HeaderNames.translated(response.headers, to: dialect, exchangeID: context.exchangeID)
        headers.append(HeaderField("content-type", "application/json"))
        if let shouldRetry = error.shouldRetry, !headers.contains(where: { $0.isNamed("x-should-retry") }) {
            headers.append(HeaderField("x-should-retry", shouldRetry ? "true" : "false"))
        }
        return Answer(status: error.status, headers: backend.withoutKeys(headers), body: error.body)
    }

    /// A provider's error for a client of its dialect: as it came where a client can read it. The pages of proxies and
    /// broken texts are put in the dialect's envelope, under the same status.
    static func passed(
        _ response: UpstreamResponse,
        _ body: [UInt8],
        _ backend: Backend,
        _ dialect: Dialect,
        requestID: String
    ) -> Answer {
        let body = backend.withoutKeys(body)
        var answer = Answer(
            status: response.status,
            headers: backend.withoutKeys(HeaderNames.returnedWithJSON(response.headers)),
            body: body
        )
        let isReadable = body.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return false }
            return index.textProblem(bytes) == nil
        }
        if isReadable { return answer }
        let excerpt = PlainText.sanitized(ProviderFault.excerpt(body))
        let found = excerpt.isEmpty ? "no text" : excerpt
        let given = answer.headers.first { $0.isNamed("request-id") || $0.isNamed("x-request-id") }?.value
        if given == nil { answer.headers.append(HeaderField(dialect.requestIDHeader, requestID)) }
        answer.body = dialect.errorBody(
            status: response.status,
            message: "backend \(backend.name) answered HTTP \(response.status) with \(found)",
            requestID: given ?? requestID
        )
        return answer
    }

    /// A status that is neither an answer's nor an error's.
    static func noAnswer(_ backend: Backend, _ status: Int) -> GatewayError {
        let advice = (300..<400).contains(status) ? "; redirects are not followed, see to that backend's base_url" : ""
        return GatewayError(.upstreamBroken(backend: backend.name, detail: "it answered HTTP \(status)\(advice)"))
    }

    /// The client's key was good: that the gateway's is not, is nothing that its user could mend. The provider's words are
    /// kept back, as some quote a part of the key; its name for the request is told, for its operator to ask with.
    static func refusedKey(_ backend: Backend, _ response: UpstreamResponse) -> GatewayError {
        let given = response.header("request-id") ?? response.header("x-request-id") ?? ""
        let id = backend.withoutKeys(PlainText.sanitized(given.prefix(100)))
        let detail = "HTTP \(response.status)" + (id.isEmpty ? "" : ", its request \(id)")
        return GatewayError(.upstreamRefusedKey(backend: backend.name, detail: detail))
    }

    /// The same without what differs from one request to the next: for who is told once.
    static func refusedKeys(_ backend: Backend, _ status: Int) -> GatewayError {
        GatewayError(.upstreamRefusedKey(backend: backend.name, detail: "HTTP \(status)"))
    }
}
