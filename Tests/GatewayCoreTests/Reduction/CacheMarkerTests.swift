import Shared
import Testing

@testable import GatewayCore

@Suite struct `Markers for Anthropic's prompt cache` {
    /// 20,000 characters: about 5,000 tokens, over the 4,096 that a model without a known minimum is taken to have.
    private static let long = String(repeating: "word ", count: 4_000)
    private static let marker = "\"cache_control\":{\"type\":\"ephemeral\"}"

    private func gateway() -> PreparedGateway { PreparedGateway { $0.reduction.marksCache = true } }

    private func body(_ messages: [(String, String)], system: String = long, tools: Bool = false, extra: String = "")
        -> String
    {
        let list = messages.map { "{\"role\":\"\($0.0)\",\"content\":\(JSONText.quoted($0.1))}" }.joined(separator: ",")
        let offered = tools ? "\"tools\":[{\"name\":\"t\",\"input_schema\":{\"type\":\"object\"}}]," : ""
        return
            "{\"model\":\"claude-sonnet-4-6\",\"max_tokens\":99,\(extra)\(offered)\"system\":\(JSONText.quoted(system)),\"messages\":[\(list)]}"
    }

    private func count(_ text: String) -> Int {
        var count = 0
        var rest = text[...]
        while let range = rest.firstRange(of: Self.marker) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }

    @Test func `are not put into a single question with a system prompt of its own`() async {
        let it = gateway()
        let text = body([("user", "hello")])
        _ = await it.send(text)
        #expect(it.sent == text)
    }

    @Test func `end the system prompt that comes again within five minutes`() async {
        let it = gateway()
        _ = await it.send(body([("user", "one")]))
        it.clock.advance(seconds: 200)
        _ = await it.send(body([("user", "two")]))
        #expect(count(it.sent) == 1)
        #expect(
            it.sent.contains(
                "\(JSONText.quoted(Self.long)),\(Self.marker)}],\"messages\":[{\"role\":\"user\",\"content\":\"two\"}]"
            )
        )
        it.clock.advance(seconds: 301)
        let third = body([("user", "three")])
        _ = await it.send(third)
        #expect(it.sent == third)
    }

    @Test func `end the system prompt and the messages of a conversation that goes on`() async throws {
        let it = gateway()
        _ = await it.send(body([("user", "one"), ("assistant", "ok"), ("user", "two")]))
        #expect(count(it.sent) == 3)
        #expect(
            it.sent.contains("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"two\",\(Self.marker)}]}]}")
        )
        #expect(
            it.sent.contains("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"one\",\(Self.marker)}]}")
        )
        _ = try JSONIndex(Array(it.sent.utf8))
        let entry = try #require(
            it.gateway.recent(1, for: ClientIdentity(project: "default", keyFingerprint: "")).first
        )
        #expect(
            entry.detail.decision?.reasons.contains { $0.hasPrefix("Marked for the provider's prompt cache") } == true
        )
    }

    @Test func `are put into an agent's first request, as tools will call`() async {
        let it = gateway()
        _ = await it.send(body([("user", "one")], tools: true))
        #expect(count(it.sent) == 2)
    }

    @Test(arguments: ["\"cache_control\":{\"type\":\"ephemeral\"},", ""])
    func `are the client's own affair where it has some`(top: String) async {
        let it = gateway()
        var text = body([("user", "one"), ("assistant", "ok"), ("user", "two")], extra: top)
        if top.isEmpty {
            text = text.replacing(
                "{\"role\":\"user\",\"content\":\"two\"}",
                with:
                    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"two\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}"
            )
        }
        _ = await it.send(text)
        #expect(it.sent == text)
    }

    @Test func `are left out of short prompts, of OpenAI's servers, and where they are switched off`() async {
        let turns = [("user", "one"), ("assistant", "ok"), ("user", "two")]
        let it = gateway()
        let short = body(turns, system: "S")
        _ = await it.send(short)
        #expect(it.sent == short)
        let off = PreparedGateway()
        _ = await off.send(body(turns))
        #expect(off.sent == body(turns))
        let (openAI, upstream) = Gateway.single(.openai, [.json("{}")]) { $0.cache.isEnabled = false }
        _ = await openAI.answer(.messages(body(turns)))
        let translated = String(decoding: upstream.requests.first?.body ?? [], as: UTF8.self)
        #expect(!translated.isEmpty && !translated.contains("cache_control"))
    }

    /// Words of four characters and a space: five are counted as 1.25 tokens.
    private static func words(_ tokens: Int) -> String { String(repeating: "word ", count: tokens * 4 / 5) }

    /// Sonnet's own shortest prefix is 1,024 tokens; that of a model of which none is known is taken for 4,096.
    @Test(arguments: [(Int?.some(1_024), 1_100, 2), (1_024, 900, 0), (nil, 1_100, 0), (nil, 4_200, 2), (512, 600, 2)])
    func `go by the shortest prefix of the model itself`(minimum: Int?, tokens: Int, markers: Int) async {
        let price = Price(input: 3_000_000, output: 15_000_000, cacheRead: 300_000, cacheWrite5m: 0, cacheWrite1h: 0)
        let model = CatalogueModel(
            id: "claude-sonnet-4-6",
            displayName: "s",
            tier: .balanced,
            contextWindow: 200_000,
            maxOutput: 64_000,
            minCacheable: minimum,
            releasedOn: "2026-01-01",
            lifecycle: .active,
            tokensPerThousandCharacters: 250,
            prices: [PriceRow(from: nil, promptTokensAbove: nil, price: price, confidence: .high, source: "test")]
        )
        let upstream = ScriptedUpstream([.json(Said.answer("ok"))])
        var settings = Settings.threeTiers
        settings.backends = settings.backends.filter { $0.name == "sonnet" }
        settings.cache.isEnabled = false
        let gateway = Gateway(
            settings: settings,
            catalogue: Catalogue(models: [model]),
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: TestClock().port
        )
        _ = await gateway.answer(.messages(body([("user", "one")], system: Self.words(tokens), tools: true)))
        #expect(count(String(decoding: upstream.requests.last?.body ?? [], as: UTF8.self)) == markers)
    }

    /// A provider takes four in a request.
    @Test func `are four at most, tools and system and three of what steps share`() async throws {
        let it = PreparedGateway { $0.reduction.marksCache = true }
        for number in 0..<2 {
            let blocks = (0..<5).map { "{\"type\":\"text\",\"text\":\"Run \(number), \($0): \(Self.words(4_200))\"}" }
            let message = "{\"role\":\"user\",\"content\":[\(blocks.joined(separator: ","))]}"
            let head = "\"tools\":[{\"name\":\"t\",\"input_schema\":{}}],\"system\":\(JSONText.quoted(Self.long))"
            let body = "{\"model\":\"claude-sonnet-4-6\",\"max_tokens\":99,\(head),\"messages\":[\(message)]}"
            let request = ClientRequest(
                id: "00000000000000a\(number)",
                method: "POST",
                path: "/v1/messages",
                body: Array(body.utf8),
                unixMilliseconds: 1_790_000_000_000,
                step: WorkflowPlace(
                    step: WorkflowStep(runID: "r", workflow: "w", op: "o"),
                    shared: SharedBlocks(ends: [0, 1, 2, 3, 4], bytes: 5 * 21_000)
                )
            )
            _ = await it.gateway.answer(request)
            // Tools and system have to come again first.
            #expect(count(it.sent) == 3 + number)
        }
        #expect(it.sent.contains("\(JSONText.quoted(Self.long)),\(Self.marker)}],"))
        _ = try JSONIndex(Array(it.sent.utf8))
    }

    @Test func `never stand on what may not be marked`() throws {
        let text = """
            {"model":"m","max_tokens":9,"system":"","tools":[{"name":"a"},{"name":"b"}],"messages":[\
            {"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":""}]}]}
            """
        let prompt = try Prompt(parsing: Array(text.utf8))
        let markers = CacheMarkers(marksHead: true, marksMessages: true, headBytes: 1, totalBytes: 2)
        let edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { markers.edits(in: $0) }
        }
        let marked = String(decoding: BodyEdit.apply(edits, to: prompt.body), as: UTF8.self)
        #expect(marked == text.replacing("{\"name\":\"b\"}", with: "{\(Self.marker),\"name\":\"b\"}"))
    }

    @Test func `count for the planner as the client's own`() throws {
        let prompt = try Prompt(parsing: Array(body([("user", "one"), ("assistant", "ok"), ("user", "two")]).utf8))
        var turn = Turn(prompt, of: ClientIdentity(project: "p", keyFingerprint: ""), session: nil)
        #expect(turn.marks.markedBytes == 0)
        let backends = Router(settings: .threeTiers, catalogue: .threeTiers).backends
        let marking = try #require(CacheMarking(backends))
        turn.addedMarkers = marking.markers(turn, prompt.traits, now: 0)
        #expect(turn.marks.markedBytes == turn.chain.marks.totalBytes)
        #expect(turn.marks.moves)
        let (head, total) = (turn.chain.headBytes, turn.chain.marks.totalBytes)
        #expect(head > 20_000 && head < total)
    }
}
