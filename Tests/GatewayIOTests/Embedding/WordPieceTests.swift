import EmbeddingFixtures
import Testing

@testable import GatewayIO

/// A vocabulary of the pieces given, numbered from 0.
private func vocabulary(_ pieces: String...) throws -> Vocabulary {
    let file = Array(pieces.map { $0 + "\n" }.joined().utf8)
    return try file.withUnsafeBufferPointer { try Vocabulary(file: $0) }
}

@Suite struct `The tokeniser` {
    private func tokens(_ text: String, _ pieces: Vocabulary, maximumTokens: Int = 512) -> [Int32] {
        Array(text.utf8).withUnsafeBufferPointer { WordPiece(pieces).tokens(of: $0, maximumTokens: maximumTokens) }
    }

    @Test(InstalledModel.needed) func `gives the reference's tokens for thousands of texts`() throws {
        let model = try InstalledModel.shared.get()
        let fixtures = try EmbeddingFixtures.tokens(in: InstalledModel.fixtures)
        #expect(fixtures.count >= 4_000)
        for (number, (text, expected)) in fixtures.enumerated() {
            let limit = Encoder.maximumTokens
            let found = model.tokens(of: text, maximumTokens: limit)
            #expect(
                found == [WordPiece.start] + expected.prefix(limit - 2) + [WordPiece.end],
                "line \(number + 1): \(String(decoding: text, as: UTF8.self).debugDescription)"
            )
        }
    }

    @Test func `takes the longest piece first, and nothing of a word it cannot finish`() throws {
        let pieces = try vocabulary("a", "ab", "##c", "##cd", "##d", "e")
        #expect(tokens("abcd", pieces) == [101, 1, 3, 102])
        #expect(tokens("acd e", pieces) == [101, 0, 3, 5, 102])
        #expect(tokens("abx e", pieces) == [101, 100, 5, 102])
    }

    @Test func `takes names of tokens for themselves`() throws {
        let pieces = try vocabulary("a", "[", "]", "##sep", "sep")
        #expect(tokens("a[SEP]a", pieces) == [101, 0, 102, 0, 102])
        #expect(tokens("[sep]", pieces) == [101, 1, 4, 2, 102])
        #expect(tokens("[MASK][CLS][PAD][UNK]", pieces) == [101, 103, 101, 0, 100, 102])
        #expect(tokens("[SEP", pieces) == [101, 1, 4, 102])
    }

    @Test(
        arguments: [(0, [101, 102]), (2, [101, 102]), (3, [101, 0, 102]), (4, [101, 0, 1, 102])] as [(Int, [Int32])]
    )
    func `stops at the bound`(maximum: Int, expected: [Int32]) throws {
        #expect(tokens("ab ab ab", try vocabulary("a", "##b"), maximumTokens: maximum) == expected)
    }

    @Test func `counts a word's characters, not its bytes`() throws {
        let pieces = try vocabulary("ø", "##ø")
        #expect(tokens(String(repeating: "ø", count: 100), pieces).count == 102)
        #expect(tokens(String(repeating: "ø", count: 101), pieces) == [101, 100, 102])
    }

    @Test(arguments: [
        [0x61, 0xFF, 0x61], [0x61, 0xC3], [0xC0, 0xAF, 0x61, 0x61], [0x61, 0xED, 0xA0, 0x80, 0x61],
        [0xF4, 0x90, 0x80, 0x80],
        [0xE2, 0x82, 0x61], [0x80, 0x80, 0x61, 0x61, 0xF0, 0x9F],
    ])
    func `leaves out bytes that are no UTF-8`(bytes: [UInt8]) throws {
        let pieces = WordPiece(try vocabulary("a", "##a"))
        let letters = bytes.filter { $0 == 0x61 }.count
        let expected: [Int32] = [101] + (0..<letters).map { $0 == 0 ? 0 : 1 } + [102]
        #expect(bytes.withUnsafeBufferPointer { pieces.tokens(of: $0, maximumTokens: 9) } == expected)
    }

    @Test(arguments: ["", "a\n\nb\n##c\n", "a\na\n##b\n", "a\n##b", "a\nb\n"])
    func `refuses a vocabulary that is none`(file: String) {
        #expect(throws: Vocabulary.Malformed.self) {
            try Array(file.utf8).withUnsafeBufferPointer { _ = try Vocabulary(file: $0) }
        }
    }
}

@Suite struct `The table of characters` {
    private let table = CharacterTable.bert

    private func letters(_ scalar: Unicode.Scalar) -> String {
        guard case .letters(let range) = table.meaning(of: scalar) else { return "" }
        return table.replacement(range).map { String($0) }.joined()
    }

    @Test func `folds case and drops accents`() {
        #expect(letters("É") == "e")
        #expect(letters("ñ") == "n")
        #expect(letters("Ж") == "ж")
        #expect(letters("Σ") == "σ")
        #expect(letters("\u{1E69}") == "s")
        #expect(table.meaning(of: "ß") == .letter)
        #expect(table.meaning(of: "\u{0301}") == .nothing)
    }

    @Test func `knows what stands alone, what parts words and what is no text`() {
        #expect(table.meaning(of: "…") == .alone)
        #expect(table.meaning(of: "你") == .alone)
        #expect(table.meaning(of: "\u{F900}") == .otherAlone("\u{8C48}"))
        #expect(table.meaning(of: "\u{00A0}") == .space)
        #expect(table.meaning(of: "\u{3000}") == .space)
        #expect(table.meaning(of: "\u{200B}") == .nothing)
        #expect(table.meaning(of: "\u{FFFD}") == .nothing)
        #expect(table.meaning(of: "\u{E000}") == .nothing)
        #expect(table.meaning(of: "€") == .letter)
    }

    @Test func `takes Hangul syllables apart`() throws {
        let (leading, vowel, trailing) = try #require(CharacterTable.hangulLetters(of: "각"))
        #expect((leading, vowel, trailing) == (0x1100, 0x1161, 0x11A8))
        let open = try #require(CharacterTable.hangulLetters(of: "하"))
        #expect(open == (0x1112, 0x1161, nil))
        #expect(CharacterTable.hangulLetters(of: "a") == nil)
    }

    @Test func `has a meaning for every character`() {
        for value: UInt32 in 0...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), case .letters(let range) = table.meaning(of: scalar) else {
                continue
            }
            #expect((1...4).contains(table.replacement(range).count))
        }
    }
}
