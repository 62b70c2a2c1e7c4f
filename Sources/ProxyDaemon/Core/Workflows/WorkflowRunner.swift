package import Shared

/// Drives runs of workflows: makes the calls that ``WorkflowRun`` asks for, side by side, and tells it what came back.
package struct WorkflowRunner: Sendable {
    /// What is to be run.
    package struct Order: Sendable {
        package var workflow: Workflow
        /// `inline` for one without a name.
        package var name: String
        package var input: String
        /// The client's own bound; the configured one holds, too.
        package var maxCost: USD?

        package init(workflow: Workflow, name: String, input: String, maxCost: USD? = nil) {
            self.workflow = workflow
            self.name = name
            self.input = input
            self.maxCost = maxCost
        }
    }

    /// What became of a run.
    package struct Outcome: Sendable {
        package let report: WorkflowReport
        /// The first op in the order of the workflow that has no output, and why; nil where all have one.
        package let firstFailure: (op: String, failure: StepFailure)?
    }

    private let gateway: Gateway
    private let makeID: @Sendable () -> String
    private let random: @Sendable () -> Double

    /// `makeID` makes query ids, `random` numbers from 0 to 1.
    package init(
        gateway: Gateway,
        makeID: @escaping @Sendable () -> String,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.gateway = gateway
        self.makeID = makeID
        self.random = random
    }

    private enum Message: Sendable {
        case ended(op: Int, StepOutcome, milliseconds: Int)
        case rested(op: Int)
        /// Its answer has begun, on that backend; nil where its call has ended without.
        case began(op: Int, backend: String?)
    }

    /// Runs a workflow in the name of the client whose request it is; its id is the run's. `tell` is called with each event
    /// as it happens, one after the other. Cancelling the task cancels every call under way; what they cost is booked.
    package func run(
        _ order: Order,
        for request: ClientRequest,
        tell: @escaping @Sendable (WorkflowEvent) -> Void
    ) async -> Outcome {
        let began = gateway.clock.monotonicNanoseconds()
        var event = WorkflowEvent(.workflowStart, id: request.id)
        event.workflow = order.name
        event.ops = order.workflow.steps.map(\.name)
        tell(event)
        let run = await drive(order, request, tell)
        var report = run.report(id: request.id, name: order.name)
        report.totalMilliseconds = Int((gateway.clock.monotonicNanoseconds() - began) / 1_000_000)
        event = WorkflowEvent(.workflowEnd, id: request.id)
        event.report = report
        tell(event)
        return Outcome(report: report, firstFailure: run.firstFailure)
    }

    private func drive(
        _ order: Order,
        _ request: ClientRequest,
        _ tell: @escaping @Sendable (WorkflowEvent) -> Void
    ) async -> WorkflowRun {
        await withTaskGroup(of: Message.self) { group in
            let limits = limits(order, request)
            var run = WorkflowRun(order.workflow, limits: limits)
            var told = Set<Int>()
            let costs = StepCosts(gateway: gateway, request: request)
            while true {
                if Task.isCancelled, !run.isCancelled { run.cancel() }
                let sizes = StepSizes(gateway: gateway, order: order, run: run)
                let starts = run.starts(
                    mostCost: { start in
                        guard limits.maxCost != nil else { return .zero }
                        return costs.most(order.workflow.steps[start.op], promptBytes: sizes.bytes(start.op))
                    },
                    isKept: { sizes.isKept($0, parts: $1) }
                )
                for start in starts {
                    var event = WorkflowEvent(.opStart, id: request.id, op: order.workflow.steps[start.op].name)
                    event.attempt = start.attempt
                    tell(event)
                    let begun = AsyncStream<String>.makeStream()
                    let call = call(start, order, request, sizes) { backend in
                        begun.continuation.yield(backend)
                        begun.continuation.finish()
                    }
                    group.addTask {
                        defer { begun.continuation.finish() }
                        return await perform(call, start.op)
                    }
                    guard start.leads else { continue }
                    group.addTask {
                        var backend: String?
                        for await name in begun.stream { backend = name }
                        return .began(op: start.op, backend: backend)
                    }
                }
                // Those that will not run are told of as soon as that is known.
                for op in run.states.indices {
                    guard case .failed(let failure) = run.states[op], told.insert(op).inserted else { continue }
                    var event = WorkflowEvent(.opError, id: request.id, op: order.workflow.steps[op].name)
                    event.error = failure.message
                    event.cost = run.costs[op]
                    tell(event)
                }
                guard !run.isOver, let message = await group.next() else { return run }
                switch message {
                case .rested(let op): run.rested(op)
                case .began(let op, let backend?): run.began(op, on: backend)
                case .began: break
                case .ended(let op, let outcome, let milliseconds):
                    if Task.isCancelled, !run.isCancelled { run.cancel() }
                    let next = run.ended(op, outcome, jitter: random())
                    if let event = event(op, outcome, next, milliseconds, order, request.id) { tell(event) }
                    guard case .rest(let rest) = next else { continue }
                    let clock = gateway.clock
                    group.addTask {
                        await clock.sleep(rest)
                        return .rested(op: op)
                    }
                }
            }
        }
    }

    private func limits(_ order: Order, _ request: ClientRequest) -> WorkflowRun.Limits {
        let settings = gateway.settings.workflows
        var limits = WorkflowRun.Limits()
        limits.maxParallel = settings.maxParallel
        limits.maxCalls = settings.maxCalls
        limits.maxCost = [settings.maxCost, order.maxCost].compactMap(\.self).min()
        // Waiting takes a stream, and of a stream only the beginning is judged: who asks for escalations wants all of it
        // judged.
        limits.waitsForCache = ["0", nil].contains(request.header("x-gateway-max-escalations"))
        return limits
    }

    // MARK: One call

    private func call(
        _ start: WorkflowRun.Start,
        _ order: Order,
        _ request: ClientRequest,
        _ sizes: StepSizes,
        whenBegun: @escaping @Sendable (String) -> Void
    ) -> WorkflowCall? {
        let step = order.workflow.steps[start.op]
        guard sizes.bytes(start.op) <= gateway.settings.server.maxBodyBytes else { return nil }
        return WorkflowCall(
            gateway: gateway,
            request: request,
            step: step,
            workflow: order.name,
            opCount: order.workflow.steps.count,
            prompt: sizes.blocks(start.op),
            start: start,
            id: makeID(),
            whenBegun: start.leads ? whenBegun : nil
        )
    }

    private func perform(_ call: WorkflowCall?, _ op: Int) async -> Message {
        guard let call else {
            let limit = gateway.settings.server.maxBodyBytes
            let text = "its prompt would be larger than \(limit) bytes (server.max_body_bytes)"
            return .ended(op: op, .failed(StepFailure(status: 400, text)), milliseconds: 0)
        }
        let seconds = call.step.op.timeoutSeconds ?? gateway.settings.workflows.opTimeoutSeconds
        let clock = gateway.clock
        let began = clock.monotonicNanoseconds()
        let outcome = await Deadline.run(milliseconds: seconds * 1_000, clock: clock) { await call.make() }
        let milliseconds = Int((clock.monotonicNanoseconds() - began) / 1_000_000)
        if case .answered? = outcome.value, let value = outcome.value {
            return .ended(op: op, value, milliseconds: milliseconds)
        }
        var failure = StepFailure(status: 502, "the call ended without an answer")
        if case .failed(let own)? = outcome.value { failure = own }
        if Task.isCancelled {
            failure.status = WorkflowRun.left.status
            failure.message = WorkflowRun.left.message
            failure.mayPass = false
        } else if outcome.isLate {
            failure.status = 504
            failure.message = "no answer within \(seconds) s (the op's timeout_sec, or workflows.op_timeout_sec)"
            failure.mayPass = true
        }
        return .ended(op: op, .failed(failure), milliseconds: milliseconds)
    }

    /// What there is to tell of a call. A failure for good is told of with all that it takes along.
    private func event(
        _ op: Int,
        _ outcome: StepOutcome,
        _ next: WorkflowRun.Next,
        _ milliseconds: Int,
        _ order: Order,
        _ id: String
    ) -> WorkflowEvent? {
        let name = order.workflow.steps[op].name
        switch (outcome, next) {
        case (.answered(let answer), _):
            var event = WorkflowEvent(.opEnd, id: id, op: name)
            event.output = answer.text
            event.model = answer.model
            event.tier = answer.tier
            event.cost = answer.spending.cost
            event.cache = answer.cache
            event.tokens = answer.spending.tokens
            event.stopReason = answer.stopReason
            event.milliseconds = milliseconds
            return event
        case (.failed(let failure), .rest(let rest)):
            var event = WorkflowEvent(.opError, id: id, op: name)
            event.error = failure.message
            event.cost = failure.spending.cost
            event.milliseconds = milliseconds
            event.retryMilliseconds = rest
            return event
        case (.failed, .nothing): return nil
        }
    }
}

extension WorkflowRun {
    /// What the run came to, but for the time that it took.
    func report(id: String, name: String) -> WorkflowReport {
        var report = WorkflowReport(id: id, workflow: name, status: isCancelled ? .cancelled : .completed)
        var errors: [String: String] = [:]
        var truncated: [String] = []
        for (op, step) in workflow.steps.enumerated() {
            if costs[op] > .zero { report.costs[step.name] = costs[op] }
            switch states[op] {
            case .done(let answer):
                report.outputs[step.name] = answer.text
                report.routing[step.name] = answer.model
                report.cache[step.name] = answer.cache
                report.costs[step.name] = costs[op]
                if answer.stopReason == "max_tokens" { truncated.append(step.name) }
            case .failed(let failure): errors[step.name] = failure.message
            case .waiting, .ready, .running, .resting: break
            }
        }
        if !errors.isEmpty {
            report.errors = errors
            if report.status == .completed { report.status = .failed }
        }
        if !truncated.isEmpty { report.truncated = truncated }
        let final = workflow.ends.compactMap { output($0) }
        if !final.isEmpty { report.finalOutput = final.joined(separator: "\n\n") }
        report.tokens = spent.tokens
        report.totalCost = spent.cost
        report.calls = calls
        return report
    }

    /// The first failure, in the order of the workflow; nil where nothing failed.
    package var firstFailure: (op: String, failure: StepFailure)? {
        for (op, step) in workflow.steps.enumerated() {
            if case .failed(let failure) = states[op] { return (step.name, failure) }
        }
        return nil
    }
}
