/// The question that is open, over whatever view there is.
enum QuestionOverlay {
    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let question = dashboard.question else { return }
        let width = min(68, surface.columns - 4)
        let lines =
            StyledLine(question.text, .strong).wrapped(to: width - 4)
            + StyledLine(question.consequence, .dim).wrapped(to: width - 4)
        let rect = surface.overlay(height: min(surface.rows - 2, lines.count + 2), width: width)
        surface.frame(rect, title: "sure?", note: "y yes · n no", border: Style(.warn, .bold))
        for (row, line) in lines.prefix(rect.interior.height).enumerated() {
            surface.write(line, in: rect.interior, row: row)
        }
    }
}
