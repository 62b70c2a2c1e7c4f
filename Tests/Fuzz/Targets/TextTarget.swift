import Shared

@testable import Dashboard

extension FuzzTarget {
    /// Text on its way to a terminal.
    static let text = FuzzTarget(
        name: "text",
        property:
            "cleaned text has no character that a terminal obeys or that turns the reading around, is not longer, and cleaning it again changes nothing; what is drawn is as wide as its cells",
        maximumBytes: 512
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        for keepsNewlines in [true, false] {
            let clean = PlainText.sanitized(text, keepNewlines: keepsNewlines)
            let rest = clean.unicodeScalars.filter { !(keepsNewlines && $0 == "\n") }
            expect(
                !rest.contains(where: TextTarget.isHarmful),
                "\(text.debugDescription) became \(clean.debugDescription)"
            )
            expect(clean.unicodeScalars.count <= text.unicodeScalars.count, "cleaned text is longer")
            expect(PlainText.sanitized(clean, keepNewlines: keepsNewlines) == clean, "cleaned twice, changed twice")
        }
        expect(text.safeToShow(limit: 40).count <= 40, "more than 40 characters")
        // The surface refuses once more what nobody has cleaned.
        var surface = Surface(columns: 20, rows: 2)
        let end = surface.write(text, in: surface.bounds, row: 0, column: bytes.count % 4)
        expect(end <= 20, "written up to column \(end) of 20")
        surface.writeRight(text, in: surface.bounds, row: 1)
        for row in 0..<2 {
            let cells = surface.cells[(row * 20)..<((row + 1) * 20)]
            expect(cells.reduce(0) { $0 + Int($1.width) } == 20, "half a wide character in row \(row)")
            expect(!cells.contains { TextTarget.isHarmful($0.scalar) }, "a control character was drawn")
        }
    }
}

/// What must reach no terminal, by Unicode's own tables.
enum TextTarget {
    static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: marks.contains(scalar)
        default: false
        }
    }

    /// Of the invisible ones those that turn the reading around: Unicode's Bidi_Control
    /// (https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt).
    private static let marks: Set<Unicode.Scalar> = [
        "\u{061C}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}", "\u{2066}",
        "\u{2067}", "\u{2068}", "\u{2069}",
    ]
}
