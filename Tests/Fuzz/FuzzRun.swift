import Glibc

/// What the C callback, which can hold nothing, has to know.
enum FuzzRun {
    /// Set once before the first input, on the only thread.
    nonisolated(unsafe) static var target: FuzzTarget?

    /// Runs the files of a directory; nothing where it is none.
    static func replay(directory path: String, with target: FuzzTarget) {
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
            }
            FuzzInput.name = path + "/" + name
            if let bytes = read(FuzzInput.name, atMost: target.maximumBytes) { target.run(bytes) }
        }
        FuzzInput.name = ""
    }

    /// nil where there is no such file, or it is a directory.
    private static func read(_ path: String, atMost count: Int) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = fread(&bytes, 1, count, file)
        return ferror(file) == 0 ? Array(bytes.prefix(read)) : nil
    }
}
