/// The content blocks of a Messages request.
extension AnthropicRequestReader {
    /// The blocks of a message's content: a text, or blocks. Empty texts are none.
    mutating func blocks(
        _ content: JSONView,
        of role: Conversation.Role
    ) throws(Refusal) -> [Conversation.Block] {
        switch content.kind {
        case .string:
            let text = try source.text(content, "content")
            return text.isEmpty ? [] : [Conversation.Block(.text(text))]
        case .array:
            var blocks: [Conversation.Block] = []
            for (position, block) in content.elements.enumerated() {
                do throws(Refusal) { blocks += try read(try source.object(element: block), of: role) } catch {
                    throw error.inside(.member("content"), .element(position))
                }
            }
            return blocks
        default: throw source.wrong(content, "content", "a string or an array")
        }
    }

    /// One block may become none, or several.
    private mutating func read(
        _ block: JSONView,
        of role: Conversation.Role
    ) throws(Refusal) -> [Conversation.Block] {
        let type = try source.string(try source.required(block["type"], "type"), "type")
        // What a provider said in its own way is not missed by another; what the user said must not be left out.
        let unknown: FieldRule.Handling =
            role == .assistant ? .dropped() : .refused("is a content block that this backend does not know")
        guard try source.isCarried(type: type, by: FieldTables.anthropicBlock, unknown: unknown) else { return [] }
        let isAtHome =
            switch type {
            case "text": true
            case "tool_use", "thinking", "compaction": role == .assistant
            default: role == .user
            }
        guard isAtHome else {
            throw Refusal("type", "\(RequestSource.shortened(type)) cannot be part of a message of this role")
        }
        let fields = try source.fields(of: block, by: FieldTables.anthropicBlockMember)
        switch type {
        case "text":
            let text = try source.text(try source.required(fields["text"], "text"), "text")
            return text.isEmpty ? [] : [Conversation.Block(.text(text))]
        case "thinking":
            let text = try source.text(try source.required(fields["thinking"], "thinking"), "thinking")
            return text.isEmpty ? [] : [Conversation.Block(.thinking(text))]
        case "image": return [Conversation.Block(.image(try image(fields)))]
        case "document": return try document(fields)
        case "search_result": return try searchResult(fields)
        case "tool_use":
            let input = try source.object(try source.required(fields["input"], "input"), "input")
            let call = Conversation.ToolCall(
                id: try source.text(try source.required(fields["id"], "id"), "id"),
                name: try source.text(try source.required(fields["name"], "name"), "name"),
                input: source.raw(input)
            )
            return [Conversation.Block(.toolCall(call))]
        case "tool_result": return [Conversation.Block(.toolResult(try toolResult(fields)))]
        default: return [Conversation.Block(.text(try compaction(fields)))]
        }
    }

    private mutating func toolResult(_ fields: RequestSource.Fields) throws(Refusal) -> Conversation.ToolResult {
        let id = try source.required(fields["tool_use_id"], "tool_use_id")
        var result = Conversation.ToolResult(id: try source.text(id, "tool_use_id"), content: [], isError: false)
        if let content = fields["content"] { result.content = try blocks(content, of: .user) }
        let isNested = result.content.contains { block in
            if case .toolResult = block.content { true } else { false }
        }
        guard !isNested else { throw Refusal("content", "a tool_result holds another") }
        if let isError = fields["is_error"] { result.isError = try source.bool(isError, "is_error") }
        return result
    }

    private mutating func compaction(_ fields: RequestSource.Fields) throws(Refusal) -> EscapedText {
        guard let content = fields["content"] else {
            throw Refusal("content", "this backend cannot read an encrypted compaction")
        }
        source.warnings.add("messages.compaction")
        return try source.text(content, "content")
    }

    private func image(_ fields: RequestSource.Fields) throws(Refusal) -> Conversation.Image {
        let image = try source.object(try source.required(fields["source"], "source"), "source")
        do throws(Refusal) {
            switch try source.string(try source.required(image["type"], "type"), "type") {
            case "base64":
                return .base64(
                    mediaType: try source.text(try source.required(image["media_type"], "media_type"), "media_type"),
                    data: try source.text(try source.required(image["data"], "data"), "data")
                )
            case "url":
                try source.checkImageURL("url")
                return .url(try source.text(try source.required(image["url"], "url"), "url"))
            case let other: throw unreachable(other)
            }
        } catch {
            throw error.inside(.member("source"))
        }
    }

    private func unreachable(_ type: String) -> Refusal {
        Refusal("type", "a source of type \(RequestSource.shortened(type)) cannot be sent to this backend")
    }

    private mutating func document(_ fields: RequestSource.Fields) throws(Refusal) -> [Conversation.Block] {
        let origin = try source.object(try source.required(fields["source"], "source"), "source")
        var title: EscapedText?
        var context: EscapedText?
        if let value = fields["title"] { title = try source.text(value, "title") }
        if let value = fields["context"] { context = try source.text(value, "context") }
        func document(_ source: Conversation.Document.Source) -> Conversation.Block {
            Conversation.Block(
                .document(Conversation.Document(source: source, title: title, context: context))
            )
        }
        do throws(Refusal) {
            switch try source.string(try source.required(origin["type"], "type"), "type") {
            case "text":
                return [document(.text(try source.text(try source.required(origin["data"], "data"), "data")))]
            case "base64":
                let type = try source.string(try source.required(origin["media_type"], "media_type"), "media_type")
                guard type == "application/pdf" else {
                    throw Refusal("media_type", "\(RequestSource.shortened(type)) is not application/pdf")
                }
                try source.checkPDF("media_type")
                return [document(.pdf(try source.text(try source.required(origin["data"], "data"), "data")))]
            case "content":
                let inner = try blocks(try source.required(origin["content"], "content"), of: .user)
                let text = EscapedText.joined(inner.compactMap(\.text), separator: "\n")
                let images = inner.filter { block in
                    if case .image = block.content { true } else { false }
                }
                return [document(.text(text))] + images
            case let other: throw unreachable(other)
            }
        } catch {
            throw error.inside(.member("source"))
        }
    }

    private mutating func searchResult(_ fields: RequestSource.Fields) throws(Refusal) -> [Conversation.Block] {
        source.warnings.add("messages.search_result")
        let inner = try blocks(try source.required(fields["content"], "content"), of: .user)
        let document = Conversation.Document(
            source: .text(EscapedText.joined(inner.compactMap(\.text), separator: "\n")),
            title: try source.text(try source.required(fields["title"], "title"), "title"),
            context: try source.text(try source.required(fields["source"], "source"), "source")
        )
        return [Conversation.Block(.document(document))]
    }
}
