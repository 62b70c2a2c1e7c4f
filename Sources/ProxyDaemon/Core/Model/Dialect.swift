/// The wire format a client speaks.
package enum Dialect: String, Sendable, CaseIterable {
    /// Anthropic's Messages.
    case anthropic
    /// OpenAI's Chat Completions.
    case openai

    /// The header under which the dialect's SDKs look for the name of a request.
    var requestIDHeader: String { self == .openai ? "x-request-id" : "request-id" }

    /// The dialect of whoever asks under a path, for errors: OpenAI's for the paths that only its clients know.
    package init(path: String) {
        let known = ["/v1/chat/", "/v1/completions", "/v1/embeddings", "/v1/responses"]
        let plain = path.hasPrefix("/v1/v1/") ? path.dropFirst(3) : path[...]
        self = known.contains { plain.hasPrefix($0) } ? .openai : .anthropic
    }
}

/// The wire format a backend speaks.
package enum BackendWire: String, Sendable, CaseIterable {
    /// `POST /v1/messages`.
    case anthropic
    /// `POST /v1/chat/completions`: OpenAI itself, llama.cpp, vLLM, LM Studio and their like.
    case openai
    /// Ollama's own `POST /api/chat`, which streams lines of JSON.
    case ollama

    /// The dialect whose requests go there as the client's own bytes; nil where every request is translated.
    package var dialect: Dialect? {
        switch self {
        case .anthropic: .anthropic
        case .openai: .openai
        case .ollama: nil
        }
    }
}
