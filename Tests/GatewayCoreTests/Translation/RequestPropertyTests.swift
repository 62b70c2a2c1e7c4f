import GatewayCore
import Testing

/// Random valid conversations of what the tables call lossless come out whole: in the other dialect as they are spelled
/// there by hand, and from there back as they went in.
@Suite("Random conversations")
struct RequestPropertyTests {
    private static let cases: UInt64 = 1_250

    private func check(_ seed: UInt64, _ actual: RequestJSON, _ expected: String, _ way: String) throws {
        let kept: Set<String> = ["input", "arguments", "input_schema", "parameters", "schema"]
        let expected = try RequestJSON(expected).sorted(keepingOrderIn: kept).description
        let actual = actual.sorted(keepingOrderIn: kept).description
        try #require(actual == expected, "seed \(seed), \(way)")
    }

    @Test("OpenAI to Anthropic and back")
    func openAIRound() throws {
        var features: [String: Int] = [:]
        for seed in 0..<Self.cases {
            let conversation = RandomConversation(seed: seed)
            for feature in conversation.features { features[feature, default: 0] += 1 }
            let there = try translated(conversation.openAI, from: .openai, to: .test(.anthropic, strict: true))
            try check(seed, there.json, conversation.anthropic, "there")
            let back = try translated(there.text, from: .anthropic, to: .test(.openai, strict: true))
            try check(seed, back.json, conversation.openAI, "back")
        }
        // What the cases were made of, so that a generator gone dull is seen.
        for feature in ["tools", "parallel calls", "image", "image URL", "schema", "effort"] {
            #expect(features[feature, default: 0] >= 150, "\(feature): \(features)")
        }
    }

    @Test("Anthropic to OpenAI and back")
    func anthropicRound() throws {
        for seed in Self.cases..<(2 * Self.cases) {
            let conversation = RandomConversation(seed: seed)
            let there = try translated(conversation.anthropic, from: .anthropic, to: .test(.openai, strict: true))
            try check(seed, there.json, conversation.openAI, "there")
            let back = try translated(there.text, from: .openai, to: .test(.anthropic, strict: true))
            try check(seed, back.json, conversation.anthropic, "back")
        }
    }

    @Test("Ollama is told the same by both dialects")
    func ollama() throws {
        var compared = 0
        for seed in 0..<400 as Range<UInt64> {
            let conversation = RandomConversation(seed: seed)
            // It takes no images by URL.
            if conversation.features.contains("image URL") { continue }
            let one = try translated(conversation.openAI, from: .openai, to: .test(.ollama))
            let other = try translated(conversation.anthropic, from: .anthropic, to: .test(.ollama))
            #expect(one.json.description == other.json.description, "seed \(seed)")
            #expect(one.json["messages"]?.elements.isEmpty == false)
            compared += 1
        }
        #expect(compared >= 150)
    }

    @Test("The bytes of texts, schemas and inputs are copied as they are spelled")
    func spelling() throws {
        let text = #"caf\u00e9 \/ \ud83d\ude00 \ud800 \u0000 é"#
        let schema = #"{"type":"object", "properties":{"z":{"minimum":1e400},"a":{"const":12345678901234567890123}}}"#
        let input = #"{"z":[1.10,-0],"a":"\u00e9\/","z":12345678901234567890123}"#
        let body = Array(
            """
            {"model":"x","max_tokens":5,"tools":[{"name":"f","input_schema":\(schema)}],"messages":[
            {"role":"user","content":"\(text)"},
            {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":\(input)}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"\(text)"}]}]}
            """.utf8
        )
        let index = try JSONIndex(body)
        let plain = try RequestTranslation.translate(body, index, from: .anthropic, to: .test(.ollama))
        let ollama = String(decoding: plain.body, as: UTF8.self)
        #expect(ollama.contains("\"content\":\"\(text)\""))
        #expect(ollama.contains("\"parameters\":\(schema)"))
        #expect(ollama.contains("\"arguments\":\(input)"))
        let other = try RequestTranslation.translate(body, index, from: .anthropic, to: .test(.openai))
        #expect(
            String(decoding: other.body, as: UTF8.self).contains(
                #""arguments":"{\"z\":[1.10,-0],\"a\":\"\\u00e9\\/\",\"z\":12345678901234567890123}""#
            )
        )
    }
}
