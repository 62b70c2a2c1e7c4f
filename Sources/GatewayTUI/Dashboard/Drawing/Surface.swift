/// One position of the picture.
package struct Cell: Sendable, Hashable {
    package var scalar: Unicode.Scalar
    package var style: Style
    /// 1 or 2; 0 marks the right half of the wide character before it.
    package var width: UInt8

    package static let blank = Cell(scalar: " ", style: .normal, width: 1)
}

/// A picture as plain values. Every view draws into one; only the terminal module knows how it reaches a screen.
///
/// Whatever is written is clipped to the rectangle it is written in, so that a panel cannot draw over its neighbour.
/// No cell ever holds a control character, and no wide character is ever cut in half.
package struct Surface: Sendable, Hashable {
    package struct Position: Sendable, Hashable {
        package var row: Int
        package var column: Int
    }

    package let rows: Int
    package let columns: Int
    package let glyphs: Glyphs
    package private(set) var cells: [Cell]
    /// Where the terminal's cursor stands; nil hides it.
    package var cursor: Position?

    package init(columns: Int, rows: Int, glyphs: Glyphs = .unicode) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
        self.glyphs = glyphs
        cells = Array(repeating: .blank, count: self.rows * self.columns)
    }

    package var bounds: Rect { Rect(row: 0, column: 0, height: rows, width: columns) }

    /// Writes one line at a place inside a rectangle and answers the column after it, counted in the rectangle.
    @discardableResult
    package mutating func write(
        _ text: some StringProtocol,
        in rect: Rect,
        row: Int = 0,
        column: Int = 0,
        _ style: Style = .normal
    ) -> Int {
        guard row >= 0, row < rect.height else { return column }
        if let end = writeASCII(text, in: rect, row: row, column: column, style) { return end }
        var at = column
        for character in text {
            let (scalar, width) = CellWidth.cell(character)
            if width == 0 { continue }
            if at + width > rect.width { break }
            if at >= 0 { set(row: rect.row + row, column: rect.column + at, scalar, width, style) }
            at += width
        }
        return at
    }

    /// Puts one scalar that is one column wide: for lines, bars and charts, which are most of a picture.
    package mutating func put(
        _ scalar: Unicode.Scalar,
        in rect: Rect,
        row: Int,
        columns: Range<Int>,
        _ style: Style
    ) {
        guard row >= 0, row < rect.height else { return }
        for column in max(0, columns.lowerBound)..<max(0, columns.lowerBound, min(rect.width, columns.upperBound)) {
            set(row: rect.row + row, column: rect.column + column, scalar, 1, style)
        }
    }

    /// The same as ``write(_:in:row:column:_:)`` for text of printable ASCII, which needs no search for graphemes; nil
    /// for any other text. Measured: half of the time of a whole picture.
    private mutating func writeASCII(
        _ text: some StringProtocol,
        in rect: Rect,
        row: Int,
        column: Int,
        _ style: Style
    ) -> Int? {
        guard column >= 0, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        var at = column
        for byte in text.utf8 {
            if at >= rect.width { break }
            set(row: rect.row + row, column: rect.column + at, Unicode.Scalar(byte), 1, style)
            at += 1
        }
        return at
    }

    /// Writes a text so that it ends at the right edge, and answers the column it begins at.
    @discardableResult
    package mutating func writeRight(
        _ text: some StringProtocol,
        in rect: Rect,
        row: Int = 0,
        _ style: Style = .normal
    ) -> Int {
        let start = max(0, rect.width - CellWidth.of(text))
        write(text, in: rect, row: row, column: start, style)
        return start
    }

    package mutating func fill(_ rect: Rect, _ style: Style = .normal) {
        forEachIndex(in: rect) { cells, index in
            cells[index] = Cell(scalar: " ", style: style, width: 1)
        }
        mendHalves(around: rect)
    }

    /// Gives every cell a new style and keeps the text.
    package mutating func restyle(_ rect: Rect, _ change: (Style) -> Style) {
        forEachIndex(in: rect) { cells, index in cells[index].style = change(cells[index].style) }
    }

    /// The picture as lines without trailing blanks.
    package var lines: [String] {
        (0..<rows).map { row in
            var line = String.UnicodeScalarView()
            for column in 0..<columns where cells[row * columns + column].width > 0 {
                line.append(cells[row * columns + column].scalar)
            }
            while line.last == " " { line.removeLast() }
            return String(line)
        }
    }

    /// The picture as text.
    package var text: String { lines.joined(separator: "\n") }

    private mutating func set(row: Int, column: Int, _ scalar: Unicode.Scalar, _ width: Int, _ style: Style) {
        guard row >= 0, row < rows, column >= 0, column + width <= columns else { return }
        if glyphs == .ascii, !scalar.isASCII {
            let standIn = Glyphs.ascii(for: scalar)
            for offset in 0..<width { put(row: row, column: column + offset, standIn, 1, style) }
        } else {
            put(row: row, column: column, scalar, width, style)
        }
    }

    private mutating func put(row: Int, column: Int, _ scalar: Unicode.Scalar, _ width: Int, _ style: Style) {
        let index = row * columns + column
        let last = index + width - 1
        if cells[index].width == 0, column > 0 { cells[index - 1] = .blank }
        if cells[last].width == 2, last % columns + 1 < columns { cells[last + 1] = .blank }
        cells[index] = Cell(scalar: scalar, style: style, width: UInt8(width))
        if width == 2 { cells[index + 1] = Cell(scalar: " ", style: style, width: 0) }
    }

    private mutating func forEachIndex(in rect: Rect, _ body: (inout [Cell], Int) -> Void) {
        let firstRow = max(0, rect.row)
        let firstColumn = max(0, rect.column)
        let endRow = min(rows, rect.row + rect.height)
        let endColumn = min(columns, rect.column + rect.width)
        guard firstRow < endRow, firstColumn < endColumn else { return }
        for row in firstRow..<endRow {
            for column in firstColumn..<endColumn { body(&cells, row * columns + column) }
        }
    }

    /// Blanks the halves of wide characters that a filled rectangle cut at its sides.
    private mutating func mendHalves(around rect: Rect) {
        for row in max(0, rect.row)..<max(0, rect.row, min(rows, rect.row + rect.height)) {
            let before = rect.column - 1
            if before >= 0, before < columns, cells[row * columns + before].width == 2 {
                cells[row * columns + before] = .blank
            }
            let after = rect.column + rect.width
            if after >= 0, after < columns, cells[row * columns + after].width == 0 {
                cells[row * columns + after] = .blank
            }
        }
    }
}
