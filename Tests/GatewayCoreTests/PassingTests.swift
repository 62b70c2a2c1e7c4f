import GatewayCore
import Shared
import Testing

@Suite struct `What is no user's turn` {
    private func decide(
        _ body: String,
        settings: Settings = .threeTiers,
        bounds: Settings.RoutingBounds = .init()
    ) throws -> Decision {
        let prompt = try Prompt(parsing: Array(body.utf8))
        var request = RoutingRequest(
            traits: prompt.traits,
            requestedModel: prompt.model,
            maxTokens: prompt.maxTokens,
            bounds: bounds,
            unixSeconds: 1_790_000_000
        )
        request.turn = Turn(prompt, of: ClientIdentity(project: "p", keyFingerprint: ""), session: nil)
        let router = Router(settings: settings, catalogue: .capableTiers)
        switch try router.question(request) {
        case .settled(let decision): return decision
        case .open(let draft): return try router.choose(draft, ScriptedClassifier.classification(of: prompt.traits))
        }
    }

    private func body(_ model: String, _ messages: String, maxTokens: Int = 50, extra: String = "") -> String {
        #"{"model":"\#(model)","max_tokens":\#(maxTokens)\#(extra),"messages":[\#(messages)]}"#
    }

    private static let hi = #"{"role":"user","content":"Hi"}"#

    @Test func `passes to the model that was named for it`() throws {
        let decision = try decide(body("claude-opus-4-7", Self.hi, maxTokens: 1))
        #expect(decision.backend.name == "opus" && decision.classifier == "n/a")
        #expect(decision.explained.reasons[1].hasPrefix("Not routed: an answer of at most one token"))
    }

    @Test(arguments: ["gpt-4o", "auto"])
    func `is weighed like any other where no known model was named`(model: String) throws {
        #expect(try decide(body(model, Self.hi, maxTokens: 1)).backend.name == "haiku")
    }

    @Test func `goes on with a model that takes a begun answer`() throws {
        let begun = Self.hi + #",{"role":"assistant","content":"Dear"}"#
        #expect(try decide(body("opus", begun)).backend.name == "haiku")
        #expect(try decide(body("haiku", begun)).backend.name == "haiku")
    }

    @Test func `stays where other models may refuse it`() throws {
        let tool = #","tools":[{"type":"web_search_20250305","name":"web_search"}]"#
        let begun = Self.hi + #",{"role":"assistant","content":[{"type":"text","text":"Let me look."}]}"#
        #expect(try decide(body("auto", begun, extra: tool)).backend.name == "opus")
    }

    @Test func `keeps to the highest tier that is allowed, whoever named the model`() throws {
        var bounds = Settings.RoutingBounds()
        bounds.maxTier = .balanced
        var settings = Settings.threeTiers
        settings.routing.mode = .off
        let decision = try decide(body("opus", Self.hi), settings: settings, bounds: bounds)
        #expect(decision.backend.name == "sonnet")
        #expect(decision.explained.reasons.contains { $0.contains("max_tier is balanced") })
        #expect(try decide(body("haiku", Self.hi), settings: settings, bounds: bounds).backend.name == "haiku")
        bounds.maxTier = .local
        #expect(throws: GatewayError.self) { try decide(body("opus", Self.hi), settings: settings, bounds: bounds) }
    }

    @Test func `keeps to the lowest tier that is allowed, whoever named the model`() throws {
        var bounds = Settings.RoutingBounds()
        bounds.minTier = .balanced
        var settings = Settings.threeTiers
        settings.routing.mode = .off
        let decision = try decide(body("haiku", Self.hi), settings: settings, bounds: bounds)
        #expect(decision.backend.name == "sonnet")
        #expect(decision.explained.reasons.contains { $0.contains("haiku would have it, but min_tier is balanced") })
        #expect(try decide(body("opus", Self.hi), settings: settings, bounds: bounds).backend.name == "opus")
        // A program's own query as well.
        #expect(try decide(body("haiku", Self.hi, maxTokens: 1), bounds: bounds).backend.name == "sonnet")
        bounds.allowedModels = ["haiku"]
        #expect(throws: GatewayError.self) { try decide(body("haiku", Self.hi), settings: settings, bounds: bounds) }
        // The local tier stands outside of the ladder of prices.
        bounds.allowedModels = []
        settings.backends.append(
            .init(
                name: "home",
                provider: .ollama,
                model: "q",
                baseURL: "http://127.0.0.1:1",
                tier: .local,
                price: .free
            )
        )
        #expect(try decide(body("home", Self.hi), settings: settings, bounds: bounds).backend.name == "home")
    }

    @Test func `a preference may name a local model`() throws {
        var settings = Settings.threeTiers
        settings.backends.append(
            .init(
                name: "home",
                provider: .ollama,
                model: "q",
                baseURL: "http://127.0.0.1:1",
                tier: .local,
                price: .free
            )
        )
        var bounds = Settings.RoutingBounds()
        bounds.prefer = [.init(tiers: [.fast], models: ["home"])]
        #expect(try decide(body("x", Self.hi), settings: settings, bounds: bounds).backend.name == "home")
        #expect(try decide(body("x", Self.hi), settings: settings).backend.name == "haiku")
    }
}

/// A classification that cost something and says that nothing will do.
private struct PaidClassifier: Classifying {
    func classify(_ request: ClassifierRequest) async -> Classification {
        var classification = ScriptedClassifier.scored(10)
        let spending = Spending(usage: TokenUsage(input: 300), isEstimated: false, cost: USD(nanodollars: 320_000))
        classification.overheads = [
            Overhead(purpose: .classifier, backend: "haiku", model: "claude-haiku-4-5-20251001", spending: spending)
        ]
        return classification
    }
}

@Suite struct `A classification that was paid for` {
    @Test func `counts even where the router then refuses`() async {
        var settings = Settings.threeTiers
        settings.routing.bounds.maxCost = USD(nanodollars: 1)
        let gateway = Gateway(
            settings: settings,
            catalogue: .capableTiers,
            classifier: PaidClassifier(),
            transport: ScriptedUpstream([]).transport,
            clock: TestClock().port
        )
        let body = #"{"model":"x","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}"#
        #expect(await gateway.answer(.messages(body)).status == 400)
        #expect(gateway.snapshot().sinceStart.cost == USD(nanodollars: 320_000))
    }
}
