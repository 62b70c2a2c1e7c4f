import NIOHTTP1
import Testing

@testable import Simulator

@Suite struct `Rules` {
    private let sample = Sample()
    private static let tools: JSONValue = [["name": "t", "input_schema": ["type": "object"]]]

    @Test(arguments: [
        ("claude-haiku-4-5-20251001", 45), ("claude-opus-4-7", 47), ("claude-sonnet-5", 50), ("claude-fable-5-2", 52),
        ("claude-3-5-sonnet-20241022", 35), ("anthropic/claude-opus-5-5", 55), ("claude-sonnet-4-20250514", 40),
    ])
    func `a name tells its version`(name: String, version: Int) {
        #expect(ModelTraits(name).version == version)
    }

    @Test(arguments: [
        ("claude-haiku-4-5", ("temperature", 0.5 as Double), 200), ("claude-sonnet-4-6", ("top_p", 0.5), 200),
        ("claude-opus-4-7", ("temperature", 1), 400), ("claude-opus-4-8", ("top_k", 1), 400),
        ("claude-sonnet-5", ("temperature", 0.5), 400), ("claude-sonnet-5", ("temperature", 1), 200),
        ("claude-opus-5-5", ("temperature", 1), 400), ("my-own-model", ("temperature", 0.5), 200),
    ])
    func `sampling`(model: String, field: (name: String, value: Double), status: Int) {
        let reply = sample.ask("x", [("model", .string(model)), (field.name, .number("\(field.value)"))])
        #expect(reply.status == status)
    }

    @Test(arguments: [
        ("claude-haiku-4-5", "enabled", 200), ("claude-opus-4-7", "enabled", 400),
        ("claude-haiku-4-5", "adaptive", 400),
        ("claude-opus-4-7", "adaptive", 200), ("claude-opus-5-5", "disabled", 400), ("claude-opus-5", "disabled", 200),
        ("claude-sonnet-5-5", "between_tools", 200),
    ])
    func `thinking`(model: String, type: String, status: Int) {
        var thinking: JSONObject = JSONObject(members: [.init(key: "type", value: .string(type))])
        if type == "enabled" { thinking["budget_tokens"] = 1024 }
        let reply = sample.ask("x", [("model", .string(model)), ("thinking", .object(thinking))])
        #expect(reply.status == status)
    }

    @Test(arguments: [("claude-haiku-4-5", 200), ("claude-sonnet-4-6", 400), ("claude-haiku-5-5", 400)])
    func `prefill`(model: String, status: Int) {
        let messages: JSONValue = [["role": "user", "content": "a"], ["role": "assistant", "content": "b"]]
        #expect(sample.ask("x", [("model", .string(model)), ("messages", messages)]).status == status)
    }

    @Test(arguments: [("claude-opus-4-7", 200), ("claude-sonnet-5-5", 400), ("claude-fable-5", 400)])
    func `forced tools`(model: String, status: Int) {
        let fields: [(String, JSONValue)] = [
            ("model", .string(model)), ("tools", Self.tools), ("tool_choice", ["type": "any"]),
        ]
        #expect(sample.ask("x", fields).status == status)
    }

    @Test func `the newer API version takes no sampling`() {
        let headers = [("authorization", "Bearer k"), ("anthropic-version", "2026-10-21")]
        #expect(sample.send(Sample.body("x", [("temperature", 1)]), headers: headers).status == 400)
        #expect(sample.send(Sample.body("x"), headers: headers).status == 200)
    }

    @Test(arguments: ["model", "max_tokens", "messages"]) func `a missing field is named`(field: String) {
        guard var object = Sample.body("x").object else { return }
        object[field] = nil
        let reply = sample.send(.object(object))
        #expect(reply.status == 400)
        #expect(reply.errorMessage == "\(field): Field required")
    }

    @Test func `doors`() {
        let body = Sample.body("x")
        #expect(sample.send(body, headers: [("anthropic-version", "2023-06-01")]).status == 401)
        #expect(sample.send(body, headers: [("x-api-key", "k")]).status == 400)
        #expect(sample.send(body, path: "/v2/else").json?["error"]?["type"]?.string == "not_found_error")
        #expect(sample.send(body, path: "/v1/messages?beta=true").status == 200)
        #expect(sample.send("no object").status == 400)
        #expect(sample.send(body, path: "/v1/messages/count_tokens").json?["input_tokens"]?.int == 1)
    }

    @Test func `an unanswered tool call is refused`() {
        let call: JSONValue = ["type": "tool_use", "id": "toolu_1", "name": "t", "input": [:]]
        let messages: JSONValue = [
            ["role": "user", "content": "a"], ["role": "assistant", "content": [call]],
            ["role": "user", "content": "b"],
        ]
        let reply = sample.ask("x", [("messages", messages), ("tools", Self.tools)])
        #expect(reply.errorMessage.contains("toolu_1"))
    }

    @Test func `an overlong prompt is refused in the words that agents know`() {
        let long = String(repeating: "a", count: 800_004)
        let reply = sample.ask(long, [("model", "claude-haiku-4-5")])
        #expect(reply.errorMessage == "prompt is too long: 200001 tokens > 200000 maximum")
    }

    @Test func `a thinking block is bound to what came before it`() throws {
        let first = sample.ask("one", [("model", "claude-opus-5-5"), ("thinking", ["type": "adaptive"])])
        let content = try #require(first.json?["content"])
        func replay(_ text: String) -> Int {
            let messages: JSONValue = [
                ["role": "user", "content": .string(text)], ["role": "assistant", "content": content],
                ["role": "user", "content": "two"],
            ]
            return sample.ask("", [("model", "claude-opus-5-5"), ("messages", messages)]).status
        }
        #expect(replay("one") == 200)
        #expect(replay("edited") == 400)
    }

    @Test func `models are listed in pages`() {
        let page = sample.send(nil, path: "/v1/models?limit=2&after_id=claude-fable-5-2", method: .GET).json
        #expect(page?["first_id"]?.string == "claude-haiku-5-5")
        #expect(page?["data"]?.array?.count == 2)
        #expect(page?["has_more"]?.bool == true)
        #expect(sample.send(nil, path: "/v1/models/claude-haiku-4-5", method: .GET).status == 200)
        #expect(sample.send(nil, path: "/v1/models/claude-nope", method: .GET).status == 404)
    }
}
