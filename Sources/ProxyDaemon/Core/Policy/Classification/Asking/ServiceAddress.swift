/// The address of a service that the gateway is to send texts to.
package struct ServiceAddress: Sendable, Equatable {
    /// Why an address cannot be one: a clause that goes after the setting's name.
    package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// As it was given.
    package let text: String
    package let isEncrypted: Bool
    /// The host is this machine.
    package let isLoopback: Bool

    /// Reads `http://…` or `https://…`.
    package init(_ text: String) throws(Problem) {
        func problem(_ text: String) -> Problem { Problem(description: text) }
        let lower = text.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://") else {
            throw problem("expected an address that begins with https:// or http://")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else { throw problem("expected an address without spaces, quotes and letters outside ASCII") }
        isEncrypted = lower.hasPrefix("https://")
        let authority = lower.dropFirst(isEncrypted ? 8 : 7).prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else { throw problem("expected an address without a user name") }
        var host = authority
        var port: Substring = ""
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            port = authority[authority.index(after: close)...]
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[colon...]
        }
        let isPort = port.isEmpty || port.hasPrefix(":") && Int(port.dropFirst()).map((1...65_535).contains) == true
        guard !host.isEmpty, isPort else { throw problem("expected a host and a port from 1 to 65535") }
        isLoopback = Self.isLoopback(host)
        self.text = text
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
