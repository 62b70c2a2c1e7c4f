import GatewayCore
import Shared
import Testing

/// What a provider may not do to a client, in both dialects.
@Suite struct `Hostile answers` {
    private static let question = #"{"model":"gpt","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}"#
    private static let kinds: [(Settings.ProviderKind, Dialect)] = [(.anthropic, .anthropic), (.openai, .openai)]
    private static let message = #"""
        {"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],\#
        "stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}
        """#
    private static let completion = #"""
        {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],\#
        "usage":{"prompt_tokens":1,"completion_tokens":1}}
        """#

    private func ask(
        _ kind: Settings.ProviderKind,
        _ dialect: Dialect,
        _ answer: ScriptedUpstream.Answer
    ) async -> Reply {
        let (gateway, _) = Gateway.single(kind, [answer])
        var request = ClientRequest.messages(Self.question)
        if dialect == .openai { request = request.at("/v1/chat/completions") }
        return await gateway.answer(request, in: dialect)
    }

    @Test(arguments: kinds) func `only headers that clients read come back`(
        kind: Settings.ProviderKind,
        dialect: Dialect
    ) async {
        let kept = [
            ("request-id", "r"), ("x-request-id", "r"), ("retry-after", "1"), ("retry-after-ms", "1"),
            ("x-should-retry", "false"), ("Anthropic-RateLimit-Requests-Limit", "5"), ("openai-processing-ms", "5"),
            ("X-RateLimit-Limit-Requests", "5"), ("ratelimit-limit", "5"), ("content-type", "application/json"),
        ]
        let dropped = [
            "set-cookie", "x-accel-redirect", "x-sendfile", "access-control-allow-origin", "location", "server", "via",
            "strict-transport-security", "content-security-policy", "connection", "content-encoding", "content-length",
            "transfer-encoding", "x-gateway", "x-cache-control", "alt-svc", "link", "refresh", "x-anthropic-",
            "cache-control",
        ]
        var answer = ScriptedUpstream.Answer.json(dialect == .anthropic ? Self.message : Self.completion)
        answer.headers = (kept + dropped.map { ($0, "hostile") }).map { HeaderField($0.0, $0.1) }
        let reply = await ask(kind, dialect, answer)
        #expect(reply.status == 200)
        for (name, value) in kept { #expect(reply.header(name) == value, "\(name)") }
        #expect(!reply.headers.contains { $0.value == "hostile" })
    }

    @Test(arguments: kinds) func `an answer is JSON, whatever it calls itself`(
        kind: Settings.ProviderKind,
        dialect: Dialect
    ) async {
        var answer = ScriptedUpstream.Answer.json(dialect == .anthropic ? Self.message : Self.completion)
        answer.headers = [HeaderField("content-type", "text/html")]
        #expect(await ask(kind, dialect, answer).header("content-type") == "application/json")
    }

    @Test(arguments: [101, 204, 301, 302, 307, 308, 399, 600, 999])
    func `a status that is no answer's is a bad gateway`(status: Int) async {
        for (kind, dialect) in Self.kinds {
            var answer = ScriptedUpstream.Answer.json("", status: status)
            answer.headers.append(HeaderField("location", "http://127.0.0.1:9/"))
            let reply = await ask(kind, dialect, answer)
            #expect(reply.status == 502)
            #expect(reply.header("location") == nil)
            #expect(await reply.text().contains(#""error":{"#))
        }
    }

    @Test(arguments: kinds) func `an error page becomes the dialect's error under its own status`(
        kind: Settings.ProviderKind,
        dialect: Dialect
    ) async {
        for body in ["<html>\u{1B}[2J</html>", "", "[1]", "{\"error\":\"a\u{1}\"}"] {
            var answer = ScriptedUpstream.Answer.json(body, status: 503)
            answer.headers = [HeaderField("content-type", "text/html"), HeaderField("retry-after", "7")]
            let reply = await ask(kind, dialect, answer)
            #expect(reply.status == 503)
            #expect(reply.header("retry-after") == "7")
            #expect(reply.header("content-type") == "application/json")
            #expect(reply.header(dialect == .anthropic ? "request-id" : "x-request-id") == "req_gw_0123456789abcdef")
            let text = await reply.text()
            #expect(text.contains(#""message":"backend gpt answered HTTP 503 with "#))
            #expect(text.contains(dialect == .anthropic ? #""type":"overloaded_error""# : #""type":"server_error""#))
            #expect(!text.contains("\u{1B}") && !text.contains("\\u001b"))
        }
    }

    @Test(arguments: kinds) func `an error in JSON passes as it came`(
        kind: Settings.ProviderKind,
        dialect: Dialect
    ) async {
        let body = #"{"unknown":  "envelope"}"#
        let reply = await ask(kind, dialect, .json(body, status: 503))
        #expect(reply.status == 503)
        #expect(await reply.text() == body)
    }

    @Test(arguments: kinds) func `bytes that are no text are no answer`(
        kind: Settings.ProviderKind,
        dialect: Dialect
    ) async {
        let good = dialect == .anthropic ? Self.message : Self.completion
        var bytes = Array(good.utf8)
        bytes.insert(0xFF, at: good.utf8.count / 2)
        let answer = ScriptedUpstream.Answer(events: [.success(.bytes(bytes))])
        let reply = await ask(kind, dialect, answer)
        #expect(reply.status == 502)
        #expect(reply.header("x-gateway-error") == "upstream_broken")
    }

    // MARK: Streams without end

    private static let start = """
        event: message_start
        data: {"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}


        """
    private static let delta = """
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"abcdefgh"}}


        """
    private static let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"abcdefgh\"}}]}\n\n"

    /// A stream read to its end while the clock goes on by some seconds for each piece.
    private func read(_ dialect: Dialect, _ pieces: [String], secondsEach: Int64 = 0, maximumBytes: Int = .max) async
        -> String
    {
        let clock = TestClock()
        var settings = Settings()
        settings.backends = Settings.threeTiers.backends
        settings.backends[0].provider = dialect == .anthropic ? .anthropic : .openai
        settings.routing.mode = .off
        settings.escalation.check = .none
        settings.upstream.idleTimeoutSeconds = 10
        settings.upstream.maxAnswerBytes = maximumBytes
        let upstream = ScriptedUpstream([.stream(pieces)])
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: clock.port
        )
        let body = #"{"model":"haiku","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
        var request = ClientRequest.messages(body)
        if dialect == .openai { request = request.at("/v1/chat/completions") }
        guard case .stream(let relay) = await gateway.answer(request, in: dialect).body else { return "no stream" }
        var all: [UInt8] = []
        while let bytes = await relay.next() {
            all += bytes
            clock.advance(seconds: secondsEach)
        }
        return String(decoding: all, as: UTF8.self)
    }

    @Test func `pings alone do not keep a stream alive`() async {
        let ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n"
        let pings = [String](repeating: ping, count: 40)
        let cut = await read(.anthropic, [Self.start] + pings, secondsEach: 2)
        #expect(cut.hasSuffix("\"request_id\":\"req_gw_0123456789abcdef\"}\n\n"))
        #expect(cut.contains("event: error\n") && cut.contains("nothing but pings for 32 s"))
        // Thirty seconds are three times ten: fifteen steps of two seconds pass.
        #expect(cut.components(of: ping) == 15)
        let comments = await read(.openai, [Self.chunk] + [String](repeating: ": ping\n\n", count: 40), secondsEach: 2)
        #expect(comments.contains("nothing but pings for 32 s"))
        // What says something, however slowly, goes on.
        let slow = await read(.anthropic, [Self.start] + [String](repeating: Self.delta, count: 40), secondsEach: 25)
        #expect(slow.components(of: Self.delta) == 40)
        #expect(!slow.contains("nothing but pings"))
    }

    @Test func `an answer without end is broken off`() async {
        for (dialect, event) in [(Dialect.anthropic, Self.delta), (.openai, Self.chunk)] {
            let size = event.utf8.count
            let text = await read(dialect, [String](repeating: event, count: 100), maximumBytes: size * 10)
            #expect(text.components(of: event) == 10)
            #expect(text.contains("its answer is larger than \(size * 10) bytes"))
        }
    }
}

extension String {
    /// How often a text is in this one.
    fileprivate func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
