/// What the tokeniser makes of each character before words are looked up: the cleaning, the decomposition without accents,
/// the lower case and the punctuation of BERT's uncased models, in one step.
///
/// The data was asked of the reference tokeniser character by character (`tools/embedding/character_table.py`). It is
/// entries of the form `place[+more[/]]operator[what]` in hexadecimal: the first character's distance from the entry
/// before, how many more follow it (with `/`, every second one), an operator, and the scalars the first one becomes (the
/// others become what lies as far from them). Operators are `!` nothing, `_` a space, `.` a word of its own, `>` other
/// letters, `^` another word of its own. A character without an entry is a letter that stays as it is.
///
/// One thing is not looked at across characters: the order of two combining marks that are kept (a handful, in Hangul
/// and musical notation) where a text has them the wrong way round.
struct CharacterTable: Sendable {
    /// What becomes of a character.
    enum Meaning: Equatable {
        case letter
        case nothing
        case space
        /// A word of its own.
        case alone
        /// Becomes other letters; the range is for ``replacement(_:)``.
        case letters(Range<Int>)
        /// Becomes another character, which is a word of its own.
        case otherAlone(Unicode.Scalar)
    }

    /// For each block of 256 characters, where its codes start.
    private var blocks: [Int]
    /// An operator in the low three bits, and what belongs to it above.
    private var codes: [UInt32]
    private var replacements: [Unicode.Scalar] = []

    private static let blockCount = 0x11_0000 / 256
    private static let hangul: ClosedRange<UInt32> = 0xAC00...0xD7A3

    private enum Code {
        static let letter: UInt32 = 0
        static let nothing: UInt32 = 1
        static let space: UInt32 = 2
        static let alone: UInt32 = 3
        static let letters: UInt32 = 4
        static let otherAlone: UInt32 = 5
    }

    static let bert = CharacterTable()

    private init() {
        // All blocks start out as the first one, of nothing but letters.
        blocks = Array(repeating: 0, count: Self.blockCount)
        codes = Array(repeating: Code.letter, count: 256)
        var reader = Reader(bytes: UnsafeBufferPointer(start: Self.data.utf8Start, count: Self.data.utf8CodeUnitCount))
        var place: UInt32 = 0
        while let entry = reader.next() {
            place += entry.distance
            enter(entry, at: place)
        }
    }

    /// What becomes of a character.
    func meaning(of scalar: Unicode.Scalar) -> Meaning {
        let code = codes[blocks[Int(scalar.value >> 8)] + Int(scalar.value & 0xFF)]
        let rest = code >> 3
        switch code & 7 {
        case Code.nothing: return .nothing
        case Code.space: return .space
        case Code.alone: return .alone
        case Code.letters: return .letters(Int(rest >> 4)..<Int(rest >> 4 + rest & 15))
        case Code.otherAlone: return Unicode.Scalar(rest).map { .otherAlone($0) } ?? .letter
        default: return .letter
        }
    }

    /// The letters that a character becomes.
    func replacement(_ range: Range<Int>) -> ArraySlice<Unicode.Scalar> { replacements[range] }

    /// The two or three letters that a Hangul syllable is written with; nil for other characters.
    ///
    /// After the Unicode standard, section 3.12: 19 leading consonants times 21 vowels times 28 trailing consonants, of
    /// which the first is none.
    static func hangulLetters(of scalar: Unicode.Scalar) -> (UInt32, UInt32, UInt32?)? {
        guard hangul.contains(scalar.value) else { return nil }
        let index = scalar.value - hangul.lowerBound
        let trailing = index % 28
        return (0x1100 + index / (21 * 28), 0x1161 + index / 28 % 21, trailing == 0 ? nil : 0x11A7 + trailing)
    }

    private mutating func enter(_ entry: Entry, at place: UInt32) {
        for number in 0...entry.more {
            let shift = number * entry.step
            let code =
                switch entry.operation {
                case UInt8(ascii: "!"): Code.nothing
                case UInt8(ascii: "_"): Code.space
                case UInt8(ascii: "^"): Code.otherAlone | ((entry.becomes.first ?? 0) &+ shift) << 3
                case UInt8(ascii: ">"): replace(entry.becomes.map { $0 &+ shift })
                default: Code.alone
                }
            set(place + shift, to: code)
        }
    }

    private mutating func replace(_ scalars: [UInt32]) -> UInt32 {
        let start = replacements.count
        replacements += scalars.compactMap { Unicode.Scalar($0) }
        return Code.letters | UInt32(start << 4 | (replacements.count - start)) << 3
    }

    private mutating func set(_ character: UInt32, to code: UInt32) {
        let block = Int(character >> 8)
        if blocks[block] == 0 {
            blocks[block] = codes.count
            codes += repeatElement(Code.letter, count: 256)
        }
        codes[blocks[block] + Int(character & 0xFF)] = code
    }

    private struct Entry {
        var distance: UInt32
        var more: UInt32 = 0
        var step: UInt32 = 1
        var operation: UInt8 = 0
        var becomes: [UInt32] = []
    }

    /// Reads the entries of ``data`` one after the other.
    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var at = 0

        mutating func next() -> Entry? {
            while at < bytes.count, bytes[at] == UInt8(ascii: " ") || bytes[at] == UInt8(ascii: "\n") { at += 1 }
            guard at < bytes.count else { return nil }
            var entry = Entry(distance: number())
            if take("+") { entry.more = number() }
            if take("/") { entry.step = 2 }
            guard at < bytes.count else { return nil }
            entry.operation = bytes[at]
            at += 1
            if entry.operation == UInt8(ascii: ">") || entry.operation == UInt8(ascii: "^") {
                repeat { entry.becomes.append(number()) } while take(",")
            }
            return entry
        }

        private mutating func take(_ byte: Unicode.Scalar) -> Bool {
            guard at < bytes.count, bytes[at] == UInt8(ascii: byte) else { return false }
            at += 1
            return true
        }

        private mutating func number() -> UInt32 {
            var value: UInt32 = 0
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(bytes[at] - 48)
                case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(bytes[at] - 55)
                default: return value
                }
                at += 1
            }
            return value
        }
    }
}
