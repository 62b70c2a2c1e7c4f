/// The address of an upstream, taken apart as far as the rules about it need.
struct BaseURL: Sendable, Equatable {
    /// Without a trailing slash or `/v1`.
    let text: String
    let isEncrypted: Bool
    /// The host is this machine.
    let isLoopback: Bool

    /// Why an address cannot be one.
    struct Malformed: Error, Equatable {
        var problem: String
    }

    init(_ given: String) throws(Malformed) {
        let lowercased = given.lowercased()
        guard lowercased.hasPrefix("https://") || lowercased.hasPrefix("http://") else {
            throw Malformed(problem: "expected an address that begins with https:// or http://")
        }
        guard given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else { throw Malformed(problem: "expected an address without spaces, quotes and letters outside ASCII") }
        guard !given.contains("?"), !given.contains("#") else {
            throw Malformed(problem: "expected an address without ? and #")
        }
        isEncrypted = lowercased.hasPrefix("https://")
        let afterScheme = given.dropFirst(isEncrypted ? 8 : 7)
        let authority = afterScheme.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw Malformed(problem: "expected an address without a user name; a key belongs into api_key")
        }
        guard let host = Self.host(of: authority) else {
            throw Malformed(problem: "expected a host and a port from 1 to 65535")
        }
        isLoopback = Self.isLoopback(host.lowercased())
        var path = afterScheme[authority.endIndex...]
        while path.hasSuffix("/") { path = path.dropLast() }
        if path.hasSuffix("/v1") { path = path.dropLast(3) }
        while path.hasSuffix("/") { path = path.dropLast() }
        text = "\(isEncrypted ? "https" : "http")://\(authority)\(path)"
    }

    /// The host of `host`, `host:port`, `[::1]` or `[::1]:port`; nil when either part is impossible.
    private static func host(of authority: Substring) -> Substring? {
        let host: Substring
        let port: Substring
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            port = authority[authority.index(after: close)...]
        } else {
            host = authority.prefix { $0 != ":" }
            port = authority[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        guard !port.isEmpty else { return host }
        guard port.hasPrefix(":"), let number = Int(port.dropFirst()), (1...65_535).contains(number) else { return nil }
        return host
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
