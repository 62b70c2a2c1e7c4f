extension Surface {
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
        let line = String(repeating: "─", count: rect.width - 2)
        write("╭\(line)╮", in: rect, row: 0, border)
        write("╰\(line)╯", in: rect, row: rect.height - 1, border)
        for row in 1..<(rect.height - 1) {
            write("│", in: rect, row: row, border)
            write("│", in: rect, row: row, column: rect.width - 1, border)
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
        var text = String(repeating: "█", count: eighths / 8)
        if eighths % 8 > 0 { text.append(Self.leftBlocks[eighths % 8]) }
        write(text, in: rect, row: row, column: column, style)
    }

    /// One row of bars, newest at the right. Gaps in the series stay blank, and so does everything before the first value.
    package mutating func sparkline(_ series: Series, in rect: Rect, row: Int, _ style: Style) {
        guard rect.width > 0 else { return }
        let values = series.columns(rect.width)
        let top = values.reduce(0) { $1.isFinite ? max($0, $1) : $0 }
        var text = String.UnicodeScalarView()
        for value in values {
            guard value.isFinite else {
                text.append(" ")
                continue
            }
            let step = top > 0 ? Int((max(0, value) / top * 7).rounded()) : 0
            text.append(Self.lowerBlocks[min(7, step)])
        }
        writeRight(String(text), in: rect, row: row, style)
    }

    private static let leftBlocks: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    private static let lowerBlocks: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}
