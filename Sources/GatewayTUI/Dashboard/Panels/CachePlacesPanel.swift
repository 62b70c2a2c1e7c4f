import Shared

/// Where answers are kept: a row of figures for each place, and why it is not well where it is not.
enum CachePlacesPanel {
    /// A row of the panel.
    private enum Row {
        case captions
        case figures(CacheHomeReport)
        case line(StyledLine)
    }

    /// A column of the figures. Those with a larger rank go first where there is no room.
    private struct Column: Sendable {
        var title: String
        var width: Int
        var rank: Int
        var isLeft = false
        /// nil for the bar that shows how full the place is.
        var text: (@Sendable (CacheHomeReport) -> (String, Style))?
    }

    /// Rows that the panel wants, its frame counted.
    static func height(_ cache: MetricsSnapshot.Cache?, width: Int, isShort: Bool) -> Int {
        cache.map { rows($0, width: width - 4, isShort: isShort).count + 2 } ?? 3
    }

    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let rect = layout.places
        guard rect.height >= 3 else { return }
        surface.frame(rect, title: "where answers are kept", note: "since start")
        let inside = rect.interior
        guard let cache = dashboard.feed.snapshot?.cache else {
            surface.write("no data yet", in: inside, .dim)
            return
        }
        let rows = rows(cache, width: inside.width, isShort: layout.isShort)
        for (row, content) in rows.prefix(inside.height).enumerated() {
            switch content {
            case .captions: drawCaptions(in: inside, row: row, on: &surface)
            case .figures(let home): draw(home, in: inside, row: row, on: &surface)
            case .line(let line): surface.write(line, in: inside, row: row)
            }
        }
    }

    private static func rows(_ cache: MetricsSnapshot.Cache, width: Int, isShort: Bool) -> [Row] {
        let hasAll = columns(width).count == allColumns.count
        return [.captions]
            + cache.places.flatMap { home in
                let figures = Row.figures(home)
                let troubles = hasAll || isShort ? [] : [Row.line(troubles(home))]
                return [figures] + troubles + why(home, width: width).map(Row.line)
            }
    }

    private static func why(_ home: CacheHomeReport, width: Int) -> [StyledLine] {
        guard let detail = home.detail, !detail.isEmpty else { return [] }
        let indent = String(repeating: " ", count: nameWidth + 1)
        let style = home.state == .down ? Style(.bad) : Style(.warn)
        return StyledLine(indent, indent: indent.count).adding(detail, style).wrapped(to: width - 2).atMost(2)
    }

    /// What the narrow table has no columns for.
    private static func troubles(_ home: CacheHomeReport) -> StyledLine {
        let figures = [
            ("evicted", home.evictions, Style.dim), ("dropped", home.dropped, Style(.warn)),
            ("rejected", home.rejected, Style(.warn)), ("timeouts", home.timeouts, Style(.warn)),
        ]
        var line = StyledLine(String(repeating: " ", count: nameWidth + 1))
        for (name, count, style) in figures {
            line = line.adding("\(name) \(Format.count(count))", count == 0 ? .dim : style).adding(" · ", .dim)
        }
        return line.adding("p50 \(latency(home))", .dim)
    }

    private static func drawCaptions(in inside: Rect, row: Int, on surface: inout Surface) {
        var column = 0
        for entry in columns(inside.width) {
            let title = CellWidth.fit(entry.title, entry.width, alignRight: !entry.isLeft)
            surface.write(title, in: inside, row: row, column: column, .dim)
            column += entry.width + 1
        }
    }

    private static func draw(_ home: CacheHomeReport, in inside: Rect, row: Int, on surface: inout Surface) {
        var column = 0
        for entry in columns(inside.width) {
            if let (text, style) = entry.text?(home) {
                let shown = CellWidth.fit(text, entry.width, alignRight: !entry.isLeft)
                surface.write(shown, in: inside, row: row, column: column, style)
            } else if let bytes = home.bytes, let most = home.maxBytes, most > 0 {
                let share = Double(bytes) / Double(most)
                let style = Style(share > 0.95 ? .warn : .accent)
                surface.gauge(in: inside, row: row, column: column, width: entry.width, share: share, style)
            }
            column += entry.width + 1
        }
    }

    @Sendable private static func state(_ home: CacheHomeReport) -> (String, Style) {
        switch home.state {
        case .ok: ("● ok", Style(.good))
        case .down: ("✖ down", Style(.bad, .bold))
        case .off: ("○ off", Style(.warn))
        }
    }

    private static func latency(_ home: CacheHomeReport) -> String {
        guard let milliseconds = home.latencyP50Milliseconds, milliseconds.isFinite, milliseconds >= 0 else {
            return "–"
        }
        // A look-up in memory or on disk takes microseconds.
        if milliseconds < 0.95 { return "\(Format.whole(milliseconds * 1_000)) µs" }
        return Format.duration(milliseconds: milliseconds)
    }

    private static func bytes(_ home: CacheHomeReport) -> String {
        guard let bytes = home.bytes else { return "–" }
        guard let most = home.maxBytes, most > 0 else { return Format.bytes(bytes) }
        return "\(Format.bytes(bytes)) of \(Format.bytes(most))"
    }

    private static let nameWidth = 7

    /// As many columns as there is room for.
    private static func columns(_ width: Int) -> [Column] {
        var kept = allColumns
        for rank in [2, 1] where kept.reduce(-1, { $0 + $1.width + 1 }) > width {
            kept.removeAll { $0.rank == rank }
        }
        return kept
    }

    private static let allColumns: [Column] = [
        Column(title: "place", width: nameWidth, rank: 0, isLeft: true) { ($0.name, .strong) },
        Column(title: "state", width: 6, rank: 0, isLeft: true, text: state),
        count("entries", 7) { $0.entries },
        Column(title: "", width: 8, rank: 1, text: nil),
        Column(title: "bytes", width: 19, rank: 0, isLeft: true) { (bytes($0), .normal) },
        count("hits", 7) { $0.hits },
        count("misses", 7, rank: 1) { $0.misses },
        Column(title: "hit", width: 4, rank: 0) { ($0.hitShare, .strong) },
        count("evicted", 7, rank: 2) { $0.evictions },
        trouble("dropped") { $0.dropped },
        trouble("rejected") { $0.rejected },
        trouble("timeouts") { $0.timeouts },
        Column(title: "p50", width: 7, rank: 2) { (latency($0), .dim) },
    ]

    private static func count(
        _ title: String,
        _ width: Int,
        rank: Int = 0,
        of value: @escaping @Sendable (CacheHomeReport) -> Int?
    ) -> Column {
        Column(title: title, width: width, rank: rank) { (value($0).map(Format.count) ?? "–", .normal) }
    }

    private static func trouble(_ title: String, of value: @escaping @Sendable (CacheHomeReport) -> Int) -> Column {
        Column(title: title, width: title.count, rank: 2) { home in
            (Format.count(value(home)), value(home) == 0 ? .dim : Style(.warn, .bold))
        }
    }
}
