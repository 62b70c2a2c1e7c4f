import Shared

/// Reads the lines of Ollama's `/api/chat`, of which a whole answer is one
/// (https://github.com/ollama/ollama/blob/main/docs/api.md).
struct OllamaAnswerReader: AnswerReader {
    var account: AnswerAccount

    init(_ context: TranslationContext) { account = AnswerAccount(context) }

    mutating func read(_ payload: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void) {
        guard !isOver, !payload.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) else { return }
        parse(payload, emit) { reader, root in reader.read(root, emit) }
    }

    mutating func finish(_ emit: (AnswerEvent) -> Void) {}

    private mutating func read(_ line: JSONView, _ emit: (AnswerEvent) -> Void) {
        if let error = line["error"], let fault = ProviderFault(openAIError: error) {
            let anthropic = fault.anthropic
            fail(type: anthropic.type, message: anthropic.message, emit)
            return
        }
        let message = line["message"]
        let isDone = line["done"]?.bool ?? false
        guard message?.kind == .object || isDone else { return }
        if !account.hasStarted {
            account.hasStarted = true
            let nothing = EscapedPiece(start: nil, count: 0)
            emit(.start(id: nothing, model: line["model"]?.piece ?? nothing))
        }
        if let message { read(message: message, emit) }
        if isDone, !isOver { complete(line, emit) }
    }

    private mutating func read(message: JSONView, _ emit: (AnswerEvent) -> Void) {
        if let thinking = message["thinking"]?.piece, !thinking.isEmpty {
            account.contentBytes += thinking.count
            emit(.reasoning(thinking))
        }
        if let content = message["content"]?.piece, !content.isEmpty {
            account.contentBytes += content.count
            emit(.text(content))
        }
        message["tool_calls"]?.forEachElement { call in read(call: call, emit) }
    }

    /// Calls come whole, their arguments as an object.
    private mutating func read(call: JSONView, _ emit: (AnswerEvent) -> Void) {
        guard let function = call["function"], let name = function["name"]?.piece, !name.isEmpty else { return }
        let number = account.callCount
        guard countCall(emit) else { return }
        emit(.call(number, id: call["id"]?.piece ?? EscapedPiece(start: nil, count: 0), name: name))
        if let arguments = function["arguments"] {
            if arguments.kind == .string {
                account.contentBytes += arguments.piece.count
                if !arguments.piece.isEmpty { emit(.arguments(number, arguments.piece)) }
            } else if arguments.kind != .null {
                var escaped: [UInt8] = []
                JSONText.appendEscaped(arguments.raw, to: &escaped)
                account.contentBytes += escaped.count
                escaped.withUnsafeBufferPointer { emit(.arguments(number, $0)) }
            }
        }
        emit(.callEnd(number))
    }

    private mutating func complete(_ line: JSONView, _ emit: (AnswerEvent) -> Void) {
        account.isComplete = true
        // The server leaves the prompt's count out where its own cache held all of it.
        if let input = line["prompt_eval_count"]?.count {
            account.usage.input = input
            account.hasInput = true
        }
        if let output = line["eval_count"]?.count {
            account.usage.output = output
            account.hasOutput = true
            if !account.hasInput { account.usage.input = account.estimatedInput }
        }
        let stop = OpenAIUsage.stopReason(
            line["done_reason"]?.string,
            hasCalls: account.callCount > 0,
            hasRefused: false
        )
        account.stopReason = stop
        emit(.end(AnswerTotals(usage: account.clientUsage, reasoningTokens: 0, stopReason: stop)))
    }
}
