/// A request of nothing but text and common parameters, in terms of no dialect.
///
/// What one dialect alone can say makes a request none of these: the other's answer could not be the same.
struct PlainRequest {
    private struct Message {
        var role: StaticString
        var texts: [Range<Int>]
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var system: [Range<Int>] = []
    private var messages: [Message] = []
    /// Numbers as they are spelled.
    private var parameters: [(name: StaticString, value: JSONView)] = []
    private var stops: [Range<Int>] = []
    private var user: Range<Int>?

    /// nil where there is more to the request than a plain one can say.
    init?(_ root: JSONView, _ dialect: Dialect) {
        bytes = root.bytes
        var isPlain = true
        root.forEachMember { key, value in
            guard isPlain else { return }
            let isTaken = dialect == .anthropic ? takeAnthropic(key, value) : takeOpenAI(key, value)
            if !isTaken { isPlain = false }
        }
        guard isPlain, !messages.isEmpty else { return nil }
    }

    /// Writes the request out. With the question hidden, the texts of the last message are left out; false where that is not a
    /// user's.
    func append(to out: inout [UInt8], isQuestionHidden: Bool) -> Bool {
        let writer = CanonicalWriter(bytes, .anthropic)
        func list(_ texts: [Range<Int>]) {
            out.append(UInt8(ascii: "["))
            for text in texts {
                writer.appendString(text, to: &out)
                out.append(UInt8(ascii: ","))
            }
            out.append(UInt8(ascii: "]"))
        }
        out.append(contentsOf: "plain".utf8)
        for parameter in parameters.sorted(by: { $0.name.description < $1.name.description }) {
            out.append(contentsOf: "\(parameter.name):".utf8)
            out.append(contentsOf: parameter.value.raw)
            out.append(UInt8(ascii: ","))
        }
        list(stops)
        if let user { writer.appendString(user, to: &out) }
        list(system)
        var isQuestion = false
        for (at, message) in messages.enumerated() {
            out.append(contentsOf: "\(message.role)".utf8)
            if isQuestionHidden, at == messages.count - 1 {
                isQuestion = message.role.description == "user"
            } else {
                list(message.texts)
            }
        }
        return !isQuestionHidden || isQuestion
    }

    // MARK: Reading

    private mutating func takeAnthropic(_ key: Range<Int>, _ value: JSONView) -> Bool {
        switch true {
        case isNamed(key, "model"), isNamed(key, "stream"): return true
        case isNamed(key, "max_tokens"), isNamed(key, "temperature"), isNamed(key, "top_p"):
            return takeNumber(key, value)
        case isNamed(key, "stop_sequences"): return takeStops(value)
        case isNamed(key, "metadata"):
            var isPlain = value.kind == .object || value.kind == .null
            value.forEachMember { key, member in
                guard isNamed(key, "user_id") else { return }
                if !takeUser(member) { isPlain = false }
            }
            return isPlain
        case isNamed(key, "system"):
            guard var texts = TextContent.texts(value) else { return false }
            var isFirst = true
            value.forEachElement { block in
                // See ``CanonicalWriter``.
                if isFirst, block.isAttribution { texts.removeFirst() }
                isFirst = false
            }
            system = texts
            return true
        case isNamed(key, "messages"):
            return takeMessages(value) { role in
                role.isText("user") ? "user" : role.isText("assistant") ? "assistant" : nil
            }
        default: return false
        }
    }

    private mutating func takeOpenAI(_ key: Range<Int>, _ value: JSONView) -> Bool {
        switch true {
        case isNamed(key, "model"), isNamed(key, "stream"), isNamed(key, "stream_options"), isNamed(key, "metadata"),
            isNamed(key, "store"), isNamed(key, "smart_routing"), isNamed(key, "prompt_cache_key"),
            isNamed(key, "prompt_cache_options"), isNamed(key, "prompt_cache_retention"):
            return true
        case isNamed(key, "max_tokens"), isNamed(key, "max_completion_tokens"), isNamed(key, "temperature"),
            isNamed(key, "top_p"):
            return takeNumber(key, value)
        case isNamed(key, "stop"):
            guard value.kind == .string else { return takeStops(value) }
            stops = [value.stringContents]
            return true
        case isNamed(key, "user"), isNamed(key, "safety_identifier"): return takeUser(value)
        case isNamed(key, "n"): return value.kind == .null || value.integer == 1
        case isNamed(key, "messages"):
            return takeMessages(value) { role in
                if role.isText("user") { return "user" }
                if role.isText("assistant") { return "assistant" }
                return role.isText("system") || role.isText("developer") ? "system" : nil
            }
        default: return false
        }
    }

    private mutating func takeNumber(_ key: Range<Int>, _ value: JSONView) -> Bool {
        if value.kind == .null { return true }
        guard value.kind == .number else { return false }
        let name: StaticString =
            isNamed(key, "temperature") ? "temperature" : isNamed(key, "top_p") ? "top_p" : "max_tokens"
        // Said twice, which one counts is the provider's business.
        guard !parameters.contains(where: { $0.name.description == name.description }) else { return false }
        parameters.append((name, value))
        return true
    }

    private mutating func takeStops(_ value: JSONView) -> Bool {
        if value.kind == .null { return true }
        guard value.kind == .array, stops.isEmpty else { return false }
        var isPlain = true
        value.forEachElement { stop in
            if stop.kind == .string { stops.append(stop.stringContents) } else { isPlain = false }
        }
        return isPlain
    }

    private mutating func takeUser(_ value: JSONView) -> Bool {
        if value.kind == .null { return true }
        guard value.kind == .string, user == nil else { return false }
        user = value.stringContents
        return true
    }

    /// A system message is taken where it is the first; further ones have a place in the conversation.
    private mutating func takeMessages(_ value: JSONView, _ roleNamed: (JSONView) -> StaticString?) -> Bool {
        guard value.kind == .array, messages.isEmpty else { return false }
        var isPlain = true
        var at = 0
        value.forEachElement { message in
            defer { at += 1 }
            guard isPlain else { return }
            guard let role = message["role"].flatMap(roleNamed), let content = message["content"],
                let texts = TextContent.texts(content), TextContent.hasOnlyRoleAndContent(message)
            else {
                isPlain = false
                return
            }
            if role.description == "system" {
                if at == 0 { system = texts } else { isPlain = false }
            } else {
                messages.append(Message(role: role, texts: texts))
            }
        }
        return isPlain
    }

    private func isNamed(_ key: Range<Int>, _ name: StaticString) -> Bool { JSONText.equals(bytes, key, name) }
}

/// Content that is text and nothing else.
enum TextContent {
    /// The texts of a string or of text blocks; nil where there is anything else.
    static func texts(_ content: JSONView) -> [Range<Int>]? {
        if content.kind == .string { return [content.stringContents] }
        guard content.kind == .array else { return nil }
        var texts: [Range<Int>] = []
        var isPlain = true
        content.forEachElement { block in
            guard isPlain, block["type"]?.isText("text") == true, let text = block["text"], text.kind == .string,
                has(["type", "text"], or: "cache_control", block)
            else {
                isPlain = false
                return
            }
            texts.append(text.stringContents)
        }
        return isPlain ? texts : nil
    }

    /// Whether a message is a user's text and nothing else.
    static func isQuestion(_ message: JSONView) -> Bool {
        guard message["role"]?.isText("user") == true, let content = message["content"] else { return false }
        return texts(content) != nil && hasOnlyRoleAndContent(message)
    }

    static func hasOnlyRoleAndContent(_ message: JSONView) -> Bool { has(["role", "content"], message) }

    /// Whether an object has these members, each once, and besides at most the other one. Of a member that is there twice,
    /// one reader takes the first and another the last.
    private static func has(_ names: [StaticString], or other: StaticString? = nil, _ object: JSONView) -> Bool {
        var counts = [Int](repeating: 0, count: names.count)
        var others = 0
        var hasMore = false
        object.forEachMember { key, _ in
            if let at = names.firstIndex(where: { JSONText.equals(object.bytes, key, $0) }) {
                counts[at] += 1
            } else if let other, JSONText.equals(object.bytes, key, other) {
                others += 1
            } else {
                hasMore = true
            }
        }
        return !hasMore && others <= 1 && counts.allSatisfy { $0 == 1 }
    }
}
