import Shared

/// The key figures: boxes with a value, a note and a sparkline; a pair of lines where there is no room for boxes.
enum Figures {
    struct Figure {
        var title: String
        var value: String
        var note = ""
        var style: Style
        var history: Series
    }

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        if layout.figures.isEmpty {
            drawLines(dashboard, layout.figureLines, on: &surface)
            return
        }
        let figures = all(dashboard, count: layout.figures.count)
        for (figure, rect) in zip(figures, layout.figures) { draw(figure, in: rect, on: &surface) }
    }

    private static func draw(_ figure: Figure, in rect: Rect, on surface: inout Surface) {
        surface.frame(rect, title: figure.title)
        let inside = rect.interior
        let end = surface.write(figure.value, in: inside, Style(figure.style.role, .bold))
        if end + 1 + CellWidth.of(figure.note) <= inside.width { surface.writeRight(figure.note, in: inside, .dim) }
        guard inside.height > 1 else { return }
        if figure.history.isEmpty {
            surface.write("no data yet", in: inside, row: 1, .dim)
        } else {
            surface.sparkline(figure.history, in: inside, row: 1, figure.style)
        }
    }

    /// The figures for a number of boxes: with four of them, some carry a second one as their note.
    static func all(_ dashboard: Dashboard, count: Int) -> [Figure] {
        let history = dashboard.feed.history
        let snapshot = dashboard.feed.snapshot
        let totals = snapshot.map { dashboard.totals(of: $0) } ?? MetricsSnapshot.Totals()
        let period = dashboard.period.title
        let isKnown = snapshot != nil
        let mark = dashboard.isDemo ? "~" : ""
        func known(_ text: @autoclosure () -> String) -> String { isKnown ? text() : "–" }
        let hits = totals.cacheHitShare
        let share = savedShare(totals)
        let perMinute = Format.count(snapshot?.requestsPerMinute ?? 0)
        let spent = Figure(
            title: "spent \(period)",
            value: known(mark + Format.total(totals.cost)),
            note: count == 4 ? known("\(Format.count(totals.escalations)) esc") : "",
            style: Style(.warn),
            history: history.spent
        )
        let saved = Figure(
            title: "saved \(period)",
            value: known(mark + Format.total(totals.saved)),
            note: share,
            style: totals.saved < .zero ? Style(.bad) : Style(.good),
            history: history.saved
        )
        let requests = Figure(
            title: "requests \(period)",
            value: known(Format.count(totals.requests)),
            note: count == 4 ? known("hit \(hits)") : count == 6 ? known("\(perMinute)/min") : "",
            style: Style(.accent),
            history: count == 8 ? history.requests : history.requestsPerMinute
        )
        let latency = Figure(
            title: "p50 · p95",
            value: known(latencies(snapshot)),
            style: Style(.accent),
            history: history.latencyP95
        )
        if count <= 4 { return [requests, spent, saved, latency] }
        let cache = Figure(
            title: count == 6 ? "cache hits" : "cache hits \(period)",
            value: known(hits),
            note: known(totals.cacheHitSplit ?? Format.count(totals.cacheHits)),
            style: Style(.good),
            history: history.cacheHitShare
        )
        let escalations = Figure(
            title: count == 6 ? "esc · errors" : "escalated \(period)",
            value: known(Format.count(totals.escalations)),
            note: count == 6 ? known("\(Format.count(totals.errors)) err") : "",
            style: Style(.premium),
            history: history.escalations
        )
        if count == 6 { return [requests, spent, saved, cache, latency, escalations] }
        let rate = Figure(
            title: "requests/min",
            value: known(perMinute),
            note: known("\(Format.count(snapshot?.inFlight ?? 0)) in flight"),
            style: Style(.accent),
            history: history.requestsPerMinute
        )
        let errors = Figure(
            title: "errors \(period)",
            value: known(Format.count(totals.errors)),
            note: Format.percent(Double(totals.errors), of: Double(totals.requests)),
            style: Style(.bad),
            history: history.errors
        )
        return [requests, spent, saved, cache, latency, rate, escalations, errors]
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
