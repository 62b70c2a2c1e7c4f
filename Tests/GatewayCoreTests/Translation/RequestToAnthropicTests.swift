import GatewayCore
import Testing

@Suite("OpenAI requests to Anthropic")
struct RequestToAnthropicTests {
    private typealias Change = (inout TranslationTarget) -> Void

    /// A request of one user message with these other members.
    private func request(_ members: String, messages: String = #"{"role":"user","content":"hi"}"#) -> String {
        #"{"model":"x","messages":[\#(messages)]\#(members.isEmpty ? "" : ","),\#(members)}"#.replacing(",,", with: ",")
            .replacing("],}", with: "]}")
    }

    private func translate(
        _ members: String,
        messages: String = #"{"role":"user","content":"hi"}"#,
        _ change: @escaping (inout TranslationTarget) -> Void = { _ in }
    ) throws -> (json: RequestJSON, warnings: [String]) {
        let result = try translated(
            request(members, messages: messages),
            from: .openai,
            to: .test(.anthropic, change)
        )
        return (result.json, result.warnings)
    }

    private func expect(_ actual: RequestJSON?, _ expected: String) throws {
        #expect(actual?.description == (try RequestJSON("{\"v\":\(expected)}"))["v"]?.description)
    }

    // MARK: Messages

    @Test("Late instructions stay where Anthropic takes them, else the user speaks them")
    func lateInstructions() throws {
        let last = #"{"role":"user","content":"a"},{"role":"system","content":"S"}"#
        let kept = try translate("", messages: last)
        try expect(kept.json["messages"]?[1], #"{"role":"system","content":[{"type":"text","text":"S"}]}"#)
        #expect(kept.warnings == [])
        let refused = try translate("", messages: last) { $0.capabilities.systemMessages = false }
        try expect(
            refused.json["messages"],
            """
            [{"role":"user","content":[{"type":"text","text":"a"},\
            {"type":"text","text":"[instruction from the system] S"}]}]
            """
        )
        #expect(refused.warnings == ["messages.system_mid_conversation"])
        // After the assistant, or before the user, it is a 400 there.
        let between = #"""
            {"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"developer","content":"S"},
            {"role":"user","content":"c"}
            """#
        let spoken = try translate("", messages: between)
        try expect(
            spoken.json["messages"]?[2],
            """
            {"role":"user","content":[{"type":"text","text":"[instruction from the system] S"},{"type":"text","text":"c"}]}
            """
        )
    }

    @Test("Neighbours become one turn, results first, and the user begins")
    func turns() throws {
        let result = try translate(
            #""tools":[{"type":"function","function":{"name":"f"}}]"#,
            messages: #"""
                {"role":"assistant","content":"a"},
                {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f"}}]},
                {"role":"user","content":"b"},{"role":"tool","tool_call_id":"1","content":""},{"role":"user","content":""}
                """#
        )
        try expect(
            result.json["messages"],
            """
            [{"role":"user","content":[{"type":"text","text":"."}]},
            {"role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"1","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"1"},{"type":"text","text":"b"}]}]
            """
        )
        #expect(result.warnings == ["messages.first_not_user"])
    }

    @Test("What says nothing is left out, and a turn without anything says a point")
    func empty() throws {
        let result = try translate(
            "",
            messages: #"""
                {"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":" \n"},
                {"role":"assistant","content":""}
                """#
        )
        try expect(result.json["messages"]?[2], #"{"role":"user","content":[{"type":"text","text":"."}]}"#)
        #expect(result.json["messages"]?.elements.count == 3)
        #expect(result.warnings == ["messages.content"])
    }

    @Test("An answer begun by the client ends without white space")
    func prefill() throws {
        let messages = #"{"role":"user","content":"a"},{"role":"assistant","content":"{ \n\u0020\t"}"#
        let result = try translate("", messages: messages)
        try expect(result.json["messages"]?[1]?["content"]?[0]?["text"], #""{""#)
        #expect(result.warnings == ["messages.content"])
    }

    @Test("Ids are made of what Anthropic takes, and two never become one")
    func ids() throws {
        let result = try translate(
            "",
            messages: #"""
                {"role":"user","content":"a"},{"role":"assistant","tool_calls":[
                {"id":"f:0","type":"function","function":{"name":"f","arguments":"{}"}},
                {"id":"f.0","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"f.0","content":"2"},{"role":"tool","tool_call_id":"f:0","content":"1"}
                """#
        )
        // The ends are those of sha256sum.
        let calls = try #require(result.json["messages"]?[1]?["content"])
        let results = try #require(result.json["messages"]?[2]?["content"])
        #expect(calls[0]?["id"] == results[1]?["tool_use_id"])
        #expect(calls[1]?["id"] == results[0]?["tool_use_id"])
        #expect(calls[0]?["id"]?.text == "f_0_ebff8525")
        #expect(calls[1]?["id"]?.text == "f_0_855d4cf9")
    }

    @Test(
        "Arguments are an object, whatever was written",
        arguments: [
            (#""""#, "{}", false), (#"" \n ""#, "{}", false), ("null", "{}", false),
            (#""{\"a\": [1]}""#, #"{"a":[1]}"#, false),
            (#""[1]""#, #"{"_raw_arguments":"[1]"}"#, true),
            (#""{\"a\":""#, #"{"_raw_arguments":"{\"a\":"}"#, true),
            (#""{} {}""#, #"{"_raw_arguments":"{} {}"}"#, true),
            // A bare line break inside a string is no JSON, and would make the whole body none.
            (#""{\"a\":\"x\ny\"}""#, #"{"_raw_arguments":"{\"a\":\"x\ny\"}"}"#, true),
            (#""{\"a\":\"\\q\"}""#, #"{"_raw_arguments":"{\"a\":\"\\q\"}"}"#, true),
            (#""{\"a\":\"\\u00\"}""#, #"{"_raw_arguments":"{\"a\":\"\\u00\"}"}"#, true),
        ]
    )
    func arguments(_ written: String, _ expected: String, _ isWarned: Bool) throws {
        let result = try translate(
            "",
            messages: #"""
                {"role":"user","content":"a"},
                {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":\#(written)}}]}
                """#
        )
        try expect(result.json["messages"]?[1]?["content"]?[0]?["input"], expected)
        #expect(result.warnings == (isWarned ? ["messages.tool_calls.function.arguments"] : []))
    }

    @Test("Functions of the old manner are tools")
    func legacy() throws {
        let result = try translate(
            #""functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"}"#,
            messages: #"""
                {"role":"user","content":"a"},
                {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"b\":2}"}},
                {"role":"function","name":"f","content":"c"}
                """#
        )
        try expect(result.json["tools"], #"[{"name":"f","input_schema":{"type":"object","properties":{}}}]"#)
        try expect(result.json["tool_choice"], #"{"type":"tool","name":"f"}"#)
        try expect(
            result.json["messages"]?[1]?["content"],
            #"[{"type":"tool_use","id":"function_call_1","name":"f","input":{"b":2}}]"#
        )
        try expect(
            result.json["messages"]?[2]?["content"],
            #"[{"type":"tool_result","tool_use_id":"function_call_1","content":"c"}]"#
        )
    }

    @Test("Images and files")
    func media() throws {
        let result = try translate(
            "",
            messages: #"""
                {"role":"user","content":[
                {"type":"image_url","image_url":{"url":"data:image\/PNG;charset=x;base64,AB\/=","detail":"high"}},
                {"type":"image_url","image_url":"HTTPS:\/\/h\/i"},
                {"type":"image_url","image_url":{"url":"data:image/jpg;base64,AA","detail":"auto"}},
                {"type":"file","file":{"filename":"q\u00e9.pdf","file_data":"data:application/pdf;base64,BB"}}]}
                """#
        )
        try expect(
            result.json["messages"]?[0]?["content"],
            #"""
            [{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AB/="}},
            {"type":"image","source":{"type":"url","url":"HTTPS://h/i"}},
            {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AA"}},
            {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BB"},"title":"qé.pdf"}]
            """#
        )
        #expect(result.warnings == ["image_url.detail"])
    }

    @Test("Cache breakpoints become markers, four at most")
    func breakpoints() throws {
        let part = #"{"type":"text","text":"t","prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}}"#
        let short = part.replacing("12h", with: "30m")
        let result = try translate(
            "",
            messages: """
                {"role":"system","content":[\(short)]},{"role":"user","content":[\(part),\(part),\(short),\(part)]}
                """
        )
        try expect(result.json["system"]?[0]?["cache_control"], #"{"type":"ephemeral"}"#)
        let marks = result.json["messages"]?[0]?["content"]?.elements.map { $0["cache_control"]?.description }
        let hour = #"{"type":"ephemeral","ttl":"1h"}"#
        #expect(marks == [hour, hour, #"{"type":"ephemeral"}"#, nil])
        #expect(result.warnings == ["prompt_cache_breakpoint"])
    }

    // MARK: Tools

    @Test("Tool choices")
    func toolChoices() throws {
        let tools =
            #""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#
        func choice(_ members: String, _ change: @escaping Change = { _ in }) throws -> (String?, [String]) {
            let result = try translate("\(tools),\(members)", change)
            return (result.json["tool_choice"]?.description, result.warnings)
        }
        #expect(try choice(#""tool_choice":"required""#) == (#"{"type":"any"}"#, []))
        #expect(try choice(#""tool_choice":"none","parallel_tool_calls":false"#) == (#"{"type":"none"}"#, []))
        #expect(
            try choice(#""parallel_tool_calls":false"#) == (#"{"type":"auto","disable_parallel_tool_use":true}"#, [])
        )
        let forced = #""tool_choice":{"type":"function","function":{"name":"g"}}"#
        #expect(try choice(forced) == (#"{"type":"tool","name":"g"}"#, []))
        #expect(try choice(forced) { $0.capabilities.forcedTool = false } == (#"{"type":"auto"}"#, ["tool_choice"]))
        #expect(try choice(forced + #","reasoning_effort":"low""#) == (#"{"type":"auto"}"#, ["tool_choice"]))
        #expect(try choice(forced + #","reasoning_effort":"none""#) == (#"{"type":"tool","name":"g"}"#, []))
        let allowed =
            #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#
        let result = try translate("\(tools),\(allowed)")
        #expect(result.json["tools"]?.elements.compactMap { $0["name"]?.text } == ["g"])
        try expect(result.json["tool_choice"], #"{"type":"any"}"#)
    }

    @Test("A history with tools gets one that cannot be called")
    func stub() throws {
        let result = try translate(
            "",
            messages: #"{"role":"user","content":"a"},{"role":"tool","tool_call_id":"1","content":"b"}"#
        )
        #expect(result.json["tools"]?.elements.count == 1)
        try expect(result.json["tool_choice"], #"{"type":"none"}"#)
    }

    @Test("A schema without a type is an object's")
    func schemaType() throws {
        let tool =
            #"{"type":"function","function":{"name":"f","description":"","parameters":{"properties":{"b":{},"a":{}}}}}"#
        let result = try translate("\"tools\":[\(tool)]")
        try expect(
            result.json["tools"],
            #"[{"name":"f","input_schema":{"type":"object","properties":{"b":{},"a":{}}}}]"#
        )
    }

    // MARK: Options

    @Test("Sampling as the model takes it")
    func sampling() throws {
        let both = #""temperature":1.7,"top_p":0.5"#
        let any = try translate(both)
        try expect(any.json["temperature"], "1")
        try expect(any.json["top_p"], "0.5")
        #expect(any.warnings == ["temperature"])
        let one = try translate(#""temperature":0.70,"top_p":0.5"#) { $0.capabilities.sampling = .one }
        try expect(one.json["temperature"], "0.70")
        #expect(one.json["top_p"] == nil)
        #expect(one.warnings == ["top_p"])
        for sampling in [ModelCapabilities.Sampling.defaults, .none] {
            let dropped = try translate(#""temperature":1.0,"top_p":0.5"#) { $0.capabilities.sampling = sampling }
            #expect(dropped.json["temperature"] == nil)
            #expect(dropped.json["top_p"] == nil)
            #expect(dropped.warnings == ["top_p"], "a temperature of 1 is the default")
        }
        let thinking = try translate(#""temperature":0.5,"top_p":0.99,"reasoning_effort":"high""#)
        #expect(thinking.json["temperature"] == nil)
        try expect(thinking.json["top_p"], "0.99")
        #expect(thinking.warnings == ["temperature"])
    }

    @Test("Efforts as the model takes them")
    func efforts() throws {
        func efforts(_ level: String, _ change: @escaping Change) throws -> (String?, String?, [String]) {
            let result = try translate(#""max_tokens":5000,"reasoning_effort":"\#(level)""#, change)
            return (result.json["output_config"]?.description, result.json["thinking"]?.description, result.warnings)
        }
        let adaptive = #"{"type":"adaptive","display":"summarized"}"#
        #expect(try efforts("xhigh") { _ in } == (#"{"effort":"xhigh"}"#, adaptive, []))
        #expect(try efforts("minimal") { _ in } == (#"{"effort":"low"}"#, adaptive, ["reasoning_effort"]))
        #expect(
            try efforts("xhigh") { $0.capabilities.efforts = [.low, .medium, .high, .max] }
                == (#"{"effort":"high"}"#, adaptive, ["reasoning_effort"])
        )
        #expect(
            try efforts("low") { $0.capabilities.efforts = [.high] }
                == (#"{"effort":"high"}"#, adaptive, ["reasoning_effort"])
        )
        let old: Change = {
            $0.capabilities.efforts = []
            $0.capabilities.thinking = [.enabled, .disabled]
        }
        #expect(try efforts("low", old) == (nil, #"{"type":"enabled","budget_tokens":1024}"#, []))
        #expect(try efforts("medium", old) == (nil, #"{"type":"enabled","budget_tokens":2048}"#, []))
        #expect(try efforts("high", old) == (nil, #"{"type":"enabled","budget_tokens":4096}"#, []))
        #expect(try efforts("max", old) == (nil, nil, ["reasoning_effort"]), "8192 is more than max_tokens")
        #expect(try efforts("none", old) == (nil, #"{"type":"disabled"}"#, []))
        #expect(try efforts("none") { $0.capabilities.thinking = [.adaptive] } == (nil, nil, ["reasoning_effort"]))
        #expect(try efforts("none") { $0.capabilities.thinking = [] } == (nil, nil, []))
    }

    @Test("Formats")
    func formats() throws {
        let object = try translate(#""response_format":{"type":"json_object"}"#)
        try expect(
            object.json["system"],
            #"[{"type":"text","text":"Reply with a single JSON object and nothing else."}]"#
        )
        #expect(object.warnings == ["response_format.json_object"])
        let schema =
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object", "a":"\""}}}"#
        let line = try translate(schema, messages: #"{"role":"system","content":"S"},{"role":"user","content":"hi"}"#) {
            $0.capabilities.structuredOutput = false
        }
        #expect(
            line.json["system"]?[1]?["text"]?.text
                == #"Reply with a single JSON object that matches this JSON schema, and nothing else: {"type":"object","a":"\""}"#
        )
        #expect(line.warnings == ["response_format.json_schema"])
        #expect(line.json["output_config"] == nil)
        #expect(try translate(#""response_format":{"type":"text"}"#).json["output_config"] == nil)
    }

    @Test("Schemas as Anthropic takes them")
    func schemas() throws {
        let given = #"""
            {"type":"object","description":"A \"berth\".","minProperties":1,"properties":{
            "minimum":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"string","maxLength":9}},
            "x":{"oneOf":[{"type":"integer","minimum":-1e3},{"$ref":"#/$defs/d"}]},
            "y":{"enum":[{"minimum":1}],"type":"object","additionalProperties":{"type":"string"}}},
            "$defs":{"d":{"type":"string","pattern":"^a$","uniqueItems":true}}}
            """#
        let result = try translate(#""response_format":{"type":"json_schema","json_schema":{"schema":\#(given)}}"#)
        try expect(
            result.json["output_config"]?["format"]?["schema"],
            #"""
            {"type":"object","description":"A \"berth\". (minProperties: 1)","properties":{
            "minimum":{"type":"array","minItems":1,"items":{"type":"string","description":"(maxLength: 9)"},"description":"(maxItems: 3)"},
            "x":{"anyOf":[{"type":"integer","description":"(minimum: -1e3)"},{"$ref":"#/$defs/d"}]},
            "y":{"enum":[{"minimum":1}],"type":"object","description":"(additionalProperties: {\"type\":\"string\"})","additionalProperties":false}},
            "$defs":{"d":{"type":"string","pattern":"^a$","description":"(uniqueItems: true)"}},"additionalProperties":false}
            """#
        )
        #expect(
            result.warnings == [
                "schema.minProperties", "schema.maxItems", "schema.maxLength", "schema.minimum",
                "schema.additionalProperties", "schema.uniqueItems",
            ]
        )
    }

    @Test("Limits, users and tiers")
    func limits() throws {
        try expect(try translate("").json["max_tokens"], "4096")
        try expect(try translate("") { $0.defaultMaxTokens = 64_000 }.json["max_tokens"], "64000")
        try expect(try translate(#""max_tokens":5,"max_completion_tokens":7"#).json["max_tokens"], "7")
        try expect(try translate(#""user":"u-1""#).json["metadata"], #"{"user_id":"u-1"}"#)
        // sha256sum of a@b.c
        try expect(
            try translate(#""user":"u","safety_identifier":"a@b.c""#).json["metadata"]?["user_id"],
            #""d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a""#
        )
        #expect(try translate(#""service_tier":"default""#).json["service_tier"]?.text == "standard_only")
        #expect(try translate(#""service_tier":"flex""#).warnings == ["service_tier"])
        try expect(try translate(#""stop":"END""#).json["stop_sequences"], #"["END"]"#)
        let stop = try translate(#""stop":["\n","\u00a0"]"#)
        #expect(stop.json["stop_sequences"] == nil)
        #expect(stop.warnings == ["stop(whitespace)"])
    }

    @Test("The gateway's own fields and a wish for usage are no trouble, even where nothing may be dropped")
    func ownFields() throws {
        let text = request(
            #""provider":"local","smart_routing":true,"stream":true,"stream_options":{"include_usage":true}"#
        )
        let result = try translated(text, from: .openai, to: .test(.anthropic, strict: true))
        #expect(result.json.names == ["model", "max_tokens", "messages", "stream"])
    }
}
