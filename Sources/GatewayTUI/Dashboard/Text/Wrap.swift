/// Soft wrapping of plain text.
package enum Wrap {
    /// The last rows of a text at a width, at most a count of them: long answers cost no more than what is seen.
    package static func tail(_ text: String, width: Int, rows: Int) -> [String] {
        guard width > 0, rows > 0 else { return [] }
        var result: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false).reversed() {
            result.append(contentsOf: self.rows(of: paragraph, width: width).reversed())
            if result.count >= rows { break }
        }
        return result.prefix(rows).reversed()
    }

    /// One paragraph in rows, broken at blanks where there are any; indentation of code is kept.
    package static func rows(of paragraph: Substring, width: Int) -> [String] {
        let whole = CellWidth.of(paragraph)
        if whole <= width { return [String(paragraph)] }
        let line = StyledLine(String(paragraph))
        return line.wrapped(to: width).map { $0.spans.map(\.text).joined() }
    }
}
