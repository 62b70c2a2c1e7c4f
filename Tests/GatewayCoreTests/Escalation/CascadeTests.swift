import GatewayCore
import Shared
import Testing

/// Three tiers and a local model in front of them.
private struct CascadeBench {
    let gateway: Gateway
    let upstream: ScriptedUpstream
    let log = OutcomeList()

    static let plain =
        #"{"id":"c","object":"chat.completion","created":1,"model":"l","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"I cannot answer that."}}],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}"#

    /// The same as a stream.
    private static let events = [
        #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"l","choices":[{"index":0,"delta":{"role":"assistant","content":"I cannot answer that."},"finish_reason":null}]}"#,
        #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"l","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"l","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}"#,
        "data: [DONE]",
    ]
    static let streamed = events.map { $0 + "\n\n" }

    init(
        _ answers: [ScriptedUpstream.Answer],
        skills: [Skill] = [],
        hasLocal: Bool = true,
        _ change: (inout Settings) -> Void = { _ in }
    ) {
        upstream = ScriptedUpstream(answers)
        var settings = Settings.threeTiers
        settings.cache.isEnabled = false
        if hasLocal {
            settings.backends.append(
                Settings.Backend(
                    name: "llama",
                    provider: .openaiCompatible,
                    model: "llama-3",
                    baseURL: "http://127.0.0.1:2",
                    tier: .local
                )
            )
        }
        settings.cascade.isEnabled = true
        change(&settings)
        gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            skills: skills.isEmpty ? nil : SkillLibrary(skills),
            outcomes: log,
            transport: upstream.transport,
            clock: TestClock().port
        )
    }

    func ask(_ word: String, stream: Bool = false, _ headers: [(String, String)] = []) async -> Reply {
        let text = "\(word) this: \(EscalationBench.question)"
        return await gateway.answer(
            .messages(
                #"{"model":"auto","max_tokens":500,"stream":\#(stream),"messages":[{"role":"user","content":"\#(text)"}]}"#,
                headers
            )
        )
    }

    /// Which of the calls went to the local model.
    var wereLocal: [Bool] { upstream.requests.map(\.url).map { $0.contains(":2/") } }
}

@Suite struct `Local models first` {
    @Test func `and what they cannot do goes to the tier that the work wants`() async throws {
        let bench = CascadeBench([.json(CascadeBench.plain), .json(Said.answer(Said.good))])
        let reply = await bench.ask("Analyze")
        #expect(reply.header("X-Gateway-Model") == "claude-sonnet-4-6")
        #expect(bench.wereLocal == [true, false])
        let outcome = try #require(bench.log.all.first)
        #expect(bench.log.all.count == 1)
        #expect(outcome.initialTier == .local && outcome.finalTier == .balanced && outcome.escalations == 1)
        #expect(outcome.initialBackend == "llama" && outcome.finalBackend == "sonnet" && outcome.isSuccess)
        #expect(!outcome.escalationReasons.isEmpty && outcome.quality == 1)
    }

    @Test func `as streams, too`() async throws {
        let strong = [Said.start, Said.piece(Said.good), Said.end()]
        let bench = CascadeBench([.stream(CascadeBench.streamed), .stream(strong)])
        let reply = await bench.ask("Analyze", stream: true)
        #expect(await reply.text() == strong.joined())
        #expect(reply.header("X-Gateway-Model") == "claude-sonnet-4-6")
        #expect(bench.wereLocal == [true, false])
        #expect(bench.log.all.map(\.initialTier) == [.local] && bench.log.all.map(\.finalTier) == [.balanced])
    }

    @Test(arguments: [(Tier.fast, false), (.balanced, true), (.premium, true)])
    func `are asked up to the highest tier that is configured`(most: Tier, isLocal: Bool) async {
        let answer =
            isLocal ? CascadeBench.plain.replacing("I cannot answer that.", with: Said.good) : Said.answer(Said.good)
        let bench = CascadeBench([.json(answer)]) { $0.cascade.maxTier = most }
        let reply = await bench.ask("Analyze")
        #expect(reply.header("X-Gateway-Tier") == (isLocal ? "local" : "balanced"))
        #expect(bench.wereLocal == [isLocal])
    }

    @Test func `are missed where there are none, with a word at the start`() {
        func warnings(_ bench: CascadeBench) -> [String] {
            bench.gateway.configurationWarnings.filter { $0.contains("ENABLE_CASCADE_ROUTING") }
        }
        #expect(warnings(CascadeBench([])).isEmpty)
        #expect(warnings(CascadeBench([], hasLocal: false) { $0.cascade.isEnabled = false }).isEmpty)
        let without = CascadeBench([], hasLocal: false)
        #expect(
            warnings(without) == [
                "cascade.enabled (ENABLE_CASCADE_ROUTING) has no effect: no backend of tier local is configured"
            ]
        )
        #expect(without.gateway.snapshot().warnings.contains { $0.contains("ENABLE_CASCADE_ROUTING") })
    }

    @Test func `that are not there leave each request to its own tier`() async {
        for (word, tier) in [("Say", "fast"), ("Analyze", "balanced"), ("Design", "premium")] {
            let bench = CascadeBench([.json(Said.answer(Said.good))], hasLocal: false) { $0.cascade.maxTier = .premium }
            #expect(await bench.ask(word).header("X-Gateway-Tier") == tier)
        }
    }

    @Test func `name each reason once, however often they were found`() async throws {
        let bench = CascadeBench([
            .json(CascadeBench.plain), .json(Said.answer(Said.unsure)), .json(Said.answer(Said.good)),
        ])
        _ = await bench.ask("Say")
        let outcome = try #require(bench.log.all.first)
        #expect(outcome.escalations == 2)
        #expect(outcome.escalationReasons.contains("refusal") && outcome.escalationReasons.contains("uncertainty"))
        #expect(Set(outcome.escalationReasons).count == outcome.escalationReasons.count)
    }
}

@Suite struct `A skill with several tiers` {
    private static let quick = Skill(id: "quick", purpose: "p", tiers: [.local, .fast], text: "Change little.")
    private static let deep = Skill(id: "deep", purpose: "p", tiers: [.local, .premium], text: "Think.")
    private static let high = Skill(id: "high", purpose: "p", tiers: [.premium], text: "Think.")
    private static let named = [("X-Gateway-Skill", "quick")]

    @Test func `is judged, goes to its next tier first, and is recorded`() async throws {
        let bench = CascadeBench(
            [.json(CascadeBench.plain), .json(Said.answer(Said.good))],
            skills: [Self.quick]
        )
        // By itself the work is one for the premium tier.
        let reply = await bench.ask("Design", Self.named)
        #expect(reply.header("X-Gateway-Tier") == "fast")
        #expect(reply.header("X-Gateway-Escalations") == "1")
        let outcome = try #require(bench.log.all.first)
        #expect(outcome.initialTier == .local && outcome.finalTier == .fast)
        let reasons = try #require(bench.gateway.ledger.entry(id: "0123456789abcdef")?.detail.decision?.reasons)
        #expect(reasons.contains("The skill quick asks for the tier local or fast: local can take it."))
        #expect(!reasons.contains { $0.contains("X-Gateway-Tier") })
    }

    @Test func `passes over the tiers that are none of its own`() async {
        let bench = CascadeBench([.json(CascadeBench.plain), .json(Said.answer(Said.good))], skills: [Self.deep])
        let reply = await bench.ask("Say", [("X-Gateway-Skill", "deep")])
        #expect(reply.header("X-Gateway-Tier") == "premium" && reply.header("X-Gateway-Escalations") == "1")
    }

    @Test func `goes on above them where they are not enough`() async {
        let bench = CascadeBench(
            [.json(CascadeBench.plain), .json(Said.answer(Said.unsure)), .json(Said.answer(Said.good))],
            skills: [Self.quick]
        )
        let reply = await bench.ask("Say", Self.named)
        #expect(reply.header("X-Gateway-Tier") == "balanced")
    }

    @Test func `leaves a tier that the client forces as it is`() async {
        let bench = CascadeBench([.json(CascadeBench.plain)], skills: [Self.quick])
        let reply = await bench.ask("Say", Self.named + [("X-Gateway-Tier", "local")])
        #expect(reply.header("X-Gateway-Tier") == "local" && reply.header("X-Gateway-Escalations") == "0")
        #expect(bench.log.all.isEmpty)
    }

    @Test func `takes what is there where its tiers are out of bounds, and says so`() async throws {
        let bench = CascadeBench([.json(Said.answer(Said.good))], skills: [Self.high], hasLocal: false) {
            $0.routing.bounds.maxTier = .balanced
        }
        let reply = await bench.ask("Design", [("X-Gateway-Skill", "high")])
        #expect(reply.header("X-Gateway-Tier") == "balanced")
        let reasons = try #require(bench.gateway.ledger.entry(id: "0123456789abcdef")?.detail.decision?.reasons)
        #expect(reasons.contains("The skill high asks for the tier premium, which cannot take it."))
    }
}

@Suite struct `Who asks for a tier` {
    private func reason(_ request: ClientRequest) async throws -> String? {
        let upstream = ScriptedUpstream([.json(Said.answer(Said.good))])
        let gateway = Gateway(
            settings: .threeTiers,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: TestClock().port
        )
        _ = await gateway.answer(request)
        let reasons = try #require(gateway.ledger.entry(id: request.id)?.detail.decision?.reasons)
        return reasons.first { $0.contains("asks for the tier") }
    }

    private func request(isTrusted: Bool = false, op: String? = nil) -> ClientRequest {
        ClientRequest(
            id: "00000000000000aa",
            method: "POST",
            path: "/v1/messages",
            headers: [HeaderField("x-gateway-tier", "premium")],
            body: Array(#"{"model":"auto","max_tokens":500,"messages":[{"role":"user","content":"Hello"}]}"#.utf8),
            isTrusted: isTrusted,
            step: op.map { WorkflowPlace(step: WorkflowStep(runID: "r", workflow: "w", op: $0)) }
        )
    }

    @Test func `is named in the explanation`() async throws {
        #expect(try await reason(request()) == "X-Gateway-Tier asks for the tier premium.")
        #expect(try await reason(request(isTrusted: true)) == "The prompt tester asks for the tier premium.")
        #expect(
            try await reason(request(isTrusted: true, op: "draft"))
                == "The workflow's op draft asks for the tier premium."
        )
        let body = Array(#"{"model":"auto","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#.utf8)
        let field = request().asking("/v1/messages", body: body, adding: [], tierBy: .field)
        #expect(try await reason(field) == "The member tier of the request asks for the tier premium.")
    }

    @Test(arguments: ["-3", "4", "many"])
    func `of escalations names the range that the configuration has`(number: String) async {
        let gateway = CascadeBench([]).gateway
        let reply = await gateway.answer(
            .messages(
                #"{"model":"auto","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#,
                [("X-Gateway-Max-Escalations", number)]
            )
        )
        #expect(reply.status == 400)
        #expect(await reply.text().contains("expected a whole number from 0 to 3, found \\\"\(number)\\\""))
    }
}
