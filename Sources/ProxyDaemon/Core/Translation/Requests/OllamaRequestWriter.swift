/// Writes a conversation as a request for Ollama's `/api/chat`
/// (https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion).
struct OllamaRequestWriter {
    private let conversation: Conversation
    private let target: TranslationTarget
    private var adaptation: RequestAdaptation
    /// The names of the tools that calls went to, by the calls' ids.
    private var toolsByCall: [ArraySlice<UInt8>: EscapedText] = [:]

    var warnings: TranslationWarnings { adaptation.warnings }

    init(_ conversation: Conversation, _ target: TranslationTarget, _ warnings: TranslationWarnings) {
        self.conversation = conversation
        self.target = target
        adaptation = RequestAdaptation(names: conversation.names, target: target, warnings: warnings)
    }

    mutating func write() throws(Refusal) -> [UInt8] {
        let messages = messages()
        let sampling = adaptation.sampling(conversation.sampling)
        let hasTools = try hasTools()
        let think = adaptation.effortWord(conversation)
        let (format, line) = format()

        var body = BodyWriter(capacity: 1_024)
        body.object { body in
            body.string("model", target.model)
            body.array("messages", systemMessages(line) + messages) { $1.write(to: &$0) }
            body.bool("stream", conversation.isStream)
            if hasTools { writeTools(to: &body) }
            body.raw("format", format)
            switch think {
            case nil: break
            case "none": body.bool("think", false)
            case "xhigh": body.string("think", "max")
            case let level?: body.string("think", level)
            }
            writeOptions(sampling, to: &body)
        }
        return body.bytes
    }

    private func writeOptions(_ sampling: Conversation.Sampling, to body: inout BodyWriter) {
        body.object("options") { body in
            if let window = target.contextTokens { body.integer("num_ctx", window) }
            body.raw("num_predict", conversation.maxTokens)
            body.raw("temperature", sampling.temperature)
            body.raw("top_p", sampling.topP)
            body.raw("top_k", sampling.topK)
            body.raw("seed", sampling.seed)
            body.raw("frequency_penalty", sampling.frequencyPenalty)
            body.raw("presence_penalty", sampling.presencePenalty)
            if !conversation.stop.isEmpty { body.array("stop", conversation.stop) { $0.string($1) } }
        }
    }

    // MARK: Messages

    private struct Message {
        var role: StaticString
        var content: EscapedText
        var thinking = EscapedText("")
        /// In base64.
        var images: [EscapedText] = []
        var calls: [Conversation.ToolCall] = []
        /// The call that is answered, and the tool it went to.
        var answers: (id: EscapedText, tool: EscapedText?)?

        func write(to body: inout BodyWriter) {
            body.object { body in
                body.string("role", EscapedText("\(role)"))
                body.string("content", content)
                if !thinking.isEmpty { body.string("thinking", thinking) }
                if !images.isEmpty { body.array("images", images) { $0.string($1) } }
                if !calls.isEmpty {
                    body.array("tool_calls", calls.enumerated()) { body, call in
                        body.object { body in
                            body.string("id", call.element.id)
                            body.object("function") { body in
                                body.integer("index", call.offset)
                                body.string("name", call.element.name)
                                body.raw("arguments", call.element.input)
                            }
                        }
                    }
                }
                if let answers {
                    body.string("tool_call_id", answers.id)
                    if let tool = answers.tool { body.string("tool_name", tool) }
                }
            }
        }
    }

    private func systemMessages(_ line: EscapedText?) -> [Message] {
        var text = EscapedText("")
        for piece in conversation.system {
            text.append(piece.text, separator: piece.continuesMessage ? "" : "\n\n")
        }
        if let line { text.append(line, separator: "\n\n") }
        return text.isEmpty ? [] : [Message(role: "system", content: text)]
    }

    private mutating func messages() -> [Message] {
        let takesSystem = target.capabilities.systemMessages
        var messages: [Message] = []
        for turn in adaptation.turns(of: conversation, keepingSystemTurn: { _ in takesSystem }) {
            switch turn.role {
            case .system:
                let text = EscapedText.joined(turn.blocks.compactMap(\.text))
                messages.append(Message(role: "system", content: text))
            case .user: messages += userMessages(turn)
            case .assistant: messages.append(assistantMessage(turn))
            }
        }
        return messages
    }

    private mutating func userMessages(_ turn: Conversation.Turn) -> [Message] {
        let split = adaptation.userTurn(turn)
        var messages = split.results.map { result in
            Message(role: "tool", content: result.text, answers: (result.id, toolsByCall[result.id.bytes]))
        }
        guard !split.rest.isEmpty || messages.isEmpty else { return messages }
        let text = EscapedText.joined(split.rest.compactMap(\.text), separator: "\n")
        var message = Message(role: "user", content: text)
        for block in split.rest {
            if case .image(.base64(_, let data)) = block.content { message.images.append(data) }
        }
        messages.append(message)
        return messages
    }

    private mutating func assistantMessage(_ turn: Conversation.Turn) -> Message {
        var message = Message(role: "assistant", content: EscapedText.joined(turn.blocks.compactMap(\.text)))
        var thoughts: [EscapedText] = []
        for block in turn.blocks {
            switch block.content {
            case .toolCall(let call):
                message.calls.append(call)
                toolsByCall[call.id.bytes] = call.name
            case .thinking(let text): thoughts.append(text)
            default: break
            }
        }
        message.thinking = EscapedText.joined(thoughts, separator: "\n")
        return message
    }

    // MARK: Tools

    private mutating func hasTools() throws(Refusal) -> Bool {
        let choice = try adaptation.toolChoice(conversation, mayForce: false)
        guard !conversation.tools.isEmpty else { return false }
        if !conversation.allowsParallelCalls { adaptation.warnings.add(conversation.names.parallelCalls) }
        if case .never? = choice { return false }
        return true
    }

    private func writeTools(to body: inout BodyWriter) {
        body.array("tools", conversation.tools) { body, tool in
            body.object { body in
                body.string("type", "function")
                body.object("function") { body in
                    body.string("name", tool.name)
                    if let description = tool.description { body.string("description", description) }
                    body.raw("parameters", tool.schema ?? Self.noArguments)
                    if tool.isStrict { body.bool("strict", true) }
                }
            }
        }
    }

    private static let noArguments = Array("{\"type\":\"object\",\"properties\":{}}".utf8)[...]

    // MARK: Format

    private mutating func format() -> (format: RawJSON?, line: EscapedText?) {
        switch conversation.format {
        case nil: return (nil, nil)
        case .jsonObject: return (Array("\"json\"".utf8)[...], nil)
        case .schema(let format):
            guard target.capabilities.structuredOutput else {
                adaptation.warnings.add(conversation.names.format)
                return (nil, RequestAdaptation.line(for: format.schema))
            }
            return (format.schema, nil)
        }
    }
}
