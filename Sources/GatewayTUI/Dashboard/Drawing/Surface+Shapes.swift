extension Surface {
    /// An empty place in the middle, over whatever is there, with no cursor.
    mutating func overlay(height: Int, width: Int) -> Rect {
        let rect = Rect(centered: height, width, rows: rows, columns: columns)
        overlay(rect)
        return rect
    }

    /// The same at a place that is known already.
    mutating func overlay(_ rect: Rect) {
        cursor = nil
        fill(rect)
    }

    /// A frame with a title at its left and a note at its right, both cut to fit; the note goes first.
    package mutating func frame(
        _ rect: Rect,
        title: String,
        titleStyle: Style = .strong,
        note: String = "",
        noteStyle: Style = .dim,
        border: Style = .dim
    ) {
        guard rect.height >= 2, rect.width >= 4 else { return }
        let last = rect.width - 1
        for (row, left, right) in [(0, "╭", "╮"), (rect.height - 1, "╰", "╯")]
            as [(Int, Unicode.Scalar, Unicode.Scalar)]
        {
            put(left, in: rect, row: row, columns: 0..<1, border)
            put("─", in: rect, row: row, columns: 1..<last, border)
            put(right, in: rect, row: row, columns: last..<rect.width, border)
        }
        for row in 1..<(rect.height - 1) {
            put("│", in: rect, row: row, columns: 0..<1, border)
            put("│", in: rect, row: row, columns: last..<rect.width, border)
        }
        let room = Rect(row: rect.row, column: rect.column + 2, height: 1, width: rect.width - 4)
        var end = 0
        if !title.isEmpty, room.width > 2 {
            let shown = CellWidth.of(title) > room.width - 2 ? CellWidth.fit(title, room.width - 2) : title
            end = write(" \(shown) ", in: room, titleStyle)
        }
        if !note.isEmpty, room.width - end >= CellWidth.of(note) + 3 {
            writeRight(" \(note) ", in: room, noteStyle)
        }
    }

    /// A bar that fills a share of a row, in eighths of a column. Anything above nothing shows at least a trace.
    package mutating func bar(in rect: Rect, row: Int, column: Int, width: Int, share: Double, _ style: Style) {
        guard width > 0, share.isFinite, share > 0 else { return }
        let eighths = max(1, Int((min(1, share) * Double(width) * 8).rounded()))
        let end = column + eighths / 8
        put("█", in: rect, row: row, columns: column..<end, style)
        if eighths % 8 > 0 { put(Self.leftBlocks[eighths % 8], in: rect, row: row, columns: end..<end + 1, style) }
    }

    /// A bar over a dotted track, for a share of something that has an end.
    package mutating func gauge(in rect: Rect, row: Int, column: Int, width: Int, share: Double, _ style: Style) {
        put("·", in: rect, row: row, columns: column..<max(column, column + width), .dim)
        bar(in: rect, row: row, column: column, width: width, share: share, style)
    }

    /// One row of bars, newest at the right. Gaps in the series stay blank, and so does everything before the first value.
    package mutating func sparkline(_ series: Series, in rect: Rect, row: Int, _ style: Style) {
        guard rect.width > 0 else { return }
        let values = series.columns(rect.width)
        let top = values.reduce(0) { $1.isFinite ? max($0, $1) : $0 }
        for (index, value) in values.enumerated() where value.isFinite {
            let step = top > 0 ? Int((max(0, value) / top * 7).rounded()) : 0
            let column = rect.width - values.count + index
            put(Self.lowerBlocks[min(7, step)], in: rect, row: row, columns: column..<column + 1, style)
        }
    }

    private static let leftBlocks: [Unicode.Scalar] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    private static let lowerBlocks: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}
