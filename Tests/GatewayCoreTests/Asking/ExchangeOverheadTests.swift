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

    /// A classification that was paid for.
    private struct Asked: Classifying {
        func classify(_ request: ClassifierRequest) async -> Classification {
            var classification = ScriptedClassifier.scored(10)
            classification.overheads = [classified]
            return classification
        }
    }

    private func answer(_ answers: [ScriptedUpstream.Answer]) async -> (Ledger, Reply) {
        let gateway = Gateway(
            settings: .threeTiers,
            catalogue: .threeTiers,
            classifier: Asked(),
            transport: ScriptedUpstream(answers).transport,
            clock: clock.port
        )
        let body = #"{"model":"auto","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}"#
        return (gateway.ledger, await gateway.answer(.messages(body)))
    }

    @Test func `is taken off what its exchange saved`() async throws {
        let (ledger, reply) = await answer([.message("Hi", input: 1_000, output: 100)])
        // On haiku 1,000 · 1,000 + 100 · 5,000; on opus five times that.
        let entry = try #require(ledger.entry(id: "0123456789abcdef"))
        #expect(entry.summary.cost == USD(nanodollars: 1_500_000))
        #expect(entry.summary.baseline == USD(nanodollars: 7_500_000))
        #expect(entry.summary.overhead == USD(nanodollars: 320_000))
        #expect(entry.summary.saved == USD(nanodollars: 5_680_000))
        #expect(reply.header("X-Gateway-Cost-USD") == "0.0015")
        #expect(reply.header("X-Gateway-Saved-USD") == "0.00568")
        let detail = entry.detail
        #expect(detail.decision?.classifierCost == USD(nanodollars: 320_000))
        #expect(ledger.snapshot(cache: .init()).sinceStart.cost == USD(nanodollars: 1_820_000))
        let json = String(decoding: try JSONEncoder().encode(detail), as: UTF8.self)
        #expect(
            json.contains(#""overhead_usd":0.00032"#) && json.contains(#""classifier_cost_usd":0.00032"#)
        )
    }

    @Test func `stays where the exchange fails`() async {
        let (ledger, _) = await answer([])
        let totals = ledger.snapshot(cache: .init()).sinceStart
        #expect(totals.errors == 1 && totals.cost == USD(nanodollars: 320_000))
        #expect(totals.saved == USD(nanodollars: -320_000))
    }
}
