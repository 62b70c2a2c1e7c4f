import Shared

/// Writes a Messages stream: blocks numbered without gaps, one open at a time, every call's input an object
/// (https://platform.claude.com/docs/en/build-with-claude/streaming).
///
/// Other providers may mix what Anthropic keeps apart. A call that begins while another's arguments are not whole is
/// held and written at the end, and so is text.
struct AnthropicAnswerWriter: AnswerWriter {
    private enum Block: Equatable {
        case none
        case thinking
        case text
        /// The position of its call.
        case call(Int)
    }

    private struct Call {
        let number: Int
        let id: [UInt8]
        let name: [UInt8]
        /// Its JSON text so far, escaped.
        var arguments: [UInt8] = []
        /// How much of the arguments the client has.
        var sent = 0
        /// Its block is open or closed, not held.
        var isWritten = false
        var isWhole = false
        /// The first byte of the arguments that is no space.
        var first: UInt8?
        /// Whether the arguments were an object, and how long they were then.
        var judged = (count: 0, isObject: false)
    }

    private static let ping = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)

    private let context: TranslationContext
    /// Every call is written at the end, when its arguments can be judged.
    private let holdsCalls: Bool
    private var hasStarted = false
    private var index = -1
    private var open = Block.none
    private var calls: [Call] = []
    /// Content that came while a call's arguments were not whole.
    private var waiting: [(block: Block, text: [UInt8])] = []

    init(_ context: TranslationContext, holdsCalls: Bool) {
        self.context = context
        self.holdsCalls = holdsCalls
    }

    mutating func write(_ event: AnswerEvent, to out: inout [UInt8]) {
        switch event {
        case .start(let id, let model): start(id: id, model: model, to: &out)
        case .reasoning(let piece): write(piece, in: .thinking, to: &out)
        case .text(let piece), .refusal(let piece): write(piece, in: .text, to: &out)
        case .call(let number, let id, let name): begin(number, id: id, name: name, to: &out)
        case .arguments(let number, let piece): write(arguments: piece, of: number, to: &out)
        case .callEnd(let number): if let at = position(of: number) { calls[at].isWhole = true }
        case .ping: if hasStarted { out.append(contentsOf: Self.ping) }
        case .end(let totals): end(totals, to: &out)
        case .error(let type, let message):
            out.append(
                contentsOf: """
                    event: error
                    data: {"type":"error","error":{"type":\(JSONText.quoted(type)),"message":\(JSONText.quoted(message))}}


                    """.utf8
            )
        }
    }

    private mutating func start(id: EscapedPiece, model: EscapedPiece, to out: inout [UInt8]) {
        hasStarted = true
        out.append(contentsOf: #"event: message_start\#ndata: {"type":"message_start","message":{"id":"msg_"#.utf8)
        out.append(contentsOf: id.isEmpty ? Array(context.exchangeID.utf8) : EscapedPieces.cleanID(id))
        out.append(contentsOf: #"","type":"message","role":"assistant","model":""#.utf8)
        context.appendModel(model, to: &out)
        out.append(
            contentsOf: """
                ","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":\
                \(context.estimatedInputTokens),"output_tokens":0}}}


                """.utf8
        )
    }

    // MARK: Content

    private mutating func write(_ piece: EscapedPiece, in block: Block, to out: inout [UInt8]) {
        guard !piece.isEmpty else { return }
        if case .call(let at) = open, !isWhole(at) {
            if waiting.last?.block == block {
                waiting[waiting.count - 1].text.append(contentsOf: piece)
            } else {
                waiting.append((block, Array(piece)))
            }
            return
        }
        if open != block {
            close(to: &out)
            index += 1
            open = block
            out.append(contentsOf: #"event: content_block_start\#ndata: {"type":"content_block_start","index":"#.utf8)
            out.append(contentsOf: String(index).utf8)
            let start =
                block == .thinking
                ? #","content_block":{"type":"thinking","thinking":"","signature":""}}"#
                : #","content_block":{"type":"text","text":""}}"#
            out.append(contentsOf: start.utf8)
            out.append(contentsOf: "\n\n".utf8)
        }
        let delta =
            block == .thinking
            ? #"{"type":"thinking_delta","thinking":""#
            : #"{"type":"text_delta","text":""#
        append(delta: delta, piece, to: &out)
    }

    private func append(delta: String, _ piece: EscapedPiece, to out: inout [UInt8]) {
        out.append(contentsOf: #"event: content_block_delta\#ndata: {"type":"content_block_delta","index":"#.utf8)
        out.append(contentsOf: String(index).utf8)
        out.append(contentsOf: #","delta":"#.utf8)
        out.append(contentsOf: delta.utf8)
        EscapedPieces.append(piece, to: &out)
        out.append(contentsOf: "\"}}\n\n".utf8)
    }

    /// Ends the open block, and writes what waited for it.
    private mutating func close(to out: inout [UInt8]) {
        switch open {
        case .none: return
        case .text: break
        case .thinking:
            append(delta: #"{"type":"signature_delta","signature":""#, EscapedPiece(start: nil, count: 0), to: &out)
        case .call(let at): writeRest(of: at, to: &out)
        }
        open = .none
        out.append(contentsOf: #"event: content_block_stop\#ndata: {"type":"content_block_stop","index":"#.utf8)
        out.append(contentsOf: String(index).utf8)
        out.append(contentsOf: "}\n\n".utf8)
        let waited = waiting
        waiting = []
        for (block, text) in waited { text.withUnsafeBufferPointer { write($0, in: block, to: &out) } }
        if !waited.isEmpty { close(to: &out) }
    }

    // MARK: Calls

    private func position(of number: Int) -> Int? { calls.lastIndex { $0.number == number } }

    private mutating func begin(_ number: Int, id: EscapedPiece, name: EscapedPiece, to out: inout [UInt8]) {
        guard position(of: number) == nil else { return }
        let at = calls.count
        var cleaned = EscapedPieces.cleanID(id)
        // An id that occurs twice, here or in an earlier turn, would make the client's next request invalid.
        if cleaned.isEmpty || calls.contains(where: { $0.id == cleaned }) { cleaned = context.madeID(at) }
        calls.append(Call(number: number, id: cleaned, name: context.clientName(name)))
        guard !holdsCalls, !calls[..<at].contains(where: { !$0.isWritten }) else { return }
        if case .call(let other) = open, !isWhole(other) { return }
        openBlock(at, to: &out)
    }

    /// Whether no more arguments of a call are to come, as far as can be told.
    private mutating func isWhole(_ at: Int) -> Bool {
        if calls[at].isWhole { return true }
        let count = calls[at].arguments.count
        if calls[at].judged.count != count {
            calls[at].judged = (count, CallArguments.read(calls[at].arguments) == .object)
        }
        return calls[at].judged.isObject
    }

    private mutating func openBlock(_ at: Int, to out: inout [UInt8]) {
        close(to: &out)
        index += 1
        open = .call(at)
        calls[at].isWritten = true
        out.append(contentsOf: #"event: content_block_start\#ndata: {"type":"content_block_start","index":"#.utf8)
        out.append(contentsOf: String(index).utf8)
        out.append(contentsOf: #","content_block":{"type":"tool_use","id":""#.utf8)
        out.append(contentsOf: calls[at].id)
        out.append(contentsOf: #"","name":""#.utf8)
        out.append(contentsOf: calls[at].name)
        out.append(contentsOf: "\",\"input\":{}}}\n\n".utf8)
    }

    private mutating func write(arguments piece: EscapedPiece, of number: Int, to out: inout [UInt8]) {
        guard let at = position(of: number) else { return }
        EscapedPieces.append(piece, to: &calls[at].arguments)
        // What does not begin as an object is no input as it stands: it waits for its end, to be put into one.
        if calls[at].first == nil { calls[at].first = CallArguments.firstByte(piece) }
        guard open == .call(at), calls[at].first == UInt8(ascii: "{") else { return }
        send(calls[at].arguments[calls[at].sent...], to: &out)
        calls[at].sent = calls[at].arguments.count
    }

    private func send(_ arguments: some Collection<UInt8>, to out: inout [UInt8]) {
        guard !arguments.isEmpty else { return }
        let delta = #"{"type":"input_json_delta","partial_json":""#
        Array(arguments).withUnsafeBufferPointer { append(delta: delta, $0, to: &out) }
    }

    /// Writes what the client has not got of a call, when no more can come.
    private mutating func writeRest(of at: Int, to out: inout [UInt8]) {
        guard calls[at].sent == 0 else { return }
        switch CallArguments.read(calls[at].arguments) {
        case .blank: break
        case .object: send(calls[at].arguments, to: &out)
        case .other: send(CallArguments.wrapped(calls[at].arguments), to: &out)
        }
    }

    // MARK: The end

    private mutating func end(_ totals: AnswerTotals, to out: inout [UInt8]) {
        close(to: &out)
        for at in calls.indices where !calls[at].isWritten { openBlock(at, to: &out) }
        close(to: &out)
        let usage = totals.usage
        let reasoning =
            totals.reasoningTokens > 0
            ? #","output_tokens_details":{"thinking_tokens":\#(totals.reasoningTokens)}"# : ""
        out.append(
            contentsOf: """
                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":\(JSONText.quoted(totals.stopReason)),\
                "stop_sequence":null},"usage":{"input_tokens":\(usage.input),\
                "cache_creation_input_tokens":\(usage.cacheWrite5m &+ usage.cacheWrite1h),\
                "cache_read_input_tokens":\(usage.cacheRead),"output_tokens":\(usage.output)\(reasoning)}}

                event: message_stop
                data: {"type":"message_stop"}


                """.utf8
        )
    }
}

extension TranslationContext {
    /// The client's own name of a tool, escaped.
    func clientName(_ name: EscapedPiece) -> [UInt8] {
        var out: [UInt8] = []
        if !toolNames.isEmpty, let own = toolNames[JSONText.decode(name, 0..<name.count)] {
            JSONText.appendEscaped(own.utf8, to: &out)
        } else {
            EscapedPieces.append(name, to: &out)
        }
        return out
    }

    /// The id of a call that has none of its own: no other call of any exchange has it.
    func madeID(_ number: Int) -> [UInt8] { Array("call_\(exchangeID)_\(number)".utf8) }

    /// The model's name as the provider gives it, else as it was asked for, escaped.
    func appendModel(_ name: EscapedPiece, to out: inout [UInt8]) {
        if name.isEmpty {
            JSONText.appendEscaped(model.utf8, to: &out)
        } else {
            EscapedPieces.append(name, to: &out)
        }
    }
}
