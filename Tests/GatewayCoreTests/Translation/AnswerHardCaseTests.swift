import Foundation
import GatewayCore
import Shared
import Testing

/// What servers do that no specification allows.
@Suite struct `Answers that are hard to read` {
    private func chunk(_ delta: String, _ reason: String = "null", _ more: String = "") -> String {
        #"data: {"id":"c","model":"m","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]\#(more)}"#
            + "\n\n"
    }

    private func call(_ index: Int, _ members: String) -> String {
        chunk(#"{"tool_calls":[{"index":\#(index),\#(members)}]}"#)
    }

    private let done = "data: [DONE]\n\n"

    /// The message that an Anthropic client puts together.
    private func message(_ stream: String, from wire: BackendWire = .openai) throws -> [String: Any] {
        let run = try PassageRun(Array(stream.utf8), from: wire, to: .anthropic)
        let body = try #require(AnthropicReplay.json(fromStream: run.out))
        return try #require(parsedJSON(body) as? [String: Any])
    }

    private func blocks(_ stream: String) throws -> NSArray {
        try #require(message(stream)["content"] as? NSArray)
    }

    private func json(_ text: String) throws -> NSArray { try #require(parsedJSON(text) as? NSArray) }

    // MARK: Streams

    @Test func `text between the arguments of a call waits for its block`() throws {
        let stream =
            call(0, #""id":"a","function":{"name":"f","arguments":"{\"x\""}"#) + chunk(#"{"content":"aside"}"#)
            + call(0, #""function":{"arguments":":1}"}"#) + chunk("{}", #""tool_calls""#) + done
        #expect(
            try blocks(stream)
                == json(
                    #"[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"text","text":"aside"}]"#
                )
        )
    }

    @Test func `several whole calls in one delta, without ids or numbers`() throws {
        let stream =
            chunk(
                #"{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},"#
                    + #"{"function":{"name":"g","arguments":{"n":12345678901234567890}}}]}"#
            ) + chunk("{}", #""stop""#) + done
        let out = try PassageRun(Array(stream.utf8), from: .openai, to: .anthropic).text
        #expect(out.contains(#""id":"call_fx_0","name":"f""#))
        #expect(out.contains(#""id":"call_fx_1","name":"g""#))
        #expect(out.contains(#""partial_json":"{\"n\":12345678901234567890}""#), "digits are copied")
        #expect(out.contains(#""stop_reason":"tool_use""#), "whatever the reason says")
    }

    @Test func `one number for calls with ids of their own`() throws {
        let stream =
            call(0, #""id":"a","function":{"name":"f","arguments":"{}"}"#)
            + call(0, #""id":"b","function":{"name":"f","arguments":"{\"n\":1}"}"#) + chunk("{}", #""stop""#) + done
        #expect(
            try blocks(stream)
                == json(
                    #"[{"type":"tool_use","id":"a","name":"f","input":{}},"#
                        + #"{"type":"tool_use","id":"b","name":"f","input":{"n":1}}]"#
                )
        )
    }

    @Test func `a name that comes late, and arguments that are null`() throws {
        let stream =
            call(0, #""id":"a","function":{"arguments":"{\"x\":"}"#)
            + call(0, #""function":{"name":"f","arguments":"1}"}"#)
            + call(0, #""function":{"name":"f","arguments":null}"#) + chunk("{}", #""tool_calls""#) + done
        #expect(try blocks(stream) == json(#"[{"type":"tool_use","id":"a","name":"f","input":{"x":1}}]"#))
    }

    @Test(arguments: [
        ("not json", #"{"_raw_arguments":"not json"}"#), ("[1]", #"{"_raw_arguments":"[1]"}"#), ("", "{}"),
        (#" \n"#, "{}"), (#"\"a\""#, #"{"_raw_arguments":"\"a\""}"#), ("null", #"{"_raw_arguments":"null"}"#),
    ])
    func `arguments that are no object`(_ arguments: String, _ input: String) throws {
        let stream =
            call(0, #""id":"a","function":{"name":"f","arguments":"\#(arguments)"}"#) + chunk("{}", #""stop""#) + done
        let block = #"[{"type":"tool_use","id":"a","name":"f","input":\#(input)}]"#
        #expect(try blocks(stream) == json(block))
        let whole = try AnswerTranslation.whole(
            Array(
                #"{"id":"c","model":"m","choices":[{"message":{"content":null,"tool_calls":[{"id":"a","function":"#.utf8
            ) + Array(#"{"name":"f","arguments":"\#(arguments)"}}]},"finish_reason":"stop"}]}"#.utf8),
            from: .openai,
            to: .anthropic,
            context: AnswerFixtures.context
        )
        let content = (try parsedJSON(whole.body) as? [String: Any])?["content"] as? NSArray
        #expect(try content == json(block))
        #expect(whole.stopReason == "tool_use" && !whole.hasUsage)
    }

    @Test(arguments: [
        #"{\"a\": "#, #"{\"a\":\"line\#nbreak\"}"#, #"{\"a\":\"\\q\"}"#,
        String(repeating: #"{\"a\":"#, count: 300) + "1" + String(repeating: "}", count: 300),
    ])
    func `broken or bottomless arguments of a whole answer are kept as text`(_ arguments: String) throws {
        let whole = try AnswerTranslation.whole(
            Array(
                #"{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"\#(arguments)"}}]}}]}"#
                    .utf8
            ),
            from: .openai,
            to: .anthropic,
            context: AnswerFixtures.context
        )
        let text = try parsedJSON(#"{"t":"\#(arguments.replacing("\n", with: #"\n"#))"}"#) as? [String: String]
        let content = try #require((try parsedJSON(whole.body) as? [String: Any])?["content"] as? [[String: Any]])
        #expect(content.count == 1)
        #expect(content[0]["input"] as? [String: String] == ["_raw_arguments": try #require(text?["t"])])
    }

    @Test func `a fake stream with the message whole`() throws {
        let stream =
            #"data: {"id":"c","model":"m","choices":[{"index":0,"message":{"content":"hi","#
            + #""reasoning":"hm","tool_calls":[{"id":"x y","function":{"name":"f","arguments":""}}]},"#
            + #""finish_reason":"eos"}],"usage":{"prompt_tokens":5,"completion_tokens":3}}"# + "\n\n"
        #expect(
            try blocks(stream)
                == json(
                    #"[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"hi"},"#
                        + #"{"type":"tool_use","id":"x_y","name":"f","input":{}}]"#
                )
        )
        #expect(try message(stream)["stop_reason"] as? String == "tool_use")
    }

    @Test func `length stays length though calls were made: the last may be cut off`() throws {
        let stream =
            call(0, #""id":"a","function":{"name":"f","arguments":"{\"x\":\"un"}"#) + chunk("{}", #""length""#) + done
        let run = try PassageRun(Array(stream.utf8), from: .openai, to: .anthropic)
        #expect(run.passage.stopReason == "max_tokens")
        #expect(run.text.contains(#""partial_json":"{\"x\":\"un""#))
    }

    @Test func `a stream without its mark is whole once it gave a reason, and only then`() throws {
        let text = chunk(#"{"content":"hi"}"#)
        for dialect in Dialect.allCases {
            let whole = try PassageRun(Array((text + chunk("{}", #""stop""#)).utf8), from: .openai, to: dialect)
            #expect(whole.passage.isComplete)
            #expect(whole.text.hasSuffix(dialect == .openai ? done : "data: {\"type\":\"message_stop\"}\n\n"))
            let cut = try PassageRun(Array(text.utf8), from: .openai, to: dialect)
            #expect(!cut.passage.isComplete && cut.passage.error == nil)
            #expect(!cut.text.contains("[DONE]") && !cut.text.contains("message_stop"))
            let bare = try PassageRun(Array((text + "data: [DONE]").utf8), from: .openai, to: dialect)
            #expect(bare.passage.isComplete, "the last blank line is missing")
        }
    }

    @Test func `what follows the end tells nothing`() throws {
        let stream = chunk(#"{"content":"hi"}"#) + chunk("{}", #""stop""#) + done + chunk(#"{"content":"no"}"#)
        #expect(try blocks(stream) == json(#"[{"type":"text","text":"hi"}]"#))
    }

    @Test func `an event that is no JSON ends the answer with an error`() throws {
        let stream = chunk(#"{"content":"hi"}"#) + "data: <html>\n\n" + chunk("{}", #""stop""#) + done
        let run = try PassageRun(Array(stream.utf8), from: .openai, to: .anthropic)
        #expect(run.passage.error?.hasPrefix("api_error: the provider sent invalid JSON at byte 0") == true)
        #expect(run.text.contains("event: error") && !run.text.contains("message_stop"))
    }

    @Test(arguments: [
        #"{"type":"content_block_delta"}"#, #"{"type":7}"#, #"{"choices":[7,null]}"#, #"{"choices":{"a":1}}"#,
        #"{"choices":[{"delta":[]}]}"#, #"{"choices":[{"delta":{"content":{"a":[1]},"tool_calls":[1,{},[]]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":{"a":1},"reasoning":5},"finish_reason":[]}],"usage":[]}"#,
        #"{"usage":{"prompt_tokens":-5,"completion_tokens":1e999,"prompt_tokens_details":7}}"#, #"{"error":false}"#,
        #"{"message":{"tool_calls":[{"function":"f"},{"function":{"name":7}}]},"done":"yes"}"#,
        #"{"type":"message_delta","delta":7,"usage":"x"}"#, #"{"type":"content_block_start","content_block":[]}"#,
        #"{"message":{"content":7,"thinking":[]},"done":true,"eval_count":99999999999999999999999}"#,
        #"{"type":"message_start","message":{"id":7,"usage":{"input_tokens":9223372036854775807}}}"#,
        #"{"choices":[{"index":99999999999999999999,"delta":{"tool_calls":[{"index":-9223372036854775808}]}}]}"#,
    ])
    func `wrong types anywhere are survived`(_ payload: String) throws {
        for dialect in Dialect.allCases {
            for wire in BackendWire.allCases {
                let stream = wire == .ollama ? payload + "\n" : "event: message_start\ndata: \(payload)\n\n"
                let run = try PassageRun(Array((stream + stream).utf8), from: wire, to: dialect)
                #expect(run.passage.usage.totalInput >= 0 && run.passage.estimatedUsage.output >= 0)
                _ = try? AnswerTranslation.whole(
                    Array(payload.utf8),
                    from: wire,
                    to: dialect,
                    context: AnswerFixtures.context
                )
            }
        }
    }

    @Test func `more calls than any answer has end it`() throws {
        let many = (0..<1_025).map { call($0, #""id":"c\#($0)","function":{"name":"f","arguments":"{}"}"#) }.joined()
        let lines = (0..<1_025).map { _ in #"{"message":{"tool_calls":[{"function":{"name":"f"}}]}}"# + "\n" }.joined()
        let blocks = (0..<1_025).map {
            #"data: {"type":"content_block_start","index":\#($0),"content_block":{"type":"tool_use","id":"i","#
                + #""name":"f","input":{}}}"# + "\n\n"
        }.joined()
        for (wire, stream) in [(BackendWire.openai, many), (.ollama, lines), (.anthropic, blocks)] {
            let run = try PassageRun(Array(stream.utf8), from: wire, to: wire == .anthropic ? .openai : .anthropic)
            #expect(run.passage.error == "api_error: the provider sent more than 1024 tool calls")
            #expect(!run.passage.isComplete)
        }
    }

    @Test func `only the first of several choices is told`() throws {
        let stream =
            #"data: {"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"A"}}]}"# + "\n\n"
            + chunk("{}", #""stop""#) + done
        #expect(try blocks(stream) == json(#"[{"type":"text","text":"A"}]"#))
    }

    @Test func `usage wherever it comes, and an estimate where it never does`() throws {
        let usage = #","usage":{"prompt_tokens":30,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":20}}"#
        let text = chunk(#"{"content":"0123456789abcdef"}"#)
        let told = TokenUsage(input: 10, cacheRead: 20, output: 4)
        for stream in [
            text + chunk("{}", #""stop""#, usage) + done,
            text + chunk("{}", #""stop""#) + #"data: {"choices":[]\#(usage)}"# + "\n\n" + done,
        ] {
            for dialect in Dialect.allCases {
                let run = try PassageRun(Array(stream.utf8), from: .openai, to: dialect)
                #expect(run.passage.usage == told && run.passage.hasFinalUsage)
            }
        }
        var context = AnswerFixtures.context
        context.estimatedInputTokens = 77
        let none = Array((text + chunk("{}", #""stop""#) + done).utf8)
        let run = try PassageRun(none, from: .openai, to: .anthropic, context)
        #expect(!run.passage.hasFinalUsage)
        #expect(run.passage.estimatedUsage == TokenUsage(input: 77, output: 4), "16 bytes of content")
        #expect(run.text.contains(#""usage":{"input_tokens":77,"output_tokens":0}"#), "at the head")
        #expect(run.text.contains(#""input_tokens":77,"cache_creation_input_tokens":0,"#), "at the end")
        let passed = try PassageRun(none, from: .openai, to: .openai, context)
        #expect(!passed.passage.hasFinalUsage && passed.passage.estimatedUsage.input == 77)
    }

    @Test func `Ollama without a count of the prompt, and with text that breaks lines`() throws {
        let stream =
            #"{"model":"q","message":{"content":"a\u2028b\#u{2028}c"},"done":false}"# + "\r\n\n"
            + #"{"model":"q","message":{"content":""},"done":true,"done_reason":"load","eval_count":2}"#
        var context = AnswerFixtures.context
        context.estimatedInputTokens = 9
        let run = try PassageRun(Array(stream.utf8), from: .ollama, to: .anthropic, context)
        #expect(run.passage.usage == TokenUsage(input: 9, output: 2))
        #expect(run.passage.stopReason == "end_turn")
        #expect(run.text.contains(#""text":"a\u2028b\u2028c""#))
    }

    // MARK: Bytes

    @Test func `escapes are copied, and what is no text is mended`() throws {
        let source =
            Array(#"data: {"choices":[{"delta":{"content":"\ud83d\ude00 \uD800 \u0000 \/ é \q "#.utf8) + [0xFF, 0xC3]
            + Array(#""},"finish_reason":"stop"}]}"#.utf8) + Array("\n\n\(done)".utf8)
        for size in PassageRun.cuts() {
            let run = try PassageRun(source, from: .openai, to: .anthropic, size: size)
            #expect(run.text.contains(#""text":"\ud83d\ude00 \uD800 \u0000 \/ é \\q \#u{FFFD}\#u{FFFD}""#))
            #expect(String(validating: run.out, as: UTF8.self) != nil)
        }
    }

    @Test func `names that were shortened for the provider come back`() throws {
        var context = AnswerFixtures.context
        context.toolNames = ["short_1": "a \"long\" name"]
        let stream = #"{"message":{"tool_calls":[{"function":{"name":"short_1","arguments":{}}}]},"done":true}"#
        for dialect in Dialect.allCases {
            let run = try PassageRun(Array(stream.utf8), from: .ollama, to: dialect, context)
            #expect(run.text.contains(#""name":"a \"long\" name""#))
        }
    }

    @Test func `a refusal is told in the model's own words`() throws {
        let stream = try AnswerFixtures.bytes("a13-stream-refusal.sse")
        let run = try PassageRun(stream, from: .anthropic, to: .openai)
        #expect(run.text.contains(#""delta":{"refusal":"declined by policy"}"#))
        #expect(run.text.contains(#""finish_reason":"content_filter""#))
        #expect(run.passage.stopReason == "refusal")
    }

    // MARK: The same dialect

    @Test func `the usage chunk that only the gateway asked for is withheld, and nothing else`() throws {
        var context = AnswerFixtures.context
        context.wantsUsageChunk = false
        let source = try AnswerFixtures.bytes("o06-stream-text-usage.sse")
        let events = String(decoding: source, as: UTF8.self).components(separatedBy: "\n\n")
        let expected = events.filter { !$0.contains(#""choices":[]"#) }.joined(separator: "\n\n")
        #expect(events.count == 9 && expected.count < source.count)
        for size in PassageRun.cuts() {
            let run = try PassageRun(source, from: .openai, to: .openai, context, size: size)
            #expect(run.text == expected)
            #expect(run.passage.usage == TokenUsage(input: 10, output: 8) && run.passage.hasFinalUsage)
        }
        for name in ["o08-stream-reasoning-content.sse", "o10-stream-messy.sse"] {
            let other = try AnswerFixtures.bytes(name)
            #expect(try PassageRun(other, from: .openai, to: .openai, context).out == other, "usage with a choice")
        }
    }

    @Test func `lines on which OpenAI's clients fail are left out`() throws {
        let text = #"{"choices":[{"delta":{"content":"hi id: 7"}}]}"#
        let source =
            "retry: 100\n\n: hello\nevent: ping\n\nid: 1\ndata: \(text)\nretry: 5\n\nevent: x\ndata:\n\n"
            + "data: \(text)\r\n\r\nid\n\ndata: [DONE]\n\n"
        let expected = ": hello\n\ndata: \(text)\n\ndata: \(text)\r\n\r\ndata: [DONE]\n\n"
        for size in PassageRun.cuts() {
            let run = try PassageRun(Array(source.utf8), from: .openai, to: .openai, size: size)
            #expect(run.text == expected)
            #expect(run.passage.isComplete)
        }
    }

    @Test func `a byte order mark is left out`() throws {
        let rest = chunk(#"{"content":"hi"}"#) + chunk("{}", #""stop""#) + done
        for size in PassageRun.cuts() {
            let marked = [0xEF, 0xBB, 0xBF] + Array(rest.utf8)
            #expect(try PassageRun(marked, from: .openai, to: .openai, size: size).text == rest)
            let translated = try PassageRun(marked, from: .openai, to: .anthropic, size: size).out
            #expect(try translated == PassageRun(Array(rest.utf8), from: .openai, to: .anthropic).out)
        }
    }

    @Test func `words of the envelope inside the text are text`() throws {
        let text = #"{\"usage\": {\"x\":1}, \"error\": {\"message\":\"no\"}, \"finish_reason\":\"stop\"}"#
        let run = try PassageRun(Array(chunk(#"{"content":"\#(text)"}"#).utf8), from: .openai, to: .openai)
        #expect(run.passage.error == nil && run.passage.stopReason == nil && !run.passage.hasFinalUsage)
        #expect(run.passage.hasStarted)
    }

    @Test func `arguments without end are refused at a bound`() throws {
        var passage = AnswerTranslation.passage(from: .openai, to: .anthropic, context: AnswerFixtures.context)
        let long = String(repeating: "x", count: 4_194_304)
        let piece = Array(call(0, #""id":"a","function":{"name":"f","arguments":"\#(long)"}"#).utf8)
        for round in 0..<18 where passage.error == nil {
            _ = try passage.append(piece)
            #expect((passage.error == nil) == (round < 17), "16 times 4 MiB are at the bound, 17 beyond it")
        }
        #expect(passage.error == "api_error: the provider's answer does not end")
    }

    @Test func `a stream without end is refused at a bound`() throws {
        for wire in BackendWire.allCases {
            var passage = AnswerTranslation.passage(from: wire, to: .openai, context: AnswerFixtures.context)
            #expect(throws: EventStreamSplitter.EventTooLong.self) {
                for _ in 0..<9 { _ = try passage.append([UInt8](repeating: 0x61, count: 1_048_576)) }
            }
        }
    }
}
