import Glibc
package import Logging
import NIOCore
package import NIOPosix
import ServiceLifecycle
import Shared
import Synchronization

/// The Unix socket on which front ends watch and ask. Private to the user: directory 0700, socket 0600, peer's uid
/// checked.
package final class ControlSocket: Service {
    private let path: String
    private let group: MultiThreadedEventLoopGroup
    private let hub: ControlHub
    private let logger: Logger
    private let lockDescriptor: Int32
    private let channel = Mutex<(any Channel)?>(nil)

    /// Takes the socket's place: makes its directory, clears away what a dead daemon left.
    ///
    /// Throws a ``ControlSocketError`` where a living daemon has it, or the path cannot be used.
    package init(path: String, desk: ControlDesk, group: MultiThreadedEventLoopGroup, logger: Logger) throws {
        self.path = path
        self.group = group
        self.logger = logger
        lockDescriptor = try SocketPlace.claim(path)
        hub = ControlHub(desk: desk, loop: group.next())
    }

    /// Listens, and begins to publish.
    package func bind() async throws {
        let hub = hub
        let previous = umask(0o177)
        defer { umask(previous) }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlConnection(hub))
                }
            }
        do {
            let bound = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            channel.withLock { $0 = bound }
        } catch {
            throw ControlSocketError.unusable(path: path, detail: "\(error)")
        }
        chmod(path, 0o600)
        await hub.start()
    }

    package func run() async throws {
        try await gracefulShutdown()
        hub.stop()
        if let channel = channel.withLock({ $0 }) { try? await channel.close().get() }
        unlink(path)
        close(lockDescriptor)
    }
}

/// Why the control socket cannot be opened.
package enum ControlSocketError: Error, CustomStringConvertible {
    case alreadyRunning(path: String, processID: Int32?)
    case pathTooLong(path: String)
    case unusable(path: String, detail: String)

    package var description: String {
        switch self {
        case .alreadyRunning(let path, let processID):
            "already running, pid \(processID.map(String.init) ?? "unknown") (it holds \(path))"
        case .pathTooLong(let path):
            """
            control.socket: \(path) has \(path.utf8.count) bytes, a socket's path may have \
            \(SocketPath.maximumBytes); set a shorter one with --socket
            """
        case .unusable(let path, let detail):
            "control.socket: \(path) cannot be used: \(detail); set another with --socket"
        }
    }
}

/// The file system's side of the socket.
private enum SocketPlace {
    /// Makes the directory, takes the lock beside the socket and writes the process id into it.
    ///
    /// The lock lives as long as the process: whoever finds it free may remove a socket that is left over.
    static func claim(_ path: String) throws -> Int32 {
        guard path.utf8.count <= SocketPath.maximumBytes else { throw ControlSocketError.pathTooLong(path: path) }
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if !directory.isEmpty { try makeDirectory(directory, path) }
        var existing = stat()
        if stat(path, &existing) == 0, existing.st_mode & S_IFMT != S_IFSOCK {
            throw ControlSocketError.unusable(path: path, detail: "a file that is no socket has this name")
        }
        let lockPath = path + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ControlSocketError.unusable(path: path, detail: text(errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(descriptor) }
            throw ControlSocketError.alreadyRunning(path: path, processID: readProcessID(descriptor))
        }
        ftruncate(descriptor, 0)
        let processID = Array("\(getpid())\n".utf8)
        _ = pwrite(descriptor, processID, processID.count, 0)
        return descriptor
    }

    private static func makeDirectory(_ directory: String, _ path: String) throws {
        var partial = directory.hasPrefix("/") ? "" : "."
        for part in directory.split(separator: "/") {
            partial += "/" + part
            if mkdir(partial, 0o700) != 0, errno != EEXIST {
                throw ControlSocketError.unusable(path: path, detail: "\(partial): \(text(errno))")
            }
        }
        var information = stat()
        guard stat(directory, &information) == 0 else { return }
        // In a shared place such as /tmp another user could have made it first, to listen in.
        if information.st_uid != getuid(), information.st_uid != 0 {
            throw ControlSocketError.unusable(path: path, detail: "\(directory) belongs to another user")
        }
    }

    private static func readProcessID(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self))
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
