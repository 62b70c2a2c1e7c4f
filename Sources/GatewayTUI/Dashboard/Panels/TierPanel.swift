import Shared

/// How the exchanges spread over the tiers: share, count and money since the daemon's start.
enum TierPanel {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let inside = rect.interior
        let isNarrow = inside.width < 40
        // Where there is room, escalations have a box of their own.
        let escalations = isNarrow ? dashboard.feed.snapshot?.sinceStart.escalations : nil
        let title = escalations.map { "tiers · \(Format.count($0)) esc" } ?? "tiers"
        surface.frame(rect, title: title, note: "since start")
        guard let snapshot = dashboard.feed.snapshot else {
            surface.write("no data yet", in: inside, .dim)
            return
        }
        let total = snapshot.tiers.reduce(0.0) { $0 + Double(max(0, $1.requests)) }
        let isSimulated = dashboard.isDemo
        let countWidth = isNarrow ? 0 : 8
        let barWidth = max(4, inside.width - 11 - 5 - countWidth - 10)
        let tiers = Tier.allCases.sorted { ($0 == .local ? 9 : $0.rawValue) < ($1 == .local ? 9 : $1.rawValue) }
        for (row, tier) in tiers.enumerated() where row < inside.height {
            let figures = snapshot.tiers.first { $0.tier == tier }
            let requests = max(0, figures?.requests ?? 0)
            let style = Style(tier.role)
            surface.write("\(tier.letter) ", in: inside, row: row, Style(tier.role, .bold))
            surface.write(tier.name, in: inside, row: row, column: 2, style)
            let share = total > 0 ? Double(requests) / total : 0
            surface.bar(in: inside, row: row, column: 11, width: barWidth, share: share, style)
            var column = 11 + barWidth
            let percent = Format.percent(Double(requests), of: total)
            column = surface.write(CellWidth.fit(percent, 5, alignRight: true), in: inside, row: row, column: column)
            if countWidth > 0 {
                let count = CellWidth.fit(Format.count(requests), countWidth, alignRight: true)
                column = surface.write(count, in: inside, row: row, column: column, .dim)
            }
            // What an escalation has spent is there, though another tier has answered.
            let spent = figures?.cost ?? .zero
            let cost = (isSimulated && spent > .zero ? "~" : "") + Format.total(spent)
            surface.write(CellWidth.fit(cost, 10, alignRight: true), in: inside, row: row, column: column, .dim)
        }
        if inside.height > 5 { drawCache(snapshot, inside, on: &surface) }
    }

    private static func drawCache(_ snapshot: MetricsSnapshot, _ inside: Rect, on surface: inout Surface) {
        let cache = snapshot.cache
        surface.write("cache", in: inside, row: 5, .strong)
        let text =
            cache.isEnabled
            ? "\(Format.count(cache.entries)) entries, \(Format.count(cache.hits)) hits, \(Format.count(cache.misses)) misses"
            : "off"
        surface.write(text, in: inside, row: 5, column: 11, .dim)
        let served = [
            ("exact", snapshot.sinceStart.exactCacheHits), ("sem", snapshot.sinceStart.semanticCacheHits),
            ("coal", snapshot.sinceStart.coalesced),
        ]
        let line = served.map { "\($0.0) \(Format.count($0.1))" }.joined(separator: " · ")
        surface.write(CellWidth.clip(line, inside.width - 11), in: inside, row: 6, column: 11, .dim)
    }
}

extension Tier {
    var role: Role {
        switch self {
        case .local: .local
        case .fast: .fast
        case .balanced: .balanced
        case .premium: .premium
        }
    }
}
