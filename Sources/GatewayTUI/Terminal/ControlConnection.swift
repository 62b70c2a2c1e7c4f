import Dashboard
import FoundationEssentials
import Glibc
import Shared

/// The control socket, read inside the poll loop: never blocks, and tries again by itself with growing waits.
struct ControlConnection {
    private static let firstWait: Int64 = 250
    private static let longestWait: Int64 = 5_000

    let path: String
    private(set) var descriptor: Int32 = -1
    /// The monotonic millisecond of the next attempt while there is no connection.
    private(set) var retryAt: Int64 = 0
    private var wait = Self.firstWait
    private var session = ControlSession()
    private var framer = LineFramer()
    private var outgoing: [UInt8] = []

    init(path: String) { self.path = path }

    var isOpen: Bool { descriptor >= 0 }
    var hasOutgoing: Bool { !outgoing.isEmpty }
    /// An answer is waited for.
    var isAnswerDue: Bool { session.isAnswerDue }

    /// Connects; on failure says why and sets the time of the next attempt.
    mutating func open(now: Int64) -> String? {
        close()
        guard path.utf8.count <= SocketPath.maximumBytes else {
            return fail("the path is longer than the \(SocketPath.maximumBytes) bytes a socket can have", now)
        }
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard socket >= 0 else { return fail(Environment.message(of: errno), now) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            for (index, byte) in path.utf8.enumerated() { buffer[index] = byte }
        }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = errno
            Glibc.close(socket)
            let reason = error == ENOENT ? "there is no such socket" : Environment.message(of: error).lowercased()
            return fail(reason, now)
        }
        descriptor = socket
        return nil
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        session = ControlSession()
        framer = LineFramer()
        outgoing = []
    }

    /// Gives the connection up and says when the next attempt is.
    mutating func drop(now: Int64) {
        close()
        retryAt = now + wait
        wait = min(Self.longestWait, wait * 2)
    }

    /// The daemon answered well: the next failure starts with a short wait again.
    mutating func resetWait() { wait = Self.firstWait }

    mutating func send(_ call: Call) {
        guard isOpen else { return }
        outgoing += session.line(for: call)
        _ = flush()
    }

    /// Writes what the socket takes. False when the connection broke.
    mutating func flush() -> Bool {
        while !outgoing.isEmpty {
            let count = outgoing.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                return errno == EAGAIN || errno == EINTR
            }
            outgoing.removeFirst(count)
        }
        return true
    }

    /// Reads what there is, up to a bound so that a flood cannot hold up the keys. The reason when the connection ended.
    mutating func receive() -> (messages: [ServerMessage], ended: String?) {
        var messages: [ServerMessage] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for _ in 0..<16 {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                do {
                    for line in try framer.append(buffer[0..<count]) {
                        if let message = session.message(of: line) { messages.append(message) }
                    }
                } catch {
                    return (messages, "the gateway sent a line of more than \(error.limit) bytes")
                }
            } else if count == 0 {
                return (messages, "the gateway closed the connection")
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                return (messages, Environment.message(of: errno))
            }
        }
        return (messages, nil)
    }

    private mutating func fail(_ reason: String, _ now: Int64) -> String {
        retryAt = now + wait
        wait = min(Self.longestWait, wait * 2)
        return reason
    }
}
