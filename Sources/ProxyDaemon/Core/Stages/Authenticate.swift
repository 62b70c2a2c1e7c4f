import Crypto

/// Lets in who has a key; without any configured, only this machine.
package final class Authenticate: Stage {
    package static let name = "authenticate"
    private let keys: ClientKeys

    package init(keys: ClientKeys) { self.keys = keys }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        exchange.client = try keys.identify(exchange.request)
        return try await next(&exchange)
    }
}

/// The client keys, as hashes: the keys themselves are not kept.
package struct ClientKeys: Sendable {
    /// The project of clients that belong to none.
    package static let defaultProject = "default"

    private struct Key {
        let digest: [UInt8]
        /// nil for a key that is not bound to a project.
        let project: String?
    }

    private let keys: [Key]
    private let projects: KnownProjects
    private let ring: KeyRing

    package init(_ keys: [Secret], projects: [Settings.Project] = [], ring: KeyRing = KeyRing()) {
        self.ring = ring
        let bound = projects.flatMap { project in
            project.keys.map { Key(digest: Self.digest($0.exposed), project: project.name) }
        }
        self.keys = keys.map { Key(digest: Self.digest($0.exposed), project: nil) } + bound
        self.projects = KnownProjects(projects)
    }

    /// Whether a key must be presented.
    package var areRequired: Bool { !keys.isEmpty || !ring.isEmpty }

    /// Who sent the request, and for which project: that of the key, or for a key without one the project that the header
    /// `X-Gateway-Project` names. Throws `unauthenticated` or `invalidRequest` with what to do, and `forbidden` for a key of
    /// a project that is not configured: nobody said what bounds it has.
    package func identify(_ request: ClientRequest) throws(GatewayError) -> ClientIdentity {
        var client = try holder(of: request)
        guard projects.includes(client.project) else {
            throw GatewayError(
                .forbidden("the project of this gateway key is not configured; ask the gateway's operator to add it")
            )
        }
        // Where there are no projects the header speaks of something else, and is nobody's mistake.
        guard !projects.isEmpty, let named = request.header("x-gateway-project"), !named.isEmpty,
            named != client.project
        else { return client }
        guard client.project == Self.defaultProject else {
            throw GatewayError(.invalidRequest("X-Gateway-Project: this key belongs to another project"))
        }
        guard projects.includes(named) else {
            throw GatewayError(.invalidRequest("X-Gateway-Project: no project of that name is configured"))
        }
        client.project = named
        return client
    }

    private func holder(of request: ClientRequest) throws(GatewayError) -> ClientIdentity {
        let anonymous = ClientIdentity(project: Self.defaultProject, keyFingerprint: "")
        if request.isTrusted { return anonymous }
        guard areRequired else {
            guard request.isFromLoopback else {
                throw GatewayError(.unauthenticated("only this machine is served until auth.keys are configured"))
            }
            // A web page in a browser on this machine is not its owner.
            if let origin = request.header("origin"), !Self.isLocal(origin: origin) {
                throw GatewayError(.unauthenticated("requests of web pages need a key: configure auth.keys"))
            }
            return anonymous
        }
        let presented = Self.presentedKeys(request)
        guard !presented.isEmpty else {
            throw GatewayError(.unauthenticated("a gateway key is needed: x-api-key or Authorization: Bearer"))
        }
        for key in presented {
            let digest = Self.digest(key)
            // Every key is compared, and every byte of it: the time tells nothing.
            var match: Key?
            for known in keys { if Self.areEqual(known.digest, digest) { match = match ?? known } }
            // Looked for in any case, so that it takes as long with a plain key as without.
            let record = ring.record(of: key)
            if let match {
                return ClientIdentity(
                    project: match.project ?? Self.defaultProject,
                    keyFingerprint: Self.hexadecimal(digest.prefix(16))
                )
            }
            guard let record else { continue }
            guard record.isInForce(unixSeconds: request.unixMilliseconds / 1_000) else {
                let end = record.isRevoked ? "was revoked" : "has expired"
                throw GatewayError(.unauthenticated("this gateway key \(end); ask the gateway's operator for another"))
            }
            var client = ClientIdentity(
                project: record.project ?? Self.defaultProject,
                keyFingerprint: record.fingerprint
            )
            client.terms = record.terms
            return client
        }
        throw GatewayError(.unauthenticated("this gateway key is not known; ask the gateway's operator for one"))
    }

    /// The fingerprint of a key, or the fingerprint itself where that is given.
    package static func fingerprint(of key: String) -> String {
        let text = key.lowercased()
        if text.utf8.count == 32, text.allSatisfy(\.isHexDigit) { return text }
        return hexadecimal(digest(key).prefix(16))
    }

    /// Whether the request carries this key, as `x-api-key` or as a bearer token. The time that it takes tells nothing of it.
    package static func presents(_ key: Secret, _ request: ClientRequest) -> Bool {
        let wanted = digest(key.exposed)
        var isThere = false
        for presented in presentedKeys(request) { if areEqual(digest(presented), wanted) { isThere = true } }
        return isThere
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
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

    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference: UInt8 = left.count == right.count ? 0 : 1
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
