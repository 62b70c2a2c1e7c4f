import Foundation
import GatewayCore
import Shared
import Testing

@Suite struct `Whole answers` {
    private func whole(_ body: String, _ wire: BackendWire, _ dialect: Dialect) throws(AnswerProblem)
        -> TranslatedAnswer
    {
        try AnswerTranslation.whole(Array(body.utf8), from: wire, to: dialect, context: AnswerFixtures.context)
    }

    @Test func `what is no answer is said to be none`() {
        for wire in BackendWire.allCases {
            for dialect in Dialect.allCases {
                #expect(throws: AnswerProblem.notAnAnswer("expected a JSON object, got an empty body")) {
                    try whole("", wire, dialect)
                }
                let page = "<html>" + String(repeating: "x", count: 300)
                #expect(throws: AnswerProblem.notAnAnswer("expected a JSON object, got \(page.prefix(200))")) {
                    try whole(page, wire, dialect)
                }
                #expect(throws: AnswerProblem.providerError) {
                    try whole(#"{"error":{"message":"no"}}"#, wire, dialect)
                }
                #expect(throws: AnswerProblem.providerError) { try whole(#"{"error":"no"}"#, wire, dialect) }
                #expect(throws: AnswerProblem.self) {
                    try whole(#"{"choices":[],"content":7,"message":[]}"#, wire, dialect)
                }
            }
        }
    }

    @Test(arguments: ["o01-plain", "o02-parallel-tools", "o04-json-schema", "o05-refusal"])
    func `OpenAI's own bytes pass to its clients`(_ name: String) throws {
        let body = try AnswerFixtures.bytes(name + ".response.json")
        let answer = try AnswerTranslation.whole(body, from: .openai, to: .openai, context: AnswerFixtures.context)
        #expect(answer.body == body)
        #expect(answer.hasUsage && answer.usage.totalInput > 0 && answer.usage.output > 0)
        let reasons = ["o02-parallel-tools": "tool_use", "o05-refusal": "refusal"]
        #expect(answer.stopReason == reasons[name, default: "end_turn"])
    }

    @Test(arguments: ["a01-plain", "a03-parallel-tools", "a05-image-document", "a06-thinking"])
    func `Anthropic's own bytes pass to its clients`(_ name: String) throws {
        let body = try AnswerFixtures.bytes(name + ".response.json")
        let answer = try AnswerTranslation.whole(
            body,
            from: .anthropic,
            to: .anthropic,
            context: AnswerFixtures.context
        )
        #expect(answer.body == body && answer.hasUsage)
        #expect(answer.usage == AnthropicAnswer(parsing: body).usage)
    }

    @Test(arguments: [
        ("a08-stream-text.sse", BackendWire.anthropic), ("a09-stream-thinking-text-tool.sse", .anthropic),
        ("a10-stream-parallel-tools.sse", .anthropic), ("a16-stream-server-tool.sse", .anthropic),
        ("a13-stream-refusal.sse", .anthropic),
    ])
    func `a stream and its whole answer come to the same for an OpenAI client`(_ name: String, _ wire: BackendWire)
        throws
    {
        let stream = try AnswerFixtures.bytes(name)
        let message = try #require(AnthropicReplay.json(fromStream: stream))
        let context = AnswerFixtures.context
        let whole = try AnswerTranslation.whole(message, from: wire, to: .openai, context: context)
        let run = try PassageRun(stream, from: wire, to: .openai)
        let assembled = try #require(
            AnswerTranslation.replay(
                run.out,
                in: .openai,
                isStream: true,
                asStream: false,
                usage: TokenUsage(),
                context: context
            )
        )
        #expect(try parsedJSON(assembled) == parsedJSON(whole.body))
        #expect(run.passage.usage == whole.usage && run.passage.stopReason == whole.stopReason)
    }

    @Test func `an answer that was written on several lines becomes a stream whose events are whole`() throws {
        let spread =
            "{\n \"id\": \"msg_1\",\r\n \"content\": [\n  {\"type\": \"tool_use\", \"id\": \"t\", \"name\": \"f\",\n   \"input\":"
            + " {\n \"a\":\n 1}}],\n \"stop_reason\": \"tool_use\",\n \"usage\": {\n  \"output_tokens\": 2}\n}"
        let stream = try #require(AnthropicReplay.stream(fromJSON: Array(spread.utf8)))
        let message = try #require(AnthropicReplay.json(fromStream: stream))
        let expected =
            #"{"id":"msg_1","stop_reason":"tool_use","stop_sequence":null,"#
            + #""content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"usage":{"output_tokens":2}}"#
        #expect(try parsedJSON(message) == parsedJSON(Array(expected.utf8)))
    }

    @Test func `a stream whose tool was given no JSON is no whole answer`() {
        let stream = #"""
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","content":[]}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}

            event: message_stop
            data: {"type":"message_stop"}


            """#
        #expect(AnthropicReplay.json(fromStream: Array(stream.utf8)) == nil)
    }

    @Test(arguments: ["o06-stream-text-usage", "o07-stream-tools", "o08-stream-reasoning-content", "o10-stream-messy"])
    func `a stream and its whole answer come to the same for an Anthropic client`(_ name: String) throws {
        let stream = try AnswerFixtures.bytes(name + ".sse")
        let context = AnswerFixtures.context
        let completion = try #require(
            AnswerTranslation.replay(
                stream,
                in: .openai,
                isStream: true,
                asStream: false,
                usage: TokenUsage(),
                context: context
            )
        )
        let whole = try AnswerTranslation.whole(completion, from: .openai, to: .anthropic, context: context)
        let run = try PassageRun(stream, from: .openai, to: .anthropic)
        #expect(try parsedJSON(#require(AnthropicReplay.json(fromStream: run.out))) == parsedJSON(whole.body))
        #expect(run.passage.usage == whole.usage && run.passage.stopReason == whole.stopReason)
    }

    @Test func `Ollama's whole answer, for both dialects`() throws {
        let body = """
            {"model":"qwen3:8b","message":{"role":"assistant","content":"Hi \\u00e9","thinking":"Hm","tool_calls":[
            {"function":{"name":"f","arguments":{"z":1.50,"a":12345678901234567890}}}]},
            "done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":3}
            """
        let anthropic = try whole(body, .ollama, .anthropic)
        #expect(
            String(decoding: anthropic.body, as: UTF8.self) == """
                {"id":"msg_fx","type":"message","role":"assistant","model":"qwen3:8b","content":[\
                {"type":"thinking","thinking":"Hm","signature":""},{"type":"text","text":"Hi \\u00e9"},\
                {"type":"tool_use","id":"call_fx_0","name":"f","input":{"z":1.50,"a":12345678901234567890}}],\
                "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":3,\
                "cache_creation_input_tokens":0,"cache_read_input_tokens":0}}
                """
        )
        let openAI = try whole(body, .ollama, .openai)
        #expect(
            String(decoding: openAI.body, as: UTF8.self) == """
                {"id":"chatcmpl-fx","object":"chat.completion","created":0,"model":"qwen3:8b","choices":[{"index":0,\
                "message":{"role":"assistant","content":"Hi \\u00e9","refusal":null,"reasoning_content":"Hm",\
                "tool_calls":[{"id":"call_fx_0","type":"function","function":{"name":"f",\
                "arguments":"{\\"z\\":1.50,\\"a\\":12345678901234567890}"}}]},"logprobs":null,\
                "finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,\
                "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},\
                "completion_tokens_details":{"reasoning_tokens":0}}}
                """
        )
        #expect(anthropic.usage == TokenUsage(input: 5, output: 3) && openAI.stopReason == "tool_use")
    }

    @Test(arguments: [
        ("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal"), ("tool_calls", "tool_use"),
        ("function_call", "tool_use"), ("eos", "end_turn"),
    ])
    func `reasons in Anthropic's words`(_ reason: String, _ stop: String) throws {
        let answer = try whole(
            #"{"choices":[{"message":{"content":"x"},"finish_reason":"\#(reason)"}]}"#,
            .openai,
            .anthropic
        )
        #expect(answer.stopReason == stop)
        #expect(String(decoding: answer.body, as: UTF8.self).contains(#""stop_reason":"\#(stop)""#))
    }

    @Test(arguments: [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("pause_turn", "stop"), ("tool_use", "tool_calls"),
        ("max_tokens", "length"), ("model_context_window_exceeded", "length"), ("refusal", "content_filter"),
        ("something_new", "stop"),
    ])
    func `reasons in OpenAI's words`(_ stop: String, _ reason: String) throws {
        let answer = try whole(
            #"{"id":"m","content":[],"stop_reason":"\#(stop)","usage":{"input_tokens":1,"output_tokens":2}}"#,
            .anthropic,
            .openai
        )
        #expect(String(decoding: answer.body, as: UTF8.self).contains(#""finish_reason":"\#(reason)""#))
        #expect(answer.stopReason == stop)
    }
}

@Suite struct `Kept OpenAI answers` {
    private func replay(
        _ body: [UInt8],
        isStream: Bool,
        asStream: Bool,
        usage: TokenUsage = TokenUsage(input: 3, output: 2),
        wantsUsage: Bool = true
    ) -> [UInt8]? {
        var context = AnswerFixtures.context
        context.wantsUsageChunk = wantsUsage
        return AnswerTranslation.replay(
            body,
            in: .openai,
            isStream: isStream,
            asStream: asStream,
            usage: usage,
            context: context
        )
    }

    @Test(arguments: ["o01-plain", "o02-parallel-tools", "o03-tool-results-image", "o04-json-schema", "o05-refusal"])
    func `go to a stream and back with nothing lost`(_ name: String) throws {
        let body = try AnswerFixtures.bytes(name + ".response.json")
        let stream = try #require(replay(body, isStream: false, asStream: true))
        #expect(stream.suffix(14).elementsEqual("data: [DONE]\n\n".utf8))
        let back = try #require(replay(stream, isStream: true, asStream: false))
        // Members that are null or empty may be left out on the way.
        func level(_ value: NSObject) -> NSObject {
            guard let object = value as? [String: Any] else {
                return (value as? [NSObject]).map { $0.map(level) as NSArray } ?? value
            }
            return object.compactMapValues { $0 as? NSObject }.filter { !($0.value is NSNull) }
                .filter { ($0.value as? NSArray)?.count != 0 }.mapValues(level) as NSDictionary
        }
        #expect(try level(parsedJSON(back)) == level(parsedJSON(body)))
    }

    @Test func `a stream keeps its provider's spelling`() throws {
        let body = Array(
            #"""
            {"id":"c","object":"chat.completion","created":7,"model":"m","service_tier":"default","choices":[
            {"index":0,"message":{"role":"assistant","content":"a\u00e9","reasoning":"r"},"finish_reason":"eos"}],
            "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,
            "odd":1.0}}
            """#.utf8
        )
        let head =
            #"data: {"id":"c","object":"chat.completion.chunk","created":7,"model":"m","service_tier":"default","#
            + #""choices":["#
        func chunk(_ delta: String, _ reason: String = "null") -> String {
            head + #"{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(reason)}]}"# + "\n\n"
        }
        let stream = try #require(replay(body, isStream: false, asStream: true, wantsUsage: false))
        #expect(
            String(decoding: stream, as: UTF8.self) == chunk(#"{"role":"assistant","content":""}"#)
                + chunk(#"{"reasoning":"r"}"#) + chunk(#"{"content":"a\u00e9"}"#) + chunk("{}", #""eos""#)
                + "data: [DONE]\n\n"
        )
        let counted = try #require(replay(body, isStream: false, asStream: true))
        let usage = #"],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5, "odd":1.0}}"#
        #expect(String(decoding: counted, as: UTF8.self).contains(head + usage + "\n\n"))
    }

    @Test func `the same form comes back as it is, but for the usage chunk`() throws {
        let body = try AnswerFixtures.bytes("o01-plain.response.json")
        #expect(replay(body, isStream: false, asStream: false) == body)
        let stream = try AnswerFixtures.bytes("o06-stream-text-usage.sse")
        #expect(replay(stream, isStream: true, asStream: true) == stream)
        let without = try #require(replay(stream, isStream: true, asStream: true, wantsUsage: false))
        #expect(!String(decoding: without, as: UTF8.self).contains("usage"))
        let known = TokenUsage(input: 3, output: 2)
        let with = try #require(replay(without, isStream: true, asStream: true, usage: known))
        #expect(String(decoding: with, as: UTF8.self).contains(#""prompt_tokens":3,"completion_tokens":2"#))
    }

    @Test(arguments: [
        #"{"choices":[{"message":{"content":"x"},"logprobs":{"content":[]}}]}"#,
        #"{"choices":[{"message":{"content":"x"}},{"index":1,"message":{"content":"y"}}]}"#,
        #"{"choices":[{"message":{"content":"x","annotations":[{"type":"url_citation"}]}}]}"#,
        #"{"choices":[{"message":{"content":null,"audio":{"id":"a"}}}]}"#,
        #"{"choices":[{"message":{"tool_calls":[{"id":"c","type":"custom","custom":{"name":"f","input":"x"}}]}}]}"#,
        #"{"choices":[{"message":{"content":[{"type":"text","text":"x"}]}}]}"#,
        #"{"choices":[{"message":{"content":null,"function_call":{"name":"f","arguments":"{}"}}}]}"#,
        #"{"error":{"message":"no"},"choices":[{"message":{"content":"x"}}]}"#, "{}", "<html>", "",
    ])
    func `what the events cannot carry is not replayed`(_ body: String) {
        let finished = body.replacing("\"message\":", with: "\"finish_reason\":\"stop\",\"message\":")
        #expect(replay(Array(finished.utf8), isStream: false, asStream: true) == nil)
    }

    @Test func `a stream that is not whole is not replayed`() throws {
        let stream = try AnswerFixtures.bytes("o06-stream-text-usage.sse")
        #expect(replay(Array(stream.prefix(900)), isStream: true, asStream: false) == nil)
    }
}
