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
        let descriptor = try SocketPlace.prepare(path)
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
            let bound = try await bootstrap.withBoundSocket(descriptor).get()
            channel.withLock { $0 = bound }
        } catch {
            throw ControlSocketError.unusable(path: path, detail: "\(error)")
        }
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

/// The kernel's `struct ucred` (unix(7)), which the C library declares only for GNU programs.
struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
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
    /// Linux' SOCK_STREAM, SOCK_CLOEXEC and SOCK_NONBLOCK: naming the first here compiles in a debug build alone.
    private static let stream: Int32 = 1 | 0o2_000_000 | 0o4_000

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
        // The lock's file may have been removed under a daemon that lives, and other programs know nothing of it.
        if let listener = listener(path) {
            close(descriptor)
            throw listener
        }
        ftruncate(descriptor, 0)
        let processID = Array("\(getpid())\n".utf8)
        _ = pwrite(descriptor, processID, processID.count, 0)
        return descriptor
    }

    /// A socket of the user's alone with this path, in the place of one that is left over. Nobody can connect before somebody
    /// listens on it, so that its mode is set in time.
    static func prepare(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { throw ControlSocketError.unusable(path: path, detail: text(errno)) }
        unlink(path)
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0, chmod(path, 0o600) == 0,
            listen(descriptor, 128) == 0
        else {
            let detail = text(errno)
            close(descriptor)
            throw ControlSocketError.unusable(path: path, detail: detail)
        }
        return descriptor
    }

    /// Who listens on a socket; nil where nobody does.
    private static func listener(_ path: String) -> ControlSocketError? {
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // A living program's full queue is EAGAIN.
        guard withAddress(path, { connect(descriptor, $0, $1) }) == 0 || errno == EAGAIN else { return nil }
        var peer = PeerCredentials()
        var length = socklen_t(MemoryLayout<PeerCredentials>.size)
        let isKnown = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0
        return .alreadyRunning(path: path, processID: isKnown ? peer.pid : nil)
    }

    private static func withAddress(_ path: String, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
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
