import GatewayCore
import Shared
import Testing

/// A kept answer in the other dialect, through a gateway with one Anthropic backend.
@Suite struct `Answers across dialects` {
    private static let message = ScriptedUpstream.Answer.json(
        #"{"id":"msg_01ABC","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"say \"id\":\"msg_x\""}],"#
            + #""stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":3}}"#
    )
    private static let question = #"{"model":"gpt","max_tokens":9,"messages":[{"role":"user","content":"q"}]}"#

    private static func request(_ body: String, _ path: String, id: String) -> ClientRequest {
        ClientRequest(id: id, method: "POST", path: path, body: Array(body.utf8), unixMilliseconds: 1_790_000_000_000)
    }

    @Test func `Anthropic's answer serves OpenAI's client, both ways of asking`() async throws {
        let (gateway, upstream) = Gateway.single(.anthropic, [Self.message])
        _ = await gateway.answer(Self.request(Self.question, "/v1/messages", id: "00000000000000a1"))
        let chat = await gateway.answer(
            Self.request(Self.question, "/v1/chat/completions", id: "00000000000000a2"),
            in: .openai
        )
        #expect(chat.header("x-gateway-cache") == "exact")
        let text = await chat.text()
        #expect(text.contains(#""content":"say \"id\":\"msg_x\"""#))
        #expect(text.contains(#""finish_reason":"stop""#))
        #expect(text.contains(#""total_tokens":10"#))
        #expect(!text.contains("01ABC"))
        let streamed =
            #"{"model":"gpt","max_tokens":9,"stream":true,"stream_options":{"include_usage":true},"#
            + #""messages":[{"role":"user","content":"q"}]}"#
        let stream = await gateway.answer(
            Self.request(streamed, "/v1/chat/completions", id: "00000000000000a3"),
            in: .openai
        )
        #expect(stream.header("x-gateway-cache") == "exact")
        let chunks = await stream.text()
        #expect(chunks.contains(#""prompt_tokens":7"#))
        #expect(chunks.hasSuffix("data: [DONE]\n\n"))
        #expect(upstream.requests.count == 1)
    }

    @Test func `an answer to OpenAI's client serves Anthropic's`() async throws {
        let (gateway, upstream) = Gateway.single(.anthropic, [Self.message])
        _ = await gateway.answer(
            Self.request(Self.question, "/v1/chat/completions", id: "00000000000000b1"),
            in: .openai
        )
        let reply = await gateway.answer(Self.request(Self.question, "/v1/messages", id: "00000000000000b2"))
        #expect(reply.header("x-gateway-cache") == "exact")
        let text = await reply.text()
        #expect(text.contains(#""type":"message""#))
        #expect(text.contains(#""stop_reason":"end_turn""#))
        #expect(text.contains(#""input_tokens":7"#))
        #expect(text.contains(#""output_tokens":3"#))
        let stream = await gateway.answer(
            Self.request(
                #"{"model":"gpt","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"q"}]}"#,
                "/v1/messages",
                id: "00000000000000b3"
            )
        )
        #expect(await stream.text().contains("event: message_stop"))
        #expect(upstream.requests.count == 1)
    }

    @Test func `each answer has an id of its own, and words that look like one stay`() async {
        let (gateway, _) = Gateway.single(.anthropic, [Self.message])
        _ = await gateway.answer(Self.request(Self.question, "/v1/messages", id: "00000000000000c1"))
        let second = await gateway.answer(Self.request(Self.question, "/v1/messages", id: "00000000000000c2"))
        let text = await second.text()
        #expect(text.contains(#""id":"msg_00000000000000c2""#))
        #expect(text.contains(#"say \"id\":\"msg_x\""#))
        let third = await gateway.answer(Self.request(Self.question, "/v1/messages", id: "00000000000000c3"))
        #expect(await third.text().contains(#""id":"msg_00000000000000c3""#))
    }
}
