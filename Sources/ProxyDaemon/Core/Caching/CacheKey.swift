import Crypto

/// The key of an answer in the exact cache: SHA-256 over everything that shapes the answer, in one spelling.
///
/// Two requests with the same key would get the same answer, give or take the model's chance: key order, white space,
/// the spelling of escapes, `stream`, `metadata` and `cache_control` markers make no difference, nor do their like in
/// OpenAI's dialect. Everything else does, unknown members included.
package struct CacheKey: Sendable, Hashable {
    /// Part of every key; raised when the canonical form changes, so that old entries are not misread.
    package static let version: UInt8 = 3

    // The digest in words: an array would be one more piece of memory for every entry.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// What of a request's body shapes the answer, in the canonical form.
    package static func content(of request: Prompt) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(request.body.count + 64)
        JSONText.appendQuoted(request.dialect.rawValue, to: &text)
        request.body.withUnsafeBufferPointer { bytes in
            request.index.withRoot(bytes) { Canonical(bytes, request.dialect).append(root: $0, to: &text) }
        }
        return text
    }

    /// Makes the key of a request.
    ///
    /// `partition` names those among whom answers are shared; `backend` says where the answer would come from, model and
    /// address; `headers` are those that go on to the provider, `query` what follows the path, `content` is what
    /// ``content(of:)`` gives.
    package init(
        partition: String,
        backend: String,
        headers: [HeaderField],
        query: String? = nil,
        content: [UInt8]
    ) {
        var text: [UInt8] = [Self.version]
        text.reserveCapacity(256)
        JSONText.appendQuoted(partition, to: &text)
        JSONText.appendQuoted(backend, to: &text)
        JSONText.appendQuoted(query ?? "", to: &text)
        for header in headers.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) {
            JSONText.appendQuoted(header.name, to: &text)
            JSONText.appendQuoted(header.value, to: &text)
        }
        var hash = SHA256()
        hash.update(data: text)
        hash.update(data: content)
        (first, second, third, fourth) = hash.finalize().withUnsafeBytes { digest in
            func word(_ number: Int) -> UInt64 {
                digest.loadUnaligned(fromByteOffset: number * 8, as: UInt64.self)
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// A key from its 32 bytes; nil for any other number of them.
    package init?(_ digest: [UInt8]) {
        guard digest.count == 32 else { return nil }
        (first, second, third, fourth) = digest.withUnsafeBytes { bytes in
            func word(_ number: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: number * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// The digest's 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes(of: (first, second, third, fourth)) { Array($0) } }

    /// Evenly spread bits of the digest, for filters.
    package var words: (UInt64, UInt64) { (second, third) }

    /// A part of the digest that picks one of so many shards. Not the part that the hash is made of.
    func shard(of count: Int) -> Int { Int(fourth % UInt64(count)) }

    package func hash(into hasher: inout Hasher) {
        // A digest is already evenly spread: eight of its bytes are hash enough, equality compares all.
        hasher.combine(first)
    }
}

/// Writes JSON in one spelling: no white space, members sorted by name, strings without needless escapes.
private struct Canonical {
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

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ dialect: Dialect) {
        self.bytes = bytes
        idleMembers = dialect == .anthropic ? Self.idleOfAnthropic : Self.idleOfOpenAI
    }

    private static let idleOfAnthropic: [StaticString] = ["model", "stream", "metadata", "cache_control"]
    private static let idleOfOpenAI: [StaticString] = [
        "model", "stream", "stream_options", "metadata", "user", "safety_identifier", "store", "prompt_cache_key",
        "prompt_cache_options", "prompt_cache_retention", "provider", "smart_routing",
    ]

    func append(root: JSONView, to out: inout [UInt8]) {
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
    }

    private func isShaping(_ key: Range<Int>, _ value: JSONView) -> Bool {
        // An object of this name is no word for the gateway: it picks among the servers behind an aggregator.
        if value.kind == .object, JSONText.equals(bytes, key, "provider") { return true }
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
            if isFirst, place == .system, isAttribution(element) { return }
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

    /// Coding agents put a line of attribution first in `system` that changes from call to call and shapes nothing.
    private func isAttribution(_ block: JSONView) -> Bool {
        guard let text = block["text"] else { return false }
        let prefix: StaticString = "x-anthropic-billing-header:"
        let contents = text.stringContents
        guard contents.count >= prefix.utf8CodeUnitCount else { return false }
        let head = contents.lowerBound..<(contents.lowerBound + prefix.utf8CodeUnitCount)
        // A block with more lines than that one may hold instructions.
        let isOneLine = !bytes[contents].indices.dropLast().contains { at in
            bytes[at] == UInt8(ascii: "\\")
                && (bytes[at + 1] == UInt8(ascii: "n") || bytes[at + 1] == UInt8(ascii: "u"))
        }
        return isOneLine && JSONText.equals(bytes, head, prefix)
    }

    /// A string in its shortest spelling. Only `\u` and `\/` have others; without them the bytes are taken as they are.
    private func appendString(_ contents: Range<Int>, to out: inout [UInt8]) {
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
