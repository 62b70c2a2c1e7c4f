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

    /// Room for the words of the sentence that is being read, kept from line to line.
    private var room: [SentenceWord] = []
    private var sentenceBytes = 0

    /// A heading, which claims nothing.
    mutating func passOver(_ bytes: Int) { helpBytes += bytes }

    mutating func read(_ text: UnsafeBufferPointer<UInt8>, isItem: Bool, _ repeats: inout RepeatScan) {
        var words: [SentenceWord] = []
        // Taken out while it is written, so that it is asked once and not for every word whether it is shared.
        swap(&words, &room)
        // No word has less than a byte, and those that become two have three.
        if words.count <= text.count {
            let none = SentenceWord(hash: 0, uses: [], beginsClause: false)
            words = [SentenceWord](repeating: none, count: max(256, text.count + 1))
        }
        words.withUnsafeMutableBufferPointer { read(text, isItem: isItem, $0, &repeats) }
        swap(&words, &room)
    }

    private mutating func read(
        _ text: UnsafeBufferPointer<UInt8>,
        isItem: Bool,
        _ room: UnsafeMutableBufferPointer<SentenceWord>,
        _ repeats: inout RepeatScan
    ) {
        let known = QualityWords.shared
        let before = sentences
        var reader = LineReader(text)
        // Counted apart from the members, which would be written for every word.
        var line = LineCounts()
        var sentence = Sentence(room)
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
                line.note(uses)
                sentence.append(hash, uses, beginsClause: isClauseStart)
                lastUses = uses
            case .comma: line.commas += 1
            case .code(let length): longestInlineCode = max(longestInlineCode, length)
            case .end(let mark):
                closedSentences += 1
                sentenceBytes = reader.takeBytes()
                let found = other(start + sentenceBytes)
                close(&sentence, isItem: isItem, isQuestion: mark == UInt8(ascii: "?"), found, known, &repeats)
                start += sentenceBytes
            }
        }
        sentenceBytes = reader.takeBytes()
        if sentence.words != nil || sentenceBytes > 0 {
            close(&sentence, isItem: isItem, isQuestion: false, other(text.count), known, &repeats)
        }
        words += line.words
        commonWords += line.commonWords
        hedges += line.hedges
        safetyWords += line.safetyWords
        commas += line.commas
        end.words = line.words
        end.lastUses = lastUses
        end.sentences = sentences - before
        end.note(text)
    }

    private mutating func close(
        _ sentence: inout Sentence,
        isItem: Bool,
        isQuestion: Bool,
        _ other: ScriptClaims.Found?,
        _ known: QualityWords,
        _ repeats: inout RepeatScan
    ) {
        defer { sentence.clear() }
        guard let words = sentence.words else {
            helpBytes += sentenceBytes
            return
        }
        repeats.take(words, isItem: isItem)
        var claim = Claim(
            words,
            isQuestion: isQuestion,
            isOpening: sentences < Self.opening,
            mayBeVague: sentence.uses.contains(.beginsVague),
            known
        )
        if let other {
            claim.add(other, isOpening: sentences < Self.opening)
            if other.isSafety { safetyWords += 1 }
        }
        helpBytes += claims.note(claim, bytes: sentenceBytes, words: words.count, at: sentences)
        sentences += 1
    }
}

/// What the words of one line come to.
private struct LineCounts {
    var words = 0
    var commonWords = 0
    var hedges = 0
    var safetyWords = 0
    var commas = 0

    @inline(__always) mutating func note(_ uses: QualityWords.Uses) {
        words += 1
        guard !uses.isEmpty else { return }
        if uses.contains(.common) { commonWords += 1 }
        if uses.contains(.hedge) { hedges += 1 }
        if uses.contains(.safety) { safetyWords += 1 }
    }
}

/// The sentence that is being read, in room that is lent to it.
private struct Sentence {
    private let room: UnsafeMutableBufferPointer<SentenceWord>
    private var count = 0
    /// What any of its words is used for.
    private(set) var uses: QualityWords.Uses = []

    init(_ room: UnsafeMutableBufferPointer<SentenceWord>) { self.room = room }

    /// Nil where it has none.
    var words: UnsafeBufferPointer<SentenceWord>? {
        count > 0 ? UnsafeBufferPointer(rebasing: room[..<count]) : nil
    }

    @inline(__always)
    mutating func append(_ hash: UInt64, _ new: QualityWords.Uses, beginsClause: Bool) {
        guard count < room.count else { return }
        room[count] = SentenceWord(hash: hash, uses: new, beginsClause: beginsClause || count == 0)
        count += 1
        uses.formUnion(new)
    }

    mutating func clear() {
        count = 0
        uses = []
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
        var digits = 0
        var marks = 0
        var mark: UInt8 = 0
        for byte in text where byte != 0x20 && byte != UInt8(ascii: "*") && byte != UInt8(ascii: "_") {
            if marks == 0, byte &- UInt8(ascii: "0") < 10 {
                digits += 1
                number = digits <= 2 ? number * 10 + Int(byte & 15) : 0
            } else {
                marks += 1
                mark = byte
                // Text follows: most lines are known by their second letter.
                if marks > 1 { break }
            }
        }
        if digits == 0 { isBareMark = marks == 1 && mark == UInt8(ascii: "-") || text.count == 1 && marks == 0 }
        let isNumber = number > 0 && marks == 1 && (mark == UInt8(ascii: ".") || mark == UInt8(ascii: ")"))
        // Emphasis that is not closed, or a number that follows items: "42." may be an answer.
        isBareMark = isBareMark || isNumber
        hasOpenEmphasis = text.count > 1 && text[0] == UInt8(ascii: "*") && text[text.count - 1] != UInt8(ascii: "*")
    }

    /// It begins with emphasis and does not end with it.
    private(set) var hasOpenEmphasis = false
}
