/// The menus for copying and exporting, over whatever view is open.
enum OutputOverlay {
    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let menu = dashboard.outputMenu else { return }
        let width = min(56, surface.columns - 4)
        let rect = surface.overlay(height: menu.choices.count + 2, width: width)
        let note = dashboard.hint(.leaveOutput, in: .output, "leaves")
        surface.frame(rect, title: menu.title, note: note, border: Style(.accent, .bold))
        for (row, choice) in menu.choices.enumerated() {
            let isMarked = row == menu.index
            let line = StyledLine(isMarked ? "▶ " : "  ", .strong)
                .adding("\(row + 1) ", .key)
                .adding(title(choice), isMarked ? .strong : .normal)
            surface.write(line, in: rect.interior, row: row)
        }
    }

    private static func title(_ choice: OutputMenu.Choice) -> String {
        switch choice {
        case .copy(let format): format.title
        case .export(let format): format.title
        }
    }
}
