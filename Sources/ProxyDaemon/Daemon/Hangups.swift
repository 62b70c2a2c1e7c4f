import GatewayIO
import Glibc
import ServiceLifecycle
import UnixSignals

/// SIGHUP: a person or a service manager wants the configuration read again, or the terminal that the daemon runs in is gone.
struct Hangups: Sendable {
    fileprivate let signals: UnixSignalsSequence
    private let hadTerminal: Bool

    /// From here on the signal no longer ends the process.
    init() async {
        signals = await UnixSignalsSequence(trapping: .sighup)
        hadTerminal = isatty(STDIN_FILENO) == 1
    }

    /// Nobody would be left to stop a daemon whose terminal has been closed.
    fileprivate var isTerminalGone: Bool { hadTerminal && isatty(STDIN_FILENO) == 0 }
}

/// Reads the configuration again at each SIGHUP. A daemon that was started by hand ends with its terminal instead.
struct HangupKeeper: Service {
    let hangups: Hangups
    let reloader: Reloader
    let notice: ServiceNotice

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.hangups.signals {
                guard !self.hangups.isTerminalGone else {
                    kill(getpid(), SIGTERM)
                    return
                }
                self.notice.tell(.reloading)
                // What is wrong has been logged, and is in the figures.
                _ = try? await self.reloader.reload()
                self.notice.tell(.ready)
            }
        }
        try await gracefulShutdown()
    }
}
