import Shared
import Synchronization
import Testing

@testable import GatewayCore

/// A gateway with three tiers behind a script that always answers the same.
struct PreparedGateway {
    let gateway: Gateway
    let upstream: ScriptedUpstream
    let clock: TestClock

    init(
        skills: [Skill] = [],
        clock: TestClock = TestClock(),
        calls: Int = 60,
        _ change: (inout Settings) -> Void = { _ in }
    ) {
        let answer = """
            {"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"ok"}],\
            "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":2}}
            """
        upstream = ScriptedUpstream(Array(repeating: .json(answer), count: calls))
        var settings = Settings.threeTiers
        settings.routing.mode = .off
        settings.cache.isEnabled = false
        settings.reduction.marksCache = false
        change(&settings)
        self.clock = clock
        gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            skills: skills.isEmpty ? nil : SkillLibrary(skills),
            transport: upstream.transport,
            clock: clock.port
        )
    }

    func send(_ body: String, _ headers: [(String, String)] = []) async -> Reply {
        await gateway.answer(.messages(body, headers))
    }

    /// The body of the last call.
    var sent: String { String(decoding: upstream.requests.last?.body ?? [], as: UTF8.self) }
}

private func body(_ messages: [String], system: String? = nil, extra: String = "") -> String {
    let head = system.map { "\"system\":\($0)," } ?? ""
    let list = messages.enumerated().map { number, text in
        "{\"role\":\"\(number % 2 == 0 ? "user" : "assistant")\",\"content\":\(JSONText.quoted(text))}"
    }
    return
        "{\"model\":\"claude-sonnet-4-6\",\"max_tokens\":99,\(head)\(extra)\"messages\":[\(list.joined(separator: ","))]}"
}

private let brief = Skill(
    id: "brief",
    purpose: "short answers",
    tiers: [.local, .premium],
    text: "Answer \"briefly\".\nAlways."
)
private let long = String(repeating: "word ", count: 8_000)

@Suite struct `Preparing a prompt` {
    @Test func `does nothing at all where nothing is asked for`() async {
        let it = PreparedGateway()
        let text = body([long], system: "\"S\"", extra: "\"odd\" : [1.50, \"\\u00e9\"] ,")
        _ = await it.send(text)
        #expect(it.sent == text)
        #expect(it.gateway.prepared.isEmpty)
    }

    @Test func `cuts long texts, tells of it and counts it`() async throws {
        let it = PreparedGateway { $0.reduction.userMaxCharacters = 10_000 }
        let reply = await it.send(body([long]))
        #expect(it.sent.count < 10_200)
        // 40,000 characters: 10,000 − 96 stay, 30,096 go, less the 50 bytes of the marker.
        #expect(it.sent.contains("\\n[... 30,096 characters were left out here ...]\\n"))
        let warning = reply.header("X-Gateway-Warning") ?? ""
        #expect(warning.contains("left out 30,046 characters of a text over its limit, about 9,014 tokens"))
        let totals = it.gateway.snapshot().sinceStart
        #expect(totals.tokensSaved[.responseLimits] == 9_014)
        let entry = try #require(
            it.gateway.recent(1, for: ClientIdentity(project: "default", keyFingerprint: "")).first
        )
        #expect(entry.summary.tokensSaved?.total == 9_014)
        #expect(entry.detail.decision?.reasons.contains { $0.contains("30,046 characters") } == true)
    }

    @Test func `leaves programs' own queries alone`() async {
        let it = PreparedGateway { $0.reduction.userMaxCharacters = 10_000 }
        let title = body(["Please write a title for the following conversation: \(long)"])
        _ = await it.send(title)
        #expect(it.sent == title)
    }

    @Test func `keeps for a conversation's life what held at its first turn`() async throws {
        let store = MemoryStateStore()
        let clock = TestClock()
        let first = PreparedGateway(clock: clock) { $0.reduction.userMaxCharacters = 10_000 }
        _ = await first.send(body([long]))
        let beginning = first.sent.dropLast(2)
        try await first.gateway.prepared.save(to: store, isForced: true)
        // The next daemon has nothing switched on.
        let second = PreparedGateway(clock: clock)
        #expect(await second.gateway.prepared.load(from: store) == nil)
        _ = await second.send(body([long, "ok", "and now?"]))
        #expect(second.sent.hasPrefix(beginning))
        // A new conversation goes by the new configuration.
        let other = body(["something else: \(long)"])
        _ = await second.send(other)
        #expect(second.sent == other)
    }

    @Test func `begins nothing in the middle of a conversation that nobody knows`() async {
        let it = PreparedGateway { $0.reduction.userMaxCharacters = 10_000 }
        let live = body([long, "ok", "go on \(long)"])
        _ = await it.send(live)
        #expect(it.sent == live)
        // Nor later, when the configuration has been in force for a day.
        it.clock.advance(seconds: 86_401)
        let later = body([long, "ok", "go on \(long)", "ok", "and on"])
        _ = await it.send(later)
        #expect(it.sent == later)
        // Another daemon's conversation, by then, is reduced as that one did.
        _ = await it.send(body(["another \(long)", "ok", "go on"]))
        #expect(it.sent.contains("characters were left out here"))
    }

    @Test func `leaves unknown conversations with thinking alone for good`() async {
        let it = PreparedGateway { $0.reduction.userMaxCharacters = 10_000 }
        it.clock.advance(seconds: 90_000)
        let thought =
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"}]}"
        let text = """
            {"model":"claude-sonnet-4-6","max_tokens":9,"messages":[{"role":"user","content":\(JSONText.quoted(long))},\
            \(thought),{"role":"user","content":"go on"}]}
            """
        _ = await it.send(text)
        #expect(it.sent == text)
    }

    @Test func `switches itself off for a conversation whose beginning would change`() async throws {
        let store = MemoryStateStore()
        let clock = TestClock()
        let first = PreparedGateway(clock: clock) { $0.reduction.userMaxCharacters = 10_000 }
        _ = await first.send(body([long]))
        // A reducer that does otherwise than before: the record says that another limit was in force.
        let chain = MessageChain(try Prompt(parsing: Array(body([long]).utf8)), partition: "default ")
        var record = try #require(first.gateway.prepared.find(chain)).conversation
        record.plan.userMaxCharacters = 5_000
        first.gateway.prepared.keep(chain, record, goingOnFrom: nil)
        let next = body([long, "ok", "and now?"])
        let reply = await first.send(next)
        #expect(first.sent == next)
        #expect(reply.header("X-Gateway-Warning")?.contains("left as the client sends it") == true)
        #expect(first.gateway.snapshot().reducersDisabled == 1)
        // And stays off, over a restart too.
        try await first.gateway.prepared.save(to: store, isForced: true)
        let second = PreparedGateway(clock: clock) { $0.reduction.userMaxCharacters = 10_000 }
        #expect(await second.gateway.prepared.load(from: store) == nil)
        let third = body([long, "ok", "and now?", "ok", "more"])
        _ = await second.send(third)
        #expect(second.sent == third)
        #expect(second.gateway.snapshot().reducersDisabled == 0)
    }

    @Test func `asks for diffs where code is talked of, at the end of the system prompt`() async {
        let it = PreparedGateway { $0.reduction.asksForDiffs = true }
        _ = await it.send(body(["mend this:\n```swift\nlet x = 1\n```"], system: "\"S\""))
        #expect(
            it.sent.contains(
                "\"system\":[{\"type\":\"text\",\"text\":\"S\"},{\"type\":\"text\",\"text\":\"When you change"
            )
        )
        let plain = body(["tell me a story"], system: "\"S\"")
        _ = await it.send(plain)
        #expect(it.sent == plain)
    }

    @Test func `a damaged document leaves a word and no harm`() async throws {
        let store = MemoryStateStore()
        let it = PreparedGateway { $0.reduction.userMaxCharacters = 10_000 }
        _ = await it.send(body([long]))
        try await it.gateway.prepared.save(to: store, isForced: true)
        var document = try #require(await store.load("prepared-conversations"))
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let at = Int(random.next() % UInt64(document.count))
            let before = document[at]
            document[at] = before &+ 1 &+ UInt8(random.next() % 254)
            await store.save(document, as: "prepared-conversations")
            let other = PreparedGateway()
            #expect(await other.gateway.prepared.load(from: store) != nil)
            #expect(other.gateway.prepared.isEmpty)
            document[at] = before
        }
    }

    @Test func `forgets the oldest conversations at its bounds`() throws {
        let table = PreparedConversations(
            fingerprint: "f",
            maxEntries: 10,
            maxBytes: 1_000_000,
            clock: TestClock().port
        )
        for number in 0..<50 {
            let chain = MessageChain(try Prompt(parsing: Array(body(["question \(number)"]).utf8)), partition: "p")
            table.keep(chain, .untouched, goingOnFrom: nil)
        }
        #expect(table.count == 10)
        let last = MessageChain(try Prompt(parsing: Array(body(["question 49"]).utf8)), partition: "p")
        let first = MessageChain(try Prompt(parsing: Array(body(["question 0"]).utf8)), partition: "p")
        let foreign = MessageChain(try Prompt(parsing: Array(body(["question 49"]).utf8)), partition: "q")
        #expect(table.find(last) != nil)
        #expect(table.find(first) == nil)
        #expect(table.find(foreign) == nil)
    }
}

@Suite struct `A skill` {
    private static let header = [("X-Gateway-Skill", "brief")]

    @Test func `of the first turn ends the system prompt, and stays when it is not named again`() async {
        let it = PreparedGateway(skills: [brief])
        _ = await it.send(
            body(["hello"], system: "[{\"type\":\"text\",\"text\":\"S\",\"cache_control\":{\"type\":\"ephemeral\"}}]"),
            Self.header
        )
        let added = "{\"type\":\"text\",\"text\":\"Answer \\\"briefly\\\".\\nAlways.\"}]"
        #expect(it.sent.contains("\"cache_control\":{\"type\":\"ephemeral\"}},\(added)"))
        let forwarded = it.upstream.requests.last?.headers ?? []
        #expect(!forwarded.isEmpty && !forwarded.contains { $0.isNamed("x-gateway-skill") })
        _ = await it.send(
            body(
                ["hello", "hi", "more"],
                system: "[{\"type\":\"text\",\"text\":\"S\",\"cache_control\":{\"type\":\"ephemeral\"}}]"
            )
        )
        #expect(it.sent.contains(added))
    }

    @Test func `goes to the first of its tiers that there is, unless the client says otherwise`() async {
        let it = PreparedGateway(skills: [brief])
        let reply = await it.send(body(["hello"]), Self.header)
        #expect(reply.header("X-Gateway-Tier") == "premium")
        let forced = await it.send(body(["hello"]), Self.header + [("X-Gateway-Tier", "fast")])
        #expect(forced.header("X-Gateway-Tier") == "fast")
        let named = await it.send(body(["hello"]), Self.header + [("X-Gateway-Smart-Routing", "0")])
        #expect(named.header("X-Gateway-Tier") == "balanced")
    }

    @Test func `of a later turn ends that turn's message, and stays there`() async throws {
        let it = PreparedGateway(skills: [brief])
        _ = await it.send(body(["one", "ok", "two"]), Self.header)
        let place =
            "[{\"type\":\"text\",\"text\":\"two\"},{\"type\":\"text\",\"text\":\"Answer \\\"briefly\\\".\\nAlways.\"}]"
        #expect(it.sent.contains(place))
        let first = it.sent.dropLast(2)
        _ = await it.send(body(["one", "ok", "two", "ok", "three"]), Self.header)
        #expect(it.sent.dropFirst(40).contains(first.dropFirst(60)))
        #expect(it.sent.components(of: "briefly") == 1)
        #expect(it.gateway.snapshot().reducersDisabled == 0)
    }

    @Test func `that is not there is refused with the list of those that are`() async {
        let other = Skill(id: "audit", purpose: "p", text: "t")
        let it = PreparedGateway(skills: [brief, other])
        let reply = await it.send(body(["hello"]), [("X-Gateway-Skill", "nope")])
        #expect(reply.status == 400)
        #expect(await reply.text().contains("no skill is named \\\"nope\\\"; there are audit, brief"))
        let off = PreparedGateway()
        let refused = await off.send(body(["hello"]), Self.header)
        #expect(refused.status == 400)
        #expect(await refused.text().contains("skills are switched off"))
        #expect(off.upstream.requests.isEmpty)
    }

    @Test func `is told of in the explanation, and is not what the user asked`() async throws {
        let it = PreparedGateway(skills: [brief])
        _ = await it.send(body(["one", "ok", "two"]), Self.header)
        let entry = try #require(
            it.gateway.recent(1, for: ClientIdentity(project: "default", keyFingerprint: "")).first
        )
        #expect(entry.detail.decision?.reasons.contains("Asked with the method of the skill brief.") == true)
        #expect(entry.summary.prompt == "two")
    }

    @Test func `keeps its first words in a conversation when the file has changed since`() async throws {
        let store = MemoryStateStore()
        let clock = TestClock()
        let first = PreparedGateway(skills: [brief], clock: clock)
        _ = await first.send(body(["hello"]), Self.header)
        try await first.gateway.prepared.save(to: store, isForced: true)
        var changed = brief
        changed.text = "Answer at length."
        let second = PreparedGateway(skills: [changed], clock: clock)
        #expect(await second.gateway.prepared.load(from: store) == nil)
        _ = await second.send(body(["hello", "hi", "more"]), Self.header)
        #expect(second.sent.contains("briefly") && !second.sent.contains("at length"))
    }

    @Test func `ends OpenAI's instructions`() async throws {
        let text =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"u\"}]}"
        let prompt = try Prompt(parsing: Array(text.utf8), dialect: .openai)
        let edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) {
                PromptAddition.edits(
                    [
                        PromptAddition("A\n", at: .system), PromptAddition("B", at: .systemMessage(after: 1)),
                        PromptAddition("C", at: .message(1)),
                    ],
                    in: $0,
                    dialect: .openai
                )
            }
        }
        let edited = String(decoding: BodyEdit.apply(edits, to: prompt.body), as: UTF8.self)
        #expect(
            edited == "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\\n\\nA\\n\"},"
                + "{\"role\":\"user\",\"content\":\"u\\n\\nC\"},{\"role\":\"system\",\"content\":\"B\"}]}"
        )
    }
}

extension String {
    /// How often a word stands in it.
    fileprivate func components(of word: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
