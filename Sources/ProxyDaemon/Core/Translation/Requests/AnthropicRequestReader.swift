/// Reads a Messages request. Throws a ``Refusal`` for what is malformed, and for what the backend cannot do.
struct AnthropicRequestReader {
    var source: RequestSource
    var conversation = Conversation(names: .anthropic)

    init(_ source: RequestSource) { self.source = source }

    mutating func read(_ root: JSONView) throws(Refusal) -> Conversation {
        let fields = try source.fields(of: root, by: FieldTables.anthropicRequest, isTopLevel: true)
        try readSystem(fields["system"])
        let messages = try source.array(try source.required(fields["messages"], "messages"), "messages")
        guard !messages.isEmpty else { throw Refusal("messages", "at least one message is required") }
        for (position, message) in messages.enumerated() {
            do throws(Refusal) { try readMessage(try source.object(element: message)) } catch {
                throw error.inside(.member("messages"), .element(position))
            }
        }
        try readLimits(fields)
        try readTools(fields["tools"])
        try readToolChoice(fields["tool_choice"])
        try readThinking(fields["thinking"])
        try readOutput(fields)
        try readMetadata(fields["metadata"])
        return conversation
    }

    private mutating func readSystem(_ system: JSONView?) throws(Refusal) {
        guard let system else { return }
        switch system.kind {
        case .string:
            let text = try source.text(system, "system")
            if !text.isEmpty { conversation.system = [Conversation.SystemText(text: text)] }
        case .array:
            for (position, block) in system.elements.enumerated() {
                do throws(Refusal) {
                    let text = try systemText(try source.object(element: block))
                    // Agents tell Anthropic there who calls; no other provider is to read it.
                    guard !text.isEmpty, !text.plainStart.hasPrefix("x-anthropic-billing-header:") else { continue }
                    conversation.system.append(Conversation.SystemText(text: text))
                } catch {
                    throw error.inside(.member("system"), .element(position))
                }
            }
        default: throw source.wrong(system, "system", "a string or an array")
        }
    }

    private mutating func systemText(_ block: JSONView) throws(Refusal) -> EscapedText {
        let fields = try source.fields(of: block, by: FieldTables.anthropicBlockMember)
        let type = try source.string(try source.required(fields["type"], "type"), "type")
        guard type == "text" else { throw Refusal("type", "\(RequestSource.shortened(type)) is not text") }
        return try source.text(try source.required(fields["text"], "text"), "text")
    }

    private mutating func readMessage(_ message: JSONView) throws(Refusal) {
        let fields = try source.fields(of: message, by: FieldTables.anthropicMessage)
        let role = try source.string(try source.required(fields["role"], "role"), "role")
        let content = try source.required(fields["content"], "content")
        switch role {
        case "user": conversation.append(.user, try blocks(content, of: .user))
        case "assistant":
            let blocks = try blocks(content, of: .assistant)
            if !blocks.isEmpty { conversation.append(.assistant, blocks) }
        case "system":
            let blocks = try blocks(content, of: .system)
            if !blocks.isEmpty { conversation.append(.system, blocks) }
        default: throw Refusal("role", "\(RequestSource.shortened(role)) is none of user, assistant, system")
        }
    }

    private mutating func readLimits(_ fields: RequestSource.Fields) throws(Refusal) {
        let limit = try source.required(fields["max_tokens"], "max_tokens")
        conversation.maxTokens = try source.count(limit, "max_tokens")
        func number(_ name: String) throws(Refusal) -> RawJSON? {
            guard let value = fields[name] else { return nil }
            return try source.number(value, name)
        }
        conversation.sampling.temperature = try number("temperature")
        conversation.sampling.topP = try number("top_p")
        conversation.sampling.topK = try number("top_k")
        if let stop = fields["stop_sequences"] {
            for (position, entry) in try source.array(stop, "stop_sequences").enumerated() {
                guard entry.kind == .string else {
                    throw source.wrong(entry, "stop_sequences", "a string").at(element: position)
                }
                conversation.stop.append(try source.text(entry, "stop_sequences"))
            }
        }
        if let stream = fields["stream"] { conversation.isStream = try source.bool(stream, "stream") }
    }

    private mutating func readTools(_ tools: JSONView?) throws(Refusal) {
        guard let tools else { return }
        for (position, tool) in try source.array(tools, "tools").enumerated() {
            do throws(Refusal) { try readTool(try source.object(element: tool)) } catch {
                throw error.inside(.member("tools"), .element(position))
            }
        }
    }

    private mutating func readTool(_ tool: JSONView) throws(Refusal) {
        if let type = tool["type"], type.kind != .null {
            let type = try source.string(type, "type")
            let unknown = FieldRule.Handling.refused("is a type of tool that this backend does not know")
            guard try source.isCarried(type: type, by: FieldTables.anthropicToolType, unknown: unknown) else { return }
        }
        let fields = try source.fields(of: tool, by: FieldTables.anthropicTool)
        var read = Conversation.Tool(name: try source.text(try source.required(fields["name"], "name"), "name"))
        if let description = fields["description"] {
            let text = try source.text(description, "description")
            if !text.isEmpty { read.description = text }
        }
        let schema = try source.required(fields["input_schema"], "input_schema")
        read.schema = source.raw(try source.object(schema, "input_schema"))
        if let strict = fields["strict"] { read.isStrict = try source.bool(strict, "strict") }
        conversation.tools.append(read)
    }

    private mutating func readToolChoice(_ choice: JSONView?) throws(Refusal) {
        guard let choice else { return }
        _ = try source.object(choice, "tool_choice")
        do throws(Refusal) {
            switch try source.string(try source.required(choice["type"], "type"), "type") {
            case "auto": conversation.toolChoice = .auto
            case "any": conversation.toolChoice = .any
            case "none": conversation.toolChoice = .never
            case "tool":
                conversation.toolChoice = .tool(
                    try source.text(try source.required(choice["name"], "name"), "name")
                )
            case let other:
                throw Refusal("type", "\(RequestSource.shortened(other)) is none of auto, any, tool, none")
            }
            if let single = choice["disable_parallel_tool_use"], single.kind != .null {
                conversation.allowsParallelCalls = !(try source.bool(single, "disable_parallel_tool_use"))
            }
        } catch {
            throw error.inside(.member("tool_choice"))
        }
    }

    private mutating func readThinking(_ thinking: JSONView?) throws(Refusal) {
        guard let thinking else { return }
        _ = try source.object(thinking, "thinking")
        do throws(Refusal) {
            switch try source.string(try source.required(thinking["type"], "type"), "type") {
            case "disabled": conversation.thinking = .disabled
            case "adaptive": conversation.thinking = .adaptive
            case "between_tools": conversation.thinking = .betweenTools
            case "enabled":
                let budget = try source.required(thinking["budget_tokens"], "budget_tokens")
                guard budget.kind == .number else { throw source.wrong(budget, "budget_tokens", "a number") }
                // One that is too long for an integer is as high as can be.
                conversation.thinking = .budget(tokens: budget.integer ?? .max)
            case let other:
                throw Refusal("type", "\(RequestSource.shortened(other)) is none of enabled, disabled, adaptive")
            }
        } catch {
            throw error.inside(.member("thinking"))
        }
    }

    private mutating func readOutput(_ fields: RequestSource.Fields) throws(Refusal) {
        if let format = fields["output_format"] {
            conversation.names.format = "output_format"
            try readFormat(format, "output_format")
        }
        guard let output = fields["output_config"] else { return }
        _ = try source.object(output, "output_config")
        do throws(Refusal) {
            for member in output.members where member.value.kind != .null {
                switch JSONText.decode(output.bytes, member.name) {
                case "effort":
                    let level = try source.string(member.value, "effort")
                    guard let effort = ModelCapabilities.Effort(rawValue: level) else {
                        let known = "low, medium, high, xhigh, max"
                        throw Refusal("effort", "\(RequestSource.shortened(level)) is none of \(known)")
                    }
                    conversation.effort = effort
                case "format":
                    conversation.names.format = "output_config.format"
                    try readFormat(member.value, "format")
                case let other: source.warnings.add("output_config.\(other)")
                }
            }
        } catch {
            throw error.inside(.member("output_config"))
        }
    }

    private mutating func readFormat(_ format: JSONView, _ field: String) throws(Refusal) {
        _ = try source.object(format, field)
        do throws(Refusal) {
            let type = try source.string(try source.required(format["type"], "type"), "type")
            guard type == "json_schema" else {
                throw Refusal("type", "\(RequestSource.shortened(type)) is not json_schema")
            }
            let schema = try source.object(try source.required(format["schema"], "schema"), "schema")
            conversation.format = .schema(
                Conversation.Format.Schema(schema: source.raw(schema), isStrict: true)
            )
        } catch {
            throw error.inside(.member(field))
        }
    }

    private mutating func readMetadata(_ metadata: JSONView?) throws(Refusal) {
        guard let metadata else { return }
        _ = try source.object(metadata, "metadata")
        for member in metadata.members where member.value.kind != .null {
            let name = JSONText.decode(metadata.bytes, member.name)
            guard name == "user_id" else {
                source.warnings.add("metadata.\(name)")
                continue
            }
            do throws(Refusal) {
                let text = try source.text(member.value, "user_id")
                if !text.isEmpty { conversation.userID = text }
            } catch {
                throw error.inside(.member("metadata"))
            }
        }
    }
}
