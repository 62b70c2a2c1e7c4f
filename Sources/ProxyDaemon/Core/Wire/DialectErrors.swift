/// Errors of the gateway in the words of the client's dialect.
extension Dialect {
    /// The JSON body of an error answer.
    package func errorBody(_ error: GatewayError, requestID: String) -> [UInt8] {
        switch self {
        case .anthropic: AnthropicErrors.body(error, requestID: requestID)
        case .openai: OpenAIErrors.body(error)
        }
    }

    /// The same for an error that is not the gateway's own, under the status that it came with.
    func errorBody(status: Int, message: String, requestID: String) -> [UInt8] {
        switch self {
        case .anthropic: AnthropicErrors.body(status: status, message: message, requestID: requestID)
        case .openai:
            OpenAIErrors.body(
                message: message,
                type: status < 500 ? "invalid_request_error" : "server_error",
                param: nil,
                code: status == 429 ? "rate_limit_exceeded" : nil
            )
        }
    }

    /// The error inside a stream whose status is already sent.
    package func errorEvent(_ error: GatewayError, requestID: String) -> [UInt8] {
        switch self {
        case .anthropic: AnthropicErrors.event(error, requestID: requestID)
        case .openai: OpenAIErrors.event(error)
        }
    }

    /// What keeps a silent stream alive. OpenAI's clients take an event that is no chunk for broken JSON, and pass over a
    /// comment.
    package var ping: [UInt8] {
        switch self {
        case .anthropic: Self.anthropicPing
        case .openai: Self.openAIPing
        }
    }

    private static let anthropicPing = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)
    private static let openAIPing = Array(": ping\n\n".utf8)
}
