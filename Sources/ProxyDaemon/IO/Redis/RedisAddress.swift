import GatewayCore

/// Where a Redis server is and how to sign in there: what a URL says.
///
/// - `redis://[[user]:password@]host[:port][/database]`, with `rediss` for TLS
/// - `unix://[[user]:password@]/path/to/socket`, also spelled `redis+unix`
///
/// A `?db=` names the database too, `?user=` and `?password=` the rest; `?ca_file=` a file of certificates in PEM that a
/// `rediss` server is checked against in place of the system's. Reserved characters are percent-encoded. A sign-in of one
/// part without a colon is a password.
package struct RedisAddress: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package var place: Place
    /// nil signs in as the default user.
    package var user: String?
    /// nil does not sign in.
    package var password: String?
    package var database: Int
    package var isEncrypted: Bool
    /// nil trusts the system's certificate authorities.
    package var certificateFile: String?

    /// Why a URL cannot be one of a Redis server. Never holds any part of what might be a password.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    package static let defaultPort = 6_379
    /// A longer path does not fit a socket's address (sun_path in unix(7), less its end).
    private static let maximumPathBytes = 107

    private enum Scheme: String, CaseIterable {
        case redis = "redis://"
        case rediss = "rediss://"
        case unix = "unix://"
        case redisUnix = "redis+unix://"
    }

    package init(_ url: String) throws(Malformed) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Malformed(description: "expected an address without spaces and control characters")
        }
        let lowercased = url.lowercased()
        guard let scheme = Scheme.allCases.first(where: { lowercased.hasPrefix($0.rawValue) }) else {
            throw Malformed(
                description: "expected an address that begins with redis://, rediss://, unix:// or redis+unix://"
            )
        }
        isEncrypted = scheme == .rediss
        var rest = url.dropFirst(scheme.rawValue.count)
        guard !rest.contains("#") else {
            throw Malformed(description: "expected an address without #; in a password it is written %23")
        }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        let path = rest[slash...]
        if let at = authority.lastIndex(of: "@") {
            (user, password) = try Self.credentials(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        database = 0
        switch scheme {
        case .redis, .rediss:
            place = try Self.host(authority)
            if path.count > 1 { database = try Self.database(path.dropFirst(), "after the host") }
        case .unix, .redisUnix:
            guard authority.isEmpty else {
                throw Malformed(
                    description: "expected three slashes before a socket's path, as in unix:///run/redis.sock"
                )
            }
            let decoded = try Self.decoded(path, "the socket's path")
            guard decoded.utf8.count > 1, decoded.utf8.count <= Self.maximumPathBytes else {
                throw Malformed(description: "expected a socket's path of at most \(Self.maximumPathBytes) bytes")
            }
            place = .unix(path: decoded)
        }
        try take(query: query)
        if password == nil, user != nil { throw Malformed(description: "expected a password with the user") }
    }

    private mutating func take(query: Substring) throws(Malformed) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? parts[1] : ""
            switch parts[0] {
            case "db", "database": database = try Self.database(value, "in ?db=")
            case "user", "username": user = try Self.decoded(value, "the user").nonEmpty
            case "password": password = try Self.decoded(value, "the password").nonEmpty
            case "ca_file" where isEncrypted:
                certificateFile = try Self.decoded(value, "ca_file").nonEmpty
            default:
                // Its name could be the end of a password that holds a question mark.
                throw Malformed(
                    description:
                        "expected nothing after ? but db, user, password and, with rediss, ca_file; in a password "
                        + "? is written %3F"
                )
            }
        }
    }

    private static func credentials(_ text: Substring) throws(Malformed) -> (user: String?, password: String?) {
        guard let colon = text.firstIndex(of: ":") else {
            return (nil, try decoded(text, "the password").nonEmpty)
        }
        return (
            try decoded(text[..<colon], "the user").nonEmpty,
            try decoded(text[text.index(after: colon)...], "the password").nonEmpty
        )
    }

    private static func host(_ authority: Substring) throws(Malformed) -> Place {
        let host: Substring
        let port: Substring
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            port = authority[authority.index(after: close)...]
        } else {
            host = authority.prefix { $0 != ":" }
            port = authority[host.endIndex...]
        }
        var number = defaultPort
        if !port.isEmpty {
            // A password with a slash in it ends up here: not a word of it in the message.
            guard port.hasPrefix(":"), let given = decimal(port.dropFirst()), (1...65_535).contains(given) else {
                throw Malformed(
                    description: "expected a port from 1 to 65535 after the host; in a password / is written %2F"
                )
            }
            number = given
        }
        let decoded = try decoded(host, "the host")
        guard decoded.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw Malformed(description: "expected a host's name or address")
        }
        return .tcp(host: decoded.isEmpty ? "localhost" : decoded, port: number)
    }

    private static func database(_ text: Substring, _ place: String) throws(Malformed) -> Int {
        guard let number = decimal(text), number <= 65_535 else {
            throw Malformed(description: "expected the number of a database \(place), as in redis://host:6379/2")
        }
        return number
    }

    /// A number of digits alone.
    private static func decimal(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    private static func decoded(_ text: Substring, _ what: String) throws(Malformed) -> String {
        guard let decoded = PercentEncoding.decode(text), !decoded.utf8.contains(0) else {
            throw Malformed(description: "expected two digits after every % in \(what), and UTF-8; a % is written %25")
        }
        return decoded
    }
}

extension RedisAddress: CustomStringConvertible {
    /// The address without user and password.
    package var description: String {
        let database = database == 0 ? "" : "/\(database)"
        switch place {
        case .tcp(let host, let port):
            let host = host.contains(":") ? "[\(host)]" : host
            return "\(isEncrypted ? "rediss" : "redis")://\(host):\(port)\(database)"
        case .unix(let path): return "unix://\(path)\(self.database == 0 ? "" : "?db=\(self.database)")"
        }
    }
}

/// Otherwise printing one would show its password.
extension RedisAddress: CustomDebugStringConvertible, CustomReflectable {
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
