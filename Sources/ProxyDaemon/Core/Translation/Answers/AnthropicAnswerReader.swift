import Shared

/// Reads the events of a Messages stream (https://platform.claude.com/docs/en/build-with-claude/streaming).
///
/// Server tools' blocks, signatures and citations have no counterpart elsewhere and are passed over.
struct AnthropicAnswerReader: AnswerReader {
    var account: AnswerAccount
    /// The blocks of the client's calls that are not whole.
    private var openCalls: [Int] = []
    /// Why the model refused, in its own words.
    private var explanation: [UInt8] = []

    init(_ context: TranslationContext) { account = AnswerAccount(context) }

    mutating func read(_ payload: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void) {
        guard !isOver, !payload.isEmpty else { return }
        if readsUsual, let delta = UsualDelta(payload, from: 0), delta.end == payload.count {
            account.contentBytes += delta.text.count
            if !delta.text.isEmpty { emit(.text(delta.text)) }
            return
        }
        parse(payload, emit) { reader, root in reader.read(root, emit) }
    }

    /// Reads the usual deltas that a piece of a stream begins with, where an event begins. Gives back where the first event of
    /// another kind does.
    mutating func read(deltas events: UnsafeBufferPointer<UInt8>, _ visit: (UsualDelta) -> Void) -> Int {
        var at = 0
        while !isOver, readsUsual, let delta = UsualDelta(event: events, from: at) {
            account.contentBytes += delta.text.count
            visit(delta)
            at = delta.end
        }
        return at
    }

    private var readsUsual: Bool { account.hasStarted && account.contentBytes <= AnswerAccount.maximumContentBytes }

    mutating func finish(_ emit: (AnswerEvent) -> Void) {}

    /// Reads a whole message, as if its events had come. What is none is passed over.
    mutating func read(whole body: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void) {
        guard !isOver, let index = try? JSONIndex(body) else { return }
        index.withRoot(body) { message in
            guard let content = message["content"], content.kind == .array else { return }
            read(message: message, emit)
            var number = 0
            content.forEachElement { block in
                guard !isOver else { return }
                read(start: block, number: number, emit)
                end(block: number, emit)
                number += 1
            }
            guard !isOver else { return }
            if let reason = message["stop_reason"]?.string { account.stopReason = reason }
            if message["usage"]?["output_tokens"]?.integer != nil { account.hasOutput = true }
            finishMessage(emit)
        }
    }

    private mutating func end(block number: Int, _ emit: (AnswerEvent) -> Void) {
        guard let at = openCalls.lastIndex(of: number) else { return }
        openCalls.remove(at: at)
        emit(.callEnd(number))
    }

    private mutating func read(_ event: JSONView, _ emit: (AnswerEvent) -> Void) {
        guard let type = event["type"] else { return }
        // Some servers of this wire leave `message_start` out, without which a client could make nothing of the rest.
        if !account.hasStarted, type.begins(with: "content_block_") || type.isString("message_delta") {
            read(message: nil, emit)
        }
        if type.isString("content_block_delta") {
            if let delta = event["delta"] { read(delta: delta, block: event["index"]?.integer ?? 0, emit) }
        } else if type.isString("content_block_start") {
            if let block = event["content_block"] { read(start: block, number: event["index"]?.integer ?? 0, emit) }
        } else if type.isString("content_block_stop") {
            end(block: event["index"]?.integer ?? 0, emit)
        } else if type.isString("message_start") {
            read(message: event["message"], emit)
        } else if type.isString("message_delta") {
            read(end: event)
        } else if type.isString("message_stop") {
            finishMessage(emit)
        } else if type.isString("ping") {
            emit(.ping)
        } else if type.isString("error") {
            let problem = event["error"]
            fail(
                type: problem?["type"]?.string ?? "api_error",
                message: problem?["message"]?.string ?? "the provider sent an error without a message",
                emit
            )
        }
    }

    private mutating func read(message: JSONView?, _ emit: (AnswerEvent) -> Void) {
        guard !account.hasStarted else { return }
        account.hasStarted = true
        if let usage = message?["usage"] { read(usage: usage) }
        // A whole message that was taken apart into events has it at the head.
        if let message { read(details: message) }
        let nothing = EscapedPiece(start: nil, count: 0)
        emit(.start(id: message?["id"]?.piece ?? nothing, model: message?["model"]?.piece ?? nothing))
    }

    private mutating func read(start block: JSONView, number: Int, _ emit: (AnswerEvent) -> Void) {
        guard let type = block["type"] else { return }
        if type.isString("tool_use") {
            guard let name = block["name"]?.piece, !name.isEmpty, countCall(emit) else { return }
            emit(.call(number, id: block["id"]?.piece ?? EscapedPiece(start: nil, count: 0), name: name))
            openCalls.append(number)
            if let input = block["input"], hasMembers(input) {
                var escaped: [UInt8] = []
                JSONText.appendEscaped(input.raw, to: &escaped)
                escaped.withUnsafeBufferPointer { read(arguments: $0, block: number, emit) }
            }
        } else if type.isString("text") {
            read(content: block["text"]) { emit(.text($0)) }
        } else if type.isString("thinking") {
            read(content: block["thinking"]) { emit(.reasoning($0)) }
        }
    }

    private func hasMembers(_ object: JSONView) -> Bool {
        var found = false
        object.forEachMember { _, _ in found = true }
        return found
    }

    private mutating func read(delta: JSONView, block: Int, _ emit: (AnswerEvent) -> Void) {
        guard let type = delta["type"] else { return }
        if type.isString("text_delta") {
            read(content: delta["text"]) { emit(.text($0)) }
        } else if type.isString("thinking_delta") {
            read(content: delta["thinking"]) { emit(.reasoning($0)) }
        } else if type.isString("input_json_delta"), let piece = delta["partial_json"]?.piece, !piece.isEmpty {
            read(arguments: piece, block: block, emit)
        }
    }

    private mutating func read(content: JSONView?, _ emit: (EscapedPiece) -> Void) {
        guard let piece = content?.piece, !piece.isEmpty else { return }
        account.contentBytes += piece.count
        emit(piece)
    }

    private mutating func read(arguments: EscapedPiece, block: Int, _ emit: (AnswerEvent) -> Void) {
        account.contentBytes += arguments.count
        guard openCalls.contains(block) else { return }
        emit(.arguments(block, arguments))
    }

    private mutating func read(usage: JSONView) {
        AnthropicUsage.merge(usage, into: &account.usage)
        if usage["input_tokens"]?.integer != nil { account.hasInput = true }
        if let spent = usage["output_tokens_details"]?["thinking_tokens"]?.count { account.reasoningTokens = spent }
    }

    private mutating func read(end: JSONView) {
        if let delta = end["delta"] {
            if let reason = delta["stop_reason"]?.string { account.stopReason = reason }
            read(details: delta)
        }
        guard let usage = end["usage"] else { return }
        if usage["output_tokens"]?.integer != nil { account.hasOutput = true }
        read(usage: usage)
    }

    private mutating func read(details holder: JSONView) {
        if let text = holder["stop_details"]?["explanation"]?.piece, !text.isEmpty { explanation = Array(text) }
    }

    private mutating func finishMessage(_ emit: (AnswerEvent) -> Void) {
        account.isComplete = true
        for call in openCalls { emit(.callEnd(call)) }
        if account.stopReason == "refusal", !explanation.isEmpty {
            explanation.withUnsafeBufferPointer { emit(.refusal($0)) }
        }
        let reason = account.stopReason ?? (account.callCount > 0 ? "tool_use" : "end_turn")
        emit(
            .end(
                AnswerTotals(
                    usage: account.clientUsage,
                    reasoningTokens: account.reasoningTokens,
                    stopReason: reason
                )
            )
        )
    }
}
