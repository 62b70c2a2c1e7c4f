import Shared

/// The box for the name that a prompt is saved under, over the tester.
enum NameOverlay {
    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let editor = dashboard.promptName else { return }
        let rect = Rect(centered: 4, min(68, surface.columns - 4), rows: surface.rows, columns: surface.columns)
        surface.overlay(rect)
        let note = dashboard.hint(.leaveName, in: .saving, "leaves")
        surface.frame(rect, title: "save the prompt as", note: note, border: Style(.accent, .bold))
        let room = rect.interior
        let before = CellWidth.of(String(editor.characters.prefix(editor.position)))
        // What is beside the cursor stays in sight.
        let shift = max(0, before - room.width + 1)
        surface.write(editor.text, in: room, column: -shift, .strong)
        surface.cursor = .init(row: room.row, column: room.column + min(room.width - 1, before - shift))
        let wishes = dashboard.tester.wishes + [dashboard.tester.tier.map { "tier \($0.name)" }].compactMap(\.self)
        let what = wishes.isEmpty ? "its text alone" : "with \(wishes.joined(separator: ", "))"
        surface.write(CellWidth.clip(what, room.width), in: room, row: 1, .dim)
    }
}
