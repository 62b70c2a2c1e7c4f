import Shared

/// Which backend a model's name means.
package struct ModelNames: Sendable {
    package let backends: [Backend]
    private let configured: [Settings.Backend]
    private let catalogue: Catalogue
    /// Positions in `backends` by alias and by model.
    private let positions: [String: Int]
    /// The same by model without its date.
    private let undated: [String: Int]
    /// The names that ask for routing whatever the mode. Claude Code lists only models with "claude" in their names.
    package static let routed = ["auto", "smartroute", "claude-gateway-auto"]
    /// What a name begins with that means a model on a local backend.
    private static let localPrefix = "local:"

    package init(_ configured: [Settings.Backend], catalogue: Catalogue) {
        backends = configured.map { Backend($0, catalogue: catalogue) }
        self.configured = configured
        self.catalogue = catalogue
        var positions: [String: Int] = [:]
        var undated: [String: Int] = [:]
        for (position, backend) in backends.enumerated() {
            for name in [backend.name.lowercased(), backend.name, backend.model] where positions[name] == nil {
                positions[name] = position
            }
            let plain = Catalogue.withoutDate(backend.model) ?? backend.model
            if undated[plain] == nil { undated[plain] = position }
        }
        self.positions = positions
        self.undated = undated
    }

    /// The backend that a model name means: its alias, its model id with or without the date, a tier's name, a further
    /// model of its server, `local:` with a local model, or a model of the catalogue served by the provider of another
    /// backend. Throws `notFound` for a model nobody knows.
    package func backend(named name: String) throws(GatewayError) -> Backend {
        if let match = try configured(named: name) { return match }
        // A model of the same maker that is not configured is still the client's to use, as it is without a gateway.
        if let known = catalogue.model(name), let host = host(for: name) {
            return borrowed(host, name, known.tier ?? .premium)
        }
        if name.hasPrefix("claude-"), let host = host(for: name) { return borrowed(host, name, .premium) }
        let names = (backends.map(\.name) + Self.routed).joined(separator: ", ")
        throw GatewayError(.notFound("model: \(name) is not known here; use one of \(names)"))
    }

    /// The same among what the config names; nil where it does not. Throws `invalidRequest` for an unknown local model.
    func configured(named name: String) throws(GatewayError) -> Backend? {
        if let position = positions[name] { return backends[position] }
        let lower = name.lowercased()
        if let position = positions[lower], backends[position].name.lowercased() == lower { return backends[position] }
        if lower.hasPrefix(Self.localPrefix) { return try local(String(name.dropFirst(Self.localPrefix.utf8.count))) }
        if let position = undated[Catalogue.withoutDate(name) ?? name] { return backends[position] }
        if let tier = Tier.allCases.first(where: { $0.name == lower }),
            let match = backends.first(where: { $0.tier == tier })
        {
            return match
        }
        if lower == Tier.local.name { throw Self.noLocalBackend }
        guard let host = configured.first(where: { $0.allowedModels.contains(name) }) else { return nil }
        return borrowed(host, name, host.tier)
    }

    /// How much the named model reads and writes; nothing where no backend serves it. A window that nobody knows may be
    /// of any size.
    func limits(of named: Backend?, _ name: String) -> RoutingDraft.Limits {
        if let named { return .init(window: named.contextWindow ?? .max, output: named.maxOutput) }
        guard host(for: name) != nil else { return .init() }
        let known = catalogue.model(name)
        return .init(window: known?.contextWindow ?? .max, output: known?.maxOutput)
    }

    private func local(_ model: String) throws(GatewayError) -> Backend {
        let hosts = zip(configured, backends).filter { $0.0.tier == .local }
        if let match = hosts.first(where: { $0.0.model == model || $0.0.name == model }) { return match.1 }
        if let host = hosts.first(where: { $0.0.allowedModels.contains(model) }) {
            return borrowed(host.0, model, .local)
        }
        guard !hosts.isEmpty else { throw Self.noLocalBackend }
        let names = hosts.flatMap { host, _ in [host.model] + host.allowedModels.filter { $0 != host.model } }
        throw GatewayError(
            .invalidRequest(
                "model: no local backend has \(model); there are \(names.joined(separator: ", ")). allowed_models of the backend, or LOCAL_LLM_DEFAULT_MODEL, names others"
            )
        )
    }

    /// The backend whose provider would serve a Claude model that is not configured.
    private func host(for model: String) -> Settings.Backend? {
        guard model.hasPrefix("claude-") else { return nil }
        return configured.first { $0.model.hasPrefix("claude-") }
    }

    private func borrowed(_ host: Settings.Backend, _ model: String, _ tier: Tier) -> Backend {
        var backend = host
        backend.name = model
        backend.model = model
        backend.tier = tier
        // A price is a model's, but on hardware of one's own: there it is the server's.
        if tier != .local { backend.price = nil }
        backend.maxTokens = nil
        return Backend(backend, catalogue: catalogue)
    }

    private static let noLocalBackend = GatewayError(
        .notConfigured(
            "model: a local model was asked for and no local backend is configured: set LOCAL_LLM_BASE_URL, or add a "
                + "backend with tier: local under models: in config.yaml"
        )
    )
}
