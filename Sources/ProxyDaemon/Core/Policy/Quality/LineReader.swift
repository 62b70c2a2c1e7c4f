/// Reads a line of prose as words, clauses and ends of sentences. What stands in quotation marks or between backticks is
/// passed over where the mark is closed in the same line.
struct LineReader {
    enum Token {
        /// The hash of a word, contractions written out; whether a clause begins with it.
        case word(UInt64, isClauseStart: Bool)
        case comma
        /// Code between backticks, and its bytes.
        case code(Int)
        /// The mark that ends a sentence.
        case end(UInt8)
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var taken = 0
    /// Words of a contraction that are still to come.
    private var waiting: UInt64?
    private var isBreak = true
    /// Kinds of marks that are known to have no other in the rest of the line, one bit each.
    private var unclosed: UInt8 = 0

    private static let not = WordHash.of("not".utf8)
    private static let can = WordHash.of("can".utf8)
    private static let will = WordHash.of("will".utf8)
    private static let cannot = WordHash.of("cannot".utf8)

    /// Beside the text, as a global would be asked for with every word.
    private let cannot = Self.cannot

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// Bytes read since this was last asked.
    mutating func takeBytes() -> Int {
        defer { taken = at }
        return at - taken
    }

    @inline(__always) mutating func next() -> Token? {
        if let word = waiting {
            waiting = nil
            return .word(word, isClauseStart: false)
        }
        while at < text.count {
            let byte = text[at]
            if byte == 0x20 {
                at += 1
                continue
            }
            if Self.isWord(byte) {
                if byte < 0x80 || !isPunctuation() { return readWord() }
                if let token = readHighMark() { return token }
                continue
            }
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"):
                at += 1
                if endsSentence() { return finishSentence(byte) }
            case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "("):
                at += 1
                isBreak = true
                if byte == UInt8(ascii: ",") { return .comma }
            case UInt8(ascii: "\""):
                at += 1
                if let mark = skip(to: UInt8(ascii: "\""), bit: 1) { return finishSentence(mark) }
            case UInt8(ascii: "'"):
                let opens = at == 0 || !Self.isWord(text[at - 1])
                at += 1
                if opens, let mark = skipSingle() { return finishSentence(mark) }
            case UInt8(ascii: "`"):
                at += 1
                if unclosed & 2 == 0, let close = JSONScan.next(UInt8(ascii: "`"), text, from: at) {
                    let length = close - at
                    at = close + 1
                    isBreak = false
                    return .code(length)
                }
                unclosed |= 2
            case UInt8(ascii: "-"):
                isBreak = isBreak || at + 1 < text.count && text[at + 1] == byte
                at += 1
            default: at += 1
            }
        }
        return nil
    }

    private mutating func finishSentence(_ mark: UInt8) -> Token {
        isBreak = true
        return .end(mark)
    }

    /// Whether the mark before `at` ends a sentence: a space or the line's end follows, after closing marks.
    private mutating func endsSentence() -> Bool {
        while at < text.count, Self.isClosing(text[at]) { at += 1 }
        return at >= text.count || text[at] == 0x20 || text[at] == 0xE2
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ")") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "]")
    }

    @inline(__always) private static func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte >= 0x80
    }

    // MARK: Words

    @inline(__always) private mutating func readWord() -> Token {
        let isClauseStart = isBreak
        isBreak = false
        guard let (hash, end) = plainWord() else { return readAnyWord(isClauseStart) }
        at = end
        return word(hash, isClauseStart)
    }

    /// The word at `at` and where it ends, read eight bytes at a time; nil where it has more than letters and digits of ASCII.
    @inline(__always) private func plainWord() -> (hash: UInt64, end: Int)? {
        var hash = WordHash.empty
        var end = at
        while end < text.count {
            let chunk = ByteChunk(text, from: end)
            let letters = chunk.letters
            if letters > 0 { hash = WordHash.mix(hash, chunk.word(letters)) }
            end += letters
            guard letters < 8, end < text.count else { continue }
            let next = text[end]
            return next >= 0x80 || next == UInt8(ascii: "'") || next == UInt8(ascii: "%") ? nil : (hash, end)
        }
        return (hash, end)
    }

    private mutating func readAnyWord(_ isClauseStart: Bool) -> Token {
        let start = at
        while at < text.count {
            let byte = text[at]
            if byte >= 0x80 ? isPunctuation() : byte == UInt8(ascii: "'") {
                guard let letters = apostrophe() else { break }
                return contraction(letters, of: start..<at, isClauseStart)
            }
            guard Self.isWord(byte) else { break }
            at += 1
        }
        let isShare = at < text.count && text[at] == UInt8(ascii: "%")
        return word(hash(start..<(isShare ? at + 1 : at)).value, isClauseStart)
    }

    @inline(__always) private mutating func word(_ hash: UInt64, _ isClauseStart: Bool) -> Token {
        guard hash == cannot else { return .word(hash, isClauseStart: isClauseStart) }
        waiting = Self.not
        return .word(Self.can, isClauseStart: isClauseStart)
    }

    private func hash(_ range: Range<Int>) -> WordHash {
        var hash = WordHash()
        for byte in text[range] { hash.add(byte < 0x80 ? byte | 0x20 : byte) }
        return hash
    }

    /// Where the letters after an apostrophe are; nil where none follow.
    private func apostrophe() -> Range<Int>? {
        let width: Int
        if text[at] == UInt8(ascii: "'") {
            width = 1
        } else if text[at] == 0xE2, at + 2 < text.count, text[at + 1] == 0x80, text[at + 2] == 0x99 {
            width = 3
        } else {
            return nil
        }
        var end = at + width
        while end < text.count, (text[end] | 0x20) &- UInt8(ascii: "a") < 26, end - at < 24 { end += 1 }
        return end > at + width ? (at + width)..<end : nil
    }

    private mutating func contraction(_ letters: Range<Int>, of range: Range<Int>, _ isClauseStart: Bool) -> Token {
        at = letters.upperBound
        let tail = text[letters]
        func isTail(_ word: StaticString) -> Bool {
            tail.count == word.utf8CodeUnitCount && zip(tail, 0...).allSatisfy { $0 | 0x20 == word.utf8Start[$1] }
        }
        var whole = hash(range)
        if isTail("t"), let last = range.last, text[last] | 0x20 == UInt8(ascii: "n") {
            waiting = Self.not
            // "can't" and "won't" lose a letter or change.
            var stem = hash(range.dropLast()).value
            if whole.value == Self.can { stem = Self.can }
            if stem == Self.wo { stem = Self.will }
            return .word(stem, isClauseStart: isClauseStart)
        }
        if let full = Self.tails.first(where: { isTail($0.0) }) {
            waiting = full.1
            return .word(whole.value, isClauseStart: isClauseStart)
        }
        // Another language's elision, or a name: one word.
        whole.add(UInt8(ascii: "'"))
        for byte in tail { whole.add(byte | 0x20) }
        return .word(whole.value, isClauseStart: isClauseStart)
    }

    private static let wo = WordHash.of("wo".utf8)
    private static let tails: [(StaticString, UInt64)] = [
        ("s", WordHash.of("is".utf8)), ("m", WordHash.of("am".utf8)), ("re", WordHash.of("are".utf8)),
        ("ve", WordHash.of("have".utf8)), ("ll", WordHash.of("will".utf8)), ("d", WordHash.of("would".utf8)),
    ]

    // MARK: Marks beyond ASCII

    /// Whether a mark of punctuation begins at `at`, which is no ASCII.
    @inline(__always) private func isPunctuation() -> Bool {
        let byte = text[at]
        guard byte == 0xE2 || byte == 0xE3 || byte == 0xEF || byte == 0xC2, at + 1 < text.count else { return false }
        switch byte {
        case 0xE2: return text[at + 1] == 0x80
        case 0xE3: return text[at + 1] == 0x80
        case 0xEF: return text[at + 1] == 0xBC
        default: return text[at + 1] == 0xAB || text[at + 1] == 0xBB || text[at + 1] == 0xA0
        }
    }

    /// Reads a mark beyond ASCII; nil for one that is passed over.
    private mutating func readHighMark() -> Token? {
        let start = at
        let lead = text[at]
        at = min(text.count, at + (lead == 0xC2 ? 2 : 3))
        guard at - start >= (lead == 0xC2 ? 2 : 3) else { return nil }
        let last = text[at - 1]
        switch (lead, last) {
        case (0xE2, 0x9C), (0xE2, 0x9E):  // “ „
            if let mark = skipHigh(lead, last == 0x9C ? 0x9D : 0x9C, bit: 4) { return finishSentence(mark) }
        case (0xE2, 0x98):  // ‘
            if let mark = skipHigh(lead, 0x99, bit: 8) { return finishSentence(mark) }
        case (0xC2, 0xAB):  // «
            if let mark = skipHigh(lead, 0xBB, bit: 16) { return finishSentence(mark) }
        case (0xE3, 0x8C):  // 「
            if let mark = skipHigh(lead, 0x8D, bit: 32) { return finishSentence(mark) }
        case (0xE2, 0x93), (0xE2, 0x94): isBreak = true  // dashes
        case (0xE3, 0x82), (0xEF, 0x81): return finishSentence(UInt8(ascii: "."))
        case (0xEF, 0x9F): return finishSentence(UInt8(ascii: "?"))
        case (0xE3, 0x81), (0xEF, 0x8C):
            isBreak = true
            return .comma
        default: break
        }
        return nil
    }

    // MARK: Quotations

    /// Goes behind the closing mark, if there is one. Gives back the mark of a sentence that ends inside it and before a
    /// space.
    private mutating func skip(to mark: UInt8, bit: UInt8) -> UInt8? {
        guard unclosed & bit == 0, let close = JSONScan.next(mark, text, from: at) else {
            unclosed |= bit
            return nil
        }
        return leave(close, width: 1)
    }

    private mutating func skipHigh(_ lead: UInt8, _ last: UInt8, bit: UInt8) -> UInt8? {
        guard unclosed & bit == 0 else { return nil }
        let width = lead == 0xC2 ? 2 : 3
        var from = at
        while let found = JSONScan.next(lead, text, from: from), found + width <= text.count {
            if text[found + width - 1] == last, width == 2 || text[found + 1] == 0x80 {
                // ’ also stands for an apostrophe.
                let isApostrophe = last == 0x99 && found + width < text.count && Self.isWord(text[found + width])
                if !isApostrophe { return leave(found, width: width) }
            }
            from = found + 1
        }
        unclosed |= bit
        return nil
    }

    private mutating func skipSingle() -> UInt8? {
        guard unclosed & 64 == 0, at < text.count, Self.isWord(text[at]) else { return nil }
        var from = at
        while let found = JSONScan.next(UInt8(ascii: "'"), text, from: from) {
            if found > at, text[found - 1] != 0x20, found + 1 >= text.count || !Self.isWord(text[found + 1]) {
                return leave(found, width: 1)
            }
            from = found + 1
        }
        unclosed |= 64
        return nil
    }

    private mutating func leave(_ close: Int, width: Int) -> UInt8? {
        let last = close > at ? text[close - 1] : 0
        at = close + width
        isBreak = false
        guard last == UInt8(ascii: ".") || last == UInt8(ascii: "!") || last == UInt8(ascii: "?") else { return nil }
        guard at < text.count else { return last }
        // A quotation goes on with a small letter in the sentence that it stands in.
        let next = at + 1 < text.count && text[at] == 0x20 ? text[at + 1] : 0
        return next &- UInt8(ascii: "A") < 26 ? last : nil
    }
}
