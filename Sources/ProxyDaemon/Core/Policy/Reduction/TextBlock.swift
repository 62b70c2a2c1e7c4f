/// One text of a prompt that a reducer may look at: never thinking, an image, a document, a tool call or an answer.
struct TextBlock {
    enum Place: Sendable, Equatable {
        case system
        case user
        case toolResult
    }

    let place: Place
    /// The position of its message in `messages`; -1 in Anthropic's `system`.
    let message: Int
    /// The bytes between the string's quotes, escapes and all.
    let contents: Range<Int>

    /// The texts of a body in their order.
    static func all(in root: JSONView, dialect: Dialect) -> [TextBlock] {
        var blocks: [TextBlock] = []
        func take(_ text: JSONView, _ place: Place, _ message: Int) {
            guard text.kind == .string else { return }
            blocks.append(TextBlock(place: place, message: message, contents: text.stringContents))
        }
        /// The texts of a string or of an array of blocks.
        func read(_ content: JSONView, _ place: Place, _ message: Int) {
            if content.kind == .string { return take(content, place, message) }
            content.forEachElement { block in
                guard let type = block["type"] else { return }
                if type.isText("text"), let text = block["text"] {
                    take(text, place, message)
                } else if type.isText("tool_result"), place == .user, let result = block["content"] {
                    read(result, .toolResult, message)
                }
            }
        }
        if dialect == .anthropic, let system = root["system"] { read(system, .system, -1) }
        var number = 0
        root["messages"]?.forEachElement { message in
            defer { number += 1 }
            guard let role = message["role"], let content = message["content"] else { return }
            if role.isText("user") {
                read(content, .user, number)
            } else if role.isText("system") || role.isText("developer") {
                read(content, .system, number)
            } else if role.isText("tool") || role.isText("function") {
                read(content, .toolResult, number)
            }
        }
        return blocks
    }
}
