import Shared

/// What the views of backends, savings, workflows and the log do with keys and answers.
extension Dashboard {
    /// A view has been opened, or the connection is there again: asks for what it shows.
    mutating func enter() -> [Effect] {
        guard isLive else { return [] }
        switch currentView {
        case .savings: return askForSavings()
        case .workflows:
            if case .loaded = workflows.content { return [] }
            workflows.content = .loading
            return [.call(.workflows)]
        case .log:
            guard !log.isSubscribed else { return [] }
            log.isSubscribed = true
            return [.call(.logTail)]
        default: return []
        }
    }

    /// What time alone brings up: another report on savings, the long history.
    mutating func due() -> [Effect] {
        guard isLive else { return [] }
        var effects: [Effect] = []
        if currentView == .savings, let due = savings.due, due <= now.monotonicMilliseconds {
            effects += askForSavings()
        }
        if historyDue <= now.monotonicMilliseconds {
            if Self.windows[windowIndex] > Series.fineSeconds {
                effects += askForHistory()
            } else if !isHistorySettled {
                // A gateway that has just started may still have been reading its books.
                isHistorySettled = true
                effects += askForHistory()
            }
        }
        return effects
    }

    mutating func askForSavings() -> [Effect] {
        savings.due = nil
        return [.call(.usage(savings.request(now: now)))]
    }

    /// The last two hours to begin with, so that there is an hour to compare the last one with; the last day where the window is
    /// longer.
    mutating func askForHistory() -> [Effect] {
        let isLong = Self.windows[windowIndex] > Series.fineSeconds
        historyDue = now.monotonicMilliseconds + (isLong ? 60_000 : 10_000)
        return [
            .call(.history(isLong ? .init(seconds: 86_400, points: 1_440) : .init(seconds: 7_200, points: 720)))
        ]
    }

    mutating func take(_ result: Result<HistoryReport, JSONRPC.Failure>, _ request: ControlProtocol.HistoryRequest) {
        // An older gateway keeps no history: pictures then begin with what comes.
        guard case .success(let report) = result else { return }
        latest.history.take(report)
        frozen?.feed.history.take(report)
    }

    mutating func take(
        _ usage: Result<ControlProtocol.UsageReport, JSONRPC.Failure>,
        _ request: ControlProtocol.UsageRequest
    ) {
        savings.due = now.monotonicMilliseconds + SavingsState.refreshMilliseconds
        guard request.by == [savings.grouping.rawValue] else { return }
        switch usage {
        case .success(let report): savings.content = .loaded(report.rows)
        case .failure(let failure): savings.content = .failed(failure.message)
        }
    }

    /// Carries out what concerns these views.
    mutating func performInView(_ action: Action) -> [Effect] {
        switch action {
        case .moveBackend(let step):
            backendCursor = max(0, min(sortedBackends.count - 1, backendCursor + step))
        case .resetBackend: askToReset()
        case .answer(let isYes): return answerQuestion(isYes)
        case .nextGrouping:
            savings.nextGrouping()
            return isLive ? askForSavings() : []
        case .scrollSavings(let step): savings.scroll = max(0, savings.scroll + step)
        case .nextLevel: log.nextLevel()
        case .scrollLog(let step):
            let fitting = LogPanel.fitting(self, in: Layout(self).detail.interior)
            log.scroll(by: step * max(1, fitting - 1), visible: fitting)
        case .stepLog(let step):
            log.scroll(by: step, visible: LogPanel.fitting(self, in: Layout(self).detail.interior))
        case .followLog: log.follow()
        case .moveWorkflow, .composeWorkflow, .leaveWorkflow, .runWorkflow, .cancelRun, .nextOutput, .scrollOutput:
            return performInWorkflows(action)
        default: break
        }
        return []
    }

    private mutating func askToReset() {
        guard let backend = selectedBackend else { return }
        question = Question(
            text: "Close the circuit breaker of \(backend.name)?",
            consequence: "Calls go to it at once, and its failures are counted anew.",
            yes: .call(.reset(backend: backend.name))
        )
    }

    private mutating func performInWorkflows(_ action: Action) -> [Effect] {
        switch action {
        case .moveWorkflow(let step):
            workflows.cursor = max(0, min(workflows.list.count - 1, workflows.cursor + step))
        case .composeWorkflow: workflows.isComposing = true
        case .leaveWorkflow: workflows.isComposing = false
        case .runWorkflow: return runWorkflow()
        case .cancelRun:
            guard workflows.watched?.isRunning == true else {
                workflows.isComposing = false
                return []
            }
            workflows.watched?.isCancelRequested = true
            if let id = workflows.watched?.id { return [.call(.cancelWorkflow(runID: id))] }
        case .nextOutput: workflows.showNextOutput()
        case .scrollOutput(let step): workflows.scroll = max(0, workflows.scroll + step * 5)
        default: break
        }
        return []
    }

    private mutating func runWorkflow() -> [Effect] {
        guard let workflow = workflows.selected else { return [] }
        if let problem = workflow.problem {
            note("\(workflow.name.safeToShow(limit: 60)) cannot be run: \(problem)")
            return []
        }
        guard workflows.watched?.isRunning != true else {
            note("a run is under way; \(hint(.cancelRun, in: .workflows, "cancels it"))")
            return []
        }
        guard isLive else {
            note("not connected to the gateway")
            return []
        }
        guard !workflows.editor.characters.allSatisfy(\.isWhitespace) else {
            note("write the input first")
            return []
        }
        let input = workflows.editor.text
        _ = workflows.editor.submit()
        workflows.isComposing = false
        workflows.watched = WatchedRun(workflow, at: now.monotonicMilliseconds)
        workflows.shownOp = nil
        workflows.scroll = 0
        return [.call(.runWorkflow(.init(input: input, name: workflow.name)))]
    }

    mutating func accepted(run id: String) -> [Effect] {
        workflows.watched?.id = id
        workflows.watched?.phase = .running
        return workflows.watched?.isCancelRequested == true ? [.call(.cancelWorkflow(runID: id))] : []
    }

    /// The connection went: what was asked on it gets no answer.
    mutating func loseViews() {
        question = nil
        log.isSubscribed = false
        savings.due = nil
        if workflows.watched?.isRunning == true {
            workflows.watched?.phase = .refused("the connection was lost, and the run was cancelled with it")
        }
    }
}
