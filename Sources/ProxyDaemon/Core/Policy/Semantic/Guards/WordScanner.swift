/// Cuts a prompt's text into words, numbers, operators, quotations and blocks of code. Reads each byte a bounded number of
/// times, whatever the text.
struct WordScanner {
    /// A quotation or a piece of code within a line.
    struct Span: Sendable {
        /// Its place in the text, without its marks.
        var range: Range<Int>
        var hash: UInt64
    }

    let text: [UInt8]
    var output = WordCollector()
    private(set) var spans: [Span] = []
    private(set) var blocks: [UInt64] = []
    private(set) var operators: [UInt64] = []
    private var at = 0
    private var quoteEnd = -1
    /// Up to here no mark of a kind closes a quotation, as an earlier search found; keeps the search linear.
    private var unclosed: [UInt8: Int] = [:]
    /// Whether nothing but blanks stands before this place in its line.
    private var isLineStart = true

    /// The longest quotation, and the longest word that is looked into.
    private static let longestSpan = 2_000
    private static let longestWord = 96
    /// More quotations than this are read as plain text.
    private static let mostSpans = 64

    init(_ text: [UInt8]) { self.text = text }

    private func byte(_ place: Int) -> UInt8 { place >= 0 && place < text.count ? text[place] : 0 }

    mutating func scan() {
        while at < text.count { step() }
        output.finish()
    }

    private mutating func step() {
        let byte = text[at]
        if at == quoteEnd {
            quoteEnd = -1
            output.isQuoted = false
            at += 1
            return
        }
        switch byte {
        case 0x0A, 0x0D:
            output.startsSentence = true
            isLineStart = true
            at += 1
            return
        case 0x20, 0x09:
            at += 1
            return
        case 0x60 where self.byte(at + 1) == 0x60 && self.byte(at + 2) == 0x60: block()
        case 0x60, 0x22: span(byte)
        case 0x27: if !beginsSingleQuote || !span(byte) { at += 1 }
        case _ where CharacterKind.isWord(byte): word(from: at)
        case 0x80...: beyondASCII()
        default: sign(byte)
        }
        isLineStart = false
    }
}

// MARK: - Quotations and code

extension WordScanner {
    private var beginsSingleQuote: Bool {
        !CharacterKind.isWord(byte(at - 1)) && byte(at + 1) > 0x20 && byte(at + 1) != 0x27
    }

    /// Reads a block between lines of three backticks; one without an end goes to the end of the text.
    private mutating func block() {
        let start = at + 3
        var end = start
        while end < text.count, !(text[end] == 0x60 && byte(end + 1) == 0x60 && byte(end + 2) == 0x60) { end += 1 }
        var last = end
        while last > start, text[last - 1] <= 0x20 { last -= 1 }
        blocks.append(WordStem.hash(text[start..<last]))
        at = min(end + 3, text.count)
    }

    /// Takes down what stands between two equal marks; its words are read as words too.
    @discardableResult
    private mutating func span(_ mark: UInt8) -> Bool {
        let start = at + 1
        at = start
        guard quoteEnd < 0, spans.count < Self.mostSpans, start >= unclosed[mark] ?? 0 else { return true }
        // An inch mark, as in 27", opens nothing.
        if mark == 0x22, CharacterKind.isDigit(byte(start - 2)) { return true }
        var end = start
        let limit = min(text.count, start + Self.longestSpan)
        while end < limit, text[end] != 0x0A, text[end] != mark || !closes(mark, end) { end += 1 }
        guard end < limit, text[end] == mark, end > start else {
            unclosed[mark] = end
            return true
        }
        var range = start..<end
        while let last = range.last, text[last] <= 0x20 { range = range.lowerBound..<last }
        while let first = range.first, text[first] <= 0x20 { range = first + 1..<range.upperBound }
        spans.append(Span(range: range, hash: WordStem.hash(text[range])))
        quoteEnd = end
        output.isQuoted = true
        return true
    }

    private func closes(_ mark: UInt8, _ place: Int) -> Bool {
        mark != 0x27 || !CharacterKind.isWord(byte(place + 1)) && byte(place - 1) > 0x20
    }
}

// MARK: - Signs

extension WordScanner {
    private mutating func sign(_ byte: UInt8) {
        let next = self.byte(at + 1)
        let previous = self.byte(at - 1)
        let opensWord = previous <= 0x20 || previous == 0x28 || previous == 0x22 || previous == 0x27 || previous == 0x60
        switch byte {
        case 0x2E
        where opensWord && (CharacterKind.isLetter(next) || next == 0x2F || next == 0x2E && self.byte(at + 2) == 0x2F),
            0x2F where opensWord && CharacterKind.isLetter(next), 0x7E where next == 0x2F,
            0x24 where CharacterKind.isLetter(next) || next == 0x7B,
            0x40 where opensWord && CharacterKind.isLetter(next),
            0x23 where opensWord && CharacterKind.isWord(next):
            word(from: at)
        case 0x2D
        where opensWord && (CharacterKind.isLetter(next) || next == 0x2D && CharacterKind.isLetter(self.byte(at + 2))):
            word(from: at)
        case 0x2D where opensWord && CharacterKind.isDigit(next) && !isLineStart && !output.endsWithNumber:
            word(from: at)
        case 0x24:
            output.currency = WordStem.hash("$")
            at += 1
        case 0x25 where CharacterKind.isDigit(previous) || previous == 0x20 && output.endsWithNumber:
            output.unit(WordStem.hash("%"))
            at += 1
        case 0x2E, 0x3F:
            output.startsSentence = true
            at += 1
        case 0x2C:
            output.isAfterComma = true
            at += 1
        case 0x3A:
            output.startsSentence = next <= 0x20
            at += 1
        default:
            if CharacterKind.isOperator(byte) { operatorRun() } else { at += 1 }
        }
    }

    /// A run of operator signs counts as one. Marks of emphasis, headings, quotation lines and list points do not count.
    private mutating func operatorRun() {
        let start = at
        while at < text.count, CharacterKind.isOperator(text[at]) { at += 1 }
        let run = text[start..<at]
        let first = text[start]
        let isAlone = byte(start - 1) <= 0x20 && byte(at) <= 0x20
        switch first {
        case 0x21 where !run.contains(0x3D):
            output.startsSentence = true
            if !CharacterKind.isWord(byte(at)) { return }
        case 0x26 where run.count == 1:
            if isAlone { output.plain("and") }
            return
        case 0x2A, 0x5F, 0x7E:
            let isInner = CharacterKind.isWord(byte(start - 1)) && CharacterKind.isWord(byte(at))
            if isLineStart || !isAlone && !isInner { return }
        case 0x2D where !run.contains(0x3E):
            if isLineStart || run.count > 1 || !isAlone || !output.endsWithOperand { return }
        case 0x2F where !isAlone || !output.endsWithOperand: return
        case 0x3E, 0x23, 0x7C, 0x3D, 0x2B:
            if isLineStart || run.count > 3 { return }
        default: break
        }
        if operators.count < 4_096 { operators.append(WordStem.hash(run)) }
    }

    private mutating func beyondASCII() {
        let (value, length) = WordingText.scalar(text, at)
        let end = min(at + length, text.count)
        guard let scalar = Unicode.Scalar(value) else {
            at = end
            return
        }
        switch scalar.properties.generalCategory {
        case .currencySymbol:
            var letters = [UInt8]()
            LetterFolding.fold(value, into: &letters)
            output.currency = WordStem.hash(letters)
            at = end
            return
        case .otherSymbol, .mathSymbol, .modifierSymbol: output.symbol(text[at..<end])
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber,
            .otherNumber:
            let script = WordingScript.of(value)
            guard script.isUnspaced else {
                word(from: at)
                return
            }
            output.character(text[at..<end], script)
        default: break
        }
        at = end
    }
}

// MARK: - Words

extension WordScanner {
    /// Finds where the word that begins at a place ends, and hands it on.
    private mutating func word(from start: Int) {
        var end = start
        // What may stand before a path, a flag, a variable or a tag.
        while end < text.count, end < start + 3, !CharacterKind.isWord(text[end]), text[end] < 0x80 { end += 1 }
        end = max(end, start + 1)
        // What begins the word belongs to it, also a number sign that could not go on with one.
        if text[start] >= 0x80 { end = min(start + WordingText.scalar(text, start).length, text.count) }
        var isAddress = false
        while end < text.count {
            let byte = text[end]
            let next = self.byte(end + 1)
            if CharacterKind.isWord(byte) {
                end += 1
            } else if byte >= 0x80 {
                let (value, length) = WordingText.scalar(text, end)
                guard CharacterKind.isLetter(scalar: value), !WordingScript.of(value).isUnspaced else { break }
                end = min(end + length, text.count)
            } else if byte == 0x3A, next == 0x2F, self.byte(end + 2) == 0x2F {
                isAddress = true
                while end < text.count, text[end] > 0x20, text[end] != 0x22, text[end] != 0x60, text[end] != 0x29 {
                    end += 1
                }
                while end > start + 1, CharacterKind.endsSentence(text[end - 1]) { end -= 1 }
                break
            } else if byte == 0x3A, next == 0x3A {
                end += 2
            } else if CharacterKind.joins(byte), CharacterKind.isWord(next) || next >= 0x80 && byte != 0x3A {
                end += 1
            } else {
                break
            }
        }
        end = min(end, text.count)
        if end - start <= 2, CharacterKind.isLetter(text[start]) {
            if byte(end) == 0x2B, byte(end + 1) == 0x2B { end += 2 } else if byte(end) == 0x23 { end += 1 }
        }
        // A comma within a number: 1,000.
        if CharacterKind.isDigit(text[start]) {
            while byte(end) == 0x2C, (1...3).allSatisfy({ CharacterKind.isDigit(byte(end + $0)) }),
                !CharacterKind.isWord(byte(end + 4))
            {
                end += 4
            }
            if byte(end) == 0x2E, CharacterKind.isDigit(byte(end + 1)) {
                end += 1
                while CharacterKind.isDigit(byte(end)) { end += 1 }
            }
            if byte(end) == 0x28, CharacterKind.isLetter(byte(end + 1)), byte(end + 2) == 0x29 { end += 3 }
        }
        let isCall = byte(end) == 0x28 && byte(end + 1) == 0x29
        output.token(text[start..<end], isIdentifier: isAddress || isCall || end - start > Self.longestWord)
        at = isCall ? end + 2 : end
    }
}

/// What the bytes of normalised text can be.
enum CharacterKind {
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }
    static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == 0x5F }
    static func endsSentence(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2E, 0x2C, 0x3F, 0x21, 0x3A, 0x3B, 0x27: true
        default: false
        }
    }

    /// Whether a sign may stand within a word: `' - . / : @ \`.
    static func joins(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x27, 0x2D, 0x2E, 0x2F, 0x3A, 0x40, 0x5C: true
        default: false
        }
    }

    /// Whether a sign can be an operator: `! # % & * + - / < = > [ ^ { | ~`.
    static func isOperator(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23, 0x25, 0x26, 0x2A, 0x2B, 0x2D, 0x2F, 0x3C, 0x3D, 0x3E, 0x5B, 0x5E, 0x7B, 0x7C, 0x7E: true
        default: false
        }
    }

    static func isLetter(scalar value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        let properties = scalar.properties
        if properties.isAlphabetic { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber: return true
        default: return false
        }
    }
}
