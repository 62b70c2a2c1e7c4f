import Shared

extension Dashboard {
    /// The whole picture for the current size.
    package func view() -> Surface {
        var surface = Surface(columns: columns, rows: rows, glyphs: glyphs)
        let layout = Layout(self)
        guard !layout.isTooSmall else {
            drawTooSmall(on: &surface)
            return surface
        }
        if isRefused || (!hasData && !isLive) {
            NoGatewayScreen.draw(self, layout.body, on: &surface)
        } else {
            drawView(layout, on: &surface)
            // Old figures must not look like new ones.
            if !isLive || isSilent {
                surface.restyle(layout.body) { Style(.dim, $0.attributes.intersection(.reverse)) }
            }
        }
        Header.draw(self, layout, on: &surface)
        Footer.draw(self, layout, on: &surface)
        if isHelpShown { HelpOverlay.draw(self, on: &surface) }
        return surface
    }

    private var isRefused: Bool {
        if case .refused = link { return true }
        return false
    }

    private func drawView(_ layout: Layout, on surface: inout Surface) {
        switch currentView {
        case .dashboard:
            Figures.draw(self, layout, on: &surface)
            TierPanel.draw(self, layout.tiers, on: &surface)
            drawCharts(layout, on: &surface)
            WarningsPanel.draw(self, layout.warnings, on: &surface)
            BackendsPanel.draw(self, layout.backends, on: &surface)
            RequestTable.draw(self, layout, on: &surface)
        case .requests:
            RequestTable.draw(self, layout, on: &surface)
            DetailPane.draw(self, layout.detail, on: &surface)
        case .tester:
            TesterPanels.draw(self, layout, on: &surface)
        }
    }

    private func drawCharts(_ layout: Layout, on surface: inout Surface) {
        let history = feed.history
        let window = Self.windows[windowIndex]
        let perMinute = Format.count(feed.snapshot?.requestsPerMinute ?? 0)
        ChartPanel.draw(
            title: columns < 110 ? "req/min \(perMinute)" : "requests/min · now \(perMinute)",
            series: history.requestsPerMinute,
            window: window,
            style: Style(.accent),
            in: layout.rate,
            on: &surface,
            label: { Format.count(Format.whole($0)) }
        )
        ChartPanel.draw(
            title: "latency p95",
            series: history.latencyP95,
            window: window,
            style: Style(.premium),
            in: layout.latency,
            on: &surface,
            scaleWidth: 7,
            label: { Format.duration(milliseconds: $0) }
        )
    }

    private func drawTooSmall(on surface: inout Surface) {
        let lines: [(String, Style)] = [
            (
                "needs \(Layout.minimumColumns)x\(Layout.minimumRows), is \(columns)x\(rows) · q quits",
                Style(.warn, .bold)
            ),
            (isDemo ? Header.demoMark : "", .demo),
        ]
        for (offset, line) in lines.enumerated() {
            let row = rows / 2 + offset
            let column = max(0, (columns - CellWidth.of(line.0)) / 2)
            surface.write(line.0, in: surface.bounds, row: row, column: column, line.1)
        }
    }
}
