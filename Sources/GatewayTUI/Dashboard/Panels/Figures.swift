import Shared

/// The key figures: boxes with a value, how it changed, a note and a sparkline; a pair of lines where there is no room for boxes.
enum Figures {
    struct Figure {
        var title: String
        var value: String
        /// What else there is to say, the longest first: the first that fits is shown.
        var notes: [String] = []
        var style: Style
        var history: Series
        var trend: Change?
    }

    /// How a figure changed against the window before.
    struct Change {
        var text: String
        /// Whether that is good or bad, or neither.
        var style: Style

        /// `wish` is 1 where more is better, -1 where less is, 0 where it is all the same.
        init?(_ trend: Trend?, _ measure: Trend.Measure, wish: Int) {
            guard let trend, let text = trend.text(measure) else { return nil }
            self.text = text
            let meaning = trend.direction(measure) * wish
            style = meaning == 0 ? .dim : Style(meaning > 0 ? .good : .bad)
        }
    }

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        if layout.figures.isEmpty {
            drawLines(dashboard, layout.figureLines, on: &surface)
            return
        }
        let figures = KeyFigures(dashboard).chosen(layout.figures.count)
        for (figure, rect) in zip(figures, layout.figures) { draw(figure, in: rect, on: &surface) }
    }

    private static func draw(_ figure: Figure, in rect: Rect, on surface: inout Surface) {
        surface.frame(rect, title: figure.title)
        let inside = rect.interior
        var left = surface.write(figure.value, in: inside, Style(figure.style.role, .bold)) + 1
        var right = inside.width
        if let trend = figure.trend, left + CellWidth.of(trend.text) <= right {
            right = surface.writeRight(trend.text, in: inside, trend.style) - 1
        }
        if inside.height > 2 { (left, right) = (0, inside.width) }
        let noteRow = inside.height > 2 ? 1 : 0
        if let note = figure.notes.first(where: { !$0.isEmpty && left + CellWidth.of($0) <= right }) {
            let column = noteRow == 1 ? 0 : right - CellWidth.of(note)
            surface.write(note, in: inside, row: noteRow, column: column, .dim)
        }
        guard inside.height > 1 else { return }
        let row = inside.height - 1
        if figure.history.isEmpty {
            surface.write("no data yet", in: inside, row: row, .dim)
        } else {
            surface.sparkline(figure.history, in: inside, row: row, figure.style)
        }
    }

    static func latencies(_ snapshot: MetricsSnapshot?) -> String {
        guard let p50 = snapshot?.latencyP50Milliseconds, let p95 = snapshot?.latencyP95Milliseconds else { return "–" }
        return "\(Format.duration(milliseconds: p50)) · \(Format.duration(milliseconds: p95))"
    }

    /// How much of what the premium tier would have cost was saved.
    static func savedShare(_ totals: MetricsSnapshot.Totals) -> String {
        Format.percent(totals.saved.inDollars, of: totals.baseline.inDollars)
    }

    private static func drawLines(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        surface.frame(rect, title: dashboard.period.title)
        let inside = rect.interior
        guard let snapshot = dashboard.feed.snapshot else {
            surface.write("no data yet", in: inside, .dim)
            return
        }
        let totals = dashboard.totals(of: snapshot)
        let mark = dashboard.isDemo ? "~" : ""
        var column = surface.write("\(mark)\(Format.total(totals.cost)) spent  ", in: inside, Style(.warn, .bold))
        let saved = "\(mark)\(Format.total(totals.saved)) saved \(Figures.savedShare(totals))  "
        column = surface.write(saved, in: inside, column: column, Style(.good, .bold))
        surface.write("\(Format.count(totals.requests)) requests", in: inside, column: column, .strong)
        let line = [
            "\(Format.count(snapshot.requestsPerMinute))/min", "hit \(totals.cacheHitShare)",
            "\(Format.count(totals.escalations)) esc", latencies(snapshot),
        ]
        surface.write(line.joined(separator: "  "), in: inside, row: 1, .dim)
    }
}
