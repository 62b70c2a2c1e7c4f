import Shared

/// How far each budget is spent, the fullest first.
enum BudgetsPanel {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty, let budgets = dashboard.feed.snapshot?.limits?.budgets else { return }
        let mark = dashboard.isDemo ? "~" : ""
        let inside = rect.interior
        let sorted = budgets.sorted { $0.ratio > $1.ratio }
        surface.frame(rect, title: "budgets \(budgets.count)", note: "spent of what is allowed")
        for (row, budget) in sorted.prefix(inside.height).enumerated() {
            let name = budget.scope == "all" ? "all projects" : budget.scope.replacing("project:", with: "")
            let text = CellWidth.fit("\(name.safeToShow(limit: 60)) a \(budget.period.rawValue)", 24)
            let style = style(budget.ratio)
            surface.write(text, in: inside, row: row)
            let amounts = "\(mark)\(Format.total(budget.spent)) of \(Format.total(budget.limit))"
            let start = surface.writeRight(amounts, in: inside, row: row, .dim)
            let share = CellWidth.fit(Format.percent(budget.ratio, of: 1), 5, alignRight: true)
            surface.write(share, in: inside, row: row, column: 24, Style(style.role, .bold))
            let width = start - 32
            guard width >= 6 else { continue }
            surface.gauge(in: inside, row: row, column: 30, width: width, share: budget.ratio, style)
        }
    }

    private static func style(_ ratio: Double) -> Style { Style(ratio >= 1 ? .bad : ratio >= 0.8 ? .warn : .good) }
}
