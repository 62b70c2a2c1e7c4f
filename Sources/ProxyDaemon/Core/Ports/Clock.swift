/// The time, as the core may know it: handed in, so that tests can turn it.
package struct Clock: Sendable {
    /// Nanoseconds on a clock that never goes back.
    package var monotonicNanoseconds: @Sendable () -> Int64
    /// Milliseconds since 1970.
    package var unixMilliseconds: @Sendable () -> Int64

    package init(
        monotonicNanoseconds: @escaping @Sendable () -> Int64,
        unixMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.unixMilliseconds = unixMilliseconds
    }
}
