package import Shared

/// The exchanges that are known, oldest first, and which of them pass the filter, in which order.
package struct ExchangeLog: Sendable {
    private let capacity: Int

    /// What the exchanges take at most, about: the gateway may be told to keep prompts whole.
    private static let mostBytes = 64_000_000

    private var stored: [StoredExchange] = []
    private var bytes = 0
    private var names = NameTable()
    /// The sequence number of the first of them.
    private var first = 0
    package private(set) var filter = ExchangeFilter()
    private var matcher = ExchangeMatcher(ExchangeFilter())
    package private(set) var order = TableOrder()
    /// Sequence numbers of the rows that pass, oldest first. Kept up row by row: filtering all of them for every picture
    /// was measured to cost more than everything else together.
    private var passing: [Int] = []
    /// The same as lines, the steps of a workflow's run together.
    package private(set) var lines = TableLines()
    /// For each name its place among all of them in order, found out when rows are sorted by names.
    private var ranks: [Int] = []
    /// How many of those that pass are steps of workflows.
    private var stepCount = 0
    /// By sequence number: what a person marked.
    private var marked: Set<Int> = []
    /// Exchanges ever seen, for the count of what came in while the picture was paused.
    package private(set) var received = 0

    /// Keeps so many exchanges.
    package init(capacity: Int = 100_000) { self.capacity = capacity }

    /// Rows that pass the filter.
    package var count: Int { passing.count }
    /// Rows that are known.
    package var knownCount: Int { stored.count }
    package var markedCount: Int { marked.count }

    /// A row that passes, 0 the newest.
    package subscript(index: Int) -> ExchangeRow? {
        guard index >= 0, index < passing.count else { return nil }
        return row(sequence: passing[passing.count - 1 - index])
    }

    package func sequence(ofID id: String) -> Int? {
        let number = StoredExchange.number(of: id)
        return stored.lastIndex { $0.isNamed(id, number: number) }.map { first + $0 }
    }

    package func row(sequence: Int) -> ExchangeRow? {
        guard let exchange = exchange(sequence) else { return nil }
        return ExchangeRow(
            sequence: sequence,
            summary: exchange.summary(names),
            told: exchange.told(names),
            isMarked: marked.contains(sequence)
        )
    }

    private func exchange(_ sequence: Int) -> StoredExchange? {
        stored.indices.contains(sequence - first) ? stored[sequence - first] : nil
    }

    /// When the oldest that is known came, in milliseconds since 1970.
    package var oldestUnixMilliseconds: Int64? { stored.first?.unixMilliseconds }
    package var isFull: Bool { stored.count >= capacity || bytes >= Self.mostBytes * 9 / 10 }

    /// In the order of the table, of the rows that are marked or, where none is, of all that pass: as the daemon told them.
    package var toExport: [ExchangeSummary] {
        let shown = lines.sequences(passing: passing)
        let wanted = marked.isEmpty ? shown : shown.filter(marked.contains)
        return wanted.compactMap { exchange($0)?.original(names) }
    }

    // MARK: What comes in

    /// Adds an exchange that ended now. One that is there already is left alone.
    package mutating func append(_ summary: ExchangeSummary) {
        let number = StoredExchange.number(of: summary.id)
        if stored.suffix(64).contains(where: { $0.isNamed(summary.id, number: number) }) { return }
        let sequence = first + stored.count
        let exchange = StoredExchange(summary, names: &names)
        stored.append(exchange)
        bytes += exchange.bytes
        received += 1
        if matcher.matches(exchange, names, isMarked: false) {
            passing.append(sequence)
            if exchange.workflow != nil { stepCount += 1 }
            if !order.isNatural {
                lines.insert(sequence, keys())
            } else if exchange.workflow == nil {
                lines.append(sequence)
            } else {
                arrange()
            }
        }
        // Dropped in steps, so that a full log does not move all rows for each new one.
        if stored.count > capacity + capacity / 20 || bytes > Self.mostBytes { trim() }
    }

    /// Takes over the daemon's list (newest first), keeping what it no longer has. Sequence numbers change unless all of it is
    /// newer.
    package mutating func merge(_ list: [ExchangeSummary]) {
        let fresh = unknown(list)
        guard !fresh.isEmpty else { return }
        received += fresh.count
        let ids = Set(marked.compactMap { exchange($0)?.id })
        let all = stored + fresh.reversed().map { StoredExchange($0, names: &names) }
        let merged = all.enumerated().sorted {
            ($0.element.unixMilliseconds, $0.offset) < ($1.element.unixMilliseconds, $1.offset)
        }
        first += stored.count
        keep(merged.suffix(capacity).map(\.element))
        marked = Set(stored.indices.filter { !ids.isEmpty && ids.contains(stored[$0].id) }.map { first + $0 })
        refilter()
    }

    /// Puts older ones (newest first) before what is known, as far as there is room. Sequence numbers stay.
    ///
    /// - Returns: How many were new.
    package mutating func prepend(_ older: [ExchangeSummary]) -> Int {
        let room = capacity - stored.count
        let fresh = unknown(older).prefix(max(0, room))
        guard !fresh.isEmpty else { return 0 }
        keep(fresh.reversed().map { StoredExchange($0, names: &names) } + stored)
        first -= fresh.count
        refilter()
        return fresh.count
    }

    private mutating func keep(_ exchanges: [StoredExchange]) {
        stored = exchanges
        bytes = exchanges.reduce(0) { $0 + $1.bytes }
    }

    private func unknown(_ list: [ExchangeSummary]) -> [ExchangeSummary] {
        let known = Set(stored.map(\.id))
        return list.filter { !known.contains($0.id) }
    }

    // MARK: What is shown

    package mutating func setFilter(_ filter: ExchangeFilter) {
        guard filter != self.filter else { return }
        self.filter = filter
        matcher = ExchangeMatcher(filter)
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

    /// Marks a row, or takes its mark away.
    package mutating func toggleMark(id: String) {
        guard let sequence = sequence(ofID: id) else { return }
        if marked.remove(sequence) == nil { marked.insert(sequence) }
        if filter.asksForMarks { refilter() }
    }

    package mutating func clearMarks() {
        marked = []
        if filter.asksForMarks { refilter() }
    }

    package func isMarked(_ sequence: Int) -> Bool { marked.contains(sequence) }

    private mutating func refilter() {
        passing = []
        passing.reserveCapacity(stored.count)
        stepCount = 0
        let hasMarks = !marked.isEmpty
        // By their places: taken out one by one, each would be a copy that is counted.
        for offset in stored.indices {
            let sequence = first + offset
            let isMarked = hasMarks && marked.contains(sequence)
            guard matcher.matches(stored[offset], names, isMarked: isMarked) else { continue }
            passing.append(sequence)
            if stored[offset].workflow != nil { stepCount += 1 }
        }
        arrange()
    }

    private mutating func keys() -> TableKeys {
        if order.column.hasNames, ranks.count != names.count { ranks = names.ranks() }
        return TableKeys(order: order, stored: stored, first: first, ranks: ranks)
    }

    /// Done where a step comes in or goes; any other request is one more line.
    private mutating func arrange() {
        guard order.isNatural else {
            return lines.rebuild(keys().sorted(passing), isByTime: false)
        }
        // Without steps each request is a line by itself, which is most people's every day.
        guard stepCount > 0 else { return lines.rebuild(passing, isByTime: true) }
        let log = self
        lines.rebuild(passing, isFiltered: !filter.isEmpty) {
            log.exchange($0)?.workflow
        } row: {
            log.row(sequence: $0)
        }
    }

    private mutating func trim() {
        let gone = max(stored.count - capacity, bytes > Self.mostBytes ? stored.count / 10 : 0)
        bytes -= stored.prefix(gone).reduce(0) { $0 + $1.bytes }
        stored.removeFirst(gone)
        first += gone
        let gonePassing = passing.firstIndex { $0 >= first } ?? passing.count
        passing.removeFirst(gonePassing)
        stepCount = passing.count { exchange($0)?.workflow != nil }
        marked = marked.filter { $0 >= first }
        arrange()
    }
}
