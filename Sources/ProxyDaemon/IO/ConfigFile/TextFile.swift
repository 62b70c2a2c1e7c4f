import FoundationEssentials
import Glibc

/// Reads a whole small text file.
enum TextFile {
    /// A larger file is refused.
    static let maximumBytes = 1_048_576

    /// What kept a file from being read.
    struct Failure: Error {
        /// The system's number; 0 where the content is at fault.
        var code: Int32
        var problem: String
        /// There is no such file: the next place may be tried.
        var isAbsent: Bool { code == ENOENT || code == ENOTDIR }
    }

    /// The file's text. `isPlain` has links, pipes and devices refused.
    static func read(
        _ path: String,
        maximumBytes: Int = maximumBytes,
        isPlain: Bool = false
    ) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isPlain ? O_NOFOLLOW | O_NONBLOCK : 0))
        guard descriptor >= 0 else {
            guard isPlain, errno == ELOOP else { throw failure() }
            throw Failure(code: ELOOP, problem: "a link; expected a plain file")
        }
        defer { close(descriptor) }
        if isPlain {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure() }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw Failure(code: 0, problem: "expected a plain file")
            }
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            guard count > 0 else { break }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw Failure(code: 0, problem: "larger than \(maximumBytes) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(code: 0, problem: "not UTF-8 text")
        }
        return text
    }

    private static func failure() -> Failure {
        let code = errno
        return Failure(code: code, problem: "cannot be read: \(String(cString: strerror(code)).lowercased())")
    }
}
