/// Reads a Chat Completions request. Throws a ``Refusal`` for what is malformed, and for what the backend cannot do.
struct OpenAIRequestReader {
    var source: RequestSource
    var conversation = Conversation(names: .openAI)
    /// Messages other than instructions were seen.
    var hasBegun = false
    /// How often an assistant called a function in the old manner, which has no ids.
    var legacyCalls = 0

    init(_ source: RequestSource) { self.source = source }

    mutating func read(_ root: JSONView) throws(Refusal) -> Conversation {
        let fields = try source.fields(of: root, by: FieldTables.openAIRequest, isTopLevel: true)
        try readLimits(fields)
        try readTools(fields)
        try readToolChoice(fields)
        try readFormat(fields)
        try readReasoning(fields)
        try readRest(fields)
        let messages = try source.array(try source.required(fields["messages"], "messages"), "messages")
        guard !messages.isEmpty else { throw Refusal("messages", "at least one message is required") }
        for (position, message) in messages.enumerated() {
            do throws(Refusal) { try readMessage(try source.object(element: message)) } catch {
                throw error.inside(.member("messages"), .element(position))
            }
        }
        return conversation
    }

    private mutating func readLimits(_ fields: RequestSource.Fields) throws(Refusal) {
        if let limit = fields["max_completion_tokens"] {
            conversation.maxTokens = try source.count(limit, "max_completion_tokens")
        } else if let limit = fields["max_tokens"] {
            conversation.maxTokens = try source.count(limit, "max_tokens")
            conversation.names.maxTokens = "max_tokens"
        }
        func number(_ name: String) throws(Refusal) -> RawJSON? {
            guard let value = fields[name] else { return nil }
            return try source.number(value, name)
        }
        conversation.sampling.temperature = try number("temperature")
        conversation.sampling.topP = try number("top_p")
        conversation.sampling.seed = try number("seed")
        conversation.sampling.frequencyPenalty = try number("frequency_penalty")
        conversation.sampling.presencePenalty = try number("presence_penalty")
        if let stop = fields["stop"] {
            let entries = stop.kind == .string ? [stop] : try source.array(stop, "stop")
            for (position, entry) in entries.enumerated() {
                do throws(Refusal) { conversation.stop.append(try source.text(entry, "stop")) } catch {
                    throw error.at(element: position)
                }
            }
        }
        if let stream = fields["stream"] { conversation.isStream = try source.bool(stream, "stream") }
    }

    private mutating func readTools(_ fields: RequestSource.Fields) throws(Refusal) {
        if let tools = fields["tools"] {
            for (position, tool) in try source.array(tools, "tools").enumerated() {
                do throws(Refusal) { try readTool(try source.object(element: tool)) } catch {
                    throw error.inside(.member("tools"), .element(position))
                }
            }
        }
        if let functions = fields["functions"] {
            for (position, function) in try source.array(functions, "functions").enumerated() {
                do throws(Refusal) { try readFunction(try source.object(element: function)) } catch {
                    throw error.inside(.member("functions"), .element(position))
                }
            }
        }
    }

    private mutating func readTool(_ tool: JSONView) throws(Refusal) {
        let fields = try source.fields(of: tool, by: FieldTables.openAITool)
        let type = try source.string(try source.required(fields["type"], "type"), "type")
        guard type == "function" else {
            throw Refusal("type", "tools of type \(RequestSource.shortened(type)) cannot be sent to this backend")
        }
        let function = try source.object(try source.required(fields["function"], "function"), "function")
        do throws(Refusal) { try readFunction(function) } catch { throw error.inside(.member("function")) }
    }

    private mutating func readFunction(_ function: JSONView) throws(Refusal) {
        let fields = try source.fields(of: function, by: FieldTables.openAIFunction)
        var tool = Conversation.Tool(name: try source.text(try source.required(fields["name"], "name"), "name"))
        if let description = fields["description"] {
            let text = try source.text(description, "description")
            if !text.isEmpty { tool.description = text }
        }
        if let parameters = fields["parameters"] {
            tool.schema = try schema(parameters, "parameters")
        }
        if let strict = fields["strict"] { tool.isStrict = try source.bool(strict, "strict") }
        conversation.tools.append(tool)
    }

    /// A schema for Anthropic and others that want an object's: one without members says nothing, one without a type is
    /// one of an object.
    private func schema(_ view: JSONView, _ field: String) throws(Refusal) -> RawJSON? {
        let raw = source.raw(try source.object(view, field))
        guard !view.members.isEmpty else { return nil }
        guard view["type"] == nil else { return raw }
        return Array("{\"type\":\"object\",".utf8) + raw.dropFirst()
    }

    private mutating func readToolChoice(_ fields: RequestSource.Fields) throws(Refusal) {
        if let parallel = fields["parallel_tool_calls"] {
            conversation.allowsParallelCalls = try source.bool(parallel, "parallel_tool_calls")
        }
        let isLegacy = fields["tool_choice"] == nil
        guard let choice = fields["tool_choice"] ?? fields["function_call"] else { return }
        let field = isLegacy ? "function_call" : "tool_choice"
        conversation.names.toolChoice = field
        if choice.kind == .string {
            switch try source.string(choice, field) {
            case "auto": conversation.toolChoice = .auto
            case "none": conversation.toolChoice = .never
            case "required": conversation.toolChoice = .any
            case let other: throw Refusal(field, "\(RequestSource.shortened(other)) is none of auto, none, required")
            }
            return
        }
        guard choice.kind == .object else { throw source.wrong(choice, field, "a string or an object") }
        do throws(Refusal) {
            if isLegacy {
                let name = try source.text(try source.required(choice["name"], "name"), "name")
                conversation.toolChoice = .tool(name)
            } else {
                try readToolChoice(object: choice)
            }
        } catch {
            throw error.inside(.member(field))
        }
    }

    private mutating func readToolChoice(object choice: JSONView) throws(Refusal) {
        switch try source.string(try source.required(choice["type"], "type"), "type") {
        case "function":
            let function = try source.object(try source.required(choice["function"], "function"), "function")
            conversation.toolChoice = .tool(
                try source.text(try source.required(function["name"], "function.name"), "function.name")
            )
        case "allowed_tools":
            let allowed = try source.object(
                try source.required(choice["allowed_tools"], "allowed_tools"),
                "allowed_tools"
            )
            let tools = try source.required(allowed["tools"], "allowed_tools.tools")
            var names: Set<String> = []
            for tool in try source.array(tools, "allowed_tools.tools") {
                if let name = tool["function"]?["name"]?.string ?? tool["name"]?.string { names.insert(name) }
            }
            conversation.tools.removeAll { !names.contains($0.name.plain) }
            guard !conversation.tools.isEmpty else {
                throw Refusal("allowed_tools.tools", "none of these functions is among tools")
            }
            let isRequired = allowed["mode"]?.string == "required"
            conversation.toolChoice = isRequired ? .any : .auto
        case let other:
            throw Refusal("type", "\(RequestSource.shortened(other)) cannot be sent to this backend")
        }
    }

    private mutating func readFormat(_ fields: RequestSource.Fields) throws(Refusal) {
        guard let format = fields["response_format"] else { return }
        _ = try source.object(format, "response_format")
        do throws(Refusal) {
            switch try source.string(try source.required(format["type"], "type"), "type") {
            case "text": return
            case "json_object": conversation.format = .jsonObject
            case "json_schema":
                let named = try source.object(try source.required(format["json_schema"], "json_schema"), "json_schema")
                do throws(Refusal) { conversation.format = try readSchema(named) } catch {
                    throw error.inside(.member("json_schema"))
                }
            case let other:
                throw Refusal("type", "\(RequestSource.shortened(other)) is none of text, json_object, json_schema")
            }
        } catch {
            throw error.inside(.member("response_format"))
        }
    }

    private func readSchema(_ named: JSONView) throws(Refusal) -> Conversation.Format {
        var name: EscapedText?
        var description: EscapedText?
        var isStrict = false
        func given(_ field: StaticString) -> JSONView? {
            guard let value = named[field], value.kind != .null else { return nil }
            return value
        }
        if let value = given("name") { name = try source.text(value, "name") }
        if let value = given("description") { description = try source.text(value, "description") }
        if let value = given("strict") { isStrict = try source.bool(value, "strict") }
        // Without a schema it asks for any object.
        guard let schema = given("schema") else { return .jsonObject }
        return .schema(
            Conversation.Format.Schema(
                name: name,
                description: description,
                schema: source.raw(try source.object(schema, "schema")),
                isStrict: isStrict
            )
        )
    }

    private mutating func readReasoning(_ fields: RequestSource.Fields) throws(Refusal) {
        guard let effort = fields["reasoning_effort"] else { return }
        switch try source.string(effort, "reasoning_effort") {
        case "none": conversation.thinking = .disabled
        case "minimal":
            conversation.effort = .low
            source.warnings.add("reasoning_effort")
        case let level:
            guard let effort = ModelCapabilities.Effort(rawValue: level) else {
                let known = "none, minimal, low, medium, high, xhigh, max"
                throw Refusal("reasoning_effort", "\(RequestSource.shortened(level)) is none of \(known)")
            }
            conversation.effort = effort
        }
    }

    private mutating func readRest(_ fields: RequestSource.Fields) throws(Refusal) {
        for name in ["user", "safety_identifier"] {
            guard let user = fields[name] else { continue }
            let text = try source.text(user, name)
            guard !text.isEmpty else { continue }
            conversation.userID = text
            conversation.names.user = name
        }
        if let tier = fields["service_tier"] {
            switch try source.string(tier, "service_tier") {
            case "auto": break
            case "default": conversation.isStandardServiceOnly = true
            default: source.warnings.add("service_tier")
            }
        }
    }
}
