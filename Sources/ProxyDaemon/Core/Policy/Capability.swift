/// Whether a model can take a request, as it stands or after harmless adaptations. Pure; the facts are the catalogue's.
package enum Capability {
    /// What a backend can do with a request.
    package enum Fit: Sendable, Equatable {
        /// It takes the request with these changes; without any, as it stands.
        case fits(after: [Adaptation])
        /// Why it cannot.
        case refuses(String)

        package static let asItStands = Fit.fits(after: [])
    }

    /// Whose choice the backend is.
    package enum Choice: Sendable {
        /// The client's, by the model's name or by its tier: only what is known for certain speaks against it.
        case client
        /// The router's: whatever may be refused is taken to be.
        case router
    }

    /// Why a request must stay with the model it was meant for; nil when others may be weighed.
    ///
    /// `isSameModel`: it is about going on with the model that answered before, whose thinking blocks these are.
    package static func reasonToStay(
        _ traits: PromptTraits,
        maxTokens: Int?,
        betas: [String],
        isSameModel: Bool = false
    ) -> String? {
        // In a tool loop the provider checks them against the model that made them; outside of one it drops, without a
        // word, those that the next model cannot read, and the thought is lost.
        if traits.hasThinkingHistory, !isSameModel {
            return "its history holds thinking blocks, which belong to one model"
        }
        if traits.hasTypedTools { return "it uses tools of Anthropic's own types" }
        if traits.hasRareBlocks { return "it holds content blocks that not every model takes" }
        if maxTokens == 0 { return "max_tokens 0 fills the named model's prompt cache" }
        if let member = traits.rareMembers.first { return "it sets \(member), which not every model takes" }
        if let beta = betas.first(where: { !isHarmless(beta: $0) }) { return "it asks for the beta \(beta)" }
        return nil
    }

    /// What this backend can do with a request of these traits.
    ///
    /// A model that the catalogue does not know takes everything that the client sends it by choice, and nothing but
    /// text and plain tools by the router's.
    package static func fit(
        _ traits: PromptTraits,
        _ backend: Backend,
        maxTokens: Int? = nil,
        choice: Choice = .router
    ) -> Fit {
        if !backend.hasKnownCapabilities, choice == .client { return .asItStands }
        var check = CapabilityCheck(traits, backend, maxTokens, choice)
        if let refusal = check.refusal() { return .refuses(refusal) }
        return .fits(after: check.adaptations)
    }

    /// Betas that change nothing about which model can answer.
    private static func isHarmless(beta: String) -> Bool {
        ["prompt-caching-", "extended-cache-ttl-", "token-counting-", "claude-code-", "oauth-"].contains {
            beta.hasPrefix($0)
        }
    }
}

/// One request weighed against one model.
private struct CapabilityCheck {
    private let traits: PromptTraits
    private let backend: Backend
    private let model: ModelCapabilities
    private let maxTokens: Int?
    private let isRouted: Bool
    private(set) var adaptations: [Adaptation] = []
    /// The effort as it will be sent.
    private var effort: ModelCapabilities.Effort?

    init(_ traits: PromptTraits, _ backend: Backend, _ maxTokens: Int?, _ choice: Capability.Choice) {
        self.traits = traits
        self.backend = backend
        self.maxTokens = maxTokens
        isRouted = choice == .router
        model = isRouted ? backend.routable : backend.capabilities
        effort = traits.effort
    }

    mutating func refusal() -> String? {
        refusalOfContent() ?? refusalOfAnswer() ?? refusalOfSampling() ?? refusalOfEffort() ?? refusalOfThinking()
    }

    private func takes(_ feature: ModelCapabilities.Feature) -> Bool {
        model[feature] || (!isRouted && model.unsure.contains(feature))
    }

    private func refusalOfContent() -> String? {
        if traits.toolCount > 0 || traits.hasToolHistory, !takes(.tools) { return "it takes no tools" }
        if traits.imageCount > 0, !takes(.images) { return "it is not known to take images" }
        if traits.hasPDF, !takes(.pdf) { return "it is not known to take PDF documents" }
        if traits.hasSystemMessage, !takes(.systemMessages) {
            return "it is not known to take system messages among the others"
        }
        guard isRouted else { return nil }
        if traits.hasTextDocuments, !backend.hasKnownCapabilities { return "whether it takes documents is not known" }
        if traits.hasLinkedContent, backend.provider == .openaiCompatible || backend.provider == .ollama {
            return "whether its server fetches linked content is not known"
        }
        return nil
    }

    private func refusalOfAnswer() -> String? {
        if traits.wantsStructuredOutput, !takes(.structuredOutput) {
            return "it is not known to give structured output"
        }
        if traits.hasStrictTools, !takes(.structuredOutput) { return "it is not known to take strict tools" }
        if traits.isPrefilled, !takes(.prefill) { return "it refuses a prefilled answer" }
        if traits.hasForcedTool, !takes(.forcedTool) { return "it is not known to let a tool be forced" }
        guard isRouted, isThinkingOn else { return nil }
        if traits.hasForcedTool { return "a tool cannot be forced while thinking is on" }
        if traits.isPrefilled { return "an answer cannot be prefilled while thinking is on" }
        if model.sampling == .any || model.sampling == .one {
            guard traits.temperature != .other, traits.topP != .other, !traits.hasTopK else {
                return "sampling parameters cannot be set while thinking is on"
            }
        }
        return nil
    }

    private var isThinkingOn: Bool { traits.thinking.map { $0 != .disabled } ?? false }

    private mutating func refusalOfSampling() -> String? {
        switch model.sampling {
        case .any: return nil
        case .one:
            guard traits.temperature != .unset, traits.topP != .unset else { return nil }
            if traits.topP == .standard {
                adaptations.append(.dropTopP)
            } else if traits.temperature == .standard {
                adaptations.append(.dropTemperature)
            } else {
                return "it takes temperature or top_p, not both"
            }
            return nil
        case .defaults, .none:
            guard traits.temperature != .other, traits.topP != .other, !traits.hasTopK else {
                return "it refuses temperature, top_p and top_k"
            }
            // A default that the named model takes is left alone there.
            if model.sampling == .defaults, !isRouted { return nil }
            if traits.temperature == .standard { adaptations.append(.dropTemperature) }
            if traits.topP == .standard { adaptations.append(.dropTopP) }
            return nil
        }
    }

    private mutating func refusalOfEffort() -> String? {
        guard let asked = traits.effort else { return nil }
        if model.efforts.isEmpty {
            // Such a model always works about as hard as others do at `high`: less was asked for, or that.
            guard backend.hasKnownCapabilities, asked <= .high else { return "it takes no effort" }
            adaptations.append(.dropEffort(asked))
            effort = nil
            return nil
        }
        let most = isThinkingHeldBack ? min(asked, model.disabledThinkingUpTo ?? asked) : asked
        guard let level = model.efforts.filter({ $0 <= most }).max() else {
            return "it takes no effort as low as \(asked.rawValue)"
        }
        if level != asked { adaptations.append(.lowerEffort(from: asked, to: level)) }
        effort = level
        return nil
    }

    private var isThinkingHeldBack: Bool { traits.thinking == .disabled || traits.thinking == .betweenTools }

    private mutating func refusalOfThinking() -> String? {
        guard let asked = traits.thinking else { return nil }
        guard !model.thinking.contains(asked) else {
            guard asked == .enabled, isRouted else { return nil }
            guard let budget = traits.thinkingBudget, budget >= Self.leastBudget, budget < maxTokens ?? .max else {
                return "its thinking budget does not fit below max_tokens"
            }
            if traits.hasThinkingDisplay, !model.thinking.contains(.adaptive) {
                adaptations.append(.dropThinkingDisplay)
            }
            return refusalOfBudgetInToolLoop()
        }
        switch asked {
        case .disabled where model.thinking.contains(.betweenTools): adaptations.append(.thinkBetweenTools)
        case .disabled: return "its thinking cannot be switched off"
        case .enabled where model.thinking.contains(.adaptive): adaptations.append(.thinkAdaptively)
        case .adaptive where model.thinking.contains(.enabled):
            let budget = min(effortBudget, (maxTokens ?? .max) / 2)
            guard budget >= Self.leastBudget else { return "max_tokens leaves no room for its thinking budget" }
            adaptations.append(.thinkWithin(budget: budget))
            return refusalOfBudgetInToolLoop()
        case .enabled, .adaptive: return "it is not known to think on request"
        case .betweenTools: return "it is not known to think between tool calls only"
        }
        return nil
    }

    /// With a budget, the last turn that called a tool has to begin with its thinking; other kinds of thinking do not
    /// ask for that.
    private func refusalOfBudgetInToolLoop() -> String? {
        guard isRouted, traits.hasToolHistory else { return nil }
        return "with a thinking budget it wants the thinking of earlier tool calls"
    }

    /// Below this a budget is refused.
    private static let leastBudget = 1_024

    /// About what adaptive thinking spends at each effort.
    private var effortBudget: Int {
        switch traits.effort {
        case .low: 1_024
        case .medium: 2_048
        case .high, nil: 4_096
        case .xhigh, .max: 8_192
        }
    }
}
