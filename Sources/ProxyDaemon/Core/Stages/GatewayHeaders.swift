import Shared

/// The headers that tell a client what the gateway did.
package enum GatewayHeaders {
    /// Those of an exchange. What is known only at the end of a stream is left out while `isFinal` is false.
    static func fields(_ exchange: Exchange, _ summary: ExchangeSummary, isFinal: Bool) -> [HeaderField] {
        var fields = identity(id: summary.id)
        fields.reserveCapacity(16)
        // Of a stream that is still held back nobody knows yet who answers.
        if let tier = summary.tier, !exchange.isUndecided {
            fields.append(HeaderField("X-Gateway-Model", headerSafe(summary.model)))
            fields.append(HeaderField("X-Gateway-Provider", summary.provider))
            fields.append(HeaderField("X-Gateway-Tier", tier.name))
        }
        fields.append(HeaderField("X-Gateway-Score", summary.score.map(String.init) ?? "n/a"))
        fields.append(HeaderField("X-Gateway-Classifier", summary.classifier))
        fields.append(HeaderField("X-Gateway-Cache", summary.cache))
        fields.append(HeaderField("X-Cache", exchange.sharing == .none ? "MISS" : "HIT"))
        if !exchange.isUndecided {
            fields.append(HeaderField("X-Gateway-Escalations", String(summary.escalations)))
        }
        if isFinal {
            fields.append(HeaderField("X-Gateway-Cost-USD", summary.cost.description))
            if let overhead = summary.overhead {
                fields.append(HeaderField("X-Gateway-Overhead-USD", overhead.description))
            }
            fields.append(HeaderField("X-Gateway-Saved-USD", summary.saved.description))
        }
        if let status = exchange.limitStatus {
            fields.append(HeaderField("X-RateLimit-Limit", String(status.limit)))
            fields.append(HeaderField("X-RateLimit-Remaining", String(status.remaining)))
            fields.append(HeaderField("X-RateLimit-Reset", String(status.resetSeconds)))
        }
        if summary.isSimulated { fields.append(simulated) }
        if !exchange.warnings.isEmpty {
            fields.append(HeaderField("X-Gateway-Warning", headerSafe(exchange.warnings.joined(separator: "; "))))
        }
        return fields
    }

    /// Those of every answer.
    package static func identity(id: String) -> [HeaderField] {
        [HeaderField("X-Gateway", GatewayVersion.headerValue), HeaderField("X-Gateway-Query-ID", id)]
    }

    /// Says that no model stands behind an answer.
    static let simulated = HeaderField("X-Gateway-Simulated", "true")

    /// Those of an error that the gateway itself made.
    package static func errorFields(_ error: GatewayError, id: String) -> [HeaderField] {
        var fields = [
            HeaderField("content-type", "application/json"),
            HeaderField("request-id", "req_gw_\(id)"),
            HeaderField("x-request-id", "req_gw_\(id)"),
            HeaderField("X-Gateway-Error", error.label),
        ]
        switch error.kind {
        case .methodNotAllowed(let allowed): fields.append(HeaderField("allow", allowed))
        case .overloaded, .shuttingDown: fields.append(HeaderField("retry-after", "1"))
        case .unavailable(_, let seconds): fields.append(HeaderField("retry-after", String(max(1, seconds))))
        case .rateLimited(_, let seconds): fields.append(HeaderField("retry-after", String(max(1, seconds))))
        case .budgetExhausted(_, let seconds):
            fields.append(HeaderField("retry-after", String(max(1, seconds))))
            fields.append(HeaderField("x-should-retry", "false"))
        // Asking again changes nothing until the operator has changed something.
        case .noBackend, .notConfigured, .upstreamRefusedKey, .internalFault:
            fields.append(HeaderField("x-should-retry", "false"))
        default: break
        }
        return fields
    }

    /// A header value may hold no control characters, whatever a model's name brought along.
    private static func headerSafe(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
    }
}
