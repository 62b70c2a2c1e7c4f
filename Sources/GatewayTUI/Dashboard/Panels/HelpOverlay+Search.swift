extension HelpOverlay {
    /// What the help shows: the keys as they are bound, without those that are refused, and of all that what is looked for.
    static func lines(of dashboard: Dashboard) -> [StyledLine] {
        let bindings = dashboard.keyMap.bindings.filter { binding in
            !binding.keys.isEmpty && !(dashboard.isReadOnly && binding.action.isRefusedReadOnly)
        }
        let all = lines(glyphs: dashboard.glyphs, bindings: bindings)
        let words = (dashboard.helpSearch?.editor.text ?? "").lowercased().split(separator: " ")
        guard !words.isEmpty else { return all }
        return found(words, in: all)
    }

    static func title(_ dashboard: Dashboard) -> String {
        guard let search = dashboard.helpSearch else { return "help · / searches" }
        return "help /\(search.editor.text)"
    }

    /// The cursor stands in the title, where the search is written.
    static func placeCursor(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard let search = dashboard.helpSearch, search.isWriting else { return }
        let before = String(search.editor.characters.prefix(search.editor.position))
        let column = rect.column + 3 + CellWidth.of("help /") + CellWidth.of(before)
        surface.cursor = .init(row: rect.row, column: min(column, rect.column + rect.width - 2))
    }

    /// The lines in which, or in whose heading, all words occur, under their headings.
    private static func found(_ words: [Substring], in all: [StyledLine]) -> [StyledLine] {
        var result: [StyledLine] = []
        for section in all.split(whereSeparator: { $0.spans.isEmpty }) {
            guard let heading = section.first else { continue }
            let lines = section.dropFirst().filter { line in
                let text = "\(heading.text) \(line.text)".lowercased()
                return words.allSatisfy { text.contains($0) }
            }
            guard !lines.isEmpty else { continue }
            if !result.isEmpty { result.append(StyledLine()) }
            result += [heading] + lines
        }
        return result.isEmpty ? [StyledLine("Nothing in the help says that.", .dim)] : result
    }
}
