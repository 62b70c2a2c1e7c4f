import Synchronization

/// Bounds how many calls of all are retries: in an outage everybody's retries together would be a multiple of the traffic.
///
/// Every request brings a share of a token, a retry takes a whole one; some are there at the start and come back with time,
/// so that a lone request may be retried, too.
final class RetryBudget: Sendable {
    private static let most = 10.0
    private static let atStart = 3.0
    /// A token in ten seconds.
    private static let perNanosecond = 1e-10

    private struct State {
        var share: Double
        var tokens = RetryBudget.atStart
        var at: Int64
    }

    private let state: Mutex<State>

    init(share: Double, now: Int64) {
        state = Mutex(State(share: share, at: now))
    }

    /// Changes the share from now on.
    func adopt(share: Double) { state.withLock { $0.share = share } }

    /// A request came.
    func deposit() { state.withLock { $0.tokens = min(Self.most, $0.tokens + $0.share) } }

    /// Whether one may be retried now, which counts as done.
    func withdraw(now: Int64) -> Bool {
        state.withLock { state in
            guard state.share > 0 else { return false }
            // Up to what is there at the start: what is beyond comes from traffic alone.
            if state.tokens < Self.atStart {
                state.tokens = min(Self.atStart, state.tokens + Double(max(0, now - state.at)) * Self.perNanosecond)
            }
            state.at = now
            guard state.tokens >= 1 else { return false }
            state.tokens -= 1
            return true
        }
    }
}
