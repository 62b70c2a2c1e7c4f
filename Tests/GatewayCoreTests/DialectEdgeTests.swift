import GatewayCore
import Shared
import Testing

@Suite struct `Corners of two dialects` {
    private static let message = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":2}}
        """#
    private static let completion = #"""
        {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":\#
        {"role":"assistant","content":"Paris"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}
        """#

    private func ask(_ gateway: Gateway, _ body: String) async -> Reply {
        await gateway.answer(.messages(body).at("/v1/chat/completions"), in: .openai)
    }

    @Test(arguments: [
        (
            #"{"provider":"local","messages":[{"role":"user","content":"x"}]}"#,
            #"{"model":"claude-haiku-4-5-20251001","messages":[{"role":"user","content":"x"}]}"#
        ),
        (
            #"{"smart_routing":false,"stream":true,"model":"gpt","messages":[{"role":"user","content":"x"}]}"#,
            #"{"stream_options":{"include_usage":true},"stream":true,"model":"claude-haiku-4-5-20251001","# + ""
                + #""messages":[{"role":"user","content":"x"}]}"#
        ),
    ])
    func `a member put in is not lost beside the gateway's own that go`(body: String, sent: String) async {
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.json(Self.completion)]) {
            $0.backends[0].tier = .local
        }
        _ = await ask(gateway, body)
        #expect(upstream.requests.map { String(decoding: $0.body, as: UTF8.self) } == [sent])
    }

    @Test(arguments: [
        (#"{"include_obfuscation":false}"#, #"{"include_usage":true,"include_obfuscation":false}"#),
        (#"{ "include_usage" : false, "x":1 }"#, #"{ "include_usage" : true, "x":1 }"#),
        ("{}", #"{"include_usage":true}"#), ("null", #"{"include_usage":true}"#),
    ])
    func `a client's options of a stream stay`(given: String, sent: String) async {
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.json(Self.completion)])
        func body(_ model: String, _ options: String) -> String {
            #"{"model":"\#(model)","stream":true,"stream_options":\#(options),"messages":[{"role":"user","content":"x"}]}"#
        }
        _ = await ask(gateway, body("gpt", given))
        let expected = body("claude-haiku-4-5-20251001", sent)
        #expect(upstream.requests.map { String(decoding: $0.body, as: UTF8.self) } == [expected])
    }

    @Test func `a stream that was made of a whole answer is kept as a stream`() async {
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.json(Self.completion)])
        func ask(_ more: String) async -> Reply {
            await gateway.answer(
                .messages(#"{"model":"gpt","max_tokens":9\#(more),"messages":[{"role":"user","content":"x"}]}"#)
            )
        }
        let stream = await ask(#","stream":true"#)
        #expect(await stream.text().hasPrefix("event: message_start"))
        let again = await ask(#","stream":true"#)
        #expect(again.header("X-Cache") == "HIT")
        #expect(await again.text().hasPrefix("event: message_start"))
        let plain = await ask("")
        #expect(plain.header("X-Cache") == "HIT")
        #expect(await plain.text().hasPrefix("{"))
        #expect(upstream.requests.count == 1)
    }

    @Test(arguments: [
        #""tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]"#,
        #""tool_calls" : [ {"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
        #""refusal":"No.""#, #""function_call":{"name":"f","arguments":"{}"}"#,
    ])
    func `an answer with calls is not given again, though its provider says stop`(delta: String) async {
        let chunks = [
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\(delta)},\"finish_reason\":null}]}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n",
        ]
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.stream(chunks), .stream(chunks)])
        let body = #"{"model":"gpt","stream":true,"messages":[{"role":"user","content":"x"}]}"#
        #expect(await ask(gateway, body).text() == chunks.joined())
        #expect(await ask(gateway, body).text() == chunks.joined())
        #expect(upstream.requests.count == 2)
    }

    @Test(arguments: [#""tool_calls":[]"#, #""tool_calls":null,"refusal":null,"function_call":null"#, #""refusal":"""#])
    func `an answer that only names calls is given again`(delta: String) async {
        let chunks = [
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\",\(delta)}}]}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n",
        ]
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.stream(chunks), .stream(chunks)])
        let body = #"{"model":"gpt","stream":true,"messages":[{"role":"user","content":"x"}]}"#
        _ = await ask(gateway, body).text()
        #expect(await ask(gateway, body).header("X-Cache") == "HIT")
        #expect(upstream.requests.count == 1)
    }

    @Test func `nobody is billed for a stream that is an error from its first event on`() async {
        let error = "data: {\"error\":{\"message\":\"too long\",\"type\":\"invalid_request_error\"}}\n\n"
        let (gateway, _) = Gateway.single(.openaiCompatible, [.stream([error])])
        let body = #"{"model":"gpt","stream":true,"messages":[{"role":"user","content":"x"}]}"#
        #expect(await ask(gateway, body).text() == error)
        #expect(gateway.snapshot().sinceStart.cost == .zero)
    }

    @Test(arguments: [#""code":"invalid_api_key""#, #""code":401"#, #""type":"authentication_error""#])
    func `a stream's error about the gateway's key keeps the provider's words back`(kind: String) async {
        let error = "data: {\"error\":{\"message\":\"Incorrect API key: sk-1\",\(kind)}}\n\n"
        for event in [error, "event: error\n" + error, "id: 1\r\n" + error] {
            let (gateway, _) = Gateway.single(.openaiCompatible, [.stream([event])])
            let body = #"{"model":"gpt","stream":true,"messages":[{"role":"user","content":"x"}]}"#
            let text = await ask(gateway, body).text()
            #expect(text.hasPrefix(#"data: {"error":{"message":"the backend refused the gateway's own credentials"#))
            #expect(text.hasSuffix("}\n\n"))
            #expect(!text.contains("sk-1"))
            #expect(gateway.ledger.recent(1).allSatisfy { $0.error?.contains("sk-1") == false })
        }
    }

    @Test func `a provider's own choice of servers makes another answer`() async {
        let (gateway, upstream) = Gateway.single(.openaiCompatible, [.json(Self.completion), .json(Self.completion)])
        for server in ["a", "b"] {
            let body =
                #"{"model":"gpt","provider":{"order":["\#(server)"]},"messages":[{"role":"user","content":"x"}]}"#
            #expect(await ask(gateway, body).header("X-Cache") == "MISS")
        }
        #expect(upstream.requests.count == 2)
    }

    @Test(arguments: [
        #"{"model":"gpt","mod\u0065l":"claude-opus-4-7","max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
        #"{"mod\u0065l":"gpt","max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
        #"{"model":"gpt","str\u0065am":true,"max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
        #"{"model":"gpt","syst\u0065m":"s","max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
        #"{"model":"gpt","t\u006fols":[],"max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
        #"{"model":"gpt","x":1,"\u0078":2,"max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#,
    ])
    func `a name in escapes does not pass by the gateway's reading`(body: String) async {
        for dialect in [Dialect.anthropic, .openai] {
            let (gateway, upstream) = Gateway.single(.anthropic, [.json(Self.message)])
            let reply = await gateway.answer(.messages(body), in: dialect)
            #expect(reply.status == 400)
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test(arguments: ["{}", #"{"input_tokens":null,"output_tokens":null}"#, #"{"output_tokens":"many"}"#])
    func `a usage without counts is none`(usage: String) async {
        let message = Self.message.replacing(#"{"input_tokens":10,"output_tokens":2}"#, with: usage)
        let (gateway, _) = Gateway.single(.anthropic, [.json(message)])
        let body = #"{"model":"gpt","max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#
        let reply = await gateway.answer(.messages(body))
        #expect(await reply.text() == message)
        #expect(reply.header("X-Gateway-Cost-USD") != "0.00")
        #expect(reply.header("X-Gateway-Warning") == "gpt gave no usage; the cost is an estimate")
    }

    @Test func `a stream without its beginning is begun all the same`() async {
        let events = [
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                + "{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                + "\"usage\":{\"output_tokens\":1}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ]
        let (gateway, _) = Gateway.single(.anthropic, [.stream(events)])
        let reply = await ask(gateway, #"{"model":"gpt","stream":true,"messages":[{"role":"user","content":"x"}]}"#)
        let lines = await reply.text().split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("data: {\"id\":\"chatcmpl-") || $0 == "data: [DONE]" })
        #expect(lines.count == 4)
    }

    @Test func `an answer from the cache still says what was left out of its request`() async {
        let (gateway, _) = Gateway.single(.anthropic, [.json(Self.message)])
        let body = #"{"model":"gpt","seed":7,"messages":[{"role":"user","content":"x"}]}"#
        let first = await ask(gateway, body)
        let second = await ask(gateway, body)
        #expect(second.header("X-Cache") == "HIT")
        #expect(second.header("X-Gateway-Warning") == first.header("X-Gateway-Warning"))
    }
}
