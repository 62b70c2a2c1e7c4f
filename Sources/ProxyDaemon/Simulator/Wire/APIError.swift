/// An answer of the API that is an error: status, `error.type` and message.
struct APIError: Error, Sendable, Equatable {
    var status: Int
    var message: String
    /// `error.details.error_code`, when there is one.
    var code: String?

    init(_ status: Int, _ message: String, code: String? = nil) {
        self.status = status
        self.message = message
        self.code = code
    }

    static func invalid(_ message: String) -> APIError { APIError(400, message) }

    /// The `error.type` that Anthropic sends with a status.
    var type: String {
        switch status {
        case 400: "invalid_request_error"
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        default: status < 500 ? "invalid_request_error" : "api_error"
        }
    }

    /// The envelope that is sent as body, or as the data of an `error` event.
    func envelope(requestID: String) -> JSONValue {
        var error: JSONObject = JSONObject(members: [
            .init(key: "type", value: .string(type)), .init(key: "message", value: .string(message)),
        ])
        if let code { error["details"] = ["error_code": .string(code)] }
        return ["type": "error", "error": .object(error), "request_id": .string(requestID)]
    }

    /// The error that a `status=N` directive asks for.
    static func simulated(_ status: Int) -> APIError {
        switch status {
        case 400: APIError(400, "messages: simulated invalid request")
        case 401: APIError(401, "invalid x-api-key")
        case 402: APIError(402, "linked account has no payment method")
        case 403: APIError(403, "Your API key does not have permission to use the specified resource.")
        case 404: APIError(404, "model: simulated-missing-model")
        case 413: APIError(413, "Request exceeds the maximum size")
        case 429: APIError(429, "This request would exceed the rate limit for your organization (simulated).")
        case 503: APIError(503, "upstream unavailable")
        case 504: APIError(504, "upstream timed out")
        case 529: APIError(529, "Overloaded")
        default: APIError(status, status < 500 ? "simulated error \(status)" : "Internal server error")
        }
    }
}
