import Shared

/// What was saved and what that cost: the sum as a calculation, then by day, project, model or key.
enum SavingsPanel {
    /// The calculation from what the premium tier would have cost down to what is left of it.
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let mark = dashboard.isDemo ? "~" : ""
        surface.frame(rect, title: "savings \(dashboard.period.title)", note: "t: today, month, total")
        guard let snapshot = dashboard.feed.snapshot else {
            surface.write("no data yet", in: rect.interior, .dim)
            return
        }
        let totals = dashboard.totals(of: snapshot)
        let inside = rect.interior
        for (row, line) in lines(totals, isShort: inside.height < 9).prefix(inside.height).enumerated() {
            surface.write(line.text, in: inside, row: row, line.isStrong ? .strong : .normal)
            let amount = mark + Format.total(line.amount)
            let column = min(inside.width - 13, 44)
            let shown = CellWidth.fit(amount, 12, alignRight: true)
            surface.write(shown, in: inside, row: row, column: column, style(line))
            let gauge = inside.width - column - 15
            if gauge >= 10, totals.baseline > .zero {
                let share = abs(line.amount.inDollars) / totals.baseline.inDollars
                surface.bar(in: inside, row: row, column: column + 14, width: gauge, share: share, style(line))
            }
        }
    }

    struct Line: Equatable {
        var text: String
        var amount: USD
        /// 1 adds to what is saved, -1 takes off it, 0 is a sum.
        var sign: Int
        var isStrong = false
    }

    /// Rows of the calculation with its frame, in a room of so many.
    static func height(_ room: Int) -> Int { room < 30 ? 8 : 11 }

    /// The lines add up: the first, less those between, is the last. In little room some stand together.
    static func lines(_ totals: MetricsSnapshot.Totals, isShort: Bool = false) -> [Line] {
        let own = totals.overhead
        let losses = totals.losses
        let first = [
            Line(text: "on the premium tier it would have cost", amount: totals.baseline, sign: 1),
            Line(text: "− answers, retries too", amount: totals.answers, sign: -1),
        ]
        let classifying = Line(text: "− asking models how hard requests are", amount: own.classifier, sign: -1)
        let comparing = Line(text: "− comparing answers (shadow)", amount: own.shadow, sign: -1)
        let last = Line(
            text: "= saved, \(Figures.savedShare(totals)) of it",
            amount: totals.saved,
            sign: 0,
            isStrong: true
        )
        if isShort {
            let cache = losses.cacheChecks + losses.wrongHits
            return first + [
                Line(text: "− asking, comparing", amount: own.classifier + own.shadow, sign: -1),
                Line(text: "− escalation: thrown away, judging", amount: losses.escalation + own.judge, sign: -1),
                Line(text: "− cache: checks, wrong answers", amount: cache, sign: -1),
                last,
            ]
        }
        return first + [
            classifying,
            Line(text: "− answers thrown away and asked again", amount: losses.escalation, sign: -1),
            Line(text: "− judging answers", amount: own.judge, sign: -1),
            comparing,
            Line(text: "− checking the semantic cache", amount: losses.cacheChecks, sign: -1),
            Line(text: "− wrong answers of the cache", amount: losses.wrongHits, sign: -1),
            last,
        ]
    }

    private static func style(_ line: Line) -> Style {
        switch line.sign {
        case 0: Style(line.amount < .zero ? .bad : .good, .bold)
        case 1: .normal
        default: line.amount == .zero ? .dim : Style(.warn)
        }
    }

    /// The sums of the books.
    static func drawTable(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let savings = dashboard.savings
        surface.frame(
            rect,
            title: "by \(savings.grouping.rawValue) · last \(SavingsState.days) days",
            note: "g: day, project, model, key"
        )
        let inside = rect.interior
        guard case .loaded(let rows) = savings.content else {
            let text: String
            if case .failed(let why) = savings.content { text = why } else { text = "asking the books …" }
            surface.write(wrapped: StyledLine(text, .dim), in: inside)
            return
        }
        let columns = columns(inside.width, dashboard)
        surface.write(titles: columns, in: inside, row: 0)
        guard !rows.isEmpty else {
            surface.write("no exchanges yet", in: inside, row: 1, .dim)
            return
        }
        let visible = max(0, inside.height - 1)
        // Days come oldest first; the newest is what is looked for.
        let ordered = savings.grouping == .day ? rows.reversed() : rows
        let top = max(0, min(savings.scroll, ordered.count - visible))
        for (row, entry) in ordered.dropFirst(top).prefix(visible).enumerated() {
            surface.write(entry, columns: columns, in: inside, row: row + 1)
        }
    }

    private typealias Column = PanelColumn<ControlProtocol.UsageReport.Row>

    private static func columns(_ width: Int, _ dashboard: Dashboard) -> [Column] {
        let mark = dashboard.isDemo ? "~" : ""
        let name = dashboard.savings.grouping.rawValue
        // What the numbers take with the gaps before them.
        let taken = width >= 170 ? 139 : width >= 140 ? 118 : width >= 116 ? 87 : width >= 92 ? 64 : 52
        var columns = [
            Column(
                title: name,
                width: max(12, min(34, width - taken)),
                isNumber: false
            ) { row in
                let name = row.names.first ?? ""
                return name.isEmpty ? ("(none)", .dim) : (name.safeToShow(limit: 60), .normal)
            },
            Column(title: "requests", width: 9) { (Format.count($0.totals.requests), .normal) },
            Column(title: "hits", width: 5) { ($0.totals.cacheHitShare, .dim) },
            Column(title: "spent", width: 11) { (mark + Format.total($0.totals.cost), Style(.warn)) },
            Column(title: "saved", width: 11) { row in
                (mark + Format.total(row.totals.saved), Style(row.totals.saved < .zero ? .bad : .good))
            },
            Column(title: "share", width: 6) { (Figures.savedShare($0.totals), .dim) },
        ]
        func money(_ amount: USD) -> (String, Style) { (amount == .zero ? "–" : mark + Format.total(amount), .dim) }
        if width >= 92 {
            columns.insert(Column(title: "on premium", width: 11) { money($0.totals.baseline) }, at: 3)
        }
        if width >= 116 {
            columns.insert(Column(title: "asking", width: 10) { money($0.totals.overhead.classifier) }, at: 5)
            columns.insert(
                Column(title: "escalation", width: 10) {
                    money($0.totals.losses.escalation + $0.totals.overhead.judge)
                },
                at: 6
            )
        }
        if width >= 140 {
            columns.insert(
                Column(title: "cache", width: 10) { money($0.totals.losses.cacheChecks + $0.totals.losses.wrongHits) },
                at: 7
            )
            columns.insert(Column(title: "shadow", width: 10) { money($0.totals.overhead.shadow) }, at: 8)
            columns.append(Column(title: "errors", width: 7) { (Format.count($0.totals.errors), .dim) })
        }
        if width >= 170 {
            columns.append(
                Column(title: "tokens in", width: 10) { (Format.count($0.totals.usage.totalInput), .dim) }
            )
            columns.append(Column(title: "out", width: 9) { (Format.count($0.totals.usage.output), .dim) })
        }
        return columns
    }
}
