/// What went wrong at a provider, whichever dialect it was told in.
struct ProviderFault: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case invalidRequest
        /// The prompt does not fit into the model's context.
        case contextLength
        /// The provider refused the gateway's own key.
        case credentials
        case billing
        case notFound
        case conflict
        case tooLarge
        case rateLimit
        /// Nothing is left to spend: trying again is of no use.
        case quota
        case serverError
        case timeout
        case overloaded
        /// A status of the client's class that has no name.
        case other
    }

    var kind: Kind
    var message: String
    var param: String?
    /// The HTTP status; 500 for an error inside a stream that names none.
    var status: Int

    /// Reads the `error` member of an OpenAI or Ollama answer: an object, or a text. Nil where it is no error: null, false
    /// or empty.
    init?(openAIError error: JSONView, status: Int? = nil) {
        switch error.kind {
        case .string where !error.piece.isEmpty:
            let message = error.string ?? ""
            self.init(type: nil, code: nil, message: message, param: nil, status: status)
        case .object: self.init(object: error, status: status)
        default: return nil
        }
    }

    private init?(object: JSONView, status: Int?) {
        var isEmpty = true
        object.forEachMember { _, _ in isEmpty = false }
        guard !isEmpty else { return nil }
        // llama.cpp gives the status as a number in `code`.
        let numeric = object["code"]?.integer.flatMap { (400..<600).contains($0) ? $0 : nil }
        self.init(
            type: object["type"]?.string,
            code: object["code"]?.string,
            message: object["message"]?.string ?? "the provider sent an error without a message",
            param: object["param"]?.string,
            status: status ?? numeric
        )
        if kind == .contextLength, let prompt = object["n_prompt_tokens"]?.count, let window = object["n_ctx"]?.count {
            message = Self.tooLong(prompt: prompt, window: window)
        }
    }

    /// Reads the body of an error answer of any wire. What is no JSON is taken as text, its first 200 characters.
    ///
    /// A status below 400 is no error's: the body alone says what it is.
    init(status answered: Int, body: [UInt8], wire: BackendWire) {
        let status = answered >= 400 ? answered : nil
        let read = body.withUnsafeBufferPointer { bytes -> ProviderFault? in
            guard let index = try? JSONIndex(bytes) else { return nil }
            return index.withRoot(bytes) { root -> ProviderFault? in
                if wire == .anthropic, let error = root["error"], error.kind == .object {
                    return ProviderFault(anthropicError: error, status: status)
                }
                if let fault = root["error"].flatMap({ ProviderFault(openAIError: $0, status: status) }) {
                    return fault
                }
                // Servers made with common web frameworks put the text elsewhere.
                guard let text = (root["message"] ?? root["detail"])?.string else { return nil }
                return ProviderFault(type: nil, code: nil, message: text, param: nil, status: status)
            }
        }
        if let read {
            self = read
            return
        }
        let text = Self.excerpt(body)
        self.init(
            type: nil,
            code: nil,
            message: text.isEmpty ? "the provider answered with status \(answered) and no body" : text,
            param: nil,
            status: status ?? 502
        )
    }

    /// Reads Anthropic's `error` object.
    init(anthropicError error: JSONView, status: Int?) {
        self.init(
            type: error["type"]?.string,
            code: error["details"]?["error_code"]?.string,
            message: error["message"]?.string ?? "the provider sent an error without a message",
            param: nil,
            status: status
        )
    }

    private init(type: String?, code: String?, message: String, param: String?, status: Int?) {
        let kind = Self.kind(type: type, code: code, message: message, status: status)
        self.kind = kind
        self.message = message
        self.param = param
        self.status = status ?? Self.status(of: kind)
    }

    /// The first 200 characters of a text, for bodies that are none a client could read.
    static func excerpt(_ body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(1_000), as: UTF8.self)
        return String(text.drop { $0.isWhitespace }.prefix(200))
    }

    private static func kind(type: String?, code: String?, message: String, status: Int?) -> Kind {
        switch code {
        case "context_length_exceeded": return .contextLength
        case "insufficient_quota", "enforced_spend_limit_reached", "contract_spend_limit_reached": return .quota
        case "rate_limit_exceeded": return .rateLimit
        case "model_not_found": return .notFound
        case "invalid_api_key": return .credentials
        case "overloaded": return .overloaded
        default: break
        }
        if type == "exceed_context_size_error" || speaksOfContext(message) { return .contextLength }
        if type == "insufficient_quota" { return .quota }
        if let status { return kind(status: status) }
        switch type {
        case "invalid_request_error": return .invalidRequest
        case "authentication_error", "permission_error": return .credentials
        case "billing_error": return .billing
        case "not_found_error": return .notFound
        case "request_too_large": return .tooLarge
        case "rate_limit_error", "requests", "tokens": return .rateLimit
        case "timeout_error": return .timeout
        case "overloaded_error": return .overloaded
        default: return .serverError
        }
    }

    private static func kind(status: Int) -> Kind {
        switch status {
        case 400, 422: .invalidRequest
        case 401, 403: .credentials
        case 402: .billing
        case 404: .notFound
        case 409: .conflict
        case 413: .tooLarge
        case 429: .rateLimit
        case 504: .timeout
        case 502, 503, 529: .overloaded
        case 400..<500: .other
        default: .serverError
        }
    }

    private static func status(of kind: Kind) -> Int {
        switch kind {
        case .invalidRequest, .contextLength, .other: 400
        case .credentials: 401
        case .billing: 402
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .rateLimit, .quota: 429
        case .serverError: 500
        case .overloaded: 503
        case .timeout: 504
        }
    }

    /// How OpenAI, llama.cpp, vLLM, Ollama and Anthropic say that a prompt does not fit.
    private static func speaksOfContext(_ message: String) -> Bool {
        let text = message.lowercased()
        return [
            "maximum context length", "available context size", "exceeds the context window",
            "exceeds maximum context", "exceed context limit", "prompt is too long",
        ].contains { text.contains($0) }
    }

    private static func tooLong(prompt: Int, window: Int) -> String {
        "prompt is too long: \(prompt) tokens > \(window) maximum"
    }

    /// The counts of prompt and window that a message about the context names.
    private var contextCounts: (prompt: Int, window: Int)? {
        guard kind == .contextLength else { return nil }
        var counts: [Int] = []
        for word in message.split(whereSeparator: { !$0.isASCII || !$0.isNumber }) where word.count > 2 {
            if let count = Int(word), !counts.contains(count) { counts.append(count) }
        }
        guard counts.count >= 2 else { return nil }
        return (max(counts[0], counts[1]), min(counts[0], counts[1]))
    }

    /// As Anthropic says it. The wording about the context is what coding agents look for before they shorten a prompt.
    var anthropic: (status: Int, type: String, message: String) {
        switch kind {
        case .contextLength:
            if message.hasPrefix("prompt is too long") { return (400, "invalid_request_error", message) }
            let text = contextCounts.map { Self.tooLong(prompt: $0.prompt, window: $0.window) }
            return (400, "invalid_request_error", text ?? "prompt is too long: \(message)")
        case .invalidRequest: return (status, "invalid_request_error", message)
        case .credentials: return (502, "api_error", Self.refusedKey(status))
        case .billing: return (402, "billing_error", message)
        case .notFound: return (404, "not_found_error", message)
        case .conflict: return (409, "conflict_error", message)
        case .tooLarge: return (413, "request_too_large", message)
        case .rateLimit, .quota: return (429, "rate_limit_error", message)
        case .serverError: return (500, "api_error", message)
        case .timeout: return (504, "timeout_error", message)
        case .overloaded: return (529, "overloaded_error", message)
        case .other: return (status, "invalid_request_error", message)
        }
    }

    /// As OpenAI says it.
    var openAI: (status: Int, type: String, code: String?, param: String?, message: String) {
        let request = "invalid_request_error"
        switch kind {
        case .contextLength:
            let text = contextCounts.map {
                "This model's maximum context length is \($0.window) tokens. However, your messages resulted in "
                    + "\($0.prompt) tokens. Please reduce the length of the messages."
            }
            return (400, request, "context_length_exceeded", "messages", text ?? message)
        case .invalidRequest: return (status, request, nil, param ?? OpenAIErrors.param(of: message), message)
        case .credentials: return (502, "server_error", "upstream_credentials", nil, Self.refusedKey(status))
        case .billing: return (403, request, "billing_error", nil, message)
        case .notFound: return (404, request, "model_not_found", nil, message)
        case .conflict: return (409, request, "conflict", nil, message)
        case .tooLarge: return (413, request, "request_too_large", nil, message)
        case .rateLimit:
            let isOfTokens = message.contains("token")
            return (429, isOfTokens ? "tokens" : "requests", "rate_limit_exceeded", nil, message)
        case .quota: return (429, "insufficient_quota", "insufficient_quota", nil, message)
        case .serverError: return (500, "server_error", nil, nil, message)
        case .timeout: return (504, "server_error", "timeout", nil, message)
        case .overloaded: return (503, "server_error", "overloaded", nil, message)
        case .other: return (status, request, nil, param, message)
        }
    }

    /// False where a client that asks again by itself only wastes time; nil where it may decide.
    var shouldRetry: Bool? {
        switch kind {
        case .quota, .credentials, .billing: false
        default: nil
        }
    }

    /// The provider's own text may hold a part of the key, and would have the client's user look for a fault in theirs.
    private static func refusedKey(_ status: Int) -> String {
        "the backend refused the gateway's own credentials (status \(status)); the operator must check its api_key"
    }
}
