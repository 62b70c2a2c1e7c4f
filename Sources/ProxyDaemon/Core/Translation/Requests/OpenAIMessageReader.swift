/// The messages of a Chat Completions request.
extension OpenAIRequestReader {
    mutating func readMessage(_ message: JSONView) throws(Refusal) {
        let fields = try source.fields(of: message, by: FieldTables.openAIMessage)
        let role = try source.string(try source.required(fields["role"], "role"), "role")
        switch role {
        case "system", "developer": try readInstructions(fields)
        case "user":
            hasBegun = true
            conversation.append(.user, try blocks(fields["content"]))
        case "assistant":
            hasBegun = true
            try readAssistant(fields)
        case "tool":
            hasBegun = true
            let id = try source.text(try source.required(fields["tool_call_id"], "tool_call_id"), "tool_call_id")
            try readResult(fields, of: id)
        case "function":
            hasBegun = true
            guard legacyCalls > 0 else {
                throw Refusal("role", "a function message answers a function_call, and there is none")
            }
            try readResult(fields, of: Self.legacyID(legacyCalls))
        default:
            throw Refusal(
                "role",
                "\(RequestSource.shortened(role)) is none of system, developer, user, assistant, tool"
            )
        }
    }

    private mutating func readInstructions(_ fields: RequestSource.Fields) throws(Refusal) {
        let texts = try blocks(fields["content"], textOnly: true)
        guard !hasBegun else {
            if !texts.isEmpty { conversation.append(.system, texts) }
            return
        }
        var continues = false
        for block in texts {
            guard let text = block.text else { continue }
            conversation.system.append(
                Conversation.SystemText(text: text, continuesMessage: continues, breakpoint: block.breakpoint)
            )
            continues = true
        }
    }

    private mutating func readAssistant(_ fields: RequestSource.Fields) throws(Refusal) {
        var said: [Conversation.Block] = []
        if let reasoning = fields["reasoning_content"] {
            let text = try source.text(reasoning, "reasoning_content")
            if !text.isEmpty { said.append(Conversation.Block(.thinking(text))) }
        }
        said += try blocks(fields["content"])
        if let refusal = fields["refusal"] {
            let text = try source.text(refusal, "refusal")
            if !text.isEmpty {
                said.append(Conversation.Block(.text(text)))
                source.warnings.add("messages.refusal")
            }
        }
        if let calls = fields["tool_calls"] {
            for (position, call) in try source.array(calls, "tool_calls").enumerated() {
                do throws(Refusal) { said.append(try readCall(try source.object(element: call))) } catch {
                    throw error.inside(.member("tool_calls"), .element(position))
                }
            }
        }
        if let call = fields["function_call"] {
            do throws(Refusal) {
                legacyCalls += 1
                let function = try source.object(element: call)
                said.append(try readFunctionCall(function, id: Self.legacyID(legacyCalls)))
            } catch {
                throw error.inside(.member("function_call"))
            }
        }
        if !said.isEmpty { conversation.append(.assistant, said) }
    }

    private mutating func readCall(_ call: JSONView) throws(Refusal) -> Conversation.Block {
        if let type = call["type"], type.kind != .null {
            let type = try source.string(type, "type")
            guard type == "function" else {
                throw Refusal("type", "calls of type \(RequestSource.shortened(type)) cannot be sent to this backend")
            }
        }
        let id = try source.text(try source.required(call["id"], "id"), "id")
        let function = try source.object(try source.required(call["function"], "function"), "function")
        do throws(Refusal) { return try readFunctionCall(function, id: id) } catch {
            throw error.inside(.member("function"))
        }
    }

    private mutating func readFunctionCall(
        _ function: JSONView,
        id: EscapedText
    ) throws(Refusal) -> Conversation.Block {
        let name = try source.text(try source.required(function["name"], "name"), "name")
        var input: RawJSON = Array("{}".utf8)[...]
        if let arguments = function["arguments"], arguments.kind != .null {
            input = Self.input(of: try source.text(arguments, "arguments"), &source.warnings)
        }
        return Conversation.Block(.toolCall(Conversation.ToolCall(id: id, name: name, input: input)))
    }

    /// The object that a call's arguments are the text of. Models sometimes write what is none: it goes along as a text.
    private static func input(of arguments: EscapedText, _ warnings: inout TranslationWarnings) -> RawJSON {
        let plain = Array(arguments.plain.utf8)
        if plain.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return Array("{}".utf8)[...] }
        if (try? JSONIndex(plain)) != nil, JSONText.hasCleanStrings(plain) { return plain[...] }
        warnings.add("messages.tool_calls.function.arguments")
        return Array("{\"_raw_arguments\":\"".utf8) + arguments.bytes + Array("\"}".utf8)
    }

    private mutating func readResult(_ fields: RequestSource.Fields, of id: EscapedText) throws(Refusal) {
        let content = try blocks(fields["content"])
        let result = Conversation.ToolResult(id: id, content: content, isError: false)
        conversation.append(.user, [Conversation.Block(.toolResult(result))])
    }

    private static func legacyID(_ number: Int) -> EscapedText { EscapedText("function_call_\(number)") }

    // MARK: Content

    /// The blocks of a message's content: a text, parts, or nothing. Empty texts are none.
    private mutating func blocks(
        _ content: JSONView?,
        textOnly: Bool = false
    ) throws(Refusal) -> [Conversation.Block] {
        guard let content else { return [] }
        switch content.kind {
        case .string:
            let text = try source.text(content, "content")
            return text.isEmpty ? [] : [Conversation.Block(.text(text))]
        case .array:
            var blocks: [Conversation.Block] = []
            for (position, part) in content.elements.enumerated() {
                do throws(Refusal) {
                    guard let block = try block(try source.object(element: part)) else { continue }
                    guard !textOnly || block.text != nil else { throw Refusal("type", "instructions are text only") }
                    blocks.append(block)
                } catch {
                    throw error.inside(.member("content"), .element(position))
                }
            }
            return blocks
        default: throw source.wrong(content, "content", "a string or an array")
        }
    }

    private mutating func block(_ part: JSONView) throws(Refusal) -> Conversation.Block? {
        let type = try source.string(try source.required(part["type"], "type"), "type")
        guard
            try source.isCarried(
                type: type,
                by: FieldTables.openAIPart,
                unknown: .refused("cannot be sent to this backend")
            )
        else { return nil }
        let fields = try source.fields(of: part, by: FieldTables.openAIPartMember)
        let content: Conversation.Content
        switch type {
        case "text", "refusal":
            let text = try source.text(try source.required(fields[type], type), type)
            if text.isEmpty { return nil }
            if type == "refusal" { source.warnings.add("messages.refusal") }
            content = .text(text)
        case "image_url":
            let value = try source.required(fields["image_url"], "image_url")
            content = try image(value)
        default:
            let file = try source.object(try source.required(fields["file"], "file"), "file")
            do throws(Refusal) { content = try self.file(file) } catch { throw error.inside(.member("file")) }
        }
        return Conversation.Block(content, breakpoint: try breakpoint(fields["prompt_cache_breakpoint"]))
    }

    private mutating func breakpoint(_ view: JSONView?) throws(Refusal) -> Conversation.CacheBreakpoint? {
        guard let view else { return nil }
        _ = try source.object(view, "prompt_cache_breakpoint")
        return view["ttl"]?.string == "12h" ? .hours : .minutes
    }

    private mutating func image(_ value: JSONView) throws(Refusal) -> Conversation.Content {
        // Some servers take the bare URL.
        if value.kind == .string { return try image(at: try source.text(value, "image_url"), "image_url") }
        _ = try source.object(value, "image_url")
        if let detail = value["detail"], detail.kind != .null, detail.string != "auto" {
            source.warnings.add("image_url.detail")
        }
        do throws(Refusal) {
            return try image(at: try source.text(try source.required(value["url"], "url"), "url"), "url")
        } catch {
            throw error.inside(.member("image_url"))
        }
    }

    private func image(at url: EscapedText, _ field: String) throws(Refusal) -> Conversation.Content {
        let start = url.plainStart.lowercased()
        if start.hasPrefix("http://") || start.hasPrefix("https://") {
            try source.checkImageURL(field)
            return .image(.url(url))
        }
        guard let data = DataURI(url) else { throw Refusal(field, "must be a URL of http(s) or a data URI in base64") }
        return try content(of: data, field, title: nil, default: "image/png")
    }

    private func file(_ file: JSONView) throws(Refusal) -> Conversation.Content {
        if let id = file["file_id"], id.kind != .null {
            throw Refusal("file_id", "this backend cannot reach files by their id")
        }
        let text = try source.text(try source.required(file["file_data"], "file_data"), "file_data")
        guard let data = DataURI(text) else { throw Refusal("file_data", "must be a data URI in base64") }
        var title: EscapedText?
        if let name = file["filename"], name.kind != .null { title = try source.text(name, "filename") }
        return try content(of: data, "file_data", title: title, default: "application/pdf")
    }

    private func content(
        of data: DataURI,
        _ field: String,
        title: EscapedText?,
        default mediaType: String
    ) throws(Refusal) -> Conversation.Content {
        let type = data.mediaType.isEmpty ? mediaType : data.mediaType
        switch type {
        case "application/pdf":
            try source.checkPDF(field)
            return .document(Conversation.Document(source: .pdf(data.data), title: title))
        case "image/jpeg", "image/png", "image/gif", "image/webp":
            return .image(.base64(mediaType: EscapedText(type), data: data.data))
        case "image/jpg":
            return .image(.base64(mediaType: EscapedText("image/jpeg"), data: data.data))
        default:
            throw Refusal(
                field,
                "\(RequestSource.shortened(type)) is none of image/jpeg, png, gif, webp and application/pdf"
            )
        }
    }
}

/// `data:TYPE;base64,DATA`.
struct DataURI {
    /// In lower case, without parameters; may be empty.
    let mediaType: String
    let data: EscapedText

    /// Nil for what is no data URI, or not in base64.
    init?(_ text: EscapedText) {
        guard let comma = text.bytes.firstIndex(of: UInt8(ascii: ",")),
            comma - text.bytes.startIndex <= 256
        else { return nil }
        let head = EscapedText(escaped: text.bytes[..<comma]).plain.lowercased()
        guard head.hasPrefix("data:"), head.hasSuffix(";base64") else { return nil }
        let described = head.dropFirst(5).dropLast(7)
        mediaType = String(described.prefix { $0 != ";" })
        data = EscapedText(escaped: text.bytes[(comma + 1)...])
    }
}
