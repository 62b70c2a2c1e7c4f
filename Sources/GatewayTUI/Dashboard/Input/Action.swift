/// What a key can do, wherever it is bound.
package enum Action: Sendable, Hashable {
    case show(DashboardView)
    case nextView, previousView
    case help, quit, interrupt, redraw, suspend, toggleMouse
    case reconnect, startDaemon
    case move(Int), movePage(Int), moveFirst, moveLast
    case open, fold, back, filter, follow, pause
    case scope, window(Int)
    case scrollDetail(Int), zoom
    case compose, send, leave, cancelAnswer, cycleTier, clearBox
    case scrollAnswer(Int)
    case acceptFilter, cancelFilter
    case openFlush, flushSelected, moveFlush(Int), nameFlush, confirmFlush, leaveFlush
    /// Takes a line of the flush menu; nil the one that is marked.
    case chooseFlush(FlushState.Choice?)
    case openSkills, moveSkill(Int), takeSkill, leaveSkills
    case cycleTheme
    case openPalette, movePalette(Int), takePalette, leavePalette
    case copyID, openCopy, openExport, moveOutput(Int), leaveOutput
    /// Takes a line of the menu for copying or exporting by its number; nil the one that is marked.
    case takeOutput(Int?)
    case edit(EditCommand)
}

/// The views, in the order of their number keys.
package enum DashboardView: Int, Sendable, Hashable, CaseIterable {
    case dashboard = 1
    case requests = 2
    case tester = 3
    case cache = 4

    package var title: String {
        switch self {
        case .dashboard: "Dashboard"
        case .requests: "Requests"
        case .tester: "Tester"
        case .cache: "Cache"
        }
    }

    package var shortTitle: String {
        switch self {
        case .dashboard: "Dash"
        case .requests: "Reqs"
        case .tester: "Test"
        case .cache: "Cache"
        }
    }
}
