import Testing

@testable import Simulator

@Suite struct `Answers` {
    private let sample = Sample()
    private let tool: JSONValue = [
        "name": "lookup_tide",
        "input_schema": [
            "type": "object", "required": ["harbour"],
            "properties": ["harbour": ["type": "string"], "hour": ["type": "integer", "minimum": 3, "maximum": 5]],
        ],
    ]

    @Test func `the same question has the same text, plain and streamed`() {
        let question = "Compare sailing boats with rowing boats and explain why."
        let first = sample.ask(question).text
        #expect(first.hasPrefix("[simulated] "))
        #expect(first == sample.ask(question).text)
        #expect(first == sample.ask(question, [("stream", true)]).joined("text_delta", "text"))
        #expect(first != sample.ask(question + " Really?").text)
    }

    @Test func `another seed gives another text`() throws {
        let request = try MessagesRequest(Sample.body("Explain the tides of the northern harbours."))
        let texts = (1...5).map {
            AnswerComposer(request, Directives(), seed: UInt64($0), toolID: "t").compose().blocks
        }
        #expect(texts.contains { $0 != texts[0] })
    }

    @Test(arguments: [
        "Why is the sky blue?", "Prove that this protocol is safe, step by step, and compare it with three others.",
    ])
    func `no sentence comes often enough to be taken for a weak answer`(question: String) throws {
        let request = try MessagesRequest(Sample.body(question))
        for seed in 1...100 as ClosedRange<UInt64> {
            for block in AnswerComposer(request, Directives(), seed: seed, toolID: "t").compose().blocks {
                guard case .text(let text) = block else { continue }
                let sentences = text.split { ".\n".contains($0) }.map { $0.drop { $0 == " " } }
                let counts = Dictionary(sentences.map { ($0, 1) }, uniquingKeysWith: +)
                #expect(counts.values.max() ?? 0 < 3, "\(text)")
            }
        }
    }

    @Test func `a plain answer has the shape of a message`() throws {
        let reply = sample.ask("Hello harbour")
        let json = try #require(reply.json)
        #expect(json["type"]?.string == "message")
        #expect(json["role"]?.string == "assistant")
        #expect(json["model"]?.string == "claude-sonnet-4-6")
        #expect(json["stop_reason"]?.string == "end_turn")
        #expect(json["stop_sequence"] == .null)
        #expect(json["usage"]?["input_tokens"]?.int == 4)
        #expect(json["usage"]?["output_tokens"]?.int == TokenCount.tokens(reply.text))
        #expect(reply.header("x-simulated") == "true")
        #expect(reply.header("request-id")?.hasPrefix("req_sim_") == true)
        #expect(reply.header("anthropic-ratelimit-requests-limit") == "4000")
    }

    @Test(arguments: [
        "", "[[simulate: tool]]", "[[simulate: think]]", "[[simulate: think tool]]", "[[simulate: refuse]]",
    ])
    func `a stream is well formed`(marker: String) {
        let reply = sample.ask("Tides at Fowey " + marker, [("stream", true), ("tools", [tool])])
        let events = reply.events
        #expect(events.count == reply.steps.reduce(0) { $0 + $1.events })
        #expect(events.first?["type"]?.string == "message_start")
        #expect(events.dropFirst().first?["type"]?.string == "ping")
        #expect(events.dropLast().last?["type"]?.string == "message_delta")
        #expect(events.last?["type"]?.string == "message_stop")
        let starts = events.filter { $0["type"]?.string == "content_block_start" }.compactMap { $0["index"]?.int }
        #expect(starts == Array(0..<starts.count))
        var open: Int?
        for event in events {
            switch event["type"]?.string {
            case "content_block_start":
                #expect(open == nil)
                open = event["index"]?.int
            case "content_block_delta": #expect(open == event["index"]?.int)
            case "content_block_stop":
                #expect(open == event["index"]?.int)
                open = nil
            default: break
            }
        }
        #expect(open == nil)
    }

    @Test func `max_tokens cuts the text`() {
        let reply = sample.ask("Explain everything about sailing.", [("max_tokens", 8)])
        #expect(reply.json?["stop_reason"]?.string == "max_tokens")
        #expect(reply.text.utf8.count == 32)
        #expect(reply.json?["usage"]?["output_tokens"]?.int == 8)
    }

    @Test func `a stop sequence ends the text before itself`() {
        let whole = sample.ask("Explain zebras.").text
        let reply = sample.ask("Explain zebras.", [("stop_sequences", ["nowhere", "zebras"])])
        #expect(reply.json?["stop_reason"]?.string == "stop_sequence")
        #expect(reply.json?["stop_sequence"]?.string == "zebras")
        #expect(whole.hasPrefix(reply.text + "zebras"))
    }

    @Test func `a tool call fits its schema`() throws {
        let fields: [(String, JSONValue)] = [("tools", [tool])]
        let plain = sample.ask("Tide? [[simulate: tool]]", fields)
        let call = try #require(plain.json?["content"]?.array?.last)
        #expect(plain.json?["stop_reason"]?.string == "tool_use")
        #expect(call["name"]?.string == "lookup_tide")
        #expect(call["input"]?["harbour"]?.string != nil)
        #expect((3...5).contains(call["input"]?["hour"]?.int ?? 0))
        let streamed = sample.ask("Tide? [[simulate: tool]]", fields + [("stream", true)])
        let input = try JSONParser.parse(Array(streamed.joined("input_json_delta", "partial_json").utf8))
        #expect(input == call["input"])
    }

    @Test func `a schema for the answer is kept to`() throws {
        let schema: JSONValue = [
            "type": "object",
            "properties": [
                "level": ["enum": ["simple", "hard"]], "score": ["type": "number", "minimum": 0, "maximum": 1],
                "tags": ["type": "array", "items": ["type": "string"], "minItems": 2],
                "maybe": ["anyOf": [["type": "null"], ["$ref": "#/$defs/flag"]]],
            ],
            "$defs": ["flag": ["type": "boolean"]],
        ]
        let reply = sample.ask("Rate this", [("output_config", ["format": ["type": "json_schema", "schema": schema]])])
        let json = try JSONParser.parse(Array(reply.text.utf8))
        #expect(["simple", "hard"].contains(json["level"]?.string))
        #expect((0...1).contains(json["score"]?.double ?? 2))
        #expect((json["tags"]?.array?.count ?? 0) >= 2)
        #expect(json["maybe"]?.bool != nil)
    }

    @Test func `thinking is signed, and its text hidden where the model hides it`() {
        let shown = sample.ask("Why? [[simulate: think]]").json?["content"]?.array?.first
        #expect(shown?["thinking"]?.string?.isEmpty == false)
        let fields: [(String, JSONValue)] = [("model", "claude-opus-4-8"), ("thinking", ["type": "adaptive"])]
        let hidden = sample.ask("Why?", fields).json?["content"]?.array?.first
        #expect(hidden?["thinking"]?.string == "")
        #expect(hidden?["signature"]?.string?.isEmpty == false)
    }
}
