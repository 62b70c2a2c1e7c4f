/// What of a prompt's outline tells where in a conversation it stands, and whether that is about code.
struct PromptShape {
    private(set) var messageCount = 0
    /// An answer or a tool's result came before: it is no first turn.
    private(set) var hasHistory = false
    private(set) var endsWithUser = false
    private(set) var endsWithTool = false
    /// Tools that change files, or code in the user's first message. The same at every turn of a conversation.
    private(set) var isCoding = false

    /// Parts of the names of tools that write files or run commands, in lower case.
    private static let codingTools = ["edit", "write", "patch", "replace", "create_file", "bash", "terminal", "shell"]

    init(_ prompt: Prompt) {
        prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                readMessages(root)
                if !isCoding { readTools(root) }
            }
        }
    }

    private mutating func readMessages(_ root: JSONView) {
        var isFirstUser = true
        root["messages"]?.forEachElement { message in
            messageCount += 1
            (endsWithUser, endsWithTool) = (false, false)
            guard let role = message["role"] else { return }
            if role.isText("user") {
                endsWithUser = true
                if isFirstUser, let content = message["content"] { isCoding = Self.holdsCode(content) }
                isFirstUser = false
            } else if role.isText("assistant") {
                hasHistory = true
            } else if role.isText("tool") || role.isText("function") {
                (endsWithTool, hasHistory) = (true, true)
            }
        }
    }

    private static func holdsCode(_ content: JSONView) -> Bool {
        if content.kind == .string {
            return JSONScan.next(Array("```".utf8), content.bytes, in: content.stringContents) != nil
        }
        var found = false
        content.forEachElement { block in
            if !found, let text = block["text"], text.kind == .string { found = holdsCode(text) }
        }
        return found
    }

    private mutating func readTools(_ root: JSONView) {
        root["tools"]?.forEachElement { tool in
            guard !isCoding, let name = (tool["name"] ?? tool["function"]?["name"])?.string?.lowercased() else {
                return
            }
            isCoding = Self.codingTools.contains { name.contains($0) }
        }
    }
}
