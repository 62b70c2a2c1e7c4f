import Shared

extension Layout {
    /// The table has what it needs, the detail of the marked one the rest; beside it where it is wide.
    mutating func placeBackends(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        let wanted = min(max(1, dashboard.sortedBackends.count), 40) + 3
        backends = rest.takeTop(room.height < 14 ? room.height : max(5, min(wanted, room.height - 9)))
        detail = rest
    }

    /// The calculation above the budgets and the sums of the books, with the curve beside it where there is room.
    mutating func placeSavings(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        var top = rest.takeTop(room.height < 14 ? 0 : SavingsPanel.height(room.height))
        savings = room.width < 130 ? top : top.takeLeft(room.width / 2)
        rate = room.width < 130 ? .empty : top
        let count = dashboard.feed.snapshot?.limits?.budgets.count ?? 0
        if count > 0, rest.height >= 12 { budgets = rest.takeTop(min(count, max(1, rest.height / 3 - 2)) + 2) }
        savingsTable = rest
    }

    /// List and graph above, then the input and the output; in little room only what matters at the moment.
    mutating func placeWorkflows(_ dashboard: Dashboard, _ room: Rect) {
        var rest = room
        let ops = dashboard.workflows.selected?.ops.count ?? 1
        var top = rest.takeTop(max(4, min(ops + 4, room.height * 2 / 5)))
        workflowList = top.takeLeft(room.width < 100 ? 26 : 36)
        workflowGraph = top
        workflowInput = rest.takeTop(rest.height < 9 ? 3 : rest.height < 20 ? 4 : 7)
        workflowOutput = rest
    }
}
