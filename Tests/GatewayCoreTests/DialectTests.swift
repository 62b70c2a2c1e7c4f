import GatewayCore
import Shared
import Testing

@Suite struct `Clients and backends of two dialects` {
    private static let question =
        #"{"model":"gpt","messages":[{"role":"user","content":"caf\u00e9?"}],"seed":12345678901234567890}"#
    private static let anthropicQuestion =
        #"{"model":"gpt","max_tokens":50,"messages":[{"role":"user","content":"Where?"}]}"#
    private static let completion = #"""
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":\#
        {"role":"assistant","content":"Paris é"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,\#
        "completion_tokens":200,"total_tokens":1200,"prompt_tokens_details":{"cached_tokens":400}},"x":1.0}
        """#
    private static let message = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":2}}
        """#

    @Test
    func `an OpenAI request reaches an OpenAI backend byte for byte but for the model and the gateway's own fields`()
        async
    {
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.json(Self.completion)])
        let body =
            #"{ "smart_routing" : false, "model":"gpt" ,"messages":[{"role":"user","content":"\u00e9"}], "zz": 1.0e2 }"#
        let headers = [("authorization", "Bearer mine"), ("OpenAI-Project", "p"), ("anthropic-beta", "b")]
        let reply = await gateway.answer(.messages(body, headers).at("/v1/chat/completions"), in: .openai)
        let sent = upstream.requests[0]
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == #"{ "model":"claude-haiku-4-5-20251001" ,"messages":[{"role":"user","content":"\u00e9"}], "zz": 1.0e2 }"#
        )
        #expect(sent.url == "http://127.0.0.1:1/v1/chat/completions")
        #expect(sent.headers.filter { $0.isNamed("authorization") }.map(\.value) == ["Bearer sk-up"])
        #expect(sent.headers.contains { $0.isNamed("openai-project") })
        #expect(!sent.headers.contains { $0.isNamed("anthropic-beta") })
        #expect(await reply.text() == Self.completion)
        // 600 × $1, 400 × $0.10 and 200 × $5 a million.
        #expect(reply.header("X-Gateway-Cost-USD") == "0.00164")
    }

    @Test func `a stream is asked for its usage, which a client that did not ask does not see`() async {
        let chunks = [
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
                + "\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
            "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":200}}\n\n",
            "data: [DONE]\n\n",
        ]
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.stream(chunks)])
        let body = #"{"model":"gpt","stream":true,"messages":[{"role":"user","content":"x"}]}"#
        let reply = await gateway.answer(.messages(body).at("/v1/chat/completions"), in: .openai)
        #expect(await reply.text() == chunks[0] + chunks[1] + chunks[3])
        #expect(String(decoding: upstream.requests[0].body, as: UTF8.self).contains(#""include_usage":true"#))
        #expect(gateway.snapshot().sinceStart.cost == USD(nanodollars: 2_000_000))
    }

    @Test(arguments: [Settings.ProviderKind.anthropic, .simulated])
    func `an OpenAI client gets Anthropic's answer in its own words`(provider: Settings.ProviderKind) async {
        let (gateway, upstream) = Gateway.single(provider, [.json(Self.message)])
        let reply = await gateway.answer(.messages(Self.question).at("/v1/chat/completions"), in: .openai)
        let sent = upstream.requests[0]
        #expect(sent.url == "http://127.0.0.1:1/v1/messages")
        #expect(sent.headers.contains { $0.isNamed("x-api-key") && $0.value == "sk-up" })
        #expect(sent.headers.contains { $0.isNamed("anthropic-version") })
        let text = await reply.text()
        #expect(text.contains(#""content":"Paris""#))
        #expect(text.contains(#""object":"chat.completion""#))
        #expect(reply.header("X-Gateway-Warning") == "not taken by gpt as sent: seed")
        #expect(reply.header("content-type") == "application/json")
    }

    @Test func `an Anthropic client gets an OpenAI backend's answer in its own words`() async {
        let (gateway, upstream) = Gateway.single(.openai, [.json(Self.completion)])
        let reply = await gateway.answer(.messages(Self.anthropicQuestion))
        #expect(upstream.requests[0].url == "http://127.0.0.1:1/v1/chat/completions")
        let text = await reply.text()
        #expect(text.contains(#""type":"message""#))
        #expect(text.contains(#""text":"Paris é""#))
        #expect(text.contains(#""stop_reason":"end_turn""#))
        #expect(reply.header("X-Gateway-Cost-USD") == "0.00164")
    }

    @Test func `an Ollama server is spoken to in its own format`() async {
        let answer =
            #"{"model":"q","message":{"role":"assistant","content":"Paris"},"done":true,"done_reason":"stop","#
            + #""prompt_eval_count":1000,"eval_count":200}"#
        let (gateway, upstream) = Gateway.single(.ollama, [.json(answer), .json(answer)]) {
            $0.backends[0].contextTokens = 9_000
        }
        let openai = await gateway.answer(.messages(Self.question).at("/v1/chat/completions"), in: .openai)
        #expect(await openai.text().contains(#""content":"Paris""#))
        let anthropic = await gateway.answer(.messages(Self.anthropicQuestion))
        #expect(await anthropic.text().contains(#""text":"Paris""#))
        for sent in upstream.requests {
            #expect(sent.url == "http://127.0.0.1:1/api/chat")
            #expect(String(decoding: sent.body, as: UTF8.self).contains(#""num_ctx":9000"#))
        }
        #expect(gateway.snapshot().sinceStart.cost == USD(nanodollars: 4_000_000))
    }

    @Test func `strict translation refuses what it would have to drop`() async {
        let (gateway, upstream) = Gateway.single(.anthropic, []) { $0.strictTranslation = true }
        let reply = await gateway.answer(.messages(Self.question).at("/v1/chat/completions"), in: .openai)
        #expect(reply.status == 400)
        #expect(await reply.text().contains("seed"))
        #expect(upstream.requests.isEmpty)
    }

    @Test(arguments: [401, 403])
    func `a provider that refuses the gateway's key is no business of the client's key`(status: Int) async {
        let body = #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#
        let (gateway, _) = Gateway.single(.anthropic, [.json(body, status: status)])
        let reply = await gateway.answer(.messages(Self.anthropicQuestion))
        #expect(reply.status == 502)
        #expect(reply.header("x-should-retry") == "false")
        #expect(reply.header("X-Gateway-Error") == "upstream_refused_key")
        // Some providers quote a part of the key.
        #expect(await reply.text().contains("HTTP \(status)"))
        #expect(await !reply.text().contains("invalid x-api-key"))
        #expect(gateway.snapshot().warnings.count == 1)
    }

    @Test func `errors of a provider and of the gateway come in the client's envelope`() async {
        let limited = #"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#
        var answer = ScriptedUpstream.Answer.json(limited, status: 429)
        answer.headers.append(HeaderField("retry-after", "3"))
        let (gateway, _) = Gateway.single(.anthropic, [answer])
        let reply = await gateway.answer(.messages(Self.question).at("/v1/chat/completions"), in: .openai)
        #expect(reply.status == 429)
        #expect(reply.header("retry-after") == "3")
        #expect(await reply.text().contains(#""code":"rate_limit_exceeded""#))
        let unreachable = await gateway.answer(.messages(Self.question).at("/v1/chat/completions"), in: .openai)
        #expect(unreachable.status == 502)
        #expect(await unreachable.text().hasPrefix(#"{"error":{"#))
    }

    @Test(arguments: ["<html>down</html>", "", "[]", #"{"ok":true}"#])
    func `a success that is no answer is an error`(body: String) async {
        let (gateway, _) = Gateway.single(.openaiCompatible, [.json(body)])
        let reply = await gateway.answer(.messages(Self.question).at("/v1/chat/completions"), in: .openai)
        #expect(reply.status == 502)
        #expect(reply.header("X-Gateway-Error") == "upstream_broken")
    }

    @Test func `a repeat comes from the cache in either form`() async {
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.json(Self.completion)])
        func ask(_ more: String) async -> Reply {
            let body = Self.question.replacing(#""seed""#, with: more + #""seed""#)
            return await gateway.answer(.messages(body).at("/v1/chat/completions"), in: .openai)
        }
        _ = await ask("")
        let plain = await ask("")
        // All but the id, which is its own.
        let id = #"chatcmpl-0123456789abcdef"#
        #expect(await plain.text() == Self.completion.replacing(/chatcmpl-[A-Za-z0-9]+/, with: id))
        #expect(plain.header("X-Cache") == "HIT")
        let bare = await ask(#""stream":true,"#)
        let bareText = await bare.text()
        #expect(bare.header("X-Cache") == "HIT")
        #expect(bareText.hasSuffix("data: [DONE]\n\n"))
        #expect(!bareText.contains(#""prompt_tokens""#))
        let counted = await ask(#""stream":true,"stream_options":{"include_usage":true},"#)
        #expect(await counted.text().contains(#""prompt_tokens":1000"#))
        #expect(upstream.requests.count == 1)
    }

    @Test func `thinking that was made here does not reach Anthropic`() async {
        let (gateway, upstream) = Gateway.single(.anthropic, [.json(Self.message)])
        let body = #"""
            {"model":"gpt","max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[\#
            {"type":"thinking","thinking":"hm","signature":""}, {"type":"text","text":"b"}]},{"role":"user","content":"c"}]}
            """#
        _ = await gateway.answer(.messages(body))
        let sent = String(decoding: upstream.requests[0].body, as: UTF8.self)
        #expect(sent.contains(#""content":[{"type":"text","text":"b"}]"#))
    }

    @Test func `tokens are counted by an estimate where the backend cannot`() async {
        let (gateway, upstream) = Gateway.single(.ollama, [])
        let reply = await gateway.countTokens(.messages(Self.anthropicQuestion).at("/v1/messages/count_tokens"))
        #expect(reply.status == 200)
        // Six characters at 250 tokens a thousand, rounded up.
        #expect(await reply.text() == #"{"input_tokens":2}"#)
        #expect(upstream.requests.isEmpty)
        #expect(gateway.snapshot().sinceStart.requests == 0)
    }

    @Test func `one message gets one reply`() async {
        let (gateway, _) = Gateway.single(.anthropic, [.json(Self.message)])
        let request = ClientRequest.messages(#"{"message":"Where is the Louvre?","model":"gpt"}"#).at("/chat")
        let reply = await gateway.chat(request)
        let text = await reply.text()
        #expect(reply.status == 200)
        #expect(text.contains(#""reply":"Paris""#))
        #expect(text.contains(#""input_tokens":10,"output_tokens":2"#))
        let empty = await gateway.chat(ClientRequest.messages("{}").at("/chat"))
        #expect(empty.status == 400)
        #expect(await empty.text().contains("message: Field required"))
    }
}

@Suite struct `An Ollama server that does not count a prompt` {
    private static let answer =
        #"{"model":"q","message":{"role":"assistant","content":"Paris"},"done":true,"done_reason":"stop","eval_count":200}"#

    @Test(arguments: [false, true])
    func `has the prompt estimated, and says so`(isStream: Bool) async {
        var answer = ScriptedUpstream.Answer.json(Self.answer)
        if isStream { answer.headers = [HeaderField("content-type", "application/x-ndjson")] }
        let (gateway, _) = Gateway.single(.ollama, [answer])
        let body =
            #"{"model":"gpt","max_tokens":50,"stream":\#(isStream),"messages":[{"role":"user","content":"Where is it?"}]}"#
        _ = await gateway.answer(.messages(body)).text()
        let row = gateway.ledger.recent(1)[0]
        #expect(row.usageIsEstimated)
        #expect(row.usage.input > 0)
        #expect(row.usage.output == 200)
    }
}
