import Crypto

/// Lets in who has a key; without any configured, only this machine.
package struct Authenticate: Stage {
    package static let name = "authenticate"
    private let keys: ClientKeys

    package init(keys: ClientKeys) { self.keys = keys }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        exchange.client = try keys.identify(exchange.request)
        return try await next(&exchange)
    }
}

/// The client keys, as SHA-256 digests: the keys themselves are not kept.
package struct ClientKeys: Sendable {
    private let digests: [[UInt8]]

    package init(_ keys: [Secret]) { digests = keys.map { Self.digest($0.exposed) } }

    /// Whether a key must be presented.
    package var areRequired: Bool { !digests.isEmpty }

    /// Who sent the request. Throws `unauthenticated` with what to do.
    package func identify(_ request: ClientRequest) throws(GatewayError) -> ClientIdentity {
        if request.isTrusted { return ClientIdentity(project: "default", keyFingerprint: "") }
        guard areRequired else {
            guard request.isFromLoopback else {
                throw GatewayError(.unauthenticated("only this machine is served until auth.keys are configured"))
            }
            // A web page in a browser on this machine is not its owner.
            if let origin = request.header("origin"), !Self.isLocal(origin: origin) {
                throw GatewayError(.unauthenticated("requests of web pages need a key: configure auth.keys"))
            }
            return ClientIdentity(project: "default", keyFingerprint: "")
        }
        let presented = Self.presentedKeys(request)
        guard !presented.isEmpty else {
            throw GatewayError(.unauthenticated("a gateway key is needed: x-api-key or Authorization: Bearer"))
        }
        for key in presented {
            let digest = Self.digest(key)
            // Every key is compared, and every byte of it: the time tells nothing.
            var isKnown = false
            for known in digests { if Self.areEqual(known, digest) { isKnown = true } }
            if isKnown {
                let hexadecimal = digest.prefix(16).map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }
                return ClientIdentity(project: "default", keyFingerprint: hexadecimal.joined())
            }
        }
        throw GatewayError(.unauthenticated("this gateway key is not known; ask the gateway's operator for one"))
    }

    private static func isLocal(origin: String) -> Bool {
        let host = origin.split(separator: "/").dropFirst().first ?? ""
        return ["localhost", "127.0.0.1", "[::1]"].contains { host == $0 || host.hasPrefix($0 + ":") }
    }

    /// Clients send their key as `x-api-key`, as a bearer token, or as both.
    private static func presentedKeys(_ request: ClientRequest) -> [String] {
        var keys: [String] = []
        for header in request.headers {
            if header.isNamed("x-api-key") {
                keys.append(header.value)
            } else if header.isNamed("authorization") {
                let parts = header.value.split(separator: " ", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == "bearer" { keys.append(String(parts[1])) }
            }
        }
        return keys
    }

    private static func digest(_ key: String) -> [UInt8] { Array(SHA256.hash(data: Array(key.utf8))) }

    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference: UInt8 = left.count == right.count ? 0 : 1
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
