import GatewayCore
import Shared
import Testing

@Suite struct `Routing by what models accept` {
    private func decide(
        _ body: String,
        settings: Settings = .threeTiers,
        catalogue: Catalogue = .capableTiers,
        _ change: (inout Directives) -> Void = { _ in }
    ) throws -> Decision {
        var directives = Directives()
        change(&directives)
        let request = try Prompt(parsing: Array(body.utf8))
        return try Router(settings: settings, catalogue: catalogue).decide(request, directives, betas: [])
    }

    private func body(_ prompt: String, model: String = "opus", maxTokens: Int = 100, extra: String = "") -> String {
        #"{"model":"\#(model)","max_tokens":\#(maxTokens)\#(extra),"#
            + #""messages":[{"role":"user","content":"\#(prompt)"}]}"#
    }

    private static let hard = """
        Design a distributed, fault tolerant rate limiter in detail: prove its consistency, analyze the trade-offs \
        against a centralized architecture, compare three strategies step by step and give a migration plan.
        """
    private static let forced = #","tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"any"}"#

    /// Easy questions for the fast tier: each goes to the lowest tier whose model takes it.
    @Test(
        arguments: [
            (#","thinking":{"type":"adaptive"}"#, "sonnet", []), (#","thinking":{"type":"disabled"}"#, "haiku", []),
            (#","output_config":{"effort":"low"}"#, "haiku", [.dropEffort(.low)]),
            (#","output_config":{"effort":"max"}"#, "sonnet", []),
            (#","output_config":{"effort":"xhigh"}"#, "sonnet", [.lowerEffort(from: .xhigh, to: .high)]),
            (forced, "haiku", []), (#","temperature":1,"top_p":0.5"#, "haiku", [.dropTemperature]),
            (#","temperature":1,"top_p":1.0"#, "haiku", [.dropTopP]),
        ] as [(String, String, [Adaptation])]
    )
    func `adapts a request to the cheapest model that can take it`(
        extra: String,
        backend: String,
        adaptations: [Adaptation]
    ) throws {
        let decision = try decide(body("Hi", extra: extra))
        #expect(decision.backend.name == backend)
        #expect(decision.adaptations == adaptations)
        let reasons = decision.explained.reasons
        #expect(reasons.filter { $0.hasPrefix("Adapted: ") }.count == adaptations.count)
        #expect(decision.adaptationNotes.count == adaptations.count)
    }

    @Test func `gives thinking a budget below half the answer, and looks elsewhere where there is no room`() throws {
        func decision(_ maxTokens: Int) throws -> Decision {
            try decide(body("Hi", maxTokens: maxTokens, extra: #","thinking":{"type":"adaptive"}"#))
        }
        #expect(try decision(20_000).adaptations == [.thinkWithin(budget: 4_096)])
        #expect(try decision(3_000).adaptations == [.thinkWithin(budget: 1_500)])
        #expect(try decision(2_047).backend.name == "sonnet")
    }

    @Test func `caps an answer only where the named model could have given it`() throws {
        let decision = try decide(body("Hi", maxTokens: 100_000))
        #expect(decision.backend.name == "haiku")
        #expect(decision.adaptations == [.capMaxTokens(from: 100_000, to: 64_000)])
        let over = try decide(body("Hi", maxTokens: 128_001))
        #expect(over.backend.name == "opus" && over.adaptations.isEmpty)
    }

    @Test func `changes nothing for a model that the client insists on`() throws {
        let text = body("Hi", extra: #","temperature":1,"output_config":{"effort":"max"}"#)
        let insisted = try decide(text) { $0.smartRouting = false }
        #expect(insisted.backend.name == "opus" && insisted.adaptations.isEmpty)
    }

    @Test func `tries what is unsure only on the model that the client named`() throws {
        #expect(try decide(body(Self.hard, extra: Self.forced)).backend.name == "opus")
        #expect(try decide(body(Self.hard, model: "sonnet", extra: Self.forced)).backend.name == "sonnet")
        var alone = Settings.threeTiers
        alone.backends.removeFirst(2)
        #expect(try decide(body("Hi", model: "auto", extra: Self.forced), settings: alone).backend.name == "opus")
    }

    @Test func `sends a model that nobody knows text and plain tools only`() throws {
        let tools = #","tools":[{"name":"t","input_schema":{}}]"#
        func backend(_ extra: String) throws -> String {
            try decide(body("Hi", extra: extra), catalogue: .threeTiers).backend.name
        }
        #expect(try backend(tools) == "haiku")
        #expect(try backend(#","temperature":1"#) == "haiku")
        for extra in [
            #","temperature":0"#, #","thinking":{"type":"disabled"}"#, #","output_config":{"effort":"low"}"#,
            Self.forced,
        ] {
            #expect(try backend(extra) == "opus", "\(extra)")
        }
    }

    @Test func `adapts to a forced tier, and says which parameter it cannot take`() throws {
        let low = try decide(body("Hi", extra: #","output_config":{"effort":"low"}"#)) { $0.tier = .fast }
        #expect(low.backend.name == "haiku" && low.adaptations == [.dropEffort(.low)])
        let refused = #expect(throws: GatewayError.self) {
            try decide(body("Hi", extra: #","output_config":{"effort":"max"}"#)) { $0.tier = .fast }
        }
        #expect(refused?.status == 400)
        #expect(refused?.message.contains("haiku: it takes no effort") == true)
    }

    @Test func `sends a prefilled answer to the models that take it`() throws {
        let text =
            #"{"model":"opus","max_tokens":9,"#
            + #""messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}"#
        #expect(try decide(text).backend.name == "haiku")
        var settings = Settings.threeTiers
        settings.backends.removeFirst()
        #expect(try decide(text, settings: settings).backend.name == "opus")
    }

    @Test(arguments: [
        (#"[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]"#, "haiku"),
        (#"[{"type":"image","source":{"type":"file","file_id":"f"}}]"#, "opus"),
        (#"[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AA=="}}]"#, "sonnet"),
        (#"[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}]"#, "haiku"),
        (#"[{"type":"tool_result","tool_use_id":"a","content":[{"type":"search_result"}]}]"#, "opus"),
    ])
    func `knows images and documents by their sources`(content: String, backend: String) throws {
        let text = #"{"model":"opus","max_tokens":9,"messages":[{"role":"user","content":\#(content)}]}"#
        #expect(try decide(text).backend.name == backend)
    }

    @Test func `leaves a conversation with thinking, and a filling of the cache, where they are`() throws {
        let thought = #"{"type":"thinking","thinking":"","signature":"s"},{"type":"text","text":"x"}"#
        let messages =
            #"[{"role":"user","content":"a"},{"role":"assistant","content":[\#(thought)]},"#
            + #"{"role":"user","content":"b"}]"#
        #expect(try decide(#"{"model":"opus","max_tokens":9,"messages":\#(messages)}"#).backend.name == "opus")
        #expect(try decide(body("Hi", maxTokens: 0)).backend.name == "opus")
    }

    /// 300,000 bytes are about 75,000 tokens, and at most 150,000; 450,000 are at most 225,000.
    /// Of the last model nothing is known, so that its window may be larger; the last but one is nobody's.
    @Test(arguments: [
        (300_000, "opus", "haiku"), (450_000, "opus", "sonnet"), (450_000, "haiku", "haiku"), (450_000, "x", "haiku"),
        (450_000, "claude-opus-9", "sonnet"),
    ])
    func `takes no chances with a window smaller than the named model's`(
        bytes: Int,
        model: String,
        backend: String
    ) throws {
        var settings = Settings.threeTiers
        (settings.classifier.tier1Max, settings.classifier.tier2Max) = (100, 100)
        let text = String(repeating: "abcd ", count: bytes / 5)
        #expect(try decide(body(text, model: model), settings: settings).backend.name == backend)
    }

    @Test func `asks a local model only when the client does`() throws {
        var settings = Settings.threeTiers
        settings.backends.append(
            .init(name: "llama", provider: .ollama, model: "llama3:8b", baseURL: "http://127.0.0.1:1", tier: .local)
        )
        settings.backends[3].allowedModels = ["qwen3:4b"]
        settings.backends[3].price = .free
        func backend(_ model: String, _ change: (inout Directives) -> Void = { _ in }) throws -> Backend {
            try decide(body("Hi", model: model), settings: settings, change).backend
        }
        #expect(try backend("auto").name == "haiku")
        #expect(try backend("auto") { $0.tier = .local }.name == "llama")
        for name in ["local:llama3:8b", "llama", "llama3:8b", "local", "local:llama"] {
            #expect(try backend(name).name == "llama", "\(name)")
        }
        #expect(try backend("local:qwen3:4b").model == "qwen3:4b")
        #expect(try backend("qwen3:4b").provider == .ollama)
        // Its server costs no more with another model on it.
        let price = try backend("qwen3:4b").price(promptTokens: 1_000, unixSeconds: 1_790_000_000)
        #expect(price.price == .free)
        #expect(price.isKnown)
        #expect(try backend("llama") { $0.smartRouting = true }.name == "haiku")
        let unknown = #expect(throws: GatewayError.self) { try backend("local:gemma") }
        #expect(unknown?.status == 400)
        // No cloud model gives so long an answer; the local one, of which nothing is known, is still not asked.
        #expect(throws: GatewayError.self) {
            try decide(body("Hi", model: "auto", maxTokens: 500_000), settings: settings)
        }
        settings.backends.removeFirst(3)
        #expect(try backend("auto").name == "llama")
    }

    @Test func `takes the cheapest of a tier, and of equals the first`() throws {
        var settings = Settings.threeTiers
        settings.backends.append(settings.backends[0])
        settings.backends[3].name = "twin"
        #expect(try decide(body("Hi"), settings: settings).backend.name == "haiku")
        settings.backends[3].price = Price(input: 1, output: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1)
        #expect(try decide(body("Hi"), settings: settings).backend.name == "twin")
        // The cheapest takes no tools of a forced kind: the next one of its tier does.
        settings.backends[3].model = "someone-elses"
        #expect(try decide(body("Hi", extra: Self.forced), settings: settings).backend.name == "haiku")
    }

    @Test func `routes to no other dialect when translation is strict`() throws {
        var settings = Settings.threeTiers
        settings.backends[0].provider = .openaiCompatible
        #expect(try decide(body("Hi"), settings: settings).backend.name == "haiku")
        settings.strictTranslation = true
        #expect(try decide(body("Hi"), settings: settings).backend.name == "sonnet")
        #expect(try decide(body("Hi", model: "haiku"), settings: settings).backend.name == "haiku")
    }
}
