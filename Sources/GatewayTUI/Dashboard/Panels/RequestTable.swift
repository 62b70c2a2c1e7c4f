import Shared

/// The exchanges, newest first.
enum RequestTable {
    private struct Column {
        var title: String
        var width: Int
        var alignRight = false
        var text: (ExchangeSummary) -> (String, Style)
        /// What stands there in the head of a workflow's run: sums add up to what its steps say.
        var runText: (WorkflowRun) -> (String, Style) = { _ in ("", .dim) }
    }

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let rect = layout.table
        guard rect.height >= 3 else { return }
        let log = dashboard.feed.log
        drawFrame(dashboard, rect, on: &surface)
        let rows = layout.tableRows
        let columns = columns(dashboard, width: rows.width)
        let captions = Rect(row: rect.row + 1, column: rows.column, height: 1, width: rows.width)
        var column = 1
        for entry in columns + [Column(title: "prompt", width: 8) { _ in ("", .dim) }] {
            let isSorted = entry.title == log.order.column.rawValue && !log.order.isNatural
            let text = isSorted ? entry.title + (log.order.isReversed ? "▲" : "▼") : entry.title
            let title = CellWidth.fit(text, entry.width, alignRight: entry.alignRight)
            surface.write(title, in: captions, column: column, isSorted ? Style(.accent, .bold) : .dim)
            column += entry.width + 1
        }
        guard log.count > 0 else {
            drawEmpty(dashboard, rows, on: &surface)
            return
        }
        let top = dashboard.table.top(in: log, visible: rows.height)
        let selected = dashboard.table.selectedIndex(in: log)
        for row in 0..<rows.height {
            guard let line = log.lines[top + row] else { break }
            switch line {
            case .exchange(let sequence), .step(let sequence, _, _):
                guard let entry = log.row(sequence: sequence) else { continue }
                draw(entry.summary, stem(line, entry.summary), columns, rows, row, on: &surface)
                if entry.isMarked { surface.write("◆", in: rows, row: row, Style(.accent, .bold)) }
            case .run(let id):
                guard let run = log.lines.runs[id] else { continue }
                draw(run, isFolded: log.lines.isFolded(id), columns, rows, row, on: &surface)
            }
            if top + row == selected, !dashboard.table.isFollowing { select(rows, row, on: &surface) }
        }
    }

    private static func drawFrame(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        let log = dashboard.feed.log
        var title = "requests \(Format.count(log.count))"
        if !log.filter.isEmpty { title += " of \(Format.count(log.knownCount))" }
        if log.markedCount > 0 { title += " · \(Format.count(log.markedCount)) marked" }
        var note = dashboard.table.isFollowing && log.order.isNatural ? "following" : "newest first"
        if !log.order.isNatural { note = "by \(log.order.column.rawValue)\(log.order.isReversed ? ", reversed" : "")" }
        if let problem = log.filter.problem { note = problem }
        let style = log.filter.problem == nil ? Style.dim : Style(.warn, .bold)
        if let editor = dashboard.filterEditor {
            surface.frame(
                rect,
                title: "\(title)  /\(editor.text)",
                note: note,
                noteStyle: style,
                border: Style(.accent)
            )
            let before = CellWidth.of(String(editor.characters[..<editor.position]))
            let column = rect.column + 3 + CellWidth.of(title) + 3 + before
            surface.cursor = .init(row: rect.row, column: min(column, rect.column + rect.width - 3))
        } else {
            let filter = log.filter.text.isEmpty ? "" : "  /\(log.filter.text)"
            surface.frame(rect, title: title + filter, note: note, noteStyle: style)
        }
    }

    private static func drawEmpty(_ dashboard: Dashboard, _ rows: Rect, on surface: inout Surface) {
        let isFiltered = !dashboard.feed.log.filter.isEmpty && dashboard.latest.log.received > 0
        let text =
            isFiltered
            ? "No request passes the filter. \(dashboard.hint(.back, in: .list, "clears it"))."
            : "No requests yet. Point a client at \(dashboard.status?.baseURL.safeToShow(limit: 80) ?? "the gateway"),"
                + " or press 3 to send a prompt."
        for (row, line) in StyledLine(text, .dim).wrapped(to: rows.width - 2).prefix(rows.height).enumerated() {
            surface.write(line.spans.map(\.text).joined(), in: rows, row: row, column: 1, .dim)
        }
    }

    /// What stands before the prompt of a run's step: its place under the head, and the op.
    private static func stem(_ line: TableLine, _ summary: ExchangeSummary) -> String {
        guard case .step(_, _, let isLast) = line, let step = summary.workflow else { return "" }
        return "\(isLast ? "╰" : "├") \(step.op)"
    }

    private static func draw(
        _ run: WorkflowRun,
        isFolded: Bool,
        _ columns: [Column],
        _ rows: Rect,
        _ row: Int,
        on surface: inout Surface
    ) {
        var column = 1
        var showsID = false
        for entry in columns {
            var (text, style) = entry.runText(run)
            if entry.title == "tier/model" {
                let words = ["workflow \(run.progress) steps", "\(run.progress) steps", run.progress]
                let fitting = words.first { CellWidth.of($0) + 2 <= entry.width } ?? run.progress
                (text, style) = ("\(isFolded ? "▸" : "▾") \(fitting)", Style(.accent, .bold))
            }
            showsID = showsID || entry.title == "id"
            let shown = CellWidth.fit(text, entry.width, alignRight: entry.alignRight)
            surface.write(shown, in: rows, row: row, column: column, style)
            column += entry.width + 1
        }
        // The id tells two runs apart, so it outlives a long name.
        let id = showsID ? "" : " · \(run.shortID)"
        let wall = " · \(Format.duration(milliseconds: run.wallMilliseconds))"
        let room = rows.width - column - 1
        let name = CellWidth.clip(run.workflow, max(4, room - CellWidth.of(id)))
        let rest = CellWidth.of(name + id + wall) <= room ? wall : ""
        column = surface.write(CellWidth.clip(name + id, room), in: rows, row: row, column: column, .strong)
        surface.write(rest, in: rows, row: row, column: column, .dim)
    }

    private static func draw(
        _ summary: ExchangeSummary,
        _ stem: String,
        _ columns: [Column],
        _ rows: Rect,
        _ row: Int,
        on surface: inout Surface
    ) {
        var column = 1
        for entry in columns {
            let (text, style) = entry.text(summary)
            let shown = CellWidth.fit(text, entry.width, alignRight: entry.alignRight)
            surface.write(shown, in: rows, row: row, column: column, style)
            column += entry.width + 1
        }
        if !stem.isEmpty {
            // The op is cut last: the prompt has what it leaves.
            let shown = CellWidth.clip(stem, rows.width - column - 1)
            column = surface.write(shown, in: rows, row: row, column: column, Style(.accent)) + 2
        }
        let room = rows.width - column - 1
        guard room > 0 else { return }
        let error = summary.error.map { "✖ \($0)  " } ?? ""
        let end = surface.write(
            CellWidth.of(error) > 0 ? String(error.prefix(room)) : "",
            in: rows,
            row: row,
            column: column,
            Style(.bad)
        )
        surface.write(CellWidth.fit(summary.prompt, column + room - end), in: rows, row: row, column: end)
    }

    private static func select(_ rows: Rect, _ row: Int, on surface: inout Surface) {
        let line = Rect(row: rows.row + row, column: rows.column, height: 1, width: rows.width)
        surface.write("▶", in: line, .strong)
        surface.restyle(line) { Style($0.role, $0.attributes.union(.reverse)) }
    }

    private static func columns(_ dashboard: Dashboard, width: Int) -> [Column] {
        let offset = dashboard.now.utcOffsetSeconds
        let time = Column(title: "time", width: 8) {
            (Format.clock(unixMilliseconds: $0.unixMilliseconds, utcOffsetSeconds: offset), .dim)
        } runText: {
            (Format.clock(unixMilliseconds: $0.newest, utcOffsetSeconds: offset), .dim)
        }
        let cache = Column(title: "cache", width: 5) {
            $0.isCached ? ($0.cacheMark, Style(.good)) : ("–", .dim)
        } runText: {
            cachedText($0)
        }
        let latency = Column(title: "ms", width: 6, alignRight: true) {
            (milliseconds($0.latencyMilliseconds), .normal)
        } runText: {
            (milliseconds($0.latencyMilliseconds), .strong)
        }
        let cost = Column(title: "cost", width: 9, alignRight: true) {
            (($0.isSimulated ? "~" : "") + Format.money($0.cost), .normal)
        } runText: {
            (($0.isSimulated ? "~" : "") + Format.money($0.cost), .strong)
        }
        let status = Column(title: "st", width: 4) {
            statusText($0)
        } runText: {
            statusText($0)
        }
        if width < 106 {
            let model = Column(title: "tier/model", width: width < 70 ? 8 : 11) { modelText($0, isShort: true) }
            return [time, model, cache, latency, cost, status]
        }
        let id = Column(title: "id", width: 8) {
            ($0.id.safeToShow(limit: 8), .dim)
        } runText: {
            ($0.shortID, .strong)
        }
        let model = Column(title: "tier/model", width: 20) { modelText($0, isShort: false) }
        let tokens = Column(title: "tokens", width: 7, alignRight: true) {
            (($0.usageIsEstimated ? "≈" : "") + Format.count($0.usage.totalInput &+ $0.usage.output), .normal)
        } runText: {
            (($0.hasEstimates ? "≈" : "") + Format.count($0.tokens), .strong)
        }
        if width < 160 { return [time, id, model, cache, latency, cost, tokens, status] }
        let cacheWord = Column(title: "cache", width: 9) {
            $0.isCached ? ($0.cache, Style(.good)) : ("–", .dim)
        } runText: {
            cachedText($0)
        }
        let score = Column(title: "score", width: 5, alignRight: true) { ($0.score.map { "\($0)" } ?? "–", .dim) }
        let saved = Column(title: "saved", width: 9, alignRight: true) {
            (($0.isSimulated ? "~" : "") + Format.money($0.saved), $0.saved < .zero ? Style(.bad) : Style(.good))
        } runText: {
            (($0.isSimulated ? "~" : "") + Format.money($0.saved), $0.saved < .zero ? Style(.bad) : Style(.good))
        }
        let project = Column(title: "project", width: 10) {
            ($0.project, .dim)
        } runText: {
            ($0.project, .dim)
        }
        return [time, id, model, cacheWord, latency, cost, saved, tokens, score, project, status]
    }

    /// The columns that can be sorted by at this width, left to right.
    static func sortable(_ dashboard: Dashboard, width: Int) -> [TableOrder.Column] {
        (columns(dashboard, width: width).map(\.title) + ["prompt"]).compactMap(TableOrder.Column.init)
    }

    /// The column whose caption is at a place of the captions' line.
    static func column(_ dashboard: Dashboard, at place: Int, width: Int) -> TableOrder.Column? {
        var left = 1
        for column in columns(dashboard, width: width) {
            if place >= left, place < left + column.width { return TableOrder.Column(rawValue: column.title) }
            left += column.width + 1
        }
        return place >= left && place < width ? .prompt : nil
    }

    private static func milliseconds(_ value: Double) -> String {
        value < 99_999 ? "\(Format.whole(value))" : Format.duration(milliseconds: value)
    }

    private static func modelText(_ summary: ExchangeSummary, isShort: Bool) -> (String, Style) {
        let name = isShort && !summary.backend.isEmpty ? summary.backend : summary.model
        guard let tier = summary.tier else { return ("– \(name.isEmpty ? summary.requestedModel : name)", .dim) }
        return ("\(tier.letter) \(name.isEmpty ? summary.requestedModel : name)", Style(tier.role))
    }

    /// How many steps a cache served.
    private static func cachedText(_ run: WorkflowRun) -> (String, Style) {
        run.cachedSteps > 0 ? ("\(run.cachedSteps) hit", Style(.good)) : ("–", .dim)
    }

    private static func statusText(_ run: WorkflowRun) -> (String, Style) {
        if let status = run.failedStatus { return (status >= 400 ? "\(status)" : "cut", Style(.bad, .bold)) }
        if !run.isComplete { return ("…", Style(.accent)) }
        if run.escalations > 0 { return ("esc\(min(9, run.escalations))", Style(.warn)) }
        return ("ok", Style(.good))
    }

    private static func statusText(_ summary: ExchangeSummary) -> (String, Style) {
        if summary.status >= 400 { return ("\(summary.status)", Style(.bad, .bold)) }
        if summary.error != nil { return ("cut", Style(.bad, .bold)) }
        if summary.escalations > 0 { return ("esc\(min(9, summary.escalations))", Style(.warn)) }
        return ("ok", Style(.good))
    }
}
