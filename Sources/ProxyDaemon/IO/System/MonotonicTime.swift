import Glibc

/// The system's clocks.
package enum MonotonicTime {
    /// Nanoseconds on a clock that never goes back.
    package static func nanoseconds() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Milliseconds since 1970.
    package static func unixMilliseconds() -> Int64 { read(CLOCK_REALTIME) / 1_000_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
