import Shared

/// The flush menu, over whatever view is open.
enum FlushOverlay {
    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let flush = dashboard.flush else { return }
        let width = min(72, surface.columns - 4)
        let lines = lines(flush, dashboard, width: width - 4)
        let height = min(surface.rows - 2, lines.count + 2)
        let rect = surface.overlay(height: height, width: width)
        let (title, note) = caption(flush, dashboard)
        surface.frame(rect, title: title, note: note, border: Style(flush.isAsking ? .warn : .accent, .bold))
        for (row, line) in lines.prefix(height - 2).enumerated() { surface.write(line, in: rect.interior, row: row) }
        if case .naming(let editor) = flush.step {
            let (_, column) = box(editor, isKey: flush.choice == .key, width: rect.interior.width - nameColumn)
            surface.cursor = .init(row: rect.row + 1, column: rect.interior.column + nameColumn + column)
        }
    }

    private static let nameColumn = 10

    private static func caption(_ flush: FlushState, _ dashboard: Dashboard) -> (String, String) {
        switch flush.step {
        case .choosing: ("flush cached answers", dashboard.hint(.leaveFlush, in: .flushing, "closes"))
        case .naming:
            (
                flush.choice == .key ? "flush a key's answers" : "flush a project's answers",
                dashboard.hint(.leaveFlush, in: .naming, "goes back")
            )
        case .confirming: ("sure?", "y yes · n no")
        }
    }

    private static func lines(_ flush: FlushState, _ dashboard: Dashboard, width: Int) -> [StyledLine] {
        switch flush.step {
        case .choosing: return FlushState.Choice.allCases.map { choice($0, flush, width: width) }
        case .naming(let editor):
            let isKey = flush.choice == .key
            let name = CellWidth.fit(isKey ? "key" : "project", nameColumn)
            let hint =
                isKey ? "The client's key itself, or its fingerprint. Enter goes on." : "Its name. Enter goes on."
            return [
                StyledLine(name, .dim).adding(box(editor, isKey: isKey, width: width - nameColumn).text, .strong),
                StyledLine(), StyledLine(hint, .dim),
            ]
        case .confirming(let request):
            var lines = [
                StyledLine("Flush \(object(request, flush))?", .strong),
                StyledLine("It goes from \(places(dashboard)). The next such request is paid for again.", .dim),
            ]
            for home in dashboard.latest.snapshot?.cache.places ?? [] where home.state == .down {
                lines.append(StyledLine("\(home.name) is down: its answers may come back with it.", Style(.warn)))
            }
            return lines.flatMap { $0.wrapped(to: width) }
        }
    }

    private static func choice(_ choice: FlushState.Choice, _ flush: FlushState, width: Int) -> StyledLine {
        let isMarked = choice == flush.choice
        let line = StyledLine(isMarked ? "▶ " : "  ", .strong).adding("\(choice.rawValue) ", .key)
        let style = isMarked ? Style.strong : .normal
        switch choice {
        case .everything: return line.adding("everything", style)
        case .project: return line.adding("a project's answers …", style)
        case .key: return line.adding("a key's answers …", style)
        case .selected:
            guard let selected = flush.selected else {
                return line.adding("the selected request's answer: none is selected", .dim)
            }
            let text = "the selected request's answer  "
            return line.adding(text, style)
                .adding(CellWidth.fit(name(selected), max(0, width - 4 - CellWidth.of(text))), .dim)
        }
    }

    private static func name(_ selected: FlushState.Selected) -> String {
        "\(selected.id.safeToShow(limit: 8)) \(selected.prompt)"
    }

    private static func object(_ request: ControlProtocol.CacheFlush, _ flush: FlushState) -> String {
        if let project = request.project { return "every answer of project \"\(project)\"" }
        if let key = request.key { return "every answer of key \(FlushState.masked(key))" }
        if request.queryID != nil {
            return "the answer of \(flush.selected.map { CellWidth.clip(name($0), 60) } ?? "the request")"
        }
        return "every cached answer of every project"
    }

    private static func places(_ dashboard: Dashboard) -> String {
        guard let cache = dashboard.latest.snapshot?.cache else { return "every cache" }
        let names =
            cache.places.filter { $0.state == .ok }.map(\.name) + (cache.semantic == nil ? [] : ["the semantic cache"])
        return names.isEmpty ? "every cache" : names.joined(separator: ", ")
    }

    /// The part of a text around its cursor that fits, and the cursor's column in it.
    private static func box(_ editor: LineEditor, isKey: Bool, width: Int) -> (text: String, column: Int) {
        let shown = isKey ? Array(FlushState.masked(editor.text)) : editor.characters
        let before = shown.prefix(editor.position)
        var start = before.startIndex
        while start < before.endIndex, CellWidth.of(String(before[start...])) > width - 1 { start += 1 }
        let text = CellWidth.clip(String(shown[start...]), width)
        return (text, CellWidth.of(String(before[start...])))
    }
}

extension FlushState {
    fileprivate var isAsking: Bool {
        if case .confirming = step { return true }
        return false
    }
}
