extension Surface {
    /// How many points a chart shows in a number of columns: braille has two dots beside each other.
    package func chartPoints(columns: Int) -> Int { glyphs == .ascii ? columns : columns * 2 }

    /// A filled curve, newest at the right: braille dots, two across and four down a cell, or `#` in ASCII.
    ///
    /// Values that are not finite are gaps. `top` is what a full column stands for.
    package mutating func chart(_ values: [Double], top: Double, in rect: Rect, _ style: Style) {
        guard !rect.isEmpty, top > 0 else { return }
        let across = glyphs == .ascii ? 1 : 2
        let down = glyphs == .ascii ? 1 : 4
        let shown = Array(values.suffix(rect.width * across))
        let padding = rect.width * across - shown.count
        var dots = [UInt32](repeating: 0, count: rect.width * rect.height)
        for (index, value) in shown.enumerated() where value.isFinite && value > 0 {
            let point = index + padding
            let height = max(1, Int((min(1, value / top) * Double(rect.height * down)).rounded()))
            for dot in 0..<min(height, rect.height * down) {
                let cell = (rect.height - 1 - dot / down) * rect.width + point / across
                dots[cell] |= glyphs == .ascii ? 1 : Self.brailleDots[point % 2][dot % 4]
            }
        }
        for (index, bits) in dots.enumerated() where bits != 0 {
            let scalar: Unicode.Scalar = glyphs == .ascii ? "#" : Unicode.Scalar(0x2800 + bits) ?? "█"
            let column = index % rect.width
            put(scalar, in: rect, row: index / rect.width, columns: column..<column + 1, style)
        }
    }

    /// The bits of a braille cell, from the bottom up, for its left and its right column.
    private static let brailleDots: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]
}
