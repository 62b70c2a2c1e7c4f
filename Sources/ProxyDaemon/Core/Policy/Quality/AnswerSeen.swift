/// What was seen of an answer: its text, its calls of tools, how it ended.
struct AnswerSeen: Sendable {
    /// Text beyond this is not checked for JSON.
    private static let maximumHeldBytes = 1_048_576
    /// Room for text without its escapes that is kept from piece to piece.
    private static let keptBytes = 16_384

    let expectation: QualityExpectation
    var scan = AnswerScan()
    private(set) var calls = CallChecks()
    /// The text so far, where it has to be JSON.
    private(set) var held: [UInt8] = []
    private(set) var isHeldWhole = true
    /// In Anthropic's words; nil while the answer goes on.
    private(set) var stopReason: String?
    private(set) var hasRefused = false
    /// Half of a character that two escapes stand for, which a stream may cut.
    private var half: [UInt8] = []
    private var plain: [UInt8] = []

    init(_ expectation: QualityExpectation) { self.expectation = expectation }

    mutating func take(_ event: AnswerEvent) {
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

    /// The same, were the answer over now.
    func finished() -> AnswerSeen {
        var whole = self
        whole.finishText()
        return whole
    }

    private mutating func take(text piece: EscapedPiece) {
        if half.isEmpty {
            if JSONScan.nextBackslash(piece, from: 0) == nil { take(plain: piece) } else { take(escaped: piece) }
            return
        }
        let joined = half + piece
        half = []
        joined.withUnsafeBufferPointer { take(escaped: $0) }
    }

    private mutating func take(escaped piece: EscapedPiece) {
        let end = Self.half(at: piece) ?? piece.count
        if end < piece.count { half = Array(piece[end...]) }
        var text: [UInt8] = []
        // Taken out, so that what it holds is not copied.
        swap(&text, &plain)
        text.reserveCapacity(end)
        JSONText.appendUnescaped(EscapedPiece(rebasing: piece[..<end]), to: &text)
        text.withUnsafeBufferPointer { take(plain: $0) }
        guard text.capacity <= Self.keptBytes else { return }
        text.removeAll(keepingCapacity: true)
        swap(&text, &plain)
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
}
