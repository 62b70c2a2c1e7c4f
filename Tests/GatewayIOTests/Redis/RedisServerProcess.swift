import GatewayCore
import GatewayIO
import Glibc
import Testing

/// A real `redis-server` of a test's own, on a Unix socket in a directory that goes with it.
final class RedisServerProcess: Sendable {
    static let isInstalled = path != nil
    private static let path: String? = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]
        .first { access($0, X_OK) == 0 }

    let directory: String
    private let arguments: [String]
    private let process: ManagedProcess

    var socket: String { "\(directory)/redis.sock" }

    /// Starts it and waits until it listens.
    init(_ arguments: [String] = []) async throws {
        var template = Array("/tmp/gateway-redis-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        self.arguments = arguments
        process = ManagedProcess()
        try await start()
    }

    deinit {
        process.end(SIGKILL)
        for name in ["redis.sock", "dump.rdb", "ca.crt", "ca.key", "server.crt", "server.key", "server.csr", "ca.srl"] {
            unlink("\(directory)/\(name)")
        }
        rmdir(directory)
    }

    /// Starts it again after ``kill()``.
    func start() async throws {
        try process.start(
            try #require(Self.path),
            ["--port", "0", "--unixsocket", socket, "--dir", directory, "--save", "", "--enable-debug-command", "yes"]
                + arguments
        )
        let socket = socket
        try await eventually { canConnect(to: socket) }
    }

    func kill() {
        process.end(SIGKILL)
        unlink(socket)
    }

    func freeze() { process.signal(SIGSTOP) }
    func thaw() { process.signal(SIGCONT) }

    func address(_ query: String = "") throws -> RedisAddress { try RedisAddress("unix://\(socket)\(query)") }

    /// Deadlines that a machine busy with other tests keeps as well.
    static var patient: RedisClient.Options {
        var options = RedisClient.Options()
        options.timeoutMilliseconds = 5_000
        return options
    }

    /// A client that has connected.
    func client(_ query: String = "", options: RedisClient.Options = patient) async throws -> RedisClient {
        let client = try RedisClient(try address(query), options: options)
        try await eventually { client.state == .ok }
        return client
    }
}

/// The tests with servers run one after the other: they look at the time.
@Suite(.serialized, .timeLimit(.minutes(2))) enum RedisSuites {}

/// A child process, ended by its id.
final class ManagedProcess: Sendable {
    private let id = Atomic32()

    func start(_ path: String, _ arguments: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var child = pid_t()
        #expect(posix_spawn(&child, path, &actions, nil, words, environ) == 0)
        id.set(child)
    }

    func signal(_ number: Int32) { if id.value > 0 { Glibc.kill(id.value, number) } }

    func end(_ number: Int32) {
        guard id.value > 0 else { return }
        Glibc.kill(id.value, number)
        var status: Int32 = 0
        waitpid(id.value, &status, 0)
        id.set(0)
    }

    /// Runs a program to its end.
    static func run(_ path: String, _ arguments: [String]) throws {
        let process = ManagedProcess()
        try process.start(path, arguments)
        var status: Int32 = 0
        waitpid(process.id.value, &status, 0)
        try #require(status == 0, "\(path) \(arguments)")
    }
}

/// Polls until it is so; fails after ten seconds.
func eventually(
    within seconds: Int64 = 10,
    _ sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = MonotonicTime.nanoseconds() + seconds * 1_000_000_000
    while try await !condition() {
        try #require(MonotonicTime.nanoseconds() < end, "not within \(seconds) s", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}

func canConnect(to path: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return withUnixAddress(path) { connect(descriptor, $0, $1) } == 0
}

func withUnixAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
        bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
    }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

func bytes(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

/// A key of 32 bytes that begin with a number.
func cacheKey(_ number: Int) throws -> CacheKey {
    try #require(
        CacheKey(withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) } + [UInt8](repeating: 7, count: 24))
    )
}
