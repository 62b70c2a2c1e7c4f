import Shared

/// The daemon's log, the newest line below.
enum LogPanel {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let log = dashboard.log
        let lines = log.shown
        let note = log.scroll > 0 ? "\(log.scroll) newer below · f follows" : "following"
        surface.frame(rect, title: "log \(Format.count(lines.count)) · \(log.level) and above", note: note)
        let inside = rect.interior
        if lines.isEmpty {
            let text = log.problem ?? "Nothing was logged at this level. L shows more."
            surface.write(wrapped: StyledLine(text, .dim), in: inside)
            return
        }
        let end = max(0, lines.count - log.scroll)
        let shown = lines[max(0, end - inside.height)..<end]
        for (row, line) in shown.enumerated() { draw(line, dashboard.now, in: inside, row: row, on: &surface) }
    }

    private static func draw(
        _ line: ControlProtocol.LogLine,
        _ now: Moment,
        in rect: Rect,
        row: Int,
        on surface: inout Surface
    ) {
        let clock = Format.clock(unixMilliseconds: line.unixMilliseconds, utcOffsetSeconds: now.utcOffsetSeconds)
        var column = surface.write("\(clock) ", in: rect, row: row, .dim)
        column = surface.write(CellWidth.fit(line.level, 8), in: rect, row: row, column: column, style(line.level)) + 1
        surface.write(CellWidth.fit(line.text, rect.width - column), in: rect, row: row, column: column)
    }

    private static func style(_ level: String) -> Style {
        switch level {
        case "error", "critical": Style(.bad, .bold)
        case "warning": Style(.warn, .bold)
        case "notice": Style(.accent)
        default: .dim
        }
    }
}
