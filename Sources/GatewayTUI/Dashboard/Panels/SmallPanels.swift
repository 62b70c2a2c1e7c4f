import Shared

/// What a person should look at: an open breaker, a budget that is nearly spent, a model without a price.
enum AttentionPanel {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard let alerts = dashboard.feed.snapshot?.alerts, !rect.isEmpty else { return }
        let isBad = alerts.contains { $0.severity == .bad }
        surface.frame(
            rect,
            title: "attention",
            titleStyle: Style(isBad ? .bad : .warn, .bold),
            note: "\(alerts.count)"
        )
        let inside = rect.interior
        for (row, alert) in alerts.prefix(inside.height).enumerated() {
            let isBad = alert.severity == .bad
            surface.write(isBad ? "✖ " : "! ", in: inside, row: row, Style(isBad ? .bad : .warn, .bold))
            let place = alert.view.map { "→ \($0.rawValue)" } ?? ""
            let room = inside.width - 2 - (place.isEmpty ? 0 : 5)
            surface.write(CellWidth.fit(alert.text, room), in: inside, row: row, column: 2)
            surface.writeRight(place, in: inside, row: row, .dim)
        }
    }
}

/// The configured backends and what they did.
enum BackendsPanel {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard let backends = dashboard.feed.snapshot?.backends, !rect.isEmpty else { return }
        surface.frame(rect, title: "backends \(backends.count)", note: "since start")
        let inside = rect.interior
        let widths = [18, 12, 26, 10, 11, 9, 12]
        let titles = ["backend", "provider", "model", "in flight", "requests", "errors", "spent"]
        draw(titles, widths, in: inside, row: 0, styles: Array(repeating: .dim, count: titles.count), on: &surface)
        let sorted = backends.sorted { ($0.tier, $0.name) < ($1.tier, $1.name) }
        for (row, backend) in sorted.prefix(inside.height - 1).enumerated() {
            let cells = [
                "\(backend.tier.letter) \(backend.name)", backend.provider, backend.model,
                Format.count(backend.inFlight), Format.count(backend.requests), Format.count(backend.errors),
                (backend.isSimulated ? "~" : "") + Format.total(backend.cost),
            ]
            let errors = backend.errors > 0 ? Style(.bad, .bold) : Style.dim
            let styles = [Style(backend.tier.role), .dim, .normal, .normal, .normal, errors, .normal]
            draw(cells, widths, in: inside, row: row + 1, styles: styles, on: &surface)
        }
    }

    private static func draw(
        _ cells: [String],
        _ widths: [Int],
        in rect: Rect,
        row: Int,
        styles: [Style],
        on surface: inout Surface
    ) {
        var column = 0
        for (index, cell) in cells.enumerated() {
            let text = CellWidth.fit(cell, widths[index], alignRight: index >= 3)
            surface.write(text, in: rect, row: row, column: column, styles[index])
            column += widths[index] + 1
        }
    }
}

/// What is shown instead of the views while there is nothing to show in them.
enum NoGatewayScreen {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        let lines = lines(dashboard).flatMap { $0.wrapped(to: min(76, rect.width - 4)) }
        let top = max(0, (rect.height - lines.count) / 2 - 1)
        let left = max(2, (rect.width - 76) / 2)
        let room = Rect(row: rect.row, column: rect.column + left, height: rect.height, width: rect.width - left)
        for (row, line) in lines.enumerated() { surface.write(line, in: room, row: top + row) }
    }

    private static func lines(_ dashboard: Dashboard) -> [StyledLine] {
        let path = dashboard.socketPath.safeToShow(limit: 200)
        switch dashboard.link {
        case .connecting, .live:
            return [StyledLine("Connecting to the gateway …", .strong), StyledLine(), StyledLine(path, .dim)]
        case .refused(let message):
            return [StyledLine("The gateway cannot be shown", Style(.bad, .bold)), StyledLine(), StyledLine(message)]
        case .lost(let reason, let retryAt):
            let wait = max(0, retryAt - dashboard.now.monotonicMilliseconds + 999) / 1000
            var lines = [
                StyledLine("No gateway is running", Style(.bad, .bold)), StyledLine(),
                StyledLine("Tried the socket  ", .dim, indent: 18).adding(path),
                StyledLine("                  ", .dim, indent: 18).adding(reason, Style(.warn)), StyledLine(),
            ]
            if !dashboard.isReadOnly { lines += startLines(dashboard) }
            lines += [
                key(.reconnect, dashboard).adding("try again now").adding(" (by itself in \(wait) s)", .dim),
                key(.quit, dashboard).adding("quit"), StyledLine(),
                StyledLine("Or start it in another terminal: gatewayd", .dim),
            ]
            return lines
        }
    }

    private static func key(_ action: Action, _ dashboard: Dashboard) -> StyledLine {
        StyledLine(CellWidth.fit(dashboard.keyLabel(action), 3), .key)
    }

    private static func startLines(_ dashboard: Dashboard) -> [StyledLine] {
        switch dashboard.daemonStart {
        case nil: return [key(.startDaemon, dashboard).adding("start gatewayd in the background")]
        case .started(let processID, let log):
            return [
                StyledLine("●  ", Style(.good)).adding(
                    "started gatewayd, process \(processID); waiting for its socket"
                ),
                StyledLine("   log: ", .dim, indent: 8).adding(log.safeToShow(limit: 300), .dim),
            ]
        case .failed(let message):
            return [
                StyledLine("✖  \(message.safeToShow(limit: 300))", Style(.bad), indent: 3),
                key(.startDaemon, dashboard).adding("try to start it again"),
            ]
        case .ended(let lastLine, let log):
            return [
                StyledLine("✖  gatewayd ended at once: ", Style(.bad), indent: 3).adding(
                    lastLine.safeToShow(limit: 500)
                ),
                StyledLine("   log: ", .dim, indent: 8).adding(log.safeToShow(limit: 300), .dim),
                key(.startDaemon, dashboard).adding("try to start it again"),
            ]
        }
    }
}
