import Shared

/// What of a request's and an answer's headers may be remembered: what tells programs, versions and wishes apart, and nothing
/// that lets anybody in.
enum KeptHeaders {
    /// Values are cut to so many UTF-8 bytes.
    private static let mostBytes = 256
    private static let most = 40

    /// Of a request. Names are told apart by their lengths first: this runs for every request.
    static func ofRequest(_ headers: [HeaderField]) -> [HeaderField] { cut(headers.filter(isHarmless)) }

    /// What an answer's headers may be kept as: all of them, but none that is long.
    static func cut(_ headers: [HeaderField]) -> [HeaderField] {
        guard headers.count > most || headers.contains(where: { $0.value.utf8.count > mostBytes }) else {
            return headers
        }
        return headers.prefix(most).map { header in
            guard header.value.utf8.count > mostBytes else { return header }
            let start = String(decoding: header.value.utf8.prefix(mostBytes), as: UTF8.self)
            return HeaderField(header.name, start + "…")
        }
    }

    private static func isHarmless(_ header: HeaderField) -> Bool {
        switch header.name.utf8.count {
        case 5: header.isNamed("x-app")
        case 6: header.isNamed("accept")
        case 10: header.isNamed("user-agent")
        case 11: header.isNamed("openai-beta")
        case 12: header.isNamed("content-type") || header.isNamed("x-request-id")
        case 13: header.isNamed("cache-control")
        case 14:
            header.isNamed("anthropic-beta") || header.isNamed("content-length") || header.isNamed("x-gateway-tier")
        case 15: header.isNamed("accept-encoding") || header.isNamed("x-gateway-skill") || isOfSDK(header)
        case 16: header.isNamed("content-encoding") || isOfSDK(header)
        case 17: header.isNamed("anthropic-version") || header.isNamed("x-gateway-project") || isOfSDK(header)
        case 23: header.isNamed("x-gateway-smart-routing") || isOfSDK(header)
        case 25: header.isNamed("x-gateway-max-escalations") || header.isNamed("x-gateway-classifier-mode")
        default: isOfSDK(header)
        }
    }

    /// What SDKs tell of themselves: `x-stainless-lang`, `x-stainless-retry-count`.
    private static func isOfSDK(_ header: HeaderField) -> Bool { header.name.begins(with: "x-stainless-") }

    /// Of an answer's, which are all kept and asked for seldom: cookies and whatever names a key are left out.
    static func ofAnswer(_ headers: [HeaderField]) -> [HeaderReport] {
        let secrets = ["cookie", "authorization", "auth-", "api-key", "secret", "token="]
        return headers.filter { header in
            let name = header.name.lowercased()
            return !secrets.contains { name.contains($0) }
        }.map(report)
    }

    /// As a front end is told of it. What looks like a key is masked: somebody may have sent theirs in the wrong header.
    static func report(_ header: HeaderField) -> HeaderReport {
        HeaderReport(name: header.name.lowercased(), value: masked(header.value))
    }

    private static func masked(_ value: String) -> String {
        guard value.contains("sk-") || value.contains("gw-") else { return value }
        var result = ""
        var rest = Substring(value)
        while !rest.isEmpty {
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            let isKey = word.utf8.count >= 12 && (word.hasPrefix("sk-") || word.hasPrefix("gw-"))
            result += isKey ? Secret(String(word)).description : String(word)
            rest = rest[word.endIndex...]
            result += rest.prefix(1)
            rest = rest.dropFirst()
        }
        return result
    }
}
