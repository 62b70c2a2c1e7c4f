import Dashboard
import Glibc

/// One thread, one poll: keys, signals, the socket and the clock, in and out of the dashboard.
struct EventLoop {
    /// At most ten pictures a second; a key is answered at once.
    private static let frameMilliseconds: Int64 = 100
    /// A daemon that does not answer the greeting is given up.
    private static let greetingMilliseconds: Int64 = 5_000

    private let screen: Screen
    private let signals: Signals
    private let explicitSocket: Bool
    private var dashboard: Dashboard
    private var connection: ControlConnection
    private var launcher = DaemonLauncher()
    private var drawnRevision = -1
    private var drawnAt: Int64 = 0
    private var connectedAt: Int64 = 0
    private var receivedAt: Int64 = 0
    /// Woken for each of hundreds of exchanges a second, the program would work more for the waking than for them.
    private var gathering = Gathering()
    private var exitCode: Int32?

    init(screen: Screen, signals: Signals, dashboard: Dashboard, isSocketExplicit: Bool) {
        self.screen = screen
        self.signals = signals
        explicitSocket = isSocketExplicit
        self.dashboard = dashboard
        connection = ControlConnection(path: dashboard.socketPath)
    }

    /// Runs until something ends it; answers the exit code.
    mutating func run() -> Int32 {
        apply(.tick(.now))
        for effect in dashboard.opening { perform(effect) }
        connect()
        // What was typed while the program started waits where poll cannot see it.
        for key in KeyReader.take() { apply(.key(key)) }
        while true {
            apply(.tick(.now))
            reconnectIfDue()
            draw()
            if let exitCode { return exitCode }
            wait()
        }
    }

    private mutating func draw() {
        let now = dashboard.now.monotonicMilliseconds
        guard dashboard.revision != drawnRevision, now - drawnAt >= Self.frameMilliseconds else { return }
        screen.present(dashboard.view())
        drawnRevision = dashboard.revision
        drawnAt = now
    }

    private mutating func wait() {
        let stopsAt = Int16(POLLIN)
        let socketEvents = connection.hasOutgoing ? Int16(POLLIN | POLLOUT) : Int16(POLLIN)
        var sources = [
            pollfd(fd: STDIN_FILENO, events: stopsAt, revents: 0),
            pollfd(fd: signals.descriptor, events: stopsAt, revents: 0),
            pollfd(fd: isGathering ? -1 : connection.descriptor, events: socketEvents, revents: 0),
        ]
        _ = poll(&sources, nfds_t(sources.count), timeout())
        apply(.tick(.now))
        if sources[1].revents != 0 { handleSignals() }
        if sources[0].revents & Int16(POLLIN) != 0 {
            for key in KeyReader.take() { apply(.key(key)) }
            drawnAt = 0
        } else if sources[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
            // The terminal is gone. A program that stays then spins for ever.
            exitCode = 128 + SIGHUP
        }
        if sources[2].revents != 0, connection.isOpen { receive() }
    }

    private var isGathering: Bool {
        connection.isOpen && !connection.hasOutgoing && !connection.isAnswerDue
            && Moment.now.monotonicMilliseconds < gatheredAt
    }

    /// When what comes by itself is read again. The pieces of an answer are to flow, whatever else comes.
    private var gatheredAt: Int64 {
        receivedAt + (dashboard.tester.isAnswering ? Gathering.shortest : gathering.milliseconds)
    }

    /// Until the next whole second, the next allowed picture, the next attempt or what the dashboard waits for.
    private func timeout() -> Int32 {
        let now = Moment.now
        let monotonic = now.monotonicMilliseconds
        var until = monotonic + 1_001 - now.unixMilliseconds % 1_000
        if dashboard.revision != drawnRevision { until = min(until, drawnAt + Self.frameMilliseconds) }
        if !connection.isOpen { until = min(until, connection.retryAt) }
        if isGathering { until = min(until, gatheredAt) }
        if let deadline = dashboard.deadline { until = min(until, deadline) }
        if dashboard.tester.isAnswering { until = min(until, drawnAt + Self.frameMilliseconds) }
        return Int32(max(0, min(1_001, until - monotonic)))
    }

    private mutating func handleSignals() {
        for signal in signals.take() {
            switch signal {
            case SIGWINCH:
                screen.updateSize()
                apply(.resized(columns: screen.columns, rows: screen.rows))
                drawnAt = 0
            case SIGCONT:
                screen.updateSize()
                screen.invalidate()
                apply(.resized(columns: screen.columns, rows: screen.rows))
            case SIGTSTP: perform(.suspend)
            default: exitCode = 128 + signal
            }
        }
    }

    private mutating func connect() {
        let now = dashboard.now.monotonicMilliseconds
        if let reason = connection.open(now: now) {
            apply(.disconnected(reason: reason, retryAt: connection.retryAt))
        } else {
            connectedAt = now
            apply(.connected)
        }
    }

    private mutating func reconnectIfDue() {
        if let ended = launcher.poll() { apply(.daemonStart(ended)) }
        let now = dashboard.now.monotonicMilliseconds
        if !connection.isOpen, now >= connection.retryAt {
            connect()
        } else if connection.isOpen, dashboard.link == .connecting, now - connectedAt > Self.greetingMilliseconds {
            lose("the gateway does not answer")
        }
    }

    private mutating func receive() {
        let isWritten = connection.flush()
        let (messages, ended) = connection.receive()
        if !messages.isEmpty {
            let now = dashboard.now.monotonicMilliseconds
            gathering.read(messages.count(where: \.isExchange), after: now - receivedAt)
            receivedAt = now
        }
        for message in messages { apply(.message(message)) }
        if dashboard.isLive { connection.resetWait() }
        if let ended { lose(ended) } else if !isWritten { lose("the connection broke") }
    }

    private mutating func lose(_ reason: String) {
        connection.drop(now: dashboard.now.monotonicMilliseconds)
        apply(.disconnected(reason: reason, retryAt: connection.retryAt))
    }

    private mutating func apply(_ event: Event) {
        for effect in dashboard.update(event) { perform(effect) }
    }

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .quit: exitCode = 0
        case .call(let call): connection.send(call)
        case .reconnect:
            connection.resetWait()
            connect()
        case .startDaemon:
            apply(.daemonStart(launcher.start(socketPath: explicitSocket ? connection.path : nil)))
            connection.resetWait()
            connect()
        case .suspend:
            screen.suspend()
            apply(.resized(columns: screen.columns, rows: screen.rows))
        case .redraw: screen.invalidate()
        case .toggleMouse:
            screen.toggleMouse()
            apply(.mouse(isOn: screen.isMouseOn))
        case .useTheme(let theme):
            screen.use(theme)
            if let reason = Storage.remember(theme: theme) {
                apply(.clip(.failed(what: "the choice", reason: reason)))
            }
        case .copy(let clip): apply(.clip(screen.copy(clip)))
        case .export(let file): apply(.clip(Self.export(file)))
        case .prompts(let request): apply(.prompts(Storage.perform(request)))
        }
    }

    private static func export(_ file: ExportFile) -> ClipOutcome {
        do {
            return .written(what: file.what, path: try Storage.export(file.name, file.text))
        } catch {
            return .failed(what: file.what, reason: error.message)
        }
    }
}
