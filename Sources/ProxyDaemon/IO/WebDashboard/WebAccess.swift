import GatewayCore

/// Who may see the web dashboard's figures: as with `/admin`, and on a machine without any keys whoever sits at it.
enum WebAccess: Sendable, Equatable {
    /// Whoever presents the admin key.
    case holderOf(Secret)
    /// Whoever asks from this machine, by a name that only this machine has.
    case thisMachine
    /// Clients must present keys, and none of them is the operator's.
    case nobody

    init(_ gateway: Gateway) {
        if let key = gateway.settings.auth.adminKey {
            self = .holderOf(key)
        } else {
            self = gateway.asksForKeys ? .nobody : .thisMachine
        }
    }

    /// Why the request may not have figures; nil where it may.
    func refusal(ofData request: ClientRequest) -> GatewayError? {
        if let refusal = refusal(ofPage: request) { return refusal }
        // Another site's page in the same browser. It could not read the answer, but have many of them made.
        if let site = request.header("sec-fetch-site"), site != "same-origin", site != "none" {
            return GatewayError(
                .forbidden("the dashboard answers no other site's pages (Sec-Fetch-Site: \(site.prefix(20)))")
            )
        }
        guard case .holderOf(let key) = self, !ClientKeys.presents(key, request) else { return nil }
        return GatewayError(.unauthenticated("the admin key is needed: X-API-Key or Authorization: Bearer"))
    }

    /// Why the request may not even have the page, which holds no figures.
    func refusal(ofPage request: ClientRequest) -> GatewayError? {
        guard self == .thisMachine else { return nil }
        let way = "set auth.admin_key (ADMIN_KEY), or reach it through ssh -L 8080:127.0.0.1:8080"
        let isForwarded = request.headers.contains { $0.isNamed("x-forwarded-for") || $0.isNamed("forwarded") }
        guard request.isFromLoopback, !isForwarded else {
            return GatewayError(.forbidden("without an admin key only this machine sees the dashboard: \(way)"))
        }
        // A name of somebody else's may point here: the browser would take that site's scripts for the dashboard's own.
        let hosts = request.headers.filter { $0.isNamed("host") }.map(\.value)
        guard hosts.count == 1, Self.isLoopback(host: hosts[0]) else {
            let names = "localhost, 127.0.0.1 or [::1]"
            return GatewayError(.forbidden("without an admin key the dashboard answers to \(names) only: \(way)"))
        }
        return nil
    }

    /// Why the request may not change anything or cost money; nil where it may.
    func refusal(ofAction request: ClientRequest) -> GatewayError? {
        if let refusal = refusal(ofData: request) { return refusal }
        if let site = request.header("sec-fetch-site"), site != "same-origin" {
            return GatewayError(
                .forbidden("only the dashboard's own page may ask this (Sec-Fetch-Site: \(site.prefix(20)))")
            )
        }
        let type = request.header("content-type")?.split(separator: ";").first?.lowercased() ?? ""
        // Other sites' forms can send anything but this unasked.
        guard type.filter({ $0 != " " }) == "application/json" else {
            return GatewayError(.invalidRequest("content-type: expected application/json"))
        }
        return nil
    }

    /// Whether a `Host` header names this machine and can name no other: `localhost`, 127.0.0.0/8 or `[::1]`, with any port.
    static func isLoopback(host: String) -> Bool {
        let host = host.lowercased()
        if host == "[::1]" || host.hasPrefix("[::1]:") { return isPort(host.dropFirst(5)) }
        let name = host.prefix { $0 != ":" }
        guard isPort(host.dropFirst(name.count)) else { return false }
        if name == "localhost" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isPort(_ text: some StringProtocol) -> Bool {
        text.isEmpty || (text.first == ":" && UInt16(text.dropFirst()) != nil)
    }
}
