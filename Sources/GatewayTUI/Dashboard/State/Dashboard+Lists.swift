import Shared

extension Dashboard {
    /// Carries out what concerns the request table and its detail pane.
    mutating func performInList(_ action: Action) -> [Effect] {
        let visible = Layout(self).tableRows.height
        let wasAtEnd = table.selectedIndex(in: feed.log) >= feed.log.lines.count - 1
        switch action {
        case .move(let delta): table.move(by: delta, in: feed.log, visible: visible)
        case .movePage(let pages): table.move(by: pages * max(1, visible - 1), in: feed.log, visible: visible)
        case .moveFirst, .follow: table.follow()
        case .moveLast: table.move(by: feed.log.lines.count, in: feed.log, visible: visible)
        case .open: return open()
        case .fold: fold()
        case .back:
            back()
            return []
        case .filter:
            filterEditor = LineEditor(text: feed.log.filter.text)
            return []
        case .pause:
            togglePause()
            return []
        case .scrollDetail(let pages): scrollDetail(pages)
        case .sort: sortByNextColumn()
        case .reverseOrder: reverseOrder()
        case .toggleMark: toggleMark()
        case .clearMarks:
            changeLogs { $0.clearMarks() }
            note("no request is marked any more")
        case .nextMark(let step): selectNextMark(step)
        case .zoom: detail?.isZoomed.toggle()
        default: return []
        }
        keepOpen()
        return (detail == nil ? [] : fetchDetailOfSelection()) + (wasAtEnd ? older(after: action) : [])
    }

    /// Folds or unfolds the run that is selected, or whose step is.
    private mutating func fold() {
        guard let run = table.selectedRun(in: feed.log)?.id else { return }
        if table.isFollowing { table.select(0, atRow: 0, in: feed.log) }
        table.selectHead(of: run, in: feed.log)
        setFolded(run, !feed.log.lines.isFolded(run))
    }

    private mutating func setFolded(_ run: String, _ isFolded: Bool) { changeLogs { $0.fold(run, isFolded) } }

    /// What a person does to the table holds for the picture that is paused as well.
    mutating func changeLogs(_ change: (inout ExchangeLog) -> Void) {
        change(&latest.log)
        guard var paused = frozen else { return }
        // Put aside, so that the log is not copied.
        frozen = nil
        change(&paused.feed.log)
        frozen = paused
    }

    /// A run whose step is looked at does not fold by itself when it ends.
    mutating func keepOpen() {
        guard !table.isFollowing, case .step? = table.selectedLine(in: feed.log),
            let run = table.selectedRun(in: feed.log)?.id
        else { return }
        setFolded(run, false)
    }

    private mutating func open() -> [Effect] {
        if case .run? = table.selectedLine(in: feed.log) { return performInList(.fold) }
        guard let row = table.selectedRow(in: feed.log) else { return [] }
        // The row that was looked at stays, however many come in.
        if table.isFollowing { table.select(0, atRow: 0, in: feed.log) }
        if currentView != .requests {
            let from = currentView
            show(.requests)
            viewBeforeDetail = from
        }
        if detail?.id == row.summary.id { return [] }
        return fetchDetailOfSelection()
    }

    private mutating func back() {
        if detail != nil, currentView == .requests {
            detail = nil
            if let view = viewBeforeDetail { show(view) }
        } else if !feed.log.filter.text.isEmpty {
            setFilter("")
        } else {
            table.follow()
        }
    }

    private mutating func togglePause() {
        guard frozen != nil else {
            frozen = (latest, now)
            return
        }
        let id = table.selectedRow(in: feed.log)?.summary.id
        frozen = nil
        table.reselect(id: id, in: latest.log)
    }

    private mutating func scrollDetail(_ pages: Int) {
        let layout = Layout(self)
        let height = layout.detail.interior.height
        let lines = DetailPane.lines(of: self, width: layout.detail.interior.width).count
        let step = pages * max(1, height - 2)
        let scroll = max(0, min(lines - height, (detail?.scroll ?? 0) + step))
        detail?.scroll = scroll
    }

    /// Carries out what concerns the prompt tester.
    mutating func performInTester(_ action: Action) -> [Effect] {
        switch action {
        case .compose:
            dropUnsent()
            tester.isComposing = true
        case .send: return send()
        case .leave: tester.isComposing = false
        case .cancelAnswer:
            if tester.isAnswering { return cancelAnswer() }
            if !tester.isComposing { tester.comparison = nil }
            tester.isComposing = false
        case .cycleTier:
            let served = feed.snapshot.map { Set($0.backends.map(\.tier)) }
            let choices: [Tier?] = [nil] + Tier.allCases.filter { served?.contains($0) ?? true }
            tester.tier = choices[((choices.firstIndex(of: tester.tier) ?? 0) + 1) % choices.count]
            promptChanged()
        case .cycleMode:
            let choices = TesterState.classifierModes
            tester.classifierMode =
                choices[
                    ((choices.firstIndex(of: tester.classifierMode) ?? 0) + 1) % choices.count
                ]
            promptChanged()
        case .clearBox: if !tester.isAnswering { tester.clear() }
        case .scrollAnswer(let step):
            if let shown = tester.shownComparison {
                tester.comparison?.scroll = max(0, shown.scroll - step * 5)
            } else {
                tester.scroll = max(0, tester.scroll - step * 5)
            }
        case .nextColumn(let step):
            guard let comparison = tester.shownComparison else { return [] }
            let count = comparison.columns.count
            tester.comparison?.shown = (comparison.shown + step + count) % count
            tester.comparison?.scroll = 0
        default: break
        }
        return []
    }

    private mutating func send() -> [Effect] {
        guard !tester.isBlank else { return [] }
        guard !tester.isAnswering else {
            note("still answering; \(hint(.cancelAnswer, in: tester.isComposing ? .composing : .tester, "cancels"))")
            return []
        }
        guard isLive else {
            note("not connected to the gateway")
            return []
        }
        let request = tester.request
        let kept = remember(request.prompt)
        tester.sentRoute = tester.routedRequest == request ? tester.route : nil
        _ = tester.editor.submit()
        // What is written next is another prompt, and must not take the saved one's place.
        tester.savedName = nil
        tester.begin(at: now.monotonicMilliseconds)
        tester.sent = request
        // The exchange itself says nothing of the tiers that were not to be taken.
        let isForced = request.tier != nil || request.skill != nil
        let explains: [Effect] = isForced && tester.askedRequest != request ? [.call(.explain(request))] : []
        return [.call(.send(request))] + explains + kept
    }

    mutating func cancelAnswer() -> [Effect] {
        if tester.comparison?.isRunning == true { return cancelComparison() }
        return tester.reply.cancel()
    }
}
