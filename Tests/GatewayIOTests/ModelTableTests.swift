import GatewayCore
import GatewayIO
import Shared
import Testing

/// The published table of what each Claude model accepts, written out by hand, against the catalogue that is built in.
@Suite struct `The built-in models accept` {
    /// The table's columns. Where models of one column differ, there is a column more.
    private static let columns: [[String]] = [
        ["claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929"], ["claude-opus-4-5-20251101"],
        ["claude-opus-4-6", "claude-sonnet-4-6"], ["claude-opus-4-7"], ["claude-opus-4-8"], ["claude-sonnet-5"],
        ["claude-opus-5"], ["claude-haiku-5-5"], ["claude-sonnet-5-5"], ["claude-opus-5-5"], ["claude-fable-5"],
        ["claude-fable-5-1", "claude-fable-5-2"],
    ]

    /// A row of the table. A word a column: ok; no; `?` for a fact that is unsure, hence no for routing and ok for the
    /// model that the client named; or the adaptations' initials, see ``word(_:)``.
    struct Row: CustomTestStringConvertible, Sendable {
        var members = ""
        var messages = #"[{"role":"user","content":"Hi"}]"#
        var expected: String

        var testDescription: String { members + messages }
    }

    static let rows: [Row] = [
        Row(expected: "ok ok ok ok ok ok ok ok ok ok ok ok"),
        Row(members: #","temperature":0.2"#, expected: "ok ok ok no no no no no no no no no"),
        Row(members: #","temperature":1"#, expected: "ok ok ok T T T T T T T T T"),
        Row(members: #","top_p":1.0"#, expected: "ok ok ok P P P P P P P P P"),
        Row(members: #","temperature":1,"top_p":0.9"#, expected: "T T T no no no no no no no no no"),
        Row(members: #","temperature":0.2,"top_p":0.9"#, expected: "no no no no no no no no no no no no"),
        Row(members: #","top_k":5"#, expected: "ok ok ok no no no no no no no no no"),
        Row(
            members: #","thinking":{"type":"enabled","budget_tokens":2000}"#,
            expected: "ok ok ok A A A A A A A A A"
        ),
        Row(members: #","thinking":{"type":"adaptive"}"#, expected: "W W ok ok ok ok ok ok ok ok ok ok"),
        Row(members: #","thinking":{"type":"disabled"}"#, expected: "ok ok ok ok ok ok ok ok B no no no"),
        Row(
            members: #","thinking":{"type":"disabled"},"output_config":{"effort":"max"}"#,
            expected: "no L ok ok ok ok L L LB no no no"
        ),
        Row(members: #","thinking":{"type":"between_tools"}"#, expected: "no no no no no no no no ok no no no"),
        Row(members: #","output_config":{"effort":"low"}"#, expected: "D ok ok ok ok ok ok ok ok ok ok ok"),
        Row(members: #","output_config":{"effort":"high"}"#, expected: "D ok ok ok ok ok ok ok ok ok ok ok"),
        Row(members: #","output_config":{"effort":"xhigh"}"#, expected: "no L L ok ok ok ok ok ok ok ok ok"),
        Row(members: #","output_config":{"effort":"max"}"#, expected: "no L ok ok ok ok ok ok ok ok ok ok"),
        Row(
            messages: #"[{"role":"user","content":"Hi"},{"role":"assistant","content":"{"}]"#,
            expected: "ok ok no no no no no no no no no no"
        ),
        Row(
            members: #","tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"tool","name":"t"}"#,
            expected: "ok ok ok ? ? ok ? ? no no no no"
        ),
        Row(
            messages: #"[{"role":"user","content":"Hi"},{"role":"system","content":"Be brief."}]"#,
            expected: "no no no no ok no ok ? ok ? no ok"
        ),
        // Thinking goes with no forced tool, no prefilled answer, no sampling; a budget wants to be below max_tokens,
        // and to have begun with the thinking of earlier calls.
        Row(
            members: #","tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"any"},"#
                + #""thinking":{"type":"enabled","budget_tokens":2000}"#,
            expected: "no no no no no no no no no no no no"
        ),
        Row(
            members: #","thinking":{"type":"adaptive"}"#,
            messages: #"[{"role":"user","content":"Hi"},{"role":"assistant","content":"{"}]"#,
            expected: "no no no no no no no no no no no no"
        ),
        Row(
            members: #","temperature":0.5,"thinking":{"type":"enabled","budget_tokens":2000}"#,
            expected: "no no no no no no no no no no no no"
        ),
        Row(
            members: #","thinking":{"type":"enabled","budget_tokens":9000}"#,
            expected: "no no no A A A A A A A A A"
        ),
        Row(
            members: #","thinking":{"type":"enabled","budget_tokens":1023}"#,
            expected: "no no no A A A A A A A A A"
        ),
        Row(
            members: #","thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"}"#,
            expected: "S S ok A A A A A A A A A"
        ),
        Row(
            members: #","thinking":{"type":"enabled","budget_tokens":2000},"tools":[{"name":"t","input_schema":{}}]"#,
            messages: #"[{"role":"user","content":"Hi"},"#
                + #"{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"t","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"4"}]}]"#,
            expected: "no no no A A A A A A A A A"
        ),
        Row(
            members: #","tools":[{"name":"t","input_schema":{},"strict":true}]"#,
            expected: "ok ok ok ok ok ok ok ok ok ok ok ok"
        ),
        Row(
            messages: #"[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://a/b"}}]}]"#,
            expected: "ok ok ok ok ok ok ok ok ok ok ok ok"
        ),
        Row(
            messages: #"[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":""}}]}]"#,
            expected: "ok ok ok ok ok ok ok ok ok ok ok ok"
        ),
        Row(
            members: #","output_config":{"format":{"type":"json_schema","schema":{}}}"#,
            expected: "ok ok ok ok ok ok ok ok ok ok ok ok"
        ),
    ]

    @Test(arguments: rows)
    func `what the published table says`(row: Row) throws {
        let catalogue = try CatalogueFile.builtIn()
        let request = try Prompt(
            parsing: Array(#"{"model":"m","max_tokens":9000\#(row.members),"messages":\#(row.messages)}"#.utf8)
        )
        #expect(Capability.reasonToStay(request.traits, maxTokens: request.maxTokens, betas: []) == nil)
        let words = row.expected.split(separator: " ")
        try #require(words.count == Self.columns.count)
        for (models, expected) in zip(Self.columns, words) {
            for model in models {
                let settings = Settings.Backend(name: "b", provider: .anthropic, model: model, baseURL: "", tier: .fast)
                let backend = Backend(settings, catalogue: catalogue)
                let routed = Capability.fit(request.traits, backend, maxTokens: request.maxTokens)
                #expect(Self.word(routed) == (expected == "?" ? "no" : expected), "\(model)")
                guard expected == "?" else { continue }
                let named = Capability.fit(request.traits, backend, maxTokens: request.maxTokens, choice: .client)
                #expect(named == .asItStands, "\(model)")
            }
        }
    }

    private static func word(_ fit: Capability.Fit) -> String {
        switch fit {
        case .refuses: return "no"
        case .fits(let adaptations):
            let letters = adaptations.map { adaptation in
                switch adaptation {
                case .dropTemperature: "T"
                case .dropTopP: "P"
                case .thinkAdaptively: "A"
                case .thinkWithin(let budget): budget == 4_096 ? "W" : "W\(budget)"
                case .thinkBetweenTools: "B"
                case .lowerEffort(_, let to): to == .high ? "L" : "L-\(to)"
                case .dropEffort: "D"
                case .dropThinkingDisplay: "S"
                case .capMaxTokens: adaptation.name
                }
            }
            return letters.isEmpty ? "ok" : letters.joined()
        }
    }

    @Test func `as much as their entries say, every one of them`() throws {
        for model in try CatalogueFile.builtIn().models {
            let capabilities = try #require(model.capabilities, "\(model.id)")
            #expect(capabilities.tools && capabilities.images && !capabilities.thinking.isEmpty, "\(model.id)")
            guard model.id.hasPrefix("gpt-") else { continue }
            // Sampling only with an effort of none, which no request of ours asks for; GPT-6.1 Sol has no such effort.
            #expect(capabilities.sampling == .none, "\(model.id)")
            #expect(capabilities.thinking.contains(.disabled) == (model.id != "gpt-6.1-sol"), "\(model.id)")
        }
    }

    @Test func `more than an entry of the user's that only gives a price would say`() throws {
        let text = """
            models:
              - id: claude-opus-4-7
                context_window: 1000000
                max_output: 128000
                prices: [{input: 4, output: 20, cache_read: 0.4, cache_write_5m: 5, cache_write_1h: 8}]
            """
        let builtIn = try CatalogueFile.builtIn()
        let merged = builtIn.merging(try CatalogueFile.parse(text, file: "m.yaml"))
        #expect(merged.model("claude-opus-4-7")?.prices.first?.price.input == 4_000_000)
        #expect(merged.model("claude-opus-4-7")?.capabilities == builtIn.model("claude-opus-4-7")?.capabilities)
    }
}
