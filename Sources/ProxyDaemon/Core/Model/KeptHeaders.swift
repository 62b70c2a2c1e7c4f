import Shared

/// What of a request's and an answer's headers may be remembered: what tells programs, versions and wishes apart, and nothing
/// that lets anybody in.
enum KeptHeaders {
    /// Values are cut to so many UTF-8 bytes.
    private static let mostBytes = 256

    /// Of a request. Names are told apart by their lengths first: this runs for every request.
    static func ofRequest(_ headers: [HeaderField]) -> [HeaderField] { headers.filter(isHarmless) }

    private static func isHarmless(_ header: HeaderField) -> Bool {
        switch header.name.utf8.count {
        case 5: header.isNamed("x-app")
        case 6: header.isNamed("accept")
        case 10: header.isNamed("user-agent")
        case 11: header.isNamed("openai-beta")
        case 12: header.isNamed("content-type") || header.isNamed("x-request-id")
        case 13: header.isNamed("cache-control")
        case 14: header.isNamed("anthropic-beta") || header.isNamed("content-length") || begins(header.name)
        case 15: header.isNamed("accept-encoding") || begins(header.name)
        case 16: header.isNamed("content-encoding") || begins(header.name)
        case 17: header.isNamed("anthropic-version") || begins(header.name)
        case 18...: begins(header.name)
        default: false
        }
    }

    /// The gateway's own, and what SDKs tell of themselves.
    private static func begins(_ name: String) -> Bool {
        begins(name, "x-gateway-") || begins(name, "x-stainless-")
    }

    /// `lowercase` must be ASCII in lower case.
    private static func begins(_ name: String, _ lowercase: StaticString) -> Bool {
        var at = 0
        for byte in name.utf8 {
            guard at < lowercase.utf8CodeUnitCount else { return true }
            guard (byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte) == lowercase.utf8Start[at] else { return false }
            at += 1
        }
        return at == lowercase.utf8CodeUnitCount
    }

    /// Of an answer, which is asked for seldom and kept whole: cookies and whatever names a key are left out.
    static func ofAnswer(_ headers: [HeaderField]) -> [HeaderReport] {
        let secrets = ["cookie", "authorization", "auth-", "api-key", "secret", "token="]
        return headers.filter { header in
            let name = header.name.lowercased()
            return !secrets.contains { name.contains($0) }
        }.map(report)
    }

    /// As a front end is told of it.
    static func report(_ header: HeaderField) -> HeaderReport {
        let isCut = header.value.utf8.count > mostBytes
        let value = isCut ? String(decoding: header.value.utf8.prefix(mostBytes), as: UTF8.self) + "…" : header.value
        return HeaderReport(name: header.name.lowercased(), value: value)
    }
}
