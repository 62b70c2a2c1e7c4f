import Foundation
import GatewayCore
import Shared
import Testing

@Suite struct `Answers against the recorded ones` {
    @Test(arguments: [
        "a08-stream-text", "a09-stream-thinking-text-tool", "a10-stream-parallel-tools", "a11-stream-error-midway",
        "a12-stream-stop-sequence", "a14-stream-crlf-utf8-multiline", "a16-stream-server-tool",
    ])
    func `Anthropic's streams become OpenAI's, however they are cut`(_ name: String) throws {
        let source = try AnswerFixtures.bytes(name + ".sse")
        let golden = try ParsedEvent.all(in: AnswerFixtures.bytes("t-\(name)-as-openai.sse"))
        #expect(golden.count > 2)
        let whole = try PassageRun(source, from: .anthropic, to: .openai)
        #expect(try ParsedEvent.all(in: whole.out) == golden)
        #expect(whole.passage.isComplete == !name.contains("error"))
        for size in PassageRun.cuts() {
            #expect(try PassageRun(source, from: .anthropic, to: .openai, size: size).out == whole.out)
        }
    }

    @Test func `an answer that is cut off is told so by whoever relays it`() throws {
        let source = try AnswerFixtures.bytes("a15-stream-truncated.sse")
        let golden = try ParsedEvent.all(in: AnswerFixtures.bytes("t-a15-stream-truncated-as-openai.sse"))
        for size in PassageRun.cuts() {
            let run = try PassageRun(source, from: .anthropic, to: .openai, size: size)
            #expect(try ParsedEvent.all(in: run.out) == golden.dropLast())
            #expect(!run.passage.isComplete && run.passage.error == nil && run.passage.hasStarted)
            #expect(!run.passage.hasFinalUsage)
            #expect(run.passage.estimatedUsage == TokenUsage(input: 12, output: 2), "10 bytes of content")
        }
    }

    @Test(arguments: [
        ("o06-stream-text-usage", "msg_c6"), ("o07-stream-tools", "msg_c7"),
        ("o08-stream-reasoning-content", "msg_c8"), ("o09-stream-ollama-style", "msg_c9"),
        ("o10-stream-messy", "msg_c10"), ("o11-stream-error-midway", "msg_c11"),
        ("t-overlapping-tools-src", "msg_c"),
    ])
    func `OpenAI's streams become Anthropic's, however they are cut`(_ name: String, _ id: String) throws {
        let source = try AnswerFixtures.bytes(name + ".sse")
        let goldenName = name.hasPrefix("t-") ? "t-overlapping-tools-as-anthropic" : "t-\(name)-as-anthropic"
        // Where the provider counted nothing, the reference says zero and the gateway estimates.
        let isCounted = !["o09-stream-ollama-style", "t-overlapping-tools-src"].contains(name)
        func level(_ event: inout [String: Any]) {
            if !isCounted, event["type"] as? String == "message_delta" { event["usage"] = nil }
        }
        let golden = try ParsedEvent.all(in: AnswerFixtures.bytes(goldenName + ".sse")) { event in
            if var message = event["message"] as? [String: Any] {
                message["id"] = id
                event["message"] = message
            }
            level(&event)
        }
        let whole = try PassageRun(source, from: .openai, to: .anthropic)
        #expect(try ParsedEvent.all(in: whole.out, level) == golden)
        #expect(whole.passage.isComplete == !name.contains("error"))
        for size in PassageRun.cuts() {
            #expect(try PassageRun(source, from: .openai, to: .anthropic, size: size).out == whole.out)
        }
    }

    @Test func `Ollama's lines become Anthropic's events, however they are cut`() throws {
        let source = try AnswerFixtures.bytes("l02-chat-stream-think-tools.ndjson")
        let golden = try AnswerFixtures.bytes("t-l02-as-anthropic.sse")
        for size in PassageRun.cuts() {
            let run = try PassageRun(source, from: .ollama, to: .anthropic, size: size)
            #expect(run.text == String(decoding: golden, as: UTF8.self))
            #expect(run.passage.usage == TokenUsage(input: 14, output: 7))
            #expect(run.passage.stopReason == "tool_use" && run.passage.hasFinalUsage)
        }
    }

    @Test func `Ollama's lines become OpenAI's chunks, however they are cut`() throws {
        let source = try AnswerFixtures.bytes("l01-chat-stream.ndjson")
        let chunk = #"{"id":"chatcmpl-fx","object":"chat.completion.chunk","created":0,"model":"qwen3:8b","choices":["#
        func content(_ delta: String, _ reason: String = "null") -> String {
            #"data: \#(chunk){"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(reason)}],"usage":null}"#
                + "\n\n"
        }
        let expected =
            content(#"{"role":"assistant","content":""}"#) + content(#"{"content":"One"}"#)
            + content(#"{"content":", two"}"#) + content("{}", #""stop""#)
            + #"data: \#(chunk)],"usage":{"prompt_tokens":14,"completion_tokens":7,"total_tokens":21,"#
            + #""prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"#
            + #""completion_tokens_details":{"reasoning_tokens":0}}}"# + "\n\ndata: [DONE]\n\n"
        for size in PassageRun.cuts() {
            #expect(try PassageRun(source, from: .ollama, to: .openai, size: size).text == expected)
        }
    }

    @Test(arguments: [Dialect.anthropic, .openai])
    func `Ollama's error line ends the answer`(_ dialect: Dialect) throws {
        let source = try AnswerFixtures.bytes("l06-chat-error-midway.ndjson")
        let run = try PassageRun(source, from: .ollama, to: dialect)
        #expect(run.passage.error == "api_error: model runner has unexpectedly stopped")
        #expect(!run.passage.isComplete)
        let last = try #require(ParsedEvent.all(in: run.out).last)
        #expect(last.description.contains("model runner has unexpectedly stopped"))
        #expect(!run.text.contains("[DONE]") && !run.text.contains("message_stop"))
    }

    @Test func `whole answers go both ways as recorded`() throws {
        let recorded = try parsedJSON(AnswerFixtures.bytes("t06-responses.json"))
        let cases = try #require((recorded as? [String: Any])?["cases"] as? [[String: Any]])
        #expect(cases.count == 8)
        for one in cases {
            // Set out over many lines, as no provider sends it and as any may.
            let body = Array(
                try JSONSerialization.data(withJSONObject: one["from"] as Any, options: [.prettyPrinted, .sortedKeys])
            )
            let toOpenAI = one["direction"] as? String == "anthropic->openai"
            let answer = try AnswerTranslation.whole(
                body,
                from: toOpenAI ? .anthropic : .openai,
                to: toOpenAI ? .openai : .anthropic,
                context: AnswerFixtures.context
            )
            #expect(try Self.leveled(parsedJSON(answer.body)) == Self.leveled(#require(one["to"] as? NSObject)))
            #expect(answer.hasUsage)
        }
    }

    /// The text of arguments may be spaced as the provider spaced it: compares what it says.
    private static func leveled(_ answer: NSObject) throws -> NSObject {
        guard var object = answer as? [String: Any], var choices = object["choices"] as? [[String: Any]],
            var message = choices[0]["message"] as? [String: Any], var calls = message["tool_calls"] as? [[String: Any]]
        else { return answer }
        for at in calls.indices {
            var function = try #require(calls[at]["function"] as? [String: Any])
            function["arguments"] = try parsedJSON(#require(function["arguments"] as? String))
            calls[at]["function"] = function
        }
        message["tool_calls"] = calls
        choices[0]["message"] = message
        object["choices"] = choices
        return object as NSDictionary
    }

    @Test(arguments: [
        "a08-stream-text", "a09-stream-thinking-text-tool", "a10-stream-parallel-tools", "a11-stream-error-midway",
        "a12-stream-stop-sequence", "a13-stream-refusal", "a14-stream-crlf-utf8-multiline", "a15-stream-truncated",
        "a16-stream-server-tool", "a17-agent-cli-request",
    ])
    func `Anthropic's bytes pass to its own clients as they are`(_ name: String) throws {
        let source = try AnswerFixtures.bytes(name + ".sse")
        // Of an event that is not whole nothing is handed out.
        let cut = Array(#"event: content_block_delta\#ndata: {"type":"content_bl"#.utf8).count
        let expected = name.hasPrefix("a15") ? Array(source.dropLast(cut)) : source
        for size in PassageRun.cuts() {
            let run = try PassageRun(source, from: .anthropic, to: .anthropic, size: size)
            #expect(run.out == expected)
            #expect(run.passage.isComplete == !(name.hasPrefix("a11") || name.hasPrefix("a15")))
        }
    }

    @Test(arguments: [
        "o06-stream-text-usage", "o07-stream-tools", "o08-stream-reasoning-content", "o09-stream-ollama-style",
        "o10-stream-messy", "o11-stream-error-midway",
    ])
    func `OpenAI's bytes pass to its own clients as they are`(_ name: String) throws {
        let source = try AnswerFixtures.bytes(name + ".sse")
        for size in PassageRun.cuts() {
            let run = try PassageRun(source, from: .openai, to: .openai, size: size)
            #expect(run.out == source)
            #expect(run.passage.isComplete == !name.hasPrefix("o11"))
        }
    }
}
