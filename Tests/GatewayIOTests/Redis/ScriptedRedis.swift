import Glibc
import Synchronization
import Testing

/// Something that pretends to be Redis: greets like it, and answers everything else with bytes of the test's choice.
final class ScriptedRedis: Sendable {
    let directory: String
    var socket: String { "\(directory)/redis.sock" }
    private let listener: Int32
    private let reply: @Sendable (String) -> [UInt8]
    private let accepted = Atomic<Int>(0)

    /// How many connections there have been.
    var connections: Int { accepted.load(ordering: .acquiring) }

    /// `reply` is given what came in, at most 64 KiB; nothing else than `CLIENT` and `PING`, which get what Redis says.
    init(_ reply: @escaping @Sendable (String) -> [UInt8]) throws {
        var template = Array("/tmp/gateway-redis-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        self.reply = reply
        listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let path = "\(directory)/redis.sock"
        let listener = listener
        try #require(withUnixAddress(path) { bind(listener, $0, $1) } == 0)
        try #require(listen(listener, 16) == 0)
        let me = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ScriptedRedis>.fromOpaque(context).takeRetainedValue().serve()
                return nil
            },
            me.toOpaque()
        )
        try #require(result == 0)
        pthread_detach(thread)
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(socket)
        rmdir(directory)
    }

    private func serve() {
        defer { close(listener) }
        while true {
            let peer = accept(listener, nil, nil)
            guard peer >= 0 else { return }
            accepted.add(1, ordering: .acquiringAndReleasing)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(peer, &buffer, buffer.count)
                guard count > 0 else { break }
                let text = String(decoding: buffer[..<count], as: UTF8.self)
                let answer =
                    if text.contains("SETNAME") {
                        Array("+OK\r\n".utf8)
                    } else if text.contains("PING") {
                        Array("+PONG\r\n".utf8)
                    } else {
                        reply(text)
                    }
                _ = answer.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
            close(peer)
        }
    }
}
