/// The same traits read from a body of Chat Completions.
extension PromptTraits {
    /// Takes note of a top-level member of an OpenAI body other than those that ``PromptFields`` reads.
    mutating func note(openAIMember name: Range<Int>, _ value: JSONView) {
        guard value.kind != .null else { return }
        func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
        if isNamed("tools") || isNamed("functions") {
            note(openAITools: value)
        } else if isNamed("tool_choice") || isNamed("function_call") {
            note(openAIToolChoice: value)
        } else if isNamed("response_format") {
            let type = value["type"]
            wantsStructuredOutput = type?.isText("json_schema") ?? false
        } else if isNamed("reasoning_effort") {
            note(openAIEffort: value)
        } else if isNamed("temperature") {
            temperature = Self.sampling(value)
        } else if isNamed("top_p") {
            topP = Self.sampling(value)
        } else if isNamed("n") {
            if value.integer != 1 { noteRare("n") }
        } else if isNamed("logprobs") {
            if value.kind != .false { noteRare("logprobs") }
        } else if !Self.harmlessOpenAIMembers.contains(where: isNamed) {
            noteRare(Self.shortened(value.bytes, name))
        }
    }

    /// Members that change an answer little or not at all: where a backend has no counterpart they may be dropped, and the
    /// client is told.
    private static let harmlessOpenAIMembers: [StaticString] = [
        "frequency_penalty", "logit_bias", "metadata", "moderation", "parallel_tool_calls", "prediction",
        "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier",
        "seed", "service_tier", "stop", "store", "top_logprobs", "user", "verbosity",
    ]

    private mutating func note(openAITools tools: JSONView) {
        toolBytes += tools.range.count
        tools.forEachElement { tool in
            toolCount += 1
            if let type = tool["type"], !type.isText("function") { hasTypedTools = true }
            if tool["function"]?["strict"]?.bool == true { hasStrictTools = true }
        }
    }

    private mutating func note(openAIToolChoice choice: JSONView) {
        if choice.isText("auto") || choice.isText("none") { return }
        if choice.kind == .object, let mode = choice["allowed_tools"]?["mode"] {
            hasForcedTool = mode.isText("required")
        } else {
            hasForcedTool = true
        }
    }

    private mutating func note(openAIEffort value: JSONView) {
        if value.isText("none") { return }
        effort = value.isText("minimal") ? .low : Self.word(value)
        if effort == nil { noteRare("reasoning_effort") }
    }

    /// Reads the messages. Throws an `invalidRequest` that names the message.
    mutating func read(openAIMessages messages: JSONView) throws(GatewayError) {
        var problem: String?
        var isLastAssistant = false
        var isLeading = true
        var lastPieces: [Range<Int>] = []
        messages.forEachElement { message in
            let index = messageCount
            messageCount += 1
            guard problem == nil else { return }
            guard message.kind == .object else {
                problem = "messages.\(index): expected an object, found \(message.kind.phrase)"
                return
            }
            guard let role = message["role"], role.kind == .string else {
                problem = "messages.\(index).role: Field required"
                return
            }
            let content = message["content"]
            if let content, content.kind != .string, content.kind != .array, content.kind != .null {
                problem = "messages.\(index).content: expected a string or an array, found \(content.kind.phrase)"
                return
            }
            if let shape = RequestShape.problem(role: role, content: content) {
                problem = "messages.\(index).\(shape)"
                return
            }
            isLastAssistant = role.isText("assistant")
            let isSystem = role.isText("system") || role.isText("developer")
            isLeading = isLeading && isSystem
            if isLeading {
                systemBytes += content.map(Self.textBytes) ?? 0
            } else if role.isText("user") {
                if let content { note(openAIContent: content, &lastPieces) }
            } else {
                messageBytes += content.map(Self.textBytes) ?? 0
                if role.isText("tool") || role.isText("function") { hasToolHistory = true }
                if let calls = message["tool_calls"], calls.kind == .array {
                    hasToolHistory = true
                    messageBytes += calls.range.count
                }
            }
        }
        if let problem { throw GatewayError(.invalidRequest(problem)) }
        guard messageCount > 0 else {
            throw GatewayError(.invalidRequest("messages: at least one message is required"))
        }
        isPrefilled = isLastAssistant
        lastUserText = Self.kept(lastPieces, of: messages.bytes)
    }

    private mutating func note(openAIContent content: JSONView, _ lastPieces: inout [Range<Int>]) {
        var pieces: [Range<Int>] = []
        func take(_ view: JSONView) {
            messageBytes += view.stringContents.count
            pieces.append(view.stringContents)
        }
        if content.kind == .string { take(content) }
        content.forEachElement { part in
            guard let type = part["type"] else { return }
            if type.isText("text") {
                if let words = part["text"], words.kind == .string { take(words) }
            } else if type.isText("image_url") {
                note(openAIImage: part)
            } else if type.isText("file") {
                hasPDF = true
            } else {
                hasRareBlocks = true
            }
        }
        guard !pieces.isEmpty else { return }
        userTurns += 1
        lastPieces = pieces
    }

    private mutating func note(openAIImage part: JSONView) {
        guard let image = part["image_url"] else { return }
        guard let url = image.kind == .string ? image : image["url"] else { return }
        if url.begins(with: "data:application/pdf") {
            hasPDF = true
        } else {
            imageCount += 1
            if !url.begins(with: "data:") { hasLinkedContent = true }
        }
    }
}

extension JSONView {
    /// Whether this is a string with exactly this plain text.
    func isText(_ plain: StaticString) -> Bool { kind == .string && JSONText.equals(bytes, stringContents, plain) }

    /// Whether this is a string that begins with this plain text.
    func begins(with plain: StaticString) -> Bool {
        let contents = stringContents
        guard kind == .string, contents.count >= plain.utf8CodeUnitCount else { return false }
        return JSONText.equals(
            bytes,
            contents.lowerBound..<(contents.lowerBound + plain.utf8CodeUnitCount),
            plain
        )
    }
}
