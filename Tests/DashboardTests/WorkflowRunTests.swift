import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

/// Two runs of one workflow among other requests.
struct WorkflowRunTests {
    static let first = "bc1279aa00000001"
    static let second = "77f0e1bb00000002"

    /// A step that took a second, cost $0.001 and saved $0.002; the next one begins half a second later.
    static func step(
        _ op: String,
        of run: String = first,
        number: Int,
        workflow: String = "code-review-panel",
        ops: Int? = 3,
        status: Int = 200,
        cache: String = "none",
        prompt: String = "Say what is wrong"
    ) -> ServerMessage {
        .completed(
            ExchangeSummary(
                id: "step\(number)\(run.prefix(4))\(op)",
                unixMilliseconds: FakeFeed.start + 100_000 + Int64(number) * 500,
                requestedModel: "auto",
                model: "claude-haiku-4-5",
                backend: "haiku",
                tier: .fast,
                cache: cache,
                status: status,
                latencyMilliseconds: 1_000,
                usage: TokenUsage(input: 90, output: 10),
                cost: USD(nanodollars: 1_000_000),
                saved: USD(nanodollars: 2_000_000),
                prompt: prompt,
                error: status >= 400 ? "overloaded" : nil,
                workflow: WorkflowStep(runID: run, workflow: workflow, op: op, ops: ops)
            )
        )
    }

    private func live(_ columns: Int, rows: Int = 40, _ messages: [ServerMessage]) -> Dashboard {
        var dashboard = Dashboard.live(columns, rows, exchanges: 3)
        dashboard.press(.character("2"))
        for message in messages { _ = dashboard.update(.message(message)) }
        return dashboard
    }

    private var done: [ServerMessage] {
        [
            Self.step("correctness", number: 0), Self.step("security", number: 1),
            Self.step("merge", number: 2, cache: "exact"),
        ]
    }

    private func lines(_ dashboard: Dashboard) -> [String] {
        dashboard.screen.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func line(_ dashboard: Dashboard, _ text: String) -> String? {
        lines(dashboard).first { $0.contains(text) }
    }

    @Test(arguments: [80, 120, 200]) func `A run is one line whose sums are those of its steps`(columns: Int) throws {
        let dashboard = live(columns, done)
        let head = try #require(line(dashboard, "code-review-panel"))
        // Three steps of 1,000 ms, $0.001 and $0.002; the first began at 0 ms and the last ended at 2,000.
        for text in ["▸", "3/3", "3000", "$0.0030", "bc1279", "1 hit", "ok"] {
            #expect(head.contains(text), "\(text) in \(head)")
        }
        if columns >= 120 {
            #expect(head.contains("workflow 3/3 steps") && head.contains("code-review-panel · 2.0 s"))
            #expect(head.contains(" 300 "), "tokens")
        }
        if columns >= 200 { #expect(head.contains("$0.0060"), "saved") }
        #expect(line(dashboard, "security") == nil, "what is done is folded")
        #expect(dashboard.feed.log.count == 6 && dashboard.feed.log.lines.count == 4)
    }

    @Test(arguments: [80, 120]) func `The steps of a run that goes on stand beneath it by their ops`(columns: Int)
        throws
    {
        let dashboard = live(columns, Array(done.prefix(2)))
        let all = lines(dashboard)
        let head = try #require(all.firstIndex { $0.contains("code-review-panel") })
        #expect(all[head].contains("▾") && all[head].contains("2/3") && all[head].contains("…"))
        #expect(all[head + 1].contains("├ correctness"))
        #expect(all[head + 2].contains("╰ security"))
        if columns >= 120 { #expect(all[head + 1].contains("├ correctness  Say what is wrong")) }
        #expect(!all[head + 3].contains("├") || all[head + 3].contains("╭"))
    }

    @Test func `Two runs at once are told apart and stay together`() {
        let dashboard = live(
            80,
            [
                Self.step("correctness", number: 0), Self.step("correctness", of: Self.second, number: 1),
                Self.step("security", number: 2), Self.step("security", of: Self.second, number: 3),
            ]
        )
        let log = dashboard.feed.log
        let shown = (0..<6).map { log.lines[$0] }
        #expect(shown[0] == .run(Self.second) && shown[3] == .run(Self.first), "the one with the newest step first")
        #expect(shown[1]?.name == .exchange(4) || log.lines.run(of: shown[1])?.id == Self.second)
        #expect(log.lines.run(of: shown[5])?.id == Self.first)
        #expect(line(dashboard, "77f0e1") != nil && line(dashboard, "bc1279") != nil)
    }

    @Test func `Enter on its head unfolds and folds a run, and the footer says so`() {
        var dashboard = live(120, done)
        dashboard.press(.down, .up)
        #expect(dashboard.table.isFollowing)
        #expect(dashboard.screen.contains("Enter fold/unfold"))
        dashboard.press(.enter)
        #expect(dashboard.screen.contains("├ security"))
        #expect(dashboard.table.selected == .run(Self.first))
        dashboard.press(.enter)
        #expect(!dashboard.screen.contains("├ security"))
        dashboard.press(.enter, .down, .down)
        #expect(dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.workflow?.op == "security")
        let before = lines(dashboard).firstIndex { $0.contains("code-review-panel") }
        dashboard.press(.character("w"))
        #expect(dashboard.table.selected == .run(Self.first), "the selection goes to the head of what was folded")
        #expect(lines(dashboard).firstIndex { $0.contains("▶") && $0.contains("code-review-panel") } == before)
    }

    @Test func `A run whose step is looked at stays open when it ends`() {
        var dashboard = live(80, Array(done.prefix(2)))
        dashboard.press(.down)
        let selected = dashboard.table.selected
        #expect(dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.workflow?.op == "correctness")
        _ = dashboard.update(.message(done[2]))
        #expect(dashboard.table.selected == selected)
        #expect(dashboard.screen.contains("╰ merge"))
        var other = live(80, Array(done.prefix(2)))
        _ = other.update(.message(done[2]))
        #expect(!other.screen.contains("merge"))
    }

    @Test func `The selection stays on its line of the screen while steps and requests come in`() {
        var feed = FakeFeed(seed: 3)
        var dashboard = live(80, rows: 24, [])
        for _ in 0..<40 { _ = dashboard.update(.message(.completed(feed.summary(prompt: "earlier")))) }
        dashboard.press(.down, .down, .down, .down)
        let id = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id
        let row = lines(dashboard).firstIndex { $0.contains("▶") }
        for number in 0..<60 {
            _ = dashboard.update(
                .message(Self.step("op\(number % 3)", of: number % 2 == 0 ? Self.first : Self.second, number: number))
            )
            _ = dashboard.update(.message(.completed(feed.summary(prompt: "later"))))
            #expect(dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id == id)
            #expect(lines(dashboard).firstIndex { $0.contains("▶") } == row)
        }
    }

    @Test func `A call that failed and came again is one step, one that stays failed is said`() throws {
        let failed = live(120, [Self.step("correctness", number: 0), Self.step("security", number: 1, status: 529)])
        let bad = try #require(line(failed, "code-review-panel"))
        #expect(bad.contains("1/3") && bad.contains("529") && bad.contains("▾"))
        let again = live(
            120,
            [Self.step("a", number: 0, ops: 1, status: 529), Self.step("a", number: 1, ops: 1)]
        )
        let good = try #require(line(again, "code-review-panel"))
        #expect(good.contains("1/1") && good.contains("$0.0020") && good.contains("ok"), "\(good)")
    }

    @Test func `A filter by workflow, op or run keeps the run, with the sums of what passes`() throws {
        for text in ["wf:code-review-panel", "bc1279", "bc1279aa00000001"] {
            var dashboard = live(80, done + [Self.step("x", of: Self.second, number: 9, workflow: "other", ops: 1)])
            dashboard.press(.character("/"))
            dashboard.type(text)
            #expect(dashboard.feed.log.count == 3 && dashboard.feed.log.lines.count == 4, "\(text)")
            #expect(dashboard.screen.contains("╰ merge"), "what was found does not hide")
        }
        var dashboard = live(120, done)
        dashboard.press(.character("/"))
        dashboard.type("wf:code-review-panel/sec")
        let head = try #require(line(dashboard, "▾"))
        #expect(head.contains("1/3") && head.contains("$0.0010"))
    }

    @Test func `The detail names workflow, op and run`() {
        var dashboard = live(120, Array(done.prefix(2)))
        dashboard.press(.down, .enter)
        guard let summary = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary else {
            Issue.record("no step is selected")
            return
        }
        _ = dashboard.update(.message(.detail(id: summary.id, .success(FakeFeed.detail(summary)))))
        #expect(dashboard.screen.contains("code-review-panel · op correctness · run bc1279aa00000001"))
        var head = live(120, done + [])
        var feed = FakeFeed(seed: 9)
        _ = head.update(.message(.completed(feed.summary(prompt: "newest"))))
        head.press(.enter, .down)
        #expect(head.screen.contains("run bc1279aa00000001 · code-review-panel"))
        #expect(head.screen.contains("2.0 s · sum of the steps 3.0 s"))
        #expect(head.screen.contains("$0.003   on premium"))
    }

    @Test(arguments: [80, 120]) func `Hostile names do nothing, and long ones leave the run's id`(columns: Int) throws {
        let name = "rev\u{1b}[31m\u{202e}iew" + String(repeating: "ö日", count: 60)
        let dashboard = live(
            columns,
            [Self.step("o\u{1b}[2Jp" + String(repeating: "x", count: 90), number: 0, workflow: name)]
        )
        #expect(!dashboard.screen.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" })
        let head = try #require(line(dashboard, "1/3"))
        #expect(head.contains("bc1279") && head.contains("…"))
        #expect(line(dashboard, "╰ o") != nil)
    }

    @Test func `Steps of a daemon that tells no number of ops are one run all the same`() throws {
        let dashboard = live(120, [Self.step("a", number: 0, ops: nil), Self.step("b", number: 1, ops: nil)])
        let head = try #require(line(dashboard, "code-review-panel"))
        #expect(head.contains("▸ workflow 2 steps"))
        let json = Array(#"{"run_id": "r", "workflow": "w", "op": "o"}"#.utf8)
        #expect(try JSONDecoder().decode(WorkflowStep.self, from: Data(json)).ops == nil)
    }
}
