/// Which headers travel.
package enum HeaderNames {
    /// Whether a header of the provider goes on to the client: all but those that belong to the connection, and those
    /// that speak of a body as it was before libcurl undid its encoding.
    package static func isReturned(_ header: HeaderField) -> Bool {
        let name = header.name.utf8
        switch name.first.map({ $0 | 0x20 }) {
        case UInt8(ascii: "c"):
            return !header.isNamed("connection") && !header.isNamed("content-length")
                && !header.isNamed("content-encoding")
        case UInt8(ascii: "t"):
            return !header.isNamed("transfer-encoding") && !header.isNamed("te") && !header.isNamed("trailer")
        case UInt8(ascii: "k"): return !header.isNamed("keep-alive")
        case UInt8(ascii: "u"): return !header.isNamed("upgrade")
        case UInt8(ascii: "p"): return !startsWith(name, "proxy-")
        case UInt8(ascii: "a"): return !header.isNamed("alt-svc")
        default: return true
        }
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

    static func startsWith(_ name: String.UTF8View, _ lowercase: StaticString) -> Bool {
        var at = 0
        for byte in name {
            guard at < lowercase.utf8CodeUnitCount else { return true }
            let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            guard lower == lowercase.utf8Start[at] else { return false }
            at += 1
        }
        return at == lowercase.utf8CodeUnitCount
    }
}
