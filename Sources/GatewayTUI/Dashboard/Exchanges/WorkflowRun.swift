package import Shared

/// One run of a workflow as the table knows it: its steps, and what they come to together.
package struct WorkflowRun: Sendable {
    /// How the newest call of an op went.
    private struct Outcome: Sendable {
        var isFailed: Bool
        var status: Int
    }

    package let id: String
    package let workflow: String
    /// Sequence numbers of its steps, in the order in which they ended.
    package private(set) var steps: [Int] = []
    /// The ops of the workflow; nil where the daemon does not tell.
    package private(set) var opCount: Int?
    package private(set) var cost = USD.zero
    package private(set) var baseline = USD.zero
    package private(set) var saved = USD.zero
    /// The sum over the steps. Those that ran side by side are each counted; see ``wallMilliseconds``.
    package private(set) var latencyMilliseconds = 0.0
    package private(set) var tokens = 0
    package private(set) var cachedSteps = 0
    package private(set) var escalations = 0
    package private(set) var isSimulated = false
    package private(set) var hasEstimates = false
    package private(set) var project = ""
    /// When the newest step had been read, in milliseconds since 1970.
    package private(set) var newest = Int64.min
    private var outcomes: [String: Outcome] = [:]
    private var begun = Double.infinity
    private var ended = -Double.infinity

    package init(_ step: WorkflowStep) {
        id = step.runID
        workflow = step.workflow
    }

    package mutating func add(_ row: ExchangeRow, op: WorkflowStep) {
        let summary = row.summary
        steps.append(row.sequence)
        opCount = op.ops ?? opCount
        cost += summary.cost
        baseline += summary.baseline
        saved += summary.saved
        latencyMilliseconds += summary.latencyMilliseconds
        tokens = tokens &+ summary.usage.totalInput &+ summary.usage.output
        if summary.isCached { cachedSteps += 1 }
        escalations = escalations &+ summary.escalations
        isSimulated = isSimulated || summary.isSimulated
        hasEstimates = hasEstimates || summary.usageIsEstimated
        project = summary.project
        newest = max(newest, summary.unixMilliseconds)
        outcomes[op.op] = Outcome(isFailed: summary.isFailed, status: summary.status)
        begun = min(begun, Double(summary.unixMilliseconds))
        ended = max(ended, Double(summary.unixMilliseconds) + summary.latencyMilliseconds)
    }

    /// Ops that have an answer. One that was tried again counts once.
    package var answeredOps: Int { outcomes.values.count { !$0.isFailed } }

    /// The status of an op that has no answer; nil where all that were called have one.
    package var failedStatus: Int? { outcomes.values.filter(\.isFailed).map(\.status).max() }

    /// Every op has its answer; also where nobody says how many there are and none failed.
    package var isComplete: Bool { opCount.map { answeredOps >= $0 } ?? (failedStatus == nil) }

    /// From the beginning of the first step to the end of the last.
    package var wallMilliseconds: Double { max(0, ended - begun) }

    /// `4/5`, or `4` where nobody says how many there are.
    package var progress: String { opCount.map { "\(answeredOps)/\(max($0, answeredOps))" } ?? "\(answeredOps)" }

    /// As many digits of the id as tell runs apart at a glance.
    package var shortID: String { String(id.prefix(6)) }
}
