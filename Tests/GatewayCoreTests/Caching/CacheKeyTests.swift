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
        return CacheKey(
            partition: partition,
            backend: model,
            headers: headers,
            content: CanonicalRequest.content(of: request)
        )
    }

    private static let plain = #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hé"}]}"#

    @Test(arguments: [
        #"{"messages":[{"content":"hé","role":"user"}],"max_tokens":10,"model":"other"}"#,
        #"{ "model" : "m", "max_tokens":10, "messages" : [ {"role":"user","content":"h\u00e9"} ] }"#,
        #"{"model":"m","stream":true,"metadata":{"trace":"x"},"max_tokens":10,"messages":[{"role":"user","content":"hé"}]}"#,
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
        #"{"model":"m","max_tokens":10,"metadata":{"user_id":"x"},"messages":[{"role":"user","content":"hé"}]}"#,
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

    // MARK: Both dialects

    private func key(openAI body: String) throws -> CacheKey {
        let request = try Prompt(parsing: Array(body.utf8), dialect: .openai)
        return CacheKey(
            partition: "project:default",
            backend: "m",
            headers: [],
            content: CanonicalRequest.content(of: request)
        )
    }

    @Test(arguments: [
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"n","max_completion_tokens":10,"stream":true,"messages":[{"content":"hé","role":"user"}],"n":1}"#,
        #"{"model":"m","max_tokens":10,"stop":null,"messages":[{"role":"user","content":[{"type":"text","text":"hé"}]}]}"#,
    ])
    func `one question of nothing but text is one in both dialects`(body: String) throws {
        #expect(try key(openAI: body) == key(Self.plain))
    }

    @Test func `the parameters that both dialects have mean the same`() throws {
        let anthropic =
            #"{"model":"m","max_tokens":9,"system":"Be brief.","temperature":0.5,"top_p":0.9,"#
            + #""stop_sequences":["END"],"metadata":{"user_id":"u"},"messages":[{"role":"user","content":"a"},"#
            + #"{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#
        let openAI =
            #"{"model":"m","max_tokens":9,"user":"u","temperature":0.5,"top_p":0.9,"stop":"END","messages":["#
            + #"{"role":"system","content":"Be brief."},{"role":"user","content":"a"},"#
            + #"{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#
        #expect(try key(anthropic) == key(openAI: openAI))
    }

    @Test(arguments: [
        #"{"model":"m","max_tokens":10,"seed":1,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"n":2,"messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"user":"u","messages":[{"role":"user","content":"hé"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hé","name":"Ann"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hé"},{"role":"system","content":"s"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"ho","content":"hé"}]}"#,
    ])
    func `what one dialect alone can say keeps the two apart`(body: String) throws {
        #expect(try key(openAI: body) != key(Self.plain))
    }

    @Test func `the version that every client sends makes no difference, another does`() throws {
        let base = try key(Self.plain)
        #expect(try key(Self.plain, headers: [HeaderField("anthropic-version", "2023-06-01")]) == base)
        #expect(try key(Self.plain, headers: [HeaderField("anthropic-version", "2099-01-01")]) != base)
    }

    @Test func `a key is its bytes`() throws {
        let base = try key(Self.plain)
        #expect(CacheKey(base.bytes) == base)
        #expect(base.bytes.count == 32)
        #expect(CacheKey([1, 2, 3]) == nil)
    }

    // MARK: Everything but the question

    private func context(_ body: String, _ dialect: Dialect = .anthropic) throws -> [UInt8]? {
        CanonicalRequest.context(of: try Prompt(parsing: Array(body.utf8), dialect: dialect))
    }

    @Test func `the context of two questions is the same where all but the last text is`() throws {
        func body(_ question: String, system: String = "s", earlier: String = "a") -> String {
            #"{"model":"m","max_tokens":10,"system":"\#(system)","messages":[{"role":"user","content":"\#(earlier)"},"#
                + #"{"role":"assistant","content":"b"},{"role":"user","content":"\#(question)"}]}"#
        }
        let base = try #require(try context(body("one")))
        #expect(try context(body("two")) == base)
        #expect(try context(body("two", system: "t")) != base)
        #expect(try context(body("two", earlier: "z")) != base)
    }

    @Test(arguments: [
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}"#,
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text","text":"a","x":1}]}]}"#,
    ])
    func `there is none where the last message is more than a user's text`(body: String) throws {
        #expect(try context(body) == nil)
    }

    @Test func `a context with tools is told apart by them`() throws {
        func body(_ tool: String, _ question: String) -> String {
            #"{"model":"m","max_tokens":10,"tools":[{"name":"\#(tool)"}],"messages":[{"role":"user","content":"\#(question)"}]}"#
        }
        #expect(try context(body("t", "one")) == context(body("t", "two")))
        #expect(try context(body("t", "one")) != context(body("u", "one")))
    }
}
