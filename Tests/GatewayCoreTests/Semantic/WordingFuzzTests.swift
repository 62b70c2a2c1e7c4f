import Testing

@testable import GatewayCore

/// Random texts: nothing traps, nothing refuses itself, both orders agree.
@Suite struct WordingFuzzTests {
    /// SplitMix64.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let guarded = LookalikeGuard { ($0.first ?? 0) & 1 == 0 }

    private func check(_ one: [UInt8], _ other: [UInt8]) throws {
        let left = try #require(PromptWording(one)), right = try #require(PromptWording(other))
        let there = Self.guarded.compare(left, right), back = Self.guarded.compare(right, left)
        #expect(there.refusals.map(\.name) == back.refusals.map(\.name) && there.evidence == back.evidence)
        let own = Self.guarded.compare(left, left)
        #expect(own.refusals.isEmpty, "\(String(decoding: one, as: UTF8.self)): \(own.refusals)")
        #expect(SemanticScore.similarity(cosine: 0.9, there).isFinite)
    }

    @Test func survivesRandomBytes() throws {
        var numbers = Numbers(state: 1)
        for _ in 0..<400 {
            let texts = (0..<2).map { _ in
                (0..<Int.random(in: 0...300, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            }
            try check(texts[0], texts[1])
        }
    }

    @Test func survivesRandomCharacters() throws {
        var numbers = Numbers(state: 2)
        let ranges: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0xA0...0x24F, 0x300...0x36F, 0x391...0x4FF, 0x5D0...0x6FF, 0x900...0xE7F, 0x2010...0x22FF,
            0x3040...0x30FF,
            0x4E00...0x4EFF, 0xAC00...0xACFF, 0xFE00...0xFF5E, 0x1F300...0x1F6FF,
        ]
        for _ in 0..<300 {
            let texts = (0..<2).map { _ in
                var text = ""
                for _ in 0..<Int.random(in: 0...80, using: &numbers) {
                    let range = ranges[Int.random(in: 0..<ranges.count, using: &numbers)]
                    if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &numbers)) {
                        text.unicodeScalars.append(scalar)
                    }
                }
                return Array(text.utf8)
            }
            try check(texts[0], texts[1])
        }
    }

    /// Words, numbers and marks in any order reach more of the rules than random letters do.
    @Test func survivesRandomSentences() throws {
        var numbers = Numbers(state: 3)
        let parts = [
            "the", "not", "two", "hundred", "billion", "5", "km", "-", "--all", "a", "A", "\"", "'", "`", "```", "buy",
            "sell", "log",
            "in", "how", "many", "Paris", "to", "from", "and", ",", ".", "?", "v2.1", "e-mail", "don't", "n't", "'s",
            "https://a.b/c",
            "$", "%", "1,000", "x_y()", "one", "second", "per", "of", "hi", "thanks", "today", "c++", "90°", "=", "->",
            "\n",
        ]
        for _ in 0..<1_000 {
            let texts = (0..<2).map { _ in
                (0..<Int.random(in: 0...24, using: &numbers)).map { _ in
                    parts[Int.random(in: 0..<parts.count, using: &numbers)] + (Bool.random(using: &numbers) ? " " : "")
                }.joined()
            }
            try check(Array(texts[0].utf8), Array(texts[1].utf8))
        }
    }

    @Test(arguments: [
        "a", "\"", "`", "'", "(", "1,", "a-", "a.", "🙂", "漢", "not ", "$", "a'", "http://", "- ", "one ", "x y ", "é",
    ])
    func staysQuickOnLongTexts(_ part: String) throws {
        let text = Array(String(repeating: part, count: 8_000 / part.utf8.count).utf8)
        let other = Array(text.dropLast(7) + Array("b".utf8))
        try check(text, other)
    }
}
