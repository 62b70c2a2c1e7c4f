import Shared

/// Weighs the backends for a request: what each would cost, and what speaks against it.
struct Candidates: Sendable {
    let backends: [Backend]
    let isStrict: Bool
    /// Backends of other tiers than the local one are configured.
    private let hasRemote: Bool

    init(_ backends: [Backend], isStrict: Bool) {
        self.backends = backends
        self.isStrict = isStrict
        hasRemote = backends.contains { $0.tier != .local }
    }

    func all(_ draft: RoutingDraft, _ choice: Capability.Choice) -> [Decision.Candidate] {
        backends.map { candidate($0, draft, choice) }
    }

    func candidate(_ backend: Backend, _ draft: RoutingDraft, _ choice: Capability.Choice) -> Decision.Candidate {
        let tokens = backend.estimatedTokens(characters: draft.characters)
        let price = backend.price(promptTokens: tokens, unixSeconds: draft.request.unixSeconds).price
        let usage = TokenUsage(input: tokens, output: draft.estimatedOutput)
        var candidate = Decision.Candidate(backend: backend, estimatedCost: price.cost(of: usage))
        let isNamed = backend === draft.named
        var maxTokens = draft.request.maxTokens
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
        let fit = Capability.fit(draft.traits, backend, maxTokens: maxTokens, choice: isNamed ? .client : choice)
        switch fit {
        case .fits(let adaptations): candidate.adaptations += adaptations
        case .refuses(let reason): candidate.veto = reason
        }
        return candidate
    }

    /// What speaks against a backend that the client did not choose, whatever its model can do.
    private func veto(_ backend: Backend, _ draft: RoutingDraft, _ choice: Capability.Choice) -> String? {
        if backend.tier == .local, hasRemote, !draft.mayBeLocal, backend !== draft.named,
            !draft.preferences.contains(where: { $0.models.contains(backend.name) })
        {
            return "local models answer only when they are asked for"
        }
        if isStrict, choice == .router, backend.provider.wire.dialect != draft.request.dialect {
            return "it speaks another dialect, and strict_translation may refuse what that cannot say"
        }
        return nil
    }

    private func veto(ofWindow backend: Backend, _ draft: RoutingDraft, _ tokens: Int, maxTokens: Int) -> String? {
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
}
