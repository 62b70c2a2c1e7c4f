/// What a request's shape and text tell about how hard it is and which models can take it. Read in one pass; holds no
/// more text than the classifier looks at.
package struct PromptTraits: Sendable, Equatable {
    /// How much of the last user text is kept.
    package static let keptTextBytes = 16_384

    /// UTF-8 bytes of all text in the system prompt.
    package var systemBytes = 0
    /// UTF-8 bytes of all text in the messages, tool results included, images and documents not.
    package var messageBytes = 0
    /// UTF-8 bytes of the tools' definitions.
    package var toolBytes = 0
    package var messageCount = 0
    package var userTurns = 0
    package var toolCount = 0
    /// The text of the last user message as UTF-8, as far as it is kept.
    package var lastUserText: [UInt8] = []
    /// `output_config.format` asks for JSON by a schema.
    package var wantsStructuredOutput = false
    /// Any tool call or result in the history: a step of an agent's loop.
    package var hasToolHistory = false
    package var hasImages = false
    package var hasDocuments = false
    /// The last message is the assistant's: it is to be continued.
    package var isPrefilled = false
    package var hasForcedTool = false
    /// Tools that the provider itself runs or that have a type of Anthropic's.
    package var hasTypedTools = false
    /// `thinking` is there, be it to switch it on or off: models differ in both.
    package var hasThinking = false
    package var hasEffort = false
    package var hasSampling = false
    /// Both of `temperature` and `top_p`, which several models refuse together.
    package var hasTemperatureAndTopP = false
    /// A message with the role `system` among the others.
    package var hasSystemMessage = false
    /// Thinking blocks in the history.
    package var hasThinkingHistory = false
    /// Content block types outside the common ones, such as search results or server tools.
    package var hasRareBlocks = false
    /// Top-level members that not every model is known to take.
    package var rareMembers: [String] = []

    private var hasTemperature = false
    private var hasTopP = false

    package init() {}

    /// Takes note of a top-level member other than `model`, `messages`, `stream` and `max_tokens`.
    mutating func note(member name: Range<Int>, _ value: JSONView) {
        func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
        let isSet = value.kind != .null
        if isNamed("system") {
            systemBytes = Self.textBytes(of: value)
        } else if isNamed("tools") {
            note(tools: value)
        } else if isNamed("tool_choice") {
            let type = value["type"]?.string
            hasForcedTool = type == "any" || type == "tool"
        } else if isNamed("thinking") {
            hasThinking = isSet
        } else if isNamed("output_config") {
            hasEffort = value["effort"] != nil
            wantsStructuredOutput = wantsStructuredOutput || value["format"] != nil
        } else if isNamed("output_format") {
            wantsStructuredOutput = wantsStructuredOutput || isSet
        } else if isNamed("temperature") {
            hasTemperature = isSet
        } else if isNamed("top_p") {
            hasTopP = isSet
        } else if isNamed("top_k") {
            hasSampling = hasSampling || isSet
        } else if !Self.harmlessMembers.contains(where: isNamed), isSet {
            // One is reason enough to stay; a long name is no name.
            let kept = name.lowerBound..<min(name.upperBound, name.lowerBound + 64)
            if rareMembers.isEmpty { rareMembers.append(JSONText.decode(value.bytes, kept)) }
        }
        hasSampling = hasSampling || hasTemperature || hasTopP
        hasTemperatureAndTopP = hasTemperature && hasTopP
    }

    /// Members that every model takes.
    private static let harmlessMembers: [StaticString] = [
        "stop_sequences", "metadata", "service_tier", "cache_control",
    ]

    private mutating func note(tools: JSONView) {
        toolBytes = tools.range.count
        tools.forEachElement { tool in
            toolCount += 1
            guard let type = tool["type"], type.kind == .string else { return }
            if !JSONText.equals(type.bytes, type.stringContents, "custom") { hasTypedTools = true }
        }
    }

    /// Reads the messages. Throws an `invalidRequest` that names the message.
    mutating func read(messages: JSONView) throws(GatewayError) {
        var problem: String?
        var isLastAssistant = false
        messages.forEachElement { message in
            let index = messageCount
            messageCount += 1
            guard message.kind == .object else {
                problem = problem ?? "messages.\(index): expected an object, found \(message.kind.phrase)"
                return
            }
            guard let role = message["role"], role.kind == .string else {
                problem = problem ?? "messages.\(index).role: Field required"
                return
            }
            guard let content = message["content"] else {
                problem = problem ?? "messages.\(index).content: Field required"
                return
            }
            guard content.kind == .string || content.kind == .array else {
                problem =
                    problem
                    ?? "messages.\(index).content: expected a string or an array, found \(content.kind.phrase)"
                return
            }
            func isRole(_ name: StaticString) -> Bool { JSONText.equals(role.bytes, role.stringContents, name) }
            isLastAssistant = isRole("assistant")
            if isRole("system") { hasSystemMessage = true }
            note(content: content, isUser: isRole("user"))
        }
        if let problem { throw GatewayError(.invalidRequest(problem)) }
        guard messageCount > 0 else {
            throw GatewayError(.invalidRequest("messages: at least one message is required"))
        }
        isPrefilled = isLastAssistant
    }

    private mutating func note(content: JSONView, isUser: Bool) {
        var text: [UInt8] = []
        var hasOwnText = false
        func take(_ view: JSONView) {
            messageBytes += view.stringContents.count
            guard isUser else { return }
            hasOwnText = true
            guard text.count < Self.keptTextBytes else { return }
            if !text.isEmpty { text.append(0x0A) }
            let contents = view.stringContents
            let kept = contents.lowerBound..<min(contents.upperBound, contents.lowerBound + Self.keptTextBytes)
            JSONText.appendUnescaped(UnsafeBufferPointer(rebasing: view.bytes[kept]), to: &text)
        }
        if content.kind == .string { take(content) }
        content.forEachElement { block in
            var type: JSONView?
            var payload: JSONView?
            block.forEachMember { name, value in
                if JSONText.equals(block.bytes, name, "type") {
                    type = value
                } else if JSONText.equals(block.bytes, name, "text") || JSONText.equals(block.bytes, name, "content")
                    || JSONText.equals(block.bytes, name, "input")
                {
                    payload = value
                }
            }
            guard let type else { return }
            func isType(_ name: StaticString) -> Bool { JSONText.equals(block.bytes, type.stringContents, name) }
            if isType("text") {
                if let payload, payload.kind == .string { take(payload) }
            } else if isType("tool_result") {
                hasToolHistory = true
                messageBytes += payload.map(Self.textBytes) ?? 0
            } else if isType("tool_use") {
                hasToolHistory = true
                messageBytes += payload?.range.count ?? 0
            } else if isType("image") {
                hasImages = true
            } else if isType("document") {
                hasDocuments = true
            } else if isType("thinking") || isType("redacted_thinking") {
                hasThinkingHistory = true
            } else {
                hasRareBlocks = true
            }
        }
        guard isUser, hasOwnText else { return }
        userTurns += 1
        lastUserText = text
    }

    /// UTF-8 bytes of the text in a string or in an array of text blocks, escapes counted as written.
    private static func textBytes(of value: JSONView) -> Int {
        if value.kind == .string { return value.stringContents.count }
        var total = 0
        value.forEachElement { block in
            if let text = block["text"] { total += text.stringContents.count }
        }
        return total
    }
}
