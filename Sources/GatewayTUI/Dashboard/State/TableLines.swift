import Shared

/// A line of the request table.
package enum TableLine: Sendable, Hashable {
    /// A request by itself, by its sequence number.
    case exchange(Int)
    /// The head of a workflow's run, by the run's id.
    case run(String)
    /// A step of the run whose head stands above.
    case step(Int, of: String, isLast: Bool)

    /// What stays the line's own however lines come and go.
    package enum Name: Sendable, Hashable {
        case exchange(Int)
        case run(String)
    }

    package var name: Name {
        switch self {
        case .exchange(let sequence), .step(let sequence, _, _): .exchange(sequence)
        case .run(let id): .run(id)
        }
    }
}

/// The requests that pass the filter as lines, newest first: the steps of a workflow's run stand together under a head, at the
/// place of the newest of them, in the order in which they ended. A run that is folded is its head alone.
package struct TableLines: Sendable {
    private struct Entry: Sendable {
        var line: TableLine
        /// The sequence number of the newest exchange that stands or fell together with it.
        var newest: Int
    }

    /// The last line first, so that what comes in is added at the end.
    private var entries: [Entry] = []
    /// By id.
    package private(set) var runs: [String: WorkflowRun] = [:]
    /// What a person chose, by the run's id.
    private var choices: [String: Bool] = [:]
    /// Something is searched for: then nothing that was found may hide.
    private var isFiltered = false

    package init() {}

    package var count: Int { entries.count }

    /// A line, 0 the first.
    package subscript(index: Int) -> TableLine? {
        index >= 0 && index < entries.count ? entries[entries.count - 1 - index].line : nil
    }

    /// Where a line stands. One that is gone has the place of its run's head, else the one where it would stand.
    package func index(of name: TableLine.Name) -> Int {
        if let found = entries.lastIndex(where: { $0.line.name == name }) { return entries.count - 1 - found }
        guard case .exchange(let sequence) = name else { return max(0, entries.count - 1) }
        if let run = runs.values.first(where: { $0.steps.contains(sequence) }) { return index(of: .run(run.id)) }
        guard let near = entries.firstIndex(where: { $0.newest >= sequence }) else { return 0 }
        return entries.count - 1 - near
    }

    /// The run that a line is the head or a step of.
    package func run(of line: TableLine?) -> WorkflowRun? {
        switch line {
        case .run(let id), .step(_, let id, _): runs[id]
        case .exchange, nil: nil
        }
    }

    /// As a person chose; else what goes on or went wrong is open, and what is done is folded.
    package func isFolded(_ id: String) -> Bool {
        choices[id] ?? (!isFiltered && runs[id]?.isComplete ?? true)
    }

    /// A request that belongs to no run.
    mutating func append(_ sequence: Int) { entries.append(Entry(line: .exchange(sequence), newest: sequence)) }

    /// Puts all rows in their places, oldest first.
    mutating func rebuild(_ rows: [ExchangeRow], isFiltered: Bool) {
        self.isFiltered = isFiltered
        runs = [:]
        for row in rows {
            guard let step = row.summary.workflow else { continue }
            runs[step.runID, default: WorkflowRun(step)].add(row, op: step)
        }
        // From the newest on, a run's place is where it is met first.
        var blocks: [TableLine.Name] = []
        var placed = Set<String>()
        for row in rows.reversed() {
            if let step = row.summary.workflow {
                if placed.insert(step.runID).inserted { blocks.append(.run(step.runID)) }
            } else {
                blocks.append(.exchange(row.sequence))
            }
        }
        choices = choices.filter { runs[$0.key] != nil }
        entries = []
        entries.reserveCapacity(blocks.count)
        for block in blocks.reversed() {
            switch block {
            case .exchange(let sequence): append(sequence)
            case .run(let id): append(runs[id], isFolded: isFolded(id))
            }
        }
    }

    /// Puts all rows in another order, each by itself: a run's steps are apart there.
    mutating func rebuild(_ rows: [ExchangeRow], _ order: TableOrder) {
        runs = [:]
        entries = rows.sorted { order.puts($1, above: $0) }.map {
            Entry(line: .exchange($0.sequence), newest: $0.sequence)
        }
    }

    /// Puts a row where it belongs in such an order. `rows` are all that are known, by sequence number without a gap.
    mutating func insert(_ row: ExchangeRow, _ order: TableOrder, among rows: [ExchangeRow]) {
        guard let oldest = rows.first?.sequence else { return }
        // The last line comes first.
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let place = entries[middle].newest - oldest
            if rows.indices.contains(place), order.puts(rows[place], above: row) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        entries.insert(Entry(line: .exchange(row.sequence), newest: row.sequence), at: low)
    }

    private mutating func append(_ run: WorkflowRun?, isFolded: Bool) {
        guard let run, let newest = run.steps.last else { return }
        if !isFolded {
            for (offset, sequence) in run.steps.reversed().enumerated() {
                entries.append(Entry(line: .step(sequence, of: run.id, isLast: offset == 0), newest: newest))
            }
        }
        entries.append(Entry(line: .run(run.id), newest: newest))
    }

    /// Remembers a choice, which shows with the next ``rebuild(_:isFiltered:)``; false where it is the same as before.
    mutating func choose(_ id: String, isFolded: Bool) -> Bool { choices.updateValue(isFolded, forKey: id) != isFolded }
}
