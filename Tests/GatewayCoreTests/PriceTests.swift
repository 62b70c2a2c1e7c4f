import GatewayCore
import Shared
import Testing

/// Expected amounts are worked out by hand: tokens × $ per million.
@Suite struct `The price of tokens` {
    /// $3 in, $15 out, $0.30 read, $3.75 and $6 write.
    private static let sonnet = Price(
        input: 3_000_000,
        output: 15_000_000,
        cacheRead: 300_000,
        cacheWrite5m: 3_750_000,
        cacheWrite1h: 6_000_000
    )

    @Test func `adds up all five buckets`() {
        let usage = TokenUsage(input: 1_000, cacheRead: 20_000, cacheWrite5m: 4_000, cacheWrite1h: 500, output: 700)
        // 0.003 + 0.006 + 0.015 + 0.003 + 0.0105
        #expect(Self.sonnet.cost(of: usage) == USD(nanodollars: 37_500_000))
    }

    @Test(
        arguments: [
            (TokenUsage(input: 1), 3_000), (TokenUsage(cacheRead: 1), 300), (TokenUsage(cacheWrite5m: 1), 3_750),
            (TokenUsage(cacheWrite1h: 1), 6_000), (TokenUsage(output: 1), 15_000), (TokenUsage(), 0),
        ] as [(TokenUsage, Int64)]
    )
    func `has a rate for each bucket`(usage: TokenUsage, nano: Int64) {
        #expect(Self.sonnet.cost(of: usage) == USD(nanodollars: nano))
    }

    @Test(arguments: [(499, 0), (500, 1), (999, 1), (1_499, 1), (1_500, 2)] as [(Int64, Int64)])
    func `rounds once, half up, to a nano-dollar`(picodollars: Int64, nano: Int64) {
        let price = Price(input: picodollars, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0)
        #expect(price.cost(of: TokenUsage(input: 1)) == USD(nanodollars: nano))
    }

    @Test func `rounds the sum and not its parts`() {
        let price = Price(input: 400, output: 400, cacheRead: 400, cacheWrite5m: 0, cacheWrite1h: 0)
        #expect(price.cost(of: TokenUsage(input: 1, cacheRead: 1, output: 1)) == USD(nanodollars: 1))
    }

    @Test func `is nothing for counts below zero, and at most the largest amount`() {
        #expect(Self.sonnet.cost(of: TokenUsage(input: -5, output: -1)) == .zero)
        #expect(Self.sonnet.cost(of: TokenUsage(input: .max, output: .max)) == USD(nanodollars: .max))
        #expect(Price.free.cost(of: TokenUsage(input: .max, output: .max)) == .zero)
    }
}
