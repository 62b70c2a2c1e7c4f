import GatewayCore
import Testing

@Suite struct `Cache key` {
    private func key(
        _ body: String,
        partition: String = "project:default",
        model: String = "m",
        headers: [HeaderField] = []
    ) throws -> CacheKey {
        let request = try Prompt(parsing: Array(body.utf8))
        return CacheKey(partition: partition, backend: model, headers: headers, content: CacheKey.content(of: request))
    }

    private static let plain = #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hé"}]}"#

    @Test(arguments: [
        #"{"messages":[{"content":"hé","role":"user"}],"max_tokens":10,"model":"other"}"#,
        #"{ "model" : "m", "max_tokens":10, "messages" : [ {"role":"user","content":"h\u00e9"} ] }"#,
        #"{"model":"m","stream":true,"metadata":{"user_id":"x"},"max_tokens":10,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text","text":"hé"}]}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"cache_control":{"type":"ephemeral"},"text":"hé","type":"text"}]}]}"#,
    ])
    func `is the same for what means the same`(body: String) throws {
        #expect(try key(body) == key(Self.plain))
    }

    @Test(arguments: [
        #"{"model":"m","max_tokens":11,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"he"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"assistant","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"temperature":0,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"system":"s","messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"some_new_field":1,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hé"},{"role":"user","content":"hé"}]}"#,
    ])
    func `differs for what shapes the answer`(body: String) throws {
        #expect(try key(body) != key(Self.plain))
    }

    @Test func `differs by partition, model and the provider's headers`() throws {
        let base = try key(Self.plain)
        #expect(try key(Self.plain, partition: "project:other") != base)
        #expect(try key(Self.plain, model: "n") != base)
        #expect(try key(Self.plain, headers: [HeaderField("anthropic-beta", "x")]) != base)
        let two = [HeaderField("anthropic-beta", "x"), HeaderField("anthropic-version", "y")]
        #expect(try key(Self.plain, headers: two) == key(Self.plain, headers: two.reversed()))
    }

    @Test func `a cache_control inside data is data`() throws {
        func body(_ property: String) -> String {
            #"{"model":"m","max_tokens":1,"tools":[{"name":"t","input_schema":{"properties":{\#(property)}}}],"#
                + #""messages":[{"role":"user","content":"x"}]}"#
        }
        #expect(try key(body(#""cache_control":{"type":"string"}"#)) != key(body("")))
    }

    @Test func `only a system prompt's own line of attribution is passed over`() throws {
        func message(_ sum: String) -> String {
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"#
                + #""x-anthropic-billing-header: \#(sum)"}]}]}"#
        }
        #expect(try key(message("2+2?")) != key(message("3+3?")))
        func system(_ rest: String) -> String {
            #"{"model":"m","max_tokens":1,"system":[{"type":"text","text":"x-anthropic-billing-header: a\n\#(rest)"}],"#
                + #""messages":[{"role":"user","content":"x"}]}"#
        }
        #expect(try key(system("Be brief.")) != key(system("Be long.")))
    }

    @Test func `an agent's line of attribution makes no difference`() throws {
        func body(_ line: String) -> String {
            #"{"model":"m","max_tokens":1,"system":[{"type":"text","text":"x-anthropic-billing-header: cch=\#(line);"},"#
                + #"{"type":"text","text":"You are an agent."}],"messages":[{"role":"user","content":"x"}]}"#
        }
        #expect(try key(body("0f3a1")) == key(body("99999")))
    }
}
