import Shared

/// A Messages stream on its way to a client of the same dialect: its bytes as they are, regrouped by events.
struct AnthropicPassage: AnswerPassage {
    private var splitter = EventStreamSplitter()
    private var meter = AnthropicStreamMeter()
    private let estimatedInput: Int

    init(_ context: TranslationContext) { estimatedInput = context.estimatedInputTokens }

    mutating func append(_ bytes: [UInt8]) throws(EventStreamSplitter.EventTooLong) -> [UInt8] {
        try splitter.append(bytes) { meter.read($0) }
    }

    mutating func finish() -> [UInt8] {
        if isComplete {
            // What follows the answer's end is the client's too, but tells nothing.
            let rest = splitter.finish { _ in }
            return rest.whole + rest.partial
        }
        let rest = splitter.finish { meter.read($0) }
        return isComplete ? rest.whole + rest.partial : rest.whole
    }

    var usage: TokenUsage { meter.usage }
    var estimatedUsage: TokenUsage {
        var estimate = meter.estimatedUsage
        if !meter.hasStarted { estimate.input = estimatedInput }
        return estimate
    }
    var stopReason: String? { meter.stopReason }
    var hasStarted: Bool { meter.hasStarted }
    var isComplete: Bool { meter.isComplete }
    var error: String? { meter.error }
    var hasFinalUsage: Bool { meter.hasFinalUsage }
    var eventCount: Int { meter.eventCount }
}
