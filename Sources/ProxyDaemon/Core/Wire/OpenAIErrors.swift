/// Errors of the gateway in OpenAI's envelope
/// (https://platform.openai.com/docs/guides/error-codes): `{"error":{"message","type","param","code"}}`.
package enum OpenAIErrors {
    /// The JSON body of an error answer.
    package static func body(_ error: GatewayError) -> [UInt8] {
        let known = classify(error)
        return body(
            message: error.message,
            type: known.type,
            param: error.status == 400 ? param(of: error.message) : nil,
            code: known.code
        )
    }

    /// The error as an event of a stream whose status is already sent. No `[DONE]` may follow it.
    package static func event(_ error: GatewayError) -> [UInt8] {
        var code = classify(error).code
        if case .upstreamBroken = error.kind { code = "stream_truncated" }
        return event(body(message: error.message, type: classify(error).type, param: nil, code: code))
    }

    /// An error's body as an event of a stream.
    static func event(_ body: [UInt8]) -> [UInt8] { Array("data: ".utf8) + body + [0x0A, 0x0A] }

    static func body(message: String, type: String, param: String?, code: String?) -> [UInt8] {
        let param = param.map { JSONText.quoted($0) } ?? "null"
        let code = code.map { JSONText.quoted($0) } ?? "null"
        return Array(
            """
            {"error":{"message":\(JSONText.quoted(message)),"type":\(JSONText.quoted(type)),"param":\(param),\
            "code":\(code)}}
            """.utf8
        )
    }

    /// The field that a message speaks of where it begins with one, as in `messages[2].content: expected a string`.
    static func param(of message: String) -> String? {
        guard let colon = message.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = message[..<colon]
        guard let first = name.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first | 0x20,
            name.utf8.count <= 128,
            name.utf8.allSatisfy(isOfFieldName),
            message[colon...].utf8.dropFirst().first == 0x20
        else { return nil }
        return String(name)
    }

    private static func isOfFieldName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "["),
            UInt8(ascii: "]"):
            true
        default: false
        }
    }

    private static func classify(_ error: GatewayError) -> (type: String, code: String?) {
        switch error.status {
        case 429:
            if case .budgetExhausted = error.kind {
                ("insufficient_quota", "insufficient_quota")
            } else {
                ("rate_limit_error", "rate_limit_exceeded")
            }
        case 400: ("invalid_request_error", nil)
        case 401: ("invalid_request_error", "invalid_api_key")
        case 404: ("invalid_request_error", "not_found")
        case 413: ("invalid_request_error", "request_too_large")
        case 402..<500: ("invalid_request_error", error.label)
        case 502: ("upstream_error", error.label)
        case 503: ("server_error", "overloaded")
        case 504: ("server_error", "timeout")
        default: ("server_error", error.label)
        }
    }
}
