import GatewayCore
import Testing

/// The golden pairs beside the repository. They are compared as values; inside tool inputs and schemas the order of
/// members counts too. Warnings are compared as sets: ours come in the order of sight.
@Suite("Golden request translations", .enabled(if: WireFixtures.arePresent))
struct RequestGoldenTests {
    private struct Golden {
        let from: String
        let to: RequestJSON
        let warnings: Set<String>

        init(_ name: String) throws {
            let whole = try RequestJSON(try WireFixtures.bytes(name))
            from = try #require(whole["from"]).description
            to = try #require(whole["to"])
            warnings = Set(try #require(whole["warnings"]).elements.compactMap(\.text))
        }
    }

    private static let ordered: Set<String> = ["input", "input_schema", "parameters", "arguments"]

    private func compare(_ ours: RequestJSON, _ golden: RequestJSON) {
        let ours = ours.sorted(keepingOrderIn: Self.ordered)
        let golden = golden.sorted(keepingOrderIn: Self.ordered)
        #expect(ours.description == golden.description)
    }

    private func anthropicTarget(_ model: String) -> TranslationTarget {
        .test(.anthropic) { target in
            target.model = model
            target.capabilities.sampling = .none
        }
    }

    @Test("t01: OpenAI to Anthropic, with tools, an image and late instructions")
    func t01() throws {
        let golden = try Golden("t01-request-openai-to-anthropic.json")
        let ours = try translated(golden.from, from: .openai, to: anthropicTarget("gpt-5.5"))
        // One text of a tool's answer is written as a string, which is the same to Anthropic.
        let expected = try RequestJSON(
            golden.to.description.replacing(#"[{"type":"text","text":"3.1 m"}]"#, with: #""3.1 m""#)
        )
        compare(ours.json, expected)
        #expect(Set(ours.warnings) == golden.warnings)
    }

    @Test("t02: a schema's constraint becomes part of its description")
    func t02() throws {
        let golden = try Golden("t02-request-jsonschema-openai-to-anthropic.json")
        let ours = try translated(golden.from, from: .openai, to: anthropicTarget("gpt-5.5"))
        compare(ours.json, golden.to)
        #expect(Set(ours.warnings) == golden.warnings)
    }

    @Test("t03: Anthropic to OpenAI, tool results and an image among them")
    func t03() throws {
        let golden = try Golden("t03-request-anthropic-to-openai.json")
        let target = TranslationTarget.test(.openai, proper: true) { $0.model = "claude-sonnet-5-5" }
        let ours = try translated(golden.from, from: .anthropic, to: target)
        compare(ours.json, golden.to)
        #expect(Set(ours.warnings) == golden.warnings)
        #expect(ours.toolNames.isEmpty)
    }

    @Test("t04: a coding agent's request to OpenAI")
    func t04() throws {
        let golden = try Golden("t04-request-agent-cli-to-openai.json")
        let target = TranslationTarget.test(.openai, proper: true) { $0.model = "claude-opus-5-5" }
        let ours = try translated(golden.from, from: .anthropic, to: target)
        // The golden request has a strict tool with an optional property, which OpenAI answers with a 400.
        let expected = try RequestJSON(golden.to.description.replacing(#","strict":true"#, with: ""))
        compare(ours.json, expected)
        // And it leaves out without a word what is said here.
        #expect(Set(ours.warnings) == golden.warnings.union(["tools.eager_input_streaming", "tools.strict"]))
    }

    @Test("t05: Anthropic to Ollama")
    func t05() throws {
        let golden = try Golden("t05-request-anthropic-to-ollama.json")
        let target = TranslationTarget.test(.ollama) { $0.model = "claude-sonnet-5-5" }
        let ours = try translated(golden.from, from: .anthropic, to: target)
        compare(ours.json, golden.to)
        #expect(Set(ours.warnings) == golden.warnings)
    }

    @Test("Every recorded request is translated, or refused with a text", arguments: BackendWire.allCases)
    func allFixtures(wire: BackendWire) throws {
        var counted = 0
        for dialect in Dialect.allCases where wire.dialect != dialect {
            let prefix = dialect == .openai ? "o" : "a"
            for name in WireFixtures.names(prefix: prefix, suffix: ".request.json") {
                let text = String(decoding: try WireFixtures.bytes(name), as: UTF8.self)
                let refused = try refusal(text, from: dialect, to: .test(wire))
                counted += 1
                switch name.prefix(3) {
                // Embeddings and Responses have no messages, and a count of tokens has no limit.
                case "o14", "o15", "o16": #expect(refused == "messages: Field required")
                case "a19": #expect(refused == "max_tokens: Field required")
                case "a05" where wire == .ollama:
                    #expect(refused?.hasPrefix("messages") == true, "an image by URL")
                default: #expect(refused == nil, "\(name) to \(wire)")
                }
            }
        }
        #expect(counted >= (wire == .ollama ? 30 : 14))
    }
}
