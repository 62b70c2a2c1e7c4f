/// When Redis counts as away, and how long to wait before the next attempt to reach it.
///
/// Up and down: it comes up when a fresh connection has answered a probe in time. It goes down by too many timeouts in a
/// row, by a connection that breaks while commands wait for it, and by an attempt that fails. A connection that ends while
/// nothing waits, and one that is given up after a single timeout, is replaced quietly, at once.
struct RedisHealth: Equatable {
    /// So many unanswered calls in a row, and nobody is made to wait any more.
    static let timeoutsUntilDown = 5
    static let firstPauseMilliseconds = 100
    static let longestPauseMilliseconds = 5_000
    /// A connection that held for so long was a good one.
    static let goodAfterNanoseconds: Int64 = 1_000_000_000

    private(set) var isUp = false
    private var timeoutsInARow = 0
    /// Connections that failed, or did not hold, since the last good one.
    private var failures = 0
    private var upSinceNanoseconds: Int64?

    /// A fresh connection has answered the probe.
    mutating func greeted(now: Int64) {
        isUp = true
        timeoutsInARow = 0
        upSinceNanoseconds = now
    }

    mutating func answered() { timeoutsInARow = 0 }

    mutating func timedOut() {
        timeoutsInARow += 1
        if timeoutsInARow >= Self.timeoutsUntilDown { isUp = false }
    }

    /// An attempt failed, or a connection ended. Returns how many milliseconds to wait before the next attempt. `isQuiet`:
    /// nobody has lost more by it than a call that had timed out. `random` is in 0..<1.
    mutating func lost(isQuiet: Bool, now: Int64, random: Double) -> Int {
        if let since = upSinceNanoseconds, now - since >= Self.goodAfterNanoseconds { failures = 0 }
        let wasGreeted = upSinceNanoseconds != nil
        upSinceNanoseconds = nil
        failures += 1
        if isQuiet, wasGreeted, failures == 1 { return 0 }
        // Whoever waits for a timeout is not made to wait for the pause as well.
        isUp = false
        let doublings = min(failures - 1, 16)
        let pause = min(Self.longestPauseMilliseconds, Self.firstPauseMilliseconds << doublings)
        // Between half of it and the whole, so that daemons do not come back in step.
        return pause / 2 + Int(Double(pause / 2) * min(max(random, 0), 1))
    }
}
