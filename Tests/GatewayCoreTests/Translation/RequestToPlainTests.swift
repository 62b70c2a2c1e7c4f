import GatewayCore
import Testing

@Suite("Anthropic requests to OpenAI-compatible backends and Ollama")
struct RequestToPlainTests {
    private typealias Change = (inout TranslationTarget) -> Void

    private static let hello = #"{"role":"user","content":"hi"}"#

    private func translate(
        _ members: String,
        messages: String = hello,
        to wire: BackendWire = .openai,
        proper: Bool = false,
        _ change: @escaping (inout TranslationTarget) -> Void = { _ in }
    ) throws -> (json: RequestJSON, warnings: [String], toolNames: [String: String]) {
        let rest = members.isEmpty ? "" : ",\(members)"
        let result = try translated(
            #"{"model":"x","max_tokens":9,"messages":[\#(messages)]\#(rest)}"#,
            from: .anthropic,
            to: .test(wire, proper: proper, change)
        )
        return (result.json, result.warnings, result.toolNames)
    }

    private func expect(_ actual: RequestJSON?, _ expected: String) throws {
        #expect(actual?.description == (try RequestJSON("{\"v\":\(expected)}"))["v"]?.description)
    }

    // MARK: Messages

    @Test("Instructions before and among the turns")
    func instructions() throws {
        let system =
            #""system":[{"type":"text","text":"x-anthropic-billing-header: cch=1;"},{"type":"text","text":"A"},{"type":"text","text":"B","cache_control":{"type":"ephemeral"}}]"#
        let late = Self.hello + #",{"role":"system","content":"S"},{"role":"assistant","content":"ok"}"#
        let result = try translate(system, messages: late)
        try expect(
            result.json["messages"],
            #"""
            [{"role":"system","content":"A\n\nB"},{"role":"user","content":"hi"},{"role":"system","content":"S"},
            {"role":"assistant","content":"ok"}]
            """#
        )
        #expect(result.warnings == ["cache_control"])
        let spoken = try translate("", messages: late) { $0.capabilities.systemMessages = false }
        try expect(
            spoken.json["messages"]?[0]?["content"],
            #"[{"type":"text","text":"hi"},{"type":"text","text":"[instruction from the system] S"}]"#
        )
        #expect(spoken.warnings == ["messages.system_mid_conversation"])
    }

    @Test("Documents and search results as text, their titles quoted")
    func documents() throws {
        let blocks = #"""
            {"role":"user","content":[
            {"type":"document","title":"a \"b\"","context":"c","source":{"type":"text","media_type":"text/plain","data":"D\n"}},
            {"type":"document","source":{"type":"content","content":[{"type":"text","text":"E"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}},{"type":"text","text":"F"}]}},
            {"type":"search_result","title":"t","source":"https://s","content":[{"type":"text","text":"G"}]}]}
            """#
        let result = try translate("", messages: blocks)
        try expect(
            result.json["messages"]?[0]?["content"],
            #"""
            [{"type":"text","text":"<document title=\"a \\\"b\\\"\" context=\"c\">\nD\n\n</document>"},
            {"type":"text","text":"<document>\nE\nF\n</document>"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}},
            {"type":"text","text":"<document title=\"t\" context=\"https://s\">\nG\n</document>"}]
            """#
        )
        #expect(result.warnings == ["messages.search_result", "document"])
    }

    @Test("A PDF goes to OpenAI only")
    func pdf() throws {
        let message = #"""
            {"role":"user","content":[{"type":"document","title":"q","source":{"type":"base64","media_type":"application/pdf","data":"AA"}}]}
            """#
        let result = try translate("", messages: message, proper: true)
        try expect(
            result.json["messages"]?[0]?["content"],
            #"[{"type":"file","file":{"filename":"q","file_data":"data:application/pdf;base64,AA"}}]"#
        )
        for wire in [BackendWire.openai, .ollama] {
            let text = try refusal(
                #"{"model":"x","max_tokens":9,"messages":[\#(message)]}"#,
                from: .anthropic,
                to: .test(wire)
            )
            #expect(
                text == "messages.0.content.0.source.media_type: this backend takes no PDF documents; send their text"
            )
        }
    }

    @Test("Ollama fetches no images, and reads no PDF")
    func ollamaMedia() throws {
        func text(_ part: String) throws -> String? {
            try refusal(
                #"{"model":"x","messages":[{"role":"user","content":[\#(part)]}]}"#,
                from: .openai,
                to: .test(.ollama)
            )
        }
        #expect(
            try text(#"{"type":"image_url","image_url":{"url":"https://h/i"}}"#)
                == "messages[0].content[0].image_url.url: this backend takes images in base64 only, none by URL"
        )
        #expect(
            try text(#"{"type":"file","file":{"file_data":"data:application/pdf;base64,AA"}}"#)
                == "messages[0].content[0].file.file_data: this backend takes no PDF documents; send their text"
        )
    }

    @Test("What other models thought and what providers ran is dropped by name")
    func history() throws {
        let messages =
            Self.hello + #"""
                ,{"role":"assistant","content":[{"type":"thinking","thinking":"T","signature":"s"},
                {"type":"redacted_thinking","data":"x"},{"type":"server_tool_use","id":"s","name":"web_search","input":{}},
                {"type":"web_search_tool_result","tool_use_id":"s","content":[]},{"type":"brand_new","x":1},
                {"type":"text","text":"a","citations":[{"type":"x"}]},{"type":"text","text":"b","citations":null}]}
                """#
        let dropped = [
            "messages.redacted_thinking", "messages.server_tool_use", "messages.web_search_tool_result",
            "messages.brand_new", "citations",
        ]
        let openAI = try translate("", messages: messages)
        try expect(openAI.json["messages"]?[1], #"{"role":"assistant","content":"ab"}"#)
        #expect(openAI.warnings == ["messages.thinking"] + dropped)
        let ollama = try translate("", messages: messages, to: .ollama)
        try expect(ollama.json["messages"]?[1], #"{"role":"assistant","content":"ab","thinking":"T"}"#)
        #expect(ollama.warnings == dropped)
    }

    @Test("A tool's answer with pictures, as Ollama gets it")
    func ollamaResults() throws {
        let messages =
            Self.hello + #"""
                ,{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"b":1, "a":2}}]},
                {"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"1","is_error":true,
                "content":[{"type":"text","text":"y"},{"type":"text","text":"z"},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}]},
                {"type":"tool_result","tool_use_id":"unknown"}]}
                """#
        let result = try translate("", messages: messages, to: .ollama)
        try expect(
            result.json["messages"],
            #"""
            [{"role":"user","content":"hi"},
            {"role":"assistant","content":"","tool_calls":[{"id":"1","function":{"index":0,"name":"f","arguments":{"b":1,"a":2}}}]},
            {"role":"tool","content":"ERROR: yz","tool_call_id":"1","tool_name":"f"},
            {"role":"tool","content":"","tool_call_id":"unknown"},
            {"role":"user","content":"[image returned by tool call 1]\nx","images":["AA"]}]
            """#
        )
        #expect(result.warnings == ["tool_result.is_error", "tool_result.image"])
    }

    // MARK: Tools

    @Test("Long names are shortened for OpenAI everywhere, and given back")
    func longNames() throws {
        let name = String(repeating: "n", count: 60) + "-tool"
        // 55 characters, and sha256sum's first eight digits.
        let short = String(repeating: "n", count: 55) + "_3b293390"
        let messages =
            Self.hello + #"""
                ,{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"\#(name)","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"1"}]}
                """#
        let members =
            #""tools":[{"name":"\#(name)","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"\#(name)"}"#
        let result = try translate(members, messages: messages)
        #expect(result.toolNames == [short: name])
        #expect(result.json["tools"]?[0]?["function"]?["name"]?.text == short)
        #expect(result.json["tool_choice"]?["function"]?["name"]?.text == short)
        #expect(result.json["messages"]?[1]?["tool_calls"]?[0]?["function"]?["name"]?.text == short)
        let ollama = try translate(members, messages: messages, to: .ollama)
        #expect(ollama.toolNames.isEmpty)
        #expect(ollama.json["tools"]?[0]?["function"]?["name"]?.text == name)
    }

    @Test("Tools of Anthropic's own")
    func typedTools() throws {
        let web = #"{"type":"web_search_20250305","name":"web_search","max_uses":2}"#
        let own =
            #"{"type":"custom","name":"f","input_schema":{"type":"object"},"defer_loading":true,"allowed_callers":["direct"]}"#
        let result = try translate(
            #""tools":[\#(web),\#(own)],"tool_choice":{"type":"any","disable_parallel_tool_use":true}"#
        )
        try expect(
            result.json["tools"],
            #"[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
        )
        #expect(result.json["tool_choice"]?.text == "required")
        #expect(result.json["parallel_tool_calls"] == .bool(false))
        #expect(result.warnings == ["tools.web_search_20250305", "tools.defer_loading"])
        let none = try translate(#""tools":[\#(web)],"tool_choice":{"type":"any"}"#)
        #expect(none.json["tools"] == nil)
        #expect(none.json["tool_choice"] == nil)
        #expect(none.warnings == ["tools.web_search_20250305", "tool_choice"])
    }

    @Test("Ollama cannot be told which tool to call, only to call none")
    func ollamaToolChoice() throws {
        let tools = #""tools":[{"name":"f","input_schema":{"type":"object"}}],"#
        let none = try translate(tools + #""tool_choice":{"type":"none"}"#, to: .ollama)
        #expect(none.json["tools"] == nil)
        #expect(none.warnings == [])
        let forced = try translate(
            tools + #""tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}"#,
            to: .ollama
        )
        #expect(forced.json["tools"]?.elements.count == 1)
        #expect(forced.warnings == ["tool_choice", "tool_choice.disable_parallel_tool_use"])
    }

    // MARK: Options

    @Test("Limits and options by the kind of server")
    func options() throws {
        let members =
            #""stop_sequences":["1","2","3","4","5"],"top_k":40,"temperature":0.5,"stream":true,"metadata":{"user_id":"u"}"#
        let proper = try translate(members, proper: true)
        try expect(
            proper.json,
            #"""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":9,"stream":true,
            "stream_options":{"include_usage":true},"stop":["1","2","3","4"],"temperature":0.5,
            "safety_identifier":"0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31c00c6d7f1f1c0ad6"}
            """#
        )
        #expect(proper.warnings == ["top_k", "stop_sequences"])
        let other = try translate(members) { $0.takesStreamOptions = false }
        try expect(
            other.json,
            #"""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9,"stream":true,
            "stop":["1","2","3","4","5"],"temperature":0.5,"top_k":40}
            """#
        )
        #expect(other.warnings == ["metadata.user_id"])
        let ollama = try translate(members, to: .ollama) { $0.contextTokens = 32_768 }
        try expect(
            ollama.json,
            #"""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"options":{"num_ctx":32768,
            "num_predict":9,"temperature":0.5,"top_k":40,"stop":["1","2","3","4","5"]}}
            """#
        )
        #expect(try translate("", to: .ollama).json["stream"] == .bool(false))
    }

    @Test("Thinking and effort as words")
    func thinking() throws {
        func effort(_ members: String, _ wire: BackendWire = .openai, _ change: @escaping Change = { _ in }) throws
            -> (String?, [String])
        {
            let result = try translate(members, to: wire, change)
            let effort = result.json["reasoning_effort"] ?? result.json["think"]
            return (effort?.description, result.warnings)
        }
        let budget = { (tokens: String) in #""thinking":{"type":"enabled","budget_tokens":\#(tokens)}"# }
        #expect(try effort(budget("4095")) == (#""low""#, []))
        #expect(try effort(budget("4096")) == (#""medium""#, []))
        #expect(try effort(budget("16384")) == (#""high""#, []))
        #expect(try effort(budget("99999999999999999999")) == (#""high""#, []))
        let disabled = #""thinking":{"type":"disabled"}"#
        #expect(try effort(disabled) == (#""none""#, []))
        #expect(try effort(disabled, .ollama) == ("false", []))
        #expect(try effort(disabled) { $0.capabilities.thinking = [.adaptive] } == (nil, ["thinking"]))
        #expect(try effort(disabled) { $0.capabilities.efforts = [] } == (nil, []))
        let highest = #""thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"}"#
        #expect(try effort(highest) == (#""xhigh""#, []))
        #expect(try effort(highest, .ollama) == (#""max""#, []))
        #expect(
            try effort(highest) { $0.capabilities.efforts = [.low, .medium] }
                == (#""medium""#, ["output_config.effort"])
        )
        #expect(try effort(highest) { $0.capabilities.efforts = [] } == (nil, ["output_config.effort"]))
        #expect(try effort(budget("2000")) { $0.capabilities.efforts = [] } == (nil, ["thinking"]))
        #expect(try effort(#""thinking":{"type":"adaptive"}"#) == (nil, []))
    }

    @Test("A schema for the answer, in its present and its old place")
    func formats() throws {
        let closed = #"{"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false}"#
        let open = #"{"type":"object","properties":{"a":{}}}"#
        func format(_ schema: String) -> String {
            #""output_config":{"format":{"type":"json_schema","schema":\#(schema)}}"#
        }
        func expected(_ schema: String, _ strict: Bool) -> String {
            #"{"type":"json_schema","json_schema":{"name":"output","schema":\#(schema),"strict":\#(strict)}}"#
        }
        let strict = try translate(format(closed), proper: true)
        try expect(strict.json["response_format"], expected(closed, true))
        #expect(strict.warnings == [])
        // OpenAI answers a strict schema that leaves members open with a 400.
        let loose = try translate(format(open), proper: true)
        try expect(loose.json["response_format"], expected(open, false))
        #expect(loose.warnings == ["output_config.format"])
        try expect(try translate(format(open)).json["response_format"], expected(open, true))
        let old = try translate(#""output_format":{"type":"json_schema","schema":\#(open)}"#, to: .ollama)
        try expect(old.json["format"], open)
        let line = try translate(format(open)) { $0.capabilities.structuredOutput = false }
        #expect(line.json["messages"]?[0]?["role"]?.text == "system")
        #expect(line.warnings == ["output_config.format"])
    }

    @Test("OpenAI requests to Ollama")
    func openAIToOllama() throws {
        let result = try translated(
            #"""
            {"model":"x","messages":[{"role":"system","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]},
            {"role":"developer","content":"C"},{"role":"user","content":[{"type":"text","text":"a"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}},{"type":"text","text":"b"}]},
            {"role":"assistant","content":"c","reasoning_content":"R"}],"seed":12345678901234567890123,
            "frequency_penalty":0.1,"presence_penalty":-1,"stop":"S","reasoning_effort":"low","temperature":1.5,
            "response_format":{"type":"json_object"},"max_completion_tokens":5,"user":"u"}
            """#,
            from: .openai,
            to: .test(.ollama)
        )
        try expect(
            result.json,
            #"""
            {"model":"m","messages":[{"role":"system","content":"AB\n\nC"},
            {"role":"user","content":"a\nb","images":["AA"]},{"role":"assistant","content":"c","thinking":"R"}],
            "stream":false,"format":"json","think":"low","options":{"num_predict":5,"temperature":1.5,
            "seed":12345678901234567890123,"frequency_penalty":0.1,"presence_penalty":-1,"stop":["S"]}}
            """#
        )
        #expect(result.warnings == ["user"])
    }
}
