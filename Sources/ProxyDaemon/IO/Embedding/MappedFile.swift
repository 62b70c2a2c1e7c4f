import Crypto
import Glibc

/// A file of bounded size in memory, as the system maps it.
///
/// Only to be held while it is read through: should the file be cut short meanwhile, touching what is gone would end the
/// process.
struct MappedFile: ~Copyable {
    let bytes: UnsafeRawBufferPointer

    /// - Throws: ``ModelProblem`` for a file that is not there, is no plain file, or is empty or larger than allowed.
    init(_ path: String, maximumBytes: Int) throws(ModelProblem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ModelProblem("\(path) is not a plain file") }
        guard status.st_size > 0, status.st_size <= maximumBytes else {
            throw ModelProblem("\(path) has \(status.st_size) bytes; expected 1 to \(maximumBytes)")
        }
        let address = mmap(nil, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw Self.failure(path, "cannot be mapped") }
        bytes = UnsafeRawBufferPointer(start: address, count: status.st_size)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// The file's SHA-256 in lower-case hexadecimal.
    var sha256: String {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return hash.finalize().reduce(into: "") { text, byte in
            let digits = String(byte, radix: 16)
            text += byte < 16 ? "0" + digits : digits
        }
    }

    private static func failure(_ path: String, _ what: String) -> ModelProblem {
        ModelProblem("\(path) \(what): \(String(cString: strerror(errno)).lowercased())")
    }
}
