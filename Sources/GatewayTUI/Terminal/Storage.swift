import Dashboard
import Glibc

/// The files of this user's that the front end reads and writes.
enum Storage {
    struct Failure: Error {
        let message: String
    }

    /// `$XDG_CONFIG_HOME/llm-gateway/tui.yaml` or `~/.config/llm-gateway/tui.yaml`.
    static var settingsPath: String {
        if let config = Environment.value("XDG_CONFIG_HOME"), config.hasPrefix("/") {
            return "\(config)/llm-gateway/tui.yaml"
        }
        return "\(Environment.value("HOME") ?? "/tmp")/.config/llm-gateway/tui.yaml"
    }

    private static var rememberedPath: String { "\(Environment.stateDirectory)/tui-state" }
    private static let maximumBytes = 1 << 20

    /// The settings file's text; nil where there is none.
    static func settingsText() throws(Failure) -> String? { try read(settingsPath) }

    /// What was chosen while the program ran before.
    static var remembered: Settings {
        do {
            return Settings(remembered: try read(rememberedPath) ?? "")
        } catch {
            return Settings()
        }
    }

    /// Keeps the theme for the next start; why not, where that fails.
    static func remember(theme: Palette.Theme) -> String? {
        do throws(WriteFailure) {
            try replace(rememberedPath, with: Settings.remembering(theme: theme))
            return nil
        } catch {
            return error.message
        }
    }

    /// Does something with a file of prompts. What cannot be read is left as it is.
    static func perform(_ request: PromptFileRequest) -> PromptFileAnswer {
        let path = "\(Environment.stateDirectory)/\(request.fileName)"
        do {
            let done = try request.apply(to: try read(path, maximumBytes: request.maximumBytes))
            if let text = done.text { try replace(path, with: text) }
            return done.answer
        } catch let failure as Failure {
            return .failed(request, reason: failure.message)
        } catch let problem as PromptFileProblem {
            return .failed(request, reason: "\(shortened(path)): \(problem.message)")
        } catch let failure as WriteFailure {
            return .failed(request, reason: "\(shortened(path)): \(failure.message)")
        } catch {
            return .failed(request, reason: "\(shortened(path)): \(error)")
        }
    }

    /// Puts a text in a file's place, whole or not at all.
    private static func replace(_ path: String, with text: String) throws(WriteFailure) {
        Environment.makeDirectory(Environment.stateDirectory)
        let temporary = "\(path).\(getpid())"
        try write(text, to: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC)
        guard rename(temporary, path) == 0 else {
            let failure = WriteFailure(error: errno)
            unlink(temporary)
            throw failure
        }
    }

    /// Writes a file that is not there yet, under the name or one like it, and answers its path as the user would write it.
    static func export(_ name: String, _ text: String) throws(Failure) -> String {
        let directory = "\(Environment.stateDirectory)/exports"
        Environment.makeDirectory(directory)
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        for attempt in 1...100 {
            let path = "\(directory)/\(name[..<dot])\(attempt == 1 ? "" : "-\(attempt)")\(name[dot...])"
            do {
                try write(text, to: path, flags: O_WRONLY | O_CREAT | O_EXCL)
                return shortened(path)
            } catch {
                if error.isThere { continue }
                throw Failure(message: "\(shortened(path)): \(error.message)")
            }
        }
        throw Failure(message: "\(shortened(directory)) has a hundred files of that name")
    }

    private static func shortened(_ path: String) -> String {
        guard let home = Environment.value("HOME"), home.count > 1, path.hasPrefix("\(home)/") else { return path }
        return "~\(path.dropFirst(home.count))"
    }

    private static func read(_ path: String, maximumBytes: Int = maximumBytes) throws(Failure) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Failure(message: "\(path): \(Environment.message(of: errno))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 { throw Failure(message: "\(path): \(Environment.message(of: errno))") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[0..<count]
        }
        throw Failure(message: "\(path): larger than \(maximumBytes) bytes, which it cannot be")
    }

    private static func write(_ text: String, to path: String, flags: Int32) throws(WriteFailure) {
        let file = open(path, flags | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WriteFailure(error: errno) }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                // Half a file would look like a whole one.
                let error = errno
                close(file)
                unlink(path)
                throw WriteFailure(error: error)
            }
            sent += count
        }
        guard close(file) == 0 else { throw WriteFailure(error: errno) }
    }

    private struct WriteFailure: Error {
        let error: Int32
        var message: String { Environment.message(of: error) }
        var isThere: Bool { error == EEXIST }
    }
}
