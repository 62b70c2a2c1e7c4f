/// The checks that decide whether a model takes a request, in Anthropic's words.
struct RequestRules {
    let request: MessagesRequest
    /// The header `anthropic-version`.
    let apiVersion: String
    private let traits: ModelTraits
    private var body: JSONValue { request.body }

    init(_ request: MessagesRequest, apiVersion: String) {
        self.request = request
        self.apiVersion = apiVersion
        traits = ModelTraits(request.model)
    }

    func check() throws(APIError) {
        guard request.maxTokens <= traits.longestAnswer else {
            throw .invalid(
                "max_tokens: \(request.maxTokens) > \(traits.longestAnswer), which is the maximum allowed number of "
                    + "output tokens for \(request.model)"
            )
        }
        try checkSampling()
        try checkThinking()
        try checkEffort()
        try checkTools()
        try checkMessages()
        try checkToolResults()
    }

    private func isSet(_ key: String) -> Bool { body[key].map { !$0.isNull } ?? false }

    private func checkSampling() throws(APIError) {
        let fields = ["temperature", "top_p", "top_k"].filter(isSet)
        for field in fields {
            guard let number = body[field]?.double else { throw .invalid("\(field): Input should be a valid number") }
            guard number >= 0, field == "top_k" || number <= 1 else { throw .invalid("\(field): range: 0..1") }
        }
        guard let first = fields.first else { return }
        if apiVersion >= "2026-10-21" { throw .invalid("\(first): Extra inputs are not permitted") }
        switch traits.sampling {
        case .free: break
        case .oneOfTwo where fields.starts(with: ["temperature", "top_p"]):
            throw .invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
        case .oneOfTwo: break
        case .refused: throw .invalid("`\(first)` is not supported on this model.")
        case .defaultsOnly:
            for field in fields where field == "top_k" || body[field]?.double != 1 {
                throw .invalid("`\(field)` may only be set to its default on this model.")
            }
        }
        if request.thinking == "enabled" || request.thinking == "adaptive", isSet("temperature"),
            body["temperature"]?.double != 1
        {
            throw .invalid("`temperature` may only be set to 1 when thinking is enabled.")
        }
    }

    private func checkThinking() throws(APIError) {
        guard isSet("thinking") else { return }
        switch request.thinking {
        case "enabled":
            guard traits.takesThinkingBudget else {
                throw .invalid(
                    "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and "
                        + "\"output_config.effort\" to control thinking behavior."
                )
            }
            guard let budget = body["thinking"]?["budget_tokens"]?.int else {
                throw .invalid("thinking.enabled.budget_tokens: Field required")
            }
            guard budget >= 1024 else {
                throw .invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
            }
            guard budget < request.maxTokens || request.maxTokens == 0 else {
                throw .invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
            }
        case "adaptive":
            guard traits.takesAdaptiveThinking else {
                throw .invalid("adaptive thinking is not supported on this model")
            }
        case "between_tools":
            guard traits.takesBetweenTools else {
                throw .invalid("\"thinking.type.between_tools\" is not supported for this model.")
            }
        case "disabled": try checkDisabling()
        default: throw .invalid("thinking.type: Input tag found does not match any of the expected tags")
        }
    }

    private func checkDisabling() throws(APIError) {
        switch traits.disabling {
        case .allowed: break
        case .upToHighEffort where !["xhigh", "max"].contains(request.effort ?? "high"): break
        case .upToHighEffort:
            throw .invalid("\"thinking.type.disabled\" is only supported up to effort \"high\" on this model.")
        case .refused: throw .invalid("\"thinking.type.disabled\" is not supported for this model.")
        }
    }

    private func checkEffort() throws(APIError) {
        guard let effort = request.effort else { return }
        guard !traits.efforts.isEmpty else { throw .invalid("This model does not support the effort parameter.") }
        guard traits.efforts.contains(effort) else {
            let allowed = traits.efforts.map { "'\($0)'" }.joined(separator: ", ")
            throw .invalid("output_config.effort: Input should be one of \(allowed)")
        }
    }

    private func checkTools() throws(APIError) {
        var names: Set<String> = []
        for (index, tool) in request.tools.enumerated() {
            guard let name = tool["name"]?.string else {
                guard tool["type"]?.string?.contains("toolset") == true else {
                    throw .invalid("tools.\(index).custom.name: Field required")
                }
                continue
            }
            guard names.insert(name).inserted else { throw .invalid("tools: Tool names must be unique.") }
            let isCustom = tool["type"]?.string.map { $0 == "custom" } ?? true
            guard !isCustom || tool["input_schema"]?.object != nil else {
                throw .invalid("tools.\(index).custom.input_schema: Field required")
            }
        }
        guard let choice = request.toolChoice, choice == "any" || choice == "tool" else { return }
        guard !request.tools.isEmpty else { throw .invalid("tool_choice may only be specified while providing tools.") }
        if choice == "tool" {
            let name = body["tool_choice"]?["name"]?.string ?? ""
            guard names.contains(name) else { throw .invalid("Tool '\(name)' not found in provided tools") }
        }
        guard traits.takesForcedTool else {
            throw .invalid("tool_choice.type: '\(choice)' is not supported on this model.")
        }
        guard request.thinking != "enabled", request.thinking != "adaptive" else {
            throw .invalid("Thinking may not be enabled when tool_choice forces tool use.")
        }
        guard request.maxTokens > 0 || body["max_tokens"] == nil else {
            throw .invalid("max_tokens: 0 may not be combined with a forced tool_choice.")
        }
    }

    private func checkMessages() throws(APIError) {
        let markers = PromptCache.markerCount(request)
        guard markers <= 4 else {
            throw .invalid("A maximum of 4 blocks with cache_control may be provided. Found \(markers).")
        }
        if body["max_tokens"]?.int == 0, request.isStream || request.schema != nil {
            throw .invalid("max_tokens: 0 may not be combined with stream or output_config.format.")
        }
        guard let first = request.messages.first, let last = request.messages.last else { return }
        guard first.role == "user" else { throw .invalid("messages: first message must use the \"user\" role") }
        for message in request.messages where message.role == "system" {
            guard traits.takesSystemRole else { throw .invalid("role 'system' is not supported on this model") }
            guard message.blocks.allSatisfy({ $0["type"]?.string == "text" }) else {
                throw .invalid("messages: role 'system' takes text only")
            }
        }
        guard last.role == "assistant", last.blocks.last?["type"]?.string != "server_tool_use" else { return }
        guard traits.takesPrefill else {
            throw .invalid(
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )
        }
        if let text = last.blocks.last?["text"]?.string, text.last?.isWhitespace == true {
            throw .invalid("messages: final assistant content cannot end with trailing whitespace")
        }
    }

    /// Every `tool_use` must be answered by the next message, and nothing else may be.
    private func checkToolResults() throws(APIError) {
        var open: [String] = []
        var place = 0
        for (index, message) in request.messages.enumerated() where message.role != "system" {
            let results = message.blocks.filter { $0["type"]?.string == "tool_result" }
                .compactMap { $0["tool_use_id"]?.string }
            let missing = open.filter { !results.contains($0) }
            guard missing.isEmpty else {
                throw .invalid(
                    "messages.\(place): `tool_use` ids were found without `tool_result` blocks immediately after: "
                        + missing.joined(separator: ", ") + ". Each `tool_use` block must have a corresponding "
                        + "`tool_result` block in the next message."
                )
            }
            if let stray = results.first(where: { !open.contains($0) }) {
                throw .invalid(
                    "messages.\(index).content: unexpected `tool_use_id` found in `tool_result` blocks: \(stray). Each "
                        + "`tool_result` block must have a corresponding `tool_use` block in the previous message."
                )
            }
            open = message.blocks.filter { $0["type"]?.string == "tool_use" }.compactMap { $0["id"]?.string }
            place = index
        }
    }
}
