import Shared

/// The semantic cache: whether it serves, how often it was wrong, and what its guards refused.
enum SemanticPanel {
    private static let captionWidth = 11

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let rect = layout.semantic
        guard rect.height >= 3 else { return }
        surface.frame(rect, title: "semantic cache", note: "since start")
        let inside = rect.interior
        guard let snapshot = dashboard.feed.snapshot else {
            surface.write("no data yet", in: inside, .dim)
            return
        }
        guard let semantic = snapshot.cache.semantic else {
            let text = "○ not configured: this gateway serves only the same request again, not one that asks the same."
            let lines = StyledLine(text, .dim, indent: 2).wrapped(to: inside.width)
            for (row, line) in lines.prefix(inside.height).enumerated() { surface.write(line, in: inside, row: row) }
            return
        }
        var room = inside
        // The reason may take rows from what counts less, but not from the rate of false hits.
        for line in state(semantic, width: inside.width).atMost(max(1, min(5, inside.height - 2))) {
            surface.write(line, in: room.takeTop(1), row: 0)
        }
        drawFalseHits(semantic, in: room.takeTop(1), on: &surface)
        drawLookUps(semantic, in: room.takeTop(1), on: &surface)
        drawQuestions(semantic, in: room.takeTop(1), on: &surface)
        drawCanaries(semantic, in: room.takeTop(1), on: &surface)
        if layout.refusals.isEmpty { drawRefused(semantic, in: room.takeTop(1), on: &surface) }
    }

    /// Which guards refused near questions, as bars.
    static func drawRefusals(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard rect.height >= 3 else { return }
        let semantic = dashboard.feed.snapshot?.cache.semantic
        let note = semantic.map { Format.count($0.refused) } ?? ""
        surface.frame(rect, title: "refused by guards", note: note)
        let inside = rect.interior
        guard let semantic, !semantic.refusals.isEmpty else {
            surface.write(semantic == nil ? "–" : "no near question was refused", in: inside, .dim)
            return
        }
        let shown = semantic.sortedRefusals.prefix(inside.height)
        let nameWidth = min(14, shown.map { CellWidth.of($0.guard) }.max() ?? 0)
        let most = Double(shown.first?.count ?? 0)
        let barWidth = max(0, inside.width - nameWidth - 1 - 8)
        for (row, refusal) in shown.enumerated() {
            surface.write(CellWidth.fit(refusal.guard, nameWidth), in: inside, row: row)
            let share = most > 0 ? Double(refusal.count) / most : 0
            surface.bar(in: inside, row: row, column: nameWidth + 1, width: barWidth, share: share, Style(.accent))
            surface.writeRight(Format.count(refusal.count), in: inside, row: row, .strong)
        }
    }

    private static func state(_ semantic: SemanticCacheReport, width: Int) -> [StyledLine] {
        let how = "\(semantic.similarity) ≥ \(Format.decimal(semantic.threshold, places: 2))"
        guard let off = semantic.off else {
            return [StyledLine(CellWidth.fit("● on", captionWidth), Style(.good, .bold)).adding(how)]
        }
        let head = StyledLine(CellWidth.fit("✖ off", captionWidth), Style(.bad, .bold)).adding(how, .dim)
        return [head] + StyledLine("  ", indent: 2).adding(off, Style(.bad)).wrapped(to: width - 2)
    }

    /// The level of the observed false-hit rate in a word.
    private static func level(_ semantic: SemanticCacheReport) -> (String, Style) {
        switch semantic.falseHitLevel {
        case .unknown: ("no comparison yet", .dim)
        case .fine: ("fine", Style(.good))
        case .warning: ("! high", Style(.warn, .bold))
        case .alert: ("✖ too high", Style(.bad, .bold))
        }
    }

    private static func drawFalseHits(_ semantic: SemanticCacheReport, in line: Rect, on surface: inout Surface) {
        let (word, style) = level(semantic)
        surface.write("false rate", in: line, .dim)
        guard let rate = semantic.falseHitRate, semantic.falseHitLevel != .unknown else {
            surface.write(
                "– of max \(percent(semantic.maxFalseHitRate)) · \(word)",
                in: line,
                column: captionWidth,
                .dim
            )
            return
        }
        var column = captionWidth
        let barWidth = line.width >= 46 ? min(20, line.width - 40) : 0
        if barWidth > 0 {
            let share = semantic.maxFalseHitRate > 0 ? rate / semantic.maxFalseHitRate : rate > 0 ? 1 : 0
            surface.gauge(in: line, row: 0, column: column, width: barWidth, share: share, style)
            column += barWidth + 1
        }
        column = surface.write(percent(rate), in: line, column: column, Style(style.role, .bold))
        column = surface.write(" of max \(percent(semantic.maxFalseHitRate)) · ", in: line, column: column)
        surface.write(word, in: line, column: column, style)
    }

    private static func drawLookUps(_ semantic: SemanticCacheReport, in line: Rect, on surface: inout Surface) {
        surface.write("look-ups", in: line, .dim)
        let all = Double(semantic.hits) + Double(semantic.misses) + Double(semantic.refused)
        let share = Format.percent(Double(semantic.hits), of: all)
        let hits = "\(Format.count(semantic.hits)) hits (\(share))"
        let end = surface.write(hits, in: line, column: captionWidth, .strong)
        surface.write(" · \(Format.count(semantic.misses)) misses", in: line, column: end)
    }

    private static func drawQuestions(_ semantic: SemanticCacheReport, in line: Rect, on surface: inout Surface) {
        surface.write("questions", in: line, .dim)
        var column = captionWidth
        let barWidth = line.width >= 46 ? min(20, line.width - 40) : 0
        if barWidth > 0 {
            let share = semantic.maxEntries > 0 ? Double(semantic.entries) / Double(semantic.maxEntries) : 0
            surface.gauge(in: line, row: 0, column: column, width: barWidth, share: share, Style(.accent))
            column += barWidth + 1
        }
        let most = semantic.maxEntries > 0 ? " of \(Format.count(semantic.maxEntries))" : ""
        surface.write("\(Format.count(semantic.entries))\(most)", in: line, column: column)
    }

    private static func drawCanaries(_ semantic: SemanticCacheReport, in line: Rect, on surface: inout Surface) {
        surface.write("canaries", in: line, .dim)
        let end = surface.write("\(Format.count(semantic.canaries)) compared · ", in: line, column: captionWidth)
        let style = semantic.falseHits == 0 ? Style.normal : Style(.warn)
        let word = semantic.falseHits == 1 ? "false hit" : "false hits"
        surface.write("\(Format.count(semantic.falseHits)) \(word)", in: line, column: end, style)
    }

    private static func drawRefused(_ semantic: SemanticCacheReport, in line: Rect, on surface: inout Surface) {
        guard !line.isEmpty else { return }
        surface.write("refused", in: line, .dim)
        let most = semantic.sortedRefusals.prefix(5).map { "\($0.guard) \(Format.count($0.count))" }
        let text = most.isEmpty ? "none" : most.joined(separator: " · ")
        surface.write(CellWidth.fit(text, line.width - captionWidth), in: line, column: captionWidth)
    }

    /// A rate that is a few percent at most: `1.4%`.
    private static func percent(_ rate: Double) -> String { "\(Format.decimal(rate * 100, places: 1))%" }
}
