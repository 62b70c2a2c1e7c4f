import Shared

extension Dashboard {
    /// Takes an event in and says what is to be done.
    package mutating func update(_ event: Event) -> [Effect] {
        if case .tick(let moment) = event { return tick(moment) }
        revision &+= 1
        switch event {
        case .key(let key): return allowed(handle(key))
        case .resized(let columns, let rows):
            self.columns = columns
            self.rows = rows
        case .tick: break
        case .connected:
            connectedAt = now.monotonicMilliseconds
            link = .connecting
            return [.call(.hello)]
        case .disconnected(let reason, let retryAt):
            link = .lost(reason: reason, retryAt: retryAt)
            connectionLost()
        case .message(let message): return receive(message)
        case .daemonStart(let start): daemonStart = start
        case .clip(let outcome): tell(outcome)
        case .prompts(let answer): take(answer)
        case .mouse(let isOn): note(isOn ? "mouse on" : "mouse off: the terminal selects text again")
        }
        return []
    }

    private mutating func tick(_ moment: Moment) -> [Effect] {
        // A whole second, a streaming clock or a notice that goes are all that time alone can change.
        if moment.unixMilliseconds / 1000 != now.unixMilliseconds / 1000 || tester.isAnswering { revision &+= 1 }
        now = moment
        if let notice, notice.until <= moment.monotonicMilliseconds {
            self.notice = nil
            revision &+= 1
        }
        if let due = tester.routeDue, due <= moment.monotonicMilliseconds {
            tester.routeDue = nil
            if isLive, !tester.isBlank, tester.request != tester.routedRequest {
                tester.askedRequest = tester.request
                return [.call(.explain(tester.request))] + self.due()
            }
        }
        return self.due()
    }

    private mutating func connectionLost() {
        olderPages = .unasked
        loseFlush()
        loseViews()
        loseComparison()
        if picker?.kind == .skill, picker?.content == .loading {
            picker?.content = .failed("not connected to the gateway")
        }
        if tester.phase.isRunning {
            tester.reply.fail("the connection was lost; the answer may be incomplete", at: now.monotonicMilliseconds)
        }
        if case .loading = detail?.content { detail?.content = .failed("not connected to the gateway") }
    }

    private mutating func receive(_ message: ServerMessage) -> [Effect] {
        switch message {
        case .welcome(let welcome): return greet(welcome)
        case .status(let status): self.status = status
        case .subscribed, .cancelled: break
        case .exchanges(let list): merge(list)
        case .older(let list): takeOlder(list)
        case .snapshot(let snapshot):
            snapshotAt = now.monotonicMilliseconds
            let safe = snapshot.safeToShow
            latest.snapshot = safe
            latest.history.append(safe)
        case .completed(let summary):
            latest.log.append(summary)
            return refreshDetail()
        case .detail(let id, let result): show(result, for: id)
        case .route(let request, let result):
            if let effects = takeEstimate(result, request) { return effects }
            show(result, for: request)
        case .accepted(let sendID): return tester.reply.accept(sendID)
        case .compared(let request, let result): return accepted(request, result)
        case .delta(let delta): add(delta)
        case .promptCompleted(let completed): finish(completed)
        case .skills(let result): show(result)
        case .flushed(let result): finishFlush(result)
        case .history(let request, let result): take(result, request)
        case .usage(let request, let result): take(result, request)
        case .logTail(.success(let tail)): log.take(tail.lines)
        case .logTail(.failure(let failure)): log.problem = failure.message
        case .logLine(let line): log.append(line)
        case .workflows(let result): workflows.take(result)
        case .workflowAccepted(.success(let accepted)): return self.accepted(run: accepted.runID)
        case .workflowAccepted(.failure(let failure)): workflows.watched?.phase = .refused(failure.message)
        case .workflowEvent(let event): workflows.watched?.take(event)
        case .reset(let backend, .success): note("the breaker of \(backend.safeToShow(limit: 60)) is closed")
        case .reset(_, .failure(let failure)): note("nothing was changed: \(failure.message)")
        case .failed(let method, let failure): fail(method, failure)
        case .unreadable(let what): note("the gateway sent something unreadable: \(what.safeToShow(limit: 200))")
        }
        return []
    }

    private mutating func greet(_ welcome: ControlProtocol.Welcome) -> [Effect] {
        guard welcome.protocolVersion == ControlProtocol.version else {
            link = .refused(
                "The gateway (\(welcome.daemon.safeToShow(limit: 60))) speaks control protocol "
                    + "\(welcome.protocolVersion), this gateway-tui speaks \(ControlProtocol.version). "
                    + "Update the older of the two."
            )
            return []
        }
        self.welcome = welcome
        link = .live
        daemonStart = nil
        isHistorySettled = false
        tester.routedRequest = nil
        tester.routeDue = tester.isBlank ? nil : now.monotonicMilliseconds
        return [.call(.status), .call(.list(limit: Self.listLimit)), .call(.subscribe)] + askForHistory() + enter()
    }

    private mutating func merge(_ list: [ExchangeSummary]) {
        let selectedID = table.isFollowing ? nil : table.selectedRow(in: latest.log)?.summary.id
        latest.log.merge(list)
        if frozen == nil { table.reselect(id: selectedID, in: latest.log) }
    }

    /// While the newest is followed, an open detail pane follows it too.
    private mutating func refreshDetail() -> [Effect] {
        guard detail != nil, !isPaused, table.isFollowing else { return [] }
        return fetchDetailOfSelection()
    }

    /// Asks for the detail of the selected row unless it is there already.
    mutating func fetchDetailOfSelection() -> [Effect] {
        let isZoomed = detail?.isZoomed ?? false
        if case .run(let id)? = table.selectedLine(in: feed.log) {
            if detail?.id != id { detail = Detail(id: id, content: .run, isZoomed: isZoomed) }
            return []
        }
        guard let row = table.selectedRow(in: feed.log) else {
            detail = nil
            return []
        }
        if let detail, detail.id == row.summary.id {
            guard case .failed = detail.content else { return [] }
        }
        guard isLive else {
            detail = Detail(id: row.summary.id, content: .failed("not connected to the gateway"), isZoomed: isZoomed)
            return []
        }
        detail = Detail(id: row.summary.id, content: .loading, isZoomed: isZoomed)
        return [.call(.get(id: row.summary.id))]
    }

    private mutating func show(_ result: Result<ExchangeDetail, JSONRPC.Failure>, for id: String) {
        guard detail?.id == id else { return }
        switch result {
        case .success(let loaded): detail?.content = .loaded(loaded.safeToShow)
        case .failure(let failure): detail?.content = .failed(failure.message)
        }
    }

    private mutating func show(
        _ result: Result<DecisionExplanation, JSONRPC.Failure>,
        for request: ControlProtocol.PromptRequest
    ) {
        if request == tester.sent, tester.sentRoute == nil, case .success(let route) = result {
            tester.sentRoute = route.safeToShow
        }
        // An answer about a text that has changed since is of no use.
        guard request == tester.request else { return }
        tester.routedRequest = request
        switch result {
        case .success(let route):
            tester.route = route.safeToShow
            tester.routeProblem = nil
        case .failure(let failure):
            tester.route = nil
            tester.routeProblem = failure.message
        }
    }

    private mutating func add(_ delta: ControlProtocol.PromptDelta) {
        let now = now.monotonicMilliseconds
        if tester.reply.sendID == delta.sendID {
            tester.reply.add(delta.text, at: now)
        } else if let place = column(of: delta.sendID) {
            tester.comparison?.columns[place].answer.add(delta.text, at: now)
        }
    }

    private mutating func finish(_ completed: ControlProtocol.PromptCompleted) {
        let now = now.monotonicMilliseconds
        if tester.reply.sendID == completed.sendID {
            tester.reply.end(completed, at: now)
        } else if let place = column(of: completed.sendID) {
            tester.comparison?.columns[place].answer.end(completed, at: now)
        }
    }

    private mutating func fail(_ method: ControlProtocol.Method, _ failure: JSONRPC.Failure) {
        switch method {
        case .hello: link = .refused("The gateway refused the connection: \(failure.message)")
        case .promptSend: tester.reply.fail(failure.message, at: now.monotonicMilliseconds)
        case .promptCancel: note("cancel failed: \(failure.message)")
        case .exchangesList:
            olderPages = .unasked
            note("\(method.rawValue) failed: \(failure.message)")
        default: note("\(method.rawValue) failed: \(failure.message)")
        }
    }
}
