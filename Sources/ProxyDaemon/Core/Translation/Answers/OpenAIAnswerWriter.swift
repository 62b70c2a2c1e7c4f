/// What every chunk of an answer, or the whole of it, says about the answer.
struct OpenAIHead: Sendable {
    /// Goes before the provider's id.
    var idPrefix = "chatcmpl-"
    /// Members after `model`, as their provider wrote them, with the comma before each.
    var others: [UInt8] = []
    /// What the client's model calls its reasoning.
    var reasoningName = "reasoning_content"

    /// Appends the members up to the one that holds the choices.
    func append(
        object: String,
        id: EscapedPiece,
        model: EscapedPiece,
        _ context: TranslationContext,
        to out: inout [UInt8]
    ) {
        out.append(contentsOf: #"{"id":"\#(idPrefix)"#.utf8)
        if id.isEmpty {
            JSONText.appendEscaped(context.exchangeID.utf8, to: &out)
        } else {
            EscapedPieces.append(id, to: &out)
        }
        out.append(contentsOf: #"","object":"\#(object)","created":\#(context.unixSeconds),"model":""#.utf8)
        context.appendModel(model, to: &out)
        out.append(UInt8(ascii: "\""))
        out.append(contentsOf: others)
    }
}

/// Writes a Chat Completions stream: the role once, a call's id and name once, numbers of calls without gaps
/// (https://platform.openai.com/docs/api-reference/chat-streaming).
struct OpenAIAnswerWriter: AnswerWriter {
    private struct Call {
        let number: Int
        let id: [UInt8]
        var hasArguments = false
        var isWhole = false
    }

    private let context: TranslationContext
    private let head: OpenAIHead
    /// What comes before the delta in every chunk.
    private var chunkStart: [UInt8] = []
    /// What comes after it.
    private let chunkEnd: [UInt8]
    private let textStart = Array(#"{"content":""#.utf8)
    private let reasoningStart: [UInt8]
    private var calls: [Call] = []
    private var hasStarted = false

    init(_ context: TranslationContext, head: OpenAIHead = OpenAIHead()) {
        self.context = context
        self.head = head
        reasoningStart = Array(#"{"\#(head.reasoningName)":""#.utf8)
        let usage = context.wantsUsageChunk ? #","usage":null"# : ""
        chunkEnd = Array(",\"logprobs\":null,\"finish_reason\":null}]\(usage)}\n\n".utf8)
    }

    mutating func write(_ event: AnswerEvent, to out: inout [UInt8]) {
        switch event {
        case .start(let id, let model): start(id: id, model: model, to: &out)
        case .text(let piece): append(textStart, piece, to: &out)
        case .reasoning(let piece): append(reasoningStart, piece, to: &out)
        case .refusal(let piece): append(Array(#"{"refusal":""#.utf8), piece, to: &out)
        case .call(let number, let id, let name): begin(number, id: id, name: name, to: &out)
        case .arguments(let number, let piece): write(arguments: piece, of: number, to: &out)
        case .callEnd(let number): if let at = position(of: number) { end(call: at, to: &out) }
        case .ping: if hasStarted { out.append(contentsOf: ": ping\n\n".utf8) }
        case .end(let totals): end(totals, to: &out)
        case .error(let type, let message):
            out.append(
                contentsOf: OpenAIErrors.event(OpenAIErrors.body(message: message, type: type, param: nil, code: type))
            )
        }
    }

    private mutating func start(id: EscapedPiece, model: EscapedPiece, to out: inout [UInt8]) {
        hasStarted = true
        chunkStart = Array("data: ".utf8)
        head.append(object: "chat.completion.chunk", id: id, model: model, context, to: &chunkStart)
        chunkStart.append(contentsOf: #","choices":["#.utf8)
        let headEnd = chunkStart
        chunkStart = headEnd + Array(#"{"index":0,"delta":"#.utf8)
        out.append(contentsOf: chunkStart)
        out.append(contentsOf: #"{"role":"assistant","content":""}"#.utf8)
        out.append(contentsOf: chunkEnd)
    }

    /// A chunk whose delta is one text.
    private func append(_ start: [UInt8], _ piece: EscapedPiece, to out: inout [UInt8]) {
        guard !piece.isEmpty else { return }
        out.append(contentsOf: chunkStart)
        out.append(contentsOf: start)
        EscapedPieces.append(piece, to: &out)
        out.append(contentsOf: "\"}".utf8)
        out.append(contentsOf: chunkEnd)
    }

    // MARK: Calls

    private func position(of number: Int) -> Int? { calls.lastIndex { $0.number == number } }

    private mutating func begin(_ number: Int, id: EscapedPiece, name: EscapedPiece, to out: inout [UInt8]) {
        guard position(of: number) == nil else { return }
        let own = OpenAICallID.choose(id, among: calls.map(\.id), context)
        out.append(contentsOf: chunkStart)
        out.append(contentsOf: #"{"tool_calls":[{"index":\#(calls.count),"id":""#.utf8)
        out.append(contentsOf: own)
        out.append(contentsOf: #"","type":"function","function":{"name":""#.utf8)
        out.append(contentsOf: context.clientName(name))
        out.append(contentsOf: #"","arguments":""}}]}"#.utf8)
        out.append(contentsOf: chunkEnd)
        calls.append(Call(number: number, id: own))
    }

    private mutating func write(arguments piece: EscapedPiece, of number: Int, to out: inout [UInt8]) {
        guard !piece.isEmpty, let at = position(of: number) else { return }
        calls[at].hasArguments = true
        out.append(contentsOf: chunkStart)
        out.append(contentsOf: #"{"tool_calls":[{"index":\#(at),"function":{"arguments":""#.utf8)
        EscapedPieces.append(piece, to: &out)
        out.append(contentsOf: "\"}}]}".utf8)
        out.append(contentsOf: chunkEnd)
    }

    /// A call without arguments has an empty object of them: clients parse the text.
    private mutating func end(call at: Int, to out: inout [UInt8]) {
        guard !calls[at].isWhole else { return }
        calls[at].isWhole = true
        guard !calls[at].hasArguments else { return }
        let empty: StaticString = "{}"
        let piece = EscapedPiece(start: empty.utf8Start, count: empty.utf8CodeUnitCount)
        write(arguments: piece, of: calls[at].number, to: &out)
    }

    // MARK: The end

    private mutating func end(_ totals: AnswerTotals, to out: inout [UInt8]) {
        for at in calls.indices { end(call: at, to: &out) }
        out.append(contentsOf: chunkStart)
        out.append(contentsOf: #"{},"logprobs":null,"finish_reason":""#.utf8)
        totals.appendFinishReason(to: &out)
        out.append(contentsOf: context.wantsUsageChunk ? "\"}],\"usage\":null}\n\n".utf8 : "\"}]}\n\n".utf8)
        if context.wantsUsageChunk {
            out.append(contentsOf: chunkStart.dropLast(#"{"index":0,"delta":"#.utf8.count))
            out.append(contentsOf: #"],"usage":"#.utf8)
            OpenAIUsage.append(totals, to: &out)
            out.append(contentsOf: "}\n\n".utf8)
        }
        out.append(contentsOf: "data: [DONE]\n\n".utf8)
    }
}

/// Writes a whole Chat Completions answer when its last event has come.
struct OpenAIMessageWriter: AnswerWriter {
    private struct Call {
        let number: Int
        let id: [UInt8]
        let name: [UInt8]
        var arguments: [UInt8] = []
    }

    private let context: TranslationContext
    private let head: OpenAIHead
    private var start: [UInt8] = []
    private var text: [UInt8] = []
    private var reasoning: [UInt8] = []
    private var refusal: [UInt8] = []
    private var calls: [Call] = []

    init(_ context: TranslationContext, head: OpenAIHead = OpenAIHead()) {
        self.context = context
        self.head = head
    }

    mutating func write(_ event: AnswerEvent, to out: inout [UInt8]) {
        switch event {
        case .start(let id, let model):
            head.append(object: "chat.completion", id: id, model: model, context, to: &start)
        case .text(let piece): EscapedPieces.append(piece, to: &text)
        case .reasoning(let piece): EscapedPieces.append(piece, to: &reasoning)
        case .refusal(let piece): EscapedPieces.append(piece, to: &refusal)
        case .call(let number, let id, let name):
            guard !calls.contains(where: { $0.number == number }) else { return }
            let own = OpenAICallID.choose(id, among: calls.map(\.id), context)
            calls.append(Call(number: number, id: own, name: context.clientName(name)))
        case .arguments(let number, let piece):
            guard let at = calls.lastIndex(where: { $0.number == number }) else { return }
            EscapedPieces.append(piece, to: &calls[at].arguments)
        case .callEnd, .ping, .error: return
        case .end(let totals): end(totals, to: &out)
        }
    }

    private func end(_ totals: AnswerTotals, to out: inout [UInt8]) {
        func append(_ text: String) { out.append(contentsOf: text.utf8) }
        func append(string: [UInt8], orNull isNull: Bool) {
            if isNull { return append("null") }
            append("\"")
            out.append(contentsOf: string)
            append("\"")
        }
        out.append(contentsOf: start)
        append(#","choices":[{"index":0,"message":{"role":"assistant","content":"#)
        append(string: text, orNull: text.isEmpty && !(calls.isEmpty && refusal.isEmpty))
        append(#","refusal":"#)
        append(string: refusal, orNull: refusal.isEmpty)
        if !reasoning.isEmpty {
            append(#","\#(head.reasoningName)":"#)
            append(string: reasoning, orNull: false)
        }
        if !calls.isEmpty {
            append(#","tool_calls":["#)
            for (at, call) in calls.enumerated() {
                append(at == 0 ? #"{"id":"# : #",{"id":"#)
                append(string: call.id, orNull: false)
                append(#","type":"function","function":{"name":"#)
                append(string: call.name, orNull: false)
                append(#","arguments":"#)
                append(string: call.arguments.isEmpty ? Array("{}".utf8) : call.arguments, orNull: false)
                append("}}")
            }
            append("]")
        }
        append(#"},"logprobs":null,"finish_reason":""#)
        totals.appendFinishReason(to: &out)
        append(#""}],"usage":"#)
        OpenAIUsage.append(totals, to: &out)
        append("}")
    }
}

/// The ids of calls towards OpenAI's clients, which take any text.
enum OpenAICallID {
    /// The provider's id, escaped; one made up where it gave none, or gave one twice.
    static func choose(_ id: EscapedPiece, among others: [[UInt8]], _ context: TranslationContext) -> [UInt8] {
        var own: [UInt8] = []
        EscapedPieces.append(id, to: &own)
        return own.isEmpty || others.contains(own) ? context.madeID(others.count) : own
    }
}

extension AnswerTotals {
    /// Appends the reason as OpenAI names it, escaped.
    func appendFinishReason(to out: inout [UInt8]) {
        if let verbatim = verbatim.finishReason {
            verbatim.withUnsafeBufferPointer { EscapedPieces.append($0, to: &out) }
        } else {
            out.append(contentsOf: "\(OpenAIUsage.finishReason(stopReason))".utf8)
        }
    }
}
