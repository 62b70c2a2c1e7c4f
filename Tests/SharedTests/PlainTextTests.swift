import Shared
import Testing

@Suite struct `Plain text` {
    @Test(arguments: [
        ("\u{1B}[31mred", "·[31mred"), ("bell\u{07}", "bell·"), ("c1\u{9B}2J", "c1·2J"), ("\u{202E}evil", "·evil"),
        ("zero\u{200B}width", "zero·width"), ("\u{FEFF}bom", "·bom"), ("\u{2028}line", "·line"), ("\u{E0041}", "·"),
        ("nul\u{0}", "nul·"),
    ])
    func `has no character that a terminal would obey or a person misread`(harmful: String, shown: String) {
        #expect(PlainText.sanitized(harmful) == shown)
    }

    @Test(arguments: ["ordinary", "größe, 価格, цена", "👩‍👩‍👧 ❤️", "naïve"])
    func `keeps what people write`(text: String) {
        #expect(PlainText.sanitized(text) == text)
    }

    @Test func `makes line ends spaces, or keeps them`() {
        let text = "a\nb\r\nc\rd\te"
        #expect(PlainText.sanitized(text) == "a b c d e")
        #expect(PlainText.sanitized(text, keepNewlines: true) == "a\nb\nc\nd e")
    }

    @Test func `is left as it is the second time`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<40 {
                if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x3000, using: &random)) { scalars.append(scalar) }
            }
            let once = PlainText.sanitized(String(scalars))
            #expect(PlainText.sanitized(once) == once)
        }
    }
}
