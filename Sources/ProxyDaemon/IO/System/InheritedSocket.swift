import Glibc

/// A listening socket that a service manager has opened and hands over, by systemd's protocol
/// (https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html). Clients that come between the end of one
/// process and the start of the next wait in it, and are not refused.
package struct InheritedSocket: Sendable {
    package let descriptor: Int32

    /// Descriptors that are handed over begin here.
    private static let first: Int32 = 3

    /// nil where none was handed over to this process. Throws an ``InheritedSocketError`` where what was is of no use.
    package init?(environment: [String: String]) throws(InheritedSocketError) {
        guard let text = environment["LISTEN_FDS"], let count = Int(text), count > 0,
            environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid()
        else { return nil }
        guard count == 1 else { throw .several(count) }
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(Self.first, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1 else {
            throw .notListening
        }
        _ = fcntl(Self.first, F_SETFD, FD_CLOEXEC)
        descriptor = Self.first
    }
}

/// Why a socket that was handed over cannot be used.
package enum InheritedSocketError: Error, CustomStringConvertible {
    case several(Int)
    case notListening

    package var description: String {
        switch self {
        case .several(let count):
            "LISTEN_FDS: \(count) sockets were handed over; the gateway serves one: leave one ListenStream in the unit"
        case .notListening:
            "LISTEN_FDS: descriptor 3 is no listening socket; the unit needs ListenStream with Accept=no"
        }
    }
}
