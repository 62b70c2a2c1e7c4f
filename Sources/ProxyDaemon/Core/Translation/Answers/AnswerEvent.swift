import Shared

/// A piece of text as it stands between the quotes of a JSON string, escapes and all. It points into the bytes that are
/// being read and must not outlive the call.
typealias EscapedPiece = UnsafeBufferPointer<UInt8>

/// What happens in an answer, whichever wire it comes from and whichever dialect it goes to. Readers make these of a
/// provider's bytes and writers make a client's bytes of them, so that three readers and two writers do for six ways.
enum AnswerEvent {
    /// The answer begins. Both are empty where the provider does not say.
    case start(id: EscapedPiece, model: EscapedPiece)
    case reasoning(EscapedPiece)
    case text(EscapedPiece)
    /// Why the model will not answer, in its own words.
    case refusal(EscapedPiece)
    /// A call begins. The number stands for it in the events that follow; the name is never empty, the id may be.
    case call(Int, id: EscapedPiece, name: EscapedPiece)
    /// More of the JSON text of a call's arguments.
    case arguments(Int, EscapedPiece)
    /// The call's arguments are whole. Providers that do not mark it leave it out.
    case callEnd(Int)
    case ping
    /// The answer is whole.
    case end(AnswerTotals)
    /// The provider broke it off. `type` in Anthropic's words; both plain text.
    case error(type: String, message: String)
}

/// What an answer came to, told with its last event.
struct AnswerTotals: Sendable {
    /// What the provider counted, or an estimate where it counted nothing.
    var usage: TokenUsage
    /// Output tokens spent on reasoning, which `usage.output` contains.
    var reasoningTokens: Int
    /// In Anthropic's words.
    var stopReason: String
    /// OpenAI's own spelling, for an answer that goes to an OpenAI client from the cache.
    var verbatim = OpenAIEnding()
}

/// What an OpenAI answer says at its end, as its provider wrote it.
struct OpenAIEnding: Sendable {
    /// The `usage` object.
    var usage: [UInt8]?
    /// The contents of the string `finish_reason`.
    var finishReason: [UInt8]?
}

/// The account a reader keeps of what it has read.
struct AnswerAccount: Sendable {
    var usage = TokenUsage()
    var reasoningTokens = 0
    /// The provider's count was seen; for the input, for the output.
    var hasInput = false
    var hasOutput = false
    var stopReason: String?
    var hasStarted = false
    var isComplete = false
    var error: String?
    /// Bytes of content seen.
    var contentBytes = 0
    var callCount = 0
    /// For the input that no provider counted.
    let estimatedInput: Int
    /// More content than this is no answer: what is held of it would fill the memory.
    static let maximumContentBytes = 67_108_864

    init(_ context: TranslationContext) { estimatedInput = context.estimatedInputTokens }

    /// The counts so far, what is missing estimated: about four bytes of content a token, and one at least
    /// where there was any.
    var estimatedUsage: TokenUsage {
        var estimate = usage
        if !hasInput { estimate.input = estimatedInput }
        // Counted at the end, only the input may still be a guess.
        guard !hasOutput || stopReason == nil else { return estimate }
        estimate.output = max(estimate.output, contentBytes / 4, min(contentBytes, 1))
        return estimate
    }

    /// What the client is told at the end.
    var clientUsage: TokenUsage {
        var told = hasOutput ? usage : estimatedUsage
        if !hasInput { told.input = estimatedInput }
        return told
    }
}

/// Reads a provider's answer, one JSON object after the other.
protocol AnswerReader: Sendable {
    /// Reads the data of one event, the line of one, or a whole answer. After the end, or an error, nothing is read.
    mutating func read(_ payload: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void)
    /// The provider has closed the stream.
    mutating func finish(_ emit: (AnswerEvent) -> Void)
    var account: AnswerAccount { get set }
}

extension AnswerReader {
    var isOver: Bool { account.isComplete || account.error != nil }

    mutating func fail(type: String, message: String, _ emit: (AnswerEvent) -> Void) {
        account.error = "\(type): \(message)"
        emit(.error(type: type, message: message))
    }

    /// Counts a call that begins. More than any answer has end it, as every piece is looked up among them: then false.
    mutating func countCall(_ emit: (AnswerEvent) -> Void) -> Bool {
        guard !isOver else { return false }
        account.callCount += 1
        if account.callCount <= 1_024 { return true }
        fail(type: "api_error", message: "the provider sent more than 1024 tool calls", emit)
        return false
    }

    /// Looks at a payload's object. What is no JSON ends the answer: passing over it would lose a piece in silence.
    mutating func parse(
        _ payload: UnsafeBufferPointer<UInt8>,
        _ emit: (AnswerEvent) -> Void,
        _ look: (inout Self, JSONView) -> Void
    ) {
        guard account.contentBytes <= AnswerAccount.maximumContentBytes else {
            fail(type: "api_error", message: "the provider's answer does not end", emit)
            return
        }
        do throws(JSONProblem) {
            let index = try JSONIndex(payload)
            index.withRoot(payload) { look(&self, $0) }
        } catch {
            fail(type: "api_error", message: "the provider sent \(error)", emit)
        }
    }
}

/// Writes an answer in a client's dialect.
protocol AnswerWriter: Sendable {
    mutating func write(_ event: AnswerEvent, to out: inout [UInt8])
}

extension JSONView {
    /// The inside of a string; empty for other kinds.
    var piece: EscapedPiece { EscapedPiece(rebasing: bytes[stringContents]) }

    /// A count that can be added up: nonsense from a broken provider must not end the process.
    var count: Int? { integer.map { max(0, min($0, 1 << 40)) } }

    /// Whether a string is exactly this plain text.
    func isString(_ text: StaticString) -> Bool {
        kind == .string && JSONText.equals(bytes, stringContents, text)
    }
}
