import Shared

extension Dashboard {
    /// Carries out a key.
    mutating func handle(_ key: Key) -> [Effect] {
        if case .click(let row, let column) = key { return click(row: row, column: column) }
        if case .wheel(let notches, _, _) = key { return scroll(notches * 3) }
        if isHelpShown { return handleHelp(key) }
        if case .paste(let text) = key { return insert(text) }
        // While text is typed, letters are text: of the keys for everywhere only the special ones hold.
        let holding = isTyping && key.isPrintable ? contexts.filter { $0 != .everywhere } : contexts
        if let action = keyMap.action(for: key, in: holding) { return perform(action) }
        if case .character(let character) = key, isTyping { return insert(String(character)) }
        return []
    }

    /// Letters go into a text box, or to the menu that is open.
    package var isTyping: Bool {
        isMenuOpen || filterEditor != nil || (currentView == .tester && tester.isComposing)
            || (currentView == .workflows && workflows.isComposing)
    }

    /// A menu lies over the view.
    var isMenuOpen: Bool {
        flush != nil || picker != nil || promptName != nil || question != nil || palette != nil || outputMenu != nil
    }

    private mutating func closeMenu() {
        flush = nil
        picker = nil
        promptName = nil
        question = nil
        palette = nil
        outputMenu = nil
        dropUnsent()
    }

    /// Whoever turns to something else has not said yes to what a comparison costs.
    mutating func dropUnsent() {
        guard let comparison = tester.comparison, comparison.stage != .sent else { return }
        tester.comparison = nil
        if question?.yes == .sendComparison { question = nil }
    }

    mutating func perform(_ action: Action) -> [Effect] {
        guard !isReadOnly || !action.isRefusedReadOnly else {
            refuseReadOnly()
            return []
        }
        switch action {
        case .show(let view): return open(view)
        case .nextView: return open(neighbour(1))
        case .previousView: return open(neighbour(-1))
        case .help:
            isHelpShown = true
            helpScroll = 0
            helpSearch = nil
        case .quit: return [.quit]
        case .interrupt:
            guard !isMenuOpen else {
                closeMenu()
                return []
            }
            return tester.isAnswering ? cancelAnswer() : [.quit]
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .toggleMouse: return [.toggleMouse]
        case .reconnect: return isLive ? [] : [.reconnect]
        case .startDaemon: return [.startDaemon]
        case .move, .movePage, .moveFirst, .moveLast, .open, .back, .filter, .follow, .pause, .scrollDetail, .zoom,
            .fold, .sort, .reverseOrder, .toggleMark, .clearMarks, .nextMark:
            return performInList(action)
        case .scope:
            let all = Period.allCases
            period = all[((all.firstIndex(of: period) ?? 0) + 1) % all.count]
        case .window(let step):
            windowIndex = max(0, min(Self.windows.count - 1, windowIndex + step))
            setWindow()
            return isLive && Self.windows[windowIndex] > Series.fineSeconds ? askForHistory() : []
        case .compose, .send, .leave, .cancelAnswer, .cycleTier, .cycleMode, .clearBox, .scrollAnswer, .nextColumn:
            return performInTester(action)
        case .openFlush, .flushSelected, .moveFlush, .chooseFlush, .nameFlush, .confirmFlush, .leaveFlush:
            return performInFlush(action)
        case .openSkills, .openModels, .openPrompts, .compare:
            dropUnsent()
            return performInPicker(action)
        case .movePick, .takePick, .leavePick, .togglePick, .checkTiers, .deletePrompt: return performInPicker(action)
        case .savePrompt, .keepPrompt, .leaveName:
            dropUnsent()
            return performInSaving(action)
        case .acceptFilter:
            let isEmpty = filterEditor?.isEmpty ?? true
            filterEditor = nil
            if isEmpty { setFilter("") }
        case .cancelFilter:
            filterEditor = nil
            setFilter("")
        case .cycleTheme: return cycleTheme()
        case .openPalette, .movePalette, .takePalette, .leavePalette: return performInPalette(action)
        case .copyID, .openCopy, .openExport, .moveOutput, .takeOutput, .leaveOutput: return performOutput(action)
        case .edit(let command): return edit(command)
        case .moveBackend, .resetBackend, .answer, .nextGrouping, .scrollSavings, .nextLevel, .scrollLog, .stepLog,
            .followLog, .moveWorkflow, .composeWorkflow, .leaveWorkflow, .runWorkflow, .cancelRun, .nextOutput,
            .scrollOutput:
            return performInView(action)
        }
        return []
    }

    private func neighbour(_ step: Int) -> DashboardView {
        let all = DashboardView.allCases
        let index = (all.firstIndex(of: currentView) ?? 0) + step
        return all[(index + all.count) % all.count]
    }

    /// Shows a view, and asks for what it shows.
    private mutating func open(_ view: DashboardView) -> [Effect] {
        show(view)
        return enter()
    }

    mutating func show(_ view: DashboardView) {
        viewBeforeDetail = nil
        filterEditor = nil
        closeMenu()
        currentView = view
        // The tester is for writing: its box takes the keys at once.
        tester.isComposing = view == .tester
        workflows.isComposing = false
    }

    private mutating func setWindow() {
        latest.history.setWindow(Self.windows[windowIndex])
        frozen?.feed.history.setWindow(Self.windows[windowIndex])
    }

    private mutating func insert(_ text: String) -> [Effect] {
        if question != nil || outputMenu != nil { return [] }
        if palette != nil {
            palette?.edit { $0.insert(text) }
        } else if picker != nil {
            return []
        } else if promptName != nil {
            promptName?.insert(text)
        } else if flush != nil {
            changeName { $0.insert(text) }
        } else if filterEditor != nil {
            filterEditor?.insert(text)
            setFilter(filterEditor?.text ?? "")
        } else if currentView == .tester, tester.isComposing {
            tester.editor.insert(text)
            promptChanged()
        } else if currentView == .workflows, workflows.isComposing {
            workflows.editor.insert(text)
        }
        return []
    }

    private mutating func edit(_ command: EditCommand) -> [Effect] {
        if palette != nil {
            palette?.edit { $0.apply(command) }
        } else if promptName != nil {
            promptName?.apply(command)
        } else if flush != nil {
            changeName { $0.apply(command) }
        } else if filterEditor != nil {
            filterEditor?.apply(command)
            setFilter(filterEditor?.text ?? "")
        } else if currentView == .workflows {
            workflows.editor.apply(command)
        } else {
            tester.editor.apply(command)
            promptChanged()
        }
        return []
    }

    private mutating func changeName(_ change: (inout LineEditor) -> Void) {
        guard case .naming(var editor)? = flush?.step else { return }
        change(&editor)
        flush?.step = .naming(editor)
    }

    mutating func setFilter(_ text: String) {
        let filter = ExchangeFilter(text)
        changeLogs { $0.setFilter(filter) }
        if let selected = table.selected, table.selectedLine(in: feed.log)?.name != selected {
            table.follow()
        }
    }

    mutating func promptChanged() {
        guard tester.request != tester.routedRequest else { return }
        if tester.isBlank {
            tester.route = nil
            tester.routeProblem = nil
            tester.routedRequest = nil
            tester.routeDue = nil
        } else {
            tester.routeDue = now.monotonicMilliseconds + TesterState.debounceMilliseconds
        }
    }

    private mutating func scroll(_ rows: Int) -> [Effect] {
        if isHelpShown {
            helpScroll = max(0, helpScroll + rows)
            return []
        }
        if picker != nil, question == nil, palette == nil { return performInPicker(.movePick(rows > 0 ? 1 : -1)) }
        if isMenuOpen { return [] }
        switch currentView {
        case .dashboard, .requests, .cache: return performInList(.move(rows))
        case .tester: return performInTester(.scrollAnswer(rows > 0 ? 1 : -1))
        case .backends: return performInView(.moveBackend(rows > 0 ? 1 : -1))
        case .savings: return performInView(.scrollSavings(rows))
        case .workflows: return performInView(.scrollOutput(rows > 0 ? 1 : -1))
        case .log: return performInView(.stepLog(-rows))
        }
    }

    private mutating func click(row: Int, column: Int) -> [Effect] {
        if isHelpShown {
            closeHelp()
            return []
        }
        if picker != nil, question == nil, palette == nil { return clickInPicker(row: row, column: column) }
        if isMenuOpen {
            closeMenu()
            return []
        }
        let layout = Layout(self)
        if let view = layout.tabs.first(where: { $0.rect.contains(row: row, column: column) })?.view {
            return open(view)
        } else if !layout.table.isEmpty, row == layout.table.row + 1, layout.table.contains(row: row, column: column) {
            let place = column - layout.tableRows.column
            guard let clicked = RequestTable.column(self, at: place, width: layout.tableRows.width) else { return [] }
            sort(TableOrder(clicked, isReversed: clicked == feed.log.order.column && !feed.log.order.isReversed))
        } else if layout.tableRows.contains(row: row, column: column) {
            let log = feed.log
            let screenRow = row - layout.tableRows.row
            let index = table.top(in: log, visible: layout.tableRows.height) + screenRow
            let wasSelected = !table.isFollowing && table.selectedIndex(in: log) == index
            table.select(index, atRow: screenRow, in: log)
            if wasSelected { return performInList(.open) }
            keepOpen()
            if detail != nil { return fetchDetailOfSelection() }
        } else if currentView == .tester {
            dropUnsent()
            tester.isComposing = layout.testerPrompt.contains(row: row, column: column)
        } else if currentView == .workflows {
            workflows.isComposing = layout.workflowInput.contains(row: row, column: column)
        }
        return []
    }
}

extension Key {
    var isPrintable: Bool {
        if case .character = self { return true }
        return false
    }
}
