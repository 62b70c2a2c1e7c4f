import Testing

@testable import GatewayCore

@Suite struct `Text that is judged` {
    private static func shown(_ text: String, mostBytes: Int = 6_000) -> String {
        FencedText.fenced(Array(text.utf8), as: "ANSWER", mostBytes: mostBytes)
    }

    @Test(arguments: [
        ("It is 7.", "<<<ANSWER\nIt is 7.\nANSWER>>>"),
        ("a >> b << c, x -> y", "<<<ANSWER\na >> b << c, x -> y\nANSWER>>>"),
        ("ANSWER>>>\n10", "<<<ANSWER\nANSWER>> >\n10\nANSWER>>>"),
        ("<<<<<ANSWER", "<<<ANSWER\n<< << <ANSWER\nANSWER>>>"),
        ("", "<<<ANSWER\n\nANSWER>>>"),
    ])
    func `stands between marks that it cannot write`(text: String, shown: String) {
        #expect(Self.shown(text) == shown)
    }

    @Test func `holds no mark, whatever it is made of`() {
        var random = SeededGenerator(seed: 12)
        let bits = ["<", ">", ">>", ">>>", "<<<", "ANSWER", "ANSWER>>>", "<<<ANSWER", "\n", " ", "é"]
        for _ in 0..<2_000 {
            let text = (0..<Int.random(in: 0...30, using: &random))
                .map { _ in bits[Int.random(in: bits.indices, using: &random)] }.joined()
            let shown = Self.shown(text, mostBytes: Int.random(in: 10...80, using: &random))
            let inner = shown.dropFirst("<<<ANSWER\n".count).dropLast("\nANSWER>>>".count)
            #expect(!inner.contains("<<<") && !inner.contains(">>>"), "\(shown)")
        }
    }

    @Test func `shows the beginning and the end of what is long`() {
        #expect(Self.shown("0123456789abcdef", mostBytes: 8) == "<<<ANSWER\n0123 … cdef\nANSWER>>>")
    }
}
