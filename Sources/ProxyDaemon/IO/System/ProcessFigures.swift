import Glibc

/// What the system says of this process, from `/proc` (proc(5)).
package struct ProcessFigures: Sendable, Equatable {
    package var cpuSeconds = 0.0
    package var residentBytes = 0
    package var virtualBytes = 0
    package var openDescriptors = 0
    package var maxDescriptors = 0
    package var startUnixSeconds = 0.0

    package init() {}

    /// The figures of this moment; nil where `/proc` is not there.
    package static func current() -> ProcessFigures? {
        guard let stat = text("/proc/self/stat"), let system = text("/proc/stat") else { return nil }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var figures = ProcessFigures(
            stat: stat,
            bootUnixSeconds: bootUnixSeconds(system),
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: sysconf(Int32(_SC_PAGESIZE))
        )
        figures?.openDescriptors = Descriptors.open()
        figures?.maxDescriptors = Int(clamping: limit.rlim_cur)
        return figures
    }

    /// Reads `/proc/<pid>/stat`; nil for what is none.
    init?(stat: String, bootUnixSeconds: Double, ticksPerSecond: Double, pageBytes: Int) {
        // The program's name stands in parentheses, and may hold any of them itself.
        guard let end = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        // The first of these is the third field of the table in proc(5).
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        func number(_ field: Int) -> Int? { fields.count > field - 3 ? Int(fields[field - 3]) : nil }
        guard let user = number(14), let system = number(15), let start = number(22), let bytes = number(23),
            let pages = number(24)
        else { return nil }
        cpuSeconds = Double(user + system) / ticksPerSecond
        startUnixSeconds = bootUnixSeconds + Double(start) / ticksPerSecond
        virtualBytes = bytes
        residentBytes = pages * pageBytes
    }

    static func bootUnixSeconds(_ system: String) -> Double {
        let line = system.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }

    /// A small file of the system's, whose size nobody knows before.
    private static func text(_ path: String) -> String? {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { Glibc.close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 1_048_576 {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
