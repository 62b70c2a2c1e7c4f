import Testing

@testable import GatewayCore

@Suite struct `A text that is too long` {
    private func cut(_ contents: String, limit: Int) -> String? {
        var bytes = Array(contents.utf8)
        guard let cut = bytes.withUnsafeBufferPointer({ MiddleCut.cut($0, limit: limit) }) else { return nil }
        bytes.replaceSubrange(cut.range, with: cut.marker)
        return String(validating: bytes, as: UTF8.self)
    }

    @Test func `stays as it is up to the limit, in characters and not in bytes`() {
        #expect(cut(String(repeating: "é", count: 1_000), limit: 1_000) == nil)
        #expect(cut(String(repeating: "\\n", count: 1_000), limit: 1_000) == nil)
        #expect(cut(String(repeating: "\\ud83d\\ude00", count: 1_000), limit: 1_000) == nil)
        #expect(cut(String(repeating: "é", count: 1_001), limit: 1_000) != nil)
    }

    /// 1,000 less the 96 reserved for the marker leave 904 of 2,000: 452 before and 452 after, 1,096 left out.
    @Test(arguments: ["a", "é", "日", "😀", "\\n", "\\\"", "\\u00e9", "\\ud83d\\ude00", "\\uD83D\\uDE00"])
    func `is cut between whole characters`(character: String) throws {
        let text = try #require(cut(String(repeating: character, count: 2_000), limit: 1_000))
        let side = String(repeating: character, count: 452)
        #expect(text == side + "\\n[... 1,096 characters were left out here ...]\\n" + side)
    }

    /// As a reader counts them: each is one character of several code points.
    @Test(
        arguments: [
            "👩‍💻", "🇩🇪", "e\u{301}", "👍🏽", "\\ud83d\\udc69\\u200d\\ud83d\\udcbb", "\\ud83c\\udde9\\uD83C\\uDDEA",
            "e\\u0301", "\\r\\n",
        ],
        [0, 1, 2, 3]
    )
    func `is cut between what a reader takes for characters`(character: String, shift: Int) throws {
        let contents = String(repeating: "x", count: shift) + String(repeating: character, count: 2_000)
        let text = try #require(cut(contents, limit: 1_000))
        let sides = text.components(of: "\\n[... ", and: " characters were left out here ...]\\n")
        let (head, left, tail) = try #require(sides)
        #expect(head.dropFirst(shift).replacing(character, with: "").isEmpty, "\(head.suffix(40))")
        #expect(tail.replacing(character, with: "").isEmpty, "\(tail.prefix(40))")
        func codePoints(_ text: String) -> Int {
            Array(text.utf8).withUnsafeBufferPointer { MiddleCut.characters($0) }
        }
        let kept = codePoints(head) + codePoints(tail)
        #expect(left == codePoints(contents) - kept)
        // At most one character less than there is room for on either side.
        #expect((904 - 2 * (codePoints(character) - 1)...904).contains(kept))
    }

    @Test func `is cut somewhere in a character that has no end`() throws {
        let text = try #require(cut("e" + String(repeating: "\u{301}", count: 2_000), limit: 1_000))
        #expect(text.contains("[... 1,097 characters were left out here ...]"))
    }

    @Test func `is valid JSON after the cut, whatever it holds, and is not cut again`() throws {
        var random = SeededGenerator(seed: 11)
        let pieces = [
            "a", "é", "日本", "😀", "\\n", "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\/", "plain words ",
        ]
        for _ in 0..<300 {
            let contents = (0..<1_500).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            let limit = 1_000 + Int(random.next() % 900)
            guard let text = cut(contents, limit: limit) else { continue }
            _ = try JSONIndex(Array("{\"t\":\"\(text)\"}".utf8))
            let count = Array(text.utf8).withUnsafeBufferPointer { MiddleCut.characters($0) }
            #expect(count <= limit)
            #expect(cut(text, limit: limit) == nil)
            // A lone half of a pair may stand where the text had one, and nowhere else.
            #expect(!text.contains("\\ud83\\n") && !text.contains("\\ude0\\n"))
        }
    }

    @Test func `that is no UTF-8 traps nothing`() {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<300 {
            let bytes = (0..<3_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            bytes.withUnsafeBufferPointer { buffer in
                guard let cut = MiddleCut.cut(buffer, limit: 1_000) else { return }
                #expect(cut.range.lowerBound <= cut.range.upperBound && cut.range.upperBound <= buffer.count)
            }
        }
    }
}

extension String {
    /// What stands before the first of two marks, the number between them, and what comes after the second.
    fileprivate func components(of first: String, and second: String) -> (String, Int, String)? {
        guard let opening = firstRange(of: first), let closing = firstRange(of: second),
            let number = Int(self[opening.upperBound..<closing.lowerBound].filter { $0 != "," })
        else { return nil }
        return (String(self[..<opening.lowerBound]), number, String(self[closing.upperBound...]))
    }
}
