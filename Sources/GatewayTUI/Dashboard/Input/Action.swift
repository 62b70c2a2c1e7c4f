/// What a key can do, wherever it is bound.
package enum Action: Sendable, Hashable {
    case show(DashboardView)
    case nextView, previousView
    case help, quit, interrupt, redraw, suspend, toggleMouse
    case reconnect, startDaemon
    case move(Int), movePage(Int), moveFirst, moveLast
    case sort, reverseOrder
    case toggleMark, clearMarks
    /// The next marked row below, or with -1 above.
    case nextMark(Int)
    case open, fold, back, filter, follow, pause
    case scope, window(Int)
    case scrollDetail(Int), zoom
    case compose, send, leave, cancelAnswer, cycleTier, cycleMode, clearBox
    /// Opens the list of who is compared.
    case compare
    /// Shows the column before or after, where there is no room for all.
    case nextColumn(Int)
    case scrollAnswer(Int)
    case acceptFilter, cancelFilter
    case openFlush, flushSelected, moveFlush(Int), nameFlush, confirmFlush, leaveFlush
    /// Takes a line of the flush menu; nil the one that is marked.
    case chooseFlush(FlushState.Choice?)
    case openSkills, openModels, openPrompts
    case movePick(Int), takePick, leavePick, togglePick, checkTiers, deletePrompt
    case savePrompt, keepPrompt, leaveName
    case cycleTheme
    case openPalette, movePalette(Int), takePalette, leavePalette
    case copyID, openCopy, openExport, moveOutput(Int), leaveOutput
    /// Takes a line of the menu for copying or exporting by its number; nil the one that is marked.
    case takeOutput(Int?)
    case edit(EditCommand)
    case moveBackend(Int), resetBackend
    /// Yes or no to the question that is open.
    case answer(Bool)
    case nextGrouping, scrollSavings(Int)
    case nextLevel, scrollLog(Int), stepLog(Int), followLog
    case moveWorkflow(Int), composeWorkflow, leaveWorkflow, runWorkflow, cancelRun, nextOutput, scrollOutput(Int)
}

/// The views, in the order of their number keys.
package enum DashboardView: Int, Sendable, Hashable, CaseIterable {
    case dashboard = 1
    case requests = 2
    case tester = 3
    case backends = 4
    case cache = 5
    case savings = 6
    case workflows = 7
    case log = 8

    package var title: String {
        switch self {
        case .dashboard: "Dashboard"
        case .requests: "Requests"
        case .tester: "Tester"
        case .backends: "Backends"
        case .cache: "Cache"
        case .savings: "Savings"
        case .workflows: "Workflows"
        case .log: "Log"
        }
    }

    package var shortTitle: String {
        switch self {
        case .dashboard: "Dash"
        case .requests: "Reqs"
        case .tester: "Test"
        case .backends: "Back"
        case .cache: "Cache"
        case .savings: "Save"
        case .workflows: "Flow"
        case .log: "Log"
        }
    }

    /// The table of requests is a part of it, or may be where there is room.
    var hasRequests: Bool { self == .dashboard || self == .requests || self == .cache }
}
