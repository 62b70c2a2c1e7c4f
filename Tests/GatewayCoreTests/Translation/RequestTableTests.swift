import Foundation
import GatewayCore
import Testing

/// The tables, what they promise, and their copy in the documentation.
@Suite("Field tables")
struct RequestTableTests {
    @Test("Every field of OpenAI's Chat Completions has a rule")
    func openAIFields() {
        let fields = """
            model messages max_completion_tokens max_tokens temperature top_p frequency_penalty presence_penalty seed \
            logit_bias n logprobs top_logprobs stop stream stream_options tools tool_choice parallel_tool_calls \
            response_format reasoning_effort verbosity service_tier store metadata user safety_identifier \
            prompt_cache_key prompt_cache_options prompt_cache_retention modalities audio prediction web_search_options \
            moderation functions function_call provider smart_routing
            """
        #expect(
            FieldTables.openAI.first?.rules.map(\.name).sorted()
                == fields.split(separator: " ").map(String.init).sorted()
        )
    }

    @Test("Every field of Anthropic's Messages has a rule")
    func anthropicFields() {
        let fields = """
            model max_tokens messages system stream stop_sequences temperature top_p top_k tools tool_choice thinking \
            output_config output_format metadata service_tier speed cache_control container inference_geo diagnostics \
            context_management mcp_servers fallbacks fallback_credit_token compaction thread billing_policy
            """
        #expect(
            FieldTables.anthropic.first?.rules.map(\.name).sorted()
                == fields.split(separator: " ").map(String.init).sorted()
        )
    }

    /// A request with nothing in it but what must be, and one field more.
    private func request(_ dialect: Dialect, _ field: String, _ value: String) -> String {
        let limit = dialect == .anthropic ? "\"max_tokens\":9," : ""
        return """
            {"model":"x",\(limit)"messages":[{"role":"user","content":"hi"}],"\(field)":\(value)}
            """
    }

    @Test("A field is dropped with a warning, refused, or consumed, as its rule says", arguments: Dialect.allCases)
    func rules(dialect: Dialect) throws {
        let table = try #require(dialect == .openai ? FieldTables.openAI.first : FieldTables.anthropic.first)
        var checked = 0
        for rule in table.rules {
            for (wire, handling) in rule.handling {
                // Whatever type it is of: what is not carried over is not looked at.
                let text = request(dialect, rule.name, "{\"some\":[\"thing\"]}")
                switch handling {
                case .dropped:
                    let lenient = try translated(text, from: dialect, to: .test(wire))
                    #expect(lenient.warnings == [rule.name])
                    #expect(
                        try lenient.json
                            == translated(request(dialect, "x_", "null"), from: dialect, to: .test(wire)).json
                    )
                    let strict = try refusal(text, from: dialect, to: .test(wire, strict: true))
                    #expect(strict?.hasPrefix("\(rule.name): ") == true)
                case .refused(let why):
                    #expect(try refusal(text, from: dialect, to: .test(wire)) == "\(rule.name): \(why)")
                case .consumed:
                    #expect(try translated(text, from: dialect, to: .test(wire, strict: true)).warnings == [])
                case .mapped, .passed: continue
                }
                checked += 1
                for harmless in rule.harmless + ["null"] {
                    let text = request(dialect, rule.name, harmless)
                    #expect(try translated(text, from: dialect, to: .test(wire, strict: true)).warnings == [])
                }
            }
        }
        #expect(checked >= 26)
    }

    @Test("Unknown fields are dropped by name", arguments: Dialect.allCases)
    func unknownFields(dialect: Dialect) throws {
        let text = request(dialect, "brand_new, field", "1")
        let result = try translated(text, from: dialect, to: .test(.ollama))
        // A comma would part it in the header.
        #expect(result.warnings == ["brand_new??field"])
        let many = (0..<100).map { "\"f\($0)\":1" }.joined(separator: ",")
        let flood = request(dialect, "a", "1").dropLast() + ",\(many)}"
        #expect(try translated(String(flood), from: dialect, to: .test(.ollama)).warnings.count == 32)
    }

    // MARK: Documentation

    private static let marks = (begin: "<!-- tables: begin -->\n", end: "<!-- tables: end -->\n")

    /// The tables as docs/compatibility.md shows them.
    private func markdown() -> String {
        var text = ""
        for (dialect, tables) in [(Dialect.openai, FieldTables.openAI), (.anthropic, FieldTables.anthropic)] {
            let wires = BackendWire.allCases.filter { $0.dialect != dialect }
            text += dialect == .openai ? "### From OpenAI clients\n" : "### From Anthropic clients\n"
            for table in tables {
                text += "\n**\(table.title)**\n\n| |"
                for wire in wires {
                    text += wire == .ollama ? " Ollama |" : wire == .openai ? " OpenAI-compatible |" : " Anthropic |"
                }
                text += "\n|---|\(String(repeating: "---|", count: wires.count))\n"
                for rule in table.rules {
                    text += "| `\(rule.name)` |"
                    for wire in wires { text += " \(cell(rule, wire)) |" }
                    text += "\n"
                }
            }
            text += "\n"
        }
        return text
    }

    private func cell(_ rule: FieldRule, _ wire: BackendWire) -> String {
        let unless =
            rule.harmless.isEmpty ? "" : ", unless \(rule.harmless.map { "`\($0)`" }.joined(separator: " or "))"
        switch rule.handling[wire] {
        case nil: return "–"
        case .mapped(let note): return note
        case .passed: return "the same"
        case .dropped(let note): return "*dropped*\(unless)\(note.isEmpty ? "" : ": \(note)")"
        case .refused(let why): return "**400**\(unless): \(why)"
        case .consumed(let note): return "left out: \(note)"
        }
    }

    @Test("docs/compatibility.md shows these tables")
    func documentation() throws {
        let file = WireFixtures.repository.appendingPathComponent("docs/compatibility.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: Self.marks.begin))
        let end = try #require(text.range(of: Self.marks.end))
        let expected = markdown()
        if ProcessInfo.processInfo.environment["WRITE_COMPATIBILITY_TABLES"] != nil {
            let whole = text[..<begin.upperBound] + expected + text[end.lowerBound...]
            try whole.write(to: file, atomically: true, encoding: .utf8)
        } else {
            let same = text[begin.upperBound..<end.lowerBound] == expected
            #expect(same, "run the tests once with WRITE_COMPATIBILITY_TABLES=1 and look at the difference")
        }
    }
}
