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
    /// Where there are no runs, and in any order but that of time, each request stands by itself: their sequence numbers, the
    /// last line first.
    private var single: [Int]? = []
    /// They are in the order of time.
    private var isByTime = true
    /// By id.
    package private(set) var runs: [String: WorkflowRun] = [:]
    /// What a person chose, by the run's id.
    private var choices: [String: Bool] = [:]
    /// Something is searched for: then nothing that was found may hide.
    private var isFiltered = false

    package init() {}

    package var count: Int { single?.count ?? entries.count }

    /// A line, 0 the first.
    package subscript(index: Int) -> TableLine? {
        guard index >= 0, index < count else { return nil }
        if let single { return .exchange(single[single.count - 1 - index]) }
        return entries[entries.count - 1 - index].line
    }

    /// The requests from the first line to the last, those that are folded away too; `passing` are all, oldest first.
    func sequences(passing: [Int]) -> [Int] { single.map { $0.reversed() } ?? passing.reversed() }

    /// Where a line stands. One that is gone has the place of its run's head, else the one where it would stand.
    package func index(of name: TableLine.Name) -> Int {
        if let single {
            guard case .exchange(let sequence) = name else { return max(0, count - 1) }
            guard isByTime else {
                return single.lastIndex(of: sequence).map { single.count - 1 - $0 } ?? max(0, count - 1)
            }
            let near = firstPlace(single.count) { single[$0] >= sequence }
            return near < single.count ? single.count - 1 - near : 0
        }
        if case .exchange(let sequence) = name {
            let near = firstPlace(entries.count) { entries[$0].newest >= sequence }
            if near < entries.count, entries[near].line == .exchange(sequence) { return entries.count - 1 - near }
        }
        if let found = entries.lastIndex(where: { $0.line.name == name }) { return entries.count - 1 - found }
        guard case .exchange(let sequence) = name else { return max(0, entries.count - 1) }
        if let run = runs.values.first(where: { $0.steps.contains(sequence) }) { return index(of: .run(run.id)) }
        let near = firstPlace(entries.count) { entries[$0].newest >= sequence }
        return near < entries.count ? entries.count - 1 - near : 0
    }

    /// The first of so many places that reaches something; those before it do not.
    private func firstPlace(_ count: Int, reaches: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if reaches(middle) { high = middle } else { low = middle + 1 }
        }
        return low
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
    mutating func append(_ sequence: Int) {
        if single?.append(sequence) != nil { return }
        entries.append(Entry(line: .exchange(sequence), newest: sequence))
    }

    /// Puts all rows in their places, oldest first: those of no run by themselves.
    mutating func rebuild(
        _ sequences: [Int],
        isFiltered: Bool,
        step: (Int) -> WorkflowStep?,
        row: (Int) -> ExchangeRow?
    ) {
        self.isFiltered = isFiltered
        single = nil
        runs = [:]
        for sequence in sequences {
            guard let step = step(sequence), let row = row(sequence) else { continue }
            runs[step.runID, default: WorkflowRun(step)].add(row, op: step)
        }
        choices = choices.filter { runs[$0.key] != nil }
        entries = []
        entries.reserveCapacity(sequences.count)
        for sequence in sequences {
            guard !runs.isEmpty, let run = step(sequence).flatMap({ runs[$0.runID] }) else {
                append(sequence)
                continue
            }
            // A run stands where its newest step does.
            if run.steps.last == sequence { append(run, isFolded: isFolded(run.id)) }
        }
    }

    /// Puts each request by itself, the last line first.
    mutating func rebuild(_ sequences: [Int], isByTime: Bool) {
        runs = [:]
        entries = []
        single = sequences
        self.isByTime = isByTime
    }

    /// Puts a row where it belongs in such an order.
    mutating func insert(_ sequence: Int, _ keys: TableKeys) {
        let place = keys.place(of: sequence, among: single ?? [])
        if single == nil { single = [] }
        single?.insert(sequence, at: place)
    }

    private mutating func append(_ run: WorkflowRun, isFolded: Bool) {
        guard let newest = run.steps.last else { return }
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
