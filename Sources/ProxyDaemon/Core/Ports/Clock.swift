/// The time, as the core may know it: handed in, so that tests can turn it.
package struct Clock: Sendable {
    /// Nanoseconds on a clock that never goes back.
    package var monotonicNanoseconds: @Sendable () -> Int64
    /// Milliseconds since 1970.
    package var unixMilliseconds: @Sendable () -> Int64
    /// Waits for so many milliseconds, or until the task is cancelled.
    package var sleep: @Sendable (_ milliseconds: Int) async -> Void

    package init(
        monotonicNanoseconds: @escaping @Sendable () -> Int64,
        unixMilliseconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (_ milliseconds: Int) async -> Void = Clock.sleepOfTask
    ) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.unixMilliseconds = unixMilliseconds
        self.sleep = sleep
    }

    /// The runtime's own way to wait.
    package static let sleepOfTask: @Sendable (_ milliseconds: Int) async -> Void = { milliseconds in
        // What it throws is that the task was cancelled, which ends the waiting as it should.
        try? await Task.sleep(for: .milliseconds(max(0, milliseconds)))
    }
}
