package import Shared

/// The daemon's log as the view shows it.
package struct LogState: Sendable {
    /// Lines that are kept.
    package static let capacity = 1_000
    /// The least level that is shown, in the order of the key that changes it.
    package static let levels = ["debug", "info", "notice", "warning", "error"]
    private static let rank = [
        "trace": 0, "debug": 1, "info": 2, "notice": 3, "warning": 4, "error": 5, "critical": 6,
    ]

    package private(set) var lines: [ControlProtocol.LogLine] = []
    package private(set) var level = "info"
    /// Lines that it is scrolled up from the end; 0 follows.
    package private(set) var scroll = 0
    /// Why there is none.
    package var problem: String?
    /// Asked for on this connection.
    package var isSubscribed = false

    package init() {}

    /// The lines of the level, oldest first.
    package var shown: [ControlProtocol.LogLine] {
        let least = Self.rank[level] ?? 0
        return lines.filter { (Self.rank[$0.level] ?? 6) >= least }
    }

    /// What the daemon wrote before; it may tell a line again that came by itself.
    package mutating func take(_ tail: [ControlProtocol.LogLine]) {
        lines = tail.suffix(Self.capacity).map(Self.safe)
        problem = nil
    }

    package mutating func append(_ line: ControlProtocol.LogLine) {
        if lines.last == Self.safe(line) { return }
        lines.append(Self.safe(line))
        if lines.count > Self.capacity + Self.capacity / 4 { lines.removeFirst(lines.count - Self.capacity) }
        // Who reads older lines keeps them before his eyes.
        if scroll > 0, (Self.rank[line.level] ?? 6) >= (Self.rank[level] ?? 0) { scroll += 1 }
    }

    package mutating func nextLevel() {
        let next = (Self.levels.firstIndex(of: level) ?? 0) + 1
        level = Self.levels[next % Self.levels.count]
        scroll = 0
    }

    /// Scrolls towards the newest (negative) or the oldest line.
    package mutating func scroll(by lines: Int, visible: Int) {
        scroll = max(0, min(max(0, shown.count - visible), scroll + lines))
    }

    package mutating func follow() { scroll = 0 }

    private static func safe(_ line: ControlProtocol.LogLine) -> ControlProtocol.LogLine {
        var safe = line
        safe.level = line.level.safeToShow(limit: 10)
        safe.text = line.text.safeToShow(limit: 1_000)
        return safe
    }
}
