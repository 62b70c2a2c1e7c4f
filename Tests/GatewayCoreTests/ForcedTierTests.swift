import Shared
import Testing

@testable import GatewayCore

@Suite struct `A dry run` {
    private let gateway = Gateway(
        settings: .threeTiers,
        catalogue: .threeTiers,
        classifier: ScriptedClassifier(),
        transport: TaskUpstream().transport,
        clock: TestClock().port
    )

    @Test(arguments: [Tier.fast, .premium])
    func `with a forced tier weighs all tiers, and says which is forced`(tier: Tier) async throws {
        let found = try await gateway.explain(ControlProtocol.PromptRequest(prompt: "Hello", tier: tier))
        #expect(found.forcedTier == tier)
        #expect(Set(found.candidates.map(\.tier)) == [.fast, .balanced, .premium])
        #expect(found.candidates.filter(\.isChosen).map(\.tier) == [tier])
        #expect(found.candidates.allSatisfy { $0.estimatedCost > .zero })
    }

    @Test func `without one says nothing of it`() async throws {
        #expect(try await gateway.explain(ControlProtocol.PromptRequest(prompt: "Hello")).forcedTier == nil)
    }
}
