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
        // From the newest up, as many as there is room for; what is left of the uppermost.
        var rows: [StyledLine] = []
        for line in lines.dropLast(log.scroll).reversed() where rows.count < inside.height {
            rows = Self.rows(line, dashboard.now, width: inside.width) + rows
        }
        for (row, line) in rows.suffix(inside.height).enumerated() { surface.write(line, in: inside, row: row) }
    }

    /// How many of the oldest lines there is room for.
    static func fitting(_ dashboard: Dashboard, in rect: Rect) -> Int {
        var height = rect.height
        let fitting = dashboard.log.shown.prefix { line in
            height -= rows(line, dashboard.now, width: rect.width).count
            return height >= 0
        }
        return fitting.count
    }

    /// A line of the log, on as many rows as it needs.
    private static func rows(_ line: ControlProtocol.LogLine, _ now: Moment, width: Int) -> [StyledLine] {
        let clock = Format.clock(unixMilliseconds: line.unixMilliseconds, utcOffsetSeconds: now.utcOffsetSeconds)
        return StyledLine("\(clock) ", .dim, indent: CellWidth.of(clock) + 10)
            .adding(CellWidth.fit(line.level, 8), style(line.level))
            .adding(" \(line.text)")
            .wrapped(to: width)
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
