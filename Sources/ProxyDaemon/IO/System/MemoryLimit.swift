import Glibc

/// How much memory there is for this process.
enum MemoryLimit {
    /// Of a container by cgroup v2 and v1 (https://docs.kernel.org/admin-guide/cgroup-v2.html): each holds a number of bytes,
    /// or a word or a huge number where there is no limit.
    private static let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    /// What is held of request bodies by default, at least and at most.
    private static let bodies = 67_108_864...1_073_741_824

    /// The container's limit, or the machine's memory where that is less.
    static func bytes(files: [String] = files) -> Int {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return files.compactMap(limit).filter { $0 > 0 }.min().map { min($0, machine) } ?? machine
    }

    /// A quarter of that, within bounds.
    static func bodyBytes(of memory: Int = bytes()) -> Int {
        min(max(memory / 4, bodies.lowerBound), bodies.upperBound)
    }

    private static func limit(_ file: String) -> Int? {
        guard let stream = fopen(file, "r") else { return nil }
        defer { fclose(stream) }
        var text = [CChar](repeating: 0, count: 32)
        guard fgets(&text, Int32(text.count), stream) != nil else { return nil }
        return Int(String(decoding: text.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
