import Shared

/// Turns a kept Chat Completions answer into the form a client asks for, through the events of every translation.
///
/// What the events cannot carry (several choices, log probabilities, annotations, audio, custom tools) makes it nil, and
/// the caller asks a provider again.
struct OpenAIReplay {
    private var head = OpenAIHead(idPrefix: "")
    private var created: Int64?
    private var hasHead = false
    private var hasUsage = false
    private var isCarried = true

    /// The answer in the other form, or the same form with or without its usage chunk.
    ///
    /// `usage` is what the answer came to, where it does not say itself.
    static func replay(
        _ body: [UInt8],
        isStream: Bool,
        asStream: Bool,
        usage: TokenUsage,
        context: TranslationContext
    ) -> [UInt8]? {
        var replay = OpenAIReplay()
        let payloads = isStream ? events(of: body) : [body]
        for payload in payloads {
            payload.withUnsafeBufferPointer { bytes in
                if !OpenAIAnswerReader.isDone(bytes) { replay.look(at: bytes) }
            }
        }
        guard replay.hasHead else { return nil }
        if isStream == asStream, !isStream || replay.hasUsage == context.wantsUsageChunk { return body }
        guard replay.isCarried else { return nil }
        var context = context
        if let created = replay.created { context.unixSeconds = created }
        if asStream {
            var writer = OpenAIAnswerWriter(context, head: replay.head)
            return write(payloads, &writer, usage, context)
        }
        var writer = OpenAIMessageWriter(context, head: replay.head)
        return write(payloads, &writer, usage, context)
    }

    private static func write(
        _ payloads: [[UInt8]],
        _ writer: inout some AnswerWriter,
        _ usage: TokenUsage,
        _ context: TranslationContext
    ) -> [UInt8]? {
        var reader = OpenAIAnswerReader(context)
        reader.account.usage = usage
        reader.account.hasInput = true
        reader.account.hasOutput = true
        var out: [UInt8] = []
        for payload in payloads {
            payload.withUnsafeBufferPointer { bytes in
                reader.read(bytes) { writer.write($0, to: &out) }
            }
        }
        reader.finish { writer.write($0, to: &out) }
        return reader.account.isComplete ? EscapedPieces.validated(out) : nil
    }

    private static func events(of stream: [UInt8]) -> [[UInt8]] {
        var cutter = PayloadCutter.events(EventStreamSplitter(limit: .max))
        var payloads: [[UInt8]] = []
        guard (try? cutter.append(stream) { payloads.append(Array($0)) }) != nil else { return [] }
        cutter.finish { payloads.append(Array($0)) }
        return payloads
    }

    // MARK: What an answer holds

    private mutating func look(at payload: UnsafeBufferPointer<UInt8>) {
        guard let index = try? JSONIndex(payload) else {
            isCarried = false
            return
        }
        index.withRoot(payload) { look(atChunk: $0) }
    }

    private mutating func look(atChunk chunk: JSONView) {
        let isFirst = !hasHead
        chunk.forEachMember { name, value in
            switch JSONText.decode(chunk.bytes, name) {
            case "id", "object", "model", "obfuscation": break
            case "created": created = value.integer.map(Int64.init) ?? created
            case "choices":
                hasHead = true
                look(atChoices: value)
            case "usage": if value.kind == .object { hasUsage = true }
            case "error": if value.kind != .null { isCarried = false }
            default:
                guard isFirst else { return }
                head.others.append(contentsOf: Array(",\"".utf8) + chunk.bytes[name] + Array("\":".utf8))
                head.others.append(contentsOf: OneLine.of(value.raw))
            }
        }
    }

    private mutating func look(atChoices choices: JSONView) {
        var count = 0
        choices.forEachElement { choice in
            count += 1
            choice.forEachMember { name, value in
                switch JSONText.decode(choice.bytes, name) {
                case "index": if value.integer != 0 { isCarried = false }
                case "finish_reason": break
                case "delta", "message": look(atMessage: value)
                default: if value.kind != .null { isCarried = false }
                }
            }
        }
        if count > 1 { isCarried = false }
    }

    private mutating func look(atMessage message: JSONView) {
        message.forEachMember { name, value in
            guard value.kind != .null else { return }
            let name = JSONText.decode(message.bytes, name)
            switch name {
            case "role": break
            case "content", "refusal": if value.kind != .string { isCarried = false }
            case "reasoning_content", "reasoning":
                if value.kind != .string { isCarried = false }
                head.reasoningName = name
            case "tool_calls": value.forEachElement { look(atCall: $0) }
            default: if value.kind != .array || value.raw.contains(UInt8(ascii: "{")) { isCarried = false }
            }
        }
    }

    private mutating func look(atCall call: JSONView) {
        call.forEachMember { name, value in
            switch JSONText.decode(call.bytes, name) {
            case "index", "id": break
            case "type": if !value.isString("function") { isCarried = false }
            case "function":
                value.forEachMember { part, text in
                    let isKnown =
                        JSONText.equals(value.bytes, part, "name") || JSONText.equals(value.bytes, part, "arguments")
                    if !isKnown || text.kind != .string { isCarried = false }
                }
            default: if value.kind != .null { isCarried = false }
            }
        }
    }
}

/// JSON on one line, as the data of an event must be.
enum OneLine {
    static func of(_ json: some Sequence<UInt8>) -> [UInt8] { json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 } }
}
