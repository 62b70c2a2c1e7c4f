import Dashboard
import Glibc

/// Starts `gatewayd` in the background: a session of its own, its output in a log file, no signal mask of ours.
struct DaemonLauncher {
    private(set) var processID: pid_t = 0
    private let log = "\(Environment.stateDirectory)/gatewayd.log"

    /// Starts it unless one that was started still runs.
    mutating func start(socketPath: String?) -> DaemonStart {
        if processID > 0, poll() == nil { return .started(processID: processID, log: log) }
        guard let executable = Self.find() else {
            return .failed("gatewayd was found neither beside gateway-tui nor on PATH")
        }
        Environment.makeDirectory(Environment.stateDirectory)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        let newSession: Int32 = 0x80
        posix_spawnattr_setflags(
            &attributes,
            Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF))
        )
        // The daemon must listen where this program looks.
        if let socketPath { setenv("GATEWAY_SOCKET", socketPath, 1) }
        guard let name = strdup(executable) else { return .failed("out of memory") }
        defer { free(name) }
        var arguments: [UnsafeMutablePointer<CChar>?] = [name, nil]
        var child: pid_t = 0
        let error = posix_spawn(&child, executable, &actions, &attributes, &arguments, environ)
        guard error == 0 else { return .failed("\(executable): \(Environment.message(of: error))") }
        processID = child
        return .started(processID: child, log: log)
    }

    /// Says so when the process that was started has ended.
    mutating func poll() -> DaemonStart? {
        guard processID > 0 else { return nil }
        var status: Int32 = 0
        guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
        processID = 0
        return .ended(lastLine: lastLogLine(), log: log)
    }

    private static func find() -> String? {
        var candidates: [String] = []
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        if count > 0 {
            let own = String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let slash = own.lastIndex(of: "/") { candidates.append(own[..<slash] + "/gatewayd") }
        }
        candidates += (Environment.value("PATH") ?? "").split(separator: ":").map { "\($0)/gatewayd" }
        return candidates.first { access($0, X_OK) == 0 }
    }

    private func lastLogLine() -> String {
        let file = open(log, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "it left no log" }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = pread(file, &buffer, buffer.count, max(0, size - off_t(buffer.count)))
        guard count > 0 else { return "its log is empty" }
        let lines = buffer[0..<count].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        return lines.last ?? "its log is empty"
    }
}
