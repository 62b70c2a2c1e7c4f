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

/// SIGTERM and SIGINT. The first has what is under way finished; who sends a second one does not want to wait for that.
///
/// There is one reader for both purposes: of two that wait for the same signal the system's dispatch library now and then tells only
/// one: once in a few hundred starts of a busy machine, where a signal came soon after.
struct Stops: Sendable {
    fileprivate let first: AsyncStream<Void>

    /// From here on the signals no longer end the process. `second` is called at the second one.
    init(second: @escaping @Sendable () -> Void) async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (first, continuation) = AsyncStream.makeStream(of: Void.self)
        self.first = first
        // Ends with the process.
        Task {
            var isStopping = false
            for await _ in signals {
                guard !isStopping else {
                    second()
                    continue
                }
                isStopping = true
                continuation.yield()
                continuation.finish()
            }
        }
    }
}

/// Comes to its end with the first signal, and all services with it.
struct StopKeeper: Service {
    let stops: Stops

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.stops.first { return }
        }
    }
}
