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
