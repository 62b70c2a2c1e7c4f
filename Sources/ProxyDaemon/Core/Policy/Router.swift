import Shared

/// Picks the backend for a request: the one with the least expected cost that can do it. Pure: the same request at the same
/// prices, with the same things known of its conversation, is always decided alike.
///
/// In two steps, for what lies between them may take long: ``question(_:)`` settles whatever needs no classification, and
/// ``choose(_:_:)`` takes one and decides.
package struct Router: Sendable {
    package let names: ModelNames
    /// The backends of the highest tier, whose dearest price is the baseline.
    package let strongest: [Backend]
    private let mode: Settings.RoutingMode
    /// Requests of this tier and below go to the local tier first; nil for none.
    private let localFirst: Tier?
    private let preset: [Settings.Preference]
    private let candidates: Candidates

    package init(settings: Settings, catalogue: Catalogue) {
        names = ModelNames(settings.backends, catalogue: catalogue)
        let backends = names.backends
        let top = backends.map(\.tier).max()
        strongest = backends.filter { $0.tier == top }
        mode = settings.routing.mode
        let cascade = settings.cascade.isEnabled ? settings.cascade.maxTier : nil
        localFirst = cascade ?? (settings.routing.isLocalFirst ? .fast : nil)
        preset = TaskPreset.preferences(settings.routing.preset, backends)
        candidates = Candidates(backends, isStrict: settings.strictTranslation)
    }

    package var backends: [Backend] { names.backends }

    /// Whether a request has to be classified.
    package enum Question: Sendable {
        case settled(Decision)
        // Large, and on its way through several frames.
        indirect case open(RoutingDraft)
    }

    /// Settles what needs no classification: requests that are not routed, that have to stay with their model, or whose tier
    /// the client chose. Throws `notFound` for a model nobody knows, `noBackend` where none is configured that can.
    ///
    /// Routing weighs only backends that can take the request, as it stands or after harmless adaptations. Where none
    /// is known to, and where routing is off, the named model gets the request untouched.
    package func question(_ request: RoutingRequest) throws(GatewayError) -> Question {
        let directives = request.directives
        let model = request.requestedModel
        let isRoutedName = ModelNames.routed.contains(model.lowercased())
        let named = isRoutedName ? nil : try names.configured(named: model)
        var draft = RoutingDraft(request)
        draft.named = named
        draft.isRoutedName = isRoutedName
        draft.own = names.limits(of: named, model)
        draft.mayBeLocal = directives.tier == .local

        if let tier = directives.tier {
            var fitting = bounded(candidates.all(draft, .client), request.bounds).filter { $0.backend.tier == tier }
            guard !fitting.isEmpty else { throw noTier(tier, directives.tierAsker) }
            if let name = directives.backend, fitting.contains(where: { $0.backend.name == name && $0.veto == nil }) {
                for at in fitting.indices where fitting[at].backend.name != name && fitting[at].veto == nil {
                    fitting[at].veto = "an earlier step of this run went to \(name)"
                }
            }
            var forced = try decision(draft, .forcedTier(tier, by: directives.tierAsker), fitting, floor: tier)
            // Where the client allows escalations, others may be asked after a weak answer.
            if directives.maxEscalations != nil {
                forced.candidates = bounded(candidates.all(draft, .router), request.bounds)
            }
            return .settled(forced)
        }
        let mode = request.bounds.mode ?? self.mode
        if let list = directives.skillTiers {
            if let preferred = try prefer(draft, list) { return .settled(preferred) }
            draft.unheeded = list
        }
        guard directives.smartRouting ?? (isRoutedName || mode == .always) || isRoutedName else {
            let why = directives.smartRouting == false ? "the client switched routing off" : "routing.mode is \(mode)"
            return .settled(try stay(with: try names.backend(named: model), draft, .notRouted(why)))
        }
        // Whoever names a model on his own hardware may have reasons beyond the price.
        if let named, named.tier == .local, directives.smartRouting != true {
            return .settled(try stay(with: named, draft, .notRouted("the client named a local model")))
        }
        if let reason = request.turn?.reasonToPass, let passed = try pass(draft, reason) { return .settled(passed) }
        if let reason = request.turn?.stall, let lifted = try lift(draft, because: reason) { return .settled(lifted) }
        if request.turn?.kind == .toolStep, let kept = try keep(draft) { return .settled(kept) }
        if let reason = Capability.reasonToStay(request.traits, maxTokens: request.maxTokens, betas: request.betas) {
            // There is no named model to stay with: the strongest backend takes the most.
            let backend = isRoutedName ? strongest.first : try? names.backend(named: model)
            guard let backend = backend ?? strongest.first else { throw Self.noBackends }
            return .settled(try stay(with: backend, draft, .stays(reason)))
        }
        return .open(draft)
    }

    /// The decision for a request that is no user's turn: the model that was named for it, as a program knows what it asks
    /// for. Nil where none was named, or the named one is known not to take it: it is then weighed like any other.
    private func pass(_ draft: RoutingDraft, _ reason: String) throws(GatewayError) -> Decision? {
        let request = draft.request
        switch request.turn?.kind {
        // A summary of the history costs least where the history is warm, and an answer is best continued by its author.
        case .sideQuery(.compaction), .sideQuery(.continuation):
            if let kept = try keep(draft) { return kept }
        default: break
        }
        let stays = Capability.reasonToStay(request.traits, maxTokens: request.maxTokens, betas: request.betas)
        guard stays == nil, let named = draft.named ?? (try? names.backend(named: request.requestedModel)),
            candidates.candidate(named, draft, .client).veto == nil
        else { return nil }
        return try stay(with: named, draft, .passes(reason))
    }

    /// The choice of the conversation's last user turn; nil where there is none, or its backend cannot take the request.
    private func keep(_ draft: RoutingDraft) throws(GatewayError) -> Decision? {
        let request = draft.request
        guard let choice = request.turn?.view?.choice,
            Capability.reasonToStay(
                request.traits,
                maxTokens: request.maxTokens,
                betas: request.betas,
                isSameModel: true
            ) == nil
        else { return nil }
        var draft = draft
        draft.mayBeLocal = choice.tier == .local
        let all = bounded(candidates.all(draft, .router), request.bounds)
        guard let own = all.first(where: { $0.backend.identity == choice.backend && $0.veto == nil }) else {
            return nil
        }
        return make(own.backend, own.adaptations, draft, .keeps(own.backend.tier), all)
    }

    /// The first of a skill's tiers that can take the request; nil where none can. A tool loop that runs on one of them or
    /// above goes on as it does.
    private func prefer(_ draft: RoutingDraft, _ list: SkillTiers) throws(GatewayError) -> Decision? {
        let request = draft.request
        if request.turn?.kind == .toolStep, let tier = request.turn?.view?.choice?.tier,
            list.tiers.contains(where: { $0 <= tier })
        {
            if let reason = request.turn?.stall, let lifted = try lift(draft, because: reason) { return lifted }
            if let kept = try keep(draft) { return kept }
        }
        for tier in list.tiers {
            var draft = draft
            draft.mayBeLocal = tier == .local
            let fitting = bounded(candidates.all(draft, .client), request.bounds).filter { $0.backend.tier == tier }
            guard fitting.contains(where: { $0.veto == nil }) else { continue }
            var decision = try decision(draft, .preferred(tier, list), fitting, floor: tier)
            // A weak answer goes to another of its tiers, or above.
            decision.candidates = bounded(candidates.all(draft, .router), request.bounds).map { other in
                decision.candidates.first { $0.backend === other.backend } ?? other
            }
            return decision
        }
        return nil
    }

    /// The next tier above what the conversation has, for a tool loop that stands still; nil where nobody above can take the
    /// request.
    private func lift(_ draft: RoutingDraft, because reason: String) throws(GatewayError) -> Decision? {
        let request = draft.request
        guard let choice = request.turn?.view?.choice,
            Capability.reasonToStay(request.traits, maxTokens: request.maxTokens, betas: request.betas) == nil
        else { return nil }
        let all = bounded(candidates.all(draft, .router), request.bounds)
        let able = all.filter { $0.veto == nil && $0.backend.tier > choice.tier }
        guard let tier = able.map(\.backend.tier).min(),
            let chosen = able.filter({ $0.backend.tier == tier }).min(by: { $0.order < $1.order })
        else { return nil }
        return make(chosen.backend, chosen.adaptations, draft, .lifted(to: tier, because: reason), all)
    }

    /// Chooses the backend for a classified request.
    ///
    /// The classification's tier, within the bounds, is the floor: among the backends of that tier and above the least
    /// expected cost wins, among equals the lower tier. Where none there can take the request, the strongest below does.
    /// Preferences come first. Throws `invalidRequest` where the bounds leave nobody.
    package func choose(
        _ draft: RoutingDraft,
        _ classification: Classification
    ) throws(GatewayError) -> Decision {
        var draft = draft
        draft.classification = classification
        let request = draft.request
        draft.estimatedOutput = min(request.maxTokens ?? 1_024, 150 + Int(15 * classification.score))
        var wanted = classification.tier
        if let earlier = request.turn?.view?.choice?.wanted, earlier > wanted, draft.isShortReply {
            wanted = earlier
            draft.goesOn = true
        }
        let lifted = request.turn?.view?.lift.map(\.tier).flatMap { $0 > wanted ? $0 : nil }
        let floor = floor(max(wanted, lifted ?? wanted), request.bounds)
        draft.mayBeLocal = localFirst.map { floor <= $0 } ?? false
        draft.preferences = (request.bounds.prefer + preset).filter {
            $0.applies(to: classification.taskType, floor)
        }
        let ground = Decision.Ground.classified(wanted: wanted, floor: floor)
        var all = bounded(candidates.all(draft, .router), request.bounds)
        if all.allSatisfy({ $0.veto != nil }) {
            if !draft.isRoutedName, let backend = try? names.backend(named: request.requestedModel) {
                return try stay(with: backend, draft, .stays("no configured backend is known to take it"))
            }
            // There is no model to stay with, so that what is only unsure is worth a try.
            all = bounded(candidates.all(draft, .client), request.bounds)
        }
        // Without a local model that takes it, it is work for its own tier.
        let isLocal = draft.mayBeLocal && all.contains { $0.veto == nil && $0.backend.tier == .local }
        var decision = try decision(draft, ground, all, floor: isLocal ? .local : floor)
        decision.liftedTier = lifted
        decision.unheeded = draft.unheeded
        return decision
    }

    /// The backend that a model name means: see ``ModelNames/backend(named:)``.
    package func backend(named name: String) throws(GatewayError) -> Backend { try names.backend(named: name) }

    /// What tokens would cost on the strongest tier at that time; nil without a backend.
    package func baselinePrice(promptTokens: Int, unixSeconds: Int64) -> Price? {
        strongest.map { $0.price(promptTokens: promptTokens, unixSeconds: unixSeconds).price }
            .max { $0.output < $1.output }
    }

    /// The models of the configured backends that have no price: they are billed at the dearest known one.
    package var unpricedModels: [String] {
        backends.filter { !$0.price(promptTokens: 0, unixSeconds: 0).isKnown }.map(\.model)
    }

    /// Picks among the candidates. Throws `invalidRequest` with every veto where nobody is left.
    private func decision(
        _ draft: RoutingDraft,
        _ ground: Decision.Ground,
        _ candidates: [Decision.Candidate],
        floor: Tier
    ) throws(GatewayError) -> Decision {
        let able = candidates.filter { $0.veto == nil }
        let preference = draft.preferences.first { rule in able.contains { rule.models.contains($0.backend.name) } }
        var pool: [Decision.Candidate] = []
        if let preference { pool = able.filter { preference.models.contains($0.backend.name) } }
        if pool.isEmpty, draft.mayBeLocal { pool = able.filter { $0.backend.tier == .local } }
        if pool.isEmpty { pool = able.filter { $0.backend.tier >= floor } }
        if pool.isEmpty {
            let highest = able.map(\.backend.tier).max()
            pool = able.filter { $0.backend.tier == highest }
        }
        let plan = ConversationPlan(draft, able, pool, wanted: floor)
        guard let chosen = plan?.choice ?? pool.min(by: { $0.order < $1.order }) else {
            let vetoes = candidates.compactMap { candidate in candidate.veto.map { "\(candidate.backend.name): \($0)" }
            }
            if vetoes.isEmpty { throw Self.noBackends }
            throw GatewayError(.invalidRequest("no backend can take this request: \(vetoes.joined(separator: "; "))"))
        }
        let priced = plan?.priced(candidates) ?? candidates
        var decision = make(chosen.backend, chosen.adaptations, draft, ground, priced)
        decision.preference = preference
        if let plan {
            decision.plan = plan.plan
            // The strongest tier may have the conversation in its cache, too.
            decision.baseline = plan.cost(onDearestOf: strongest) ?? decision.baseline
        }
        return decision
    }

    /// The client's own choice gets the request as it stands, whatever the catalogue thinks of it. Throws `invalidRequest`
    /// where it is over the bound of costs.
    private func stay(
        with backend: Backend,
        _ draft: RoutingDraft,
        _ ground: Decision.Ground
    ) throws(GatewayError) -> Decision {
        let allowed = draft.request.bounds.allowedModels
        guard allowed.isEmpty || allowed.contains(backend.name) else { throw Self.notOpen(backend, allowed) }
        if let most = draft.request.bounds.maxTier, backend.tier > most {
            return try capped(backend, draft, at: most)
        }
        // The local tier stands outside of the ladder of prices.
        if let least = draft.request.bounds.minTier, backend.tier < least, backend.tier != .local {
            return try raised(backend, draft, to: least)
        }
        var all = candidates.all(draft, .router)
        if !all.contains(where: { $0.backend === backend }) {
            all.append(candidates.candidate(backend, draft, .client))
        }
        if !allowed.isEmpty {
            // Nobody else may answer in its place either.
            for position in all.indices where !allowed.contains(all[position].backend.name) {
                all[position].veto = "it is none of the project's allowed_models"
            }
        }
        for position in all.indices where all[position].backend === backend {
            all[position].veto = nil
            all[position].adaptations = []
            if let most = draft.request.bounds.maxCost, all[position].estimatedCost > most {
                let cost = all[position].estimatedCost
                let text = "about $\(cost) on \(backend.name) is over routing.max_cost_usd of \(most)"
                throw GatewayError(.invalidRequest(text))
            }
        }
        return make(backend, [], draft, ground, all)
    }

    /// In the place of a model above the bound: the strongest within it that takes the request.
    private func capped(
        _ backend: Backend,
        _ draft: RoutingDraft,
        at most: Tier
    ) throws(GatewayError) -> Decision {
        let all = bounded(candidates.all(draft, .client), draft.request.bounds)
        let able = all.filter { $0.veto == nil }
        guard let chosen = able.max(by: { ($0.backend.tier, $1.estimatedCost) < ($1.backend.tier, $0.estimatedCost) })
        else {
            let text = "\(backend.name) is above max_tier \(most.name), and no backend within it can take the request"
            throw GatewayError(.invalidRequest(text))
        }
        return make(chosen.backend, chosen.adaptations, draft, .capped(named: backend.name, at: most), all)
    }

    /// In the place of a model below the bound: of those within it that take the request, the one that is nearest to it.
    private func raised(
        _ backend: Backend,
        _ draft: RoutingDraft,
        to least: Tier
    ) throws(GatewayError) -> Decision {
        let all = bounded(candidates.all(draft, .client), draft.request.bounds)
        let able = all.filter { $0.veto == nil && $0.backend.tier >= least }
        guard let chosen = able.min(by: { ($0.backend.tier, $0.estimatedCost) < ($1.backend.tier, $1.estimatedCost) })
        else {
            let text =
                "\(backend.name) is below min_tier \(least.name), and no backend from there on can take the request"
            throw GatewayError(.invalidRequest(text))
        }
        return make(chosen.backend, chosen.adaptations, draft, .raised(named: backend.name, to: least), all)
    }

    private func make(
        _ backend: Backend,
        _ adaptations: [Adaptation],
        _ draft: RoutingDraft,
        _ ground: Decision.Ground,
        _ candidates: [Decision.Candidate]
    ) -> Decision {
        let tokens = backend.estimatedTokens(characters: draft.characters)
        let usage = TokenUsage(input: tokens, output: draft.estimatedOutput)
        var decision = Decision(
            backend: backend,
            adaptations: adaptations,
            ground: ground,
            classification: draft.classification,
            candidates: candidates,
            requestedModel: draft.request.requestedModel,
            estimatedInputTokens: tokens,
            estimatedOutputTokens: draft.estimatedOutput
        )
        decision.goesOn = draft.goesOn
        decision.baseline =
            baselinePrice(promptTokens: tokens, unixSeconds: draft.request.unixSeconds)?.cost(of: usage) ?? .zero
        return decision
    }

    /// The backend by whose tokenizer a prompt for that model is counted: the named one; the strongest where the name leaves
    /// the model open, or routing would choose among others. Throws `forbidden` where the model itself would be refused,
    /// `noBackend` where there is none.
    func counting(
        _ model: String,
        _ bounds: Settings.RoutingBounds,
        smartRouting: Bool?
    ) throws(GatewayError) -> Backend {
        let named = try? names.backend(named: model)
        let allowed = bounds.allowedModels
        guard !allowed.isEmpty, named.map({ !allowed.contains($0.name) }) ?? true else {
            guard let backend = named ?? strongest.first else { throw Self.noBackends }
            return backend
        }
        if let named, !(smartRouting ?? ((bounds.mode ?? mode) == .always)) { throw Self.notOpen(named, allowed) }
        let open = backends.filter { allowed.contains($0.name) }
        guard let backend = open.max(by: { $0.tier < $1.tier }) else { throw Self.noBackends }
        return backend
    }

    private static func notOpen(_ backend: Backend, _ allowed: [String]) -> GatewayError {
        let list = allowed.joined(separator: ", ")
        return GatewayError(.forbidden("\(backend.name) is not open to this project; its models are \(list)"))
    }

    private func noTier(_ tier: Tier, _ asker: TierAsker) -> GatewayError {
        let tiers = Set(backends.map(\.tier)).sorted().map(\.name).joined(separator: ", ")
        return GatewayError(
            .invalidRequest("\(asker.phrase): no backend of tier \(tier.name) is configured; there are \(tiers)")
        )
    }

    private static let noBackends = GatewayError(
        .noBackend("no backend is configured; add one under models: in config.yaml")
    )
}
