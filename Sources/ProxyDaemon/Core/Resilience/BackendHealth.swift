import Glibc
import Shared
import Synchronization

/// How one backend is doing: its circuit breaker, what is under way there, how fast it was of late.
///
/// A reference behind a lock that is held for nanoseconds; the clock's time is handed in.
final class BackendHealth: Sendable {
    /// The weight of the latest answer in the moving average of times.
    static let share = 0.2
    /// After so long without an answer the average counts half: who was slow once is found out to be quick again.
    static let halfLifeNanoseconds = 30e9
    /// A failure tells nothing any more after so long.
    static let degradedNanoseconds = 30e9
    /// How much more a backend counts as loaded whose last call has just failed; the same again for each further failure.
    static let failureWeight = 3.0

    /// A call that was let through.
    struct Call: Sendable {
        fileprivate let permit: CircuitBreaker.Permit
        fileprivate let began: Int64
        /// The same request has failed here before.
        fileprivate let isRepeated: Bool
    }

    /// What a call came to.
    enum Outcome: Sendable {
        /// It was answered, be it with an error that is the client's own.
        case answered
        case failed(CallFailure, String)
        /// The client left, or it was not made after all.
        case abandoned
    }

    private struct State {
        var breaker: CircuitBreaker
        var inFlight = 0
        var firstByteMilliseconds: Double?
        var answeredAt: Int64 = 0
        var failedAt: Int64 = 0
        var limitedUntil: Int64 = 0
        /// The last call could not even connect.
        var isUnreachable = false
        var lastFailure: String?
        var isProbed = false
    }

    private let baseURL: String
    let limit: ConcurrencyLimit?
    private let rules: Settings.Breaker
    private let state: Mutex<State>

    init(_ backend: Backend, rules: Settings.Breaker, limit: ConcurrencyLimit.Bounds?, clock: Clock) {
        baseURL = backend.baseURL
        self.rules = rules
        self.limit = limit.map { ConcurrencyLimit($0, clock: clock) }
        state = Mutex(State(breaker: CircuitBreaker(rules)))
    }

    /// Of a backend that is in no configuration.
    init(rules: Settings.Breaker) {
        (baseURL, limit) = ("", nil)
        self.rules = rules
        state = Mutex(State(breaker: CircuitBreaker(rules)))
    }

    /// Whether what is known of a backend of this name holds under a newer configuration as well.
    func goesOn(as backend: Backend, _ rules: Settings.Breaker) -> Bool {
        baseURL == backend.baseURL && self.rules == rules && (limit == nil) == (backend.maxConcurrent == nil)
    }

    /// Lets a call through, or not: the breaker is open. `isRepeated`: the same request has failed here before. That it fails again
    /// may be its own fault, of which statuses tell nothing, and does not open the breaker for all others, unless ``blame(times:now:)``
    /// tells that it was not.
    func begin(now: Int64, isRepeated: Bool = false) -> Call? {
        state.withLock { state in
            guard let permit = state.breaker.admit(now: now) else { return nil }
            state.inFlight += 1
            return Call(permit: permit, began: now, isRepeated: isRepeated)
        }
    }

    /// Its answer has begun.
    func answers(_ call: Call, now: Int64) {
        let milliseconds = Double(now - call.began) / 1e6
        state.withLock { state in
            let old = state.firstByteMilliseconds ?? milliseconds
            state.firstByteMilliseconds = old + Self.share * (milliseconds - old)
            state.answeredAt = now
        }
    }

    /// A call has ended. True where somebody should find out when the backend can be reached again.
    func end(_ call: Call, _ outcome: Outcome, now: Int64) -> Bool {
        state.withLock { state in
            state.inFlight -= 1
            switch outcome {
            case .abandoned: state.breaker.abandoned(call.permit)
            case .answered:
                state.isUnreachable = false
                state.breaker.succeeded(call.permit, now: now)
            case .failed(let failure, let text):
                state.lastFailure = text
                if failure.isLimited, let seconds = failure.retryAfterSeconds {
                    state.limitedUntil = max(state.limitedUntil, now + Int64(min(seconds, 30) * 1e9))
                }
                guard failure.isBackendsFault else {
                    state.breaker.succeeded(call.permit, now: now)
                    return false
                }
                state.isUnreachable = failure.isUnreachable
                state.failedAt = now
                if call.isRepeated, !failure.isUnreachable {
                    state.breaker.failedAgain(call.permit, now: now)
                } else {
                    state.breaker.failed(call.permit, now: now)
                }
                guard failure.isUnreachable, !state.isProbed, state.breaker.phase(now: now) != .closed else {
                    return false
                }
                state.isProbed = true
                return true
            }
            return false
        }
    }

    /// So many failures of requests that had failed here before were no fault of theirs.
    func blame(times: Int, now: Int64) {
        state.withLock { state in
            for _ in 0..<times { state.breaker.blame(now: now) }
        }
    }

    /// What looking whether it can be reached came to. False where looking on is of no use.
    func probed(isReachable: Bool, now: Int64) -> Bool {
        state.withLock { state in
            let isClosed = state.breaker.phase(now: now) == .closed
            if isReachable {
                state.isUnreachable = false
                state.breaker.mayTry(now: now)
            }
            state.isProbed = !(isReachable || isClosed)
            return state.isProbed
        }
    }

    /// Whether a call would be let through.
    func isAvailable(now: Int64) -> Bool { state.withLock { $0.breaker.wouldAdmit(now: now) } }

    /// Its provider said that it takes no more for a while.
    func isLimited(now: Int64) -> Bool { state.withLock { $0.limitedUntil > now } }

    /// Nanoseconds until a call may try; nil where one may now.
    func waitNanoseconds(now: Int64) -> Int64? {
        state.withLock { $0.breaker.wouldAdmit(now: now) ? nil : $0.breaker.waitNanoseconds(now: now) }
    }

    /// How much there is to do here: the lower, the sooner a further call would be answered.
    ///
    /// Calls under way times the time of the latest answers, more where calls have failed of late, and more where it has just
    /// come back. Each of these fades, so that nobody is left out for good.
    func load(now: Int64) -> Double {
        state.withLock { state in
            let silence = max(0, Double(now - state.answeredAt))
            let milliseconds = (state.firstByteMilliseconds ?? 1) * exp2(-silence / Self.halfLifeNanoseconds)
            var load = Double(state.inFlight + 1) * max(milliseconds, 1)
            load /= max(0.1, 1 - (state.breaker.errorRate(now: now) ?? 0))
            let failures = Double(min(state.breaker.consecutiveFailures, 5))
            let freshness = max(0, 1 - Double(now - state.failedAt) / Self.degradedNanoseconds)
            load *= 1 + Self.failureWeight * failures * freshness
            guard let closed = state.breaker.closedAt, rules.slowStartSeconds > 0 else { return load }
            // Who has just come back gets a growing share.
            let progress = Double(now - closed) / (Double(rules.slowStartSeconds) * 1e9)
            return load / min(1, max(0.1, progress))
        }
    }

    /// Closes the breaker by hand.
    func reset(now: Int64) {
        state.withLock { state in
            state.breaker.reset(now: now)
            state.limitedUntil = 0
            state.isUnreachable = false
        }
    }

    /// What a person is told.
    func report(now: Int64) -> BackendHealthReport {
        state.withLock { state in
            let phase = state.breaker.phase(now: now)
            return BackendHealthReport(
                state: word(state, phase),
                breaker: phase.rawValue,
                consecutiveFailures: state.breaker.consecutiveFailures,
                errorRate: state.breaker.errorRate(now: now),
                firstByteMilliseconds: state.firstByteMilliseconds,
                waiting: limit?.waiting ?? 0,
                maxConcurrent: limit?.most,
                retryInMilliseconds: state.breaker.waitNanoseconds(now: now).map { Double($0) / 1e6 },
                limitedForSeconds: state.limitedUntil > now ? Double(state.limitedUntil - now) / 1e9 : nil,
                lastError: state.lastFailure
            )
        }
    }

    private func word(_ state: State, _ phase: CircuitBreaker.Phase) -> BackendHealthReport.State {
        switch phase {
        case .open, .halfOpen: state.isUnreachable ? .down : .broken
        case .closed: state.breaker.consecutiveFailures > 0 ? .degraded : .healthy
        }
    }
}
