import Shared

/// The list that something is taken from, over the tester.
enum PickerOverlay {
    /// Where it stands. Drawing and the mouse use the same rectangles.
    struct Frame {
        let rect: Rect
        /// The lines of the list; it scrolls.
        let list: Rect
        /// What the marked one is for; it stays in sight.
        let foot: Rect
        /// The line at the list's top.
        let first: Int

        init(_ picker: Picker, columns: Int, rows: Int) {
            let width = min(92, columns - 4)
            let count = picker.rows.isEmpty ? words(picker, width: width - 4).count : picker.rows.count
            let below = picker.rows.isEmpty ? 0 : 2
            rect = Rect(centered: min(rows - 2, count + below + 2), width, rows: rows, columns: columns)
            var room = rect.interior
            foot = room.takeBottom(min(below, max(0, room.height - 1)))
            list = room
            first = max(0, min(picker.index - room.height / 2, count - room.height))
        }
    }

    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let picker = dashboard.picker else { return }
        let frame = Frame(picker, columns: surface.columns, rows: surface.rows)
        surface.overlay(frame.rect)
        let note =
            picker.kind == .targets
            ? "\(picker.checked.count) marked" : dashboard.hint(.leavePick, in: .picking, "leaves")
        surface.frame(frame.rect, title: picker.title, note: note, border: Style(.accent, .bold))
        guard !picker.rows.isEmpty else {
            for (row, line) in words(picker, width: frame.list.width).prefix(frame.list.height).enumerated() {
                surface.write(line, in: frame.list, row: row)
            }
            return
        }
        for (row, line) in lines(picker, frame).enumerated() { surface.write(line, in: frame.list, row: row) }
        let foot = CellWidth.clip(picker.current?.foot ?? "", frame.foot.width)
        surface.write(foot, in: frame.foot, row: frame.foot.height - 1, .dim)
    }

    private static let tagColumns = 5

    /// What stands in the place of lines.
    private static func words(_ picker: Picker, width: Int) -> [StyledLine] {
        switch picker.content {
        case .loading: [StyledLine("asking …", .dim)]
        case .failed(let why): StyledLine("✖ \(why)", Style(.bad)).wrapped(to: width)
        case .empty(let why): StyledLine(why, .dim).wrapped(to: width)
        case .rows: []
        }
    }

    private static func lines(_ picker: Picker, _ frame: Frame) -> [StyledLine] {
        let width = frame.list.width
        let isChecked = picker.kind == .targets
        let widest = picker.rows.reduce(8) { max($0, CellWidth.of($1.name)) }
        let name = min(widest, max(8, width * 2 / 5))
        let about = max(0, width - name - tagColumns - (isChecked ? 7 : 3))
        return picker.rows.dropFirst(frame.first).prefix(frame.list.height).enumerated().map { offset, row in
            let isMarked = frame.first + offset == picker.index
            var line = StyledLine(isMarked ? "▶ " : "  ", .strong)
            if isChecked, case .target(let target) = row.choice {
                line = line.adding(picker.checked.contains(target) ? "[x] " : "[ ] ", .key)
            }
            return line.adding(CellWidth.fit(row.name, name), isMarked ? .strong : .normal)
                .adding(" " + CellWidth.fit(row.tag, tagColumns), Style(.accent))
                .adding(CellWidth.fit(row.about, about), isMarked ? .normal : .dim)
        }
    }
}
