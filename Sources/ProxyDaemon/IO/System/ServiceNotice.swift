import Glibc

/// Tells the service manager how the daemon is, by systemd's protocol: a datagram to the socket that `NOTIFY_SOCKET` names
/// (https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html). Without a manager nothing is done.
package struct ServiceNotice: Sendable {
    package enum State: String, Sendable {
        case ready = "READY=1"
        case reloading = "RELOADING=1"
        case stopping = "STOPPING=1"
    }

    private let path: String?
    /// Linux' SOCK_DGRAM. Its enumeration belongs, to Swift, to whichever C module of the target was read first: naming it
    /// here compiles in a debug build alone.
    private static let datagram: Int32 = 2

    package init(environment: [String: String]) { path = environment["NOTIFY_SOCKET"] }

    /// False where nobody could be told: there is no manager, or its socket is gone. The daemon goes on in any case.
    @discardableResult
    package func tell(_ state: State) -> Bool {
        guard let path, path.hasPrefix("/") || path.hasPrefix("@") else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // Linux' abstract sockets have no file: their names begin with a zero byte.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Self.datagram, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let text = Array(state.rawValue.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return sent == text.count
    }
}
