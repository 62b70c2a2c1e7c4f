import Foundation
import GatewayCore

/// One line of answers.jsonl: a question, an answer to it, and whether a careful reader would call the answer weak.
struct LabelledAnswer: Decodable, Sendable {
    enum Label: String, Decodable {
        case weak
        case fine
    }

    struct Tool: Decodable {
        var name: String
        var schema: JSONFixture
    }

    struct Call: Decodable {
        var name: String
        var arguments: String
    }

    var label: Label
    /// Of a weak answer the signal that is to find it; of a fine one what makes it hard or plain.
    var kind: String
    var question: String
    var answer: String
    /// In Anthropic's words.
    var stop: String
    var system: String?
    /// `object` where any JSON object is asked for by parameter.
    var json: String?
    var schema: JSONFixture?
    var tools: [Tool]?
    var calls: [Call]?
    var stops: [String]?
    var max_tokens: Int?
    /// What the provider counted; without it a quarter of the answer's bytes, or the limit where that cut the answer.
    var output_tokens: Int?
    /// The classifier's score; without one the request was not classified.
    var score: Int?

    /// Half of the set by the question's hash, so that no one chose. Rules were tuned on this one only.
    var isDev: Bool {
        let hash = question.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return hash >> 20 & 1 == 1
    }

    static func load(_ name: String = "answers.jsonl") throws -> [LabelledAnswer] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: name)
        let lines = try Data(contentsOf: file).split(separator: 0x0A)
        return try lines.map { try JSONDecoder().decode(LabelledAnswer.self, from: Data($0)) }
    }

    /// The client's limit. Whoever labelled an answer as cut meant that it should have been longer: the limit of such an item
    /// stands for another than the client's.
    private var clientLimit: Int { kind == "truncated" ? 64_000 : max_tokens ?? 1_024 }

    private var counted: JSONFixture {
        let limit = stop == "max_tokens" && kind != "truncated" ? max_tokens : nil
        return .number(Double(output_tokens ?? limit ?? max(1, answer.utf8.count / 4)))
    }

    // MARK: On the wire

    func prompt(_ dialect: Dialect) throws -> Prompt {
        var body: [String: JSONFixture] = [
            "model": .text("m"), "max_tokens": .number(Double(clientLimit)),
        ]
        var messages: [JSONFixture] = []
        if let system {
            if dialect == .anthropic {
                body["system"] = .text(system)
            } else {
                messages.append(.object(["role": .text("system"), "content": .text(system)]))
            }
        }
        messages.append(.object(["role": .text("user"), "content": .text(question)]))
        body["messages"] = .array(messages)
        if let stops { body[dialect == .anthropic ? "stop_sequences" : "stop"] = .array(stops.map { .text($0) }) }
        if let schema { body.merge(Self.format(schema, dialect)) { $1 } }
        if json != nil {
            switch dialect {
            case .anthropic: body.merge(Self.format(.object(["type": .text("object")]), dialect)) { $1 }
            case .openai: body["response_format"] = .object(["type": .text("json_object")])
            }
        }
        if let tools {
            body["tools"] = .array(
                tools.map { tool in
                    if dialect == .anthropic {
                        return .object(["name": .text(tool.name), "input_schema": tool.schema])
                    }
                    return .object([
                        "type": .text("function"),
                        "function": .object(["name": .text(tool.name), "parameters": tool.schema]),
                    ])
                }
            )
        }
        return try Prompt(parsing: Array(JSONEncoder().encode(JSONFixture.object(body))), dialect: dialect)
    }

    private static func format(_ schema: JSONFixture, _ dialect: Dialect) -> [String: JSONFixture] {
        if dialect == .anthropic {
            return ["output_config": .object(["format": .object(["type": .text("json_schema"), "schema": schema])])]
        }
        let inner = JSONFixture.object(["name": .text("answer"), "schema": schema])
        return ["response_format": .object(["type": .text("json_schema"), "json_schema": inner])]
    }

    /// The whole answer as JSON. Arguments that are no JSON cannot stand in an Anthropic message: those need a stream.
    func openAIBody() throws -> [UInt8] {
        var message: [String: JSONFixture] = ["role": .text("assistant"), "content": .text(answer)]
        if let calls {
            message["tool_calls"] = .array(
                calls.enumerated().map { at, call in
                    .object([
                        "id": .text("call_\(at)"), "type": .text("function"),
                        "function": .object(["name": .text(call.name), "arguments": .text(call.arguments)]),
                    ])
                }
            )
        }
        let finish = ["max_tokens": "length", "tool_use": "tool_calls", "refusal": "content_filter"][stop] ?? "stop"
        let choice = JSONFixture.object([
            "index": .number(0), "message": .object(message), "finish_reason": .text(finish),
        ])
        let usage = JSONFixture.object(["prompt_tokens": .number(9), "completion_tokens": counted])
        let body: [String: JSONFixture] = ["id": .text("c"), "choices": .array([choice]), "usage": usage]
        return Array(try JSONEncoder().encode(JSONFixture.object(body)))
    }

    /// The answer as a stream of Anthropic's, its text cut as `pieces` says.
    func anthropicEvents(_ pieces: (String) -> [String]) throws -> [[UInt8]] {
        var events: [JSONFixture] = [
            .object(["type": .text("message_start"), "message": .object(["id": .text("m"), "content": .array([])])])
        ]
        func block(_ index: Int, _ start: JSONFixture, _ deltas: [JSONFixture]) {
            let number = JSONFixture.number(Double(index))
            events.append(.object(["type": .text("content_block_start"), "index": number, "content_block": start]))
            for delta in deltas {
                events.append(.object(["type": .text("content_block_delta"), "index": number, "delta": delta]))
            }
            events.append(.object(["type": .text("content_block_stop"), "index": number]))
        }
        if !answer.isEmpty {
            block(
                0,
                .object(["type": .text("text"), "text": .text("")]),
                pieces(answer).map { .object(["type": .text("text_delta"), "text": .text($0)]) }
            )
        }
        for (at, call) in (calls ?? []).enumerated() {
            let start: [String: JSONFixture] = [
                "type": .text("tool_use"), "id": .text("t\(at)"), "name": .text(call.name), "input": .object([:]),
            ]
            let deltas = pieces(call.arguments).map {
                JSONFixture.object(["type": .text("input_json_delta"), "partial_json": .text($0)])
            }
            block(at + 1, .object(start), deltas)
        }
        let end: [String: JSONFixture] = [
            "type": .text("message_delta"), "delta": .object(["stop_reason": .text(stop)]),
            "usage": .object(["output_tokens": counted]),
        ]
        events.append(.object(end))
        events.append(.object(["type": .text("message_stop")]))
        return try events.map { Array("data: ".utf8) + Array(try JSONEncoder().encode($0)) + Array("\n\n".utf8) }
    }

    // MARK: Judged

    func judged(_ dialect: Dialect, _ rules: QualityRules = QualityRules()) throws -> QualityVerdict {
        var quality = AnswerQuality(QualityExpectation(try prompt(dialect), score: score), rules, dialect: dialect)
        if dialect == .openai {
            quality.read(whole: try openAIBody())
        } else {
            for event in try anthropicEvents({ [$0] }) { quality.read(events: event) }
        }
        return quality.finished()
    }
}

/// A JSON value for test bodies.
enum JSONFixture: Codable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case array([JSONFixture])
    case object([String: JSONFixture])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONFixture].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONFixture].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
