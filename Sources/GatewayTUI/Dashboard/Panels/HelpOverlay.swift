/// All keys, made from the table that the key handling uses.
enum HelpOverlay {
    private static let columnWidth = 38
    static let labelWidth = 11

    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        let columns = max(1, min(3, (surface.columns - 4) / columnWidth))
        let lines = lines(of: dashboard)
        let perColumn = (lines.count + columns - 1) / columns
        let height = min(surface.rows - 2, perColumn + 2)
        let width = min(surface.columns - 2, columns * columnWidth + 3)
        let rect = surface.overlay(height: height, width: width)
        let visible = height - 2
        let scroll = max(0, min(dashboard.helpScroll, perColumn - visible))
        let below = perColumn - visible - scroll
        let isSearching = dashboard.helpSearch?.isWriting == true
        let note =
            isSearching
            ? "Enter keeps, Esc clears"
            : below > 0 ? "\(Key.down.label(dashboard.glyphs)) more" : "any other key closes"
        surface.frame(rect, title: title(dashboard), note: note, border: Style(.accent, .bold))
        placeCursor(dashboard, rect, on: &surface)
        for (column, room) in rect.interior.columns(columns).enumerated() {
            let part = lines.dropFirst(column * perColumn).prefix(perColumn).dropFirst(scroll).prefix(visible)
            for (row, line) in part.enumerated() { surface.write(line, in: room, row: row) }
        }
    }

    /// The text: marks first, then the keys by context.
    static func lines(glyphs: Glyphs, bindings: [KeyTable.Binding] = KeyTable.all) -> [StyledLine] {
        var lines: [StyledLine] = []
        for context in order where bindings.contains(where: { $0.context == context }) {
            if !lines.isEmpty { lines.append(StyledLine()) }
            lines.append(StyledLine(context.rawValue, .strong))
            for binding in bindings where binding.context == context {
                lines.append(
                    StyledLine(CellWidth.fit(binding.label(glyphs), labelWidth), .key).adding(" \(binding.help)")
                )
            }
        }
        lines += [StyledLine(), StyledLine("MARKS", .strong)]
        lines += marks.map { StyledLine(CellWidth.fit($0.0, labelWidth), .key).adding(" \($0.1)") }
        lines += [StyledLine(), StyledLine("FILTER WORDS", .strong)]
        lines += filterWords.map { StyledLine(CellWidth.fit($0.0, labelWidth), .key).adding(" \($0.1)") }
        return lines
    }

    private static let order: [KeyTable.Context] = [
        .everywhere, .figures, .list, .run, .step, .requests, .detail, .filtering, .tester, .composing, .editing,
        .picking, .marking, .shelf, .saving, .palette, .output, .backends, .cache, .flushing, .naming, .confirming,
        .savings, .workflows,
        .writingInput, .log, .asking, .offline,
    ]

    private static let marks = [
        ("~$0.01", "simulated, nothing paid"), ("≈", "tokens estimated"), ("esc1", "escalated once"),
        ("cut", "the answer broke off"), ("L F B P", "local fast balanced prem."),
        ("exact", "the same request again"), ("sem", "a question asking the same"),
        ("coal", "shared a call in flight"), ("e9 s4 c1", "% exact, sem, coal"), ("★", "the best of its row"),
    ]

    private static let filterWords = [
        ("word", "in prompt, model, id"), ("wf:review", "steps of a workflow"), ("tier:b", "l f b p or the name"),
        ("st:529", "also st:5 st:ok st:err"),
        ("cache:hit", "also miss exact sem coal"), ("model:opus", "part of the name"), ("ms>2000", "also ms<"),
        ("cost>0.01", "also cost<"), ("!word", "not; before any of them"),
    ]
}
