package import Shared

/// What a model's tokens cost, each bucket for itself, in whole picodollars (10⁻¹² $) a token.
///
/// One dollar per million tokens is one million picodollars a token, so that every published price is a whole number.
package struct Price: Sendable, Hashable {
    package var input: Int64
    package var output: Int64
    package var cacheRead: Int64
    package var cacheWrite5m: Int64
    package var cacheWrite1h: Int64

    package init(input: Int64, output: Int64, cacheRead: Int64, cacheWrite5m: Int64, cacheWrite1h: Int64) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
    }

    package static let free = Price(input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0)

    /// The cost of these tokens: the buckets' products summed exactly, then rounded once, half up, to a nano-dollar.
    package func cost(of usage: TokenUsage) -> USD {
        let picodollars =
            Self.product(usage.input, input) + Self.product(usage.output, output)
            + Self.product(usage.cacheRead, cacheRead) + Self.product(usage.cacheWrite5m, cacheWrite5m)
            + Self.product(usage.cacheWrite1h, cacheWrite1h)
        return USD(nanodollars: Int64(clamping: (picodollars + 500) / 1_000))
    }

    /// Negative counts, which only a broken provider sends, cost nothing.
    private static func product(_ tokens: Int, _ price: Int64) -> Int128 { Int128(max(0, tokens)) * Int128(price) }
}
