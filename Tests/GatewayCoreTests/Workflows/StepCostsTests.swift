import Shared
import Testing

@testable import GatewayCore

/// Prices of 1/5, 3/15 and 5/25 dollars a million tokens; what is written to the prompt cache costs a quarter more. A prompt
/// of 1,998 bytes counts as 1,000 tokens: with 1,000 tokens of answer that is at most
/// - on the fast tier 1,000 × $1.25 + 1,000 × $5 a million = $0.00625,
/// - on the balanced one 1,000 × $3.75 + 1,000 × $15 a million = $0.01875,
/// - on the premium one 1,000 × $6.25 + 1,000 × $25 a million = $0.03125.
@Suite struct `What a step costs at most` {
    private func gateway(_ change: (inout Settings) -> Void = { _ in }) -> Gateway {
        var settings = Settings.threeTiers
        change(&settings)
        return Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: Priced(),
            transport: ScriptedUpstream([]).transport,
            clock: TestClock().port
        )
    }

    /// Asks a model for $0.0001 where it may.
    private struct Priced: Classifying {
        func classify(_ request: ClassifierRequest) async -> Classification { ScriptedClassifier.scored(10) }
        func mostCost(_ mode: Settings.ClassifierMode?, unixSeconds: Int64) -> USD {
            mode == .ruleBased ? .zero : USD(nanodollars: 100_000)
        }
    }

    private func most(
        _ gateway: Gateway,
        tier: Tier? = nil,
        model: String? = nil,
        system: String? = nil,
        bytes: Int = 984,
        _ headers: [(String, String)] = []
    ) throws -> Int64 {
        let draft = WorkflowDraft.of([("a", [])], ends: ["a"]) { draft in
            draft.system = system
            draft["a"].tier = tier
            draft["a"].model = model
            draft["a"].maxTokens = 1_000
        }
        let request = ClientRequest(
            id: "r",
            method: "POST",
            path: "/v1/workflows",
            headers: headers.map { HeaderField($0.0, $0.1) }
        )
        let step = try Workflow(draft, maxOps: 64).steps[0]
        return StepCosts(gateway: gateway, request: request).most(step, promptBytes: bytes).nanodollars
    }

    private func may(_ escalations: Int) -> [(String, String)] { [("x-gateway-max-escalations", "\(escalations)")] }

    @Test func `is one call where its tier or its model is fixed`() throws {
        let it = gateway()
        #expect(try most(it, tier: .fast) == 6_250_000)
        #expect(try most(it, tier: .balanced) == 18_750_000)
        #expect(try most(it, tier: .fast, system: String(repeating: "s", count: 500), bytes: 484) == 6_250_000)
        #expect(try most(it, model: "opus", may(2)) == 31_250_000)
        #expect(try most(it, tier: .fast, may(0)) == 6_250_000)
        #expect(try most(it, tier: .premium, may(2)) == 31_250_000, "there is nobody above")
    }

    @Test func `is the calls of all tiers that may be asked where the client lets a tier be left`() throws {
        let it = gateway()
        #expect(try most(it, tier: .fast, may(1)) == 25_000_000, "6.25 + 18.75")
        #expect(try most(it, tier: .fast, may(2)) == 56_250_000, "6.25 + 18.75 + 31.25")
        #expect(try most(it, tier: .balanced, may(2)) == 50_000_000, "18.75 + 31.25")
        #expect(try most(gateway { $0.escalation.maxEscalations = 1 }, tier: .fast, may(2)) == 25_000_000)
        #expect(try most(gateway { $0.escalation.check = .none }, tier: .fast, may(2)) == 6_250_000)
        #expect(try most(gateway { $0.routing.bounds.maxTier = .balanced }, tier: .fast, may(2)) == 25_000_000)
    }

    @Test func `is the dearest way that a step without a tier may take, and its classification`() throws {
        #expect(try most(gateway()) == 56_350_000, "6.25 + 18.75 + 31.25 + 0.1")
        #expect(try most(gateway(), may(1)) == 50_100_000, "18.75 + 31.25 + 0.1")
        #expect(try most(gateway(), may(0)) == 31_350_000, "31.25 + 0.1")
        #expect(try most(gateway { $0.escalation.maxEscalations = 0 }) == 31_350_000)
        let rules = [("x-gateway-classifier-mode", "rule_based")]
        #expect(try most(gateway { $0.escalation.check = .none }, rules) == 31_250_000)
    }

    @Test func `skips tiers whose models cannot take the prompt`() throws {
        // 900,000 bytes: about 270,000 tokens or less, over the window of the fast tier's model and within the others'.
        // 900,016 tokens at $3.75 and 1,000 at $15 a million are $3.39006, at $6.25 and $25 they are $5.6501.
        let dear: Int64 = 3_390_060_000 + 5_650_100_000
        #expect(try most(gateway(), bytes: 900_000) == dear + 100_000)
    }

    @Test func `holds a judge for every answer, if any is judged`() throws {
        let it = gateway { $0.escalation.check = .llm }
        let judge = try #require(it.judge).mostCost(unixSeconds: 0).nanodollars
        // At least 18,432 bytes of question and answer, half of them what breaking up brackets adds, as so many tokens at
        // $1.25 a million, and not twice as much.
        #expect((23_040_000..<46_080_000).contains(judge))
        #expect(try most(it, tier: .fast) == 6_250_000, "it is not judged")
        #expect(try most(it, tier: .fast, may(1)) == 25_000_000 + 2 * judge)
        #expect(try most(it, tier: .fast, may(2)) == 56_250_000 + 3 * judge)
        #expect(try most(it, tier: .premium, may(2)) == 31_250_000)
    }
}
