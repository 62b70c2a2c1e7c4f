import Shared
import Testing

@testable import GatewayCore

@Suite struct `A run of a workflow` {
    private func run(_ draft: WorkflowDraft, _ change: (inout WorkflowRun.Limits) -> Void = { _ in }) throws
        -> WorkflowRun
    {
        var limits = WorkflowRun.Limits()
        change(&limits)
        return WorkflowRun(try Workflow(draft, maxOps: 64), limits: limits)
    }

    private func free(_ start: WorkflowRun.Start) -> USD { .zero }

    private func failure(_ status: Int = 529, retryAfter: Int? = nil) -> StepOutcome {
        var failure = StepFailure(status: status, "no", mayPass: status != 400)
        failure.retryAfterMilliseconds = retryAfter
        return .failed(failure)
    }

    @Test(arguments: 0..<60)
    func `starts every op once, after its inputs, never more at once than may be`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...64, using: &random)
        let bound = Int.random(in: 1...6, using: &random)
        var draft = WorkflowDraft()
        for op in 0..<count {
            var made = WorkflowDraft.Op(name: "op\(op)", prompt: "Do it.")
            let wanted = op == 0 ? 0 : Int.random(in: 0...min(op, 3), using: &random)
            let inputs = Array(Array(0..<op).shuffled(using: &random).prefix(wanted))
            if !inputs.isEmpty { made.inputs = inputs.map { "op\($0)" } }
            draft.ops.append(made)
        }
        draft.startOps = draft.ops.filter { $0.inputs == nil }.map(\.name)
        let used = Set(draft.ops.flatMap { $0.inputs ?? [] })
        draft.endOps = draft.ops.map(\.name).filter { !used.contains($0) }
        var run = try run(draft) { $0.maxParallel = bound }

        var underWay: [Int] = []
        var started: [Int: Int] = [:]
        var done: Set<Int> = []
        while !run.isOver {
            for start in run.starts(mostCost: free) {
                started[start.op, default: 0] += 1
                #expect(run.workflow.steps[start.op].inputs.allSatisfy(done.contains))
                underWay.append(start.op)
            }
            #expect(underWay.count <= bound && underWay.count == run.running)
            // No op may wait while there is room and its inputs are there.
            let idle = run.states.indices.filter { run.states[$0] == .ready }
            #expect(idle.isEmpty || underWay.count == bound)
            try #require(!underWay.isEmpty)
            let op = underWay.remove(at: Int.random(in: underWay.indices, using: &random))
            #expect(run.ended(op, .answered(.text("\(op)")), jitter: 0) == .nothing)
            done.insert(op)
        }
        #expect(done.count == count && started.values.allSatisfy { $0 == 1 })
        #expect(run.calls == count && run.firstFailure == nil)
    }

    @Test(arguments: 0..<30)
    func `leaves nothing running and starts nothing more once it is cancelled`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var run = try run(.diamond())
        var underWay: [Int] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            underWay += run.starts(mostCost: free).map(\.op)
            guard let op = underWay.popLast() else { break }
            _ = run.ended(op, .answered(.text("x", cost: 5)), jitter: 0)
        }
        underWay += run.starts(mostCost: free).map(\.op)
        run.cancel()
        let before = run.spent.cost
        for (at, op) in underWay.enumerated() {
            #expect(!run.isOver)
            var left = WorkflowRun.left
            left.spending.cost = USD(nanodollars: 7)
            // One of them had been answered just before.
            let outcome = at == 0 ? StepOutcome.answered(.text("late", cost: 7)) : .failed(left)
            #expect(run.ended(op, outcome, jitter: 0) == .nothing)
            #expect(run.starts(mostCost: free).isEmpty)
        }
        #expect(run.isOver && run.running == 0)
        #expect(
            run.spent.cost == before + USD(nanodollars: Int64(underWay.count) * 7),
            "what was under way is paid for"
        )
        #expect(run.report(id: "r", name: "n").status == .cancelled)
    }

    @Test func `an op that fails stops what hangs on it, and the others finish`() throws {
        // a → b → d, a → c; d and c are ends.
        var run = try run(.of([("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b"])], ends: ["c", "d"]))
        _ = run.starts(mostCost: free)
        _ = run.ended(0, .answered(.text("A", cost: 1)), jitter: 0)
        #expect(run.starts(mostCost: free).map(\.op) == [1, 2])
        var no = StepFailure(status: 400, "HTTP 400: too hot")
        no.spending.cost = USD(nanodollars: 3)
        _ = run.ended(1, .failed(no), jitter: 0)
        #expect(!run.isOver, "c is under way")
        _ = run.ended(2, .answered(.text("C", cost: 10)), jitter: 0)
        #expect(run.isOver)
        let report = run.report(id: "r", name: "n")
        #expect(report.status == .failed && report.finalOutput == "C")
        #expect(report.outputs == ["a": "A", "c": "C"])
        #expect(report.errors == ["b": "HTTP 400: too hot", "d": "not run: its input b has no output"])
        #expect(report.costs == ["a": .init(nanodollars: 1), "b": .init(nanodollars: 3), "c": .init(nanodollars: 10)])
        #expect(report.totalCost == USD(nanodollars: 14) && report.calls == 3)
        #expect(run.firstFailure?.op == "b" && run.firstFailure?.failure.status == 400)
    }

    @Test func `joins the end ops' outputs in their order and tells of answers that were cut`() throws {
        var run = try run(.of([("a", []), ("b", [])], ends: ["b", "a"]))
        _ = run.starts(mostCost: free)
        var cut = StepAnswer.text("A")
        cut.stopReason = "max_tokens"
        _ = run.ended(0, .answered(cut), jitter: 0)
        _ = run.ended(1, .answered(.text("B")), jitter: 0)
        let report = run.report(id: "r", name: "n")
        #expect(report.finalOutput == "B\n\nA" && report.truncated == ["a"])
        #expect(report.status == .completed && report.errors == nil)
    }

    // MARK: Trying again

    @Test func `tries again what may pass, with rests that double, and gives up after its retries`() throws {
        var run = try run(.of([("a", [])], ends: ["a"]) { $0["a"].retries = 3 })
        var rests: [Int] = []
        for attempt in 1...3 {
            #expect(run.starts(mostCost: free).map(\.attempt) == [attempt])
            guard case .rest(let milliseconds) = run.ended(0, failure(), jitter: 1) else { break }
            rests.append(milliseconds)
            #expect(run.starts(mostCost: free).isEmpty && !run.isOver, "it rests")
            run.rested(0)
        }
        #expect(rests == [500, 1_000, 2_000])
        _ = run.starts(mostCost: free)
        #expect(run.ended(0, failure(), jitter: 0) == .nothing)
        #expect(run.isOver && run.calls == 4)
    }

    @Test(arguments: [(0.0, 250), (0.5, 375), (1.0, 500), (7.0, 500), (-1.0, 250)])
    func `jitters a rest between its half and its whole`(jitter: Double, expected: Int) throws {
        var run = try run(.of([("a", [])], ends: ["a"]))
        _ = run.starts(mostCost: free)
        #expect(run.ended(0, failure(), jitter: jitter) == .rest(milliseconds: expected))
    }

    @Test(arguments: [(2_000, 2_000), (100, 500), (60_000, 60_000)])
    func `rests as long as the provider asks for`(asked: Int, expected: Int) throws {
        var run = try run(.of([("a", [])], ends: ["a"]))
        _ = run.starts(mostCost: free)
        #expect(run.ended(0, failure(429, retryAfter: asked), jitter: 1) == .rest(milliseconds: expected))
    }

    @Test func `does not wait for a provider that wants to be left alone for long, nor for what will not pass`() throws
    {
        for outcome in [failure(429, retryAfter: 60_001), failure(400)] {
            var run = try run(.of([("a", [])], ends: ["a"]))
            _ = run.starts(mostCost: free)
            #expect(run.ended(0, outcome, jitter: 0) == .nothing)
            #expect(run.isOver)
        }
    }

    @Test func `gives the place of an op that rests to another`() throws {
        var run = try run(.of([("a", []), ("b", [])], ends: ["a", "b"])) { $0.maxParallel = 1 }
        #expect(run.starts(mostCost: free).map(\.op) == [0])
        _ = run.ended(0, failure(), jitter: 0)
        #expect(run.starts(mostCost: free).map(\.op) == [1])
        run.rested(0)
        #expect(run.starts(mostCost: free).isEmpty)
        _ = run.ended(1, .answered(.text("B")), jitter: 0)
        #expect(run.starts(mostCost: free).map(\.op) == [0])
    }

    // MARK: Bounds

    @Test func `makes no more calls than may be, those tried again counted`() throws {
        var run = try run(.of([("a", []), ("b", ["a"])], ends: ["b"])) { $0.maxCalls = 2 }
        _ = run.starts(mostCost: free)
        _ = run.ended(0, failure(), jitter: 0)
        run.rested(0)
        _ = run.starts(mostCost: free)
        _ = run.ended(0, .answered(.text("A")), jitter: 0)
        #expect(run.starts(mostCost: free).isEmpty)
        #expect(run.isOver && run.calls == 2)
        #expect(run.report(id: "r", name: "n").errors == ["b": "the run has made its 2 calls (workflows.max_calls)"])
    }

    @Test func `sets the most that a call may cost aside, and starts only what the rest allows`() throws {
        // Each may cost 40 of 100: two at once, the third waits for what they really cost.
        var run = try run(.of([("a", []), ("b", []), ("c", [])], ends: ["a", "b", "c"])) {
            $0.maxCost = USD(nanodollars: 100)
        }
        let forty = { (_: WorkflowRun.Start) in USD(nanodollars: 40) }
        #expect(run.starts(mostCost: forty).map(\.op) == [0, 1])
        #expect(run.starts(mostCost: forty).isEmpty && !run.isOver)
        // 20 spent and 40 set aside leave just 40.
        _ = run.ended(0, .answered(.text("A", cost: 20)), jitter: 0)
        #expect(run.starts(mostCost: forty).map(\.op) == [2])
        _ = run.ended(1, .answered(.text("B", cost: 40)), jitter: 0)
        _ = run.ended(2, .answered(.text("C", cost: 40)), jitter: 0)
        #expect(run.isOver && run.spent.cost == USD(nanodollars: 100))
    }

    @Test func `fails with what it has where the budget is used up`() throws {
        var run = try run(.of([("a", []), ("b", ["a"])], ends: ["b"])) { $0.maxCost = USD(nanodollars: 100) }
        let sixty = { (_: WorkflowRun.Start) in USD(nanodollars: 60) }
        _ = run.starts(mostCost: sixty)
        _ = run.ended(0, .answered(.text("A", cost: 41)), jitter: 0)
        #expect(run.starts(mostCost: sixty).isEmpty)
        #expect(run.isOver)
        let report = run.report(id: "r", name: "n")
        #expect(report.outputs == ["a": "A"] && report.status == .failed && report.finalOutput == nil)
        let said = "not started: it may cost $0.00000006, and $0.000000041 of the run's $0.0000001 are spent"
        let advice = "allow more, lower max_tokens, or give it a tier, as it may go to any"
        #expect(report.errors?["b"] == "\(said) (max_cost_usd); \(advice)")
        #expect(run.firstFailure?.failure.status == 400)
    }

    // MARK: Affinity

    private func tiered(_ tiers: [Tier?]) -> WorkflowDraft {
        let ops = tiers.indices.map { ("op\($0)", $0 > 0 ? ["op\($0 - 1)"] : []) }
        return .of(ops, ends: ["op\(tiers.count - 1)"]) { draft in
            for (at, tier) in tiers.enumerated() { draft["op\(at)"].tier = tier }
        }
    }

    @Test func `sends ops of one tier to the backend that served it first`() throws {
        var run = try run(tiered([.fast, .balanced, .fast, nil, .fast]))
        var sent: [String?] = []
        for (op, backend) in ["one", "two", "one", "other", "one"].enumerated() {
            sent += run.starts(mostCost: free).map(\.backend)
            let tier: Tier = op == 1 ? .balanced : .fast
            _ = run.ended(op, .answered(.text("x", tier: tier, backend: backend)), jitter: 0)
        }
        #expect(sent == [nil, nil, "one", nil, "one"])
    }

    @Test func `does not hold on to a backend that failed, nor to one whose answer came from the cache`() throws {
        var run = try run(tiered([.fast, .fast, .fast, .fast]))
        _ = run.starts(mostCost: free)
        _ = run.ended(0, .answered(.text("x", tier: .fast, backend: "one", cache: "exact")), jitter: 0)
        #expect(run.starts(mostCost: free).map(\.backend) == [nil])
        _ = run.ended(1, .answered(.text("x", tier: .fast, backend: "one")), jitter: 0)
        #expect(run.starts(mostCost: free).map(\.backend) == ["one"])
        _ = run.ended(2, failure(), jitter: 0)
        run.rested(2)
        #expect(run.starts(mostCost: free).map(\.backend) == [nil])
        _ = run.ended(2, .answered(.text("x", tier: .fast, backend: "two")), jitter: 0)
        #expect(run.starts(mostCost: free).map(\.backend) == ["two"])
    }
}
