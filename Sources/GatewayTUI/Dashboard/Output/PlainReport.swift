import Shared

/// `--plain`: what happens, in lines that are only ever appended, for screen readers, braille displays and logs.
///
/// Words instead of glyphs, no column that a line is padded to, nothing that changes what was said before. It holds a
/// ``Dashboard`` that nobody looks at, which speaks with the daemon.
package struct PlainReport: Sendable {
    /// At most so long without a summary.
    private static let summaryMilliseconds: Int64 = 60_000

    /// More than the daemon lists at once.
    private static let remembered = 2_000

    private var dashboard: Dashboard
    /// Exchanges that were told, or were there before this program was; in the order in which they came.
    private var known = Set<String>()
    private var knownOrder: [String] = []
    private var hasList = false
    private var summaryAt: Int64?
    private var told: String?
    private var troubles: [String] = []

    package init(socketPath: String) {
        dashboard = Dashboard(socketPath: socketPath, columns: 80, rows: 24, glyphs: .ascii)
        dashboard.isReadOnly = true
    }

    package var isLive: Bool { dashboard.isLive }
    /// Connected, and the daemon has not answered the greeting yet.
    package var isConnecting: Bool { dashboard.link == .connecting }

    /// Takes an event in: what is to be done, and the lines to write.
    package mutating func update(_ event: Event) -> (effects: [Effect], lines: [String]) {
        let wasLive = dashboard.isLive
        let effects = dashboard.update(event)
        var lines = tellLink(wasLive: wasLive)
        switch event {
        case .message(.exchanges(let list)):
            // What was there at the start is history; after that, what came in while there was no connection is news.
            let fresh = list.reversed().filter { remember($0.id) }
            if hasList { lines += fresh.map { line(of: $0.safeToShow) } }
            hasList = true
        case .message(.completed(let summary)):
            if remember(summary.id) { lines.append(line(of: summary.safeToShow)) }
        case .message(.snapshot):
            lines += tellTroubles()
            if summaryAt == nil { lines += summary() }
        case .tick:
            if let summaryAt, dashboard.isLive,
                dashboard.now.monotonicMilliseconds - summaryAt >= Self.summaryMilliseconds
            {
                lines += summary()
            }
        default: break
        }
        return (effects, lines)
    }

    private mutating func remember(_ id: String) -> Bool {
        guard known.insert(id).inserted else { return false }
        knownOrder.append(id)
        if knownOrder.count > 4 * Self.remembered {
            for old in knownOrder.prefix(Self.remembered) { known.remove(old) }
            knownOrder.removeFirst(Self.remembered)
        }
        return true
    }

    /// A line when the connection came, went or is refused; not one for each attempt that fails likewise.
    private mutating func tellLink(wasLive: Bool) -> [String] {
        let state: String
        switch dashboard.link {
        case .connecting: return []
        case .live:
            let demo = dashboard.isDemo ? ", all simulated: no money moves" : ""
            state = "connected to \(dashboard.welcome?.daemon.safeToShow(limit: 60) ?? "the gateway")\(demo)"
        case .lost(let reason, _):
            let what =
                wasLive || hasList
                ? "connection lost" : "no gateway answers at \(dashboard.socketPath.safeToShow(limit: 200))"
            state = "\(what): \(reason.safeToShow(limit: 300)). Trying again."
        case .refused(let why): state = "the gateway cannot be watched: \(why)"
        }
        guard state != told else { return [] }
        told = state
        // The next snapshot is a summary: the state has changed.
        if dashboard.isLive { summaryAt = nil }
        return [stamped(state)]
    }

    private mutating func tellTroubles() -> [String] {
        let now = dashboard.latest.snapshot?.alerts.map(\.text) ?? []
        defer { troubles = now }
        return now.filter { !troubles.contains($0) }.map { stamped("alert: \($0)") }
            + troubles.filter { !now.contains($0) }.map { stamped("alert over: \($0)") }
    }

    private mutating func summary() -> [String] {
        guard let snapshot = dashboard.latest.snapshot else { return [] }
        summaryAt = dashboard.now.monotonicMilliseconds
        let today = snapshot.today
        let amounts = snapshot.isDemo ? " (simulated)" : ""
        let parts = [
            "summary today: \(counted(today.requests, "request"))", "spent \(Format.total(today.cost))\(amounts)",
            "saved \(Format.total(today.saved))\(amounts)", "\(worded(today.cacheHitShare)) from caches",
            counted(today.errors, "error"), "\(Format.count(snapshot.requestsPerMinute)) a minute now",
            counted(snapshot.alerts.count, "alert"),
        ]
        return [stamped(parts.joined(separator: ", "))]
    }

    /// One exchange, the most telling first, the prompt last because it may hold anything.
    private func line(of summary: ExchangeSummary) -> String {
        var parts = [summary.isFailed ? "failed with status \(summary.status)" : "answered"]
        if let tier = summary.tier { parts.append("tier \(tier.name)") }
        if !summary.model.isEmpty { parts.append("model \(summary.model)") }
        if summary.isCached { parts.append("from the \(summary.cache) cache") }
        parts.append(worded(Format.duration(milliseconds: summary.latencyMilliseconds)))
        parts.append("cost \(Format.money(summary.cost))\(summary.isSimulated ? " (simulated)" : "")")
        if summary.escalations > 0 { parts.append("escalated") }
        if let step = summary.workflow { parts.append("workflow \(step.workflow), op \(step.op)") }
        if !["", "default"].contains(summary.project) { parts.append("project \(summary.project)") }
        parts.append("id \(summary.id.safeToShow(limit: 16))")
        if let error = summary.error { parts.append("error: \(error)") }
        if !summary.prompt.isEmpty { parts.append("prompt: \(summary.prompt)") }
        return stamped(parts.joined(separator: ", "))
    }

    private func counted(_ count: Int, _ what: String) -> String {
        "\(Format.count(count)) \(what)\(count == 1 ? "" : "s")"
    }

    /// The dash of a figure that is not known is not read out by every screen reader.
    private func worded(_ figure: String) -> String { figure == "–" ? "an unknown share" : figure }

    private func stamped(_ text: String) -> String {
        let clock = Format.clock(
            unixMilliseconds: dashboard.now.unixMilliseconds,
            utcOffsetSeconds: dashboard.now.utcOffsetSeconds
        )
        return "\(clock) \(text)"
    }
}
