package import Shared

/// Every backend: how it is, what it did, and the one that is marked in detail.
enum BackendsView {
    private typealias Column = PanelColumn<MetricsSnapshot.Backend>

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        drawTable(dashboard, layout.backends, on: &surface)
        drawDetail(dashboard, layout.detail, on: &surface)
    }

    private static func drawTable(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let backends = dashboard.sortedBackends
        surface.frame(rect, title: "backends \(backends.count)", note: "since start")
        let inside = rect.interior
        let columns = columns(inside.width)
        surface.write(titles: columns, in: inside, row: 0)
        let visible = inside.height - 1
        guard visible > 0 else { return }
        let top = max(0, min(dashboard.backendCursor - visible / 2, backends.count - visible))
        for (row, backend) in backends.dropFirst(top).prefix(visible).enumerated() {
            surface.write(backend, columns: columns, in: inside, row: row + 1)
            guard top + row == dashboard.backendCursor else { continue }
            let line = Rect(row: inside.row + row + 1, column: rect.column + 1, height: 1, width: rect.width - 2)
            surface.write("▶", in: line, .strong)
            surface.restyle(line) { Style($0.role, $0.attributes.union(.reverse)) }
        }
    }

    private static func columns(_ width: Int) -> [Column] {
        var columns = [
            Column(title: "backend", width: width < 100 ? 14 : 20, isNumber: false) {
                ("\($0.tier.letter) \($0.name)", Style($0.tier.role))
            },
            Column(title: "state", width: 11, isNumber: false) { state($0.health) },
            Column(title: "in flight", width: 9) { backend in
                let waiting = backend.health?.waiting ?? 0
                return (Format.count(backend.inFlight) + (waiting > 0 ? "+\(waiting)" : ""), .normal)
            },
            Column(title: "first byte", width: 10) { backend in
                (backend.health?.firstByteMilliseconds.map { Format.duration(milliseconds: $0) } ?? "–", .normal)
            },
            Column(title: "failing", width: 7) { backend in
                guard let rate = backend.health?.errorRate else { return ("–", .dim) }
                return (Format.percent(rate, of: 1), rate > 0 ? Style(.bad, .bold) : .dim)
            },
            Column(title: "requests", width: 9) { (Format.count($0.requests), .normal) },
        ]
        if width >= 84 {
            columns.append(
                Column(title: "errors", width: 7) {
                    (Format.count($0.errors), $0.errors > 0 ? Style(.bad, .bold) : .dim)
                }
            )
        }
        columns.append(
            Column(title: "spent", width: 10) { (($0.isSimulated ? "~" : "") + Format.total($0.cost), .normal) }
        )
        if width >= 100 {
            columns.append(
                Column(title: "breaker", width: 16, isNumber: false) { ($0.health.map(breaker) ?? "–", .dim) }
            )
        }
        if width >= 150 {
            columns.append(Column(title: "provider", width: 18, isNumber: false) { ($0.provider, .dim) })
            columns.append(Column(title: "model", width: 34, isNumber: false) { ($0.model, .dim) })
        }
        return columns
    }

    /// A glyph, a word and a role: never the colour alone.
    private static func state(_ health: BackendHealthReport?) -> (String, Style) {
        switch health?.state {
        case .healthy: ("● healthy", Style(.good))
        case .degraded: ("▲ degraded", Style(.warn, .bold))
        case .broken: ("✖ broken", Style(.bad, .bold))
        case .down: ("✖ down", Style(.bad, .bold))
        case nil: ("– unknown", .dim)
        }
    }

    private static func breaker(_ health: BackendHealthReport) -> String {
        let word = health.breaker.replacing("_", with: "-").safeToShow(limit: 12)
        guard let wait = health.retryInMilliseconds, wait > 0 else { return word }
        return "\(word) \(Format.duration(milliseconds: wait))"
    }

    private static func drawDetail(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty, let backend = dashboard.selectedBackend else { return }
        surface.frame(rect, title: backend.name, note: "x closes its breaker")
        let lines = lines(backend).flatMap { $0.wrapped(to: rect.interior.width) }
        for (row, line) in lines.atMost(rect.interior.height).enumerated() {
            surface.write(line, in: rect.interior, row: row)
        }
    }

    private static func lines(_ backend: MetricsSnapshot.Backend) -> [StyledLine] {
        func fact(_ name: String, _ text: String, _ style: Style = .normal) -> StyledLine {
            StyledLine(CellWidth.fit(name, 12), .dim, indent: 12).adding(text, style)
        }
        var lines = [
            fact("model", backend.model.isEmpty ? "–" : backend.model),
            fact("provider", backend.isSimulated ? "simulated: nothing is paid" : backend.provider),
            fact("tier", backend.tier.name, Style(backend.tier.role)),
        ]
        guard let health = backend.health else {
            return lines + [StyledLine("An older gateway: it does not tell how its backends are.", .dim)]
        }
        lines.append(fact("state", state(health).0, state(health).1).adding("  breaker \(breaker(health))", .dim))
        var load = "\(Format.count(backend.inFlight)) calls under way"
        if health.waiting > 0 { load += ", \(Format.count(health.waiting)) wait" }
        if let most = health.maxConcurrent { load += ", at most \(Format.count(most))" }
        lines.append(fact("load", load))
        if health.consecutiveFailures > 0 {
            lines.append(fact("failures", "\(Format.count(health.consecutiveFailures)) in a row", Style(.bad)))
        }
        if let seconds = health.limitedForSeconds, seconds > 0 {
            lines.append(fact("rate limit", "left alone for \(Format.span(seconds: seconds))", Style(.warn)))
        }
        if let error = health.lastError { lines.append(fact("last error", error.safeToShow(limit: 500), Style(.bad))) }
        return lines
    }
}

extension Dashboard {
    /// The backends in the order of the tables.
    package var sortedBackends: [MetricsSnapshot.Backend] {
        (feed.snapshot?.backends ?? []).sorted { ($0.tier, $0.name) < ($1.tier, $1.name) }
    }

    /// The one that is marked in the view of backends.
    package var selectedBackend: MetricsSnapshot.Backend? {
        let backends = sortedBackends
        return backends.isEmpty ? nil : backends[max(0, min(backendCursor, backends.count - 1))]
    }
}
