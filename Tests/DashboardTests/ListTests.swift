import Shared
import Testing

@testable import Dashboard

struct ListTests {
    private func row(_ change: (inout ExchangeSummary) -> Void) -> ExchangeSummary {
        var summary = ExchangeSummary(
            id: "77b0e410",
            unixMilliseconds: 0,
            requestedModel: "claude-opus-4-7",
            model: "claude-sonnet-4-6",
            backend: "sonnet",
            tier: .balanced,
            cache: "none",
            status: 200,
            latencyMilliseconds: 1_500,
            cost: USD(nanodollars: 9_000_000),
            prompt: "Refactor this Actor"
        )
        change(&summary)
        return summary
    }

    @Test(arguments: [
        "refactor", "refactor actor", "tier:b", "tier:balanced", "tier:2", "st:ok", "st:200", "st:2", "cache:miss",
        "model:opus", "model:sonnet", "ms>1000", "ms<2000", "cost>.001", "cost>$0.001", "cost<1", "!deadlock",
        "!tier:f refactor", "77b0", "REFACTOR", "", "!st:err",
    ])
    func `A filter that holds keeps the row`(text: String) {
        #expect(ExchangeFilter(text).matches(row { _ in }))
    }

    @Test(arguments: [
        "deadlock", "refactor deadlock", "tier:f", "st:err", "st:5", "cache:hit", "model:haiku", "ms>2000", "ms<1000",
        "cost>0.5", "cost<0.001", "!refactor", "!tier:b",
    ])
    func `A filter that does not hold drops the row`(text: String) {
        #expect(!ExchangeFilter(text).matches(row { _ in }))
    }

    @Test func `The steps of a workflow's run are told as such, and found as a group`() {
        func step(_ run: String, _ op: String) -> ExchangeSummary {
            row { $0.workflow = WorkflowStep(runID: run, workflow: "code-review", op: op) }
        }
        #expect(ExchangeFilter("wf:code-review").matches(step("3f2a77b0", "merge")))
        #expect(ExchangeFilter("wf:code-review/merge").matches(step("3f2a77b0", "merge")))
        #expect(ExchangeFilter("3f2a77b0").matches(step("3f2a77b0", "merge")))
        #expect(!ExchangeFilter("3f2a77b0").matches(step("9999", "merge")))
        #expect(!ExchangeFilter("wf:code-review").matches(row { _ in }))
    }

    @Test func `What cannot be understood is said and left out`() {
        let filter = ExchangeFilter("tier:x ms>fast refactor")
        #expect(filter.problem == "ms> wants a number")
        #expect(filter.terms.count == 1)
    }

    @Test func `A broken stream counts as failed though its status is 200`() {
        #expect(ExchangeFilter("st:err").matches(row { $0.error = "cut off" }))
    }

    @Test func `The selection stays on its exchange, and on its line, while new ones come in`() {
        var feed = FakeFeed(seed: 3)
        var dashboard = Dashboard.live(80, 24, exchanges: 500)
        dashboard.press(.down, .down, .down)
        let id = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id
        let line = dashboard.screen.split(separator: "\n").firstIndex { $0.contains("▶") }
        for _ in 0..<300 { _ = dashboard.update(.message(.completed(feed.summary(prompt: "later")))) }
        #expect(dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id == id)
        #expect(dashboard.screen.split(separator: "\n").firstIndex { $0.contains("▶") } == line)
        dashboard.press(.character("f"))
        #expect(dashboard.table.isFollowing)
        #expect(dashboard.screen.contains("later"))
    }

    @Test func `A reconnect brings the list again without doubles and without moving the selection`() {
        var feed = FakeFeed(seed: 5)
        let list = (0..<50).map { _ in feed.summary() }
        var dashboard = Dashboard.live(80, 24, exchanges: 0)
        _ = dashboard.update(.message(.exchanges(list.dropLast(10).reversed())))
        dashboard.press(.down, .down)
        let id = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id
        _ = dashboard.update(.message(.exchanges(list.reversed())))
        #expect(dashboard.feed.log.count == 50)
        #expect(dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id == id)
        #expect(dashboard.feed.log[0]?.summary.id == list.last?.id)
    }

    @Test func `Moving through the list never leaves it`() {
        var dashboard = Dashboard.live(80, 24, exchanges: 30)
        dashboard.press(.end)
        #expect(dashboard.table.selectedIndex(in: dashboard.feed.log) == 29)
        dashboard.press(.down, .pageDown)
        #expect(dashboard.table.selectedIndex(in: dashboard.feed.log) == 29)
        dashboard.press(.home)
        #expect(dashboard.table.isFollowing)
        dashboard.press(.up)
        #expect(dashboard.table.isFollowing)
    }

    @Test func `A filter typed narrows the table at once and Escape takes it back`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("/"))
        dashboard.type("sqrt")
        let count = dashboard.feed.log.count
        #expect(count > 0 && count < 60)
        #expect(dashboard.screen.contains("/sqrt"))
        #expect(dashboard.view().cursor != nil)
        dashboard.press(.enter)
        #expect(dashboard.screen.contains("/sqrt"))
        dashboard.press(.escape)
        #expect(dashboard.feed.log.count == 60)
        dashboard.press(.character("/"))
        dashboard.type("q")
        #expect(dashboard.screen.contains("/q"), "letters are text while a filter is typed")
    }
}

/// The table in other orders than that of time.
struct TableOrderTests {
    private func shown(_ log: ExchangeLog) -> [ExchangeRow] {
        (0..<log.lines.count).compactMap { index in
            guard case .exchange(let sequence)? = log.lines[index] else { return nil }
            return log.row(sequence: sequence)
        }
    }

    @Test(arguments: TableOrder.Column.allCases, [false, true])
    func `Rows that come in later stand where a sort of all puts them`(column: TableOrder.Column, isReversed: Bool) {
        var feed = FakeFeed(seed: 7)
        let order = TableOrder(column, isReversed: isReversed)
        var early = ExchangeLog()
        early.setOrder(order)
        var late = ExchangeLog()
        for _ in 0..<300 {
            let summary = feed.summary()
            early.append(summary)
            late.append(summary)
        }
        late.setOrder(order)
        #expect(shown(early).map(\.summary.id) == shown(late).map(\.summary.id))
        #expect(early.lines.count == 300)
    }

    @Test func `Dear ones come first, alike ones by time, and the other way round`() {
        var feed = FakeFeed()
        var log = ExchangeLog()
        for cost in [5, 9, 5, 1] {
            var summary = feed.summary()
            summary.cost = USD(nanodollars: Int64(cost))
            log.append(summary)
        }
        log.setOrder(TableOrder(.cost))
        #expect(shown(log).map(\.summary.cost.nanodollars) == [9, 5, 5, 1])
        #expect(shown(log).map(\.sequence) == [1, 2, 0, 3])
        log.setOrder(TableOrder(.cost, isReversed: true))
        #expect(shown(log).map(\.summary.cost.nanodollars) == [1, 5, 5, 9])
        log.setOrder(TableOrder(.time, isReversed: true))
        #expect(shown(log).map(\.sequence) == [0, 1, 2, 3])
    }

    @Test func `s goes through the columns that are shown, S turns round, a click on a caption sorts`() {
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("2"), .down, .down, .down)
        let selected = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id
        dashboard.press(.character("s"))
        #expect(dashboard.feed.log.order == TableOrder(.model))
        #expect(dashboard.screen.contains("tier/model▼"))
        #expect(dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id == selected)
        dashboard.press(.character("S"))
        #expect(dashboard.screen.contains("tier/model▲"))
        let layout = Layout(dashboard)
        let captions = dashboard.view().lines[layout.table.row + 1]
        let place = captions.firstIndex(of: "c").map { captions.distance(from: captions.startIndex, to: $0) } ?? 0
        _ = dashboard.update(.key(.click(row: layout.table.row + 1, column: place)))
        #expect(dashboard.feed.log.order == TableOrder(.cache))
        // Round again it is time's order, and the newest is followed as before.
        while dashboard.feed.log.order.column != .time { dashboard.press(.character("s")) }
        #expect(dashboard.feed.log.order.isNatural)
    }
}
