import Shared
import Testing

@testable import GatewayCore

@Suite struct `What the prompts of steps share` {
    private func workflow(_ draft: WorkflowDraft) throws -> Workflow { try Workflow(draft, maxOps: 64) }

    /// All of it on the fast tier.
    private func fast(_ ops: [(String, [String])], ends: [String], _ change: (inout WorkflowDraft) -> Void = { _ in })
        throws -> Workflow
    {
        try workflow(
            .of(ops, ends: ends) { draft in
                for (name, _) in ops { draft[name].tier = .fast }
                change(&draft)
            }
        )
    }

    @Test func `stands first, what was written earlier before what was written later`() throws {
        let workflow = try fast([("a", []), ("b", ["a"]), ("c", ["b", "a"])], ends: ["c"])
        #expect(workflow.steps[2].inputNames == ["a", "b"])
        let shared = SharedBeginnings(workflow)
        // a: input. b: input, a. c: input, a, b.
        #expect(shared.common(0, 1) == 1 && shared.common(0, 2) == 1)
        #expect(shared.common(1, 2) == 2 && shared.common(2, 1) == 2)
        #expect(shared.ends(0) == [1] && shared.ends(1) == [1, 2] && shared.ends(2) == [1, 2])
    }

    @Test func `is nothing across tiers, models, system prompts and skills, and for steps that are routed`() throws {
        let changes: [@Sendable (inout WorkflowDraft) -> Void] = [
            { $0["b"].tier = .balanced }, { $0["b"].system = "Be brief." }, { $0["b"].skill = "quick-fix" },
            {
                $0["b"].model = "haiku"; $0["b"].tier = nil
            },
            {
                $0["a"].tier = nil; $0["b"].tier = nil
            },
        ]
        for change in changes {
            let shared = SharedBeginnings(try fast([("a", []), ("b", [])], ends: ["a", "b"], change))
            #expect(shared.common(0, 1) == 0)
        }
        let named = try fast([("a", []), ("b", [])], ends: ["a", "b"]) { draft in
            for name in ["a", "b"] { draft[name].tier = nil; draft[name].model = "haiku" }
        }
        #expect(SharedBeginnings(named).common(0, 1) == 1)
    }

    @Test(arguments: [
        ("Read {{input}} and add.", "Read {{input}} and multiply.", 1),
        ("Read {{input}} and add.", "Count {{input}} and add.", 0),
        ("{{input}}{{input}} x", "{{input}}{{input}} y", 2),
        ("# Input\n\n{{input}}\n\nSum.", "No placeholder.", 1),
        ("Nothing put in.\\{{input}}", "Nothing put in.\\{{input}}", 1),
    ])
    func `goes as far as words and placeholders are the same`(first: String, second: String, parts: Int) throws {
        let workflow = try fast([("a", []), ("b", [])], ends: ["a", "b"]) { draft in
            draft["a"].prompt = first
            draft["b"].prompt = second
        }
        #expect(SharedBeginnings(workflow).common(0, 1) == parts)
    }

    @Test func `becomes a block of its own, unless that left one blank`() throws {
        func blocks(_ prompt: String, _ cuts: [Int], input: String) throws -> WorkflowPrompt.Blocks {
            let workflow = try fast([("a", [])], ends: ["a"]) { $0["a"].prompt = prompt }
            return WorkflowPrompt.blocks(of: workflow.steps[0], cutAfter: cuts, input: input) { _ in "" }
        }
        #expect(
            try blocks("Do it.", [1], input: "IN")
                == .init(texts: ["# Input\n\nIN", "\n\n# Task\n\nDo it."], parts: [1])
        )
        #expect(try blocks("{{input}}", [1], input: "IN") == .init(texts: ["IN"], parts: [1]))
        #expect(try blocks("{{input}} x", [1], input: " ") == .init(texts: ["  x"], parts: []))
        #expect(try blocks("x {{input}} {{input}}", [1], input: " ") == .init(texts: ["x    "], parts: []))
        #expect(try blocks("{{input}}", [], input: "") == .init(texts: [""], parts: []))
    }

    @Test(arguments: 0..<40)
    func `is cut into the same blocks in all who share it`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 2...12, using: &random)
        let ops = (0..<count).map { op in
            ("op\(op)", (0..<op).filter { _ in Int.random(in: 0...2, using: &random) == 0 }.map { "op\($0)" })
        }
        let used = Set(ops.flatMap(\.1))
        let workflow = try fast(ops, ends: ops.map(\.0).filter { !used.contains($0) }) { draft in
            for (name, inputs) in ops where Int.random(in: 0...3, using: &random) == 0 {
                draft[name].prompt = "X {{input}} " + inputs.map { "{{\($0)}}" }.joined() + " \(name)"
            }
        }
        let shared = SharedBeginnings(workflow)
        let all = workflow.steps.indices.map { op in
            WorkflowPrompt.blocks(of: workflow.steps[op], cutAfter: shared.ends(op), input: "IN") { "<\($0)>" }
        }
        for op in workflow.steps.indices {
            for other in workflow.steps.indices where other != op {
                let parts = shared.common(op, other)
                guard parts > 0 else { continue }
                let at = try #require(all[op].parts.firstIndex(of: parts))
                let there = try #require(all[other].parts.firstIndex(of: parts))
                #expect(all[op].texts[...at] == all[other].texts[...there])
            }
        }
    }
}

@Suite struct `Steps that share a long beginning` {
    /// Three side by side and one who merges them.
    private func run(_ change: (inout WorkflowRun.Limits) -> Void = { _ in }) throws -> WorkflowRun {
        let draft = WorkflowDraft.of([("a", []), ("b", []), ("c", []), ("d", ["a", "b", "c"])], ends: ["d"]) { draft in
            for name in ["a", "b", "c", "d"] { draft[name].tier = .fast }
        }
        var limits = WorkflowRun.Limits()
        change(&limits)
        return WorkflowRun(try Workflow(draft, maxOps: 64), limits: limits)
    }

    private func starts(_ run: inout WorkflowRun, kept: Bool = true) -> [WorkflowRun.Start] {
        run.starts(mostCost: { _ in .zero }, isKept: { _, _ in kept })
    }

    private let answer = StepOutcome.answered(.text("x", tier: .fast, backend: "haiku"))

    @Test func `start when the first one's answer has begun`() throws {
        var run = try run()
        #expect(starts(&run) == [.init(op: 0, attempt: 1, marks: [1], leads: true)])
        #expect(starts(&run).isEmpty)
        run.began(0, on: "haiku")
        #expect(
            starts(&run) == [
                .init(op: 1, attempt: 1, backend: "haiku", marks: [1]),
                .init(op: 2, attempt: 1, backend: "haiku", marks: [1]),
            ]
        )
        for op in 0..<3 { #expect(run.ended(op, answer, jitter: 0) == .nothing) }
        #expect(starts(&run) == [.init(op: 3, attempt: 1, backend: "haiku", marks: [1])])
    }

    @Test func `have another lead when the first one fails`() throws {
        var run = try run()
        _ = starts(&run)
        _ = run.ended(0, .failed(StepFailure(status: 400, "no")), jitter: 0)
        #expect(starts(&run) == [.init(op: 1, attempt: 1, marks: [1], leads: true)])
        // It is late to say so of one that is over.
        run.began(0, on: "haiku")
        #expect(starts(&run).isEmpty)
    }

    @Test func `are led anew where the first answer came out of the gateway's own cache`() throws {
        var run = try run()
        _ = starts(&run)
        _ = run.ended(0, .answered(.text("x", tier: .fast, cache: "exact")), jitter: 0)
        #expect(starts(&run) == [.init(op: 1, attempt: 1, marks: [1], leads: true)])
    }

    @Test func `start at once where nobody may wait, and one puts it into the cache for those who come later`() throws {
        var run = try run { $0.waitsForCache = false }
        #expect(starts(&run).map(\.marks) == [[1], [], []])
        for op in 0..<3 { _ = run.ended(op, answer, jitter: 0) }
        #expect(starts(&run).map(\.marks) == [[1]])
    }

    @Test func `start at once where no provider would keep it`() throws {
        var run = try run()
        #expect(starts(&run, kept: false).map(\.marks) == [[], [], []])
    }

    @Test func `mark nothing that nobody wants`() throws {
        // b needs the balanced tier, and a's sibling c is the only other one on the fast tier; it fails.
        let draft = WorkflowDraft.of([("a", []), ("b", ["a"]), ("c", ["a"])], ends: ["b", "c"]) { draft in
            for name in ["a", "c"] { draft[name].tier = .fast }
            draft["b"].tier = .balanced
        }
        var run = WorkflowRun(try Workflow(draft, maxOps: 64), limits: .init())
        #expect(starts(&run).map(\.marks) == [[1]])
        _ = run.ended(0, answer, jitter: 0)
        #expect(starts(&run).map(\.marks) == [[], [1]])
    }

    @Test func `have at most three marks`() throws {
        let ops = (0..<8).map { op in ("op\(op)", (0..<op).map { "op\($0)" }) }
        let draft = WorkflowDraft.of(ops, ends: ["op7"]) { draft in
            for (name, _) in ops { draft[name].tier = .fast }
        }
        var run = WorkflowRun(try Workflow(draft, maxOps: 64), limits: .init())
        var marks: [[Int]] = []
        for op in 0..<8 {
            marks += starts(&run).map(\.marks)
            _ = run.ended(op, answer, jitter: 0)
        }
        // Each is given all that was written before: input, op0, op1…
        #expect(marks == [[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7], [5, 6, 7]])
    }
}
