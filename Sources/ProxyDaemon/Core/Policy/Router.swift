import Shared

/// Picks the backend for a request: the cheapest one of the lowest tier that can do it. Pure: the same request at the
/// same prices is always decided alike.
package struct Router: Sendable {
    package let backends: [Backend]
    /// The backends of the highest tier, whose dearest price is the baseline.
    package let strongest: [Backend]
    private let configured: [Settings.Backend]
    private let mode: Settings.RoutingMode
    private let thresholds: Settings.Classifier
    private let catalogue: Catalogue
    private let isStrict: Bool
    /// Backends of other tiers than the local one are configured.
    private let hasRemote: Bool
    /// Positions in `backends` by alias and by model.
    private let positions: [String: Int]
    /// The names that ask for routing whatever the mode. Claude Code lists only models with "claude" in their names.
    package static let routedNames = ["auto", "smartroute", "claude-gateway-auto"]
    /// What a name begins with that means a model on a local backend.
    private static let localPrefix = "local:"

    package init(settings: Settings, catalogue: Catalogue) {
        backends = settings.backends.map { Backend($0, catalogue: catalogue) }
        let top = backends.map(\.tier).max()
        strongest = backends.filter { $0.tier == top }
        configured = settings.backends
        mode = settings.routing.mode
        thresholds = settings.classifier
        isStrict = settings.strictTranslation
        hasRemote = backends.contains { $0.tier != .local }
        self.catalogue = catalogue
        var positions: [String: Int] = [:]
        for (position, backend) in backends.enumerated() {
            for name in [backend.name.lowercased(), backend.name, backend.model] where positions[name] == nil {
                positions[name] = position
            }
        }
        self.positions = positions
    }

    /// Decides. `classification` is that of the same traits where it is known already. Throws `notFound` for a model nobody
    /// knows, `noBackend` where none is configured that can.
    ///
    /// Routing weighs only backends that can take the request, as it stands or after harmless adaptations. Where none
    /// is known to, and where routing is off, the named model gets the request untouched.
    package func decide(
        traits: PromptTraits,
        classification known: Classification? = nil,
        requestedModel: String,
        maxTokens: Int?,
        directives: Directives,
        betas: [String],
        dialect: Dialect = .anthropic,
        unixSeconds: Int64
    ) throws(GatewayError) -> Decision {
        let isRoutedName = Self.routedNames.contains(requestedModel.lowercased())
        let shouldRoute = directives.smartRouting ?? (isRoutedName || mode == .always)
        let named = isRoutedName ? nil : try configured(named: requestedModel)
        var draft = Draft(traits, requestedModel, maxTokens, dialect, unixSeconds)
        draft.named = named
        draft.own = limits(of: named, requestedModel)
        draft.mayBeLocal = directives.tier == .local

        if let tier = directives.tier {
            let fitting = candidates(draft, .client).filter { $0.backend.tier == tier }
            guard !fitting.isEmpty else { throw noTier(tier) }
            return try decision(draft, .forcedTier(tier), fitting, wanted: tier)
        }
        guard shouldRoute || isRoutedName else {
            let why = directives.smartRouting == false ? "the client switched routing off" : "routing.mode is \(mode)"
            return self.named(try backend(named: requestedModel), draft, .notRouted(why))
        }
        // Whoever names a model on his own hardware may have reasons beyond the price.
        if let named, named.tier == .local, directives.smartRouting != true {
            return self.named(named, draft, .notRouted("the client named a local model"))
        }
        if let reason = Capability.reasonToStay(traits, maxTokens: maxTokens, betas: betas) {
            // A routed name names no model to stay with: the strongest backend takes the most.
            let backend = isRoutedName ? strongest.first : try? backend(named: requestedModel)
            guard let backend = backend ?? strongest.first else { throw Self.noBackends }
            return self.named(backend, draft, .stays(reason))
        }
        let classification = known ?? HeuristicClassifier.classify(traits)
        draft.classification = classification
        draft.estimatedOutput = min(maxTokens ?? 1_024, 150 + 15 * classification.score)
        let wanted: Tier =
            classification.score <= thresholds.tier1Max
            ? .fast : classification.score <= thresholds.tier2Max ? .balanced : .premium
        var all = candidates(draft, .router)
        if all.allSatisfy({ $0.veto != nil }) {
            if !isRoutedName, let backend = try? backend(named: requestedModel) {
                return self.named(backend, draft, .stays("no configured backend is known to take it"))
            }
            // There is no model to stay with, so that what is only unsure is worth a try.
            all = candidates(draft, .client)
        }
        return try decision(draft, .classified(wanted: wanted), all, wanted: wanted)
    }

    /// The backend that a model name means: its alias, its model id with or without the date, a tier's name, a further
    /// model of its server, `local:` with a local model, or a model of the catalogue served by the provider of another
    /// backend.
    package func backend(named name: String) throws(GatewayError) -> Backend {
        if let match = try configured(named: name) { return match }
        // A model of the same maker that is not configured is still the client's to use, as it is without a gateway.
        if let known = catalogue.model(name), let host = host(for: name) {
            return borrowed(host, name, known.tier ?? .premium)
        }
        if name.hasPrefix("claude-"), let host = host(for: name) { return borrowed(host, name, .premium) }
        let names = (backends.map(\.name) + Self.routedNames).joined(separator: ", ")
        throw GatewayError(.notFound("model: \(name) is not known here; use one of \(names)"))
    }

    /// The same among what the config names; nil where it does not. Throws `invalidRequest` for an unknown local model.
    private func configured(named name: String) throws(GatewayError) -> Backend? {
        if let position = positions[name] { return backends[position] }
        let lower = name.lowercased()
        if let position = positions[lower], backends[position].name.lowercased() == lower { return backends[position] }
        if lower.hasPrefix(Self.localPrefix) { return try local(String(name.dropFirst(Self.localPrefix.utf8.count))) }
        let plain = Catalogue.withoutDate(name) ?? name
        if let match = backends.first(where: { (Catalogue.withoutDate($0.model) ?? $0.model) == plain }) {
            return match
        }
        if let tier = Tier.allCases.first(where: { $0.name == lower }),
            let match = backends.first(where: { $0.tier == tier })
        {
            return match
        }
        if lower == Tier.local.name { throw Self.noLocalBackend }
        guard let host = configured.first(where: { $0.allowedModels.contains(name) }) else { return nil }
        return borrowed(host, name, host.tier)
    }

    private func local(_ model: String) throws(GatewayError) -> Backend {
        let hosts = zip(configured, backends).filter { $0.0.tier == .local }
        if let match = hosts.first(where: { $0.0.model == model || $0.0.name == model }) { return match.1 }
        if let host = hosts.first(where: { $0.0.allowedModels.contains(model) }) {
            return borrowed(host.0, model, .local)
        }
        guard !hosts.isEmpty else { throw Self.noLocalBackend }
        let names = hosts.flatMap { [$0.0.model] + $0.0.allowedModels }.joined(separator: ", ")
        throw GatewayError(.invalidRequest("model: no local backend has \(model); there are \(names)"))
    }

    /// How much the named model reads and writes; nothing where no backend serves it. A window that nobody knows may be
    /// of any size.
    private func limits(of named: Backend?, _ name: String) -> Draft.Limits {
        if let named { return .init(window: named.contextWindow ?? .max, output: named.maxOutput) }
        guard host(for: name) != nil else { return .init() }
        let known = catalogue.model(name)
        return .init(window: known?.contextWindow ?? .max, output: known?.maxOutput)
    }

    /// What tokens would cost on the strongest tier at that time; nil without a backend.
    package func baselinePrice(promptTokens: Int, unixSeconds: Int64) -> Price? {
        strongest.map { $0.price(promptTokens: promptTokens, unixSeconds: unixSeconds).price }
            .max { $0.output < $1.output }
    }

    /// The models of the configured backends that have no price: they are billed at the dearest known one.
    package var unpricedModels: [String] {
        backends.filter { !$0.price(promptTokens: 0, unixSeconds: 0).isKnown }.map(\.model)
    }

    private struct Draft {
        struct Limits {
            /// Tokens; nil where there is no such backend.
            var window: Int?
            /// Tokens; nil where nobody knows.
            var output: Int?
        }

        let traits: PromptTraits
        let requestedModel: String
        let maxTokens: Int?
        let dialect: Dialect
        let unixSeconds: Int64
        /// The backend that the client named.
        var named: Backend?
        /// The client forced the local tier.
        var mayBeLocal = false
        /// What a request sent to the named model unrouted has to keep within.
        var own = Limits()
        var classification: Classification?
        var estimatedOutput: Int

        init(
            _ traits: PromptTraits,
            _ requestedModel: String,
            _ maxTokens: Int?,
            _ dialect: Dialect,
            _ unixSeconds: Int64
        ) {
            self.traits = traits
            self.requestedModel = requestedModel
            self.maxTokens = maxTokens
            self.dialect = dialect
            self.unixSeconds = unixSeconds
            estimatedOutput = min(maxTokens ?? 1_024, 600)
        }

        var characters: Int { traits.systemBytes + traits.messageBytes + traits.toolBytes }

        /// More tokens than all but the strangest texts come to: half of their bytes, and the largest images.
        var mostTokens: Int { characters / 2 + traits.imageCount * 5_000 }
    }

    private func candidates(_ draft: Draft, _ choice: Capability.Choice) -> [Decision.Candidate] {
        backends.map { candidate($0, draft, choice) }
    }

    private func candidate(
        _ backend: Backend,
        _ draft: Draft,
        _ choice: Capability.Choice
    ) -> Decision.Candidate {
        let tokens = backend.estimatedTokens(characters: draft.characters)
        let price = backend.price(promptTokens: tokens, unixSeconds: draft.unixSeconds).price
        let usage = TokenUsage(input: tokens, output: draft.estimatedOutput)
        var candidate = Decision.Candidate(backend: backend, estimatedCost: price.cost(of: usage))
        let isNamed = backend === draft.named
        var maxTokens = draft.maxTokens
        if let asked = maxTokens, let limit = backend.maxOutput, asked > limit {
            // Only where the named model could have written so much is it no mistake of the client's.
            guard !isNamed, let own = draft.own.output, asked <= own else {
                candidate.veto = "max_tokens \(asked) is over its limit of \(limit)"
                return candidate
            }
            candidate.adaptations.append(.capMaxTokens(from: asked, to: limit))
            maxTokens = limit
        }
        candidate.veto =
            veto(backend, draft, isNamed ? .client : choice)
            ?? veto(ofWindow: backend, draft, tokens, maxTokens: maxTokens ?? 0)
        guard candidate.veto == nil else { return candidate }
        let fit = Capability.fit(
            draft.traits,
            backend,
            maxTokens: maxTokens,
            choice: isNamed ? .client : choice
        )
        switch fit {
        case .fits(let adaptations): candidate.adaptations += adaptations
        case .refuses(let reason): candidate.veto = reason
        }
        return candidate
    }

    /// What speaks against a backend that the client did not choose, whatever its model can do.
    private func veto(_ backend: Backend, _ draft: Draft, _ choice: Capability.Choice) -> String? {
        if backend.tier == .local, hasRemote, !draft.mayBeLocal, backend !== draft.named {
            return "local models answer only when they are asked for"
        }
        if isStrict, choice == .router, backend.provider.wire.dialect != draft.dialect {
            return "it speaks another dialect, and strict_translation may refuse what that cannot say"
        }
        return nil
    }

    private func veto(ofWindow backend: Backend, _ draft: Draft, _ tokens: Int, maxTokens: Int) -> String? {
        guard let window = backend.contextWindow else { return nil }
        guard maxTokens <= window - tokens else {
            return "about \(tokens) tokens and the answer are over its window of \(window)"
        }
        // What fits the named model for certain must not be lost to an estimate.
        guard let own = draft.own.window, own > window else { return nil }
        if draft.traits.hasPDF { return "PDF documents may be over its window of \(window)" }
        guard maxTokens <= window - draft.mostTokens else {
            return "up to \(draft.mostTokens) tokens and the answer may be over its window of \(window)"
        }
        return nil
    }

    /// The lowest tier at or above the wanted one that has a backend for it, else the highest below; there the cheapest.
    private func decision(
        _ draft: Draft,
        _ ground: Decision.Ground,
        _ candidates: [Decision.Candidate],
        wanted: Tier
    ) throws(GatewayError) -> Decision {
        let able = candidates.lazy.filter { $0.veto == nil }
        let tiers = able.map(\.backend.tier)
        let tier = tiers.filter { $0 >= wanted }.min() ?? tiers.max()
        guard let chosen = able.filter({ $0.backend.tier == tier }).min(by: { $0.estimatedCost < $1.estimatedCost })
        else {
            let vetoes = candidates.compactMap { candidate in candidate.veto.map { "\(candidate.backend.name): \($0)" }
            }
            if vetoes.isEmpty { throw Self.noBackends }
            throw GatewayError(.invalidRequest("no backend can take this request: \(vetoes.joined(separator: "; "))"))
        }
        return make(chosen.backend, chosen.adaptations, draft, ground, candidates)
    }

    /// The client's own choice gets the request as it stands, whatever the catalogue thinks of it.
    private func named(_ backend: Backend, _ draft: Draft, _ ground: Decision.Ground) -> Decision {
        var all = candidates(draft, .router)
        if !all.contains(where: { $0.backend === backend }) { all.append(candidate(backend, draft, .client)) }
        for position in all.indices where all[position].backend === backend {
            all[position].veto = nil
            all[position].adaptations = []
        }
        return make(backend, [], draft, ground, all)
    }

    private func make(
        _ backend: Backend,
        _ adaptations: [Adaptation],
        _ draft: Draft,
        _ ground: Decision.Ground,
        _ candidates: [Decision.Candidate]
    ) -> Decision {
        Decision(
            backend: backend,
            adaptations: adaptations,
            ground: ground,
            classification: draft.classification,
            candidates: candidates,
            requestedModel: draft.requestedModel,
            estimatedInputTokens: backend.estimatedTokens(characters: draft.characters),
            estimatedOutputTokens: draft.estimatedOutput
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

    private func noTier(_ tier: Tier) -> GatewayError {
        let tiers = Set(backends.map(\.tier)).sorted().map(\.name).joined(separator: ", ")
        return GatewayError(
            .invalidRequest("X-Gateway-Tier: no backend of tier \(tier.name) is configured; there are \(tiers)")
        )
    }

    private static let noLocalBackend = GatewayError(
        .notConfigured(
            "model: a local model was asked for and no local backend is configured: set LOCAL_LLM_BASE_URL, or add a "
                + "backend with tier: local under models: in config.yaml"
        )
    )

    private static let noBackends = GatewayError(
        .noBackend("no backend is configured; add one under models: in config.yaml")
    )
}
