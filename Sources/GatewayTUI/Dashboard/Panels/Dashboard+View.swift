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
        FlushOverlay.draw(self, on: &surface)
        PickerOverlay.draw(self, on: &surface)
        NameOverlay.draw(self, on: &surface)
        QuestionOverlay.draw(self, on: &surface)
        PaletteOverlay.draw(self, on: &surface)
        OutputOverlay.draw(self, on: &surface)
        if isHelpShown { HelpOverlay.draw(self, on: &surface) }
        return surface
    }

    /// The picture as text, and below it the caches: for where there are no keys to look at them.
    package var printout: String {
        var caches = self
        caches.show(.cache)
        let layout = Layout(caches)
        guard !layout.isTooSmall, hasData else { return view().text }
        let first = layout.body.row + layout.banner.height
        let end = layout.table.isEmpty ? layout.body.row + layout.body.height : layout.table.row
        return (view().lines + caches.view().lines[first..<end]).joined(separator: "\n")
    }

    private var isRefused: Bool {
        if case .refused = link { return true }
        return false
    }

    private func drawView(_ layout: Layout, on surface: inout Surface) {
        CacheBanner.draw(self, layout.banner, on: &surface)
        switch currentView {
        case .dashboard:
            Figures.draw(self, layout, on: &surface)
            TierPanel.draw(self, layout.tiers, on: &surface)
            drawCharts(layout, on: &surface)
            AttentionPanel.draw(self, layout.warnings, on: &surface)
            ModelsPanel.draw(self, layout.models, on: &surface)
            BackendsPanel.draw(self, layout.backends, on: &surface)
            RequestTable.draw(self, layout, on: &surface)
        case .requests:
            RequestTable.draw(self, layout, on: &surface)
            DetailPane.draw(self, layout.detail, on: &surface)
        case .tester:
            TesterPanels.draw(self, layout, on: &surface)
            ComparisonPanels.draw(self, layout, on: &surface)
        case .backends:
            BackendsView.draw(self, layout, on: &surface)
        case .savings:
            SavingsPanel.draw(self, layout.savings, on: &surface)
            drawSaved(layout, on: &surface)
            BudgetsPanel.draw(self, layout.budgets, on: &surface)
            SavingsPanel.drawTable(self, layout.savingsTable, on: &surface)
        case .workflows:
            WorkflowsPanel.draw(self, layout, on: &surface)
        case .log:
            LogPanel.draw(self, layout.detail, on: &surface)
        case .cache:
            ServedPanel.draw(self, layout.served, on: &surface)
            drawHitShare(layout, on: &surface)
            CachePlacesPanel.draw(self, layout, on: &surface)
            SemanticPanel.draw(self, layout, on: &surface)
            SemanticPanel.drawRefusals(self, layout.refusals, on: &surface)
            RequestTable.draw(self, layout, on: &surface)
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

    private func drawHitShare(_ layout: Layout, on surface: inout Surface) {
        ChartPanel.draw(
            title: columns < 110 ? "cache hits" : "share served from caches",
            series: feed.history.cacheHitShare,
            window: Self.windows[windowIndex],
            style: Style(.good),
            in: layout.hitShare,
            on: &surface,
            label: { Format.percent($0, of: 1) }
        )
    }

    private func drawSaved(_ layout: Layout, on surface: inout Surface) {
        ChartPanel.draw(
            title: "saved a minute",
            series: feed.history.saved,
            window: Self.windows[windowIndex],
            style: Style(.good),
            in: layout.rate,
            on: &surface,
            scaleWidth: 9,
            label: { Format.money(USD(nanodollars: Int64(clamping: Format.whole($0 * 60 * 1e9)))) }
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
