/// Writes a conversation as a Chat Completions request.
struct OpenAIRequestWriter {
    /// How many stop strings OpenAI takes.
    private static let maximumStops = 4

    private let conversation: Conversation
    private let target: TranslationTarget
    private var adaptation: RequestAdaptation
    /// Shortened names of tools, with the client's own.
    private(set) var toolNames: [String: String] = [:]

    var warnings: TranslationWarnings { adaptation.warnings }

    init(_ conversation: Conversation, _ target: TranslationTarget, _ warnings: TranslationWarnings) {
        self.conversation = conversation
        self.target = target
        adaptation = RequestAdaptation(names: conversation.names, target: target, warnings: warnings)
    }

    mutating func write() throws(Refusal) -> [UInt8] {
        let messages = messages()
        let choice = try adaptation.toolChoice(conversation, mayForce: true)
        var sampling = adaptation.sampling(conversation.sampling)
        if target.isOpenAIProper { adaptation.drop(&sampling.topK, "top_k") }
        let stop = stop()
        let effort = adaptation.effortWord(conversation)
        let (format, line) = format()
        if conversation.userID != nil, !target.isOpenAIProper { adaptation.warnings.add(conversation.names.user) }

        var body = BodyWriter(capacity: 1_024)
        body.object { body in
            body.string("model", target.model)
            body.key("messages")
            body.array(systemMessages(line) + messages) { $1.write(to: &$0) }
            if target.isOpenAIProper {
                body.raw("max_completion_tokens", conversation.maxTokens)
            } else {
                body.raw("max_tokens", conversation.maxTokens)
            }
            if conversation.isStream {
                body.bool("stream", true)
                if target.takesStreamOptions { body.object("stream_options") { $0.bool("include_usage", true) } }
            }
            if !stop.isEmpty { body.array("stop", stop) { $0.string($1) } }
            body.raw("temperature", sampling.temperature)
            body.raw("top_p", sampling.topP)
            body.raw("top_k", sampling.topK)
            writeTools(choice, to: &body)
            if let format { writeFormat(format, to: &body) }
            if let effort { body.string("reasoning_effort", effort) }
            if let user = conversation.userID, target.isOpenAIProper {
                body.string("safety_identifier", Identifiers.digest(user.plain))
            }
        }
        return body.bytes
    }

    private mutating func stop() -> [EscapedText] {
        guard target.isOpenAIProper, conversation.stop.count > Self.maximumStops else { return conversation.stop }
        adaptation.warnings.add(conversation.names.stop)
        return Array(conversation.stop.prefix(Self.maximumStops))
    }

    // MARK: Messages

    /// One message, ready to be written.
    private struct Message {
        enum Content {
            case none
            case text(EscapedText)
            case parts([Conversation.Block])
        }

        var role: StaticString
        var content: Content
        var calls: [(id: EscapedText, name: EscapedText, input: RawJSON)] = []
        var answers: EscapedText?

        func write(to body: inout BodyWriter) {
            body.object { body in
                body.key("role")
                body.string(EscapedText("\(role)"))
                if let answers { body.string("tool_call_id", answers) }
                switch content {
                case .none: body.raw("content", Array("null".utf8)[...])
                case .text(let text): body.string("content", text)
                case .parts(let parts): body.array("content", parts) { Self.writePart($1, to: &$0) }
                }
                guard !calls.isEmpty else { return }
                body.array("tool_calls", calls) { body, call in
                    body.object { body in
                        body.string("id", call.id)
                        body.string("type", "function")
                        body.object("function") { body in
                            body.string("name", call.name)
                            body.text("arguments", of: call.input)
                        }
                    }
                }
            }
        }

        private static func writePart(_ part: Conversation.Block, to body: inout BodyWriter) {
            body.object { body in
                switch part.content {
                case .text(let text):
                    body.string("type", "text")
                    body.string("text", text)
                case .image(.url(let url)):
                    body.string("type", "image_url")
                    body.object("image_url") { $0.string("url", url) }
                case .image(.base64(let type, let data)):
                    body.string("type", "image_url")
                    body.object("image_url") { $0.string("url", Self.dataURI(type, data)) }
                case .document(let document):
                    guard case .pdf(let data) = document.source else { return }
                    body.string("type", "file")
                    body.object("file") { body in
                        body.string("filename", document.title ?? EscapedText("document.pdf"))
                        body.string("file_data", Self.dataURI(EscapedText("application/pdf"), data))
                    }
                // Messages are made without any of these among their parts.
                case .toolCall, .toolResult, .thinking: return
                }
            }
        }

        private static func dataURI(_ type: EscapedText, _ data: EscapedText) -> EscapedText {
            EscapedText.joined([EscapedText("data:"), type, EscapedText(";base64,"), data])
        }
    }

    private func systemMessages(_ line: EscapedText?) -> [Message] {
        let texts = conversation.system.map(\.text) + (line.map { [$0] } ?? [])
        guard !texts.isEmpty else { return [] }
        return [Message(role: "system", content: .text(EscapedText.joined(texts, separator: "\n\n")))]
    }

    private mutating func messages() -> [Message] {
        let takesSystem = target.capabilities.systemMessages
        var messages: [Message] = []
        for turn in adaptation.turns(of: conversation, keepingSystemTurn: { _ in takesSystem }) {
            switch turn.role {
            case .system:
                let text = EscapedText.joined(turn.blocks.compactMap(\.text))
                messages.append(Message(role: "system", content: .text(text)))
            case .user: messages += userMessages(turn)
            case .assistant:
                if let message = assistantMessage(turn) { messages.append(message) }
            }
        }
        return messages
    }

    private mutating func userMessages(_ turn: Conversation.Turn) -> [Message] {
        let split = adaptation.userTurn(turn)
        var messages = split.results.map { result in
            Message(role: "tool", content: .text(result.text), answers: result.id)
        }
        let hasContext = split.rest.contains { block in
            if case .document(let document) = block.content { document.context != nil } else { false }
        }
        if hasContext { adaptation.warnings.add("document.context") }
        if split.rest.count == 1, let text = split.rest[0].text {
            messages.append(Message(role: "user", content: .text(text)))
        } else if !split.rest.isEmpty {
            messages.append(Message(role: "user", content: .parts(split.rest)))
        } else if messages.isEmpty {
            messages.append(Message(role: "user", content: .text(EscapedText(""))))
        }
        return messages
    }

    private mutating func assistantMessage(_ turn: Conversation.Turn) -> Message? {
        let text = EscapedText.joined(turn.blocks.compactMap(\.text))
        var message = Message(role: "assistant", content: text.isEmpty ? .none : .text(text))
        for block in turn.blocks {
            guard case .toolCall(let call) = block.content else { continue }
            message.calls.append((call.id, shortName(call.name), call.input))
        }
        return text.isEmpty && message.calls.isEmpty ? nil : message
    }

    // MARK: Tools

    private mutating func shortName(_ name: EscapedText) -> EscapedText {
        // No escape is shorter than what it stands for.
        guard name.bytes.count > Identifiers.maximumToolName else { return name }
        let plain = name.plain
        let short = Identifiers.shortToolName(plain)
        guard short != plain else { return name }
        toolNames[short] = plain
        return EscapedText(short)
    }

    private mutating func writeTools(_ choice: Conversation.ToolChoice?, to body: inout BodyWriter) {
        guard !conversation.tools.isEmpty else { return }
        body.array("tools", conversation.tools) { body, tool in
            let name = shortName(tool.name)
            // OpenAI refuses a strict tool whose schema is not.
            let isStrict = tool.isStrict && (!target.isOpenAIProper || SchemaRewrite.isStrict(tool.schema ?? []))
            if tool.isStrict, !isStrict { adaptation.warnings.add("tools.strict") }
            body.object { body in
                body.string("type", "function")
                body.object("function") { body in
                    body.string("name", name)
                    if let description = tool.description { body.string("description", description) }
                    body.raw("parameters", tool.schema)
                    if isStrict { body.bool("strict", true) }
                }
            }
        }
        switch choice {
        case nil: break
        case .auto: body.string("tool_choice", "auto")
        case .any: body.string("tool_choice", "required")
        case .never: body.string("tool_choice", "none")
        case .tool(let name):
            let name = shortName(name)
            body.object("tool_choice") { body in
                body.string("type", "function")
                body.object("function") { $0.string("name", name) }
            }
        }
        if !conversation.allowsParallelCalls { body.bool("parallel_tool_calls", false) }
    }

    // MARK: Format

    private mutating func format() -> (schema: Conversation.Format.Schema?, line: EscapedText?) {
        guard case .schema(var format) = conversation.format else { return (nil, nil) }
        guard target.capabilities.structuredOutput else {
            adaptation.warnings.add(conversation.names.format)
            return (nil, RequestAdaptation.line(for: format.schema))
        }
        if target.isOpenAIProper, !SchemaRewrite.isStrict(format.schema) {
            format.isStrict = false
            adaptation.warnings.add(conversation.names.format)
        }
        return (format, nil)
    }

    private func writeFormat(_ format: Conversation.Format.Schema, to body: inout BodyWriter) {
        body.object("response_format") { body in
            body.string("type", "json_schema")
            body.object("json_schema") { body in
                body.string("name", format.name ?? EscapedText("output"))
                body.raw("schema", format.schema)
                body.bool("strict", format.isStrict)
            }
        }
    }
}
