/// A line of differently styled pieces, for panes whose text is composed before its width is known.
package struct StyledLine: Sendable, Hashable {
    package struct Span: Sendable, Hashable {
        package var text: String
        package var style: Style
    }

    package var spans: [Span]
    /// Columns that continuation lines are indented by.
    package var indent: Int

    package init(_ text: String = "", _ style: Style = .normal, indent: Int = 0) {
        spans = text.isEmpty ? [] : [Span(text: text, style: style)]
        self.indent = indent
    }

    package func adding(_ text: String, _ style: Style = .normal) -> StyledLine {
        var line = self
        line.spans.append(Span(text: text, style: style))
        return line
    }

    /// The line broken at blanks to fit a width; words that are too long are cut.
    package func wrapped(to width: Int) -> [StyledLine] {
        guard width > 0 else { return [] }
        let indent = self.indent * 3 < width * 2 ? self.indent : 0
        var lines: [StyledLine] = []
        var line = StyledLine(indent: self.indent)
        var used = 0
        for span in spans {
            for piece in Self.pieces(of: span.text) {
                var piece = piece
                var columns = CellWidth.of(piece)
                if used + columns > width, used > indent || (lines.isEmpty && used > 0) {
                    lines.append(line)
                    line = StyledLine(String(repeating: " ", count: indent), .normal, indent: self.indent)
                    used = indent
                    piece = String(piece.drop { $0 == " " })
                    columns = CellWidth.of(piece)
                }
                while used + columns > width {
                    let (head, tail) = Self.split(piece, at: width - used)
                    line.spans.append(Span(text: head, style: span.style))
                    lines.append(line)
                    line = StyledLine(String(repeating: " ", count: indent), .normal, indent: self.indent)
                    used = indent
                    piece = tail
                    columns = CellWidth.of(piece)
                }
                guard !piece.isEmpty else { continue }
                line.spans.append(Span(text: piece, style: span.style))
                used += columns
            }
        }
        lines.append(line)
        return lines
    }

    /// Words with the blanks before them.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var sawWord = false
        for character in text {
            if character == " ", sawWord {
                pieces.append(piece)
                piece = ""
                sawWord = false
            }
            if character != " " { sawWord = true }
            piece.append(character)
        }
        if !piece.isEmpty { pieces.append(piece) }
        return pieces
    }

    /// Cuts a text at a column; the first part is never empty, so that wrapping ends.
    private static func split(_ text: String, at columns: Int) -> (String, String) {
        var used = 0
        var index = text.startIndex
        while index < text.endIndex {
            let width = CellWidth.cell(text[index]).width
            if used + width > columns, index > text.startIndex { break }
            used += width
            index = text.index(after: index)
        }
        return (String(text[..<index]), String(text[index...]))
    }
}

extension [StyledLine] {
    /// The first lines, the last of them with an ellipsis if there were more.
    package func atMost(_ count: Int) -> [StyledLine] {
        guard self.count > count, count > 0 else { return Array(prefix(Swift.max(0, count))) }
        return prefix(count - 1) + [self[count - 1].adding(" …", .dim)]
    }
}

extension Surface {
    /// Draws a styled line at a row of a rectangle.
    package mutating func write(_ line: StyledLine, in rect: Rect, row: Int) {
        var column = 0
        for span in line.spans { column = write(span.text, in: rect, row: row, column: column, span.style) }
    }
}
