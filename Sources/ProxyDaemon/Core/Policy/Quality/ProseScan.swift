/// A word of a sentence.
struct SentenceWord: Sendable {
    let hash: UInt64
    let uses: QualityWords.Uses
    /// A clause begins with it.
    let beginsClause: Bool
}

/// Reads the prose of an answer: its sentences, what they claim, its hedges, how it ends. What stands in quotation marks or
/// between backticks is passed over.
struct ProseScan: Sendable {
    /// Sentences that count as the answer's opening.
    static let opening = 3

    private(set) var words = 0
    private(set) var commonWords = 0
    private(set) var commas = 0
    private(set) var hedges = 0
    private(set) var safetyWords = 0
    private(set) var sentences = 0
    /// Sentences that end with a mark.
    private(set) var closedSentences = 0
    /// Bytes of sentences that help: those that neither claim nor offer nor ask.
    private(set) var helpBytes = 0
    private(set) var claims = ClaimCounts()
    /// Longest piece of code between backticks.
    private(set) var longestInlineCode = 0
    private(set) var end = ProseEnd()

    /// The words of the sentence that is being read.
    private var sentence: [SentenceWord] = []
    private var sentenceBytes = 0

    /// A heading, which claims nothing.
    mutating func passOver(_ bytes: Int) { helpBytes += bytes }

    mutating func read(_ text: UnsafeBufferPointer<UInt8>, isItem: Bool, _ repeats: inout RepeatScan) {
        let known = QualityWords.shared
        let before = sentences
        var reader = LineReader(text)
        var lineWords = 0
        var lastUses: QualityWords.Uses = []
        /// Where the sentence that is being read begins.
        var start = 0
        let isOtherScript = sentences <= Self.opening && ScriptClaims.isNeeded(text)
        func other(_ end: Int) -> ScriptClaims.Found? {
            guard isOtherScript, sentences <= Self.opening else { return nil }
            return ScriptClaims.read(UnsafeBufferPointer(rebasing: text[start..<min(end, text.count)]))
        }
        end = ProseEnd()
        while let token = reader.next() {
            switch token {
            case .word(let hash, let isClauseStart):
                let uses = known.uses(hash)
                lineWords += 1
                if !uses.isEmpty {
                    if uses.contains(.common) { commonWords += 1 }
                    if uses.contains(.hedge) { hedges += 1 }
                    if uses.contains(.safety) { safetyWords += 1 }
                }
                sentence.append(
                    SentenceWord(hash: hash, uses: uses, beginsClause: isClauseStart || sentence.isEmpty)
                )
                lastUses = uses
            case .comma: commas += 1
            case .code(let length): longestInlineCode = max(longestInlineCode, length)
            case .end(let mark):
                closedSentences += 1
                sentenceBytes = reader.takeBytes()
                let found = other(start + sentenceBytes)
                close(isItem: isItem, isQuestion: mark == UInt8(ascii: "?"), found, known, &repeats)
                start += sentenceBytes
            }
        }
        sentenceBytes = reader.takeBytes()
        if !sentence.isEmpty || sentenceBytes > 0 {
            close(isItem: isItem, isQuestion: false, other(text.count), known, &repeats)
        }
        words += lineWords
        end.words = lineWords
        end.lastUses = lastUses
        end.sentences = sentences - before
        end.note(text)
    }

    private mutating func close(
        isItem: Bool,
        isQuestion: Bool,
        _ other: ScriptClaims.Found?,
        _ known: QualityWords,
        _ repeats: inout RepeatScan
    ) {
        defer { sentence.removeAll(keepingCapacity: true) }
        guard !sentence.isEmpty else {
            helpBytes += sentenceBytes
            return
        }
        repeats.take(sentence, isItem: isItem)
        var claim = Claim(
            sentence,
            isQuestion: isQuestion,
            isOpening: sentences < Self.opening,
            known
        )
        if let other {
            claim.add(other, isOpening: sentences < Self.opening)
            if other.isSafety { safetyWords += 1 }
        }
        helpBytes += claims.note(claim, bytes: sentenceBytes, words: sentence.count, at: sentences)
        sentences += 1
    }
}

/// How the last line of prose ends.
struct ProseEnd: Sendable {
    var words = 0
    var sentences = 0
    var lastUses: QualityWords.Uses = []
    /// The last byte that is no closing mark of emphasis or quotation.
    private(set) var last: UInt8 = 0
    /// Its last word is a link.
    private(set) var isAddress = false
    /// It is the number or the mark of an item that never came.
    private(set) var isBareMark = false
    /// The number, if it is one.
    private(set) var number = 0
    /// It ends in a letter or digit of a script that has full stops.
    private(set) var isOpen = false

    fileprivate mutating func note(_ text: UnsafeBufferPointer<UInt8>) {
        let at = text.lastIndex { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "_") && $0 != 0x20 }
        guard let at else { return }
        last = text[at]
        noteMark(text)
        let isASCII = (last | 0x20) &- UInt8(ascii: "a") < 26 || last &- UInt8(ascii: "0") < 10
        let word = text[(text.lastIndex { $0 == 0x20 }.map { $0 + 1 } ?? 0)...]
        isAddress = word.contains(UInt8(ascii: "/")) || word.contains(UInt8(ascii: "@"))
        // Latin letters with accents have lead bytes C3 to C5.
        isOpen = isASCII || last & 0xC0 == 0x80 && at > 0 && (0xC3...0xC5).contains(text[at - 1])
    }

    private mutating func noteMark(_ text: UnsafeBufferPointer<UInt8>) {
        let rest = text.filter { $0 != 0x20 && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "_") }
        let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
        number = digits.count <= 2 ? digits.reduce(0) { $0 * 10 + Int($1 & 15) } : 0
        let marks = rest.dropFirst(digits.count)
        if digits.isEmpty { isBareMark = marks.elementsEqual("-".utf8) || text.count == 1 && marks.isEmpty }
        let isNumber = number > 0 && (marks.elementsEqual(".".utf8) || marks.elementsEqual(")".utf8))
        // Emphasis that is not closed, or a number that follows items: "42." may be an answer.
        isBareMark = isBareMark || isNumber
        hasOpenEmphasis = text.count > 1 && text[0] == UInt8(ascii: "*") && text[text.count - 1] != UInt8(ascii: "*")
    }

    /// It begins with emphasis and does not end with it.
    private(set) var hasOpenEmphasis = false
}
