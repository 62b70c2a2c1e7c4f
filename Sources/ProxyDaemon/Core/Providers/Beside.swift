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

    /// `{"input_tokens": n}`: the provider's own count, or an estimate by the model's family where it has none. Throws
    /// `forbidden` where the client may not ask that model.
    func countTokens(
        _ request: ClientRequest,
        within bounds: Settings.RoutingBounds
    ) async throws(GatewayError) -> Reply {
        let prompt = try Prompt(parsing: request.body)
        let smartRouting = try Directives(request).smartRouting
        let backend = try router.counting(prompt.model, bounds, smartRouting: smartRouting)
        guard backend.wire == .anthropic else { return estimate(prompt, backend, request) }
        let body = Splice.body(of: prompt, for: backend)
        let reply = try await forward(request, to: backend, body)
        // Servers that only speak the Messages format may know nothing of counting.
        let lacksCounting = [404, 405, 501].contains(reply.status) && backend.provider == .anthropic
        guard lacksCounting, !backend.baseURL.hasSuffix("anthropic.com") else { return reply }
        return estimate(prompt, backend, request)
    }

    /// `GET /v1/models/{id}` of the first backend that speaks to Anthropic. Throws `notFound` for what is no model's name:
    /// with the backend's key on it, no path but that of one model may be asked for.
    func model(_ id: String, _ request: ClientRequest) async throws(GatewayError) -> Reply {
        let backend = router.backends.first { $0.provider == .anthropic }
        guard let backend, PlainName.isValid(id), id != ".", !id.utf8.contains(UInt8(ascii: "/")) else {
            throw GatewayError(.notFound("model: \(id.prefix(100)) is not known here; see GET /v1/models"))
        }
        // Put together anew, never the client's own path: what is encoded in that may be read in other ways there.
        return try await forward(request.at("/v1/models/\(id)"), to: backend, [])
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
                return Gateway.refuse(Incoming.refusedKey(backend, response), id: request.id)
            }
            let identity =
                GatewayHeaders.identity(id: request.id) + (backend.isSimulated ? [GatewayHeaders.simulated] : [])
            switch response.status {
            case 200..<300:
                let headers = HeaderNames.returnedWithJSON(response.headers)
                // No model speaks here: what repeats a key is an error in the clothes of a success.
                return Reply(status: 200, headers: headers + identity, body: .bytes(backend.withoutKeys(answer)))
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
