/// What of a request's body shapes its answer, in one spelling.
///
/// Key order, white space, the spelling of escapes, `stream`, `metadata` and `cache_control` markers make no difference, nor
/// do their like in OpenAI's dialect. Everything else does, unknown members included. So does the end user whom `metadata`
/// or `user` names: what an application's users ask is theirs.
///
/// A request of nothing but text is spelled in terms of no dialect, so that the same question in both is one: see
/// ``PlainRequest``.
package enum CanonicalRequest {
    /// The whole request.
    package static func content(of prompt: Prompt) -> [UInt8] {
        make(prompt, isQuestionHidden: false) ?? []
    }

    /// The request but for the text of its last message. nil where that is not a user's text and nothing else.
    package static func context(of prompt: Prompt) -> [UInt8]? {
        make(prompt, isQuestionHidden: true)
    }

    private static func make(_ prompt: Prompt, isQuestionHidden: Bool) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(prompt.body.count + 64)
        let isMade = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                if let plain = PlainRequest(root, prompt.dialect) {
                    return plain.append(to: &text, isQuestionHidden: isQuestionHidden)
                }
                JSONText.appendQuoted(prompt.dialect.rawValue, to: &text)
                let writer = CanonicalWriter(bytes, prompt.dialect, isQuestionHidden: isQuestionHidden)
                return writer.append(root: root, to: &text)
            }
        }
        return isMade ? text : nil
    }
}

/// Writes JSON in one spelling: no white space, members sorted by name, strings without needless escapes.
struct CanonicalWriter {
    /// Where `cache_control` is a marker, and not a word in somebody's data.
    private enum Place {
        case data
        case system
        case blocks
        case messages
        case message
        case block
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    /// The members that shape no answer.
    private let idleMembers: [StaticString]
    private let isQuestionHidden: Bool

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ dialect: Dialect, isQuestionHidden: Bool = false) {
        self.bytes = bytes
        self.isQuestionHidden = isQuestionHidden
        idleMembers = dialect == .anthropic ? Self.idleOfAnthropic : Self.idleOfOpenAI
    }

    private static let idleOfAnthropic: [StaticString] = ["model", "stream", "cache_control"]
    private static let idleOfOpenAI: [StaticString] = [
        "model", "stream", "stream_options", "store", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention",
        "provider", "smart_routing",
    ]

    /// False where the question was to be hidden and is not a user's text and nothing else.
    func append(root: JSONView, to out: inout [UInt8]) -> Bool {
        var isPlainQuestion = !isQuestionHidden
        var members: [(key: Range<Int>, value: JSONView)] = []
        members.reserveCapacity(12)
        root.forEachMember { key, value in
            if isShaping(key, value) { members.append((key, value)) }
        }
        members.sort { isBefore($0.key, $1.key) }
        out.append(UInt8(ascii: "{"))
        for member in members {
            appendString(member.key, to: &out)
            out.append(UInt8(ascii: ":"))
            if isQuestionHidden, JSONText.equals(bytes, member.key, "messages") {
                isPlainQuestion = appendMessages(member.value, to: &out)
                out.append(UInt8(ascii: ","))
                continue
            }
            if JSONText.equals(bytes, member.key, "metadata") {
                appendUser(member.value, to: &out)
                out.append(UInt8(ascii: ","))
                continue
            }
            let place: Place =
                if JSONText.equals(bytes, member.key, "messages") {
                    .messages
                } else if JSONText.equals(bytes, member.key, "system") {
                    .system
                } else if JSONText.equals(bytes, member.key, "tools") {
                    .blocks
                } else {
                    .data
                }
            append(member.value, place, to: &out)
            out.append(UInt8(ascii: ","))
        }
        out.append(UInt8(ascii: "}"))
        return isPlainQuestion
    }

    /// All messages, the last one without its text; false where that has more than a user's text.
    private func appendMessages(_ messages: JSONView, to out: inout [UInt8]) -> Bool {
        var count = 0
        messages.forEachElement { _ in count += 1 }
        var at = 0
        var isPlain = false
        out.append(UInt8(ascii: "["))
        messages.forEachElement { message in
            at += 1
            if at == count, TextContent.isQuestion(message) {
                isPlain = true
            } else {
                append(message, .message, to: &out)
            }
            out.append(UInt8(ascii: ","))
        }
        out.append(UInt8(ascii: "]"))
        return isPlain
    }

    /// Of the metadata, the end user.
    private func appendUser(_ metadata: JSONView, to out: inout [UInt8]) {
        if let user = metadata["user_id"], user.kind != .null { append(user, .data, to: &out) }
    }

    private func isShaping(_ key: Range<Int>, _ value: JSONView) -> Bool {
        // An object of this name is no word for the gateway: it picks among the servers behind an aggregator.
        if value.kind == .object, JSONText.equals(bytes, key, "provider") { return true }
        // Metadata without an end user are as none.
        if JSONText.equals(bytes, key, "metadata") { return value["user_id"].map { $0.kind != .null } ?? false }
        return !idleMembers.contains { JSONText.equals(bytes, key, $0) }
    }

    private func append(_ value: JSONView, _ place: Place, to out: inout [UInt8]) {
        switch value.kind {
        case .string:
            // A string stands for one text block wherever blocks may stand.
            if place == .blocks || place == .system {
                out.append(contentsOf: "[{\"text\":".utf8)
                appendString(value.stringContents, to: &out)
                out.append(contentsOf: ",\"type\":\"text\",},]".utf8)
            } else {
                appendString(value.stringContents, to: &out)
            }
        case .array: appendArray(value, place, to: &out)
        case .object: appendObject(value, place, to: &out)
        case .number, .true, .false, .null: out.append(contentsOf: value.raw)
        }
    }

    private func appendArray(_ value: JSONView, _ place: Place, to out: inout [UInt8]) {
        let elementPlace: Place =
            switch place {
            case .messages: .message
            case .blocks, .system: .block
            default: .data
            }
        out.append(UInt8(ascii: "["))
        var isFirst = true
        value.forEachElement { element in
            defer { isFirst = false }
            // Coding agents put a line there that changes from call to call and shapes nothing.
            if isFirst, place == .system, element.isAttribution { return }
            append(element, elementPlace, to: &out)
            out.append(UInt8(ascii: ","))
        }
        out.append(UInt8(ascii: "]"))
    }

    private func appendObject(_ value: JSONView, _ place: Place, to out: inout [UInt8]) {
        var members: [(key: Range<Int>, value: JSONView)] = []
        members.reserveCapacity(4)
        value.forEachMember { key, member in
            if place == .block, JSONText.equals(bytes, key, "cache_control") { return }
            members.append((key, member))
        }
        if !members.indices.dropFirst().allSatisfy({ isBefore(members[$0 - 1].key, members[$0].key) }) {
            members.sort { isBefore($0.key, $1.key) }
        }
        out.append(UInt8(ascii: "{"))
        for member in members {
            appendString(member.key, to: &out)
            out.append(UInt8(ascii: ":"))
            // Content is blocks again: of a message, and of a tool's result.
            let isContent = JSONText.equals(bytes, member.key, "content")
            append(member.value, isContent && place != .data ? .blocks : .data, to: &out)
            out.append(UInt8(ascii: ","))
        }
        out.append(UInt8(ascii: "}"))
    }

    /// A string in its shortest spelling. Only `\u` and `\/` have others; without them the bytes are taken as they are.
    func appendString(_ contents: Range<Int>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        let text = UnsafeBufferPointer(rebasing: bytes[contents])
        if hasVariableEscapes(text) {
            var plain: [UInt8] = []
            JSONText.appendUnescaped(text, to: &plain)
            JSONText.appendEscaped(plain, to: &out)
        } else {
            out.append(contentsOf: text)
        }
        out.append(UInt8(ascii: "\""))
    }

    private func hasVariableEscapes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while let slash = JSONScan.nextBackslash(text, from: at) {
            guard slash + 1 < text.count else { return true }
            switch text[slash + 1] {
            case UInt8(ascii: "u"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"): return true
            default: at = slash + 2
            }
        }
        return false
    }

    private func isBefore(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        bytes[left].lexicographicallyPrecedes(bytes[right])
    }
}
