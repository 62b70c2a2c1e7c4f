/// A text that the gateway adds to a prompt, and where: decided once in a conversation and the same at each of its turns.
package struct PromptAddition: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// The end of the system prompt.
        case system
        /// The end of the client's message with this position.
        case message(Int)
        /// A message of the role `system` after the client's message with this position.
        case systemMessage(after: Int)
    }

    package let text: String
    package let place: Place

    package init(_ text: String, at place: Place) {
        self.text = text
        self.place = place
    }

    /// The edits that add these texts, in their order.
    static func edits(_ additions: [PromptAddition], in root: JSONView, dialect: Dialect) -> [BodyEdit] {
        var edits: [BodyEdit] = []
        let system = additions.filter { $0.place == .system }.map(\.text)
        if !system.isEmpty {
            edits += dialect == .anthropic ? anthropicSystem(system, root) : openAISystem(system, root)
        }
        var number = 0
        root["messages"]?.forEachElement { message in
            for addition in additions {
                switch addition.place {
                case .message(number):
                    if let content = message["content"], let more = appending([addition.text], to: content, as: dialect)
                    {
                        edits += more
                    }
                case .systemMessage(after: number):
                    let text = ",{\"role\":\"system\",\"content\":\(JSONText.quoted(addition.text))}"
                    edits.append(.replacing(message.range.upperBound..<message.range.upperBound, with: text.utf8))
                default: continue
                }
            }
            number += 1
        }
        return edits
    }

    private static func anthropicSystem(_ texts: [String], _ root: JSONView) -> [BodyEdit] {
        guard let system = root["system"] else {
            let start = root.range.lowerBound + 1
            return [.replacing(start..<start, with: "\"system\":\(JSONText.quoted(joined(texts))),".utf8)]
        }
        return appending(texts, to: system, as: .anthropic)
            ?? [.replacing(system.range, with: JSONText.quoted(joined(texts)).utf8)]
    }

    /// The last of the instructions that the conversation begins with, or a first message of their kind.
    private static func openAISystem(_ texts: [String], _ root: JSONView) -> [BodyEdit] {
        var last: JSONView?
        var start = root.range.lowerBound + 1
        var isLeading = true
        var isFirst = true
        root["messages"]?.forEachElement { message in
            if isFirst { start = message.range.lowerBound }
            isFirst = false
            guard isLeading, let role = message["role"], role.isText("system") || role.isText("developer") else {
                isLeading = false
                return
            }
            last = message
        }
        if let content = last?["content"], let edit = appending(texts, to: content, as: .openai) { return edit }
        let whole = JSONText.quoted(joined(texts))
        return [.replacing(start..<start, with: "{\"role\":\"system\",\"content\":\(whole)},".utf8)]
    }

    private static func joined(_ texts: [String]) -> String { texts.joined(separator: "\n\n") }

    /// Texts as further blocks of a content; nil where it is neither a string nor blocks.
    ///
    /// Anthropic's clients write a message's one text now as a string, now as a block: both become the same blocks. Not
    /// every server of OpenAI's dialect takes blocks where the client sent none: there the string grows.
    private static func appending(_ texts: [String], to content: JSONView, as dialect: Dialect) -> [BodyEdit]? {
        let blocks = texts.map { "{\"type\":\"text\",\"text\":\(JSONText.quoted($0))}" }.joined(separator: ",")
        switch content.kind {
        case .string where content.stringContents.isEmpty:
            return [.replacing(content.range, with: JSONText.quoted(joined(texts)).utf8)]
        case .string where dialect == .openai:
            let end = content.stringContents.upperBound
            var added: [UInt8] = []
            JSONText.appendEscaped(("\n\n" + joined(texts)).utf8, to: &added)
            return [.replacing(end..<end, with: added)]
        case .string:
            // The text itself stays where it is: other reducers may change it.
            let range = content.range
            return [
                .replacing(range.lowerBound..<range.lowerBound, with: "[{\"type\":\"text\",\"text\":".utf8),
                .replacing(range.upperBound..<range.upperBound, with: "},\(blocks)]".utf8),
            ]
        case .array:
            var isEmpty = true
            content.forEachElement { _ in isEmpty = false }
            let end = content.range.upperBound - 1
            return [.replacing(end..<end, with: ((isEmpty ? "" : ",") + blocks).utf8)]
        default: return nil
        }
    }
}
