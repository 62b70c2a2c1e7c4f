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
        body(status: error.status, message: error.message, requestID: requestID)
    }

    static func body(status: Int, message: String, requestID: String) -> [UInt8] {
        Array(envelope(status, message, requestID).utf8)
    }

    /// The error as an event of a stream whose status is already sent.
    package static func event(_ error: GatewayError, requestID: String) -> [UInt8] {
        Array("event: error\ndata: \(envelope(error.status, error.message, requestID))\n\n".utf8)
    }

    private static func envelope(_ status: Int, _ message: String, _ requestID: String) -> String {
        """
        {"type":"error","error":{"type":"\(type(status: status))","message":\(JSONText.quoted(message))},\
        "request_id":\(JSONText.quoted(requestID))}
        """
    }
}
