import Shared

/// A curve over the chosen window, with its scale at the left and its time below.
enum ChartPanel {
    static func draw(
        title: String,
        series: Series,
        window: Int,
        style: Style,
        in rect: Rect,
        on surface: inout Surface,
        scaleWidth: Int = 5,
        label: (Double) -> String
    ) {
        guard rect.height >= 4, rect.width >= 20 else { return }
        let inside = Rect(row: rect.row + 1, column: rect.column + 1, height: rect.height - 2, width: rect.width - 2)
        let points = series.points(surface.chartPoints(columns: max(1, inside.width - scaleWidth)))
        let peak = points.reduce(0) { $1.isFinite ? max($0, $1) : $0 }
        surface.frame(rect, title: "\(title) · \(span(window))", note: series.isEmpty ? "" : "peak \(label(peak))")
        guard !series.isEmpty else {
            surface.write("no data yet", in: rect.interior, .dim)
            return
        }
        let top = niceTop(peak)
        let scale = label(top)
        let plot = Rect(
            row: inside.row,
            column: inside.column + scaleWidth,
            height: inside.height - 1,
            width: inside.width - scaleWidth
        )
        let labels = scaleWidth - 1
        for row in 0..<plot.height {
            let text = row == 0 ? scale : row == plot.height - 1 ? "0" : ""
            surface.write("\(CellWidth.fit(text, labels, alignRight: true))┤", in: inside, row: row, .dim)
        }
        surface.chart(points, top: top, in: plot, style)
        let axis = Rect(row: plot.row + plot.height, column: plot.column, height: 1, width: plot.width)
        surface.write("-\(span(window))", in: axis, .dim)
        surface.writeRight("now", in: axis, .dim)
    }

    static func span(_ seconds: Int) -> String { seconds < 3_600 ? "\(seconds / 60) min" : "\(seconds / 3_600) h" }

    /// The next round number, so that the scale does not change with every value.
    static func niceTop(_ peak: Double) -> Double {
        guard peak.isFinite, peak > 0 else { return 1 }
        var unit = 1.0
        while unit * 10 <= peak, unit < 1e15 { unit *= 10 }
        while unit > peak, unit > 1e-9 { unit /= 10 }
        for step in [1.0, 2, 3, 5, 8, 10] where unit * step >= peak { return unit * step }
        return unit * 10
    }
}
