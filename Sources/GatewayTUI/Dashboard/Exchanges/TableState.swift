/// Which row of the request table is selected, and where on the screen it stands.
package struct TableState: Sendable, Hashable {
    /// The selected line; nil while the newest is followed.
    package private(set) var selected: TableLine.Name?
    /// The screen row of the selection, so that the picture does not jump while rows come in above it.
    package private(set) var cursorRow = 0

    package init() {}

    package var isFollowing: Bool { selected == nil }

    package mutating func follow() {
        selected = nil
        cursorRow = 0
    }

    package func selectedIndex(in log: ExchangeLog) -> Int { selected.map { log.lines.index(of: $0) } ?? 0 }

    package func selectedLine(in log: ExchangeLog) -> TableLine? { log.lines[selectedIndex(in: log)] }

    /// The selected request; nil where the head of a run is selected.
    package func selectedRow(in log: ExchangeLog) -> ExchangeRow? {
        guard case .exchange(let sequence)? = selectedLine(in: log)?.name else { return nil }
        return log.row(sequence: sequence)
    }

    /// The run whose head, or one of whose steps, is selected.
    package func selectedRun(in log: ExchangeLog) -> WorkflowRun? { log.lines.run(of: selectedLine(in: log)) }

    /// The first row shown, for a table of a height.
    package func top(in log: ExchangeLog, visible: Int) -> Int {
        let cursor = max(0, min(cursorRow, visible - 1))
        return max(0, min(selectedIndex(in: log) - cursor, log.lines.count - visible))
    }

    /// Moves the selection; onto the newest row by its own key or by moving up beyond it means to follow.
    package mutating func move(by delta: Int, in log: ExchangeLog, visible: Int) {
        guard log.lines.count > 0 else { return follow() }
        let from = selectedIndex(in: log)
        let to = max(0, min(log.lines.count - 1, from + delta))
        let first = top(in: log, visible: visible)
        if to == 0, delta < 0 { return follow() }
        select(to, in: log)
        cursorRow = max(0, min(visible - 1, to - first))
    }

    package mutating func select(_ index: Int, in log: ExchangeLog) { selected = log.lines[index]?.name }

    /// Selects what was clicked, which must not move.
    package mutating func select(_ index: Int, atRow row: Int, in log: ExchangeLog) {
        guard log.lines[index] != nil else { return }
        select(index, in: log)
        cursorRow = row
    }

    /// Selects the head of a run whose steps go, on its line of the screen.
    package mutating func selectHead(of run: String, in log: ExchangeLog) {
        cursorRow = max(0, cursorRow - (selectedIndex(in: log) - log.lines.index(of: .run(run))))
        selected = .run(run)
    }

    /// After the sequence numbers changed.
    package mutating func reselect(id: String?, in log: ExchangeLog) {
        if case .run(let run)? = selected, log.lines.runs[run] != nil { return }
        guard selected != nil else { return }
        guard let id, let sequence = log.sequence(ofID: id) else { return follow() }
        selected = .exchange(sequence)
    }
}
