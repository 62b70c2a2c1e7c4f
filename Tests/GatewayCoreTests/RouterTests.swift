import GatewayCore
import Shared
import Testing

@Suite struct `The router` {
    private func decide(
        _ body: String,
        settings: Settings = .threeTiers,
        _ change: (inout Directives) -> Void = { _ in },
        betas: [String] = []
    ) throws -> Decision {
        var directives = Directives()
        change(&directives)
        let request = try Prompt(parsing: Array(body.utf8))
        return try Router(settings: settings, catalogue: .capableTiers).decide(request, directives, betas: betas)
    }

    private func body(_ prompt: String, model: String = "claude-opus-4-7", extra: String = "") -> String {
        #"{"model":"\#(model)","max_tokens":100\#(extra),"messages":[{"role":"user","content":"\#(prompt)"}]}"#
    }

    private static let hard = """
        Design a distributed, fault tolerant rate limiter in detail: prove its consistency, analyze the trade-offs \
        against a centralized architecture, compare three strategies step by step and give a migration plan.
        """

    @Test(arguments: [
        ("What is the capital of France?", Tier.fast), ("Hello!", .fast),
        ("Analyze the trade-offs of microservices and implement an example in python", .balanced), (hard, .premium),
    ])
    func `sends a prompt to the tier its score asks for`(prompt: String, tier: Tier) throws {
        let decision = try decide(body(prompt))
        #expect(decision.backend.tier == tier, "score \(decision.score ?? -1)")
        #expect(decision.classifier == "heuristic")
    }

    @Test(arguments: [
        (#","tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"force"}"#, "tool_choice"),
        (#","speed":"fast""#, "speed"), (#","tools":[{"type":"bash_20250124","name":"bash"}]"#, "types"),
        (#","tools":[{"name":"t","input_schema":{},"defer_loading":true}]"#, "defer_loading"),
        (#","thinking":{"type":"adaptive","block_binding":{}}"#, "thinking"),
        (#","thinking":{"type":"enabled"}"#, "thinking"), (#","thinking":{"type":"pondering"}"#, "thinking"),
        (#","output_config":{"effort":"low","effort":"max"}"#, "output_config"),
        (#","output_config":{"effort":"huge"}"#, "output_config"),
    ])
    func `leaves a request where it is when another model may refuse it`(extra: String, word: String) throws {
        let decision = try decide(body("Hi", extra: extra))
        #expect(decision.backend.name == "opus")
        #expect(decision.adaptations.isEmpty)
        #expect(decision.explained.reasons.contains { $0.contains(word) })
    }

    @Test func `never sends sampling parameters to a model that refuses them`() throws {
        let decision = try decide(body(Self.hard, model: "claude-sonnet-4-6", extra: #","temperature":0.2"#))
        #expect(decision.backend.name == "sonnet")
        #expect(decision.candidates.first { $0.backend.name == "opus" }?.veto != nil)
    }

    @Test func `takes a longer answer than the cheap model gives to the next tier`() throws {
        let text = #"{"model":"x","max_tokens":100000,"messages":[{"role":"user","content":"Hi"}]}"#
        #expect(try decide(text).backend.name == "sonnet")
    }

    @Test func `takes a prompt longer than the cheap model's window to the next tier`() throws {
        let text = body(String(repeating: "word ", count: 200_000))
        #expect(try decide(text).backend.tier > .fast)
    }

    @Test func `obeys the client's headers`() throws {
        let easy = body("What is the capital of France?")
        #expect(try decide(easy) { $0.smartRouting = false }.backend.name == "opus")
        #expect(try decide(easy) { $0.tier = .balanced }.backend.name == "sonnet")
        #expect(throws: GatewayError.self) { try decide(easy) { $0.tier = .local } }
    }

    @Test func `routes by mode and by name`() throws {
        var off = Settings.threeTiers
        off.routing.mode = .off
        let easy = "What is the capital of France?"
        #expect(try decide(body(easy), settings: off).backend.name == "opus")
        #expect(try decide(body(easy), settings: off).classifier == "n/a")
        #expect(try decide(body(easy, model: "auto"), settings: off).backend.name == "haiku")
        #expect(try decide(body(easy), settings: off) { $0.smartRouting = true }.backend.name == "haiku")
        var auto = off
        auto.routing.mode = .auto
        #expect(try decide(body(easy, model: "sonnet"), settings: auto).backend.name == "sonnet")
        #expect(try decide(body(easy, model: "smartroute"), settings: auto).backend.name == "haiku")
    }

    @Test func `finds models by alias, dated and undated id, and borrows a provider for what is not configured`() throws
    {
        var off = Settings.threeTiers
        off.routing.mode = .off
        #expect(try decide(body("x", model: "Haiku"), settings: off).backend.name == "haiku")
        #expect(try decide(body("x", model: "claude-haiku-4-5"), settings: off).backend.name == "haiku")
        #expect(try decide(body("x", model: "claude-sonnet-4-6-20260101"), settings: off).backend.name == "sonnet")
        #expect(try decide(body("x", model: "premium"), settings: off).backend.name == "opus")
        let borrowed = try decide(body("x", model: "claude-sonnet-4-5"), settings: off).backend
        #expect(borrowed.model == "claude-sonnet-4-5" && borrowed.tier == .balanced)
        #expect(
            throws: GatewayError(
                .notFound(
                    "model: gpt-9 is not known here; use one of haiku, sonnet, opus, auto, smartroute, claude-gateway-auto"
                )
            )
        ) {
            try decide(body("x", model: "gpt-9"), settings: off)
        }
    }

    @Test func `the same request is always decided alike`() throws {
        let scores = try (0..<20).map { _ in try decide(body(Self.hard)).score }
        #expect(Set(scores).count == 1)
    }

    @Test func `the explanation has the chain of reasons with its figures`() throws {
        let explanation = try decide(body("Analyze the trade-offs of microservices")).explained
        #expect(explanation.candidates.filter(\.isChosen).map(\.backend) == ["sonnet"])
        #expect(explanation.reasons.count >= 5)
        #expect(explanation.reasons[1].contains("score 50 of 100, complexity 5 of 10, 90 % sure"))
        #expect(explanation.reasons[2].contains("up to 30 are for the fast tier, up to 70"))
        #expect(explanation.complexity == 5 && explanation.task == "general")
    }

    // MARK: Bounds and preferences

    private func bounds(_ change: (inout Settings.RoutingBounds) -> Void) -> Settings.RoutingBounds {
        var bounds = Settings.RoutingBounds()
        change(&bounds)
        return bounds
    }

    private func choose(
        _ prompt: String,
        _ bounds: Settings.RoutingBounds,
        _ directives: Directives = Directives(),
        settings: Settings = .threeTiers,
        task: TaskType = .general
    ) throws -> Decision {
        let prompt = try Prompt(parsing: Array(body(prompt).utf8))
        var classification = ScriptedClassifier.classification(of: prompt.traits)
        classification.taskType = task
        return try Router(settings: settings, catalogue: .capableTiers)
            .decide(prompt, directives, bounds: bounds, classification: classification)
    }

    @Test func `keeps to the bounds of tiers`() throws {
        #expect(try choose("Hi", bounds { $0.minTier = .balanced }).backend.name == "sonnet")
        #expect(try choose(Self.hard, bounds { $0.maxTier = .fast }).backend.name == "haiku")
        var premium = Directives()
        premium.tier = .premium
        #expect(throws: GatewayError.self) { try choose("Hi", bounds { $0.maxTier = .balanced }, premium) }
    }

    @Test func `keeps to the bound of costs, and says so where nobody is cheap enough`() throws {
        // A hard prompt wants opus; its answer of 100 tokens alone costs $0.0025 there, $0.0005 on haiku.
        let cheap = try choose(Self.hard, bounds { $0.maxCost = USD(nanodollars: 1_500_000) })
        #expect(cheap.backend.name == "haiku")
        #expect(cheap.candidates.last?.veto?.contains("max_cost_usd of 0.0015") == true)
        let error = #expect(throws: GatewayError.self) {
            try choose("Hi", bounds { $0.maxCost = USD(nanodollars: 10) })
        }
        #expect(error?.message.contains("max_cost_usd") == true)
        var named = Directives()
        named.smartRouting = false
        #expect(throws: GatewayError.self) { try choose("Hi", bounds { $0.maxCost = USD(nanodollars: 10) }, named) }
    }

    @Test func `takes preferred models first, and others where they cannot`() throws {
        let rule = Settings.Preference(tasks: [.creative], tiers: [.fast], models: ["opus"])
        let creative = bounds { $0.prefer = [rule] }
        #expect(try choose("Hi", creative, task: .creative).backend.name == "opus")
        #expect(try choose("Hi", creative, task: .code).backend.name == "haiku")
        #expect(try choose("Analyze it", creative, task: .creative).backend.name == "sonnet")
        var capped = creative
        capped.maxTier = .balanced
        #expect(try choose("Hi", capped, task: .creative).backend.name == "haiku")
    }

    @Test func `a project's bounds go before those of all`() {
        let general = bounds {
            $0.minTier = .fast
            $0.maxCost = USD(nanodollars: 5)
        }
        let merged = bounds { $0.minTier = .balanced }.over(general)
        #expect(merged.minTier == .balanced && merged.maxCost == USD(nanodollars: 5) && merged.maxTier == nil)
    }

    @Test func `sends easy prompts to the local tier where it comes first`() throws {
        var settings = Settings.threeTiers
        settings.backends.append(
            .init(
                name: "home",
                provider: .ollama,
                model: "qwen3:8b",
                baseURL: "http://127.0.0.1:1",
                tier: .local,
                price: .free
            )
        )
        #expect(try choose("Hi", .init(), settings: settings).backend.name == "haiku")
        settings.routing.isLocalFirst = true
        #expect(try choose("Hi", .init(), settings: settings).backend.name == "home")
        #expect(try choose(Self.hard, .init(), settings: settings).backend.name == "opus")
    }
}
