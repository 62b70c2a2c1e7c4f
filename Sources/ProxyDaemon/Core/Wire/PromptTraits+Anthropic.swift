/// Reading of Anthropic's Messages.
extension PromptTraits {
    /// Takes note of a top-level member of an Anthropic body other than `model`, `messages`, `stream` and `max_tokens`.
    mutating func note(member name: Range<Int>, _ value: JSONView) {
        func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
        let isSet = value.kind != .null
        if isNamed("system") {
            systemBytes = Self.textBytes(of: value)
        } else if isNamed("tools") {
            note(tools: value)
        } else if isNamed("tool_choice") {
            note(toolChoice: value)
        } else if isNamed("thinking") {
            if isSet { note(thinking: value) }
        } else if isNamed("output_config") {
            if isSet { note(outputConfig: value) }
        } else if isNamed("output_format") {
            wantsStructuredOutput = wantsStructuredOutput || isSet
        } else if isNamed("temperature") {
            temperature = Self.sampling(value)
        } else if isNamed("top_p") {
            topP = Self.sampling(value)
        } else if isNamed("top_k") {
            hasTopK = true
        } else if !Self.harmlessMembers.contains(where: isNamed), isSet {
            noteRare(Self.shortened(value.bytes, name))
        }
    }

    /// Members that every model takes.
    private static let harmlessMembers: [StaticString] = [
        "stop_sequences", "metadata", "service_tier", "cache_control",
    ]

    static func sampling(_ value: JSONView) -> Sampling {
        if value.kind == .null { return .standard }
        var digits = value.raw[...]
        guard value.kind == .number, digits.popFirst() == UInt8(ascii: "1") else { return .other }
        guard !digits.isEmpty else { return .standard }
        return digits.popFirst() == UInt8(ascii: ".") && digits.allSatisfy { $0 == UInt8(ascii: "0") }
            ? .standard : .other
    }

    private mutating func note(toolChoice choice: JSONView) {
        guard choice.kind != .null else { return }
        guard let type = choice["type"], type.kind == .string else { return noteRare("tool_choice") }
        func isType(_ name: StaticString) -> Bool { JSONText.equals(type.bytes, type.stringContents, name) }
        if isType("any") || isType("tool") {
            hasForcedTool = true
        } else if !isType("auto"), !isType("none") {
            noteRare("tool_choice.type")
        }
    }

    private mutating func note(thinking value: JSONView) {
        var seen: (type: JSONView?, budget: JSONView?, display: JSONView?) = (nil, nil, nil)
        var isPlain = value.kind == .object
        value.forEachMember { name, member in
            func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
            if isNamed("type"), seen.type == nil {
                seen.type = member
            } else if isNamed("budget_tokens"), seen.budget == nil {
                seen.budget = member
            } else if isNamed("display"), seen.display == nil {
                seen.display = member
            } else {
                isPlain = false
            }
        }
        thinking = seen.type.flatMap { Self.word($0) }
        thinkingBudget = seen.budget?.integer
        hasThinkingDisplay = seen.display != nil
        let isPlainDisplay =
            seen.display.map { display in
                ["omitted", "summarized"].contains { JSONText.equals(display.bytes, display.stringContents, $0) }
            } ?? true
        // Only `enabled` has a budget, and has to have one.
        let fitsType =
            (thinking == .enabled) == (thinkingBudget != nil) && (thinkingBudget != nil || seen.budget == nil)
        let isShown = thinking == .enabled || thinking == .adaptive || !hasThinkingDisplay
        if thinking == nil || !isPlain || !isPlainDisplay || !fitsType || !isShown { noteRare("an unusual thinking") }
    }

    private mutating func note(outputConfig value: JSONView) {
        var seen: (effort: JSONView?, format: JSONView?) = (nil, nil)
        var isPlain = value.kind == .object
        value.forEachMember { name, member in
            func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
            if isNamed("effort"), seen.effort == nil {
                seen.effort = member
            } else if isNamed("format"), seen.format == nil {
                seen.format = member
            } else {
                isPlain = false
            }
        }
        if let level = seen.effort, level.kind != .null {
            effort = Self.word(level)
            if effort == nil { isPlain = false }
        }
        if let format = seen.format, format.kind != .null { wantsStructuredOutput = true }
        if !isPlain { noteRare("an unusual output_config") }
    }

    /// The case whose raw value a string has, compared as bytes.
    static func word<Word: CaseIterable & RawRepresentable<String>>(_ value: JSONView) -> Word? {
        guard value.kind == .string else { return nil }
        let contents = value.bytes[value.stringContents]
        return Word.allCases.first { $0.rawValue.utf8.elementsEqual(contents) }
    }

    /// A member's name for a message; a long name is no name.
    static func shortened(_ bytes: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) -> String {
        JSONText.decode(bytes, name.lowerBound..<min(name.upperBound, name.lowerBound + 64))
    }

    private mutating func note(tools: JSONView) {
        toolBytes = tools.range.count
        tools.forEachElement { tool in
            toolCount += 1
            tool.forEachMember { name, value in
                func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(tool.bytes, name, plain) }
                if isNamed("type") {
                    guard value.kind != .null else { return }
                    let isCustom = JSONText.equals(value.bytes, value.stringContents, "custom")
                    hasTypedTools = hasTypedTools || !isCustom
                } else if isNamed("strict") {
                    hasStrictTools = hasStrictTools || value.kind != .false
                } else if !Self.plainToolMembers.contains(where: isNamed) {
                    noteRare("\(Self.shortened(tool.bytes, name)) on a tool")
                }
            }
        }
    }

    private static let plainToolMembers: [StaticString] = ["name", "description", "input_schema", "cache_control"]

    /// Reads the messages. Throws an `invalidRequest` that names the message.
    mutating func read(messages: JSONView) throws(GatewayError) {
        var problem: String?
        var isLastAssistant = false
        var lastPieces: [Range<Int>] = []
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
            if problem == nil, let shape = RequestShape.problem(role: role, content: content) {
                problem = "messages.\(index).\(shape)"
            }
            func isRole(_ name: StaticString) -> Bool { JSONText.equals(role.bytes, role.stringContents, name) }
            isLastAssistant = isRole("assistant")
            if isRole("system") { hasSystemMessage = true }
            note(content: content, isUser: isRole("user"), &lastPieces)
        }
        if let problem { throw GatewayError(.invalidRequest(problem)) }
        guard messageCount > 0 else {
            throw GatewayError(.invalidRequest("messages: at least one message is required"))
        }
        isPrefilled = isLastAssistant
        lastUserText = Self.kept(lastPieces, of: messages.bytes)
    }

    private mutating func note(content: JSONView, isUser: Bool, _ lastPieces: inout [Range<Int>]) {
        var pieces: [Range<Int>] = []
        func take(_ view: JSONView) {
            messageBytes += view.stringContents.count
            if isUser { pieces.append(view.stringContents) }
        }
        if content.kind == .string { take(content) }
        content.forEachElement { block in
            let part = Block(block)
            if part.isType("text") {
                if let payload = part.payload, payload.kind == .string { take(payload) }
            } else if part.isType("tool_result") {
                hasToolHistory = true
                if let result = part.payload { note(toolResult: result) }
            } else if part.isType("tool_use") {
                hasToolHistory = true
                messageBytes += part.payload?.range.count ?? 0
            } else {
                note(other: part)
            }
        }
        guard !pieces.isEmpty else { return }
        userTurns += 1
        lastPieces = pieces
    }

    private mutating func note(toolResult content: JSONView) {
        messageBytes += Self.textBytes(of: content)
        content.forEachElement { block in
            let part = Block(block)
            if !part.isType("text") { note(other: part) }
        }
    }

    /// A block that is neither text nor of tools.
    private mutating func note(other block: Block) {
        if block.isType("image") {
            imageCount += 1
            note(source: block, isDocument: false)
        } else if block.isType("document") {
            note(source: block, isDocument: true)
        } else if block.isType("thinking"), block.isUnsigned {
            hasUnsignedThinking = true
        } else if block.isType("thinking") || block.isType("redacted_thinking") {
            hasThinkingHistory = true
        } else {
            hasRareBlocks = true
        }
    }

    private mutating func note(source block: Block, isDocument: Bool) {
        let kind = block.source?["type"]
        func isKind(_ name: StaticString) -> Bool {
            kind.map { JSONText.equals($0.bytes, $0.stringContents, name) } ?? false
        }
        if isKind("base64") {
            hasPDF = hasPDF || isDocument
        } else if isKind("url") {
            hasPDF = hasPDF || isDocument
            hasLinkedContent = true
        } else if isDocument, isKind("text") || isKind("content") {
            hasTextDocuments = true
            // Its text counts; a little too much, for what surrounds it, does no harm.
            messageBytes += block.source?.range.count ?? 0
        } else {
            hasRareBlocks = true
        }
    }

    /// Thinking without a signature: made by the gateway from another provider's answer.
    static func isUnsignedThinking(_ block: JSONView) -> Bool {
        let part = Block(block)
        return part.isType("thinking") && part.isUnsigned
    }

    /// A content block's members of interest.
    private struct Block {
        var type: JSONView?
        /// `text`, `content` or `input`.
        var payload: JSONView?
        var source: JSONView?
        /// Of thinking: made by the gateway from another provider's answer.
        var isUnsigned = true

        init(_ block: JSONView) {
            var found: (type: JSONView?, payload: JSONView?, source: JSONView?) = (nil, nil, nil)
            var isSigned = false
            block.forEachMember { name, value in
                if JSONText.equals(block.bytes, name, "type") {
                    found.type = value
                } else if JSONText.equals(block.bytes, name, "text") || JSONText.equals(block.bytes, name, "content")
                    || JSONText.equals(block.bytes, name, "input")
                {
                    found.payload = value
                } else if JSONText.equals(block.bytes, name, "source") {
                    found.source = value
                } else if JSONText.equals(block.bytes, name, "signature") {
                    isSigned = !value.stringContents.isEmpty
                }
            }
            isUnsigned = !isSigned
            (type, payload, source) = found
        }

        func isType(_ name: StaticString) -> Bool {
            type.map { JSONText.equals($0.bytes, $0.stringContents, name) } ?? false
        }
    }

    /// UTF-8 bytes of the text in a string or in an array of text blocks, escapes counted as written.
    static func textBytes(of value: JSONView) -> Int {
        if value.kind == .string { return value.stringContents.count }
        var total = 0
        value.forEachElement { block in
            if let text = block["text"] { total += text.stringContents.count }
        }
        return total
    }
}
