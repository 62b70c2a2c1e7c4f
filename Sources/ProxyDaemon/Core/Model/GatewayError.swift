/// Why the gateway itself could not answer, whose fault it was, and whether asking again can help.
///
/// A provider's own refusal is no such error: it passes to the client as it came.
package struct GatewayError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The request is malformed; the text says where and what was expected.
        case invalidRequest(String)
        case unauthenticated(String)
        /// The client is known, and may not do this.
        case forbidden(String)
        /// Too many requests, tokens or streams; the same request may pass after so many seconds.
        case rateLimited(String, retryAfterSeconds: Int)
        /// A budget is spent; asking again helps only after so many seconds.
        case budgetExhausted(String, retryAfterSeconds: Int)
        case notFound(String)
        case methodNotAllowed(allowed: String)
        case bodyTooLarge(limitBytes: Int)
        /// The request's head is longer, or has more fields.
        case headTooLarge(limitBytes: Int, limitFields: Int)
        case unsupportedEncoding(String)
        /// The request did not arrive in time.
        case requestTimeout
        /// No connection to the backend.
        case unreachable(backend: String, detail: String)
        case upstreamTimeout(backend: String, detail: String)
        /// The backend answered with something that is no answer, or its connection broke.
        case upstreamBroken(backend: String, detail: String)
        /// The provider does not take the gateway's own key.
        case upstreamRefusedKey(backend: String, detail: String)
        /// What the request asks for is not configured; the text says by which setting it would be.
        case notConfigured(String)
        /// No backend can take this request.
        case noBackend(String)
        case overloaded(String)
        /// Every backend that could answer fails at the moment.
        case unavailable(String, retryAfterSeconds: Int)
        /// The daemon is about to stop.
        case shuttingDown
        /// The client left; nobody will read this.
        case cancelled
        case internalFault(String)
    }

    package enum Source: String, Sendable {
        case client
        case gateway
        case upstream
    }

    package let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    /// The one place that decides who is to blame.
    package var source: Source {
        switch kind {
        case .invalidRequest, .unauthenticated, .forbidden, .rateLimited, .budgetExhausted, .notFound,
            .methodNotAllowed, .bodyTooLarge, .headTooLarge, .unsupportedEncoding, .requestTimeout, .cancelled:
            .client
        case .unreachable, .upstreamTimeout, .upstreamBroken, .upstreamRefusedKey: .upstream
        case .notConfigured, .noBackend, .overloaded, .shuttingDown, .internalFault: .gateway
        case .unavailable: .upstream
        }
    }

    /// The one place that decides the HTTP status a client sees.
    package var status: Int {
        switch kind {
        case .invalidRequest: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .rateLimited, .budgetExhausted: 429
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .unsupportedEncoding: 415
        case .headTooLarge: 431
        case .cancelled: 499
        case .notConfigured, .internalFault: 500
        case .unreachable, .upstreamBroken, .upstreamRefusedKey: 502
        case .noBackend, .overloaded, .unavailable, .shuttingDown: 503
        case .upstreamTimeout: 504
        }
    }

    /// A word without values, fit for a metric label.
    package var label: String {
        switch kind {
        case .invalidRequest: "invalid_request"
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .rateLimited: "rate_limited"
        case .budgetExhausted: "budget_exhausted"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .bodyTooLarge: "body_too_large"
        case .headTooLarge: "head_too_large"
        case .unsupportedEncoding: "unsupported_encoding"
        case .requestTimeout: "request_timeout"
        case .unreachable: "unreachable"
        case .upstreamTimeout: "upstream_timeout"
        case .upstreamBroken: "upstream_broken"
        case .upstreamRefusedKey: "upstream_refused_key"
        case .notConfigured: "not_configured"
        case .noBackend: "no_backend"
        case .overloaded: "overloaded"
        case .unavailable: "unavailable"
        case .shuttingDown: "shutting_down"
        case .cancelled: "cancelled"
        case .internalFault: "internal"
        }
    }

    /// What a person is told: what happened, where, and what to do.
    package var message: String {
        switch kind {
        case .invalidRequest(let text), .unauthenticated(let text), .forbidden(let text), .rateLimited(let text, _),
            .budgetExhausted(let text, _), .notFound(let text), .noBackend(let text),
            .notConfigured(let text), .overloaded(let text), .unavailable(let text, _):
            text
        case .methodNotAllowed(let allowed): "this path takes \(allowed)"
        case .bodyTooLarge(let limit):
            "the request body is larger than \(limit) bytes; the operator can raise server.max_body_bytes"
        case .headTooLarge(let bytes, let fields):
            "the request's head is larger than \(bytes) bytes or has more than \(fields) fields; the operator can raise server.max_header_bytes and server.max_headers"
        case .unsupportedEncoding(let encoding):
            "content-encoding \"\(encoding)\" is not supported; send gzip, deflate or none"
        case .requestTimeout:
            "the request did not arrive in time; the operator can raise server.header_timeout_sec and server.read_timeout_sec, or lower server.min_body_bytes_per_sec"
        case .unreachable(let backend, let detail): "backend \(backend) could not be reached: \(detail)"
        case .upstreamTimeout(let backend, let detail): "backend \(backend) did not answer in time: \(detail)"
        case .upstreamBroken(let backend, let detail): "backend \(backend) broke off: \(detail)"
        case .upstreamRefusedKey(let backend, let detail):
            "the provider of backend \(backend) refused the gateway's own key (\(detail)); its operator must see to that backend's api_key"
        case .shuttingDown: "the gateway is shutting down; ask again in a moment"
        case .cancelled: "the client left"
        case .internalFault(let text): "internal fault: \(text)"
        }
    }
}
