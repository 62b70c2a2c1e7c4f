/// What one pass over a text counts. `tools/router/features.py` counts the same.
struct AskScan {
    /// Words among which different ones are counted.
    static let distinctWords = 256

    typealias Counts = InlineArray<26, Int>

    private(set) var bytes = 0
    /// Letters of two bytes: accents, Cyrillic, Greek, Arabic.
    private(set) var twoByteLetters = 0
    /// Characters outside ASCII.
    private(set) var highCharacters = 0
    private(set) var words = 0
    private(set) var letters = 0
    /// Words of more than eight letters.
    private(set) var longWords = 0
    private(set) var distinct = 0
    private(set) var capitals = 0
    private(set) var lines = 0
    private(set) var numbers = 0
    private(set) var digits = 0
    private(set) var symbols = 0
    private(set) var codeMarks = 0
    private(set) var fences = 0
    private(set) var latex = 0
    private(set) var parentheses = 0
    private(set) var operators = 0
    private(set) var sentences = 0
    private(set) var questions = 0
    private(set) var listItems = 0
    /// Lines such as `B) oxygen`.
    private(set) var options = 0
    /// Bytes inside double quotes.
    private(set) var quoted = 0
    /// Commands: sentences, and parts after "and" or "then", that begin with one.
    private(set) var asks = 0
    private(set) var endsAsking = false
    /// Bits of the cues of the first word, and of the first two together.
    private(set) var opening: UInt32 = 0
    /// By `Cue.rawValue`: words and pairs of words.
    private(set) var cues = Counts(repeating: 0)

    private var isLineStart = true
    private var isSentenceStart = true
    private var previousWord = Lexicon.emptyWord
    private var previousCues: UInt32 = 0
    /// The last byte that is no blank.
    private var before: UInt8 = 0
    private var openQuote = -1
    private var seen = InlineArray<64, UInt64>(repeating: 0)

    /// Length as if a letter of any alphabet had one byte; a Chinese sign still counts three.
    var units: Int { bytes - twoByteLetters }

    /// Reads UTF-8, valid or not.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        bytes = text.count
        var at = 0
        while at < text.count {
            let byte = text[at]
            switch Self.classes[Int(byte)] {
            case .letter: at = readWord(text, at)
            case .digit: at = readNumber(text, at)
            case .blank: at += 1
            case .newline:
                lines += 1
                isLineStart = true
                isSentenceStart = true
                openQuote = -1
                at += 1
            case .high:
                if byte >= 0xC0 { highCharacters += 1 }
                if byte >= 0xC0, byte < 0xE0 { twoByteLetters += 1 }
                isLineStart = false
                isSentenceStart = false
                before = byte
                at += 1
            case .mark: at = readMark(text, at)
            }
        }
        endsAsking = before == UInt8(ascii: "?")
    }

    private mutating func readWord(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var at = start
        var hash = Lexicon.emptyWord
        var upper = 0
        while at < text.count {
            let byte = text[at]
            if Self.classes[Int(byte)] == .letter {
                upper += byte & 0x20 == 0 ? 1 : 0
                hash = Lexicon.extend(hash, byte | 0x20)
            } else if byte == UInt8(ascii: "'"), at + 1 < text.count, Self.classes[Int(text[at + 1])] == .letter {
                hash = Lexicon.extend(hash, byte)
            } else {
                break
            }
            at += 1
        }
        let length = at - start
        words += 1
        letters += length
        longWords += length > 8 ? 1 : 0
        capitals += upper
        if words <= Self.distinctWords {
            let slot = Lexicon.slot(hash)
            let bit: UInt64 = 1 << UInt64(slot & 63)
            distinct += seen[slot >> 6] & bit == 0 ? 1 : 0
            seen[slot >> 6] |= bit
        }
        let single = Lexicon.shared.cues(of: hash)
        let pair = words > 1 ? Lexicon.shared.cues(of: Lexicon.pair(previousWord, hash)) : 0
        count(single)
        count(pair)
        if words == 1 { opening = single } else if words == 2 { opening |= pair }
        if single & Cue.imperative.bit != 0, isSentenceStart || previousCues & Cue.joining.bit != 0 { asks += 1 }
        if isLineStart, length == 1, text[start] <= UInt8(ascii: "J"), at + 1 < text.count,
            Self.endsOption(text[at]), Self.isBlank(text[at + 1])
        {
            options += 1
        }
        previousWord = hash
        previousCues = single
        if isSentenceStart, !Self.prefixes.contains(hash) { isSentenceStart = false }
        isLineStart = false
        before = text[at - 1]
        return at
    }

    private mutating func count(_ mask: UInt32) {
        var rest = mask
        while rest != 0 {
            cues[rest.trailingZeroBitCount] += 1
            rest &= rest &- 1
        }
    }

    private mutating func readNumber(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var at = start
        while at < text.count {
            if Self.classes[Int(text[at])] == .digit {
                digits += 1
            } else if text[at] != UInt8(ascii: "."), text[at] != UInt8(ascii: ",") {
                break
            } else if at + 1 >= text.count || Self.classes[Int(text[at + 1])] != .digit {
                break
            }
            at += 1
        }
        numbers += 1
        if isLineStart, at + 1 < text.count, text[at] == UInt8(ascii: ".") || text[at] == UInt8(ascii: ")"),
            Self.isBlank(text[at + 1])
        {
            listItems += 1
        } else {
            isSentenceStart = false
        }
        isLineStart = false
        before = text[at - 1]
        return at
    }

    private mutating func readMark(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        let byte = text[start]
        var end = start + 1
        let following = end < text.count ? text[end] : 0x20
        let wasLineStart = isLineStart
        isLineStart = isLineStart && byte == UInt8(ascii: "(")
        let kind = Self.marks[Int(byte)]
        symbols += kind & Self.symbol != 0 ? 1 : 0
        codeMarks += kind & Self.codeMark != 0 ? 1 : 0
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "^"),
            UInt8(ascii: "="):
            let beyond = following == 0x20 && end + 1 < text.count ? text[end + 1] : following
            if Self.isDigit(before) || Self.isDigit(beyond) || byte == UInt8(ascii: "^") { operators += 1 }
            if wasLineStart, Self.isBlank(following), Self.isBullet(byte) {
                listItems += 1
                isSentenceStart = true
            }
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"):
            if byte == UInt8(ascii: "?") { questions += 1 }
            if Self.isBlank(following) || following == 0x0A || following == 0x0D {
                sentences += 1
                isSentenceStart = true
            }
        case UInt8(ascii: "`"):
            if following == byte, end + 1 < text.count, text[end + 1] == byte {
                fences += 1
                end += 2
            }
        case UInt8(ascii: "\\"), UInt8(ascii: "$"): latex += 1
        case UInt8(ascii: "("): parentheses += 1
        case UInt8(ascii: "\""):
            if openQuote < 0 {
                openQuote = start
            } else {
                quoted += start - openQuote - 1
                openQuote = -1
            }
        case UInt8(ascii: ":"): isSentenceStart = true
        default: break
        }
        before = byte
        return end
    }

    // MARK: Tables

    private enum Class: UInt8 { case letter, digit, blank, newline, high, mark }

    private static let classes: InlineArray<256, Class> = {
        var table = InlineArray<256, Class>(repeating: .mark)
        for byte in 0..<256 {
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): table[byte] = .letter
            case UInt8(ascii: "0")...UInt8(ascii: "9"): table[byte] = .digit
            case 0x20, 0x09, 0x0D: table[byte] = .blank
            case 0x0A: table[byte] = .newline
            case 0x80...0xFF: table[byte] = .high
            default: break
            }
        }
        return table
    }()

    private static let symbol: UInt8 = 1
    private static let codeMark: UInt8 = 2
    private static let marks: InlineArray<256, UInt8> = {
        var table = InlineArray<256, UInt8>(repeating: 0)
        for byte in "()[]{}<>=+*/^\\|&%$#@~`_;".utf8 { table[Int(byte)] |= symbol }
        for byte in "{};`_<>=".utf8 { table[Int(byte)] |= codeMark }
        return table
    }()

    /// Words before a command that do not make it less of one.
    private static let prefixes = Set(
        ["please", "kindly", "you", "can", "could", "would", "help", "me", "to"].map { word in
            word.utf8.reduce(Lexicon.emptyWord) { Lexicon.extend($0, $1) }
        }
    )

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isBullet(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "+")
    }
    private static func endsOption(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: ":")
    }
}

extension Cue {
    var bit: UInt32 { 1 << UInt32(rawValue) }
}
