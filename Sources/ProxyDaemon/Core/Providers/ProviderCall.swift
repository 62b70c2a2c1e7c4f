/// Calls to the providers' chat endpoints. Pure functions of the backend, the client's headers and the body.
package enum ProviderCall {
    /// A call in the client's own dialect: its path, its query and the headers that are the provider's business.
    static func own(_ backend: Backend, _ request: ClientRequest, body: [UInt8]) -> UpstreamRequest {
        switch backend.wire {
        case .anthropic: return messages(backend, request.path, request.query, request.headers, body)
        case .openai, .ollama:
            let target = request.query.map { "\(request.path)?\($0)" } ?? request.path
            return post(target, to: backend, request.headers.filter(isForwardedToOpenAI), body)
        }
    }

    /// A call whose body was translated: nothing of the client's headers means anything there but the simulator's.
    static func translated(_ backend: Backend, _ request: ClientRequest, body: [UInt8]) -> UpstreamRequest {
        switch backend.wire {
        case .anthropic:
            messages(backend, "/v1/messages", nil, request.headers.filter { $0.isNamed("x-simulate") }, body)
        case .openai: post("/v1/chat/completions", to: backend, [], body)
        case .ollama: post("/api/chat", to: backend, [], body)
        }
    }

    private static func messages(
        _ backend: Backend,
        _ path: String,
        _ query: String?,
        _ headers: [HeaderField],
        _ body: [UInt8]
    ) -> UpstreamRequest {
        AnthropicProvider.call(backend, method: "POST", path: path, query: query, headers: headers, body: body)
    }

    private static func post(
        _ target: String,
        to backend: Backend,
        _ headers: [HeaderField],
        _ body: [UInt8]
    ) -> UpstreamRequest {
        UpstreamRequest(
            method: "POST",
            url: backend.baseURL + target,
            headers: headers + [HeaderField("content-type", "application/json")] + backend.requestHeaders,
            body: body,
            timeoutSeconds: backend.timeoutSeconds
        )
    }

    /// Organization, project and betas, as OpenAI's clients name them.
    private static func isForwardedToOpenAI(_ header: HeaderField) -> Bool {
        header.isNamed("accept") || header.name.begins(with: "openai-")
    }

    /// Whether a header of the client goes on to some provider and may change its answer.
    static func shapesAnswer(_ header: HeaderField) -> Bool {
        AnthropicProvider.shapesAnswer(header) || header.name.begins(with: "openai-")
    }
}
