import GatewayCore
import NIOCore
import NIOHTTP1

extension Dialect {
    /// What the client of a request speaks, by its path.
    init(_ head: HTTPRequestHead) { self.init(path: String(head.uri.prefix { $0 != "?" })) }
}

extension SocketAddress {
    /// Whether the other side is on this machine.
    var isLoopback: Bool {
        guard let text = ipAddress else { return false }
        return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    }
}
