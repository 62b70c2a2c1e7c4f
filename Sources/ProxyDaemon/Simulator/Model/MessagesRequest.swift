/// The fields of `POST /v1/messages` that the simulator looks at, with string contents turned into text blocks.
struct MessagesRequest: Sendable {
    struct Message: Sendable {
        var role: String
        var blocks: [JSONValue]
    }

    var model: String
    var maxTokens: Int
    var messages: [Message]
    var system: [JSONValue]
    var tools: [JSONValue]
    var stopSequences: [String]
    var isStream: Bool
    /// The whole body, for fields that are needed once.
    var body: JSONValue

    var thinking: String? { body["thinking"]?["type"]?.string }
    var effort: String? { body["output_config"]?["effort"]?.string }
    var toolChoice: String? { body["tool_choice"]?["type"]?.string }

    /// The JSON schema that the answer must fit.
    var schema: JSONValue? {
        let format = body["output_config"]?["format"] ?? body["output_format"]
        return format?["type"]?.string == "json_schema" ? format?["schema"] : nil
    }

    /// The text of the last user message; tool results only count when it has no text of its own.
    var question: String {
        guard let last = messages.last(where: { $0.role == "user" }) else { return "" }
        return Self.text(last.blocks)
    }

    /// Whether the conversation stands at tool results that wait for an answer.
    var answersTool: Bool { messages.last?.blocks.contains { $0["type"]?.string == "tool_result" } ?? false }

    static func text(_ blocks: [JSONValue]) -> String {
        blocks.filter { $0["type"]?.string == "text" }.compactMap { $0["text"]?.string }.joined(separator: "\n")
    }

    /// Reads a body.
    /// - Parameters:
    ///   - body: The body as JSON.
    ///   - needsMaxTokens: False for `count_tokens`, which has no such field.
    /// - Throws: The error to answer with when a field is missing or has the wrong type.
    init(_ body: JSONValue, needsMaxTokens: Bool = true) throws(APIError) {
        guard body.object != nil else { throw .invalid("Input should be a valid dictionary") }
        self.body = body
        model = try Self.string(body, "model")
        maxTokens = needsMaxTokens ? try Self.maxTokens(body) : 0
        messages = try Self.messages(body)
        system = try Self.blocks(body["system"] ?? .null, at: "system")
        tools = try Self.list(body, "tools")
        stopSequences = try Self.stopSequences(body)
        switch body["stream"] ?? .null {
        case .bool(let value): isStream = value
        case .null: isStream = false
        default: throw .invalid("stream: Input should be a valid boolean")
        }
    }

    private static func string(_ body: JSONValue, _ key: String) throws(APIError) -> String {
        guard let value = body[key] else { throw .invalid("\(key): Field required") }
        guard let text = value.string else { throw .invalid("\(key): Input should be a valid string") }
        guard !text.isEmpty else { throw .invalid("\(key): String should have at least 1 character") }
        return text
    }

    private static func maxTokens(_ body: JSONValue) throws(APIError) -> Int {
        guard let value = body["max_tokens"] else { throw .invalid("max_tokens: Field required") }
        guard let number = value.int else { throw .invalid("max_tokens: Input should be a valid integer") }
        guard number >= 0 else { throw .invalid("max_tokens: must be greater than or equal to 0") }
        return number
    }

    private static func list(_ body: JSONValue, _ key: String) throws(APIError) -> [JSONValue] {
        guard let value = body[key], !value.isNull else { return [] }
        guard let list = value.array else { throw .invalid("\(key): Input should be a valid list") }
        return list
    }

    private static func stopSequences(_ body: JSONValue) throws(APIError) -> [String] {
        var sequences: [String] = []
        for (index, value) in try list(body, "stop_sequences").enumerated() {
            guard let text = value.string else {
                throw .invalid("stop_sequences.\(index): Input should be a valid string")
            }
            guard text.contains(where: { !$0.isWhitespace }) else {
                throw .invalid("stop_sequences: each stop sequence must contain non-whitespace")
            }
            sequences.append(text)
        }
        return sequences
    }

    private static func messages(_ body: JSONValue) throws(APIError) -> [Message] {
        guard let value = body["messages"] else { throw .invalid("messages: Field required") }
        guard let list = value.array else { throw .invalid("messages: Input should be a valid list") }
        guard !list.isEmpty else { throw .invalid("messages: at least one message is required") }
        var messages: [Message] = []
        for (index, item) in list.enumerated() {
            let place = "messages.\(index)"
            guard item.object != nil else { throw .invalid("\(place): Input should be a valid dictionary") }
            guard let role = item["role"] else { throw .invalid("\(place).role: Field required") }
            guard let role = role.string, ["user", "assistant", "system"].contains(role) else {
                throw .invalid("messages: Unexpected role \(role.text). Allowed roles are \"user\" or \"assistant\".")
            }
            guard let content = item["content"] else { throw .invalid("\(place).content: Field required") }
            let blocks = try blocks(content, at: place + ".content")
            let isLastAssistant = index == list.count - 1 && role == "assistant"
            guard !blocks.isEmpty || isLastAssistant else {
                throw .invalid(
                    "\(place): all messages must have non-empty content except for the optional final assistant message"
                )
            }
            messages.append(Message(role: role, blocks: blocks))
        }
        return messages
    }

    /// A content field as blocks: a string is one text block, and an empty string or null is none.
    static func blocks(_ content: JSONValue, at place: String) throws(APIError) -> [JSONValue] {
        switch content {
        case .null: return []
        case .string(let text): return text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
        case .array(let blocks):
            for (index, block) in blocks.enumerated() {
                guard let type = block["type"]?.string else { throw .invalid("\(place).\(index).type: Field required") }
                guard type == "text" else { continue }
                guard let text = block["text"]?.string else {
                    throw .invalid("\(place).\(index).text.text: Field required")
                }
                guard !text.isEmpty else { throw .invalid("messages: text content blocks must be non-empty") }
            }
            return blocks
        default: throw .invalid("\(place): Input should be a valid string or list")
        }
    }
}
