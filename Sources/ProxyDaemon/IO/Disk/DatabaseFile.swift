import Glibc

/// The database's file among its neighbours: who may read it, which it is, and how it goes out of the way.
struct DatabaseFile: Sendable {
    /// Damaged files that are kept for those who want to look into them.
    private static let keptDamaged = 2

    /// Which file a path stands for at the moment.
    struct Identity: Sendable, Equatable {
        let device: UInt
        let number: UInt
    }

    let path: String

    /// nil where there is no file.
    var identity: Identity? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Identity(device: UInt(status.st_dev), number: UInt(status.st_ino))
    }

    /// Makes the directories that are missing, 0700, and the file where it is missing, 0600. A file that is there must be a
    /// plain one of this user's; others may not read it afterwards.
    func prepare() throws(SystemError) {
        try makeDirectories()
        // SQLite gives the files that it makes beside this one the same mode.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        guard errno == EEXIST else { throw SystemError(doing: "cannot make \(path)", errno) }
        // Not opened: to close it again would drop SQLite's locks on it, were it open elsewhere in this process.
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemError(doing: "cannot use \(path)", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(doing: "\(path) is no plain file", EINVAL) }
        guard status.st_uid == geteuid() else { throw SystemError(doing: "\(path) is another user's", EPERM) }
        guard status.st_mode & 0o777 == 0o600 || chmod(path, 0o600) == 0 else {
            throw SystemError(doing: "cannot protect \(path)", errno)
        }
    }

    /// Renames the file and what belongs to it; gives the new path.
    func moveAside(unixSeconds: Int64) throws(SystemError) -> String {
        let target = "\(path).damaged-\(unixSeconds)"
        guard rename(path, target) == 0 else { throw SystemError(doing: "cannot move \(path) aside", errno) }
        // Of the log may be read what the file lacks; what is in shared memory can be made anew.
        rename(path + "-wal", target + "-wal")
        unlink(path + "-shm")
        removeOldDamaged()
        return target
    }

    private func removeOldDamaged() {
        let (directory, name) = parts
        guard let stream = opendir(directory) else { return }
        var times: [Int64] = []
        while let entry = readdir(stream) {
            let found = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let prefix = "\(name).damaged-"
            if found.hasPrefix(prefix), let time = Int64(found.dropFirst(prefix.count)) { times.append(time) }
        }
        closedir(stream)
        for time in times.sorted().dropLast(Self.keptDamaged) {
            unlink("\(path).damaged-\(time)")
            unlink("\(path).damaged-\(time)-wal")
        }
    }

    private func makeDirectories() throws(SystemError) {
        let directory = parts.directory
        var made = directory.hasPrefix("/") ? "" : "."
        for part in directory.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o700) != 0, errno != EEXIST, errno != EROFS {
                throw SystemError(doing: "cannot make \(made)", errno)
            }
        }
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(doing: "cannot use \(directory)", ENOTDIR)
        }
    }

    private var parts: (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
    }
}
