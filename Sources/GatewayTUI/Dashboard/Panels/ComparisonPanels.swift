import Shared

/// Several answers to one prompt: their texts side by side, or one after the other where there is no room, and below them
/// their figures with the best of each row marked.
enum ComparisonPanels {
    /// A narrower text is not worth reading.
    static let leastColumn = 36
    static let figureRows = ComparisonFigure.allCases.count
    private static let labelColumns = 12

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        guard let comparison = dashboard.tester.shownComparison else { return }
        let isBeside = layout.testerColumns.count == comparison.columns.count
        let places = isBeside ? Array(comparison.columns.indices) : [comparison.shown]
        for (place, rect) in zip(places, layout.testerColumns) {
            let arrows = "\(Key.left.label(dashboard.glyphs)) \(Key.right.label(dashboard.glyphs))"
            let note = isBeside ? "" : "\(arrows) \(place + 1) of \(comparison.columns.count)"
            drawAnswer(dashboard, comparison, comparison.columns[place], note: note, rect, on: &surface)
        }
        drawFigures(dashboard, comparison, shown: isBeside ? nil : comparison.shown, layout.testerFigures, on: &surface)
        drawSum(dashboard, comparison, layout.testerTotal, on: &surface)
    }

    private static func drawAnswer(
        _ dashboard: Dashboard,
        _ comparison: Comparison,
        _ column: Comparison.Column,
        note: String,
        _ rect: Rect,
        on surface: inout Surface
    ) {
        let answer = column.answer
        let (state, style) = state(column, now: dashboard.now.monotonicMilliseconds)
        surface.frame(rect, title: "\(column.target.name)\(state)", titleStyle: style, note: note)
        var room = rect.interior
        guard !room.isEmpty else { return }
        var below: [StyledLine] = []
        if case .failed(let message) = answer.phase {
            below += StyledLine("✖ \(message)", Style(.bad, .bold)).wrapped(to: room.width).atMost(3)
        }
        if let quality = answer.detail?.quality, !quality.signals.isEmpty {
            let reasons = quality.signals.map(\.reason).joined(separator: ", ")
            below += StyledLine("judge: ", Style(.warn)).adding(reasons, .dim).wrapped(to: room.width).atMost(2)
        }
        let foot = room.takeBottom(min(below.count, room.height - 1))
        for (row, line) in below.prefix(foot.height).enumerated() { surface.write(line, in: foot, row: row) }
        guard answer.phase != .idle else {
            let text = comparison.stage == .estimating ? "asking what it costs …" : "waiting for your yes"
            surface.write(text, in: room, .dim)
            return
        }
        write(answer, scroll: comparison.scroll, in: room, on: &surface)
    }

    /// The end of an answer, or what is scrolled to.
    static func write(_ answer: StreamedAnswer, scroll: Int, in room: Rect, on surface: inout Surface) {
        var text = answer.text
        if answer.phase.isRunning {
            text.append("▌")
        } else {
            while text.last?.isNewline == true { text.removeLast() }
        }
        let wanted = Wrap.tail(text, width: room.width, rows: room.height + scroll)
        let end = max(min(wanted.count, room.height), wanted.count - scroll)
        for (row, line) in wanted[..<end].suffix(room.height).enumerated() { surface.write(line, in: room, row: row) }
    }

    private static func state(_ column: Comparison.Column, now: Int64) -> (String, Style) {
        let answer = column.answer
        let isSimulated = column.estimate?.isSimulated == true || answer.detail?.summary.isSimulated == true
        let simulated = isSimulated ? " · simulated" : ""
        switch answer.phase {
        case .idle: return (simulated, .strong)
        case .waiting: return (" · sending", .strong)
        case .streaming:
            let how = answer.isCancelRequested ? "cancelling" : answer.firstDeltaAt == nil ? "waiting" : "streaming"
            let time = Format.duration(milliseconds: answer.milliseconds(now: now))
            return (" · \(how) \(time)\(simulated)", Style(.accent, .bold))
        case .finished: return ("\(simulated)", Style(.good, .bold))
        case .failed: return (" · stopped\(simulated)", Style(.bad, .bold))
        }
    }

    private static func drawFigures(
        _ dashboard: Dashboard,
        _ comparison: Comparison,
        shown: Int?,
        _ rect: Rect,
        on surface: inout Surface
    ) {
        surface.frame(rect, title: "compared", note: "★ best")
        let inside = rect.interior
        let rows = ComparisonFigure.shown(inside.height)
        var room = inside
        let labels = room.takeLeft(min(labelColumns, room.width))
        let now = dashboard.now.monotonicMilliseconds
        for (row, figure) in rows.enumerated() { surface.write(figure.label, in: labels, row: row, .dim) }
        for (place, cell) in room.columns(comparison.columns.count).enumerated() {
            let column = comparison.columns[place]
            for (row, figure) in rows.enumerated() {
                let isBest = figure.best(comparison).contains(place)
                let isShown = figure == .model && place == shown
                surface.write(
                    isBest ? "★" : isShown ? "▶" : " ",
                    in: cell,
                    row: row,
                    isBest ? Style(.good, .bold) : .strong
                )
                let (text, style) = figure.text(column, now: now, width: cell.width - 3)
                let fitted = CellWidth.clip(text, max(0, cell.width - 3))
                surface.write(fitted, in: cell, row: row, column: 2, isBest ? Style(.good, .bold) : style)
            }
        }
    }

    private static func drawSum(
        _ dashboard: Dashboard,
        _ comparison: Comparison,
        _ rect: Rect,
        on surface: inout Surface
    ) {
        guard comparison.stage == .sent else { return }
        let mark = comparison.isSimulated ? "~" : ""
        var column = surface.write(" \(mark)\(Format.money(comparison.cost))", in: rect, .strong)
        column = surface.write(" in all", in: rect, column: column)
        let hint =
            comparison.isRunning
            ? dashboard.hint(.cancelAnswer, in: .tester, "cancels all")
            : dashboard.hint(.cancelAnswer, in: .tester, "closes") + ", "
                + dashboard.hint(.compose, in: .tester, "writes")
        surface.write(" · \(hint)", in: rect, column: column, .dim)
    }
}
