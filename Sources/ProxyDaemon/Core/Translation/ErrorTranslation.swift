/// Turns a provider's error answer into the client's dialect, where the two differ.
///
/// What goes where follows the status first, and a code or wording where that says more: see ``ProviderFault``.
package enum ErrorTranslation {
    /// Translates an answer whose status is an error's, or a 200 whose body is one.
    ///
    /// - Parameters:
    ///   - status: The provider's status; of one below 400 the body alone says what is wrong.
    ///   - body: The provider's body, which need not be JSON.
    ///   - from: The provider's wire.
    ///   - to: The client's dialect.
    ///   - requestID: The gateway's id of the exchange, for Anthropic's envelope.
    /// - Returns: The client's status and body, and false where trying again is of no use. The same dialect's answer
    ///   comes back as it was.
    package static func translate(
        status: Int,
        body: [UInt8],
        from: BackendWire,
        to: Dialect,
        requestID: String
    ) -> (status: Int, body: [UInt8], shouldRetry: Bool?) {
        if from.dialect == to, status >= 400 { return (status, body, nil) }
        let fault = ProviderFault(status: status, body: body, wire: from)
        switch to {
        case .anthropic:
            let error = fault.anthropic
            let text = """
                {"type":"error","error":{"type":"\(error.type)","message":\(JSONText.quoted(error.message))},\
                "request_id":\(JSONText.quoted(requestID))}
                """
            return (error.status, Array(text.utf8), fault.shouldRetry)
        case .openai:
            let error = fault.openAI
            let text = OpenAIErrors.body(
                message: error.message,
                type: error.type,
                param: error.param,
                code: error.code
            )
            return (error.status, text, fault.shouldRetry)
        }
    }
}
