/// Which conversation a request belongs to: a hash for the prompt up to the end of each of its last messages.
///
/// A client that goes on with a conversation sends the whole of it again, with the answer and its own next message at the
/// end. So the request before is known by the hash of a shorter prefix. A prefix is the client's session
/// (`x-claude-code-session-id`, where one is sent), `system`, `tools` and the messages up to there. Sub-agents of one
/// session have other system prompts, and with them other chains; what an edit or a compaction leaves in common is found
/// as the longest prefix that is known.
///
/// What makes no difference, as clients change it from turn to turn: white space, the order of members, the spelling of
/// escapes, a string in the place of one text block, cache markers, an agent's line of attribution, and all top-level
/// members other than these three, which the rules for preserved thinking do not check either. Thinking blocks are
/// passed over too: a client may leave old ones out.
package struct MessageChain: Sendable, Equatable {
    /// So many of the last prefixes are kept. A request goes at most some messages beyond the one before: an answer and
    /// the results of the tools that it called, in OpenAI's dialect a message each.
    package static let keptLinks = 64

    /// Among whom nothing is shared: the client's partition.
    package let partition: String
    /// The hashes of the prefixes that end with each of the last messages; the whole prompt's stands last.
    package let links: [PrefixHash]
    package let messageCount: Int
    /// How much of the prompt is marked for caching.
    package let marks: CacheMarks
    /// The hash of what conversations begin with: tools, system and in OpenAI's dialect the instructions before the first
    /// user's message; and how many bytes that is, as ``CacheMarks`` counts them.
    package let head: PrefixHash
    package let headBytes: Int

    /// Reads a request in one pass. `session` is what the client calls its session.
    package init(_ prompt: Prompt, partition: String, session: String? = nil) {
        let count = prompt.traits.messageCount
        var reader = ChainReader(prompt.dialect, count, session)
        prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { reader.read($0) }
        }
        self.partition = partition
        links = reader.links
        messageCount = count
        marks = reader.marks
        head = reader.head
        headBytes = reader.headBytes
    }

    /// The whole prompt's hash.
    var whole: PrefixHash? { links.last }
}

/// The pass over a body.
private struct ChainReader {
    /// What a value is, as far as it matters for what is passed over in it.
    private enum Place {
        case data
        /// `tools`.
        case tools
        /// Anthropic's `system`.
        case system
        /// The content of a message.
        case content
        /// The content of a tool's result, which is a block itself.
        case result
        /// An element of one of these.
        case block
        case message
    }

    /// What keeps the hashes of unlike values apart.
    private enum Tag: UInt64 {
        case scalar = 1
        case string
        case array
        case object
        case member
        case head
        case message
    }

    private(set) var links: [PrefixHash] = []
    private(set) var marks = CacheMarks()
    private(set) var head = PrefixHasher(Tag.head.rawValue).value
    private(set) var headBytes = 0
    private let dialect: Dialect
    private let messageCount: Int
    private let session: String?
    /// The part that is being read.
    private var section = MarkedSection()
    /// Memory for strings in their one spelling.
    private var scratch: [UInt8] = []

    init(_ dialect: Dialect, _ messageCount: Int, _ session: String?) {
        self.dialect = dialect
        self.messageCount = messageCount
        self.session = session
        links.reserveCapacity(min(messageCount, MessageChain.keptLinks))
    }

    mutating func read(_ root: JSONView) {
        var found: (tools: JSONView?, system: JSONView?, messages: JSONView?, marker: JSONView?)
        root.forEachMember { name, value in
            func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(root.bytes, name, plain) }
            if isNamed("messages") {
                found.messages = value
            } else if isNamed("tools") || isNamed("functions") {
                found.tools = value
            } else if isNamed("system") {
                found.system = value
            } else if isNamed("cache_control") {
                found.marker = value
            }
        }
        var head = PrefixHasher(Tag.head.rawValue)
        if var session { session.withUTF8 { head.mix($0) } }
        if let tools = found.tools { head.mix(hash(tools, .tools)) }
        let tools = finishSection()
        if dialect == .anthropic, let system = found.system { head.mix(hash(system, .system)) }
        let system = finishSection()
        var chain = head
        self.head = head.value
        headBytes = tools.bytes + system.bytes
        var isLeading = dialect == .openai
        var number = 0
        var marksLast = false
        found.messages?.forEachElement { message in
            let before = section.marked
            chain.mix(hash(message, .message))
            number += 1
            marksLast = section.marked != before
            if isLeading {
                isLeading = message["role"].map { $0.isText("system") || $0.isText("developer") } ?? false
                if isLeading { (self.head, headBytes) = (chain.value, tools.bytes + section.bytes) }
            }
            if number > messageCount - MessageChain.keptLinks { links.append(chain.value) }
        }
        if dialect == .anthropic, let marker = found.marker {
            section.markAll(by: marker)
            marksLast = true
        }
        marks = CacheMarks(tools: tools, system: system, messages: section, moves: marksLast)
    }

    private mutating func finishSection() -> MarkedSection {
        defer { section = MarkedSection() }
        return section
    }

    private mutating func hash(_ value: JSONView, _ place: Place) -> PrefixHash {
        switch value.kind {
        case .string:
            guard place == .content || place == .result || place == .system else {
                var hasher = PrefixHasher(Tag.string.rawValue)
                mix(text: value, into: &hasher)
                return hasher.value
            }
            // Written out as the one text block that it stands for.
            var array = PrefixHasher(Tag.array.rawValue)
            var sum = MemberSum()
            var type = PrefixHasher(Tag.member.rawValue)
            type.mix(Self.plain("type"))
            type.mix(Tag.string.rawValue, 0)
            type.mix(Self.plain("text"))
            sum.add(type)
            var text = PrefixHasher(Tag.member.rawValue)
            text.mix(Self.plain("text"))
            mix(text: value, into: &text)
            sum.add(text)
            array.mix(sum.value)
            if place != .result { section.end(blockOf: value.range.count) }
            return array.value
        case .array: return hash(array: value, place)
        case .object: return hash(object: value, place)
        case .number, .true, .false, .null:
            var hasher = PrefixHasher(Tag.scalar.rawValue)
            hasher.mix(value.raw)
            return hasher.value
        }
    }

    private mutating func hash(array: JSONView, _ place: Place) -> PrefixHash {
        var hasher = PrefixHasher(Tag.array.rawValue)
        let isBlocks = place == .content || place == .result || place == .system || place == .tools
        var isFirst = true
        array.forEachElement { element in
            defer { isFirst = false }
            guard isBlocks else { return hasher.mix(hash(element, .data)) }
            let type = element["type"]
            let isThought = type.map { $0.isText("thinking") || $0.isText("redacted_thinking") } ?? false
            if isThought || (isFirst && place == .system && element.isAttribution) { return }
            hasher.mix(hash(element, .block))
            let isPicture =
                type.map {
                    $0.isText("image") || $0.isText("document") || $0.isText("image_url") || $0.isText("file")
                } ?? false
            if isPicture { section.discount(element.range.count - CacheMarks.imageBytes) }
            if place != .result { section.end(blockOf: element.range.count) }
        }
        return hasher.value
    }

    private mutating func hash(object: JSONView, _ place: Place) -> PrefixHash {
        var sum = MemberSum()
        object.forEachMember { name, value in
            func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(object.bytes, name, plain) }
            if place == .block, isNamed("cache_control") || isNamed("prompt_cache_breakpoint") {
                return section.note(marker: value)
            }
            if place == .message {
                // Written or left out as libraries like it; and an answer's thoughts, as some providers spell them.
                if value.kind == .null || isNamed("reasoning_content") || isNamed("reasoning") { return }
            }
            var inner = Place.data
            if isNamed("content") { inner = place == .message ? .content : place == .block ? .result : .data }
            var member = PrefixHasher(Tag.member.rawValue)
            mix(UnsafeBufferPointer(rebasing: object.bytes[name]), into: &member)
            if value.kind == .string, inner == .data {
                mix(text: value, into: &member)
            } else {
                member.mix(hash(value, inner))
            }
            sum.add(member)
        }
        if place == .message, let calls = object["tool_calls"] { section.end(blockOf: calls.range.count) }
        return sum.value
    }

    /// Takes a string, the same for all its spellings.
    private mutating func mix(text value: JSONView, into hasher: inout PrefixHasher) {
        hasher.mix(Tag.string.rawValue, 0)
        mix(UnsafeBufferPointer(rebasing: value.bytes[value.stringContents]), into: &hasher)
    }

    private mutating func mix(_ contents: UnsafeBufferPointer<UInt8>, into hasher: inout PrefixHasher) {
        guard OneSpelling.mayVary(contents) else { return hasher.mix(contents) }
        OneSpelling.write(contents, &scratch) { hasher.mix($0) }
    }

    private static func plain(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// An object's hash: a sum over its members, so that their order makes no difference.
    private struct MemberSum {
        private var first: UInt64 = 0
        private var second: UInt64 = 0

        mutating func add(_ member: PrefixHasher) {
            let hash = member.value
            first &+= hash.first
            second &+= hash.second
        }

        var value: PrefixHash {
            var hasher = PrefixHasher(Tag.object.rawValue)
            hasher.mix(first, second)
            return hasher.value
        }
    }
}

extension JSONView {
    /// A coding agent's line of attribution, which changes from call to call and says nothing. A block with more lines
    /// than that one may hold instructions.
    var isAttribution: Bool {
        guard let text = self["text"], text.begins(with: "x-anthropic-billing-header:") else { return false }
        let contents = UnsafeBufferPointer(rebasing: bytes[text.stringContents])
        var at = 0
        while let slash = JSONScan.nextBackslash(contents, from: at), slash + 1 < contents.count {
            if contents[slash + 1] == UInt8(ascii: "n") || contents[slash + 1] == UInt8(ascii: "u") { return false }
            at = slash + 2
        }
        return true
    }
}
