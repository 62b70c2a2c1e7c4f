import GatewayCore

extension ModelCapabilities {
    /// What Haiku 4.5 and Sonnet 4.5 take, by the published table of parameters.
    static let generation45 = ModelCapabilities.taking(
        sampling: .one,
        thinking: [.disabled, .enabled],
        features: [.forcedTool, .prefill]
    )
    /// Sonnet 4.6 and Opus 4.6.
    static let generation46 = ModelCapabilities.taking(
        sampling: .one,
        thinking: [.disabled, .enabled, .adaptive],
        efforts: [.low, .medium, .high, .max],
        features: [.forcedTool]
    )
    /// Opus 4.7, of which it is only inferred that a tool can be forced.
    static let opus47: ModelCapabilities = {
        var opus = taking(thinking: [.disabled, .adaptive], efforts: Set(Effort.allCases), features: [])
        opus.unsure = [.forcedTool]
        return opus
    }()

    /// A model that takes tools, images, PDF and structured output, and these.
    static func taking(
        sampling: Sampling = .none,
        thinking: Set<Thinking> = [],
        efforts: Set<Effort> = [],
        features: Set<Feature>
    ) -> ModelCapabilities {
        var capabilities = ModelCapabilities()
        capabilities.sampling = sampling
        capabilities.thinking = thinking
        capabilities.efforts = efforts
        capabilities.prefill = features.contains(.prefill)
        capabilities.forcedTool = features.contains(.forcedTool)
        capabilities.systemMessages = features.contains(.systemMessages)
        return capabilities
    }
}

extension Catalogue {
    /// The three tiers' models with what they accept.
    static let capableTiers: Catalogue = {
        var models = threeTiers.models
        for position in models.indices {
            models[position].capabilities =
                switch models[position].id {
                case "claude-opus-4-7": .opus47
                case "claude-sonnet-4-6": .generation46
                default: .generation45
                }
        }
        return Catalogue(models: models)
    }()
}
