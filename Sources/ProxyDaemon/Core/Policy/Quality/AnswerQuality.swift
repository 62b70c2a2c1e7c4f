import Shared

/// Judges one answer as it arrives. A value: pure, bounded, and of any cutting of a stream into events the same verdict.
///
/// Reading costs in proportion to the piece. Text is held only where JSON was asked for, and arguments of a tool call until
/// the call is whole.
package struct AnswerQuality: Sendable {
    private let rules: QualityRules
    private var reader: DialectReader
    private var splitter = EventStreamSplitter()
    private var isBroken = false
    private var seen: AnswerSeen

    /// - Parameters:
    ///   - expectation: What the request asks for.
    ///   - rules: Which signals count and how.
    ///   - dialect: The client's, in which the answer is read.
    package init(_ expectation: QualityExpectation, _ rules: QualityRules, dialect: Dialect) {
        self.rules = rules
        reader = DialectReader(dialect)
        seen = AnswerSeen(expectation)
    }

    /// Characters of text seen so far, as the model wrote them; thinking and calls of tools are none.
    package var outputCharacters: Int { seen.scan.characters }

    /// Reads a piece of the stream in the client's dialect. What is no such stream is passed over.
    package mutating func read(events: [UInt8]) {
        guard !isBroken, !reader.isOver else { return }
        // Most pieces are whole deltas, which need no splitter.
        let read = splitter.isBetweenEvents ? Self.read(deltas: events, &reader, &seen) : 0
        guard read < events.count else { return }
        do throws(EventStreamSplitter.EventTooLong) {
            try Self.read(read == 0 ? events : Array(events[read...]), &splitter, &reader, &seen)
        } catch {
            isBroken = true
        }
    }

    private static func read(deltas events: [UInt8], _ reader: inout DialectReader, _ seen: inout AnswerSeen) -> Int {
        events.withUnsafeBufferPointer { bytes in reader.read(deltas: bytes) { seen.take($0) } }
    }

    private static func read(
        _ events: [UInt8],
        _ splitter: inout EventStreamSplitter,
        _ reader: inout DialectReader,
        _ seen: inout AnswerSeen
    ) throws(EventStreamSplitter.EventTooLong) {
        _ = try splitter.append(events) { event in
            StreamPayload.look(at: event) { payload in reader.read(payload) { seen.take($0) } }
        }
    }

    /// Reads a whole answer in the client's dialect. What is none is passed over.
    package mutating func read(whole body: [UInt8]) {
        guard !isBroken, !reader.isOver else { return }
        Self.read(whole: body, &reader, &seen)
    }

    private static func read(whole body: [UInt8], _ reader: inout DialectReader, _ seen: inout AnswerSeen) {
        body.withUnsafeBufferPointer { bytes in reader.read(whole: bytes) { seen.take($0) } }
    }

    // MARK: Verdicts

    /// What the beginning alone shows and nothing that follows could take back: an opening refusal or claim not to know, a
    /// broken call of a tool, garbage, an answer that has ended too soon.
    package func opening() -> QualityVerdict {
        if seen.stopReason != nil { return finished() }
        guard !seen.hasRefused else { return .fine }
        var sofar = seen
        sofar.scan.finishSentences()
        var findings = AnswerFindings(sofar, rules)
        findings.opening()
        return QualityVerdict(findings.all, rules)
    }

    /// All that can be said once the answer is over, its own stop reason included. A refusal for safety is never weak.
    /// `usageIsEstimated` where the tokens that the answer tells of were not counted by its provider.
    package func finished(usageIsEstimated: Bool = false) -> QualityVerdict {
        guard !seen.hasRefused, seen.stopReason != "refusal" else { return .fine }
        var whole = seen.stopReason == nil ? seen.finished() : seen
        whole.outputTokens = usageIsEstimated ? nil : reader.countedOutput
        var findings = AnswerFindings(whole, rules)
        findings.finished()
        return QualityVerdict(findings.all, rules)
    }
}

/// The reader for the client's dialect. Both are there, one of them idle: a reader behind a protocol would be copied for every
/// event.
private struct DialectReader: Sendable {
    private let dialect: Dialect
    private var anthropic: AnthropicAnswerReader
    private var openAI: OpenAIAnswerReader

    init(_ dialect: Dialect) {
        self.dialect = dialect
        let context = TranslationContext(exchangeID: "", unixSeconds: 0, model: "")
        anthropic = AnthropicAnswerReader(context)
        openAI = OpenAIAnswerReader(context)
    }

    /// Tokens of output as far as the answer tells of them.
    var countedOutput: Int? {
        let account = dialect == .anthropic ? anthropic.account : openAI.account
        return account.hasOutput ? account.usage.output : nil
    }

    var isOver: Bool { dialect == .anthropic ? anthropic.isOver : openAI.isOver }

    mutating func read(_ payload: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void) {
        switch dialect {
        case .anthropic: anthropic.read(payload, emit)
        case .openai: openAI.read(payload, emit)
        }
    }

    /// How many bytes of deltas of the usual spelling the events begin with; those are read.
    mutating func read(deltas events: UnsafeBufferPointer<UInt8>, _ visit: (UsualDelta) -> Void) -> Int {
        dialect == .anthropic ? anthropic.read(deltas: events, visit) : 0
    }

    mutating func read(whole body: UnsafeBufferPointer<UInt8>, _ emit: (AnswerEvent) -> Void) {
        switch dialect {
        case .anthropic: anthropic.read(whole: body, emit)
        case .openai:
            openAI.read(body, emit)
            if !openAI.isOver { openAI.finish(emit) }
        }
    }
}
