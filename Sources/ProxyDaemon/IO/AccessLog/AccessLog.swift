import Dispatch
package import GatewayCore
import Glibc
import Synchronization

/// Writes a line for every answered request, from a queue of its own: no event loop waits for a slow disk or terminal.
///
/// More than ``maximumWaiting`` lines are not kept; those and what the file does not take are counted.
package final class AccessLog: Sendable {
    package static let maximumWaiting = 10_000
    /// What is written at once to a terminal or a pipe, between the lines of others: PIPE_BUF of Linux (pipe(7)).
    private static let sharedBytes = 4_096
    private static let fileBytes = 262_144

    private struct State {
        var entries: [AccessEntry] = []
        var isDraining = false
        var written = 0
        var dropped = 0
    }

    /// nil: standard error.
    private let path: String?
    private let format: Settings.AccessLogFormat
    private let queue = DispatchQueue(label: "access log")
    private let state = Mutex(State())
    private let file: Mutex<Int32>

    /// nil where the log is off. Throws where the file cannot be opened, with what to do.
    package init?(_ settings: Settings.Log) throws(AccessLogProblem) {
        guard settings.access != .off else { return nil }
        format = settings.access
        path = settings.accessPath
        file = Mutex(try Self.open(settings.accessPath))
    }

    deinit {
        let descriptor = file.withLock { $0 }
        if descriptor != STDERR_FILENO { close(descriptor) }
    }

    /// Since the start: lines written, and lines that never will be.
    package var figures: (written: Int, dropped: Int) { state.withLock { ($0.written, $0.dropped) } }

    /// Takes an entry. Returns at once.
    package func write(_ entry: AccessEntry) {
        let begins = state.withLock { state in
            guard state.entries.count < Self.maximumWaiting else {
                state.dropped += 1
                return false
            }
            state.entries.append(entry)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if begins { queue.async { self.drain() } }
    }

    /// Opens the file anew, as after it was moved away; the old one stays in use where that fails.
    package func reopen() throws(AccessLogProblem) {
        guard path != nil else { return }
        let fresh = try Self.open(path)
        // Behind what was written before.
        queue.async {
            let old = self.file.withLock { file in
                defer { file = fresh }
                return file
            }
            close(old)
        }
    }

    /// Waits until everything handed over so far is written.
    package func flush() { queue.sync {} }

    private func drain() {
        while true {
            let entries = state.withLock { state in
                defer { state.entries = [] }
                state.isDraining = !state.entries.isEmpty
                return state.entries
            }
            if entries.isEmpty { return }
            let most = path == nil ? Self.sharedBytes : Self.fileBytes
            var bytes: [UInt8] = []
            var lines = 0
            for entry in entries {
                let line = entry.line(format).utf8
                if bytes.count + line.count > most, lines > 0 {
                    settle(bytes, lines)
                    (bytes, lines) = ([], 0)
                }
                bytes += line
                lines += 1
            }
            settle(bytes, lines)
        }
    }

    private func settle(_ bytes: [UInt8], _ lines: Int) {
        let isWritten = file.withLock { Self.put(bytes, into: $0) }
        state.withLock { state in
            if isWritten { state.written += lines } else { state.dropped += lines }
        }
    }

    private static func put(_ bytes: [UInt8], into file: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var at = 0
            while at < bytes.count {
                let count = Glibc.write(file, bytes.baseAddress.map { $0 + at }, bytes.count - at)
                if count > 0 {
                    at += count
                } else if count == 0 || errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    private static func open(_ path: String?) throws(AccessLogProblem) -> Int32 {
        guard let path else { return STDERR_FILENO }
        let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY
        let new = Glibc.open(path, flags | O_CREAT | O_EXCL, 0o640)
        // Whoever collects logs is in its group; the process's mask would leave it to the owner alone.
        if new >= 0, fchmod(new, 0o640) == 0 { return new }
        if new >= 0 { close(new) }
        let file = Glibc.open(path, flags | O_CREAT, 0o640)
        guard file >= 0 else {
            throw AccessLogProblem(description: "log.access_path: \(SystemError(doing: "open \(path)", errno))")
        }
        return file
    }
}

/// Why the access log cannot be written.
package struct AccessLogProblem: Error, Sendable, CustomStringConvertible {
    package let description: String
}
