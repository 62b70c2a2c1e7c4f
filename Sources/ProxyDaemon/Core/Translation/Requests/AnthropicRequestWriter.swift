/// Writes a conversation as a Messages request.
struct AnthropicRequestWriter {
    /// More cache markers than this are a 400.
    private static let maximumBreakpoints = 4

    private let conversation: Conversation
    private let target: TranslationTarget
    private var adaptation: RequestAdaptation
    private var breakpointsLeft = Self.maximumBreakpoints

    var warnings: TranslationWarnings { adaptation.warnings }

    init(_ conversation: Conversation, _ target: TranslationTarget, _ warnings: TranslationWarnings) {
        self.conversation = conversation
        self.target = target
        adaptation = RequestAdaptation(names: conversation.names, target: target, warnings: warnings)
    }

    mutating func write() throws(Refusal) -> [UInt8] {
        let limit = conversation.maxTokens ?? Array(String(target.defaultMaxTokens).utf8)[...]
        let thinking = thinking(limit: RequestAdaptation.count(limit))
        let effort = conversation.effort.flatMap { adaptation.effort(nearest: $0) }
        warnOfLostEffort(effort, thinking)
        let choice = try toolChoice(thinking)
        let sampling = sampling(thinking)
        let format = format()
        let turns = turns()
        let stop = stop()

        var body = BodyWriter(capacity: 1_024)
        body.object { body in
            body.string("model", target.model)
            body.raw("max_tokens", limit)
            writeSystem(format.line, to: &body)
            body.array("messages", turns) { writeTurn($1, to: &$0) }
            if conversation.isStream { body.bool("stream", true) }
            if !stop.isEmpty { body.array("stop_sequences", stop) { $0.string($1) } }
            body.raw("temperature", sampling.temperature)
            body.raw("top_p", sampling.topP)
            writeTools(choice, to: &body)
            if let thinking { thinking.write(to: &body) }
            if effort != nil || format.schema != nil {
                body.object("output_config") { body in
                    if let effort { body.string("effort", effort.rawValue) }
                    if let schema = format.schema {
                        body.object("format") { body in
                            body.string("type", "json_schema")
                            body.raw("schema", schema)
                        }
                    }
                }
            }
            if let user = conversation.userID {
                body.object("metadata") { $0.string("user_id", Self.userID(user)) }
            }
            if conversation.isStandardServiceOnly { body.string("service_tier", "standard_only") }
        }
        return body.bytes
    }

    /// Anthropic refuses mail addresses.
    private static func userID(_ user: EscapedText) -> EscapedText {
        let plain = user.plain
        return plain.contains("@") ? EscapedText(Identifiers.digest(plain)) : user
    }

    private mutating func stop() -> [EscapedText] {
        let taken = conversation.stop.filter { !$0.isBlank }
        if taken.count < conversation.stop.count { adaptation.warnings.add("stop(whitespace)") }
        return taken
    }

    // MARK: Turns

    private mutating func turns() -> [Conversation.Turn] {
        let given = conversation.turns
        // Anthropic takes instructions between the turns only after the user's and before the assistant's.
        let takesSystem = target.capabilities.systemMessages
        var turns = adaptation.turns(of: conversation) { position in
            takesSystem && position > 0 && given[position - 1].role == .user
                && (position + 1 == given.count || given[position + 1].role == .assistant)
        }
        for position in turns.indices { settle(&turns[position]) }
        if turns.first?.role != .user {
            turns.insert(Conversation.Turn(role: .user, blocks: [Self.placeholder]), at: 0)
            adaptation.warnings.add("messages.first_not_user")
        }
        trimPrefill(&turns)
        return turns
    }

    /// Where something must be said, and nothing was.
    private static let placeholder = Conversation.Block(.text(EscapedText(".")))

    /// Texts of nothing but white space are a 400; results come first; a turn says something.
    private mutating func settle(_ turn: inout Conversation.Turn) {
        turn.blocks.removeAll { isBlank($0) }
        if turn.role == .user {
            turn.blocks = turn.blocks.filter(Self.isResult) + turn.blocks.filter { !Self.isResult($0) }
        }
        if turn.blocks.isEmpty {
            turn.blocks = [Self.placeholder]
            adaptation.warnings.add("messages.content")
        }
    }

    private mutating func isBlank(_ block: Conversation.Block) -> Bool {
        guard let text = block.text, text.isBlank else { return false }
        if !text.isEmpty { adaptation.warnings.add("messages.content") }
        return true
    }

    private static func isResult(_ block: Conversation.Block) -> Bool {
        if case .toolResult = block.content { true } else { false }
    }

    /// An answer begun by the client must not end in white space.
    private mutating func trimPrefill(_ turns: inout [Conversation.Turn]) {
        guard let last = turns.indices.last, turns[last].role == .assistant, let end = turns[last].blocks.indices.last,
            let text = turns[last].blocks[end].text
        else { return }
        let trimmed = text.trimmedAtEnd
        guard trimmed.bytes.count != text.bytes.count else { return }
        turns[last].blocks[end].content = .text(trimmed)
        adaptation.warnings.add("messages.content")
    }

    private mutating func writeSystem(_ line: EscapedText?, to body: inout BodyWriter) {
        let texts = conversation.system.filter { !isBlank(Conversation.Block(.text($0.text))) }
        guard !texts.isEmpty || line != nil else { return }
        body.key("system")
        body.array(texts + (line.map { [Conversation.SystemText(text: $0)] } ?? [])) { body, text in
            writeBlock(Conversation.Block(.text(text.text), breakpoint: text.breakpoint), to: &body)
        }
    }

    private mutating func writeTurn(_ turn: Conversation.Turn, to body: inout BodyWriter) {
        body.object { body in
            switch turn.role {
            case .user: body.string("role", "user")
            case .assistant: body.string("role", "assistant")
            case .system: body.string("role", "system")
            }
            body.array("content", turn.blocks) { writeBlock($1, to: &$0) }
        }
    }

    private mutating func writeBlock(_ block: Conversation.Block, to body: inout BodyWriter) {
        // No client whose requests are translated to this dialect has thinking that bears Anthropic's signature.
        if case .thinking = block.content { return }
        body.object { body in
            switch block.content {
            case .text(let text):
                body.string("type", "text")
                body.string("text", text)
            case .image(let image):
                body.string("type", "image")
                writeSource(image, to: &body)
            case .document(let document): writeDocument(document, to: &body)
            case .toolCall(let call):
                body.string("type", "tool_use")
                body.string("id", Identifiers.anthropicCallID(call.id))
                body.string("name", call.name)
                body.raw("input", call.input)
            case .toolResult(let result): writeResult(result, to: &body)
            case .thinking: break
            }
            writeBreakpoint(block.breakpoint, to: &body)
        }
    }

    private func writeSource(_ image: Conversation.Image, to body: inout BodyWriter) {
        body.object("source") { body in
            switch image {
            case .base64(let mediaType, let data):
                body.string("type", "base64")
                body.string("media_type", mediaType)
                body.string("data", data)
            case .url(let url):
                body.string("type", "url")
                body.string("url", url)
            }
        }
    }

    private func writeDocument(_ document: Conversation.Document, to body: inout BodyWriter) {
        body.string("type", "document")
        body.object("source") { body in
            switch document.source {
            case .text(let text):
                body.string("type", "text")
                body.string("media_type", "text/plain")
                body.string("data", text)
            case .pdf(let data):
                body.string("type", "base64")
                body.string("media_type", "application/pdf")
                body.string("data", data)
            }
        }
        if let title = document.title { body.string("title", title) }
        if let context = document.context { body.string("context", context) }
    }

    private mutating func writeResult(_ result: Conversation.ToolResult, to body: inout BodyWriter) {
        body.string("type", "tool_result")
        body.string("tool_use_id", Identifiers.anthropicCallID(result.id))
        let content = result.content.filter { !isBlank($0) }
        if content.count == 1, let text = content[0].text, content[0].breakpoint == nil {
            body.string("content", text)
        } else if !content.isEmpty {
            body.array("content", content) { writeBlock($1, to: &$0) }
        }
        if result.isError { body.bool("is_error", true) }
    }

    private mutating func writeBreakpoint(_ breakpoint: Conversation.CacheBreakpoint?, to body: inout BodyWriter) {
        guard let breakpoint else { return }
        // Never the same time to live, and after the fourth none at all.
        adaptation.warnings.add("prompt_cache_breakpoint")
        guard breakpointsLeft > 0 else { return }
        breakpointsLeft -= 1
        body.object("cache_control") { body in
            body.string("type", "ephemeral")
            if breakpoint == .hours { body.string("ttl", "1h") }
        }
    }

    // MARK: Tools

    private mutating func toolChoice(_ thinking: Thinking?) throws(Refusal) -> Conversation.ToolChoice? {
        // Thinking and a forced tool exclude each other.
        try adaptation.toolChoice(conversation, mayForce: thinking?.isOn != true)
    }

    private mutating func writeTools(_ choice: Conversation.ToolChoice?, to body: inout BodyWriter) {
        guard !conversation.tools.isEmpty else {
            // A history with tools is a 400 without any.
            guard conversation.hasToolHistory else { return }
            body.array("tools", ["unused_tool"]) { body, name in
                body.object { body in
                    body.string("name", name)
                    body.string("description", "Not available.")
                    body.raw("input_schema", Self.noArguments)
                }
            }
            body.object("tool_choice") { $0.string("type", "none") }
            return
        }
        body.array("tools", conversation.tools) { writeTool($1, to: &$0) }
        let isSingle = !conversation.allowsParallelCalls
        guard let choice = choice ?? (isSingle ? .auto : nil) else { return }
        body.object("tool_choice") { body in
            switch choice {
            case .auto: body.string("type", "auto")
            case .any: body.string("type", "any")
            case .never: body.string("type", "none")
            case .tool(let name):
                body.string("type", "tool")
                body.string("name", name)
            }
            if case .never = choice { return }
            if isSingle { body.bool("disable_parallel_tool_use", true) }
        }
    }

    private static let noArguments = Array("{\"type\":\"object\",\"properties\":{}}".utf8)[...]

    private mutating func writeTool(_ tool: Conversation.Tool, to body: inout BodyWriter) {
        let isStrict = tool.isStrict && target.capabilities.structuredOutput
        if tool.isStrict, !isStrict { adaptation.warnings.add("tools.function.strict") }
        var schema = tool.schema ?? Self.noArguments
        if isStrict { schema = SchemaRewrite.anthropic(schema, &adaptation.warnings) }
        body.object { body in
            body.string("name", tool.name)
            if let description = tool.description { body.string("description", description) }
            body.raw("input_schema", schema)
            if isStrict { body.bool("strict", true) }
        }
    }

    // MARK: Thinking, sampling, format

    private enum Thinking: Equatable {
        case disabled
        case adaptive
        case budget(Int)

        var isOn: Bool { self != .disabled }

        func write(to body: inout BodyWriter) {
            body.object("thinking") { body in
                switch self {
                case .disabled: body.string("type", "disabled")
                case .adaptive:
                    body.string("type", "adaptive")
                    // Newer models show nothing of it otherwise.
                    body.string("display", "summarized")
                case .budget(let tokens):
                    body.string("type", "enabled")
                    body.integer("budget_tokens", tokens)
                }
            }
        }
    }

    private mutating func thinking(limit: Int) -> Thinking? {
        let types = target.capabilities.thinking
        if conversation.thinking == .disabled {
            if types.contains(.disabled) { return .disabled }
            if !types.isEmpty { adaptation.warnings.add(conversation.names.thinking) }
            return nil
        }
        guard let effort = conversation.effort else { return nil }
        if types.contains(.adaptive) { return .adaptive }
        let budget = RequestAdaptation.budget(for: effort)
        return types.contains(.enabled) && budget < limit ? .budget(budget) : nil
    }

    /// A budget says how hard to think as well as a level does; thinking alone does not.
    private mutating func warnOfLostEffort(_ effort: ModelCapabilities.Effort?, _ thinking: Thinking?) {
        guard conversation.effort != nil, effort == nil else { return }
        if case .budget = thinking { return }
        adaptation.warnings.add(conversation.names.effort)
    }

    private mutating func sampling(_ thinking: Thinking?) -> Conversation.Sampling {
        var taken = adaptation.sampling(conversation.sampling)
        if let temperature = taken.temperature, RequestAdaptation.size(temperature) > 1 {
            taken.temperature = [UInt8(ascii: "1")]
            adaptation.warnings.add("temperature")
        }
        // A model that thinks takes no temperature but 1, and no top_p below 0.95.
        if thinking?.isOn == true {
            adaptation.drop(&taken.temperature, "temperature")
            if let topP = taken.topP, RequestAdaptation.size(topP) < 0.95 { adaptation.drop(&taken.topP, "top_p") }
        }
        return taken
    }

    /// The answer's schema, or the instruction in place of one.
    private mutating func format() -> (schema: RawJSON?, line: EscapedText?) {
        switch conversation.format {
        case nil: return (nil, nil)
        case .jsonObject:
            adaptation.warnings.add("response_format.json_object")
            return (nil, RequestAdaptation.jsonObjectLine)
        case .schema(let format):
            guard target.capabilities.structuredOutput else {
                adaptation.warnings.add("response_format.json_schema")
                return (nil, RequestAdaptation.line(for: format.schema))
            }
            if format.description?.isEmpty == false {
                adaptation.warnings.add("response_format.json_schema.description")
            }
            return (SchemaRewrite.anthropic(format.schema, &adaptation.warnings), nil)
        }
    }
}
