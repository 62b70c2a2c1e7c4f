import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

/// The views of backends, savings, workflows and the log.
struct ViewsTests {
    private func open(_ view: DashboardView, _ columns: Int = 120, _ rows: Int = 40) -> Dashboard {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.alt(Character("\(view.rawValue)")))
        return dashboard
    }

    // MARK: Backends

    @Test func `A broken backend is told by glyph, word, rate and time, and its last error in the detail`() {
        var dashboard = open(.backends)
        _ = dashboard.update(.message(.snapshot(FakeFeed.troubled())))
        dashboard.press(.down, .down, .down)
        #expect(dashboard.selectedBackend?.name == "opus")
        let screen = dashboard.screen
        for text in ["✖ broken", "25%", "320 ms", "0+2", "open 8.0 s", "4 in a row", "HTTP 529", "at most 8"] {
            #expect(screen.contains(text), "\(text)")
        }
    }

    @Test func `A breaker is closed only after a yes, which names it`() {
        var dashboard = open(.backends)
        dashboard.press(.down, .character("x"))
        #expect(dashboard.screen.contains("Close the circuit breaker of haiku?"))
        #expect(dashboard.press(.enter).isEmpty, "Enter is no")
        dashboard.press(.character("x"))
        #expect(dashboard.press(.character("y")) == [.call(.reset(backend: "haiku"))])
        _ = dashboard.update(.message(.reset(backend: "haiku", .success(.init()))))
        #expect(dashboard.screen.contains("the breaker of haiku is closed"))
    }

    @Test func `The mark stays within the list`() {
        var dashboard = open(.backends)
        dashboard.press(.up, .up)
        #expect(dashboard.backendCursor == 0)
        for _ in 0..<9 { dashboard.press(.down) }
        #expect(dashboard.backendCursor == 3)
    }

    // MARK: Savings

    @Test func `The calculation adds up`() {
        let totals = MetricsSnapshot.Totals(
            cost: USD(nanodollars: 4_000_000_000),
            baseline: USD(nanodollars: 10_000_000_000),
            saved: USD(nanodollars: 6_000_000_000),
            overhead: OverheadCosts(
                classifier: USD(nanodollars: 30_000_000),
                shadow: USD(nanodollars: 20_000_000),
                judge: USD(nanodollars: 50_000_000)
            )
        )
        let lines = SavingsPanel.lines(totals)
        #expect(Self.left(lines) == totals.saved.nanodollars)
        #expect(lines.last?.amount == totals.saved)
        #expect(lines[1].amount.nanodollars == 3_900_000_000)
    }

    /// The first line less those between.
    private static func left(_ lines: [SavingsPanel.Line]) -> Int64 {
        lines.filter { $0.sign != 0 }.reduce(Int64(0)) { $0 + Int64($1.sign) * $1.amount.nanodollars }
    }

    @Test(arguments: 0..<50)
    func `The calculation adds up whatever was lost on what, in little room and in much`(seed: UInt64) {
        var feed = FakeFeed(seed: seed)
        func some() -> USD { USD(nanodollars: Int64(feed.random(2_000_000_000))) }
        var totals = MetricsSnapshot.Totals(baseline: some())
        totals.overhead = OverheadCosts(classifier: some(), shadow: some(), judge: some())
        totals.losses = SavingsLosses(escalation: some(), cacheChecks: some(), wrongHits: some())
        totals.cost = some() + totals.overhead.total + totals.losses.escalation + totals.losses.cacheChecks
        totals.saved = totals.baseline - totals.cost - totals.losses.wrongHits
        for isShort in [false, true] {
            let lines = SavingsPanel.lines(totals, isShort: isShort)
            #expect(Self.left(lines) == totals.saved.nanodollars)
            #expect(lines.last?.sign == 0 && lines.last?.amount == totals.saved)
        }
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 60)])
    func `The calculation is whole at every usual size, with what was thrown away and lost on the cache`(
        columns: Int,
        rows: Int
    ) {
        var dashboard = open(.savings, columns, rows)
        var feed = FakeFeed()
        var snapshot = feed.snapshot()
        snapshot.today.losses = SavingsLosses(
            escalation: USD(nanodollars: 110_000_000),
            cacheChecks: USD(nanodollars: 220_000_000),
            wrongHits: USD(nanodollars: 330_000_000)
        )
        _ = dashboard.update(.message(.snapshot(snapshot)))
        let texts =
            rows > 30
            ? [
                "thrown away and asked again", "~$0.110", "checking the semantic cache", "~$0.220", "wrong answers",
                "~$0.330",
            ]
            : ["thrown away, judging", "~$0.110", "checks, wrong answers", "~$0.550"]
        for text in texts + ["would have cost", "= saved"] { #expect(dashboard.screen.contains(text), "\(text)") }
    }

    @Test func `Opening it asks the books by day, g by project, and an answer to a former question is passed over`()
        throws
    {
        var dashboard = Dashboard.live(120, 40)
        let effects = dashboard.press(.alt("6"))
        guard case .call(.usage(let request))? = effects.last else {
            Issue.record("\(effects)")
            return
        }
        #expect(request.by == ["day"])
        #expect(request.sinceUnixMilliseconds % 86_400_000 == 0)
        let byProject = dashboard.press(.character("g"))
        guard case .call(.usage(let second))? = byProject.last else {
            Issue.record("\(byProject)")
            return
        }
        #expect(second.by == ["project"])
        let row = ControlProtocol.UsageReport.Row(
            names: ["2026-11-21"],
            totals: .init(requests: 1_234, cost: USD(nanodollars: 2_000_000_000))
        )
        _ = dashboard.update(.message(.usage(request, .success(.init(by: ["day"], rows: [row])))))
        #expect(!dashboard.screen.contains("2026-11-21"))
        let project = ControlProtocol.UsageReport.Row(names: ["acme"], totals: row.totals)
        _ = dashboard.update(.message(.usage(second, .success(.init(by: ["project"], rows: [project])))))
        for text in ["acme", "1,234", "~$2.00"] { #expect(dashboard.screen.contains(text), "\(text)") }
        // It is asked again by itself.
        let later = dashboard.advance(to: 20_000)
        #expect(later.contains { if case .call(.usage) = $0 { true } else { false } })
    }

    @Test func `Budgets stand with the fullest first, its share and both amounts`() {
        var dashboard = open(.savings, 80, 40)
        var snapshot = FakeFeed.troubled()
        func budget(_ scope: String, _ dollars: Int64) -> LimitsReport.Budget {
            .init(
                scope: scope,
                period: .day,
                limit: USD(nanodollars: 10_000_000_000),
                spent: USD(nanodollars: dollars * 1_000_000_000),
                reserved: .zero
            )
        }
        snapshot.limits = LimitsReport(budgets: [budget("all", 4), budget("project:labs", 9)])
        _ = dashboard.update(.message(.snapshot(snapshot)))
        let lines = dashboard.screen.split(separator: "\n")
        let labs = lines.firstIndex {
            $0.contains("labs a day") && $0.contains("90%") && $0.contains("~$9.00 of $10.00")
        }
        let all = lines.firstIndex { $0.contains("all projects a day") && $0.contains("40%") }
        #expect(labs != nil && all != nil && (labs ?? 0) < (all ?? 0))
    }

    @Test func `Books that are not kept are told`() {
        var dashboard = open(.savings)
        let failure = JSONRPC.Failure.notFound("exchanges are not kept on disk (storage.path)")
        let request = ControlProtocol.UsageRequest(by: ["day"], sinceUnixMilliseconds: 0)
        _ = dashboard.update(.message(.usage(request, .failure(failure))))
        #expect(dashboard.screen.contains("exchanges are not kept on disk"))
    }

    // MARK: Log

    @Test func `The log is asked for once, goes on by itself and is shown by level`() {
        var dashboard = Dashboard.live(80, 24)
        #expect(dashboard.press(.alt("8")) == [.call(.logTail)])
        #expect(dashboard.press(.alt("1"), .alt("8")).isEmpty)
        func line(_ level: String, _ text: String) -> ControlProtocol.LogLine {
            .init(unixMilliseconds: FakeFeed.start, level: level, text: text)
        }
        let tail = ControlProtocol.LogTail(lines: [line("debug", "small"), line("warning", "\u{1B}[31mlarge")])
        _ = dashboard.update(.message(.logTail(.success(tail))))
        _ = dashboard.update(.message(.logLine(line("error", "worst"))))
        #expect(dashboard.screen.contains("·[31mlarge") && dashboard.screen.contains("worst"))
        #expect(!dashboard.screen.contains("small"))
        dashboard.press(.character("L"), .character("L"), .character("L"))
        #expect(dashboard.log.level == "error")
        #expect(!dashboard.screen.contains("large") && dashboard.screen.contains("worst"))
        dashboard.press(.character("L"))
        #expect(dashboard.screen.contains("small"))
    }

    @Test func `Who reads older lines keeps them while new ones come`() {
        var dashboard = open(.log, 80, 24)
        for number in 0..<100 {
            let line = ControlProtocol.LogLine(unixMilliseconds: FakeFeed.start, level: "info", text: "line \(number).")
            _ = dashboard.update(.message(.logLine(line)))
        }
        #expect(dashboard.screen.contains("line 99."))
        dashboard.press(.pageUp)
        let before = dashboard.screen.split(separator: "\n").filter { $0.contains("line ") }
        #expect(!before.isEmpty && !dashboard.screen.contains("line 99."))
        let line = ControlProtocol.LogLine(unixMilliseconds: FakeFeed.start, level: "info", text: "line 100.")
        _ = dashboard.update(.message(.logLine(line)))
        #expect(dashboard.screen.split(separator: "\n").filter { $0.contains("line ") } == before)
        dashboard.press(.character("f"))
        #expect(dashboard.screen.contains("line 100."))
    }

    @Test func `A long line of the log is read to its end`() {
        var dashboard = open(.log, 80, 24)
        let words = (1...40).map { "word\($0)" }.joined(separator: " ")
        for number in 0..<30 {
            let text = number == 3 ? words : "line \(number)."
            let line = ControlProtocol.LogLine(unixMilliseconds: FakeFeed.start, level: "warning", text: text)
            _ = dashboard.update(.message(.logLine(line)))
        }
        #expect(dashboard.screen.contains("line 29.") && !dashboard.screen.contains("line 2."))
        for _ in 0..<30 { dashboard.press(.up) }
        #expect(dashboard.screen.contains("line 0.") && !dashboard.screen.contains("line 29."))
        for number in 1...40 { #expect(dashboard.screen.contains("word\(number)")) }
        // What goes on stands below its beginning.
        #expect(dashboard.screen.split(separator: "\n").contains { $0.contains("│                   word") })
        dashboard.press(.character("f"))
        #expect(dashboard.screen.contains("line 29."))
    }

    @Test func `After a new connection the log is asked for again`() {
        var dashboard = open(.log)
        _ = dashboard.update(.disconnected(reason: "gone", retryAt: 5_000))
        _ = dashboard.update(.connected)
        let welcome = ControlProtocol.Welcome(daemon: "llm-gateway/0.1.0", processID: 7, isDemo: true)
        #expect(dashboard.update(.message(.welcome(welcome))).contains(.call(.logTail)))
    }

    // MARK: Workflows

    private var review: WorkflowsState.Workflow {
        .init(
            name: "review",
            purpose: "Two readers and a judge",
            isBuiltIn: true,
            startOps: ["style", "bugs"],
            endOps: ["merge"],
            ops: [
                .init(name: "merge", tier: .premium, model: nil, inputs: ["style", "bugs"]),
                .init(name: "style", tier: .fast, model: nil, inputs: []),
                .init(name: "bugs", tier: nil, model: nil, inputs: ["style"]),
            ]
        )
    }

    private func withReview() -> Dashboard {
        var dashboard = open(.workflows)
        _ = dashboard.update(.message(.workflows(.success(.init(workflows: [review])))))
        return dashboard
    }

    @Test func `Ops stand in the order of the graph, indented by the longest way to them`() {
        #expect(WorkflowsPanel.depths(review) == [2, 0, 1])
        let lines = withReview().screen.split(separator: "\n")
        let places = ["style", "bugs", "merge"].map { name in lines.firstIndex { $0.contains("○") && $0.contains(name) }
        }
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted() && !places.contains(nil))
        #expect(lines.contains { $0.contains("← style, bugs") })
    }

    @Test func `A cycle, which no gateway lets pass, is drawn all the same`() {
        var circular = review
        circular.ops[1].inputs = ["merge"]
        var dashboard = open(.workflows)
        _ = dashboard.update(.message(.workflows(.success(.init(workflows: [circular])))))
        #expect(dashboard.screen.contains("style"))
    }

    @Test func `A run fills the graph and ends with its output and its cost`() {
        var dashboard = withReview()
        dashboard.press(.character("i"))
        dashboard.type("look at this q")
        let effects = dashboard.press(.enter)
        #expect(effects == [.call(.runWorkflow(.init(input: "look at this q", name: "review")))])
        #expect(dashboard.screen.contains("starting"))
        _ = dashboard.update(.message(.workflowAccepted(.success(.init(runID: "r1")))))
        var event = WorkflowEvent(.opStart, id: "r1", op: "style")
        _ = dashboard.update(.message(.workflowEvent(event)))
        #expect(dashboard.screen.contains("▶ style"))
        event = WorkflowEvent(.opEnd, id: "r1", op: "style")
        (event.output, event.model, event.milliseconds) = ("fine\u{1B}[2J", "claude-haiku-4-5", 1_200)
        event.cost = USD(nanodollars: 9_000_000)
        _ = dashboard.update(.message(.workflowEvent(event)))
        for text in ["● style", "1.2 s", "~$0.0090", "1 of 3", "fine·[2J"] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        event = WorkflowEvent(.opError, id: "r1", op: "bugs")
        event.error = "HTTP 529"
        _ = dashboard.update(.message(.workflowEvent(event)))
        #expect(dashboard.screen.contains("✖") && dashboard.screen.contains("HTTP 529"))
        // Another run's events are not this one's.
        event = WorkflowEvent(.opEnd, id: "other", op: "merge")
        _ = dashboard.update(.message(.workflowEvent(event)))
        #expect(dashboard.screen.contains("○     merge"))
        event = WorkflowEvent(.workflowEnd, id: "r1")
        event.report = WorkflowReport(
            id: "r1",
            workflow: "review",
            status: .completed,
            totalCost: USD(nanodollars: 12_000_000),
            totalMilliseconds: 2_500,
            finalOutput: "All is well."
        )
        _ = dashboard.update(.message(.workflowEvent(event)))
        for text in ["completed · 2.5 s · ~$0.0120", "final output", "All is well."] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        dashboard.press(.character("o"))
        #expect(dashboard.screen.contains("output of style"))
    }

    @Test func `A run is cancelled even where it has no number yet`() {
        var dashboard = withReview()
        dashboard.press(.character("i"))
        dashboard.type("go")
        dashboard.press(.enter)
        #expect(dashboard.press(.escape).isEmpty)
        let effects = dashboard.update(.message(.workflowAccepted(.success(.init(runID: "r1")))))
        #expect(effects == [.call(.cancelWorkflow(runID: "r1"))])
    }

    @Test func `Nothing is run without an input, twice, or while nobody answers`() {
        var dashboard = withReview()
        dashboard.press(.character("i"))
        #expect(dashboard.press(.enter).isEmpty)
        #expect(dashboard.screen.contains("write the input first"))
        dashboard.type("go")
        #expect(dashboard.press(.enter).count == 1)
        dashboard.press(.character("i"))
        dashboard.type("again")
        #expect(dashboard.press(.enter).isEmpty)
        #expect(dashboard.screen.contains("a run is under way"))
        _ = dashboard.update(.disconnected(reason: "gone", retryAt: 5_000))
        #expect(dashboard.workflows.watched?.isRunning == false)
        #expect(dashboard.press(.enter).isEmpty)
    }
}
