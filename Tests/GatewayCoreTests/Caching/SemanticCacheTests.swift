import GatewayCore
import Shared
import Synchronization
import Testing

/// The semantic cache on its way through the gateway, with embeddings by a script.
@Suite struct `Semantic cache` {
    private static let first = "How do I reset my password?"
    private static let same = "How can I reset my password?"

    private static func body(_ text: String, _ more: String = "", system: String? = nil) -> String {
        let system = system.map { #""system":"\#($0)","# } ?? ""
        return #"{"model":"m","max_tokens":50,\#(system)\#(more)"messages":[{"role":"user","content":"\#(text)"}]}"#
    }

    private static func message(_ text: String, stop: String = "end_turn") -> ScriptedUpstream.Answer {
        .json(
            #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"\#(text)"}],"#
                + #""stop_reason":"\#(stop)","usage":{"input_tokens":10,"output_tokens":4}}"#
        )
    }

    private final class Scene: Sendable {
        let gateway: Gateway
        let upstream: ScriptedUpstream
        let clock: TestClock
        private let ids = Mutex<UInt64>(0)

        func ask(_ body: String, _ headers: [(String, String)] = [], _ dialect: Dialect = .anthropic) async -> Reply {
            let number = ids.withLock { id in
                id += 1
                return id
            }
            let id = String(number, radix: 16)
            let request = ClientRequest(
                id: String(repeating: "0", count: 16 - id.count) + id,
                method: "POST",
                path: dialect == .anthropic ? "/v1/messages" : "/v1/chat/completions",
                headers: headers.map { HeaderField($0.0, $0.1) },
                body: Array(body.utf8),
                unixMilliseconds: clock.port.unixMilliseconds()
            )
            return await gateway.answer(request, in: dialect)
        }

        init(
            answers: [ScriptedUpstream.Answer],
            embedder: ScriptedEmbedder? = nil,
            home: (any AnswerHome)? = nil,
            journal: (any SemanticJournal)? = nil,
            _ change: (inout Settings) -> Void = { _ in }
        ) {
            clock = TestClock()
            upstream = ScriptedUpstream(answers)
            var settings = Settings.threeTiers
            settings.escalation.check = .none
            settings.cache.semantic.canaryRate = 0
            change(&settings)
            var parts = CachingParts()
            parts.home = home
            parts.journal = journal
            let embedder =
                embedder ?? ScriptedEmbedder(topics: [first: (1, 1), same: (1, 0.97)], long: [])
            parts.embeddings = RememberedEmbeddings(embedder, timeoutMilliseconds: 1_000, clock: clock.port)
            gateway = Gateway(
                settings: settings,
                catalogue: .threeTiers,
                classifier: ScriptedClassifier(),
                caching: parts,
                transport: upstream.transport,
                clock: clock.port
            )
        }
    }

    private static let answers = ["one", "two", "three", "four"].map { message($0) }

    @Test func `a question that asks the same gets the stored answer, and is told so`() async throws {
        let scene = Scene(answers: Self.answers)
        let original = await scene.ask(Self.body(Self.first))
        #expect(original.header("x-gateway-cache") == "none")
        scene.clock.advance(seconds: 60)
        let reply = await scene.ask(Self.body(Self.same))
        #expect(reply.status == 200)
        #expect(reply.header("x-gateway-cache") == "semantic")
        #expect(reply.header("x-cache") == "HIT")
        #expect(reply.header("age") == "60")
        #expect(reply.header("x-gateway-cache-match") == original.header("x-gateway-query-id"))
        #expect(reply.header("x-gateway-cost-usd") == "0.00")
        let similarity = try #require(reply.header("x-gateway-cache-similarity").flatMap(Double.init))
        #expect(similarity >= 0.95)
        let text = await reply.text()
        #expect(text.contains(#""text":"one""#))
        #expect(text.contains(#""input_tokens":10"#))
        #expect(scene.upstream.requests.count == 1)
        let totals = scene.gateway.snapshot().sinceStart
        #expect(totals.semanticCacheHits == 1)
        #expect(totals.exactCacheHits == 0)
        // 10 tokens in and 4 out at opus' 5 and 25 dollars a million, of which the second time nothing was paid.
        #expect(totals.baseline == USD(nanodollars: 2 * (10 * 5_000 + 4 * 25_000)))
        #expect(totals.cost == USD(nanodollars: 10 * 1_000 + 4 * 5_000))
    }

    @Test func `an answer carried over has an id of its own, in either form and dialect`() async throws {
        let scene = Scene(answers: Self.answers)
        _ = await scene.ask(Self.body(Self.first))
        let stream = await scene.ask(Self.body(Self.same, #""stream":true,"#))
        #expect(stream.header("content-type") == "text/event-stream; charset=utf-8")
        let events = await stream.text()
        #expect(events.contains("event: message_stop"))
        #expect(!events.contains("msg_1\""))
        #expect(events.contains("msg_\(try #require(stream.header("x-gateway-query-id")))"))
        let openAI = #"{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"\#(Self.first)"}]}"#
        let other = await scene.ask(openAI, [], .openai)
        #expect(other.header("x-gateway-cache") == "exact")
        let chat = await other.text()
        #expect(chat.contains(#""object":"chat.completion""#))
        #expect(chat.contains(#""content":"one""#))
        #expect(chat.contains(#""prompt_tokens":10"#))
        let chatStream = await scene.ask(
            #"{"model":"m","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"\#(Self.same)"}]}"#,
            [],
            .openai
        )
        #expect(chatStream.header("x-gateway-cache") == "semantic")
        #expect(await chatStream.text().hasSuffix("data: [DONE]\n\n"))
        #expect(scene.upstream.requests.count == 1)
    }

    @Test func `what the guards refuse is asked of a provider and counted`() async {
        let other = "How do I reset your password?"
        let scene = Scene(
            answers: Self.answers,
            embedder: ScriptedEmbedder(topics: [Self.first: (1, 1), other: (1, 0.99)])
        )
        _ = await scene.ask(Self.body(Self.first))
        #expect(await scene.ask(Self.body(other)).header("x-gateway-cache") == "none")
        #expect(scene.gateway.cacheReport.semantic?.refusals.values.reduce(0, +) == 1)
        #expect(scene.gateway.cacheReport.semantic?.hits == 0)
    }

    @Test func `a question that is less like it than the threshold asks is asked of a provider`() async {
        let scene = Scene(
            answers: Self.answers,
            embedder: ScriptedEmbedder(topics: [Self.first: (1, 1), Self.same: (1, 0.82)])
        )
        _ = await scene.ask(Self.body(Self.first))
        #expect(await scene.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
    }

    @Test(arguments: [
        (#""temperature":1.5,"#, [] as [(String, String)]), (#""tools":[{"name":"t","input_schema":{}}],"#, []),
        (#""stop_sequences":["x"],"#, []), (#""metadata":{"user_id":"else"},"#, []),
        ("", [("cache-control", "no-cache")]), ("", [("cache-control", "no-store")]),
        ("", [("anthropic-beta", "x")]),
    ])
    func `whatever else is different makes it another question`(more: String, headers: [(String, String)]) async {
        let scene = Scene(answers: Self.answers)
        _ = await scene.ask(Self.body(Self.first))
        #expect(await scene.ask(Self.body(Self.same, more), headers).header("x-gateway-cache") == "none")
        #expect(await scene.ask(Self.body(Self.same, "", system: "Be terse.")).header("x-gateway-cache") == "none")
    }

    @Test func `requests with tools hit only where agents are served, and the tools are equal`() async {
        let tools = #""tools":[{"name":"t","input_schema":{}}],"#
        let closed = Scene(answers: Self.answers)
        _ = await closed.ask(Self.body(Self.first, tools))
        #expect(await closed.ask(Self.body(Self.same, tools)).header("x-gateway-cache") == "none")
        let open = Scene(answers: Self.answers) { $0.cache.semantic.servesAgents = true }
        _ = await open.ask(Self.body(Self.first, tools))
        #expect(await open.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
        #expect(await open.ask(Self.body(Self.same, tools)).header("x-gateway-cache") == "semantic")
    }

    @Test func `a volatile or a long question is never looked up`() async {
        let today = "What is the weather in Oslo today?"
        let tonight = "What's the weather in Oslo today?"
        let volatile = Scene(
            answers: Self.answers,
            embedder: ScriptedEmbedder(topics: [today: (1, 1), tonight: (1, 0.999)])
        )
        _ = await volatile.ask(Self.body(today))
        #expect(await volatile.ask(Self.body(tonight)).header("x-gateway-cache") == "none")
        let long = Scene(
            answers: Self.answers,
            embedder: ScriptedEmbedder(topics: [Self.first: (1, 1), Self.same: (1, 0.97)], long: [Self.same])
        )
        _ = await long.ask(Self.body(Self.first))
        #expect(await long.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
    }

    @Test func `an answer that was cut off is given to nobody`() async {
        let scene = Scene(answers: [Self.message("one", stop: "max_tokens")] + Self.answers)
        _ = await scene.ask(Self.body(Self.first))
        #expect(await scene.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
    }

    @Test func `no other key or project sees it, whatever the scope allows`() async {
        func scene(_ scope: Settings.CacheScope) -> Scene {
            Scene(answers: Self.answers) { settings in
                settings.cache.scope = scope
                settings.auth.keys = [Secret("key-a"), Secret("key-b")]
                settings.projects = [
                    Settings.Project(name: "p", keys: [Secret("key-p"), Secret("key-q")]),
                    Settings.Project(name: "r", keys: [Secret("key-r")]),
                ]
            }
        }
        func cache(_ scene: Scene, _ body: String, _ key: String) async -> String? {
            await scene.ask(body, [("x-api-key", key)]).header("x-gateway-cache")
        }
        let byProject = scene(.project)
        #expect(await cache(byProject, Self.body(Self.first), "key-p") == "none")
        #expect(await cache(byProject, Self.body(Self.same), "key-r") == "none")
        #expect(await cache(byProject, Self.body(Self.same), "key-a") == "none")
        #expect(await cache(byProject, Self.body(Self.same), "key-q") == "semantic")
        let byKey = scene(.key)
        #expect(await cache(byKey, Self.body(Self.first), "key-p") == "none")
        #expect(await cache(byKey, Self.body(Self.same), "key-q") == "none")
        #expect(await cache(byKey, Self.body(Self.first), "key-p") == "exact")
        let global = scene(.global)
        #expect(await cache(global, Self.body(Self.first), "key-p") == "none")
        #expect(await cache(global, Self.body(Self.same), "key-r") == "semantic")
    }

    @Test func `a stronger model's answer serves a question for a weaker one, and not the other way`() async {
        let easy = "Tell me why the sky is blue."
        let hard = "Design: tell me why the sky is blue."
        func scene(_ first: String, _ second: String) async -> String? {
            let scene = Scene(
                answers: Self.answers,
                embedder: ScriptedEmbedder(topics: [easy: (1, 1), hard: (1, 1)])
            ) { $0.cache.semantic.threshold = 0.5 }
            _ = await scene.ask(Self.body(first))
            return await scene.ask(Self.body(second)).header("x-gateway-cache")
        }
        #expect(await scene(easy, hard) == "none")
    }

    @Test func `ends with its time to live`() async {
        let scene = Scene(answers: Self.answers) {
            $0.cache.exactTTLSeconds = 10
            $0.cache.semantic.ttlSeconds = 100
        }
        _ = await scene.ask(Self.body(Self.first))
        scene.clock.advance(seconds: 50)
        // For the same request the answer is too old; for a question like it it is not.
        #expect(await scene.ask(Self.body(Self.same)).header("x-gateway-cache") == "semantic")
        scene.clock.advance(seconds: 51)
        #expect(await scene.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
    }

    // MARK: Trust

    @Test func `canaries go to the provider, and too many that differ turn the cache off`() async throws {
        let alike = (1...25).map { "How do I reset my password\(String(repeating: " please", count: $0))?" }
        var topics = [Self.first: (UInt64(1), Float(1))]
        for question in alike { topics[question] = (1, 0.995) }
        let scene = Scene(
            // One fact each, and never the same.
            answers: (0...25).map { Self.message("It takes \($0 + 2) days.") },
            embedder: ScriptedEmbedder(topics: topics)
        ) {
            $0.cache.semantic.canaryRate = 1
            $0.cache.semantic.maxFalseHitRate = 0.1
            $0.cache.semantic.threshold = 0.5
        }
        _ = await scene.ask(Self.body(Self.first))
        for (at, question) in alike.enumerated() {
            #expect(await scene.ask(Self.body(question)).header("x-gateway-cache") == "none")
            // The comparison runs beside, and is counted soon.
            #expect(await eventually { (scene.gateway.cacheReport.semantic?.canaries ?? 0) >= min(at + 1, 20) })
        }
        let losses = scene.gateway.snapshot().sinceStart.losses
        #expect(losses.cacheChecks > .zero && losses.cacheChecks < scene.gateway.snapshot().sinceStart.cost)
        let report = try #require(scene.gateway.cacheReport.semantic)
        #expect(report.canaries >= 20)
        #expect(report.falseHits > 2)
        #expect(report.off?.contains("cache.max_false_hit_rate") == true)
        #expect(scene.gateway.snapshot().warnings.contains { $0.contains("semantic cache is off") })
        _ = try await scene.gateway.flush(.init())
        #expect(scene.gateway.cacheReport.semantic?.off == nil)
    }

    @Test func `a report of a bad answer takes the question out`() async throws {
        let scene = Scene(answers: Self.answers)
        _ = await scene.ask(Self.body(Self.first))
        let hit = await scene.ask(Self.body(Self.same))
        let id = try #require(hit.header("x-gateway-query-id"))
        let report = ClientRequest(
            id: "ffff000011112222",
            method: "POST",
            path: "/v1/feedback",
            body: Array(#"{"query_id":"\#(id)","quality":0}"#.utf8)
        )
        let saved = scene.gateway.snapshot().sinceStart.saved
        #expect(try scene.gateway.report(report).outcome == "evicted")
        #expect(scene.gateway.cacheReport.semantic?.falseHits == 1)
        let totals = scene.gateway.snapshot().sinceStart
        let lost = try #require(scene.gateway.ledger.entry(id: id)).summary.baseline
        #expect(lost > .zero && totals.losses.wrongHits == lost && totals.saved == saved - lost)
        #expect(await scene.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
    }

    @Test func `emptying takes a project's, a key's or an exchange's answers and questions`() async throws {
        let scene = Scene(answers: Self.answers + Self.answers) { settings in
            settings.auth.keys = [Secret("key-a")]
            settings.projects = [Settings.Project(name: "p", keys: [Secret("key-p")])]
        }
        let a = await scene.ask(Self.body(Self.first), [("x-api-key", "key-a")])
        _ = await scene.ask(Self.body(Self.first), [("x-api-key", "key-p")])
        let flushed = try await scene.gateway.flush(.init(project: "p"))
        #expect(flushed.answers == ["memory": 1])
        #expect(flushed.questions == 1)
        #expect(await scene.ask(Self.body(Self.same), [("x-api-key", "key-a")]).header("x-gateway-cache") == "semantic")
        #expect(await scene.ask(Self.body(Self.first), [("x-api-key", "key-p")]).header("x-gateway-cache") == "none")
        #expect(try await scene.gateway.flush(.init(key: "key-p")).answers == ["memory": 1])
        let id = try #require(a.header("x-gateway-query-id"))
        #expect(try await scene.gateway.flush(.init(queryID: id)).answers == ["memory": 1])
        #expect(await scene.ask(Self.body(Self.first), [("x-api-key", "key-a")]).header("x-gateway-cache") == "none")
        await #expect(throws: GatewayError.self) { try await scene.gateway.flush(.init(project: "p", key: "k")) }
        await #expect(throws: GatewayError.self) { try await scene.gateway.flush(.init(queryID: "unknown")) }
    }

    // MARK: Homes

    @Test func `memory lost, the home has the answer; the home away, requests go on`() async throws {
        let home = ScriptedHome()
        let first = Scene(answers: Self.answers, home: home)
        _ = await first.ask(Self.body(Self.first))
        #expect(home.count == 1)
        let second = Scene(answers: Self.answers, home: home)
        #expect(await second.ask(Self.body(Self.first)).header("x-gateway-cache") == "exact")
        #expect(second.upstream.requests.isEmpty)
        home.leave(true)
        let third = Scene(answers: Self.answers, home: home)
        #expect(await third.ask(Self.body(Self.first)).header("x-gateway-cache") == "none")
        #expect(third.gateway.snapshot().warnings.contains { $0.contains("goes on without scripted") })
        let flushed = try await third.gateway.flush(.init())
        #expect(flushed.unreachable == ["scripted"])
    }

    @Test func `what another daemon writes down is found, and what it removes is gone`() async throws {
        let journal = ScriptedJournal()
        let home = ScriptedHome()
        let writer = Scene(answers: Self.answers, home: home, journal: journal)
        let reader = Scene(answers: Self.answers, home: home, journal: journal)
        let following = Task { await reader.gateway.caching.follow() }
        defer { following.cancel() }
        _ = await writer.ask(Self.body(Self.first))
        #expect(await eventually { reader.gateway.cacheReport.semantic?.entries == 1 })
        #expect(await reader.ask(Self.body(Self.same)).header("x-gateway-cache") == "semantic")
        _ = try await writer.gateway.flush(.init())
        #expect(await eventually { reader.gateway.cacheReport.semantic?.entries == 0 })
        #expect(await reader.ask(Self.body(Self.first)).header("x-gateway-cache") == "none")
    }

    // MARK: Without embeddings

    @Test func `without the model it is off and says why; comparing words does without`() async {
        let embedder = ScriptedEmbedder(state: .off("there is no model"))
        let off = Scene(answers: Self.answers, embedder: embedder)
        _ = await off.ask(Self.body(Self.first))
        #expect(await off.ask(Self.body(Self.same)).header("x-gateway-cache") == "none")
        #expect(off.gateway.cacheReport.semantic?.off == "there is no model")
        let words = Scene(answers: Self.answers, embedder: embedder) {
            $0.cache.semantic.similarity = .jaccard
            $0.cache.semantic.jaccardThreshold = 0.6
        }
        _ = await words.ask(Self.body(Self.first))
        #expect(words.gateway.cacheReport.semantic?.off == nil)
        #expect(await words.ask(Self.body("How do I reset my password")).header("x-gateway-cache") == "semantic")
        #expect(await words.ask(Self.body("How do I bake bread?")).header("x-gateway-cache") == "none")
    }
}

/// Events for everybody who listens, as a shared journal has them.
final class ScriptedJournal: SemanticJournal {
    private let listeners = Mutex<[AsyncStream<SemanticEvent>.Continuation]>([])

    func record(_ event: SemanticEvent) {
        for listener in listeners.withLock({ $0 }) { listener.yield(event) }
    }

    func events() -> AsyncStream<SemanticEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: SemanticEvent.self)
        continuation.yield(.caughtUp)
        listeners.withLock { $0.append(continuation) }
        return stream
    }
}
