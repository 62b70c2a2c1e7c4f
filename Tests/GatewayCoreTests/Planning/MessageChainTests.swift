import GatewayCore
import Testing

@Suite struct `A conversation's identity` {
    private func chain(
        _ body: String,
        _ dialect: Dialect = .anthropic,
        partition: String = "project:a",
        session: String? = nil
    ) throws -> MessageChain {
        MessageChain(try Prompt(parsing: Array(body.utf8), dialect: dialect), partition: partition, session: session)
    }

    private func body(_ messages: String, system: String = #""Be brief.""#, extra: String = "") -> String {
        #"{"model":"m","max_tokens":10\#(extra),"system":\#(system),"messages":[\#(messages)]}"#
    }

    private static let question = #"{"role":"user","content":"Whé\nre?"}"#
    private static let answer = #"{"role":"assistant","content":[{"type":"text","text":"There."}]}"#
    private static let next = #"{"role":"user","content":"And then?"}"#

    @Test(arguments: [
        // Order of members, white space, escapes.
        #"{"messages":[ {"content":"Wh\u00e9\nre?","role":"user"} ],"system":"Be brief.","max_tokens":10,"model":"m"}"#,
        // Blocks in the place of strings, with markers.
        #"{"model":"m","max_tokens":10,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"#
            + #""messages":[{"role":"user","content":[{"cache_control":{"type":"ephemeral","ttl":"1h"},"type":"text","#
            + #""text":"Whé\nre?"}]}]}"#,
        // What the rules for preserved thinking do not check.
        #"{"model":"n","max_tokens":99,"system":"Be brief.","stream":true,"metadata":{"user_id":"x"},"temperature":1,"#
            + #""output_config":{"effort":"low"},"cache_control":{"type":"ephemeral"},"#
            + #""messages":[{"role":"user","content":"Whé\nre?"}]}"#,
        // An agent's line of attribution.
        #"{"model":"m","max_tokens":10,"system":[{"type":"text","text":"x-anthropic-billing-header: cch=0f3a1;"},"#
            + #"{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":"Whé\nre?"}]}"#,
    ])
    func `is the same however it is written`(text: String) throws {
        #expect(try chain(text).links == chain(body(Self.question)).links)
    }

    @Test(arguments: [
        #"{"role":"user","content":"Where?"}"#, #"{"role":"assistant","content":"Whé\nre?"}"#,
        #"{"role":"user","content":[{"type":"text","text":"Whé\nre?"},{"type":"text","text":"Whé\nre?"}]}"#,
        #"{"role":"user","content":[{"type":"text","text":"Whé\nre?","citations":[]}]}"#,
        #"{"role":"user","content":[[{"type":"text","text":"Whé\nre?"}]]}"#,
    ])
    func `differs by what is said`(message: String) throws {
        #expect(try chain(body(message)).links != chain(body(Self.question)).links)
    }

    @Test func `differs by system, tools and session`() throws {
        let plain = try chain(body(Self.question))
        let tools = #","tools":[{"name":"t","input_schema":{}}]"#
        #expect(try chain(body(Self.question, system: #""Be long.""#)).links != plain.links)
        #expect(try chain(body(Self.question, extra: tools)).links != plain.links)
        #expect(try chain(body(Self.question), session: "s").links != plain.links)
        #expect(try chain(body(Self.question), session: "").links != plain.links)
        #expect(try chain(body(Self.question), partition: "project:b") != plain)
        // A property of that name in a schema is no marker.
        func schema(_ property: String) -> String {
            #","tools":[{"name":"t","input_schema":{"properties":{\#(property)}}}]"#
        }
        let marker = try chain(body(Self.question, extra: schema(#""cache_control":{"type":"string"}"#)))
        #expect(try chain(body(Self.question, extra: schema(""))).links != marker.links)
    }

    @Test(arguments: [
        (#"\u0041\u00e9\u20ac\ud83d\ude00"#, "Aé€😀"), (#"\u000a\u0022\u005c\u0009\u000D"#, #"\n\"\\\t\r"#),
        (#"a\/b"#, "a/b"),
        (#"\b\f"#, #"\u0008\u000C"#), (#"\ud83d!"#, #"\uDC00!"#), (#"\\u0041 \u0041"#, #"\\u0041 A"#),
    ])
    func `knows a text in every spelling`(one: String, other: String) throws {
        // In front of it so much that it lies across words of the scan.
        for length in [0, 5, 6, 7, 8, 9, 15, 16, 100] {
            let before = String(repeating: "x", count: length)
            func links(_ text: String) throws -> [PrefixHash] {
                try chain(body(#"{"role":"user","content":"\#(before)\#(text)"}"#)).links
            }
            #expect(try links(one) == links(other))
            #expect(try links(one) != links(other + "x"))
            // A backslash of its own before the letters is no escape.
            #expect(try links(#"\\u0041"#) != links("A") && links(#"\\u0041"#) != links(#"\\A"#))
        }
    }

    @Test func `a request goes on from the prefix of the one before`() throws {
        let first = try chain(body(Self.question))
        let second = try chain(body([Self.question, Self.answer, Self.next].joined(separator: ",")))
        #expect(first.links.count == 1 && second.links.count == 3 && second.messageCount == 3)
        #expect(second.links[0] == first.links[0])
        #expect(Set(second.links).count == 3)
        // Thoughts that a client leaves out later.
        let thought =
            #"{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"c2ln"},"#
            + #"{"type":"text","text":"There."}]}"#
        #expect(try chain(body([Self.question, thought, Self.next].joined(separator: ","))).links == second.links)
    }

    @Test func `an edit leaves what came before in common`() throws {
        let one = try chain(body([Self.question, Self.answer, Self.next].joined(separator: ",")))
        let other = try chain(
            body([Self.question, Self.answer, #"{"role":"user","content":"Never mind."}"#].joined(separator: ","))
        )
        #expect(one.links[..<2] == other.links[..<2] && one.links[2] != other.links[2])
    }

    @Test func `reads OpenAI's dialect alike`() throws {
        let system = #"{"role":"system","content":"Be brief."}"#
        func open(_ messages: [String], extra: String = "") throws -> MessageChain {
            try chain(#"{"model":"m"\#(extra),"messages":[\#(messages.joined(separator: ","))]}"#, .openai)
        }
        let call =
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","#
            + #""function":{"name":"t","arguments":"{\"a\":1}"}}]}"#
        let result = #"{"role":"tool","tool_call_id":"c","content":"3"}"#
        let first = try open([system, Self.question])
        let second = try open([system, Self.question, call, result], extra: #","prompt_cache_key":"k""#)
        #expect(second.links[..<2] == first.links[...])
        let spelled =
            #"{"role":"assistant","refusal":null,"reasoning_content":"Hm.","tool_calls":[{"id":"c","#
            + #""function":{"arguments":"{\"a\":1}","name":"t"},"type":"function"}]}"#
        #expect(try open([system, Self.question, spelled, result]).links == second.links)
        let parts =
            #"{"role":"user","content":[{"type":"text","text":"Whé\nre?","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}"#
        #expect(try open([system, parts]).links == first.links)
    }

    @Test func `keeps the last links of a very long conversation`() throws {
        let messages = (0..<3_000).map { #"{"role":"\#($0 % 2 == 0 ? "user" : "assistant")","content":"\#($0)"}"# }
        let long = try chain(body(messages[..<2_999].joined(separator: ",")))
        let longer = try chain(body(messages.joined(separator: ",") + #",{"role":"user","content":"x"}"#))
        #expect(long.links.count == MessageChain.keptLinks && longer.links.count == MessageChain.keptLinks)
        #expect(longer.links[MessageChain.keptLinks - 3] == long.links.last)
        #expect(Set(longer.links).count == MessageChain.keptLinks)
    }

    @Test func `strings of any bytes and shapes of any kind do no harm`() throws {
        var random = SeededGenerator(seed: 11)
        let pieces = [
            #"\u"#, #"\u12"#, #"\ud800"#, #"\udc00"#, #"\\"#, #"\""#, #"\/"#, "<system-reminder>", "</system-reminder>",
            "é", "u", " ",
        ]
        let shapes = [
            #""TEXT""#, "null", "3", "{}", #"["TEXT"]"#, #"[{"type":"text","text":"TEXT"},null,{"type":7}]"#,
            #"[{"type":"tool_result","content":[{"type":"image"},"TEXT"],"cache_control":"TEXT"}]"#,
        ]
        func text() -> String {
            (0..<Int.random(in: 0..<12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
        }
        func shape() -> String {
            (shapes.randomElement(using: &random) ?? "").split(separator: "TEXT", omittingEmptySubsequences: false)
                .joined(separator: text())
        }
        var read = 0
        for round in 0..<2_000 {
            let roles = ["user", "assistant", "system", "tool", text()]
            let body = #"""
                {"model":"m","max_tokens":9,"system":\#(shape()),"tools":\#(shape()),"cache_control":\#(shape()),"messages":[\#
                {"role":"\#(roles.randomElement(using: &random) ?? "")","content":\#(shape())},\#
                {"content":\#(shape()),"role":"user"}]}
                """#
            let dialect: Dialect = round % 2 == 0 ? .anthropic : .openai
            guard let prompt = try? Prompt(parsing: Array(body.utf8), dialect: dialect) else { continue }
            read += 1
            let chain = MessageChain(prompt, partition: "p")
            #expect(chain.links.count == 2 && chain.marks.markedBytes <= chain.marks.totalBytes)
            #expect(chain.marks.hourBytes <= chain.marks.markedBytes)
            #expect(!TurnKind(prompt).reason.isEmpty)
        }
        #expect(read > 200)
    }

    @Test func `measures how much is marked`() throws {
        func marks(_ text: String, _ dialect: Dialect = .anthropic) throws -> CacheMarks {
            try chain(text, dialect).marks
        }
        let none = try marks(body(Self.question))
        #expect(none.markedBytes == 0 && none.hourBytes == 0 && !none.moves && none.totalBytes > 20)
        #expect(none.markedTokens(of: 1_000) == 0)
        let top = try marks(body(Self.question, extra: #","cache_control":{"type":"ephemeral"}"#))
        #expect(top.markedBytes == top.totalBytes && top.moves && top.markedTokens(of: 1_000) == 1_000)
        // A system prompt of 300 bytes and a question of 100, each with its JSON around it: the marker stays.
        let text = String(repeating: "a", count: 300)
        let system = #"[{"type":"text","text":"\#(text)","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#
        let fixed = try marks(
            body(#"{"role":"user","content":"\#(String(repeating: "b", count: 98))"}"#, system: system)
        )
        #expect(fixed.totalBytes == system.utf8.count - 2 + 100)
        #expect(fixed.markedBytes == system.utf8.count - 2 && fixed.hourBytes == fixed.markedBytes && !fixed.moves)
        #expect(fixed.markedTokens(of: fixed.totalBytes * 10) == fixed.markedBytes * 10)
        // Tools come first, wherever they stand in the body.
        let tool = #"{"name":"t","input_schema":{},"cache_control":{"type":"ephemeral"}}"#
        let tools = try marks(body(Self.question, extra: #","tools":[\#(tool)]"#))
        #expect(tools.markedBytes == tool.utf8.count)
        // A marker inside a tool's result marks to the end of that block; a null one marks nothing.
        let result =
            #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"3","cache_control":{"type":"ephemeral"}}]}"#
        let inner = try marks(body(#"{"role":"user","content":[\#(result)]}"#, system: "\"\""))
        #expect(inner.markedBytes == inner.totalBytes && inner.moves && inner.totalBytes == result.utf8.count + 2)
        let null = #"{"role":"user","content":[{"type":"text","text":"x","cache_control":null}]}"#
        #expect(try marks(body(null)).markedBytes == 0)
        // Pictures count by their tokens, not by their bytes.
        let data = String(repeating: "A", count: 90_000)
        let image = #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"\#(data)"}}"#
        let seen = try marks(body(#"{"role":"user","content":[\#(image)]}"#, system: "\"\""))
        #expect(seen.totalBytes == CacheMarks.imageBytes + 2)
        let nested = #"{"type":"tool_result","tool_use_id":"t","content":[\#(image)]}"#
        let shown = try marks(body(#"{"role":"user","content":[\#(nested)]}"#, system: "\"\""))
        #expect(shown.totalBytes == CacheMarks.imageBytes + 2 + nested.utf8.count - image.utf8.count)
        let open =
            #"{"role":"user","content":[{"type":"text","text":"x","prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}}]}"#
        let breakpoint = try marks(#"{"model":"m","messages":[\#(open)]}"#, .openai)
        #expect(breakpoint.hourBytes == breakpoint.totalBytes && breakpoint.moves)
    }
}
