import Shared
import Testing

@testable import GatewayCore

/// A provider that repeats the key it was sent, in each place where its words go to a client.
@Suite struct `The gateway's key in a provider's error` {
    private static let key = "sk-live/0123456789"
    private static let token = "svc-token-987654"

    private func gateway(_ answers: [ScriptedUpstream.Answer], _ provider: Settings.ProviderKind = .anthropic)
        -> Gateway
    {
        var settings = Settings.threeTiers
        settings.routing.mode = .off
        settings.cache.isEnabled = false
        settings.escalation.check = .none
        settings.backends = [settings.backends[0]]
        settings.backends[0].provider = provider
        settings.backends[0].apiKey = Secret(Self.key)
        settings.backends[0].headers = [
            HeaderField("X-Service-Token", Self.token), HeaderField("anthropic-beta", "some-beta-2026-01-01"),
        ]
        return Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: ScriptedUpstream(answers).transport,
            clock: TestClock().port
        )
    }

    private func ask(_ gateway: Gateway, chat: Bool, stream: Bool = false) async -> Reply {
        let body = #"{"model":"haiku","max_tokens":9,"stream":\#(stream),"messages":[{"role":"user","content":"Hi"}]}"#
        let path = chat ? "/v1/chat/completions" : "/v1/messages"
        return await gateway.answer(
            ClientRequest(id: "0123456789abcdef", method: "POST", path: path, body: Array(body.utf8)),
            in: chat ? .openai : .anthropic
        )
    }

    private func isClean(_ text: String) -> Bool {
        !text.contains("sk-live") && !text.contains(Self.token)
    }

    private func refusal(_ status: Int) -> ScriptedUpstream.Answer {
        let words = #"no: Bearer \#(Self.key), sk-live\/0123456789 and \#(Self.token) with some-beta-2026-01-01"#
        var answer = ScriptedUpstream.Answer.json(
            #"{"type":"error","error":{"type":"api_error","message":"\#(words)"}}"#,
            status: status
        )
        answer.headers.append(HeaderField("x-request-id", "of \(Self.key)"))
        return answer
    }

    @Test(arguments: [400, 404, 429, 500, 529], [false, true])
    func `is masked, and nothing else of it`(status: Int, chat: Bool) async {
        for provider in [Settings.ProviderKind.anthropic, .openai] {
            let reply = await ask(gateway([refusal(status)], provider), chat: chat)
            let text = await reply.text()
            #expect(isClean(text) && text.contains("…") && text.contains("some-beta-2026-01-01"), "\(text)")
            #expect(reply.headers.allSatisfy { isClean($0.value) })
        }
    }

    @Test func `passes byte for byte where it holds no key`() async {
        let body = #"{"type":"error","error": {"type":"api_error","message":"no ☃ some-beta-2026-01-01"}}"#
        #expect(await ask(gateway([.json(body, status: 500)]), chat: false).text() == body)
    }

    @Test(arguments: [false, true]) func `is masked in a stream's error, and not in its answer`(chat: Bool) async {
        let error =
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no \(Self.key)\"}}\n\n"
        let text = await ask(gateway([.stream([Said.start, error])]), chat: chat, stream: true).text()
        #expect(isClean(text) && text.contains("no …"), "\(text)")
        // An answer is the client's as it came, whatever it says.
        let pieces = [Said.start, Said.piece("not \(Self.token)"), Said.end()]
        let answer = await ask(gateway([.stream(pieces)]), chat: chat, stream: true).text()
        #expect(answer.contains(Self.token))
    }

    @Test func `is masked in the pages of proxies`() async {
        let page = ScriptedUpstream.Answer.json("<html>no \(Self.key)</html>", status: 502)
        let text = await ask(gateway([page]), chat: false).text()
        #expect(isClean(text) && text.contains("no …"))
    }

    @Test func `is masked where tokens are counted`() async {
        let request = ClientRequest(
            id: "0123456789abcdef",
            method: "POST",
            path: "/v1/messages/count_tokens",
            body: Array(#"{"model":"haiku","messages":[{"role":"user","content":"Hi"}]}"#.utf8)
        )
        let reply = await gateway([refusal(400)]).countTokens(request)
        #expect(reply.status == 400)
        #expect(isClean(await reply.text()) && reply.headers.allSatisfy { isClean($0.value) })
    }

    @Test func `is kept back with all words where it is refused, and the request's name is told`() async {
        for status in [401, 403] {
            var refused = refusal(status)
            refused.headers = [HeaderField("request-id", "req_42"), HeaderField("content-type", "application/json")]
            let gateway = gateway([refused, refused])
            let reply = await ask(gateway, chat: false)
            let text = await reply.text()
            #expect(
                reply.status == 502 && isClean(text) && text.contains("(HTTP \(status), its request req_42)"),
                "\(text)"
            )
            _ = await ask(gateway, chat: false)
            // The operator is told once, whatever the requests are called.
            let warnings = gateway.snapshot().warnings.filter { $0.contains("refused the gateway's own key") }
            #expect(warnings.count == 1 && !(warnings.first ?? "").contains("req_42"))
        }
    }

    @Test func `is a word of any text where it is short`() async {
        var settings = Settings.threeTiers
        settings.backends[0].apiKey = Secret("simulated")
        let router = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: ScriptedUpstream([]).transport,
            clock: TestClock().port
        ).router
        #expect(router.backends[0].withoutKeys(Array("a simulated answer".utf8)) == Array("a simulated answer".utf8))
    }
}
