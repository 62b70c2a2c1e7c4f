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
    /// The names that ask for routing whatever the mode.
    private static let routedNames = ["auto", "smartroute"]

    package init(settings: Settings, catalogue: Catalogue) {
        backends = settings.backends.map { Backend($0, catalogue: catalogue) }
        let top = backends.map(\.tier).max()
        strongest = backends.filter { $0.tier == top }
        configured = settings.backends
        mode = settings.routing.mode
        thresholds = settings.classifier
        self.catalogue = catalogue
    }

    /// Decides. `classification` is that of the same traits where it is known already. Throws `notFound` for a model nobody
    /// knows, `noBackend` where none is configured that can.
    package func decide(
        traits: PromptTraits,
        classification known: Classification? = nil,
        requestedModel: String,
        maxTokens: Int?,
        directives: Directives,
        betas: [String],
        unixSeconds: Int64
    ) throws(GatewayError) -> Decision {
        let isRoutedName = Self.routedNames.contains(requestedModel.lowercased())
        let shouldRoute = directives.smartRouting ?? (isRoutedName || mode == .always)
        let draft = Draft(traits, requestedModel, maxTokens, unixSeconds)

        if let tier = directives.tier {
            let fitting = candidates(draft).filter { $0.backend.tier == tier }
            guard !fitting.isEmpty else { throw noTier(tier) }
            return try decision(draft, .forcedTier(tier), fitting, wanted: tier)
        }
        guard shouldRoute || isRoutedName else {
            let why = directives.smartRouting == false ? "the client switched routing off" : "routing.mode is \(mode)"
            return named(try backend(named: requestedModel), draft, .notRouted(why))
        }
        if let reason = ParameterRules.reasonToStay(traits, betas: betas) {
            // A routed name names no model to stay with: the strongest backend takes the most.
            let backend = isRoutedName ? strongest.first : try? backend(named: requestedModel)
            guard let backend = backend ?? strongest.first else { throw Self.noBackends }
            return named(backend, draft, .stays(reason))
        }
        var draftWithScore = draft
        let classification = known ?? HeuristicClassifier.classify(traits)
        draftWithScore.classification = classification
        draftWithScore.estimatedOutput = min(maxTokens ?? 1_024, 150 + 15 * classification.score)
        let wanted: Tier =
            classification.score <= thresholds.tier1Max
            ? .fast : classification.score <= thresholds.tier2Max ? .balanced : .premium
        let all = candidates(draftWithScore)
        if all.allSatisfy({ $0.veto != nil }), let backend = try? backend(named: requestedModel) {
            return named(backend, draftWithScore, .stays("no configured backend is known to take it"))
        }
        return try decision(draftWithScore, .classified(wanted: wanted), all, wanted: wanted)
    }

    /// The backend that a model name means: its alias, its model id with or without the date, a tier's name, or a model
    /// of the catalogue served by the provider of another backend.
    package func backend(named name: String) throws(GatewayError) -> Backend {
        let lower = name.lowercased()
        if let match = backends.first(where: { $0.name.lowercased() == lower || $0.model == name }) { return match }
        if let match = backends.first(where: { Self.undated($0.model) == Self.undated(name) }) { return match }
        if let tier = Tier.allCases.first(where: { $0.name == lower }),
            let match = backends.first(where: { $0.tier == tier })
        {
            return match
        }
        // A model of the same maker that is not configured is still the client's to use, as it is without a gateway.
        if let known = catalogue.model(name), let host = host(for: name) {
            return borrowed(host, name, known.tier ?? .premium)
        }
        if name.hasPrefix("claude-"), let host = host(for: name) { return borrowed(host, name, .premium) }
        let names = (backends.map(\.name) + Self.routedNames).joined(separator: ", ")
        throw GatewayError(.notFound("model: \(name) is not known here; use one of \(names)"))
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
        let traits: PromptTraits
        let requestedModel: String
        let maxTokens: Int?
        let unixSeconds: Int64
        var classification: Classification?
        var estimatedOutput: Int

        init(_ traits: PromptTraits, _ requestedModel: String, _ maxTokens: Int?, _ unixSeconds: Int64) {
            self.traits = traits
            self.requestedModel = requestedModel
            self.maxTokens = maxTokens
            self.unixSeconds = unixSeconds
            estimatedOutput = min(maxTokens ?? 1_024, 600)
        }

        var characters: Int { traits.systemBytes + traits.messageBytes + traits.toolBytes }
    }

    private func candidates(_ draft: Draft) -> [Decision.Candidate] { backends.map { candidate($0, draft) } }

    private func candidate(_ backend: Backend, _ draft: Draft) -> Decision.Candidate {
        let tokens = backend.estimatedTokens(characters: draft.characters)
        let price = backend.price(promptTokens: tokens, unixSeconds: draft.unixSeconds).price
        let usage = TokenUsage(input: tokens, output: draft.estimatedOutput)
        return Decision.Candidate(
            backend: backend,
            veto: veto(backend, draft, tokens),
            estimatedCost: price.cost(of: usage)
        )
    }

    private func veto(_ backend: Backend, _ draft: Draft, _ tokens: Int) -> String? {
        if let window = backend.contextWindow, (draft.maxTokens ?? 0) > window - tokens {
            return "about \(tokens) tokens and the answer are over its window of \(window)"
        }
        if let asked = draft.maxTokens, let limit = backend.maxOutput, asked > limit {
            return "max_tokens \(asked) is over its limit of \(limit)"
        }
        if draft.traits.hasSampling, !backend.takesSampling { return "it refuses temperature, top_p and top_k" }
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
        return make(chosen.backend, draft, ground, candidates)
    }

    private func named(_ backend: Backend, _ draft: Draft, _ ground: Decision.Ground) -> Decision {
        var all = candidates(draft)
        if !all.contains(where: { $0.backend === backend }) {
            var asked = candidate(backend, draft)
            asked.veto = nil
            all.append(asked)
        }
        return make(backend, draft, ground, all)
    }

    private func make(
        _ backend: Backend,
        _ draft: Draft,
        _ ground: Decision.Ground,
        _ candidates: [Decision.Candidate]
    ) -> Decision {
        Decision(
            backend: backend,
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
        backend.price = nil
        backend.maxTokens = nil
        return Backend(backend, catalogue: catalogue)
    }

    private func noTier(_ tier: Tier) -> GatewayError {
        let tiers = Set(backends.map(\.tier)).sorted().map(\.name).joined(separator: ", ")
        return GatewayError(
            .invalidRequest("X-Gateway-Tier: no backend of tier \(tier.name) is configured; there are \(tiers)")
        )
    }

    private static let noBackends = GatewayError(
        .noBackend("no backend is configured; add one under models: in config.yaml")
    )

    private static func undated(_ model: String) -> Substring {
        let parts = model.split(separator: "-", omittingEmptySubsequences: false)
        guard let last = parts.last, last.count == 8, last.allSatisfy(\.isNumber) else { return model[...] }
        return model.dropLast(9)
    }
}
