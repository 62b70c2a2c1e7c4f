import Shared

/// What exchanges with each model cost and how long they took, the most asked first.
enum ModelsPanel {
    private typealias Column = PanelColumn<ModelFigures>

    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty, let models = dashboard.feed.snapshot?.models else { return }
        let inside = rect.interior
        let shown = max(0, inside.height - 1)
        let hidden = models.count - shown
        surface.frame(
            rect,
            title: "models \(models.count)",
            note: hidden > 0 ? "\(hidden) more · since start" : "since start"
        )
        let columns = columns(inside.width, models, dashboard)
        surface.write(titles: columns, in: inside, row: 0)
        for (row, model) in models.prefix(shown).enumerated() {
            surface.write(model, columns: columns, in: inside, row: row + 1)
        }
    }

    private static func columns(_ width: Int, _ models: [ModelFigures], _ dashboard: Dashboard) -> [Column] {
        let mark = dashboard.isDemo ? "~" : ""
        let all = models.reduce(0.0) { $0 + Double(max(0, $1.requests)) }
        func latency(_ milliseconds: Double?) -> (String, Style) {
            (milliseconds.map { Format.duration(milliseconds: $0) } ?? "–", .normal)
        }
        let numbers = [
            Column(title: "requests", width: 9) { (Format.count($0.requests), .normal) },
            Column(title: "share", width: 5) { (Format.percent(Double($0.requests), of: all), .dim) },
            Column(title: "p50", width: 8) { latency($0.latencyP50Milliseconds) },
            Column(title: "p95", width: 8) { latency($0.latencyP95Milliseconds) },
            Column(title: "cost", width: 10) { (mark + Format.total($0.cost), Style(.warn)) },
            Column(title: "per 1,000", width: 10) { model in
                (model.costPerThousand.map { mark + Format.total($0) } ?? "–", .normal)
            },
        ]
        let taken = numbers.reduce(0) { $0 + $1.width + 1 }
        let name = Column(title: "model", width: max(8, min(34, width - taken)), isNumber: false) { model in
            (model.model, .normal)
        }
        return [name] + numbers
    }
}
