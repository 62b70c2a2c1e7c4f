import FoundationEssentials
import Glibc

/// The process's own memory, as the system counts it.
package enum ProgramMemory {
    /// Gives back what only the start needed of the program's code: loading and wiring touch most of it, serving a third.
    /// What is needed again comes back from the file at its first use.
    package static func releaseAfterStart() {
        for range in codeRanges {
            // Safe, as nobody has ever written to these pages: the mapping is executable, not writable, and private to us, so
            // that the file has the same bytes. Where the kernel refuses, nothing has changed.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// Where the program file's code is mapped; empty where the system does not tell.
    private static var codeRanges: [Range<UInt>] {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
            let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        else { return [] }
        return maps.split(separator: "\n").compactMap { line in
            // 5641c5349000-5641c72fe000 r-xp 00000000 00:2f 1234                  /usr/local/bin/gatewayd
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }) == program else {
                return nil
            }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { return nil }
            return ends[0]..<ends[1]
        }
    }
}
