import FoundationEssentials
import GatewayCore
import Shared
import Testing

@Suite struct `The gateway` {
    private static let answer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris é"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":200},"x":1.0}
        """#
    private static let question =
        #"{"model":"claude-opus-4-7","max_tokens":50,"messages":[{"role":"user","content":"What is the capital of France?"}]}"#
    private static let events = [
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_2\",\"type\":\"message\",\"role\":"
            + "\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"
            + "{\"input_tokens\":1000,\"output_tokens\":1}}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
            + "{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
            + "{\"type\":\"text_delta\",\"text\":\"Par\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
            + "{\"type\":\"text_delta\",\"text\":\"is \\u00e9\"}}\n\nevent: content_block_stop\ndata: "
            + "{\"type\":\"content_block_stop\",\"index\":0}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
            + "\"stop_sequence\":null},\"usage\":{\"output_tokens\":200}}\n\nevent: message_stop\ndata: "
            + "{\"type\":\"message_stop\"}\n\n",
    ]

    private func gateway(
        _ answers: [ScriptedUpstream.Answer],
        _ change: (inout Settings) -> Void = { _ in }
    ) -> (Gateway, ScriptedUpstream, TestClock) {
        let upstream = ScriptedUpstream(answers)
        let clock = TestClock()
        var settings = Settings.threeTiers
        // What is judged is held back.
        settings.escalation.check = .none
        change(&settings)
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: clock.port
        )
        return (gateway, upstream, clock)
    }

    @Test func `the table of stages names the pipeline`() throws {
        let page = try String(
            contentsOfFile: #filePath.replacing(
                "Tests/GatewayCoreTests/GatewayTests.swift",
                with: "Sources/ProxyDaemon/Core/Gateway.swift"
            ),
            encoding: .utf8
        )
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("/// | ") && !$0.contains("---") }.dropFirst()
        let names = rows.map { row in
            row.split(separator: "|")[2].split(separator: " ").joined(separator: " ")
        }
        #expect(names == Gateway.stageNames)
    }

    @Test func `passes the body on byte for byte but for the model`() async {
        let (gateway, upstream, _) = gateway([.json(Self.answer)])
        let body =
            #"{ "messages" : [{"role":"user","content":"caf\u00e9 1"}] , "zz":[1.0,1e3],"model" : "claude-opus-4-7" }"#
            .replacing(#""zz":[1.0,1e3],"#, with: "")
        _ = await gateway.answer(.messages(body))
        let expected = body.replacing("claude-opus-4-7", with: "claude-haiku-4-5-20251001")
        #expect(upstream.requests.map { String(decoding: $0.body, as: UTF8.self) } == [expected])
    }

    @Test func `gives the answer's own bytes and headers back, and what it cost`() async {
        let (gateway, _, _) = gateway([.json(Self.answer)])
        let reply = await gateway.answer(.messages(Self.question))
        #expect(await reply.text() == Self.answer)
        #expect(reply.header("X-Gateway-Model") == "claude-haiku-4-5-20251001")
        #expect(reply.header("X-Gateway-Tier") == "fast")
        // 1,000 × $1 and 200 × $5 a million; the baseline is $5 and $25.
        #expect(reply.header("X-Gateway-Cost-USD") == "0.002")
        #expect(reply.header("X-Gateway-Saved-USD") == "0.008")
        let totals = gateway.snapshot().sinceStart
        #expect(totals.cost == USD(nanodollars: 2_000_000))
        #expect(totals.baseline == USD(nanodollars: 10_000_000))
    }

    @Test func `savings are negative when the gateway made it dearer than the baseline`() async {
        let (gateway, _, _) = gateway([.json(Self.answer)]) {
            $0.backends[0].price = Price(
                input: 50_000_000,
                output: 50_000_000,
                cacheRead: 0,
                cacheWrite5m: 0,
                cacheWrite1h: 0
            )
        }
        let reply = await gateway.answer(.messages(Self.question, [("X-Gateway-Tier", "fast")]))
        #expect(reply.header("X-Gateway-Cost-USD") == "0.06")
        #expect(reply.header("X-Gateway-Saved-USD") == "-0.05")
    }

    @Test func `forwards what is the provider's and keeps what is not`() async {
        let (gateway, upstream, _) = gateway([.json(Self.answer)]) { $0.backends[0].apiKey = Secret("sk-upstream") }
        let headers = [
            ("x-api-key", "client-key"), ("Authorization", "Bearer client-key"), ("anthropic-version", "2026-10-21"),
            ("Anthropic-Beta", "prompt-caching-2024-07-31"), ("anthropic-new-thing", "7"), ("Cookie", "secret"),
            ("X-Gateway-Tier", "fast"),
        ]
        _ = await gateway.answer(.messages(Self.question, headers))
        let sent = upstream.requests[0].headers
        #expect(sent.first { $0.name == "x-api-key" }?.value == "sk-upstream")
        #expect(sent.filter { $0.value.contains("client-key") || $0.value == "secret" }.isEmpty)
        #expect(sent.filter { $0.name.lowercased().hasPrefix("x-gateway") }.isEmpty)
        let kept = sent.filter { $0.name.lowercased().hasPrefix("anthropic-") }.map(\.value)
        #expect(kept == ["2026-10-21", "prompt-caching-2024-07-31", "7"])
    }

    @Test(arguments: [400, 413, 429, 500, 529])
    func `gives a provider's error back as it came`(status: Int) async {
        let text = #"{"type":"error","error":{"type":"x","message":"prompt is too long: 9 tokens > 8 maximum"}}"#
        var answer = ScriptedUpstream.Answer.json(text, status: status)
        answer.headers += [HeaderField("retry-after", "7"), HeaderField("request-id", "req_up")]
        let (gateway, _, _) = gateway([answer])
        let reply = await gateway.answer(.messages(Self.question))
        #expect(reply.status == status)
        #expect(await reply.text() == text)
        #expect(reply.header("retry-after") == "7")
        #expect(reply.header("request-id") == "req_up")
        #expect(gateway.snapshot().sinceStart.errors == 1)
    }

    @Test func `serves a repeat from the cache, as JSON and as a stream`() async throws {
        let (gateway, upstream, _) = gateway([.json(Self.answer)])
        _ = await gateway.answer(.messages(Self.question))
        let again = await gateway.answer(.messages(Self.question))
        // All but the id, which is its own.
        #expect(await again.text() == Self.answer.replacing(/"msg_[^"]*"/, with: #""msg_0123456789abcdef""#))
        #expect(again.header("X-Cache") == "HIT")
        #expect(again.header("X-Gateway-Cost-USD") == "0.00")
        #expect(again.header("X-Gateway-Saved-USD") == "0.01")
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        let stream = await gateway.answer(.messages(streaming))
        #expect(stream.header("content-type") == "text/event-stream; charset=utf-8")
        var text = ""
        var reader = AnthropicTextReader()
        let bytes = Array(await stream.text().utf8)
        reader.read(bytes) { text += $0 }
        #expect(text == "Paris é")
        let assembled = try #require(AnthropicReplay.json(fromStream: bytes))
        let usage = AnthropicAnswer(parsing: assembled)
        #expect(usage.usage.output == 200 && usage.stopReason == "end_turn")
        #expect(upstream.requests.count == 1)
    }

    @Test func `a streamed answer fills the cache too`() async throws {
        let (gateway, upstream, _) = gateway([.stream(Self.events)])
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        let first = await gateway.answer(.messages(streaming))
        #expect(await first.text() == Self.events.joined())
        let second = await gateway.answer(.messages(streaming))
        let own = Self.events.joined().replacing(/"msg_[^"]*"/, with: #""msg_0123456789abcdef""#)
        #expect(await second.text() == own)
        #expect(second.header("X-Gateway-Cache") == "exact")
        let plain = await gateway.answer(.messages(Self.question))
        let body = Data((await plain.text()).utf8)
        #expect((try? JSONDecoder().decode(Anything.self, from: body)) != nil)
        #expect(String(decoding: body, as: UTF8.self).contains(#""text":"Paris \u00e9""#))
        #expect(upstream.requests.count == 1)
    }

    @Test(arguments: ["max_tokens", "tool_use", "refusal", "pause_turn"])
    func `keeps no answer that is not whole`(reason: String) async {
        let cut = Self.answer.replacing("end_turn", with: reason)
        let (gateway, upstream, _) = gateway([.json(cut), .json(Self.answer)])
        _ = await gateway.answer(.messages(Self.question))
        _ = await gateway.answer(.messages(Self.question))
        #expect(upstream.requests.count == 2)
    }

    @Test func `respects Cache-Control`() async {
        let (gateway, upstream, _) = gateway([.json(Self.answer), .json(Self.answer), .json(Self.answer)])
        _ = await gateway.answer(.messages(Self.question, [("Cache-Control", "no-store")]))
        _ = await gateway.answer(.messages(Self.question))
        _ = await gateway.answer(.messages(Self.question, [("Cache-Control", "no-cache")]))
        #expect(upstream.requests.count == 3)
        let hit = await gateway.answer(.messages(Self.question))
        #expect(hit.header("X-Cache") == "HIT")
    }

    @Test func `an entry outlives neither its time nor the bytes allowed`() async {
        let (gateway, upstream, clock) = gateway([.json(Self.answer), .json(Self.answer)])
        _ = await gateway.answer(.messages(Self.question))
        clock.advance(seconds: 86_401)
        _ = await gateway.answer(.messages(Self.question))
        #expect(upstream.requests.count == 2)
    }

    @Test func `a stream that breaks off ends with an error event and an estimate`() async {
        let pieces = Array(Self.events.prefix(3)) + ["event: content_block_delta\ndata: {\"type\":\"cont"]
        let (gateway, _, _) = gateway([.stream(pieces)])
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        let text = await gateway.answer(.messages(streaming)).text()
        #expect(text.hasPrefix(Self.events.prefix(3).joined()))
        let tail = text.dropFirst(Self.events.prefix(3).joined().count)
        #expect(tail.hasPrefix("event: error\ndata: {\"type\":\"error\""), "no part of an event goes before it")
        let row = gateway.ledger.recent(1)[0]
        #expect(row.usageIsEstimated && row.error != nil && row.usage.input == 1_000)
        #expect(gateway.snapshot().inFlight == 0)
    }

    @Test func `settles before the last event is handed over`() async {
        let (gateway, _, _) = gateway([.stream(Self.events)])
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        guard case .stream(let relay) = await gateway.answer(.messages(streaming)).body else {
            Issue.record("no stream")
            return
        }
        var seen = ""
        while let bytes = await relay.next() {
            seen += String(decoding: bytes, as: UTF8.self)
            #expect(seen.contains("message_stop") == (gateway.snapshot().sinceStart.requests == 1))
        }
    }

    @Test func `pings where the provider is silent`() async {
        var answer = ScriptedUpstream.Answer.stream(Self.events)
        answer.events.insert(.success(.silence), at: 2)
        let (gateway, _, _) = gateway([answer])
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        let text = await gateway.answer(.messages(streaming)).text()
        #expect(
            text == Self.events.prefix(2).joined() + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
                + Self.events.dropFirst(2).joined()
        )
    }

    @Test func `a client that leaves is recorded with an estimate`() async {
        let (gateway, _, _) = gateway([.stream(Self.events)])
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        guard case .stream(let relay) = await gateway.answer(.messages(streaming)).body else {
            Issue.record("no stream")
            return
        }
        _ = await relay.next()
        relay.abandon()
        let row = gateway.ledger.recent(1)[0]
        #expect(row.status == 499 && row.usageIsEstimated && row.usage.input == 1_000)
        #expect(gateway.snapshot().sinceStart.errors == 0)
    }

    @Test(arguments: [
        ("", "invalid JSON"), ("[]", "expected an object"),
        (#"{"max_tokens":1,"messages":[]}"#, "model: Field required"),
        (#"{"model":7,"messages":[]}"#, "model: expected a name"), (#"{"model":"m"}"#, "messages: Field required"),
        (#"{"model":"m","messages":[]}"#, "at least one message"),
        (#"{"model":"m","messages":{}}"#, "messages: expected an array"),
        (#"{"model":"m","stream":"yes","messages":[{"role":"user","content":"x"}]}"#, "stream: expected a boolean"),
        (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages.0.content: Field required"),
        (#"{"model":"m","messages":[7]}"#, "messages.0: expected an object"),
        (#"{"model":"m","model":"n","messages":[{"role":"user","content":"x"}]}"#, "model: given twice"),
        (
            #"{"model":"m","max_tokens":"1","messages":[{"role":"user","content":"x"}]}"#,
            "max_tokens: expected a whole number"
        ),
    ])
    func `refuses what it cannot read in the client's dialect`(body: String, words: String) async {
        let (gateway, upstream, _) = gateway([])
        let reply = await gateway.answer(.messages(body))
        let text = await reply.text()
        #expect(reply.status == 400)
        #expect(text.contains("invalid_request_error") && text.contains(words), "\(text)")
        #expect(upstream.requests.isEmpty)
    }

    @Test(arguments: [
        #"{"model":"auto","max_tokens":9223372036854775807,"messages":[{"role":"user","content":"hello"}]}"#,
        #"{"model":"claude-x\r\nSet-Cookie: a=b","messages":[{"role":"user","content":"x"}]}"#,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]"
            + (0..<300).map { ",\"a\($0)\":0" }.joined() + "}",
        "{\"model\":\"" + String(repeating: "m", count: 300)
            + "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
    ])
    func `what is made to hurt is refused`(body: String) async {
        let (gateway, upstream, _) = gateway([])
        let reply = await gateway.answer(.messages(body))
        #expect(reply.status == 400)
        #expect(reply.headers.allSatisfy { !$0.value.contains("\n") })
        #expect(upstream.requests.isEmpty)
    }

    @Test func `nonsense counts of a provider end nothing`() async {
        let huge = Self.answer.replacing("1000", with: "9223372036854775807").replacing(
            "200",
            with: "-9223372036854775807"
        )
        let (gateway, _, _) = gateway([.json(huge)])
        #expect(await gateway.answer(.messages(Self.question)).status == 200)
        #expect(gateway.snapshot().sinceStart.cost > .zero)
    }

    @Test func `a provider's error event ends the stream, and nobody is billed for it`() async {
        let error =
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n"
        var answer = ScriptedUpstream.Answer.stream([error])
        answer.events.append(.success(.silence))
        let (gateway, _, _) = gateway([answer])
        let streaming = Self.question.replacing(#""max_tokens":50"#, with: #""stream":true,"max_tokens":50"#)
        #expect(await gateway.answer(.messages(streaming)).text() == error)
        #expect(gateway.snapshot().sinceStart.cost == .zero)
        #expect(gateway.ledger.recent(1)[0].error == "overloaded_error: x")
    }

    @Test func `a web page is not this machine's owner`() async {
        let (gateway, _, _) = gateway([.json(Self.answer)])
        #expect(await gateway.answer(.messages(Self.question, [("Origin", "https://evil.example")])).status == 401)
        #expect(await gateway.answer(.messages(Self.question, [("Origin", "http://localhost:3000")])).status == 200)
    }

    @Test func `asks for a key where keys are configured, and for this machine where none are`() async {
        let (locked, _, _) = gateway([.json(Self.answer), .json(Self.answer)]) {
            $0.auth.keys = [Secret("right-key"), Secret("other-key")]
        }
        #expect(await locked.answer(.messages(Self.question)).status == 401)
        #expect(await locked.answer(.messages(Self.question, [("x-api-key", "wrong")])).status == 401)
        #expect(await locked.answer(.messages(Self.question, [("X-Api-Key", "other-key")])).status == 200)
        #expect(await locked.answer(.messages(Self.question, [("authorization", "Bearer right-key")])).status == 200)
        let (open, _, _) = gateway([.json(Self.answer)])
        let remote = ClientRequest(id: "1", method: "POST", path: "/v1/messages", isFromLoopback: false)
        #expect(await open.answer(remote).status == 401)
    }

    @Test func `says which backend could not be reached`() async {
        let (gateway, _, _) = gateway([])
        let reply = await gateway.answer(.messages(Self.question))
        #expect(reply.status == 502)
        #expect(await reply.text().contains("backend haiku could not be reached"))
        #expect(gateway.ledger.recent(1)[0].error != nil)
    }

    @Test func `a model without a price is loud and billed at the dearest`() async {
        let (gateway, _, _) = gateway([.json(Self.answer)]) { $0.backends[0].model = "made-up-model" }
        let reply = await gateway.answer(.messages(Self.question, [("X-Gateway-Tier", "fast")]))
        #expect(reply.header("X-Gateway-Warning")?.contains("made-up-model") == true)
        #expect(reply.header("X-Gateway-Cost-USD") == "0.01")
        #expect(gateway.snapshot().warnings.contains { $0.contains("made-up-model") })
    }

    @Test func `days and months begin anew by the calendar`() {
        #expect(Ledger.monthNumber(day: 0) == 1970 * 12)
        #expect(Ledger.monthNumber(day: 11_016) == 2000 * 12 + 1, "29 February 2000")
        #expect(Ledger.monthNumber(day: 20_778) == 2026 * 12 + 10, "21 November 2026")
    }
}
