package import Shared

/// The workflows that can be run, the input that is being written, and the run that is watched.
package struct WorkflowsState: Sendable {
    package typealias Workflow = ControlProtocol.WorkflowsList.Workflow

    package enum Content: Sendable {
        case loading
        case loaded([Workflow])
        case failed(String)
    }

    package var content = Content.loading
    package var cursor = 0
    package var editor = LineEditor(multiline: true)
    package var isComposing = false
    package var watched: WatchedRun?
    /// The op whose output is shown; nil: the final output.
    package var shownOp: String?
    package var scroll = 0

    package init() {}

    package var list: [Workflow] {
        if case .loaded(let list) = content { return list }
        return []
    }

    package var selected: Workflow? {
        list.isEmpty ? nil : list[max(0, min(cursor, list.count - 1))]
    }

    package mutating func take(_ result: Result<ControlProtocol.WorkflowsList, JSONRPC.Failure>) {
        switch result {
        case .success(let list): content = .loaded(list.workflows.prefix(200).map(\.safeToShow))
        case .failure(let failure): content = .failed(failure.message)
        }
    }

    /// Shows the output of the next op that has one, then the final one again.
    package mutating func showNextOutput() {
        guard let run = watched else { return }
        let names = run.ops.filter { $0.output != nil }.map(\.name)
        let next = shownOp.flatMap { names.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        shownOp = next < names.count ? names[next] : nil
        scroll = 0
    }
}

/// A run of a workflow, as its events tell of it.
package struct WatchedRun: Sendable {
    package enum OpState: Sendable, Hashable {
        case waiting
        case running(attempt: Int)
        case resting(String)
        case done
        case failed(String)
    }

    package struct Op: Sendable {
        package var name: String
        package var state = OpState.waiting
        package var tier: Tier?
        package var model: String?
        package var cost: USD?
        package var cache: String?
        package var milliseconds: Int?
        package var output: String?
    }

    package enum Phase: Sendable, Hashable {
        /// Asked for, not accepted yet.
        case asked
        case running
        case ended(WorkflowReport.Status)
        case refused(String)
    }

    package var workflow: String
    package var id: String?
    package var phase = Phase.asked
    package var ops: [Op]
    package var startedAt: Int64
    package var report: WorkflowReport?
    /// It is to be cancelled as soon as it has an id.
    package var isCancelRequested = false

    package init(_ workflow: WorkflowsState.Workflow, at now: Int64) {
        self.workflow = workflow.name
        startedAt = now
        ops = workflow.ops.map { Op(name: $0.name, tier: $0.tier, model: $0.model) }
    }

    package var isRunning: Bool { phase == .asked || phase == .running }

    package mutating func take(_ event: WorkflowEvent) {
        guard event.id == id else { return }
        switch event.kind {
        case .workflowStart: break
        case .opStart: change(event.op) { $0.state = .running(attempt: event.attempt ?? 1) }
        case .opEnd:
            change(event.op) { op in
                op.state = .done
                op.output = event.output.map { PlainText.sanitized($0, keepNewlines: true) }
                op.model = event.model?.safeToShow(limit: 100) ?? op.model
                op.tier = event.tier ?? op.tier
                op.cost = event.cost
                op.cache = event.cache?.safeToShow(limit: 20)
                op.milliseconds = event.milliseconds
            }
        case .opError:
            let why = (event.error ?? "it failed").safeToShow(limit: 300)
            change(event.op) { $0.state = event.retryMilliseconds == nil ? .failed(why) : .resting(why) }
        case .workflowEnd:
            report = event.report
            report?.finalOutput = event.report?.finalOutput.map { PlainText.sanitized($0, keepNewlines: true) }
            phase = .ended(event.report?.status ?? .failed)
        }
    }

    private mutating func change(_ name: String?, _ change: (inout Op) -> Void) {
        guard let at = ops.firstIndex(where: { $0.name == name }) else { return }
        change(&ops[at])
    }
}

extension ControlProtocol.WorkflowsList.Workflow {
    fileprivate var safeToShow: Self {
        var safe = self
        safe.purpose = purpose?.safeToShow(limit: 300)
        safe.problem = problem?.safeToShow(limit: 500)
        return safe
    }
}
