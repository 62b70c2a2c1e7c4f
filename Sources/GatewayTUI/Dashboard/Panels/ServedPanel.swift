import Shared

/// How requests were answered without a provider being paid: the share of each cache over the chosen period.
enum ServedPanel {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard rect.height >= 3 else { return }
        let totals = dashboard.feed.snapshot.map { dashboard.totals(of: $0) }
        let share = totals.map { "\($0.cacheHitShare) of \(Format.count($0.requests))" } ?? ""
        surface.frame(rect, title: "from caches \(dashboard.period.title)", note: share, noteStyle: .strong)
        let inside = rect.interior
        guard let totals else {
            surface.write("no data yet", in: inside, .dim)
            return
        }
        let all = Double(totals.requests)
        let rows = [
            ("exact", totals.exactCacheHits), ("semantic", totals.semanticCacheHits), ("coalesced", totals.coalesced),
        ]
        let barWidth = max(0, inside.width - 10 - 5 - 9)
        for (row, entry) in rows.enumerated() where row < inside.height {
            surface.write(entry.0, in: inside, row: row)
            let share = all > 0 ? Double(entry.1) / all : 0
            surface.bar(in: inside, row: row, column: 10, width: barWidth, share: share, Style(.good))
            let percent = CellWidth.fit(Format.percent(Double(entry.1), of: all), 5, alignRight: true)
            surface.write(percent, in: inside, row: row, column: 10 + barWidth, .strong)
            let count = CellWidth.fit(Format.count(entry.1), 9, alignRight: true)
            surface.write(count, in: inside, row: row, column: 15 + barWidth, .dim)
        }
        guard inside.height > 4 else { return }
        surface.write("The rest went to a provider, or failed.", in: inside, row: 4, .dim)
    }
}

/// One line over every view: a cache that is away or turned itself off.
enum CacheBanner {
    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty, let alerts = dashboard.feed.snapshot?.cache.alerts, let first = alerts.first else {
            return
        }
        let more = alerts.count > 1 ? "+\(alerts.count - 1) more" : ""
        let hint =
            dashboard.currentView == .cache ? more : [more, "4 Cache "].filter { !$0.isEmpty }.joined(separator: " · ")
        surface.restyle(rect) { _ in Style(.bad, [.bold, .reverse]) }
        let room = rect.width - CellWidth.of(hint) - 4
        surface.write(" ! \(CellWidth.fit(first, room))", in: rect, Style(.bad, [.bold, .reverse]))
        surface.writeRight(hint, in: rect, Style(.bad, [.bold, .reverse]))
    }
}
