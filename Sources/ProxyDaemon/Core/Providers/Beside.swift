import Shared

/// What is asked beside the conversations: token counts and single models. Answered by the provider where it can, never
/// routed, never billed.
struct Beside {
    private static let maximumAnswerBytes = 8_388_608
    /// What an image comes to at about a megapixel, by Anthropic's rule of width times height by 750
    /// (https://platform.claude.com/docs/en/build-with-claude/vision).
    private static let tokensPerImage = 1_334

    let router: Router
    let transport: Transport

    /// `{"input_tokens": n}`: the provider's own count, or an estimate by the model's family where it has none.
    func countTokens(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        let prompt = try Prompt(parsing: request.body)
        // A name that leaves the model open is counted for the strongest, whose tokenizer counts highest.
        guard let backend = (try? router.backend(named: prompt.model)) ?? router.strongest.first else {
            throw GatewayError(.noBackend("no backend is configured"))
        }
        guard backend.wire == .anthropic else { return estimate(prompt, backend, request) }
        let body = Splice.body(of: prompt, for: backend)
        let reply = try await forward(request, to: backend, body)
        // Servers that only speak the Messages format may know nothing of counting.
        let lacksCounting = [404, 405, 501].contains(reply.status) && backend.provider == .anthropic
        guard lacksCounting, !backend.baseURL.hasSuffix("anthropic.com") else { return reply }
        return estimate(prompt, backend, request)
    }

    /// `GET /v1/models/{id}` of the first backend that speaks to Anthropic.
    func model(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        guard let backend = router.backends.first(where: { $0.provider == .anthropic }) else {
            throw GatewayError(.notFound("model: \(request.path.split(separator: "/").last ?? "")"))
        }
        return try await forward(request, to: backend, [])
    }

    private func estimate(_ prompt: Prompt, _ backend: Backend, _ request: ClientRequest) -> Reply {
        let traits = prompt.traits
        let characters = traits.systemBytes + traits.messageBytes + traits.toolBytes
        let tokens = max(1, backend.estimatedTokens(characters: characters) + traits.imageCount * Self.tokensPerImage)
        let headers = [
            HeaderField("content-type", "application/json"),
            HeaderField("request-id", "req_gw_\(request.id)"),
            HeaderField("X-Gateway-Warning", "the count is an estimate: \(backend.name) does not count tokens"),
        ]
        return Reply(
            status: 200,
            headers: headers + GatewayHeaders.identity(id: request.id),
            body: .bytes(Array("{\"input_tokens\":\(tokens)}".utf8))
        )
    }

    private func forward(
        _ request: ClientRequest,
        to backend: Backend,
        _ body: [UInt8]
    ) async throws(GatewayError) -> Reply {
        let call = AnthropicProvider.call(
            backend,
            method: request.method,
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: body
        )
        do throws(UpstreamError) {
            let response = try await transport.send(call)
            let answer = try await response.body.collect(limitBytes: Self.maximumAnswerBytes)
            if response.status == 401 || response.status == 403 {
                return Gateway.refuse(Incoming.refusedKey(backend, response.status), id: request.id)
            }
            let identity =
                GatewayHeaders.identity(id: request.id) + (backend.isSimulated ? [GatewayHeaders.simulated] : [])
            switch response.status {
            case 200..<300:
                let headers = HeaderNames.returnedWithJSON(response.headers)
                return Reply(status: 200, headers: headers + identity, body: .bytes(answer))
            case 400..<600:
                let error = Incoming.passed(response, answer, backend, .anthropic, requestID: "req_gw_\(request.id)")
                return Reply(status: error.status, headers: error.headers + identity, body: .bytes(error.body))
            default: return Gateway.refuse(Incoming.noAnswer(backend, response.status), id: request.id)
            }
        } catch {
            throw GatewayError(error, backend: backend.name)
        }
    }
}
