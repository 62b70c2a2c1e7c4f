import GatewayCore
import Testing

@Suite("Malformed and hostile requests")
struct RequestBadInputTests {
    @Test(
        "OpenAI requests are refused by the field's name",
        arguments: [
            (#""messages":1"#, "messages: expected an array, found a number"),
            (#""messages":[]"#, "messages: at least one message is required"),
            (#""messages":[7]"#, "messages[0]: expected an object, found a number"),
            (#""messages":[{"content":"a"}]"#, "messages[0].role: Field required"),
            (#""messages":[{"role":3}]"#, "messages[0].role: expected a string, found a number"),
            (
                #""messages":[{"role":"wizard","content":"a"}]"#,
                #"messages[0].role: "wizard" is none of system, developer, user, assistant, tool"#
            ),
            (
                #""messages":[{"role":"user","content":{}}]"#,
                "messages[0].content: expected a string or an array, found an object"
            ),
            (
                #""messages":[{"role":"user","content":[1]}]"#,
                "messages[0].content[0]: expected an object, found a number"
            ),
            (#""messages":[{"role":"user","content":[{"text":"a"}]}]"#, "messages[0].content[0].type: Field required"),
            (
                #""messages":[{"role":"user","content":[{"type":"text","text":null}]}]"#,
                "messages[0].content[0].text: Field required"
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]"#,
                #"messages[0].content[0].type: "input_audio" this backend takes no sound"#
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}]"#,
                "messages[0].content[0].image_url.url: must be a URL of http(s) or a data URI in base64"
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/tiff;base64,A"}}]}]"#,
                #"messages[0].content[0].image_url.url: "image/tiff" is none of image/jpeg, png, gif, webp and application/pdf"#
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]"#,
                "messages[0].content[0].file.file_id: this backend cannot reach files by their id"
            ),
            (#""messages":[{"role":"tool","content":"a"}]"#, "messages[0].tool_call_id: Field required"),
            (
                #""messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]"#,
                "messages[0].tool_calls[0].id: Field required"
            ),
            (
                #""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"arguments":""}}]}]"#,
                "messages[0].tool_calls[0].function.name: Field required"
            ),
            (
                #""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":{}}}]}]"#,
                "messages[0].tool_calls[0].function.arguments: expected a string, found an object"
            ),
            (
                #""messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"custom","custom":{}}]}]"#,
                #"messages[0].tool_calls[0].type: calls of type "custom" cannot be sent to this backend"#
            ),
            (
                #""messages":[{"role":"function","name":"f","content":"a"}]"#,
                "messages[0].role: a function message answers a function_call, and there is none"
            ),
            (
                #""messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}]"#,
                "messages[0].content[0].type: instructions are text only"
            ),
            (#""n":2"#, "n: must be 1 for this backend"),
            (#""logprobs":true"#, "logprobs: this backend gives no log probabilities"),
            (#""modalities":["text","audio"]"#, "modalities: this backend answers with text only"),
            (#""temperature":"hot""#, "temperature: expected a number, found a string"),
            (#""max_tokens":1.5"#, "max_tokens: expected a whole number"),
            (#""max_tokens":0"#, "max_tokens: must be at least 1 for this backend"),
            (#""max_completion_tokens":-3"#, "max_completion_tokens: must be at least 1 for this backend"),
            (#""stream":"yes""#, "stream: expected a boolean, found a string"),
            (#""stop":["a",1]"#, "stop[1]: expected a string, found a number"),
            (#""stop":{}"#, "stop: expected an array, found an object"),
            (#""tools":[{"type":"custom"}]"#, #"tools[0].type: tools of type "custom" cannot be sent to this backend"#),
            (#""tools":[{"type":"function"}]"#, "tools[0].function: Field required"),
            (
                #""tools":[{"type":"function","function":{"name":"f","parameters":[]}}]"#,
                "tools[0].function.parameters: expected an object, found an array"
            ),
            (#""tool_choice":"maybe""#, #"tool_choice: "maybe" is none of auto, none, required"#),
            (#""tool_choice":7"#, "tool_choice: expected a string or an object, found a number"),
            (
                #""tool_choice":{"type":"function","function":{"name":"zz"}}"#,
                #"tool_choice: "zz" is no tool that this backend is given"#
            ),
            (#""tool_choice":{"type":"custom"}"#, #"tool_choice.type: "custom" cannot be sent to this backend"#),
            (
                #""reasoning_effort":"huge""#,
                #"reasoning_effort: "huge" is none of none, minimal, low, medium, high, xhigh, max"#
            ),
            (#""response_format":"json""#, "response_format: expected an object, found a string"),
            (
                #""response_format":{"type":"json_schema","json_schema":{"schema":"x"}}"#,
                "response_format.json_schema.schema: expected an object, found a string"
            ),
            (#""user":1"#, "user: expected a string, found a number"),
            (#""seed":1,"seed":1"#, "seed: given twice"),
        ]
    )
    func openAI(_ members: String, _ expected: String) throws {
        let messages = members.contains("\"messages\"") ? "" : #""messages":[{"role":"user","content":"hi"}],"#
        let text = #"{"model":"x",\#(messages)\#(members)}"#
        #expect(try refusal(text, from: .openai, to: .test(.anthropic)) == expected)
    }

    @Test(
        "Anthropic requests are refused by the field's name",
        arguments: [
            (#""messages":{}"#, "messages: expected an array, found an object"),
            (#""messages":[{"role":"user"}]"#, "messages.0.content: Field required"),
            (#""messages":[{"role":"user","content":null}]"#, "messages.0.content: Field required"),
            (
                #""messages":[{"role":"tool","content":"a"}]"#,
                #"messages.0.role: "tool" is none of user, assistant, system"#
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"brand_new"}]}]"#,
                #"messages.0.content.0.type: "brand_new" is a content block that this backend does not know"#
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]}]"#,
                #"messages.0.content.0.type: "tool_use" cannot be part of a message of this role"#
            ),
            (
                #""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":"x"}]}]"#,
                "messages.0.content.0.input: expected an object, found a string"
            ),
            (
                #""messages":[{"role":"assistant","content":[{"type":"tool_use","name":"f","input":{}}]}]"#,
                "messages.0.content.0.id: Field required"
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"tool_result","content":"a"}]}]"#,
                "messages.0.content.0.tool_use_id: Field required"
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"tool_result","tool_use_id":"2"}]}]}]"#,
                "messages.0.content.0.content: a tool_result holds another"
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]"#,
                #"messages.0.content.0.source.type: a source of type "file" cannot be sent to this backend"#
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"u"}}]}]"#,
                #"messages.0.content.0.source.type: a source of type "url" cannot be sent to this backend"#
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}]"#,
                #"messages.0.content.0.type: "container_upload" this backend cannot reach files by their id"#
            ),
            (
                #""messages":[{"role":"assistant","content":[{"type":"compaction","encrypted_content":"x"}]}]"#,
                "messages.0.content.0.content: this backend cannot read an encrypted compaction"
            ),
            (#""system":5"#, "system: expected a string or an array, found a number"),
            (#""system":[{"type":"image"}]"#, #"system.0.type: "image" is not text"#),
            (
                #""tools":[{"type":"bash_20250124","name":"bash"}]"#,
                #"tools.0.type: "bash_20250124" is a type of Anthropic's without a schema; describe it as a custom tool for this backend"#
            ),
            (
                #""tools":[{"type":"brand_new","name":"b"}]"#,
                #"tools.0.type: "brand_new" is a type of tool that this backend does not know"#
            ),
            (#""tools":[{"name":"f"}]"#, "tools.0.input_schema: Field required"),
            (
                #""mcp_servers":[{"type":"url"}]"#,
                "mcp_servers: this backend reaches no MCP servers, and their tools would be missing"
            ),
            (#""tool_choice":{"type":"tool"}"#, "tool_choice.name: Field required"),
            (#""tool_choice":"auto""#, "tool_choice: expected an object, found a string"),
            (#""thinking":{"type":"enabled"}"#, "thinking.budget_tokens: Field required"),
            (
                #""output_config":{"effort":"huge"}"#,
                #"output_config.effort: "huge" is none of low, medium, high, xhigh, max"#
            ),
            (#""output_config":{"format":{"type":"xml"}}"#, #"output_config.format.type: "xml" is not json_schema"#),
            (#""metadata":{"user_id":{}}"#, "metadata.user_id: expected a string, found an object"),
            (#""top_k":true"#, "top_k: expected a number, found a boolean"),
            (#""stop_sequences":[null]"#, "stop_sequences[0]: expected a string, found null"),
        ]
    )
    func anthropic(_ members: String, _ expected: String) throws {
        let messages = members.contains("\"messages\"") ? "" : #""messages":[{"role":"user","content":"hi"}],"#
        let text = #"{"model":"x","max_tokens":9,\#(messages)\#(members)}"#
        let expected = expected.replacing("stop_sequences[0]", with: "stop_sequences.0")
        for wire in [BackendWire.openai, .ollama] {
            #expect(try refusal(text, from: .anthropic, to: .test(wire)) == expected)
        }
    }

    @Test("A value of any wrong type in any place is refused, dropped or survived")
    func wrongTypes() throws {
        let openAI = #"""
            {"model":"x","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AA","detail":"low"}},
            {"type":"file","file":{"filename":"f","file_data":"data:image/png;base64,AA"}}]},
            {"role":"assistant","content":null,"refusal":"r","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"1","content":"b"}],"tools":[{"type":"function","function":{"name":"f","description":"d",
            "parameters":{"type":"object","properties":{"a":{"minimum":1}}},"strict":true}}],
            "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}},
            "stop":["a"],"temperature":1,"max_tokens":5,"user":"u","reasoning_effort":"low","service_tier":"auto","stream":true,
            "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"properties":{"a":{"items":[{}]}}}}}}
            """#
        let anthropic = #"""
            {"model":"x","max_tokens":5,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[
            {"type":"text","text":"a"},{"type":"document","title":"t","source":{"type":"text","data":"d"}}]},
            {"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"tool_use","id":"1","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","is_error":true,"content":[{"type":"text","text":"a"}]}]}],
            "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true}],
            "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":5},
            "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"required":[1],"properties":{"a":{}}}}},
            "metadata":{"user_id":"u"},"stop_sequences":["a"],"top_k":1,"stream":true}
            """#
        var tried = 0
        for (text, dialect) in [(openAI, Dialect.openai), (anthropic, .anthropic)] {
            let whole = try RequestJSON(text)
            for wire in BackendWire.allCases where wire.dialect != dialect {
                #expect(try refusal(whole.description, from: dialect, to: .test(wire)) == nil)
                for wrong: RequestJSON in [
                    .null, .bool(true), .number("-1e999"), .string(""), .array([.null]), .object([]),
                ] {
                    for mutant in Self.mutants(of: whole, with: wrong).dropFirst() {
                        // Nothing but a 400 or a translation that is JSON.
                        let text = try refusal(mutant.description, from: dialect, to: .test(wire, proper: true))
                        #expect(text?.hasPrefix("another") != true)
                        tried += 1
                    }
                }
            }
        }
        #expect(tried > 1_500)
    }

    /// The value with each of its parts replaced once.
    private static func mutants(of value: RequestJSON, with wrong: RequestJSON) -> [RequestJSON] {
        switch value {
        case .object(let members):
            return [wrong]
                + members.indices.flatMap { at in
                    mutants(of: members[at].value, with: wrong).map { mutant in
                        var changed = members
                        changed[at].value = mutant
                        return .object(changed)
                    }
                }
        case .array(let elements):
            return [wrong]
                + elements.indices.flatMap { at in
                    mutants(of: elements[at], with: wrong).map { mutant in
                        var changed = elements
                        changed[at] = mutant
                        return .array(changed)
                    }
                }
        default: return [wrong]
        }
    }

    @Test("Results without a call pass: the provider is the judge")
    func orphans() throws {
        let text = #"{"model":"x","messages":[{"role":"tool","tool_call_id":"lost","content":"a"}]}"#
        let result = try translated(text, from: .openai, to: .test(.anthropic))
        #expect(result.json["messages"]?[0]?["content"]?[0]?["tool_use_id"]?.text == "lost")
        let ollama = try translated(text, from: .openai, to: .test(.ollama))
        #expect(ollama.json["messages"]?[0]?.names == ["role", "content", "tool_call_id"])
    }

    @Test("Deep inputs pass as far as the reader of JSON goes, and as text beyond")
    func depth() throws {
        func request(_ depth: Int) -> String {
            let deep = String(repeating: #"{\"a\":"#, count: depth) + "1" + String(repeating: "}", count: depth)
            return #"""
                {"model":"x","messages":[{"role":"user","content":"a"},
                {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"\#(deep)"}}]}]}
                """#
        }
        // Six levels are around it in the new body.
        #expect(try translated(request(120), from: .openai, to: .test(.anthropic)).warnings == [])
        #expect(
            try translated(request(300), from: .openai, to: .test(.anthropic)).warnings
                == ["messages.tool_calls.function.arguments"]
        )
        let deep = String(repeating: #"{"a":"#, count: 100) + "1" + String(repeating: "}", count: 100)
        let text = #"""
            {"model":"x","max_tokens":1,"tools":[{"name":"f","input_schema":\#(deep)}],"messages":[
            {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":\#(deep)}]}]}
            """#
        for wire in [BackendWire.openai, .ollama] {
            #expect(try refusal(text, from: .anthropic, to: .test(wire)) == nil)
        }
    }

    @Test("Ten thousand messages take time in proportion")
    func length() throws {
        func seconds(_ count: Int) throws -> Double {
            let rounds = (0..<(count / 8)).map { round in
                #"""
                {"role":"user","content":"q"},
                {"role":"assistant","content":null,"tool_calls":[{"id":"c\#(round)","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"c\#(round)","content":"r"},{"role":"assistant","content":"a"}
                """#
            }
            let instructions = String(repeating: #"{"role":"system","content":"s"},"#, count: count / 2)
            let body = Array(#"{"model":"x","messages":[\#(instructions)\#(rounds.joined(separator: ","))]}"#.utf8)
            let index = try JSONIndex(body)
            let clock = ContinuousClock()
            var best = Double.infinity
            for _ in 0..<2 {
                let time = try clock.measure {
                    for wire in [BackendWire.anthropic, .ollama] {
                        _ = try RequestTranslation.translate(body, index, from: .openai, to: .test(wire))
                    }
                }
                best = min(best, Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds))
            }
            return best
        }
        let few = try seconds(1_000)
        let many = try seconds(10_000)
        // Ten times the messages; a square would take a hundred times as long.
        #expect(many < 35 * few, "\(few) s and \(many) s")
    }

    @Test("NUL, lone surrogates and long integers pass as they are spelled")
    func spelling() throws {
        let text =
            #"{"model":"x","max_tokens":123456789012345678901234567890,"messages":[{"role":"user","content":"\u0000\ud800"}]}"#
        let result = try translated(text, from: .anthropic, to: .test(.openai))
        #expect(result.text.contains(#""content":"\u0000\ud800""#))
        #expect(result.text.contains(#""max_tokens":123456789012345678901234567890"#))
        // Where bytes have to be decoded, a lone surrogate is U+FFFD.
        let call =
            #"{"model":"x","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"a\":\"\ud800\u0020\\u0000\"}"}}]}]}"#
        let other = try translated(call, from: .openai, to: .test(.anthropic))
        #expect(other.text.contains("\"input\":{\"a\":\"\u{FFFD} \\u0000\"}"))
    }

    @Test("Random damage never traps, and what comes out is JSON")
    func damage() throws {
        var random = SeededGenerator(seed: 42)
        var outcomes = (translated: 0, refused: 0, unreadable: 0)
        for seed in 0..<1_500 as Range<UInt64> {
            let conversation = RandomConversation(seed: seed)
            let dialect = seed % 2 == 0 ? Dialect.openai : .anthropic
            var body = Array((dialect == .openai ? conversation.openAI : conversation.anthropic).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[at] = UInt8.random(in: 0x20...0x7E, using: &random)
                case 1: body.remove(at: at)
                default: body.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: at)
                }
            }
            guard let index = try? JSONIndex(body) else {
                outcomes.unreadable += 1
                continue
            }
            let wire: BackendWire = seed % 3 == 0 ? .ollama : dialect == .openai ? .anthropic : .openai
            do {
                let result = try RequestTranslation.translate(body, index, from: dialect, to: .test(wire))
                _ = try JSONIndex(result.body)
                outcomes.translated += 1
            } catch let error as GatewayError {
                #expect(error.status == 400)
                outcomes.refused += 1
            }
        }
        #expect(outcomes.translated > 200)
        #expect(outcomes.refused > 20)
    }
}
