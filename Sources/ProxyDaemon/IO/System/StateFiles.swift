import Dispatch
package import GatewayCore
import Glibc
import Synchronization

/// Keeps the daemon's documents as files in a directory of its own, one for each name.
///
/// A file is 0600 in a 0700 directory, and is replaced whole or not at all: written beside, synced, renamed. Where
/// several daemons share a directory the last one to save a document wins; no file is ever half of one and half of
/// another. Files are read and written on a queue of their own, so that a slow disk holds up no request.
package final class StateFiles: StateStore {
    /// A larger document is neither saved nor loaded.
    package static let maximumBytes = 16_777_216
    private static let maximumNameBytes = 64

    /// The directory, without a slash at the end.
    package let directory: String
    private let queue = DispatchQueue(label: "gateway.state-files", qos: .utility)
    private static let instances = Atomic<Int>(0)
    /// What the names of files begin with.
    private let prefix: String
    /// What a complaint says of the documents.
    private let loss: String
    /// Files are the directory's owner's, where that is somebody else and this is root.
    private let servesOwner: Bool
    /// What temporary files end in, apart from those of other daemons and other instances.
    private let temporarySuffix: String

    /// `isDemo`: documents of a daemon with simulated backends only, beside the others' and never in their place.
    ///
    /// `loss` tells what becomes of documents that cannot be saved. `servesOwner`: where root runs this in another user's
    /// directory, what it makes there is that user's; without it the directory is not touched.
    package init(
        directory: String,
        isDemo: Bool = false,
        loss: String = "what is learned is kept in memory only",
        servesOwner: Bool = false
    ) {
        self.directory = directory
        self.loss = loss
        self.servesOwner = servesOwner && getuid() == 0
        prefix = isDemo ? "demo-" : ""
        let number = Self.instances.add(1, ordering: .relaxed).oldValue
        temporarySuffix = ".\(getpid()).\(number).tmp"
        queue.async { Self.removeLeftovers(in: directory) }
    }

    /// `$XDG_STATE_HOME/llm-gateway`, by default `~/.local/state/llm-gateway`; nil where the environment names no home.
    package static func standardDirectory(environment: [String: String]) -> String? {
        // The specification wants relative paths ignored.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/llm-gateway" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return "\(home)/.local/state/llm-gateway"
    }

    package func load(_ name: String) async -> [UInt8]? {
        guard let path = path(name) else { return nil }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.read(path)) }
        }
    }

    package func save(_ document: [UInt8], as name: String) async throws(StateStoreError) {
        guard let path = path(name) else {
            throw StateStoreError("\"\(name)\" cannot be a file's name: it takes a-z, 0-9, - and _, at most 64")
        }
        guard document.count <= Self.maximumBytes else {
            throw StateStoreError("\(path): \(document.count) bytes are over the limit of \(Self.maximumBytes)")
        }
        let (directory, suffix, servesOwner) = (directory, temporarySuffix, servesOwner)
        let failure = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Self.replace(path, document, directory, path + suffix, servesOwner: servesOwner)
                )
            }
        }
        guard let failure else { return }
        throw StateStoreError(
            "\(failure); \(loss) until \(directory) is a directory this user can write to"
        )
    }

    private func path(_ name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, !name.isEmpty, name.utf8.count <= Self.maximumNameBytes else { return nil }
        return "\(directory)/\(prefix)\(name)"
    }

    private static func read(_ path: String) -> [UInt8]? {
        // Not through a link, and not from a pipe that would block.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= maximumBytes else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size))
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, bytes.count + count <= maximumBytes else { return nil }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// nil when the document is safely there.
    private static func replace(
        _ path: String,
        _ document: [UInt8],
        _ directory: String,
        _ temporary: String,
        servesOwner: Bool
    ) -> SystemError? {
        if let failure = makeDirectory(directory, servesOwner: servesOwner) { return failure }
        // In another user's directory, what has the name already may be a link to anything.
        if servesOwner { unlink(temporary) }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (servesOwner ? O_EXCL : O_TRUNC)
        let descriptor = open(temporary, flags, 0o600)
        guard descriptor >= 0 else { return SystemError(doing: "cannot write \(temporary)", errno) }
        // The file may be left from a run with another mask.
        var failure = fchmod(descriptor, 0o600) == 0 ? nil : SystemError(doing: "cannot protect \(temporary)", errno)
        if failure == nil, servesOwner { failure = give(descriptor, toOwnerOf: directory) }
        if failure == nil, !writeAll(document, to: descriptor) || fsync(descriptor) != 0 {
            failure = SystemError(doing: "cannot write \(temporary)", errno)
        }
        if close(descriptor) != 0, failure == nil {
            failure = SystemError(doing: "cannot write \(temporary)", errno)
        }
        if failure == nil, rename(temporary, path) != 0 {
            failure = SystemError(doing: "cannot replace \(path)", errno)
        }
        if failure != nil { unlink(temporary) }
        syncDirectory(directory)
        return failure
    }

    /// Makes the owner and group of a directory those of an open file.
    static func give(_ descriptor: Int32, toOwnerOf directory: String) -> SystemError? {
        var status = stat()
        guard stat(directory, &status) == 0, fchown(descriptor, status.st_uid, status.st_gid) == 0 else {
            return SystemError(doing: "cannot give a file in \(directory) to its owner", errno)
        }
        return nil
    }

    /// Removes the temporary files of daemons that died while they were writing.
    private static func removeLeftovers(in directory: String) {
        guard let stream = opendir(directory) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // name.pid.number.tmp
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[3] == "tmp", let process = pid_t(parts[1]), process > 0,
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            unlink("\(directory)/\(name)")
        }
    }

    private static func writeAll(_ document: [UInt8], to descriptor: Int32) -> Bool {
        document.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }

    /// The rename outlives a power cut only with its directory on disk; not every file system can, and none must.
    private static func syncDirectory(_ directory: String) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Makes the directory and those above it that are missing.
    private static func makeDirectory(_ directory: String, servesOwner: Bool) -> SystemError? {
        var path = ""
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o700) != 0, errno != EEXIST { return SystemError(doing: "cannot make \(path)", errno) }
        }
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return SystemError(doing: "cannot use \(directory)", ENOTDIR)
        }
        if servesOwner, status.st_uid != getuid() { return nil }
        guard status.st_uid == getuid() else { return SystemError(doing: "\(directory) is another user's", EPERM) }
        guard status.st_mode & 0o777 == 0o700 || chmod(directory, 0o700) == 0 else {
            return SystemError(doing: "cannot protect \(directory)", errno)
        }
        return nil
    }
}
