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
}

extension Dashboard {
    /// Sorts the table; what is selected stays so.
    mutating func sort(_ order: TableOrder) {
        let id = table.selectedRow(in: feed.log)?.summary.id
        changeLogs { $0.setOrder(order) }
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
