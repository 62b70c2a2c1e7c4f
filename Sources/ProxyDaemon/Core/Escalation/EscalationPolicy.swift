import Shared

/// Which answers are judged, and who is asked instead of a weak one.
struct EscalationPolicy: Sendable {
    private let settings: Settings.Escalation

    init(_ settings: Settings.Escalation) { self.settings = settings }

    /// How often the request may be asked again; nil where its answer is not even looked at.
    ///
    /// Side queries and tool loops are left alone, and so is what the client itself had decided: a request that is not
    /// routed, and a forced tier unless escalations are asked for.
    func escalations(_ exchange: Exchange) -> Int? {
        guard let prompt = exchange.prompt, let decision = exchange.decision else { return nil }
        // Whoever compares wants to know what would be thought of each answer, also where nobody would be asked again.
        if exchange.directives.isComparison { return 0 }
        let most = most(decision.ground, exchange.directives)
        guard most > 0, exchange.isUserTurn(prompt), settings.includesAgents || !prompt.isAgents else { return nil }
        return next(after: decision) == nil ? nil : most
    }

    /// How often a request that was decided on that ground may be asked again, whatever its prompt; 0 where its answer is
    /// not even looked at.
    func most(_ ground: Decision.Ground, _ directives: Directives) -> Int {
        guard settings.check != .none, directives.smartRouting != false else { return 0 }
        let asked = directives.maxEscalations
        switch ground {
        case .classified, .preferred: break
        case .forcedTier where asked != nil: break
        default: return 0
        }
        return max(0, min(asked ?? settings.maxEscalations, settings.maxEscalations))
    }

    /// Who is asked after the decision's backend: the cheapest of the next tier, or from the local tier the one that the
    /// work asked for; before that one of the next tier in a skill's list. Nil where nobody above can take the request.
    func next(after decision: Decision) -> Decision.Candidate? {
        let own = decision.backend.tier
        let able = decision.candidates.filter { $0.veto == nil && $0.backend.tier > own }
        let wanted = own == .local ? decision.wanted ?? .fast : own
        let tiers = Set(able.map(\.backend.tier)).sorted()
        let preferred = decision.preferredTiers.flatMap { list in tiers.first(where: list.contains) }
        guard let tier = preferred ?? tiers.first(where: { $0 >= wanted }) ?? tiers.last else { return nil }
        return able.filter { $0.backend.tier == tier }.min { $0.estimatedCost < $1.estimatedCost }
    }
}

extension Prompt {
    /// Tools are there to be called, or have been.
    fileprivate var isAgents: Bool { traits.toolCount > 0 || traits.hasToolHistory }
}

extension Decision {
    /// One answer that was found weak, and who was asked instead.
    package struct Escalation: Sendable {
        package let from: Backend
        package let to: Backend
        /// Why, for people: the reasons of the findings.
        package let reasons: [String]
        /// The findings' names.
        package let signals: [String]
    }

    /// The same decision with another backend, because of what was found in an answer of this one.
    func escalated(to candidate: Candidate, because verdict: QualityVerdict, characters: Int) -> Decision {
        var decision = sent(to: candidate, characters: characters)
        decision.escalations.append(
            Escalation(
                from: backend,
                to: candidate.backend,
                reasons: verdict.findings.map(\.reason),
                signals: verdict.findings.map(\.signal.rawValue)
            )
        )
        return decision
    }
}
