import Synchronization

/// Keeps escalations to a share of the judged answers, so that a provider that has begun to answer badly does not double
/// the traffic and the bill.
///
/// Two bounds hold. In the long run: every judged answer earns a share of an escalation, and what is earned is kept up to
/// ``burst`` (a retry budget, as Finagle has it: https://twitter.github.io/finagle/guide/Clients.html#retries). At once:
/// no more than that share of the answers that are being judged, but ``leastAtOnce``.
final class StormGuard: Sendable {
    /// Escalations that may come together after a quiet time.
    static let burst = 10.0
    /// So many at once are no storm.
    static let leastAtOnce = 3

    private struct State {
        var share: Double
        var earned = StormGuard.burst
        var judging = 0
        var escalating = 0
        var refused = 0
    }

    private let state: Mutex<State>

    /// `share` of 0 to 1; 1 sets no bound.
    init(share: Double) { state = Mutex(State(share: max(0, min(1, share)))) }

    /// Changes the share from now on.
    func adopt(share: Double) { state.withLock { $0.share = max(0, min(1, share)) } }

    /// An answer is about to be judged. Each is to be followed by one ``ended()``.
    func began() {
        state.withLock { state in
            state.judging += 1
            state.earned = min(Self.burst, state.earned + state.share)
        }
    }

    func ended() { state.withLock { $0.judging -= 1 } }

    /// Whether one more answer may be asked again. Each yes is to be followed by one ``escalated()``.
    func admits() -> Bool {
        state.withLock { state in
            if state.share < 1 {
                let most = max(Self.leastAtOnce, Int((state.share * Double(state.judging)).rounded(.up)))
                guard state.earned >= 1, state.escalating < most else {
                    state.refused += 1
                    return false
                }
                state.earned -= 1
            }
            state.escalating += 1
            return true
        }
    }

    /// The stronger model's answer is there, or has failed.
    func escalated() { state.withLock { $0.escalating -= 1 } }

    /// How many were refused so far.
    var refused: Int { state.withLock { $0.refused } }
}
