import Shared

/// What each box of the key figures says.
struct KeyFigures {
    private let history: History
    private let snapshot: MetricsSnapshot?
    private let totals: MetricsSnapshot.Totals
    private let period: Dashboard.Period
    private let mark: String

    init(_ dashboard: Dashboard) {
        history = dashboard.feed.history
        snapshot = dashboard.feed.snapshot
        totals = snapshot.map { dashboard.totals(of: $0) } ?? MetricsSnapshot.Totals()
        period = dashboard.period
        mark = dashboard.isDemo ? "~" : ""
    }

    /// The figures for a number of boxes: the four that matter most, six, or ten.
    func chosen(_ count: Int) -> [Figures.Figure] {
        if count <= 4 { return [spent(of: period), saved, cacheHits, latency(withOwn: true)] }
        if count <= 6 {
            // Requests a minute stand over their curve.
            return [spent(of: period), burn, saved, cacheHits, latency(withOwn: true), errorsAndEscalations]
        }
        return [
            burn, spent(of: .today), spent(of: .month), saved, cacheHits, latency(withOwn: false), own, rate,
            escalations,
            errors,
        ]
    }

    private func known(_ text: @autoclosure () -> String) -> String { snapshot == nil ? "–" : text() }
    private func known(_ notes: @autoclosure () -> [String]) -> [String] { snapshot == nil ? [] : notes() }

    private var burnText: String { snapshot?.burnPerHour.map { mark + Format.total($0) + "/h" } ?? "–" }

    private var burn: Figures.Figure {
        Figures.Figure(
            title: "spending/h",
            value: burnText,
            notes: ["at the last 10 min", "last 10 min"],
            style: Style(.warn),
            history: history.spent,
            trend: .init(history.spent.trend, .relative, wish: -1)
        )
    }

    /// Money of a period beside the budget of all clients, where there is one.
    private func spent(of period: Dashboard.Period) -> Figures.Figure {
        let totals = snapshot.map { period == .today ? $0.today : period == .month ? $0.month : $0.sinceStart }
        let wanted: LimitsReport.Period? = period == .today ? .day : period == .month ? .month : nil
        let budget = snapshot?.limits?.budgets.first { $0.scope == "all" && $0.period == wanted }
        var notes: [String] = []
        var style = Style(.warn)
        if let budget {
            let share = Format.percent(budget.ratio, of: 1)
            notes = [
                "\(share) of \(mark)\(Format.total(budget.limit)), \(burnText)",
                "\(share) of \(Format.total(budget.limit))", share,
            ]
            if budget.ratio >= 1 { style = Style(.bad) }
        } else if period == .today {
            let month = mark + Format.total(snapshot?.month.cost ?? .zero)
            notes = ["\(burnText) · \(month) month", burnText]
        } else {
            notes = ["\(Format.count(totals?.requests ?? 0)) requests"]
        }
        return Figures.Figure(
            title: "spent \(period.title)",
            value: known(mark + Format.total(totals?.cost ?? .zero)),
            notes: known(notes),
            style: style,
            history: history.spent,
            trend: .init(history.spent.trend, .relative, wish: -1)
        )
    }

    private var saved: Figures.Figure {
        let share = Figures.savedShare(totals)
        return Figures.Figure(
            title: "saved \(period.title)",
            value: known(mark + Format.total(totals.saved)),
            notes: known(["\(share) of \(mark)\(Format.total(totals.baseline))", share]),
            style: totals.saved < .zero ? Style(.bad) : Style(.good),
            history: history.saved,
            trend: .init(history.saved.trend, .relative, wish: 1)
        )
    }

    private var cacheHits: Figures.Figure {
        Figures.Figure(
            title: "cache hits",
            value: known(totals.cacheHitShare),
            notes: known([
                totals.cacheHitSplit ?? "\(Format.count(totals.cacheHits)) of \(Format.count(totals.requests))",
                Format.count(totals.cacheHits),
            ]),
            style: Style(.good),
            history: history.cacheHitShare,
            trend: .init(Trend.share(history.cacheHits, of: history.requests), .points, wish: 1)
        )
    }

    private func latency(withOwn: Bool) -> Figures.Figure {
        let p99 = snapshot?.latencyP99Milliseconds.map { "p99 \(Format.duration(milliseconds: $0))" } ?? ""
        let own = snapshot?.ownP50Milliseconds.map { "own \(Format.duration(milliseconds: $0))" } ?? ""
        return Figures.Figure(
            title: "p50 · p95",
            value: known(Figures.latencies(snapshot)),
            notes: withOwn && !own.isEmpty && !p99.isEmpty ? ["\(p99) · \(own)", p99] : [p99, own],
            style: Style(.accent),
            history: history.latencyP95,
            trend: .init(history.latencyP95.trend, .milliseconds, wish: -1)
        )
    }

    private var own: Figures.Figure {
        Figures.Figure(
            title: "own time",
            value: snapshot?.ownP50Milliseconds.map { Format.duration(milliseconds: $0) } ?? "–",
            notes: snapshot?.ownP95Milliseconds.map { ["p95 \(Format.duration(milliseconds: $0))"] } ?? [],
            style: Style(.accent),
            history: history.own,
            trend: .init(history.own.trend, .milliseconds, wish: -1)
        )
    }

    private var rate: Figures.Figure {
        let flying = Format.count(snapshot?.inFlight ?? 0)
        return Figures.Figure(
            title: "requests/min",
            value: known(Format.count(snapshot?.requestsPerMinute ?? 0)),
            notes: known([
                "\(flying) in flight · \(Format.count(totals.requests)) \(period.title)", "\(flying) in flight",
                "\(flying) now",
            ]),
            style: Style(.accent),
            history: history.requestsPerMinute,
            trend: .init(history.requests.trend, .relative, wish: 0)
        )
    }

    private var escalations: Figures.Figure {
        share("escalated", totals.escalations, Style(.premium), history.escalations)
    }

    private var errors: Figures.Figure { share("errors", totals.errors, Style(.bad), history.errors) }

    /// How many of the requests were like that.
    private func share(_ title: String, _ part: Int, _ style: Style, _ series: Series) -> Figures.Figure {
        let text = "\(Format.count(part)) of \(Format.count(totals.requests))"
        return Figures.Figure(
            title: title,
            value: known(Self.share(part, of: totals.requests)),
            notes: known(["\(text) \(period.title)", text]),
            style: style,
            history: series,
            trend: .init(Trend.share(series, of: history.requests), .points, wish: -1)
        )
    }

    private var errorsAndEscalations: Figures.Figure {
        var figure = errors
        figure.title = "errors · esc"
        let escalated = Self.share(totals.escalations, of: totals.requests)
        figure.value = known("\(Self.share(totals.errors, of: totals.requests)) · \(escalated)")
        figure.notes = known(["\(Format.count(totals.errors)) err · \(Format.count(totals.escalations)) esc"])
        return figure
    }

    /// A share with a decimal while it is small: `0.4%`, `12%`.
    private static func share(_ part: Int, of all: Int) -> String {
        guard all > 0, part > 0, Double(part) / Double(all) < 0.0995 else {
            return Format.percent(Double(part), of: Double(all))
        }
        let percent = Double(part) / Double(all) * 100
        return percent < 0.05 ? "<0.1%" : Format.decimal(percent, places: 1) + "%"
    }
}
