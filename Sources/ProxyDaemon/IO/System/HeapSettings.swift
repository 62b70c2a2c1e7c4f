import CMalloc
import Glibc

/// How the C library's heap, from which Swift takes its memory, gives memory back to the system.
package enum HeapSettings {
    /// Bytes that are free at the end of a heap before they are given back. By default 128 KiB: with the frames of a few
    /// requests that is given back and taken anew, page by page, some hundred times a second.
    private static let keptBytes: Int32 = 1_048_576
    /// How much a heap grows by at least.
    private static let growthBytes: Int32 = 262_144
    /// From this size on memory comes straight from the system and goes straight back: a large body leaves no hole. Has to be
    /// set with the others, as it would otherwise stay at 128 KiB.
    private static let mappedBytes: Int32 = 1_048_576

    /// Has the whole process keep what the next requests will need again. To be called once, before there are threads. What the
    /// environment says of it (`MALLOC_TRIM_THRESHOLD_`, mallopt(3)) goes first.
    package static func apply() {
        let names = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"]
        guard names.allSatisfy({ getenv($0) == nil }) else { return }
        _ = mallopt(M_TRIM_THRESHOLD, keptBytes)
        _ = mallopt(M_TOP_PAD, growthBytes)
        _ = mallopt(M_MMAP_THRESHOLD, mappedBytes)
    }
}
