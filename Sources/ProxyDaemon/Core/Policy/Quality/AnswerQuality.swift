/// Judges one answer as it arrives. A value: pure, bounded, and of any cutting of a stream into events the same verdict.
///
/// Reading costs in proportion to the piece. Text is held only where JSON was asked for, and arguments of a tool call until
/// the call is whole.
package struct AnswerQuality: Sendable {
    /// Text beyond this is not checked for JSON.
    static let maximumHeldBytes = 1_048_576

    let expectation: QualityExpectation
    let rules: QualityRules
    var scan = AnswerScan()
    var calls = CallChecks()
    /// The text so far, where it has to be JSON.
    var held: [UInt8] = []
    var isHeldWhole = true
    /// In Anthropic's words; nil while the answer goes on.
    var stopReason: String?
    var hasRefused = false
    private var reader: any AnswerReader
    private let dialect: Dialect
    private var splitter = EventStreamSplitter()
    private var isBroken = false
    /// Half of a character that two escapes stand for, which a stream may cut.
    private var half: [UInt8] = []

    /// - Parameters:
    ///   - expectation: What the request asks for.
    ///   - rules: Which signals count and how.
    ///   - dialect: The client's, in which the answer is read.
    package init(_ expectation: QualityExpectation, _ rules: QualityRules, dialect: Dialect) {
        self.expectation = expectation
        self.rules = rules
        self.dialect = dialect
        let context = TranslationContext(exchangeID: "", unixSeconds: 0, model: "")
        reader = dialect == .anthropic ? AnthropicAnswerReader(context) : OpenAIAnswerReader(context)
    }

    /// Characters of text seen so far, as the model wrote them; thinking and calls of tools are none.
    package var outputCharacters: Int { scan.characters }

    /// Reads a piece of the stream in the client's dialect. What is no such stream is passed over.
    package mutating func read(events: [UInt8]) {
        guard !isBroken, !reader.isOver else { return }
        var reader = self.reader
        var splitter = EventStreamSplitter()
        // Taken out, so that what it holds is not copied.
        swap(&splitter, &self.splitter)
        do throws(EventStreamSplitter.EventTooLong) {
            _ = try splitter.append(events) { event in
                StreamPayload.look(at: event) { payload in reader.read(payload) { take($0) } }
            }
        } catch {
            isBroken = true
        }
        self.reader = reader
        self.splitter = splitter
    }

    /// Reads a whole answer in the client's dialect. What is none is passed over.
    package mutating func read(whole body: [UInt8]) {
        if dialect == .anthropic {
            guard let stream = AnthropicReplay.stream(fromJSON: OneLine.of(body)) else { return }
            read(events: stream)
            return
        }
        guard !reader.isOver else { return }
        var reader = self.reader
        body.withUnsafeBufferPointer { bytes in reader.read(bytes) { take($0) } }
        if !reader.isOver { reader.finish { take($0) } }
        self.reader = reader
    }

    private mutating func take(_ event: AnswerEvent) {
        switch event {
        case .text(let piece): take(text: piece)
        case .refusal: hasRefused = true
        case .call(let number, _, let name): calls.begin(number, name)
        case .arguments(let number, let piece): calls.add(number, piece)
        case .callEnd(let number): calls.end(number, expectation.prompt)
        case .end(let totals):
            stopReason = totals.stopReason
            finishText()
        case .start, .reasoning, .ping, .error: break
        }
    }

    private mutating func take(text piece: EscapedPiece) {
        var text: [UInt8] = []
        if half.isEmpty, Self.half(at: piece) == nil, JSONScan.nextBackslash(piece, from: 0) == nil {
            take(plain: piece)
            return
        }
        var escaped = half + piece
        half = []
        if let cut = escaped.withUnsafeBufferPointer(Self.half) {
            half = Array(escaped[cut...])
            escaped.removeSubrange(cut...)
        }
        text.reserveCapacity(escaped.count)
        escaped.withUnsafeBufferPointer { JSONText.appendUnescaped($0, to: &text) }
        text.withUnsafeBufferPointer { take(plain: $0) }
    }

    private mutating func take(plain text: UnsafeBufferPointer<UInt8>) {
        scan.append(text)
        guard expectation.json != .none, isHeldWhole else { return }
        isHeldWhole = held.count + text.count <= Self.maximumHeldBytes
        if isHeldWhole { held.append(contentsOf: text) } else { held = [] }
    }

    private mutating func finishText() {
        if !half.isEmpty { [0xEF, 0xBF, 0xBD].withUnsafeBufferPointer { take(plain: $0) } }
        half = []
        scan.finish()
        calls.endAll(expectation.prompt)
    }

    /// Where the first escape of a pair stands at the end of a piece without the second, such as `\ud83d`.
    private static func half(at piece: EscapedPiece) -> Int? {
        let start = piece.count - 6
        guard start >= 0, piece[start] == UInt8(ascii: "\\"), piece[start + 1] | 0x20 == UInt8(ascii: "u"),
            piece[start + 2] | 0x20 == UInt8(ascii: "d"),
            [UInt8(ascii: "8"), UInt8(ascii: "9"), UInt8(ascii: "a"), UInt8(ascii: "b")].contains(
                piece[start + 3] | 0x20
            )
        else { return nil }
        // An escaped backslash before the "u" is none of an escape.
        let slashes = piece[...start].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
        return slashes & 1 == 1 ? start : nil
    }

    // MARK: Verdicts

    /// What the beginning alone shows and nothing that follows could take back: an opening refusal or claim not to know, a
    /// broken call of a tool, garbage, an answer that has ended too soon.
    package func opening() -> QualityVerdict {
        if stopReason != nil { return finished() }
        guard !hasRefused else { return .fine }
        var sofar = self
        sofar.scan.finishSentences()
        var findings = AnswerFindings(sofar)
        findings.opening()
        return QualityVerdict(findings.all, rules)
    }

    /// All that can be said once the answer is over, its own stop reason included. A refusal for safety is never weak.
    package func finished() -> QualityVerdict {
        guard !hasRefused, stopReason != "refusal" else { return .fine }
        var whole = self
        if stopReason == nil { whole.finishText() }
        var findings = AnswerFindings(whole)
        findings.finished()
        return QualityVerdict(findings.all, rules)
    }
}
