import Synchronization

/// Bounds how many calls of all are further calls for a request whose first one failed, on whichever backend: in an outage
/// everybody's further calls together would be a multiple of the traffic, and the backends that still work would fall next.
///
/// Every request brings a share of a token, a further call takes a whole one; some are there at the start and come back with
/// time, so that a lone request may be tried again, too.
final class RetryBudget: Sendable {
    /// What quick traffic may save up: those who are under way when a backend breaks down can all go elsewhere.
    private static let most = 100.0
    /// As many failures as open a backend's breaker, from where on it costs no further calls: while the others work, nobody
    /// notices that one has broken down.
    private static let atStart = 5.0
    /// A token in ten seconds.
    private static let perNanosecond = 1e-10

    private struct State {
        var share: Double
        var tokens = RetryBudget.atStart
        var at: Int64

        /// Up to what is there at the start: what is beyond comes from traffic alone.
        mutating func refill(_ now: Int64) {
            if tokens < RetryBudget.atStart {
                tokens = min(RetryBudget.atStart, tokens + Double(max(0, now - at)) * RetryBudget.perNanosecond)
            }
            at = now
        }
    }

    private let state: Mutex<State>

    init(share: Double, now: Int64) {
        state = Mutex(State(share: share, at: now))
    }

    /// Changes the share from now on.
    func adopt(share: Double) { state.withLock { $0.share = share } }

    /// A request came.
    func deposit() { state.withLock { $0.tokens = min(Self.most, $0.tokens + $0.share) } }

    /// Whether there may be one more call now, which counts as made.
    func withdraw(now: Int64) -> Bool {
        state.withLock { state in
            guard state.share > 0 else { return false }
            state.refill(now)
            guard state.tokens >= 1 else { return false }
            state.tokens -= 1
            return true
        }
    }

    /// There is no more than one further call: it had better not go where one has just failed.
    func isScarce(now: Int64) -> Bool {
        state.withLock { state in
            state.refill(now)
            return state.tokens < 2
        }
    }
}
