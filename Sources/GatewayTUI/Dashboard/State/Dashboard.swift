package import Shared

/// Everything the program knows and shows. Events go in, effects come out, and ``view()`` draws what is known.
///
/// There is no clock, socket or terminal in here: every screen and every key is a unit test.
package struct Dashboard: Sendable {
    /// How the connection to the daemon stands.
    package enum Link: Sendable, Hashable {
        case connecting
        case live
        case lost(reason: String, retryAt: Int64)
        /// Connected, but the daemon speaks another version or refused the greeting.
        case refused(String)
    }

    /// Which totals are shown.
    package enum Period: Sendable, Hashable, CaseIterable {
        case today, month, sinceStart

        package var title: String {
            switch self {
            case .today: "today"
            case .month: "month"
            case .sinceStart: "total"
            }
        }
    }

    /// The detail pane.
    package struct Detail: Sendable {
        package enum Content: Sendable {
            case loading
            case loaded(ExchangeDetail)
            case failed(String)
            /// A run of a workflow, told from its steps.
            case run
        }

        package var id: String
        package var content: Content
        package var scroll = 0
        package var isZoomed = false
    }

    /// What comes from the daemon, and what a pause freezes.
    package struct Feed: Sendable {
        package var snapshot: MetricsSnapshot?
        package var history = History()
        package var log = ExchangeLog()
    }

    /// Choices of the history's window, in seconds.
    package static let windows = [60, 300, 900, 3_600, 21_600, 86_400]
    /// Rows asked for after connecting.
    package static let listLimit = 500
    /// Without a snapshot for this long a connection counts as silent.
    package static let silenceMilliseconds: Int64 = 5_000

    package let socketPath: String
    package let glyphs: Glyphs
    package internal(set) var columns: Int
    package internal(set) var rows: Int
    package internal(set) var now = Moment()

    package internal(set) var link = Link.connecting
    package internal(set) var welcome: ControlProtocol.Welcome?
    package internal(set) var status: ControlProtocol.DaemonStatus?
    package internal(set) var latest = Feed()
    /// When the newest snapshot came.
    package internal(set) var snapshotAt: Int64 = 0
    /// When the connection came up.
    var connectedAt: Int64 = 0
    package internal(set) var daemonStart: DaemonStart?
    /// A line for the footer and when it goes.
    package internal(set) var notice: (text: String, until: Int64)?

    package internal(set) var currentView = DashboardView.dashboard
    /// Where closing the detail goes back to.
    var viewBeforeDetail: DashboardView?
    package internal(set) var isHelpShown = false
    package internal(set) var helpScroll = 0
    package internal(set) var period = Period.today
    package internal(set) var windowIndex = 1
    package internal(set) var table = TableState()
    package internal(set) var filterEditor: LineEditor?
    package internal(set) var detail: Detail?
    package internal(set) var tester = TesterState()
    /// The flush menu, while it is open.
    package internal(set) var flush: FlushState?
    /// The line that is marked in the view of backends.
    package internal(set) var backendCursor = 0
    package internal(set) var savings = SavingsState()
    package internal(set) var workflows = WorkflowsState()
    package internal(set) var log = LogState()
    /// What waits for a yes.
    package internal(set) var question: Question?
    /// When the day's history is asked for again.
    var historyDue: Int64 = 0
    /// It was asked for a second time since the connection was made.
    var isHistorySettled = false
    /// The list that something is taken from for the tester, while it is open.
    package internal(set) var picker: Picker?
    /// The name that a prompt is being saved under.
    package internal(set) var promptName: LineEditor?
    /// Prompts that are sent are kept for the next start.
    package internal(set) var keepsPrompts = false
    /// The command palette, while it is open.
    package internal(set) var palette: CommandPalette?
    /// The menu for copying or exporting, while it is open.
    package internal(set) var outputMenu: OutputMenu?
    /// What is looked for in the help.
    package internal(set) var helpSearch: HelpSearch?
    /// The keys as the user has them.
    package internal(set) var keyMap = KeyMap.standard
    package internal(set) var theme = Palette.Theme.dark
    /// Nothing that changes or costs anything is done.
    package internal(set) var isReadOnly = false
    /// What was asked to go and is not answered yet.
    var pendingFlush: ControlProtocol.CacheFlush?
    /// What was on the screen when it was paused, and when that was.
    package internal(set) var frozen: (feed: Feed, at: Moment)?
    /// Grows whenever the picture may have changed.
    package internal(set) var revision = 0

    package init(socketPath: String, columns: Int, rows: Int, glyphs: Glyphs = .unicode) {
        self.socketPath = socketPath
        self.columns = columns
        self.rows = rows
        self.glyphs = glyphs
    }

    /// What is to be shown: the newest, or what was there when it was paused.
    var olderPages = OlderPages.unasked
    package var feed: Feed { frozen?.feed ?? latest }
    package var isPaused: Bool { frozen != nil }
    /// Exchanges that came in since the pause.
    package var missed: Int { latest.log.received - (frozen?.feed.log.received ?? latest.log.received) }

    /// Nothing on the screen costs anybody anything.
    package var isDemo: Bool {
        latest.snapshot?.isDemo ?? status?.isDemo ?? welcome?.isDemo ?? false
    }

    package var isLive: Bool { link == .live }

    /// The daemon has never told anything yet.
    package var hasData: Bool { latest.snapshot != nil || latest.log.received > 0 }

    /// Milliseconds since the newest snapshot.
    package var dataAge: Int64 { max(0, now.monotonicMilliseconds - snapshotAt) }

    /// Connected, yet nothing comes.
    package var isSilent: Bool {
        isLive && now.monotonicMilliseconds - max(snapshotAt, connectedAt) > Self.silenceMilliseconds
    }

    /// The monotonic millisecond by which a tick must come, beside the one each second.
    package var deadline: Int64? { tester.routeDue }

    /// The totals of the chosen period.
    package func totals(of snapshot: MetricsSnapshot) -> MetricsSnapshot.Totals {
        switch period {
        case .today: snapshot.today
        case .month: snapshot.month
        case .sinceStart: snapshot.sinceStart
        }
    }

    /// Where keys are looked up, the nearest first.
    package var contexts: [KeyTable.Context] {
        if palette != nil { return [.palette, .editing, .everywhere] }
        if outputMenu != nil { return [.output, .everywhere] }
        if question != nil { return [.asking, .everywhere] }
        if promptName != nil { return [.saving, .editing, .everywhere] }
        switch picker?.kind {
        case .targets: return [.marking, .picking, .everywhere]
        case .prompts: return [.shelf, .picking, .everywhere]
        case .skill, .model: return [.picking, .everywhere]
        case nil: break
        }
        switch flush?.step {
        case .choosing: return [.flushing, .everywhere]
        case .naming: return [.naming, .editing, .everywhere]
        case .confirming: return [.confirming, .everywhere]
        case nil: break
        }
        if filterEditor != nil { return [.filtering, .editing, .everywhere] }
        if currentView == .tester, tester.isComposing { return [.composing, .editing, .everywhere] }
        if currentView == .workflows, workflows.isComposing { return [.writingInput, .editing, .everywhere] }
        var contexts: [KeyTable.Context] = []
        if !isLive { contexts.append(.offline) }
        if currentView.hasRequests {
            switch table.selectedLine(in: feed.log) {
            case .run: contexts.append(.run)
            case .step: contexts.append(.step)
            case .exchange, nil: break
            }
        }
        switch currentView {
        case .dashboard: contexts += [.figures, .list]
        case .requests: contexts += detail == nil ? [.list, .requests] : [.detail, .list, .requests]
        case .tester: contexts.append(.tester)
        case .backends: contexts.append(.backends)
        case .savings: contexts += [.savings, .figures]
        case .workflows: contexts.append(.workflows)
        case .log: contexts.append(.log)
        case .cache: contexts += Layout(self).table.isEmpty ? [.cache, .figures] : [.cache, .figures, .list]
        }
        return contexts + [.everywhere]
    }

    mutating func note(_ text: String, milliseconds: Int64 = 4_000) {
        notice = (text, now.monotonicMilliseconds + milliseconds)
    }
}
