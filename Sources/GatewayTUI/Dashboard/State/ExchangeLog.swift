package import Shared

/// One exchange, ready to be drawn: every text is safe to show.
package struct ExchangeRow: Sendable, Hashable {
    /// Grows with every row; stays the row's name however many come after it.
    package let sequence: Int
    package let summary: ExchangeSummary
    /// The same as the daemon told it, where making it safe to show changed it: copies and exports repeat what was there.
    private let told: Told?
    /// Lower case text that words of a filter are looked for in.
    package let searchable: String

    package init(sequence: Int, summary: ExchangeSummary) {
        self.sequence = sequence
        let safe = summary.safeToShow
        self.summary = safe
        told = safe == summary ? nil : Told(summary)
        searchable = [
            safe.prompt, safe.model, safe.requestedModel, safe.backend, safe.id, safe.project, safe.error ?? "",
            safe.workflow.map { "\($0.mark) \($0.runID)" } ?? "",
        ]
        .joined(separator: " ").lowercased()
    }
}

extension ExchangeRow {
    /// A reference, so that the many rows that need none are no larger for it.
    private final class Told: Sendable, Hashable {
        let summary: ExchangeSummary

        init(_ summary: ExchangeSummary) { self.summary = summary }

        static func == (left: Told, right: Told) -> Bool { left.summary == right.summary }
        func hash(into hasher: inout Hasher) { hasher.combine(summary) }
    }

    /// As the daemon told it. Not to be drawn.
    package var original: ExchangeSummary { told?.summary ?? summary }
}

extension WorkflowStep {
    /// What a filter finds a step by: `wf:review/merge`.
    package var mark: String { "wf:\(workflow)/\(op)" }
}

/// The exchanges that are known, oldest first, and which of them pass the filter.
package struct ExchangeLog: Sendable {
    package static let capacity = 2_000

    package private(set) var rows: [ExchangeRow] = []
    package private(set) var filter = ExchangeFilter()
    package private(set) var order = TableOrder()
    /// Sequence numbers of the rows that pass, oldest first. Kept up row by row: filtering all of them for every picture
    /// was measured to cost more than everything else together.
    private var passing: [Int] = []
    private var nextSequence = 0
    /// The same as lines, the steps of a workflow's run together.
    package private(set) var lines = TableLines()
    /// Exchanges ever seen, for the count of what came in while the picture was paused.
    package private(set) var received = 0

    package init() {}

    /// Rows that pass the filter.
    package var count: Int { passing.count }

    /// A row that passes, 0 the newest.
    package subscript(index: Int) -> ExchangeRow? {
        guard index >= 0, index < passing.count else { return nil }
        return row(sequence: passing[passing.count - 1 - index])
    }

    package func sequence(ofID id: String) -> Int? { rows.last { $0.summary.id == id }?.sequence }

    package func row(sequence: Int) -> ExchangeRow? {
        guard let first = rows.first, sequence >= first.sequence, sequence - first.sequence < rows.count else {
            return nil
        }
        return rows[sequence - first.sequence]
    }

    /// Adds an exchange that ended now. One that is there already is left alone.
    package mutating func append(_ summary: ExchangeSummary) {
        if rows.suffix(64).contains(where: { $0.summary.id == summary.id }) { return }
        let row = ExchangeRow(sequence: nextSequence, summary: summary)
        nextSequence += 1
        received += 1
        rows.append(row)
        if filter.matches(row) {
            passing.append(row.sequence)
            if !order.isNatural {
                lines.insert(row, order, among: rows)
            } else if row.summary.workflow == nil {
                lines.append(row.sequence)
            } else {
                arrange()
            }
        }
        // Dropped in steps, so that a full log does not move all rows for each new one.
        if rows.count > Self.capacity + Self.capacity / 4 { trim() }
    }

    /// Takes over the daemon's list (newest first), keeping what it no longer has. Sequence numbers change.
    package mutating func merge(_ list: [ExchangeSummary]) {
        let known = Set(rows.map(\.summary.id))
        let fresh = list.filter { !known.contains($0.id) }
        guard !fresh.isEmpty else { return }
        received += fresh.count
        let merged = (rows.map(\.original) + fresh.reversed()).enumerated().sorted {
            ($0.element.unixMilliseconds, $0.offset) < ($1.element.unixMilliseconds, $1.offset)
        }
        rows = merged.suffix(Self.capacity).map { entry in
            defer { nextSequence += 1 }
            return ExchangeRow(sequence: nextSequence, summary: entry.element)
        }
        refilter()
    }

    package mutating func setFilter(_ filter: ExchangeFilter) {
        guard filter != self.filter else { return }
        self.filter = filter
        refilter()
    }

    package mutating func setOrder(_ order: TableOrder) {
        guard order != self.order else { return }
        self.order = order
        arrange()
    }

    /// Folds or unfolds a workflow's run.
    package mutating func fold(_ run: String, _ isFolded: Bool) {
        if lines.choose(run, isFolded: isFolded) { arrange() }
    }

    private mutating func refilter() {
        passing = rows.filter { filter.matches($0) }.map(\.sequence)
        arrange()
    }

    /// Done where a step comes in or goes; any other request is one more line.
    private mutating func arrange() {
        let passed = passing.compactMap { row(sequence: $0) }
        guard order.isNatural else { return lines.rebuild(passed, order) }
        lines.rebuild(passed, isFiltered: !filter.isEmpty)
    }

    private mutating func trim() {
        rows.removeFirst(rows.count - Self.capacity)
        let oldest = rows.first?.sequence ?? nextSequence
        passing.removeFirst(passing.firstIndex { $0 >= oldest } ?? passing.count)
        arrange()
    }
}
