import FoundationEssentials
import GatewayCore
import Shared
import Testing

@Suite struct `An exchange that the gateway asked others about` {
    private let clock = TestClock()
    private static let classified = Overhead(
        purpose: .classifier,
        backend: "haiku",
        model: "claude-haiku-4-5-20251001",
        spending: Spending(
            usage: TokenUsage(input: 300, output: 4),
            isEstimated: false,
            cost: USD(nanodollars: 320_000)
        )
    )

    /// A classification that was paid for, before the decision.
    private struct Ask: Stage {
        static let name = "ask"

        func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
            exchange.overheads.append(classified)
            return try await next(&exchange)
        }
    }

    private func answer(_ answers: [ScriptedUpstream.Answer]) async throws -> (Ledger, Reply) {
        let settings = Settings.threeTiers
        let router = Router(settings: settings, catalogue: .threeTiers)
        let ledger = Ledger(backends: settings.backends, isDemo: false, clock: clock.port)
        let pipeline = Pipeline([
            Settle(router: router, ledger: ledger, clock: clock.port, prompts: .none),
            Recognise(repeated: RepeatedRequests()),
            Ask(),
            Decide(router: router, clock: clock.port),
            Attempt(
                transport: ScriptedUpstream(answers).transport,
                ledger: ledger,
                clock: clock.port,
                settings: settings
            ),
        ])
        let body = #"{"model":"auto","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}"#
        var exchange = Exchange(.messages(body), dialect: .anthropic)
        return (ledger, try await pipeline.answer(&exchange))
    }

    @Test func `is taken off what its exchange saved`() async throws {
        let (ledger, reply) = try await answer([.message("Hi", input: 1_000, output: 100)])
        // On haiku 1,000 · 1,000 + 100 · 5,000; on opus five times that.
        let entry = try #require(ledger.entry(id: "0123456789abcdef"))
        #expect(entry.summary.cost == USD(nanodollars: 1_500_000))
        #expect(entry.summary.baseline == USD(nanodollars: 7_500_000))
        #expect(entry.summary.overhead == USD(nanodollars: 320_000))
        #expect(entry.summary.saved == USD(nanodollars: 5_680_000))
        #expect(reply.header("X-Gateway-Cost-USD") == "0.0015")
        #expect(reply.header("X-Gateway-Saved-USD") == "0.00568")
        let detail = entry.detail(thresholds: .init())
        #expect(detail.decision?.classifierCost == USD(nanodollars: 320_000))
        #expect(ledger.snapshot(cache: .init()).sinceStart.cost == USD(nanodollars: 1_820_000))
        let json = String(decoding: try JSONEncoder().encode(detail), as: UTF8.self)
        #expect(json.contains(#""overhead_usd":0.00032"#) && json.contains(#""classifier_cost_usd":0.00032"#))
    }

    @Test func `stays where the exchange fails`() async throws {
        let (ledger, _) = try await answer([])
        let totals = ledger.snapshot(cache: .init()).sinceStart
        #expect(totals.errors == 1 && totals.cost == USD(nanodollars: 320_000))
        #expect(totals.saved == USD(nanodollars: -320_000))
    }
}
