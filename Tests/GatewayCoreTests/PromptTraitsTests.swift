import GatewayCore
import Testing

@Suite struct `A prompt's traits` {
    private func traits(_ members: String = "", messages: String = #"[{"role":"user","content":"Hi"}]"#) throws
        -> PromptTraits
    {
        try Prompt(parsing: Array(#"{"model":"m"\#(members),"messages":\#(messages)}"#.utf8)).traits
    }

    @Test(
        arguments: [
            ("1", .standard), ("1.0", .standard), ("1.000", .standard), ("null", .standard), ("1.01", .other),
            ("10", .other), ("1e0", .other), ("-0", .other), ("0.99", .other), ("0", .other),
        ] as [(String, PromptTraits.Sampling)]
    )
    func `know a default by its digits`(value: String, expected: PromptTraits.Sampling) throws {
        let read = try traits(#","temperature":\#(value)"#)
        #expect(read.temperature == expected && read.topP == .unset && !read.hasTopK)
        #expect(try traits(#","top_p":\#(value)"#).topP == expected)
    }

    @Test(arguments: [
        #","thinking":{"type":"enabled","budget_tokens":"9"}"#, #","thinking":{"type":"adaptive","budget_tokens":9}"#,
        #","thinking":{"type":"disabled","display":"omitted"}"#,
        #","thinking":{"type":"adaptive","display":"updates"}"#,
        #","thinking":{"type":"adaptive","type":"disabled"}"#, #","thinking":{}"#, #","thinking":true"#,
        #","thinking":{"type":["adaptive"]}"#, #","output_config":[]"#, #","output_config":{"task_budget":{}}"#,
        #","output_config":{"effort":5}"#, #","output_config":{"\u0065ffort":"low"}"#, #","tool_choice":"any""#,
        #","tool_choice":{"type":5}"#, #","x":1"#, #","temperatur\u0065":1"#,
        #","tools":[{"name":"t","input_schema":{},"allowed_callers":[]}]"#,
    ])
    func `take what is out of the ordinary for rare`(members: String) throws {
        #expect(try traits(members).rareMembers.count == 1)
    }

    @Test(arguments: [
        #","thinking":null,"output_config":null,"tool_choice":null,"x":null"#, #","output_config":{"effort":null}"#,
        #","stop_sequences":[],"metadata":{},"service_tier":"auto","cache_control":{}"#,
        #","thinking":{"display":"summarized","type":"adaptive"}"#, #","tool_choice":{"type":"none"}"#,
        #","tools":[{"name":"t","type":"custom","input_schema":{},"cache_control":{},"strict":false}]"#,
    ])
    func `take what is ordinary for that`(members: String) throws {
        let read = try traits(members)
        #expect(read.rareMembers.isEmpty && !read.hasTypedTools && !read.hasStrictTools && read.effort == nil)
    }

    @Test func `hold what the request asks for`() throws {
        let read = try traits(
            #","thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"xhigh","format":{}},"#
                + #""tools":[{"name":"t","input_schema":{},"strict":true}],"tool_choice":{"type":"any"},"top_k":1"#
        )
        #expect(read.thinking == .enabled && read.thinkingBudget == 2_000 && !read.hasThinkingDisplay)
        #expect(read.effort == .xhigh && read.wantsStructuredOutput && read.hasStrictTools && read.hasForcedTool)
        #expect(read.hasTopK && read.toolCount == 1)
        #expect(try traits(#","thinking":{"type":"between_tools"}"#).thinking == .betweenTools)
    }

    @Test func `look into tool results`() throws {
        let image = #"{"type":"image","source":{"type":"base64","data":"AA=="}}"#
        let read = try traits(
            messages: #"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"#
                + #"[{"type":"text","text":"four"},\#(image),{"type":"document","source":{"type":"url","url":"u"}}]},"#
                + #"\#(image)]}]"#
        )
        #expect(read.imageCount == 2 && read.hasPDF && read.hasLinkedContent && !read.hasRareBlocks)
        #expect(read.messageBytes == 4 && read.hasToolHistory)
    }

    @Test(arguments: [Dialect.anthropic, .openai])
    func `keep the last user text, its beginning and its end where it is long`(dialect: Dialect) throws {
        func last(_ messages: String) throws -> String {
            let body = Array(#"{"model":"m","messages":[\#(messages)]}"#.utf8)
            return String(decoding: try Prompt(parsing: body, dialect: dialect).traits.lastUserText, as: UTF8.self)
        }
        let earlier = #"{"role":"user","content":"first"},{"role":"assistant","content":"reply"},"#
        #expect(try last(earlier + #"{"role":"user","content":"a\nb"}"#) == "a\nb")
        let parts = #"[{"type":"text","text":"one"},{"type":"text","text":"two"}]"#
        #expect(
            try last(earlier + #"{"role":"user","content":\#(parts)},{"role":"assistant","content":"x"}"#) == "one\ntwo"
        )
        let long = "BEGIN " + String(repeating: "word ", count: 200_000) + " END"
        let kept = try last(#"{"role":"user","content":"\#(long)"}"#)
        #expect(kept.hasPrefix("BEGIN word") && kept.hasSuffix("word  END") && kept.utf8.count < 300_000)
        let many = String(
            repeating: #"{"type":"text","text":"\#(String(repeating: "w ", count: 5_000))"},"#,
            count: 100
        )
        let manyKept = try last(#"{"role":"user","content":[\#(many){"type":"text","text":"the ask"}]}"#)
        #expect(manyKept.hasSuffix("the ask") && manyKept.utf8.count < 300_000)
    }
}
