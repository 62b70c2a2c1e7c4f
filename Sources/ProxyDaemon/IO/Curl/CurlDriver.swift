import CCurl
import GatewayCore
import Glibc
import Synchronization

/// A thread that drives libcurl's multi interface on an epoll set of its own. Calls come in through a queue; only the
/// thread itself touches libcurl.
final class CurlDriver: Sendable {
    enum Command {
        case start(UpstreamCall)
        case cancel(UpstreamCall)
        case resume(UpstreamCall)
        case adopt(Settings.Upstream)
        case stop
    }

    private let inbox = Mutex<[Command]>([])
    private let wakeDescriptor: Int32

    /// Starts the thread. Throws where the system has no descriptor or thread left.
    init(settings: Settings.Upstream) throws {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { throw SystemError(doing: "eventfd", errno) }
        // The thread owns a reference until it ends.
        let start = ThreadStart(driver: self, settings: settings)
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                CurlLoop(start.driver, start.settings)?.run()
                return nil
            },
            Unmanaged.passRetained(start).toOpaque()
        )
        guard result == 0 else { throw SystemError(doing: "pthread_create", result) }
        pthread_detach(thread)
    }

    private final class ThreadStart: Sendable {
        let driver: CurlDriver
        let settings: Settings.Upstream

        init(driver: CurlDriver, settings: Settings.Upstream) {
            self.driver = driver
            self.settings = settings
        }
    }

    func start(_ call: UpstreamCall) { post(.start(call)) }
    func cancel(_ call: UpstreamCall) { post(.cancel(call)) }
    func resume(_ call: UpstreamCall) { post(.resume(call)) }
    /// Further calls keep to these settings; those under way keep theirs.
    func adopt(_ settings: Settings.Upstream) { post(.adopt(settings)) }
    func stop() { post(.stop) }

    func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            let commands = inbox
            inbox.removeAll(keepingCapacity: true)
            return commands
        }
    }

    /// Readable when there are commands.
    var descriptor: Int32 { wakeDescriptor }

    private func post(_ command: Command) {
        let wasEmpty = inbox.withLock { inbox in
            inbox.append(command)
            return inbox.count == 1
        }
        guard wasEmpty else { return }
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)
    }
}
