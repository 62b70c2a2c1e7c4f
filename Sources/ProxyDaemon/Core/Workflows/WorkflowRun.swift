package import Shared

/// A run of a workflow as a state machine: which ops may start, what came back, what must not start any more. Starts nothing
/// itself and knows no time: whoever drives it makes the calls and waits.
package struct WorkflowRun: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Calls under way at once.
        package var maxParallel = 4
        /// Calls of the whole run, those tried again counted.
        package var maxCalls = 128
        /// For the whole run; nil: no bound.
        package var maxCost: USD?
        /// Of ops that could start together with a long beginning in common, the others wait until the first one's answer
        /// begins and they find that beginning in the provider's prompt cache.
        package var waitsForCache = true

        package init() {}
    }

    /// Where an op stands.
    package enum State: Sendable, Equatable {
        /// For its inputs. Next: `ready`, `failed`.
        case waiting
        /// May start. Next: `running`, `failed`.
        case ready
        /// A call is under way, for which that much is set aside. Next: `done`, `resting`, `failed`.
        case running(reserved: USD)
        /// Until it is tried again. Next: `ready`, `failed`.
        case resting
        case done(StepAnswer)
        case failed(StepFailure)

        var isOver: Bool {
            switch self {
            case .done, .failed: true
            default: false
            }
        }
    }

    /// A call to be made.
    package struct Start: Sendable, Equatable {
        package var op: Int
        /// From 1.
        package var attempt: Int
        /// The backend that an earlier op of the same tier went to: its prompt cache knows how the prompt begins.
        package var backend: String?
        /// After how many parts of its prompt the provider's cache is to keep it: another op reads it from there later, or
        /// one has had it put there.
        package var marks: [Int] = []
        /// Others wait for its answer to begin; see ``began(_:on:)``.
        package var leads = false
    }

    /// What has to be done about a call that came back.
    package enum Next: Sendable, Equatable {
        case nothing
        /// Wait for so long, then call ``rested(_:)``.
        case rest(milliseconds: Int)
    }

    package let workflow: Workflow
    package let limits: Limits
    package private(set) var states: [State]
    package private(set) var calls = 0
    /// Paid so far.
    package private(set) var spent = StepSpending()
    /// By op, over all its calls.
    package private(set) var costs: [USD]
    package private(set) var isCancelled = false
    private var attempts: [Int]
    private var backends: [Tier: String] = [:]
    let beginnings: SharedBeginnings
    /// By op, of its last call.
    private var marks: [[Int]]
    /// Those under way whose answers others wait for, and those that have begun.
    private var leading: Set<Int> = []
    private var begun: Set<Int> = []

    /// The first rest; each further one is twice as long, up to the longest.
    private static let firstRestMilliseconds = 500
    private static let longestRestMilliseconds = 30_000
    /// Who wants to be left alone for longer is not asked again.
    package static let longestRetryAfterMilliseconds = 60_000

    package init(_ workflow: Workflow, limits: Limits) {
        self.workflow = workflow
        self.limits = limits
        states = workflow.steps.map { $0.inputs.isEmpty ? .ready : .waiting }
        costs = Array(repeating: .zero, count: workflow.steps.count)
        attempts = Array(repeating: 0, count: workflow.steps.count)
        marks = Array(repeating: [], count: workflow.steps.count)
        beginnings = SharedBeginnings(workflow)
    }

    /// Every op has its output or will never have one.
    package var isOver: Bool { states.allSatisfy(\.isOver) }

    package var running: Int { states.count { if case .running = $0 { true } else { false } } }

    /// The output of an op; nil where it has none.
    package func output(_ op: Int) -> String? {
        if case .done(let answer) = states[op] { answer.text } else { nil }
    }

    /// Takes the ops that may start now and counts them as under way. `mostCost` says what one call for an op may cost at
    /// most: nothing is started that could go over the budget. What must not start at all fails. `isKept` says whether the
    /// provider's prompt cache would keep what these parts of an op's prompt come to; asked only of ops that are ready.
    package mutating func starts(
        mostCost: (Start) -> USD,
        isKept: (_ op: Int, _ parts: Range<Int>) -> Bool = { _, _ in false }
    ) -> [Start] {
        var starts: [Start] = []
        guard !isCancelled else { return [] }
        for op in states.indices where states[op] == .ready {
            guard running < limits.maxParallel else { break }
            guard calls < limits.maxCalls else {
                let text = "the run has made its \(limits.maxCalls) calls (workflows.max_calls)"
                fail(op, StepFailure(status: 400, text))
                continue
            }
            let sharing = sharing(op, isKept)
            // Whoever it waits for is under way, and its answer begins or its call ends.
            if sharing.waits { continue }
            var start = Start(op: op, attempt: attempts[op] + 1, backend: affinity(op))
            start.marks = sharing.marks
            start.leads = sharing.leads
            let cost = mostCost(start)
            if let most = limits.maxCost, spent.cost + reserved + cost > most {
                // What is under way may come to less than was set aside for it.
                if running > 0 { continue }
                let written = workflow.steps[op].op
                let isRouted = written.tier == nil && written.model == nil
                let advice = isRouted ? "give it a tier, as it may go to any" : "give it a lower tier"
                let text = """
                    not started: it may cost $\(cost), and $\(spent.cost) of the run's $\(most) are spent (max_cost_usd); \
                    allow more, lower max_tokens, or \(advice)
                    """
                fail(op, StepFailure(status: 400, text))
                continue
            }
            states[op] = .running(reserved: cost)
            attempts[op] += 1
            calls += 1
            marks[op] = start.marks
            if start.leads { leading.insert(op) }
            starts.append(start)
        }
        return starts
    }

    /// The answer of an op that leads has begun: its prompt is in the cache of that backend's provider.
    package mutating func began(_ op: Int, on backend: String) {
        guard leading.remove(op) != nil else { return }
        begun.insert(op)
        if let tier = workflow.steps[op].op.tier, backends[tier] == nil { backends[tier] = backend }
    }

    /// A call has come back. `jitter` is a random number from 0 to 1, so that those who were refused together do not come
    /// back together.
    package mutating func ended(_ op: Int, _ outcome: StepOutcome, jitter: Double) -> Next {
        spent.cost += outcome.spending.cost
        spent.tokens += outcome.spending.tokens
        costs[op] += outcome.spending.cost
        leading.remove(op)
        begun.remove(op)
        switch outcome {
        case .answered(let answer):
            states[op] = .done(answer)
            if let tier = answer.tier, answer.cache == "none", backends[tier] == nil { backends[tier] = answer.backend }
            for next in workflow.steps[op].dependents where states[next] == .waiting {
                if workflow.steps[next].inputs.allSatisfy({ output($0) != nil }) { states[next] = .ready }
            }
            return .nothing
        case .failed(let failure):
            if let tier = workflow.steps[op].op.tier { backends[tier] = nil }
            guard !isCancelled, failure.mayPass, attempts[op] <= workflow.steps[op].op.retries,
                (failure.retryAfterMilliseconds ?? 0) <= Self.longestRetryAfterMilliseconds
            else {
                fail(op, failure)
                return .nothing
            }
            states[op] = .resting
            let doubled = Self.firstRestMilliseconds << min(attempts[op] - 1, 10)
            let rest = Double(min(doubled, Self.longestRestMilliseconds)) * (0.5 + min(max(jitter, 0), 1) / 2)
            return .rest(milliseconds: max(Int(rest), failure.retryAfterMilliseconds ?? 0))
        }
    }

    /// The rest before another try is over.
    package mutating func rested(_ op: Int) {
        if states[op] == .resting { states[op] = .ready }
    }

    /// Whoever asked has left: nothing starts any more. What is under way comes back through ``ended(_:_:jitter:)``.
    package mutating func cancel() {
        isCancelled = true
        for op in states.indices {
            switch states[op] {
            case .waiting, .ready, .resting: states[op] = .failed(Self.left)
            case .running, .done, .failed: break
            }
        }
    }

    static let left = StepFailure(status: 499, "the client left")

    private var reserved: USD {
        states.reduce(.zero) { if case .running(let cost) = $1 { $0 + cost } else { $0 } }
    }

    /// What an op that is ready has to do with the beginnings of others' prompts.
    private func sharing(
        _ op: Int,
        _ isKept: (Int, Range<Int>) -> Bool
    ) -> (marks: [Int], waits: Bool, leads: Bool) {
        var (warm, coming, beside) = (0, 0, 0)
        // By how many parts: what is there, what others under way put there, what others will want.
        var (read, written, wanted) = (Set<Int>(), Set<Int>(), Set<Int>())
        for other in states.indices {
            let parts = beginnings.common(op, other)
            guard parts > 0, isKept(op, 0..<parts) else { continue }
            switch states[other] {
            case .done(let answer):
                if answer.cache == "none", marks[other].contains(parts) {
                    read.insert(parts)
                    warm = max(warm, parts)
                }
            case .running:
                if begun.contains(other) {
                    read.insert(parts)
                    warm = max(warm, parts)
                } else if leading.contains(other) {
                    coming = max(coming, parts)
                } else if marks[other].contains(parts) {
                    written.insert(parts)
                }
            case .ready where limits.waitsForCache:
                beside = max(beside, parts)
                wanted.insert(parts)
            // Without a wait it starts at the same time, and reads nothing.
            case .ready, .failed: break
            case .waiting, .resting: wanted.insert(parts)
            }
        }
        let marked = read.union(wanted.subtracting(written)).sorted().suffix(SharedBlocks.most)
        return (
            marks: Array(marked),
            waits: coming > warm && isKept(op, warm..<coming),
            leads: beside > warm && isKept(op, warm..<beside)
        )
    }

    /// The first try goes where the op's tier was served before, further ones wherever the gateway thinks best.
    private func affinity(_ op: Int) -> String? {
        guard attempts[op] == 0, let tier = workflow.steps[op].op.tier else { return nil }
        return backends[tier]
    }

    private mutating func fail(_ op: Int, _ failure: StepFailure) {
        states[op] = .failed(failure)
        var waiting = workflow.steps[op].dependents.map { (op: $0, because: op) }
        while let (next, because) = waiting.popLast() {
            guard states[next] == .waiting else { continue }
            let text = "not run: its input \(workflow.steps[because].name) has no output"
            states[next] = .failed(StepFailure(status: failure.status, text))
            waiting += workflow.steps[next].dependents.map { (op: $0, because: next) }
        }
    }
}
