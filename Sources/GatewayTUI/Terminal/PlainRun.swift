import Dashboard
import Glibc

/// `--plain`: lines on standard output until a signal ends it, or nobody reads them any more.
struct PlainRun {
    /// A daemon that does not answer the greeting is given up.
    private static let greetingMilliseconds: Int64 = 5_000

    private let signals: Signals
    private var report: PlainReport
    private var connection: ControlConnection
    private var connectedAt: Int64 = 0
    private var exitCode: Int32?

    init(signals: Signals, socketPath: String) {
        self.signals = signals
        report = PlainReport(socketPath: socketPath)
        connection = ControlConnection(path: socketPath)
    }

    /// Runs until something ends it; answers the exit code.
    mutating func run() -> Int32 {
        apply(.tick(.now))
        while true {
            reconnectIfDue()
            if let exitCode { return exitCode }
            wait()
            apply(.tick(.now))
        }
    }

    private mutating func wait() {
        let now = Moment.now.monotonicMilliseconds
        var sources = [
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(
                fd: connection.descriptor,
                events: connection.hasOutgoing ? Int16(POLLIN | POLLOUT) : Int16(POLLIN),
                revents: 0
            ),
            // Asks for nothing but the news that the reader is gone.
            pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
        ]
        let until = connection.isOpen ? 1_000 : max(0, min(1_000, connection.retryAt - now))
        _ = poll(&sources, nfds_t(sources.count), Int32(until))
        if sources[0].revents != 0 { handleSignals() }
        if sources[1].revents != 0, connection.isOpen { receive() }
        if sources[2].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { exitCode = exitCode ?? 0 }
    }

    private mutating func handleSignals() {
        for signal in signals.take() {
            switch signal {
            case SIGWINCH, SIGCONT: break
            case SIGTSTP: kill(getpid(), SIGSTOP)
            default: exitCode = 128 + signal
            }
        }
    }

    private mutating func reconnectIfDue() {
        let now = Moment.now.monotonicMilliseconds
        if !connection.isOpen, now >= connection.retryAt {
            if let reason = connection.open(now: now) {
                apply(.disconnected(reason: reason, retryAt: connection.retryAt))
            } else {
                connectedAt = now
                apply(.connected)
            }
        } else if connection.isOpen, report.isConnecting, now - connectedAt > Self.greetingMilliseconds {
            lose("the gateway does not answer")
        }
    }

    private mutating func receive() {
        let isWritten = connection.flush()
        let (messages, ended) = connection.receive()
        apply(.tick(.now))
        for message in messages { apply(.message(message)) }
        if report.isLive { connection.resetWait() }
        if let ended { lose(ended) } else if !isWritten { lose("the connection broke") }
    }

    private mutating func lose(_ reason: String) {
        connection.drop(now: Moment.now.monotonicMilliseconds)
        apply(.disconnected(reason: reason, retryAt: connection.retryAt))
    }

    private mutating func apply(_ event: Event) {
        let (effects, lines) = report.update(event)
        for case .call(let call) in effects { connection.send(call) }
        // Nobody reads any more: as good an end as any.
        if !lines.isEmpty, !Output.write(lines.map { "\($0)\n" }.joined()) { exitCode = 0 }
    }
}

/// The two standard streams, without a library's buffers.
enum Output {
    /// False when nobody takes it.
    static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                var sink = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&sink, 1, 1_000)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
