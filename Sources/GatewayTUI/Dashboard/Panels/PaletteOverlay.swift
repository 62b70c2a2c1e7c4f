/// The command palette, over whatever view is open.
enum PaletteOverlay {
    private static let keyColumns = 10

    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let palette = dashboard.palette else { return }
        let width = min(76, surface.columns - 4)
        // Always as high, so that the list does not jump while one writes.
        let rect = surface.overlay(height: min(surface.rows - 2, 16), width: width)
        let count = palette.found.count
        surface.frame(
            rect,
            title: "what to do",
            note: count == 0 ? "nothing" : "\(count)",
            border: Style(.accent, .bold)
        )
        var room = rect.interior
        let line = room.takeTop(1)
        surface.write(":", in: line, .key)
        let before = String(palette.editor.characters.prefix(palette.editor.position))
        surface.write(palette.editor.text, in: line, column: 2, .strong)
        if palette.editor.isEmpty { surface.write("write part of a name", in: line, column: 2, .dim) }
        surface.cursor = .init(row: line.row, column: line.column + min(line.width - 1, 2 + CellWidth.of(before)))
        if count == 0 {
            surface.write(
                "Nothing here is called so. \(dashboard.hint(.leavePalette, in: .palette, "leaves")).",
                in: room,
                row: 1,
                .dim
            )
            return
        }
        let first = max(0, min(palette.index - room.height / 2, count - room.height))
        let nameColumns = max(12, min(24, (room.width - keyColumns - 4) * 2 / 5))
        for row in 0..<min(room.height, count - first) {
            let binding = palette.found[first + row]
            let isMarked = first + row == palette.index
            let helpColumns = max(0, room.width - nameColumns - keyColumns - 4)
            let styled = StyledLine(isMarked ? "▶ " : "  ", .strong)
                .adding(CellWidth.fit(binding.action.name, nameColumns), isMarked ? .strong : Style(.accent))
                .adding(" " + CellWidth.fit(binding.help, helpColumns), isMarked ? .strong : .normal)
                .adding(" " + CellWidth.fit(binding.keys.first?.label(dashboard.glyphs) ?? "", keyColumns), .dim)
            surface.write(styled, in: room, row: row)
        }
    }
}
