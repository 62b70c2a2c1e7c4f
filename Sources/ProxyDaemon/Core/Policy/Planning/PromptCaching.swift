/// How a model's provider keeps the beginnings of prompts for the next request.
package enum PromptCaching: Sendable, Hashable {
    /// Anthropic's way: only what the client marks, for five minutes or an hour, each read a new beginning of that time
    /// (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
    case marked
    /// OpenAI's way: every prompt of some length, for about so many seconds after its last use
    /// (https://developers.openai.com/api/docs/guides/prompt-caching).
    case automatic(seconds: Int)
    /// Nobody knows: what the provider reports as read is there for some minutes, and nothing more is counted on.
    case reported

    /// Anthropic's two lifetimes.
    package static let shortSeconds = 300
    package static let hourSeconds = 3_600
}

/// What the catalogue says of a model's prompt cache beyond the shortest prefix.
package struct CatalogueCaching: Sendable, Equatable {
    /// Prompts are cached without markers, for about so many seconds; nil where the client has to mark them.
    package var automaticSeconds: Int?
    package var confidence: PriceConfidence
    /// Where this, and the shortest prefix, are known from.
    package var source: String

    package init(automaticSeconds: Int? = nil, confidence: PriceConfidence = .high, source: String = "") {
        self.automaticSeconds = automaticSeconds
        self.confidence = confidence
        self.source = source
    }
}
