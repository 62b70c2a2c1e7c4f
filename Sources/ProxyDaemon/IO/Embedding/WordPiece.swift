/// Cuts texts into the tokens of BERT's uncased models, as the reference tokeniser does: words, and pieces of words where
/// the vocabulary does not have the whole.
struct WordPiece: Sendable {
    static let unknown: Int32 = 100
    static let start: Int32 = 101
    static let end: Int32 = 102
    /// Tokens that have a name of their own. In a text they stand for themselves, spelled exactly so.
    static let named: [(name: StaticString, token: Int32)] = [
        ("[PAD]", 0), ("[UNK]", unknown), ("[CLS]", start), ("[SEP]", end), ("[MASK]", 103),
    ]
    /// Characters of the longest word that is looked up; a longer one is unknown.
    static let maximumWordCharacters = 100

    private let vocabulary: Vocabulary
    private let characters = CharacterTable.bert

    init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// The tokens of a UTF-8 text between ``start`` and ``end``, at most `maximumTokens` with these two; the text is not
    /// read further than that takes. Bytes that are no UTF-8 are left out.
    func tokens(of text: UnsafeBufferPointer<UInt8>, maximumTokens: Int) -> [Int32] {
        let limit = max(2, maximumTokens) - 1
        var tokens = [Self.start]
        var word = Word()
        var at = 0
        while at < text.count, tokens.count < limit {
            let byte = text[at]
            guard byte < 0x80 else {
                at += addCharacter(at, of: text, to: &word, &tokens)
                continue
            }
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): finish(&word, &tokens)
            case 0..<0x20, 0x7F: break
            default:
                finish(&word, &tokens)
                if byte == UInt8(ascii: "["), let special = namedToken(at: at, of: text) {
                    tokens.append(special.token)
                    at += special.name.utf8CodeUnitCount
                    continue
                }
                word.append(byte)
                finish(&word, &tokens)
            }
            at += 1
        }
        finish(&word, &tokens)
        if tokens.count > limit { tokens.removeLast(tokens.count - limit) }
        tokens.append(Self.end)
        return tokens
    }

    /// Whether the vocabulary has a whole word, in lower case.
    func isWord(_ word: [UInt8]) -> Bool { vocabulary.longestPiece(of: word, from: 0)?.length == word.count }

    /// The word that is being read, as UTF-8.
    private struct Word {
        var bytes: [UInt8] = []
        var characters = 0

        mutating func append(_ byte: UInt8) {
            characters += 1
            if characters <= WordPiece.maximumWordCharacters { bytes.append(byte) }
        }

        mutating func append(_ scalar: Unicode.Scalar) {
            characters += 1
            if characters <= WordPiece.maximumWordCharacters {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
            }
        }
    }

    /// Adds the character that starts at `at`, which is not ASCII. Gives how many bytes it takes.
    private func addCharacter(
        _ at: Int,
        of text: UnsafeBufferPointer<UInt8>,
        to word: inout Word,
        _ tokens: inout [Int32]
    ) -> Int {
        guard let (scalar, length) = UTF8Character.decode(text, at: at) else { return 1 }
        if let (leading, vowel, trailing) = CharacterTable.hangulLetters(of: scalar) {
            for letter in [leading, vowel, trailing] {
                if let letter = letter.flatMap(Unicode.Scalar.init) { word.append(letter) }
            }
            return length
        }
        switch characters.meaning(of: scalar) {
        case .letter: word.append(scalar)
        case .nothing: break
        case .space: finish(&word, &tokens)
        case .letters(let range): for letter in characters.replacement(range) { word.append(letter) }
        case .alone: addAlone(scalar, &word, &tokens)
        case .otherAlone(let other): addAlone(other, &word, &tokens)
        }
        return length
    }

    private func addAlone(_ scalar: Unicode.Scalar, _ word: inout Word, _ tokens: inout [Int32]) {
        finish(&word, &tokens)
        word.append(scalar)
        finish(&word, &tokens)
    }

    private func namedToken(
        at start: Int,
        of text: UnsafeBufferPointer<UInt8>
    ) -> (name: StaticString, token: Int32)? {
        Self.named.first { name, _ in
            name.utf8CodeUnitCount <= text.count - start
                && (0..<name.utf8CodeUnitCount).allSatisfy { text[start + $0] == name.utf8Start[$0] }
        }
    }

    /// Looks the word up, the longest piece first, and empties it. A word is unknown as a whole when a part of it is.
    private func finish(_ word: inout Word, _ tokens: inout [Int32]) {
        guard word.characters > 0 else { return }
        defer {
            word.bytes.removeAll(keepingCapacity: true)
            word.characters = 0
        }
        guard word.characters <= Self.maximumWordCharacters else { return tokens.append(Self.unknown) }
        let before = tokens.count
        var at = 0
        while at < word.bytes.count {
            guard let (token, length) = vocabulary.longestPiece(of: word.bytes, from: at) else {
                tokens.removeLast(tokens.count - before)
                return tokens.append(Self.unknown)
            }
            tokens.append(token)
            at += length
        }
    }
}

/// Decoding of single characters.
enum UTF8Character {
    /// The character that starts with the byte at `at`, and its length in bytes; nil where the bytes there are none.
    static func decode(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> (Unicode.Scalar, Int)? {
        let first = text[start]
        let length: Int
        var value: UInt32
        let least: UInt32
        switch first {
        case 0..<0x80: return (Unicode.Scalar(first), 1)
        case 0xC2..<0xE0: (length, value, least) = (2, UInt32(first & 0x1F), 0x80)
        case 0xE0..<0xF0: (length, value, least) = (3, UInt32(first & 0x0F), 0x800)
        case 0xF0..<0xF5: (length, value, least) = (4, UInt32(first & 0x07), 0x1_0000)
        default: return nil
        }
        guard start + length <= text.count else { return nil }
        for at in start + 1..<start + length {
            guard text[at] & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(text[at] & 0x3F)
        }
        guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}
