import Shared

/// Where everything stands, for one size and one view. Drawing and the mouse use the same rectangles.
///
/// From 80x24 everything is there. In less room panels fall away in a fixed order: the history, the tiers, the
/// sparklines, then the KPI boxes shrink to lines; the table and the footer stay.
package struct Layout: Sendable {
    package static let minimumColumns = 60
    package static let minimumRows = 16

    package struct Tab: Sendable {
        package var view: DashboardView
        package var rect: Rect
        package var title: String
    }

    package var isTooSmall = false
    package var header = Rect.empty
    package var tabs: [Tab] = []
    package var footer = Rect.empty
    package var body = Rect.empty
    /// Boxes of the key figures; empty where they are lines.
    package var figures: [Rect] = []
    package var figureLines = Rect.empty
    package var tiers = Rect.empty
    package var rate = Rect.empty
    package var latency = Rect.empty
    package var warnings = Rect.empty
    package var backends = Rect.empty
    package var models = Rect.empty
    package var table = Rect.empty
    package var detail = Rect.empty
    package var testerPrompt = Rect.empty
    package var testerAnswer = Rect.empty
    package var testerCosts = Rect.empty
    package var testerRoute = Rect.empty
    package var testerTotal = Rect.empty
    /// The answers that are compared: all of them side by side, or the one that is shown.
    package var testerColumns: [Rect] = []
    package var testerFigures = Rect.empty
    /// The line that says that a cache is away; there only while one is.
    package var banner = Rect.empty
    package var served = Rect.empty
    package var hitShare = Rect.empty
    package var places = Rect.empty
    package var semantic = Rect.empty
    package var refusals = Rect.empty
    package var savings = Rect.empty
    package var savingsTable = Rect.empty
    package var budgets = Rect.empty
    package var workflowList = Rect.empty
    package var workflowGraph = Rect.empty
    package var workflowInput = Rect.empty
    package var workflowOutput = Rect.empty
    /// No row is to spare: panels say only what matters most.
    package var isShort = false

    /// The rows of the table below its captions.
    package var tableRows: Rect {
        Rect(row: table.row + 2, column: table.column + 1, height: table.height - 3, width: table.width - 2)
    }

    package init(_ dashboard: Dashboard) {
        let columns = dashboard.columns
        let rows = dashboard.rows
        var rest = Rect(row: 0, column: 0, height: rows, width: columns)
        guard columns >= Self.minimumColumns, rows >= Self.minimumRows else {
            isTooSmall = true
            body = rest
            return
        }
        header = rest.takeTop(rows < 30 ? 1 : 2)
        footer = rest.takeBottom(1)
        body = rest
        isShort = rows < 20
        placeTabs(dashboard)
        if dashboard.feed.snapshot?.cache.alerts.isEmpty == false { banner = rest.takeTop(1) }
        switch dashboard.currentView {
        case .dashboard: placeDashboard(dashboard, rest)
        case .requests: placeRequests(dashboard, rest)
        case .tester: placeTester(dashboard, rest)
        case .cache: placeCache(dashboard, rest)
        case .backends: placeBackends(dashboard, rest)
        case .savings: placeSavings(dashboard, rest)
        case .workflows: placeWorkflows(dashboard, rest)
        case .log: detail = rest
        }
    }

    /// Names as long as there is room for: whole ones, short ones, and at last only numbers but for the view that is open.
    private mutating func placeTabs(_ dashboard: Dashboard) {
        let isCompact = header.height == 1
        let isTight = header.width < 72
        let lead = isCompact ? Header.leadWidth(dashboard) + 1 : 1
        // The mark of a demo must keep its place in a header of one line.
        let mark = isCompact ? CellWidth.of(Header.demoMark) + 2 : 0
        let gap = isCompact && isTight ? 0 : 1
        let namings: [(DashboardView) -> String] = [
            { "\($0.rawValue) \($0.title)" }, { "\($0.rawValue) \($0.shortTitle)" },
            { $0 == dashboard.currentView ? "\($0.rawValue) \($0.shortTitle)" : "\($0.rawValue)" },
        ]
        func width(_ name: (DashboardView) -> String) -> Int {
            DashboardView.allCases.reduce(lead + mark) { $0 + CellWidth.of(name($1)) + 2 + gap }
        }
        let isNarrow = namings.allSatisfy { width($0) > header.width }
        let name: (DashboardView) -> String =
            isNarrow
            ? { "\($0.rawValue)" }
            : namings.dropFirst(isCompact ? 1 : 0).first { width($0) <= header.width } ?? namings[2]
        var column = lead
        for view in DashboardView.allCases {
            let text = name(view)
            let title = view == dashboard.currentView ? "[\(text)]" : isNarrow ? text : " \(text) "
            let width = CellWidth.of(title)
            let row = header.row + header.height - 1
            tabs.append(Tab(view: view, rect: Rect(row: row, column: column, height: 1, width: width), title: title))
            column += width + (isNarrow ? 1 : gap)
        }
    }

    private mutating func placeDashboard(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        let columns = room.width
        let rows = dashboard.rows
        if columns < 80 {
            figureLines = rest.takeTop(4)
        } else {
            let boxes = columns < 110 ? 4 : columns < 180 ? 6 : 10
            figures = rest.takeTop(rows < 18 ? 3 : rows < 36 ? 4 : 5).columns(boxes)
        }
        if rows >= 20 {
            var middle = rest.takeTop(rows >= 50 ? 12 : rows >= 36 ? 9 : 6)
            if columns < 80 {
                tiers = middle
            } else if columns < 180 {
                tiers = middle.takeLeft(columns < 110 ? 38 : 48)
                rate = middle
            } else {
                tiers = middle.takeLeft(58)
                let charts = middle.columns(2)
                (rate, latency) = (charts[0], charts[1])
            }
        }
        let warningCount = dashboard.feed.snapshot?.alerts.count ?? 0
        if warningCount > 0, rows >= 30 { warnings = rest.takeTop(min(warningCount, 3) + 2) }
        placeModelsAndBackends(dashboard, &rest)
        table = rest
    }

    /// Beside each other where it is wide. The table below keeps its room.
    private mutating func placeModelsAndBackends(_ dashboard: Dashboard, _ rest: inout Rect) {
        let columns = rest.width
        let rows = dashboard.rows
        guard columns >= 110 else { return }
        let backendCount = rows >= 44 ? dashboard.feed.snapshot?.backends.count ?? 0 : 0
        let backendRows = backendCount > 0 ? min(backendCount, 8) + 3 : 0
        let modelCount = rows >= 38 ? dashboard.feed.snapshot?.models?.count ?? 0 : 0
        let modelRows = modelCount > 0 ? min(modelCount, rows >= 50 ? 8 : 4) + 3 : 0
        let least = 8
        if columns >= 180, modelRows > 0, backendRows > 0 {
            guard rest.height - max(modelRows, backendRows) >= least else { return }
            var both = rest.takeTop(max(modelRows, backendRows))
            backends = both.takeLeft(108)
            models = both
            return
        }
        if modelRows > 0, rest.height - modelRows >= least { models = rest.takeTop(modelRows) }
        if backendRows > 0, rest.height - backendRows >= least { backends = rest.takeTop(backendRows) }
    }

    /// In little room the shares go first, then the second line of each place and the refusals; on a tall screen the
    /// requests come below.
    private mutating func placeCache(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        let rows = dashboard.rows
        if !isShort {
            var top = rest.takeTop(rows >= 36 ? 8 : 5)
            served = room.width < 80 ? top : top.takeLeft(room.width < 110 ? 38 : room.width < 180 ? 48 : 58)
            hitShare = room.width < 80 ? .empty : top
        }
        let cache = dashboard.feed.snapshot?.cache
        let wanted = CachePlacesPanel.height(cache, width: room.width, isShort: isShort)
        places = rest.takeTop(min(wanted, rest.height - 5))
        var lower = rows >= 36 ? rest.takeTop(9) : rest
        if rows < 36 { rest = .empty }
        semantic = room.width < 80 ? lower : lower.takeLeft(room.width * 11 / 20)
        refusals = room.width < 80 ? .empty : lower
        table = rest
    }

    private mutating func placeRequests(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        guard let open = dashboard.detail else {
            table = rest
            return
        }
        if open.isZoomed {
            detail = rest
        } else if room.width >= 180 {
            table = rest.takeLeft(room.width - 84)
            detail = rest
        } else {
            table = rest.takeTop(max(6, room.height * 2 / 5))
            detail = rest
        }
    }

    private mutating func placeTester(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        testerTotal = rest.takeBottom(1)
        if let comparison = dashboard.tester.shownComparison {
            testerPrompt = rest.takeTop(room.height < 18 ? 3 : room.height < 28 ? 4 : 6)
            testerFigures = rest.takeBottom(min(ComparisonPanels.figureRows + 2, rest.height - 4))
            let isBeside = rest.width / comparison.columns.count >= ComparisonPanels.leastColumn
            testerColumns = isBeside ? rest.columns(comparison.columns.count) : [rest]
            return
        }
        if room.width >= 180 {
            var left = rest.takeLeft(room.width - 80)
            testerPrompt = left.takeTop(10)
            testerAnswer = left
            testerCosts = rest.takeTop(12)
            testerRoute = rest
            return
        }
        testerPrompt = rest.takeTop(room.height < 18 ? 4 : room.height < 28 ? 5 : 8)
        if room.height >= 18 {
            var lower = rest.takeBottom(room.height < 28 ? 7 : 12)
            testerCosts = room.width < 80 ? lower : lower.takeLeft(room.width * 11 / 20)
            testerRoute = room.width < 80 ? .empty : lower
        }
        testerAnswer = rest
    }
}
