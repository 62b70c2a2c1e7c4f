import Shared

/// Reads chunks of a Chat Completions stream, or a whole completion, which differs only in `message` for `delta`
/// (https://platform.openai.com/docs/api-reference/chat).
///
/// Takes what servers of this wire are known to do: a first chunk without choices or model, the role in every chunk,
/// several calls in one delta, calls without id or number, arguments that are null or an object, the reasoning under
/// either name, the reason with the last content, usage with it, after it or never, no `[DONE]`.
struct OpenAIAnswerReader: AnswerReader {
    var account: AnswerAccount
    private var calls = OpenAICalls()
    /// The contents of `finish_reason`, as it was written.
    private var finish: [UInt8]?
    private var usage: [UInt8]?
    private var hasRefused = false
    /// A whole message was read, which needs no mark of its end.
    private var hasMessage = false

    init(_ context: TranslationContext) { account = AnswerAccount(context) }

    mutating func read(_ payload: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void) {
        guard !isOver else { return }
        if Self.isDone(payload) {
            if account.hasStarted { complete(emit) }
            return
        }
        guard !payload.allSatisfy({ $0 == 0x20 || $0 == 0x0A }) else { return }
        parse(payload, emit) { reader, root in reader.read(root, emit) }
    }

    /// A server that forgets `[DONE]` has still said that the answer is whole.
    mutating func finish(_ emit: (AnswerEvent) -> Void) {
        if finish != nil || hasMessage, !isOver { complete(emit) }
    }

    /// Whether an event's data is the mark of the end.
    static func isDone(_ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = payload.firstIndex { $0 != 0x20 } ?? 0
        let mark: StaticString = "[DONE]"
        return payload.count - start >= mark.utf8CodeUnitCount
            && JSONText.equals(payload, start..<(start + mark.utf8CodeUnitCount), mark)
    }

    private mutating func read(_ chunk: JSONView, _ emit: (AnswerEvent) -> Void) {
        var id: JSONView?
        var model: JSONView?
        var choices: JSONView?
        var error: JSONView?
        chunk.forEachMember { name, value in
            let bytes = chunk.bytes
            if JSONText.equals(bytes, name, "id") {
                id = value
            } else if JSONText.equals(bytes, name, "model") {
                model = value
            } else if JSONText.equals(bytes, name, "choices") {
                choices = value
            } else if JSONText.equals(bytes, name, "error") {
                error = value
            } else if JSONText.equals(bytes, name, "usage"), value.kind == .object {
                if OpenAIUsage.read(value, into: &account) { usage = OneLine.of(value.raw) }
            }
        }
        if let error, let fault = ProviderFault(openAIError: error) {
            let anthropic = fault.anthropic
            fail(type: anthropic.type, message: anthropic.message, emit)
            return
        }
        guard let choice = choices.flatMap(Self.firstChoice) else { return }
        if !account.hasStarted {
            account.hasStarted = true
            let nothing = EscapedPiece(start: nil, count: 0)
            emit(.start(id: id?.piece ?? nothing, model: model?.piece ?? nothing))
        }
        read(choice: choice, emit)
    }

    /// The choice that a client of one answer gets; the others are passed over.
    private static func firstChoice(_ choices: JSONView) -> JSONView? {
        var first: JSONView?
        choices.forEachElement { choice in
            if first == nil, choice.kind == .object, choice["index"]?.integer ?? 0 == 0 { first = choice }
        }
        return first
    }

    private mutating func read(choice: JSONView, _ emit: (AnswerEvent) -> Void) {
        var delta: JSONView?
        var message: JSONView?
        var reason: JSONView?
        choice.forEachMember { name, value in
            let bytes = choice.bytes
            if JSONText.equals(bytes, name, "delta") {
                delta = value
            } else if JSONText.equals(bytes, name, "message") {
                message = value
            } else if JSONText.equals(bytes, name, "finish_reason"), value.kind == .string {
                reason = value
            }
        }
        if let delta, delta.kind == .object {
            read(message: delta, isWhole: false, emit)
        } else if let message, message.kind == .object {
            hasMessage = true
            read(message: message, isWhole: true, emit)
        }
        if let reason, !reason.piece.isEmpty { finish = Array(reason.piece) }
    }

    private mutating func read(message: JSONView, isWhole: Bool, _ emit: (AnswerEvent) -> Void) {
        var content: JSONView?
        var reasoning: JSONView?
        var refusal: JSONView?
        var toolCalls: JSONView?
        var functionCall: JSONView?
        message.forEachMember { name, value in
            let bytes = message.bytes
            if JSONText.equals(bytes, name, "content") {
                content = value
            } else if JSONText.equals(bytes, name, "reasoning_content") || JSONText.equals(bytes, name, "reasoning") {
                // Some servers send both, one of them empty or null.
                if value.kind == .string, !value.piece.isEmpty { reasoning = value }
            } else if JSONText.equals(bytes, name, "refusal") {
                refusal = value
            } else if JSONText.equals(bytes, name, "tool_calls") {
                toolCalls = value
            } else if JSONText.equals(bytes, name, "function_call"), value.kind == .object {
                functionCall = value
            }
        }
        if let reasoning { read(reasoning) { emit(.reasoning($0)) } }
        if let content { read(content: content, emit) }
        if let refusal, refusal.kind == .string, !refusal.piece.isEmpty {
            hasRefused = true
            read(refusal) { emit(.refusal($0)) }
        }
        toolCalls?.forEachElement { call in
            read(call: call, function: call["function"] ?? call["custom"], isWhole: isWhole, emit)
        }
        if let functionCall { read(call: nil, function: functionCall, isWhole: isWhole, emit) }
    }

    private mutating func read(_ text: JSONView, _ emit: (EscapedPiece) -> Void) {
        let piece = text.piece
        guard !piece.isEmpty else { return }
        account.contentBytes += piece.count
        emit(piece)
    }

    /// Content is a text, or with some servers a list of parts.
    private mutating func read(content: JSONView, _ emit: (AnswerEvent) -> Void) {
        read(content) { emit(.text($0)) }
        content.forEachElement { part in
            if let text = part["text"] { read(text) { emit(.text($0)) } }
            part["thinking"]?.forEachElement { thought in
                if let text = thought["text"] { read(text) { emit(.reasoning($0)) } }
            }
        }
    }

    private mutating func read(call: JSONView?, function: JSONView?, isWhole: Bool, _ emit: (AnswerEvent) -> Void) {
        guard !isOver else { return }
        let nothing = EscapedPiece(start: nil, count: 0)
        let name = function?["name"]?.piece ?? nothing
        let at = calls.find(
            index: call?["index"]?.integer,
            id: call?["id"]?.piece ?? nothing,
            hasName: !name.isEmpty,
            isWhole: isWhole
        )
        guard calls.count == account.callCount || countCall(emit) else { return }
        calls.begin(at, name: name, emit)
        if let arguments = function?["arguments"] ?? function?["input"] {
            if arguments.kind == .string {
                account.contentBytes += arguments.piece.count
                calls.add(arguments.piece, at, emit)
            } else if arguments.kind == .object {
                var escaped: [UInt8] = []
                JSONText.appendEscaped(arguments.raw, to: &escaped)
                account.contentBytes += escaped.count
                escaped.withUnsafeBufferPointer { calls.add($0, at, emit) }
            }
        }
        if isWhole { calls.end(at, emit) }
    }

    private mutating func complete(_ emit: (AnswerEvent) -> Void) {
        calls.nameTheNameless(emit)
        account.isComplete = true
        let reason = finish.map { String(decoding: $0, as: UTF8.self) }
        let stop = OpenAIUsage.stopReason(reason, hasCalls: !calls.isEmpty, hasRefused: hasRefused)
        account.stopReason = stop
        emit(
            .end(
                AnswerTotals(
                    usage: account.clientUsage,
                    reasoningTokens: account.reasoningTokens,
                    stopReason: stop,
                    verbatim: OpenAIEnding(usage: usage, finishReason: finish)
                )
            )
        )
    }
}
