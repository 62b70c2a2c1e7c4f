package import Shared

/// What the translation of one exchange has to know besides the bytes. Made by the stage `attempt`.
package struct TranslationContext: Sendable {
    /// The gateway's id of the exchange, for answers whose provider gives none.
    package var exchangeID: String
    /// For `created` in OpenAI's answers.
    package var unixSeconds: Int64
    /// The model asked for upstream, for answers that do not name theirs.
    package var model: String
    /// Names of tools that had to be shortened for the provider, with the client's own spelling.
    package var toolNames: [String: String]
    /// For the head of a stream, before the provider has counted.
    package var estimatedInputTokens: Int
    /// The client asked for a usage chunk at the end of an OpenAI stream.
    package var wantsUsageChunk: Bool

    package init(
        exchangeID: String,
        unixSeconds: Int64,
        model: String,
        toolNames: [String: String] = [:],
        estimatedInputTokens: Int = 0,
        wantsUsageChunk: Bool = false
    ) {
        self.exchangeID = exchangeID
        self.unixSeconds = unixSeconds
        self.model = model
        self.toolNames = toolNames
        self.estimatedInputTokens = estimatedInputTokens
        self.wantsUsageChunk = wantsUsageChunk
    }
}

/// What the backend that a request is translated for accepts. Made from the backend's settings and its model's entry in
/// the catalogue.
package struct TranslationTarget: Sendable {
    package var wire: BackendWire
    package var model: String
    package var capabilities: ModelCapabilities
    /// Given to requests that set no limit where the wire demands one.
    package var defaultMaxTokens: Int
    /// OpenAI itself: `max_completion_tokens` rather than `max_tokens`, at most four stop strings, files, strict tools.
    package var isOpenAIProper: Bool
    /// Ollama's `options.num_ctx`; nil leaves it to the server.
    package var contextTokens: Int?
    /// A stream may be asked to report its usage.
    package var takesStreamOptions: Bool
    /// Every drop is refused with a 400 that names the field.
    package var isStrict: Bool

    package init(
        wire: BackendWire,
        model: String,
        capabilities: ModelCapabilities = ModelCapabilities(),
        defaultMaxTokens: Int = 4_096,
        isOpenAIProper: Bool = false,
        contextTokens: Int? = nil,
        takesStreamOptions: Bool = true,
        isStrict: Bool = false
    ) {
        self.wire = wire
        self.model = model
        self.capabilities = capabilities
        self.defaultMaxTokens = defaultMaxTokens
        self.isOpenAIProper = isOpenAIProper
        self.contextTokens = contextTokens
        self.takesStreamOptions = takesStreamOptions
        self.isStrict = isStrict
    }
}

/// A request in the provider's wire format.
package struct TranslatedRequest: Sendable, Equatable {
    package var body: [UInt8]
    /// The fields that were dropped or changed, by their names in the client's dialect, each once, in order.
    package var warnings: [String]
    /// See ``TranslationContext/toolNames``.
    package var toolNames: [String: String]

    package init(body: [UInt8], warnings: [String] = [], toolNames: [String: String] = [:]) {
        self.body = body
        self.warnings = warnings
        self.toolNames = toolNames
    }
}

/// A whole answer in the client's dialect, with what accounting needs of it.
package struct TranslatedAnswer: Sendable, Equatable {
    package var body: [UInt8]
    package var usage: TokenUsage
    /// False: the provider counted nothing, and `usage` is empty.
    package var hasUsage: Bool
    /// The provider counted its answer and not the prompt, as Ollama does of one that it had read before.
    package var inputIsEstimated: Bool
    /// In Anthropic's words, whichever the dialect: `end_turn`, `max_tokens`, `tool_use`…
    package var stopReason: String?

    package init(
        body: [UInt8],
        usage: TokenUsage,
        hasUsage: Bool,
        inputIsEstimated: Bool = false,
        stopReason: String?
    ) {
        self.body = body
        self.usage = usage
        self.hasUsage = hasUsage
        self.inputIsEstimated = inputIsEstimated
        self.stopReason = stopReason
    }
}

/// One stream on its way from a provider's wire format to a client's dialect, which may be the same: bytes in, bytes
/// out, and the account of what went by. Pure; holds no more than the event that is not whole yet, and what the client's
/// dialect cannot take yet.
package protocol AnswerPassage: Sendable {
    /// Takes what was read and returns what the client may have of it now: whole events.
    mutating func append(_ bytes: [UInt8]) throws(EventStreamSplitter.EventTooLong) -> [UInt8]
    /// The provider has closed the stream. What is still owed to the client; a stream that is not whole by then has
    /// `isComplete` false and the caller adds the error.
    mutating func finish() -> [UInt8]

    var usage: TokenUsage { get }
    /// The counts so far, the output estimated from the content that went by.
    var estimatedUsage: TokenUsage { get }
    /// In Anthropic's words.
    var stopReason: String? { get }
    /// The first event of an answer was seen.
    var hasStarted: Bool { get }
    /// The answer's end was seen and everything of it handed out.
    var isComplete: Bool { get }
    /// The provider's own error inside the stream, as `type: message`. It has been handed out in the client's dialect.
    var error: String? { get }
    /// The provider's final count was seen.
    var hasFinalUsage: Bool { get }
    /// How many events went by that say something: pings and comments only keep a connection alive.
    var eventCount: Int { get }
}
