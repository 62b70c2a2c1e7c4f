import GatewayCore
import Shared

/// Prices per million tokens from the published tables, in picodollars a token.
enum PlannerPrices {
    static let haiku45 = Price(
        input: 1_000_000,
        output: 5_000_000,
        cacheRead: 100_000,
        cacheWrite5m: 1_250_000,
        cacheWrite1h: 2_000_000
    )
    static let sonnet46 = Price(
        input: 3_000_000,
        output: 15_000_000,
        cacheRead: 300_000,
        cacheWrite5m: 3_750_000,
        cacheWrite1h: 6_000_000
    )
    static let opus47 = Price(
        input: 5_000_000,
        output: 25_000_000,
        cacheRead: 500_000,
        cacheWrite5m: 6_250_000,
        cacheWrite1h: 10_000_000
    )
    static let sonnet55 = Price(
        input: 2_000_000,
        output: 10_000_000,
        cacheRead: 100_000,
        cacheWrite5m: 2_500_000,
        cacheWrite1h: 4_000_000
    )
    static let opus55 = Price(
        input: 4_000_000,
        output: 20_000_000,
        cacheRead: 200_000,
        cacheWrite5m: 5_000_000,
        cacheWrite1h: 8_000_000
    )
    static let haiku55 = Price(
        input: 100_000,
        output: 500_000,
        cacheRead: 10_000,
        cacheWrite5m: 125_000,
        cacheWrite1h: 200_000
    )
    static let haiku55Long = Price(
        input: 500_000,
        output: 2_500_000,
        cacheRead: 50_000,
        cacheWrite5m: 625_000,
        cacheWrite1h: 1_000_000
    )
    static let luna = Price(
        input: 100_000,
        output: 500_000,
        cacheRead: 10_000,
        cacheWrite5m: 125_000,
        cacheWrite1h: 125_000
    )
    static let lunaLong = Price(
        input: 200_000,
        output: 750_000,
        cacheRead: 20_000,
        cacheWrite5m: 250_000,
        cacheWrite1h: 250_000
    )
}

extension PlanCandidate {
    /// A candidate whose client marks all of the prompt, the marker in the last message.
    static func make(
        _ name: String,
        _ tier: Tier,
        _ price: Price,
        long: (above: Int, price: Price)? = nil,
        caching: PromptCaching = .marked,
        minimum: Int = 1_024,
        prompt: Int,
        marked: Int? = nil,
        hour: Int = 0,
        warm: [WarmPrefix.Segment] = []
    ) -> PlanCandidate {
        var rows = [PriceRow(price: price)]
        if let long { rows.append(PriceRow(promptTokensAbove: long.above, price: long.price)) }
        let model = CatalogueModel(id: name, contextWindow: 2_000_000, maxOutput: 1_000, prices: rows)
        var candidate = PlanCandidate(
            name: name,
            tier: tier,
            pricing: DatedPricing(Catalogue(models: [model]).pricing(of: name), unixSeconds: 0),
            caching: caching,
            minCacheable: minimum,
            promptTokens: prompt,
            warm: warm
        )
        candidate.markedTokens = marked ?? prompt
        candidate.hourTokens = hour
        candidate.marksMove = true
        return candidate
    }

    /// A prefix with most of five minutes left.
    static func warm(_ tokens: Int, seconds: Int = 290) -> [WarmPrefix.Segment] {
        [WarmPrefix.Segment(tokens: tokens, secondsLeft: seconds)]
    }
}

extension TierCounts {
    static func of(_ tiers: [Tier]) -> TierCounts {
        var counts = TierCounts()
        for tier in tiers { counts[tier] += 1 }
        return counts
    }
}
