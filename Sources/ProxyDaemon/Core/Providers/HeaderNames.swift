/// Which headers travel.
package enum HeaderNames {
    /// Whether a header of the provider goes on to the client: only those that its SDK reads, or that name the request.
    /// All others could say something of this server that only its operator may say: cookies, who may read it from a web
    /// page, which file a server in front is to send.
    package static func isReturned(_ header: HeaderField) -> Bool {
        switch header.name.utf8.first.map({ $0 | 0x20 }) {
        case UInt8(ascii: "a"): return header.name.begins(with: "anthropic-")
        case UInt8(ascii: "c"): return header.isNamed("content-type")
        case UInt8(ascii: "o"): return header.name.begins(with: "openai-")
        case UInt8(ascii: "r"):
            return header.isNamed("request-id") || header.isNamed("retry-after") || header.isNamed("retry-after-ms")
                || header.name.begins(with: "ratelimit-")
        case UInt8(ascii: "x"):
            return header.isNamed("x-request-id") || header.isNamed("x-should-retry")
                || header.name.begins(with: "x-ratelimit-")
        default: return false
        }
    }

    /// The headers of a whole answer or an error, which is JSON whatever its provider calls it: nothing that a browser
    /// would show as a page.
    static func returnedWithJSON(_ headers: [HeaderField]) -> [HeaderField] {
        var kept = headers.filter(isReturned)
        let isJSON = kept.contains { $0.isNamed("content-type") && $0.value.begins(with: "application/json") }
        if !isJSON {
            kept.removeAll { $0.isNamed("content-type") }
            kept.append(HeaderField("content-type", "application/json"))
        }
        return kept
    }

    /// The headers of a translated answer: when to ask again, and the provider's own name for the request under the name
    /// that the client's SDK looks for.
    static func translated(_ headers: [HeaderField], to dialect: Dialect, exchangeID: String) -> [HeaderField] {
        var kept = headers.filter {
            $0.isNamed("retry-after") || $0.isNamed("retry-after-ms") || $0.isNamed("x-should-retry")
        }
        let given = headers.first { $0.isNamed("request-id") || $0.isNamed("x-request-id") }
        kept.append(HeaderField(dialect.requestIDHeader, given?.value ?? "req_gw_\(exchangeID)"))
        return kept
    }
}
