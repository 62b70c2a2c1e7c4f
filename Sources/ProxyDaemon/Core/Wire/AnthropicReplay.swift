/// Turns a kept answer into the form a client asks for: a stream from a JSON message, a JSON message from a stream.
///
/// Values are copied as the provider wrote them; nothing is decoded and encoded again.
package enum AnthropicReplay {
    /// A kept Messages response as a well-formed stream: each block's content in one delta. Nil for bytes that are no
    /// such response.
    package static func stream(fromJSON body: [UInt8]) -> [UInt8]? {
        // A line break between two values would end the event's data.
        OneLine.of(body).withUnsafeBufferPointer { bytes in
            (try? JSONIndex(bytes))?.withRoot(bytes) { stream(Fields($0), capacity: body.count) } ?? nil
        }
    }

    private static func stream(_ message: Fields, capacity: Int) -> [UInt8]? {
        guard let content = message["content"], content.kind == .array else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(capacity + 1_024)

        var start = RawObject()
        for field in message.all {
            switch field.name {
            case "content": start.set("content", "[]")
            case "stop_reason", "stop_sequence": start.set(field.name, "null")
            default: start.set(field.name, field.value.raw)
            }
        }
        event("message_start", [("message", start.bytes)], to: &out)
        var number = 0
        content.forEachElement { block in
            append(block: block, index: number, to: &out)
            number += 1
        }
        var delta = RawObject()
        delta.set("stop_reason", message["stop_reason"]?.raw)
        delta.set("stop_sequence", message["stop_sequence"]?.raw)
        var members: [(String, [UInt8])] = [("delta", delta.bytes)]
        if let usage = message["usage"] { members.append(("usage", Array(usage.raw))) }
        event("message_delta", members, to: &out)
        event("message_stop", [], to: &out)
        return out
    }

    private static func append(block: JSONView, index: Int, to out: inout [UInt8]) {
        let number = Array(String(index).utf8)
        var start = RawObject()
        var deltas: [(type: String, member: String, value: [UInt8])] = []
        let type = block["type"]?.string
        block.forEachMember { key, value in
            let name = JSONText.decode(block.bytes, key)
            switch (type, name) {
            case ("text", "text"):
                start.set(name, "\"\"")
                deltas.append(("text_delta", name, Array(value.raw)))
            case ("thinking", "thinking"):
                start.set(name, "\"\"")
                deltas.append(("thinking_delta", name, Array(value.raw)))
            case ("thinking", "signature"):
                start.set(name, "\"\"")
                deltas.append(("signature_delta", name, Array(value.raw)))
            case ("text", "citations") where value.kind == .array:
                value.forEachElement { deltas.append(("citations_delta", "citation", Array($0.raw))) }
            default: start.set(name, value.raw)
            }
        }
        event("content_block_start", [("index", number), ("content_block", start.bytes)], to: &out)
        // The signature is the last delta of its block, wherever it stood in the object.
        for delta in deltas.filter({ $0.type != "signature_delta" }) + deltas.filter({ $0.type == "signature_delta" }) {
            var object = RawObject()
            object.set("type", JSONText.quoted(delta.type))
            object.set(delta.member, delta.value)
            event("content_block_delta", [("index", number), ("delta", object.bytes)], to: &out)
        }
        event("content_block_stop", [("index", number)], to: &out)
    }

    private static func event(_ name: String, _ members: [(String, [UInt8])], to out: inout [UInt8]) {
        var data = RawObject()
        data.set("type", JSONText.quoted(name))
        for (member, value) in members { data.set(member, value) }
        out.append(contentsOf: "event: \(name)\ndata: ".utf8)
        out.append(contentsOf: data.bytes)
        out.append(contentsOf: "\n\n".utf8)
    }

    /// A kept stream as the Messages response it stands for. Nil for a stream that is not whole, or whose pieces make no
    /// JSON, as those of a tool's input may.
    package static func json(fromStream stream: [UInt8]) -> [UInt8]? {
        var assembly = Assembly()
        var splitter = EventStreamSplitter(limit: .max)
        guard (try? splitter.append(stream, { assembly.read($0) })) != nil else { return nil }
        _ = splitter.finish { assembly.read($0) }
        guard let message = assembly.message, (try? JSONIndex(message)) != nil else { return nil }
        return message
    }
}

/// A Messages response put together from its events.
private struct Assembly {
    private struct Block {
        var start = RawObject()
        /// Text that the deltas of one member brought, escaped as it came.
        var texts: [(member: String, value: [UInt8])] = []
        var input: [UInt8] = []
        var citations: [[UInt8]] = []

        mutating func add(_ member: String, _ piece: UnsafeBufferPointer<UInt8>) {
            if let at = texts.firstIndex(where: { $0.member == member }) {
                texts[at].value.append(contentsOf: piece)
            } else {
                texts.append((member, Array(piece)))
            }
        }

        var bytes: [UInt8] {
            var object = start
            for text in texts { object.set(text.member, [UInt8(ascii: "\"")] + text.value + [UInt8(ascii: "\"")]) }
            if !input.isEmpty { object.set("input", input) }
            if !citations.isEmpty { object.set("citations", RawObject.array(citations)) }
            return object.bytes
        }
    }

    private var head = RawObject()
    private var usage = RawObject()
    private var blocks: [Block] = []
    private var isWhole = false

    var message: [UInt8]? {
        guard isWhole else { return nil }
        var object = head
        object.set("content", RawObject.array(blocks.map(\.bytes)))
        object.set("usage", usage.bytes)
        return object.bytes
    }

    mutating func read(_ event: UnsafeBufferPointer<UInt8>) {
        let parsed = ServerSentEvent(parsing: event)
        parsed.data.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return }
            index.withRoot(bytes) { read(parsed.name, Fields($0)) }
        }
    }

    private mutating func read(_ event: String, _ fields: Fields) {
        switch event {
        case "message_start":
            fields["message"]?.forEachMember { key, value in
                let name = JSONText.decode(value.bytes, key)
                if name == "usage" { usage.merge(value) } else { head.set(name, value.raw) }
            }
        case "content_block_start":
            var block = Block()
            fields["content_block"].map { block.start.merge($0) }
            blocks.append(block)
        case "content_block_delta": if let delta = fields["delta"] { read(delta: delta) }
        case "message_delta":
            fields["delta"].map { head.merge($0) }
            fields["usage"].map { usage.merge($0) }
        case "message_stop": isWhole = true
        default: break
        }
    }

    private mutating func read(delta: JSONView) {
        guard let last = blocks.indices.last, let type = delta["type"]?.string else { return }
        func contents(_ name: StaticString) -> UnsafeBufferPointer<UInt8>? {
            delta[name].map { UnsafeBufferPointer(rebasing: delta.bytes[$0.stringContents]) }
        }
        switch type {
        case "text_delta": contents("text").map { blocks[last].add("text", $0) }
        case "thinking_delta": contents("thinking").map { blocks[last].add("thinking", $0) }
        case "signature_delta": contents("signature").map { blocks[last].add("signature", $0) }
        case "input_json_delta":
            contents("partial_json").map { JSONText.appendUnescaped($0, to: &blocks[last].input) }
        case "citations_delta":
            if let citation = delta["citation"] { blocks[last].citations.append(Array(citation.raw)) }
        default: break
        }
    }
}

/// The members of an indexed object by name.
private struct Fields {
    let all: [(name: String, value: JSONView)]

    init(_ object: JSONView) {
        var all: [(name: String, value: JSONView)] = []
        object.forEachMember { all.append((JSONText.decode(object.bytes, $0), $1)) }
        self.all = all
    }

    subscript(name: String) -> JSONView? { all.last { $0.name == name }?.value }
}

/// A JSON object in the making, its values already JSON.
private struct RawObject {
    private var members: [(name: String, value: [UInt8])] = []

    mutating func set(_ name: String, _ value: [UInt8]) {
        if let at = members.firstIndex(where: { $0.name == name }) {
            members[at].value = value
        } else {
            members.append((name, value))
        }
    }

    mutating func set(_ name: String, _ value: String) { set(name, Array(value.utf8)) }

    mutating func set(_ name: String, _ value: UnsafeBufferPointer<UInt8>?) {
        set(name, value.map { Array($0) } ?? Array("null".utf8))
    }

    /// Lays the members of an object over those that are here; null leaves a member that is here as it is.
    mutating func merge(_ object: JSONView) {
        object.forEachMember { key, value in
            let name = JSONText.decode(object.bytes, key)
            if value.kind == .null, members.contains(where: { $0.name == name }) { return }
            set(name, value.raw)
        }
    }

    var bytes: [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        for (at, member) in members.enumerated() {
            if at > 0 { out.append(UInt8(ascii: ",")) }
            JSONText.appendQuoted(member.name, to: &out)
            out.append(UInt8(ascii: ":"))
            out.append(contentsOf: member.value)
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    static func array(_ elements: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }
}
