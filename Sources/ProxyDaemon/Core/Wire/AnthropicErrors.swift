/// Errors of the gateway in Anthropic's envelope
/// (https://platform.claude.com/docs/en/api/errors): `{"type":"error","error":{"type","message"},"request_id"}`.
package enum AnthropicErrors {
    /// The envelope's `error.type` for a status.
    package static func type(status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 400..<500: "invalid_request_error"
        case 504: "timeout_error"
        case 503, 529: "overloaded_error"
        default: "api_error"
        }
    }

    /// The JSON body of an error answer.
    package static func body(_ error: GatewayError, requestID: String) -> [UInt8] {
        Array(envelope(error, requestID: requestID).utf8)
    }

    /// The error as an event of a stream whose status is already sent.
    package static func event(_ error: GatewayError, requestID: String) -> [UInt8] {
        Array("event: error\ndata: \(envelope(error, requestID: requestID))\n\n".utf8)
    }

    private static func envelope(_ error: GatewayError, requestID: String) -> String {
        let message = JSONText.quoted(error.message)
        return """
            {"type":"error","error":{"type":"\(type(status: error.status))","message":\(message)},\
            "request_id":\(JSONText.quoted(requestID))}
            """
    }
}
