package import Shared

/// A model's prices on one day: a price for each length of prompt.
package struct DatedPricing: Sendable {
    private let fixed: Price?
    private let pricing: ModelPricing
    private let unixSeconds: Int64

    /// The catalogue's prices at that time; `fixed` takes their place where the config has a price of its own.
    package init(_ pricing: ModelPricing, fixed: Price? = nil, unixSeconds: Int64) {
        self.pricing = pricing
        self.fixed = fixed
        self.unixSeconds = unixSeconds
    }

    /// What tokens cost in a request with so many tokens of prompt, cached ones counted.
    package func price(promptTokens: Int) -> Price {
        fixed ?? pricing.price(promptTokens: promptTokens, unixSeconds: unixSeconds).price
    }
}

/// A backend that could take a request, in the numbers that its cost depends on. All tokens are that model's own.
package struct PlanCandidate: Sendable {
    /// For the explanation.
    package var name: String
    package var tier: Tier
    package var pricing: DatedPricing
    package var caching: PromptCaching
    /// The shortest prefix that is cached, in tokens.
    package var minCacheable: Int
    /// All tokens of the prompt.
    package var promptTokens: Int
    /// Those that the client marks for caching, from the beginning; see ``CacheMarks``.
    package var markedTokens: Int
    /// Those of them that it marks for an hour.
    package var hourTokens: Int
    /// The markers move along as the prompt grows.
    package var marksMove: Bool
    /// What is warm there, the longest first.
    package var warm: [WarmPrefix.Segment]

    package init(
        name: String,
        tier: Tier,
        pricing: DatedPricing,
        caching: PromptCaching = .marked,
        minCacheable: Int = 0,
        promptTokens: Int,
        marks: CacheMarks? = nil,
        warm: [WarmPrefix.Segment] = []
    ) {
        self.name = name
        self.tier = tier
        self.pricing = pricing
        self.caching = caching
        self.minCacheable = minCacheable
        let tokens = Self.bounded(promptTokens)
        self.promptTokens = tokens
        markedTokens = marks?.markedTokens(of: tokens) ?? 0
        hourTokens = marks?.hourTokens(of: tokens) ?? 0
        marksMove = marks?.moves ?? false
        self.warm = warm
    }

    /// Far above every prompt, and small enough that no sum of them overflows.
    static func bounded(_ tokens: Int) -> Int { max(0, min(tokens, 1 << 40)) }

    /// How a prompt of so many tokens is billed here when its first `warm` tokens are in the cache.
    ///
    /// With C tokens up to the last marker (all of them, where caching is automatic), none if that is less than the
    /// shortest prefix that is cached and nothing is warm: R = min(warm, C) are read, C − R are written, for an hour as
    /// far as they are marked so, and the rest is plain input.
    func usage(promptTokens: Int, warm: Int, outputTokens: Int) -> TokenUsage {
        let cacheable = cacheable(promptTokens, warm: warm)
        let read = min(max(0, warm), cacheable)
        let hour = max(0, min(hourTokens(ofPrompt: promptTokens), cacheable) - read)
        let written = caching == .reported ? 0 : cacheable - read
        return TokenUsage(
            input: promptTokens - read - written,
            cacheRead: read,
            cacheWrite5m: written - min(hour, written),
            cacheWrite1h: min(hour, written),
            output: outputTokens
        )
    }

    /// What is in the cache after a prompt of so many tokens.
    func cacheable(_ promptTokens: Int, warm: Int) -> Int {
        let tokens: Int
        switch caching {
        case .automatic: tokens = promptTokens
        case .reported: tokens = max(0, min(warm, promptTokens))
        case .marked:
            guard markedTokens > 0 else { return 0 }
            let marked = Self.bounded(markedTokens)
            let grown = max(0, promptTokens - self.promptTokens)
            tokens = min(promptTokens, marksMove ? marked + grown : marked)
        }
        // What was cached once is long enough, whatever the catalogue knows.
        return tokens >= minCacheable || warm > 0 ? tokens : 0
    }

    private func hourTokens(ofPrompt tokens: Int) -> Int {
        guard caching == .marked else { return 0 }
        let hour = Self.bounded(hourTokens)
        let isAll = hour > 0 && hour >= markedTokens && marksMove
        return isAll ? hour + max(0, tokens - promptTokens) : hour
    }

    /// What is warm after so many seconds without a request, of what is warm now.
    func warm(afterSeconds seconds: Int) -> Int {
        warm.reduce(0) { $1.secondsLeft > seconds ? max($0, $1.tokens) : $0 }
    }

    /// The same of what a request has just left in the cache: `cached` tokens after a prompt of so many.
    func warm(_ cached: Int, ofPrompt tokens: Int, afterSeconds seconds: Int) -> Int {
        switch caching {
        case .automatic(let lifetime): seconds < lifetime ? cached : 0
        case .reported: seconds < PromptCaching.shortSeconds ? cached : 0
        case .marked:
            seconds < PromptCaching.shortSeconds
                ? cached : seconds < PromptCaching.hourSeconds ? min(cached, hourTokens(ofPrompt: tokens)) : 0
        }
    }
}
