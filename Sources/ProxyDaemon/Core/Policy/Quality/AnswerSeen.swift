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
    /// What the provider counted of the answer, its thinking included; nil where it counted nothing, or not yet.
    var outputTokens: Int?
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

    mutating func take(_ delta: UsualDelta) {
        if delta.isPlain, half.isEmpty { take(plain: delta.text) } else { take(text: delta.text) }
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
        if text.count < end { text = [UInt8](repeating: 0, count: max(256, end)) }
        let written = text.withUnsafeMutableBufferPointer { room -> Bool in
            guard let count = Self.unescape(EscapedPiece(rebasing: piece[..<end]), into: room) else { return false }
            take(plain: UnsafeBufferPointer(rebasing: room[..<count]))
            return true
        }
        if !written { takeRarelyEscaped(EscapedPiece(rebasing: piece[..<end])) }
        if text.count <= Self.keptBytes { swap(&text, &plain) }
    }

    /// Undoes escapes of one letter, which are the most; nil where there are others. There is room for the whole piece.
    private static func unescape(_ piece: EscapedPiece, into room: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        guard let source = piece.baseAddress, let target = room.baseAddress, piece.count <= room.count else {
            return nil
        }
        var at = 0
        var count = 0
        while at < piece.count {
            let slash = JSONScan.nextBackslash(piece, from: at) ?? piece.count
            (target + count).update(from: source + at, count: slash - at)
            count += slash - at
            at = slash + 2
            guard slash < piece.count else { break }
            guard at <= piece.count else { return nil }
            switch piece[slash + 1] {
            case UInt8(ascii: "n"): target[count] = 0x0A
            case UInt8(ascii: "t"): target[count] = 0x09
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): target[count] = piece[slash + 1]
            default: return nil
            }
            count += 1
        }
        return count
    }

    private mutating func takeRarelyEscaped(_ piece: EscapedPiece) {
        var text: [UInt8] = []
        text.reserveCapacity(piece.count)
        JSONText.appendUnescaped(piece, to: &text)
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
}
