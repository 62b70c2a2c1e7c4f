package import Shared

/// What a request costs on one tier beside the next: what is at stake in its classification.
package struct Stakes: Sendable {
    private let backends: [Backend]
    private let clock: Clock

    package init(_ backends: [Backend], clock: Clock) {
        self.backends = backends
        self.clock = clock
    }

    /// The larger of the differences to the tier above and to the one below, for an answer of ordinary length.
    package func difference(_ traits: PromptTraits, around tier: Tier) -> USD {
        let seconds = clock.unixMilliseconds() / 1_000
        func cost(_ wanted: Tier?) -> USD? {
            backends.filter { $0.tier == wanted }.map { backend in
                let tokens = backend.estimatedTokens(characters: traits.promptCharacters)
                let price = backend.price(promptTokens: tokens, unixSeconds: seconds).price
                return price.cost(of: TokenUsage(input: tokens, output: 600))
            }.min()
        }
        guard let own = cost(tier) else { return .zero }
        let above = cost(Tier(rawValue: tier.rawValue + 1)).map { $0 - own } ?? .zero
        let below = cost(Tier(rawValue: tier.rawValue - 1)).map { own - $0 } ?? .zero
        return max(above, below)
    }
}
