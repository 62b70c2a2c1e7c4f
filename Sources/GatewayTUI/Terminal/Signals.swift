import CNcurses
import Glibc

/// Signals as something to poll. They are blocked, so that no handler, ncurses' own included, ever interrupts anything.
struct Signals {
    private static let handled = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP]

    let descriptor: Int32

    init() {
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in Self.handled { sigaddset(&mask, signal) }
        pthread_sigmask(SIG_BLOCK, &mask, nil)
        signal(SIGPIPE, SIG_IGN)
        descriptor = signalfd(-1, &mask, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
    }

    /// The signals that came since last asked.
    func take() -> [Int32] {
        var signals: [Int32] = []
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while read(descriptor, &info, size) == size { signals.append(Int32(bitPattern: info.ssi_signo)) }
        return signals
    }
}
