import Shared

/// The first line or two: how the connection stands, the views, the mark that nothing is real, the time.
enum Header {
    static let demoMark = "DEMO · simulated"

    /// The connection in a word, with the glyph and the role that go with it.
    static func state(_ dashboard: Dashboard, isShort: Bool) -> (text: String, style: Style) {
        if dashboard.isPaused { return ("● paused", Style(.warn, .bold)) }
        switch dashboard.link {
        case .connecting: return ("○ connecting", Style(.warn))
        case .live where dashboard.isSilent:
            let age = Format.span(seconds: Double(dashboard.dataAge) / 1000)
            return (isShort ? "○ silent" : "○ silent for \(age)", Style(.warn, .bold))
        case .live: return ("● live", Style(.good, .bold))
        case .lost: return ("✖ reconnecting", Style(.bad, .bold))
        case .refused: return ("✖ refused", Style(.bad, .bold))
        }
    }

    /// Columns before the tabs in the one-line header.
    static func leadWidth(_ dashboard: Dashboard) -> Int {
        CellWidth.of(state(dashboard, isShort: true).text) + (dashboard.columns < 80 ? 1 : 4)
    }

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let isOneLine = layout.header.height == 1
        if isOneLine {
            let name = dashboard.columns < 80 ? "" : "gw "
            let column = surface.write(" \(name)", in: layout.header, .strong)
            let state = state(dashboard, isShort: true)
            surface.write(state.text, in: layout.header, column: column, state.style)
        } else {
            drawLead(dashboard, layout, on: &surface)
        }
        for tab in layout.tabs {
            let isActive = tab.view == dashboard.currentView
            surface.write(tab.title, in: tab.rect, isActive ? Style(.accent, .bold) : .normal)
        }
        if !isOneLine {
            let end = (layout.tabs.last.map { $0.rect.column + $0.rect.width } ?? 0) + 2
            let help = "\(dashboard.keyLabel(.help)) Help"
            if end + CellWidth.of(help) + 1 <= layout.header.width {
                surface.write(help, in: layout.header, row: 1, column: end, .dim)
            }
        }
        drawRight(dashboard, layout, on: &surface)
    }

    private static func drawLead(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let room = Rect(row: 0, column: 0, height: 1, width: layout.header.width - 30)
        var column = surface.write(" gateway-tui  ", in: room, .strong)
        let state = state(dashboard, isShort: false)
        column = surface.write(state.text, in: room, column: column, state.style)
        if dashboard.isPaused, let frozen = dashboard.frozen {
            let at = Format.clock(
                unixMilliseconds: frozen.at.unixMilliseconds,
                utcOffsetSeconds: frozen.at.utcOffsetSeconds
            )
            column = surface.write(
                " since \(at)  (+\(Format.count(dashboard.missed)) new)",
                in: room,
                column: column,
                Style(.warn)
            )
        } else if case .lost(_, let retryAt) = dashboard.link {
            let wait = max(0, retryAt - dashboard.now.monotonicMilliseconds + 999) / 1000
            let age = dashboard.hasData ? "  data \(Format.span(seconds: Double(dashboard.dataAge) / 1000)) old" : ""
            column = surface.write(" in \(wait) s\(age)", in: room, column: column, Style(.bad))
        }
        guard let snapshot = dashboard.feed.snapshot else { return }
        var facts = [
            "up \(Format.span(seconds: snapshot.uptimeSeconds))", "\(Format.count(snapshot.inFlight)) in flight",
        ]
        if let status = dashboard.status {
            facts.insert(status.baseURL.safeToShow(limit: 60), at: 0)
            facts.append("routing \(status.routingMode.safeToShow(limit: 20))")
        }
        for fact in facts where column + 3 + CellWidth.of(fact) <= room.width {
            column = surface.write("   \(fact)", in: room, column: column, .dim)
        }
    }

    private static func drawRight(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let clock = Format.clock(
            unixMilliseconds: dashboard.now.unixMilliseconds,
            utcOffsetSeconds: dashboard.now.utcOffsetSeconds
        )
        let row = Rect(row: 0, column: 0, height: 1, width: layout.header.width - 1)
        let used = layout.header.height == 1 ? (layout.tabs.last.map { $0.rect.column + $0.rect.width } ?? 0) : 0
        let mark = dashboard.isDemo ? " \(demoMark) " : ""
        var right = row
        // What a person should look at comes before the time: on a small screen there may be no room for its panel.
        let alerts = layout.header.height == 1 ? dashboard.feed.snapshot?.alerts ?? [] : []
        let isBad = alerts.contains { $0.severity == .bad }
        let count = "\(isBad ? "✖" : "!") \(alerts.count)"
        let ends = alerts.isEmpty ? [clock] : ["\(count) alert\(alerts.count == 1 ? "" : "s")", count]
        if let end = ends.first(where: { used + CellWidth.of(mark) + CellWidth.of($0) + 3 <= row.width }) {
            let style = alerts.isEmpty ? Style.dim : Style(isBad ? .bad : .warn, .bold)
            let start = surface.writeRight(end, in: right, style)
            right.width = start - 2
        }
        if !mark.isEmpty { surface.writeRight(mark, in: right, .demo) }
    }
}
