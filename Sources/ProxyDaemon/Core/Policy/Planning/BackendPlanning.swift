package import Shared

extension Backend {
    /// The shortest prefix that a provider is taken to cache where nobody says: the longest that is known of any Claude
    /// model, and OpenAI's for all of its models.
    private static let longestMinimum = 4_096
    private static let automaticMinimum = 1_024
    /// OpenAI's default since GPT-5.6.
    private static let openAISeconds = 1_800

    /// How this backend caches prompts: by the catalogue, else by the kind of its provider.
    package var promptCaching: PromptCaching {
        if let seconds = caching?.automaticSeconds { return .automatic(seconds: seconds) }
        switch provider {
        case .anthropic, .simulated: return .marked
        case .openai: return .automatic(seconds: Self.openAISeconds)
        case .openaiCompatible, .ollama: return .reported
        }
    }

    /// It caches what a request marks in Anthropic's way, and nothing else.
    var takesCacheMarkers: Bool {
        (provider == .anthropic || provider == .simulated) && promptCaching == .marked
    }

    /// The shortest prefix that is cached here, in tokens.
    package var minCacheableTokens: Int {
        if let minCacheable { return minCacheable }
        return promptCaching == .marked ? Self.longestMinimum : Self.automaticMinimum
    }

    /// Where what is warm here is kept under.
    package func warmKey(effort: ModelCapabilities.Effort?) -> WarmPrefix.Key {
        WarmPrefix.Key(backend: identity, effort: effort)
    }

    /// An estimate of a prompt's tokens here, by what a provider counted of the conversation before where that is known.
    package func promptTokens(characters: Int, measured: MeasuredPrompt?) -> Int {
        measured?.tokens(ofPrompt: characters, perThousand: tokensPerThousandCharacters)
            ?? estimatedTokens(characters: characters)
    }

    /// A prompt of so many characters that the provider counted here.
    package func measured(characters: Int, usage: TokenUsage) -> MeasuredPrompt {
        MeasuredPrompt(
            characters: characters,
            tokens: usage.totalInput,
            tokensPerThousandCharacters: tokensPerThousandCharacters
        )
    }
}

extension PlanCandidate {
    /// A backend as a candidate for a request, with what is known of its conversation.
    ///
    /// - Parameters:
    ///   - backend: The candidate.
    ///   - characters: System, tools and messages, as ``PromptTraits`` counts them.
    ///   - effort: The effort that the client asks for.
    ///   - marks: What the client marks for caching.
    ///   - view: What is known of the conversation.
    ///   - unixSeconds: The time whose prices hold.
    package init(
        _ backend: Backend,
        characters: Int,
        effort: ModelCapabilities.Effort?,
        marks: CacheMarks,
        view: ConversationView?,
        unixSeconds: Int64
    ) {
        self.init(
            name: backend.name,
            tier: backend.tier,
            pricing: backend.pricing(unixSeconds: unixSeconds),
            caching: backend.promptCaching,
            minCacheable: backend.minCacheableTokens,
            promptTokens: backend.promptTokens(characters: characters, measured: view?.measured),
            marks: marks,
            warm: view?.segments(backend.warmKey(effort: effort)) ?? []
        )
    }
}

extension PromptTraits {
    /// The text that tokens are estimated by: system, messages and tools.
    package var promptCharacters: Int { systemBytes + messageBytes + toolBytes }
}
