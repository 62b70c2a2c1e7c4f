import Shared

/// By what the table of requests is sorted.
package struct TableOrder: Sendable, Hashable {
    package enum Column: String, Sendable, Hashable, CaseIterable {
        /// The newest first, the steps of a workflow's run together.
        case time
        case model = "tier/model"
        case cache
        case latency = "ms"
        case cost
        case saved
        case tokens
        case score
        case project
        case status = "st"
        case prompt
    }

    package var column = Column.time
    /// The other way round: the smallest first, the oldest first.
    package var isReversed = false

    package init(_ column: Column = .time, isReversed: Bool = false) {
        self.column = column
        self.isReversed = isReversed
    }

    /// As it comes in.
    package var isNatural: Bool { column == .time && !isReversed }

    /// Whether one row stands above another. Rows that are alike are in the order of time, the newest first.
    func puts(_ first: ExchangeRow, above second: ExchangeRow) -> Bool {
        let order = compare(first.summary, second.summary)
        if order == 0 { return (first.sequence > second.sequence) != (column == .time && isReversed) }
        return (order < 0) != isReversed
    }

    /// Negative where the first stands above: numbers fall, texts rise.
    private func compare(_ first: ExchangeSummary, _ second: ExchangeSummary) -> Int {
        func falling<Value: Comparable>(_ a: Value, _ b: Value) -> Int { a == b ? 0 : a > b ? -1 : 1 }
        func rising<Value: Comparable>(_ a: Value, _ b: Value) -> Int { -falling(a, b) }
        switch column {
        case .time: return 0
        case .model:
            let tier = falling(first.tier.map { $0.rank } ?? -1, second.tier.map { $0.rank } ?? -1)
            return tier == 0 ? rising(first.model, second.model) : tier
        case .cache: return rising(first.isCached ? first.cache : "~", second.isCached ? second.cache : "~")
        case .latency: return falling(first.latencyMilliseconds, second.latencyMilliseconds)
        case .cost: return falling(first.cost, second.cost)
        case .saved: return falling(first.saved, second.saved)
        case .tokens:
            return falling(
                first.usage.totalInput &+ first.usage.output,
                second.usage.totalInput &+ second.usage.output
            )
        case .score: return falling(first.score ?? -1, second.score ?? -1)
        case .project: return rising(first.project, second.project)
        case .status:
            return falling(
                first.isFailed ? first.status + 1_000 : first.status,
                second.isFailed ? second.status + 1_000 : second.status
            )
        case .prompt: return rising(first.prompt, second.prompt)
        }
    }
}

extension Tier {
    fileprivate var rank: Int { Tier.allCases.firstIndex(of: self) ?? 0 }
}

extension Dashboard {
    /// Sorts the table; what is selected stays so.
    mutating func sort(_ order: TableOrder) {
        let id = table.selectedRow(in: feed.log)?.summary.id
        latest.log.setOrder(order)
        frozen?.feed.log.setOrder(order)
        if table.isFollowing { return }
        table.reselect(id: id, in: feed.log)
    }

    /// The next column that the table shows at this size.
    mutating func sortByNextColumn() {
        let shown = RequestTable.sortable(self, width: Layout(self).tableRows.width)
        let next = (shown.firstIndex(of: feed.log.order.column) ?? -1) + 1
        sort(TableOrder(shown.isEmpty ? .time : shown[next % shown.count]))
    }

    mutating func reverseOrder() {
        var order = feed.log.order
        order.isReversed.toggle()
        sort(order)
    }
}
