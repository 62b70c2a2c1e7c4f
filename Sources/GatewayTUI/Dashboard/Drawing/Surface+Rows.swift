/// A column of a panel's table.
struct PanelColumn<Row> {
    var title: String
    var width: Int
    /// Numbers stand at the right.
    var isNumber = true
    var text: (Row) -> (String, Style)
}

extension Surface {
    /// Writes a text over as many lines of a rectangle as it needs, or has.
    mutating func write(wrapped text: StyledLine, in rect: Rect) {
        for (row, line) in text.wrapped(to: rect.width).prefix(rect.height).enumerated() {
            write(line, in: rect, row: row)
        }
    }

    /// Writes the columns' titles as a line.
    mutating func write<Row>(titles columns: [PanelColumn<Row>], in rect: Rect, row: Int) {
        write(columns, in: rect, row: row) { ($0.title, .dim) }
    }

    /// Writes what the columns say of one entry as a line.
    mutating func write<Row>(_ entry: Row, columns: [PanelColumn<Row>], in rect: Rect, row: Int) {
        write(columns, in: rect, row: row) { $0.text(entry) }
    }

    private mutating func write<Row>(
        _ columns: [PanelColumn<Row>],
        in rect: Rect,
        row: Int,
        _ cell: (PanelColumn<Row>) -> (String, Style)
    ) {
        var at = 0
        for column in columns {
            let (text, style) = cell(column)
            write(CellWidth.fit(text, column.width, alignRight: column.isNumber), in: rect, row: row, column: at, style)
            at += column.width + 1
        }
    }
}
