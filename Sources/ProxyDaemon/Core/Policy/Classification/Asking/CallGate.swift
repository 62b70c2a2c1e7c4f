/// Leaves out a service that does not answer: after so many failures in a row nobody asks it for a while, then one call
/// goes out to see whether it is back.
///
/// A value; times are handed in, in nanoseconds on the monotonic clock.
package struct CallBreaker: Sendable, Equatable {
    private enum State: Sendable, Equatable {
        /// Calls pass. Valid transition: `open` after `failureLimit` failures in a row.
        case closed(failures: Int)
        /// Calls are refused until then. Valid transitions: `probing`; `closed` by a call that began before.
        case open(until: Int64, pauses: Int)
        /// One call is out. Valid transitions: `closed`, `open`, and `probing` again if nothing is heard of it by then.
        case probing(until: Int64, pauses: Int)
    }

    /// Each failed probe doubles the pause, up to so many times.
    private static let mostDoublings = 4

    private var state = State.closed(failures: 0)
    private let failureLimit: Int
    private let pauseNanoseconds: Int64

    package init(failureLimit: Int, pauseSeconds: Int) {
        self.failureLimit = max(1, failureLimit)
        pauseNanoseconds = Int64(max(1, min(pauseSeconds, 86_400))) * 1_000_000_000
    }

    /// Whether calls are refused at that time.
    package func isOpen(now: Int64) -> Bool {
        switch state {
        case .closed: false
        case .open(let until, _), .probing(let until, _): now < until
        }
    }

    /// Whether a call may go out. One that may must be reported by ``record(success:now:)`` or ``withdraw(now:)``.
    package mutating func admit(now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until, let pauses), .probing(let until, let pauses):
            guard now >= until else { return false }
            state = .probing(until: end(of: pauses, now), pauses: pauses)
            return true
        }
    }

    /// A call has ended.
    package mutating func record(success: Bool, now: Int64) {
        guard !success else {
            state = .closed(failures: 0)
            return
        }
        switch state {
        case .closed(let failures):
            let count = failures + 1
            state = count < failureLimit ? .closed(failures: count) : .open(until: end(of: 0, now), pauses: 0)
        case .probing(_, let pauses):
            let next = min(pauses + 1, Self.mostDoublings)
            state = .open(until: end(of: next, now), pauses: next)
        // A late failure of a call that began before tells nothing new.
        case .open: break
        }
    }

    /// A call was broken off from this side, which tells nothing: the next one may be the probe.
    package mutating func withdraw(now: Int64) {
        if case .probing(_, let pauses) = state { state = .open(until: now, pauses: pauses) }
    }

    private func end(of pauses: Int, _ now: Int64) -> Int64 { now &+ pauseNanoseconds << Int64(pauses) }
}

/// A breaker, and a bound on the calls that are out at once.
struct CallGate: Sendable {
    enum Refusal: Sendable, Equatable {
        /// The breaker is open.
        case resting
        /// As many calls are out as may be.
        case busy
    }

    enum End: Sendable {
        case success
        case failure
        /// Broken off from this side.
        case withdrawn
    }

    private var breaker: CallBreaker
    private var inFlight = 0
    private let maximumInFlight: Int

    init(failureLimit: Int, pauseSeconds: Int, maximumInFlight: Int) {
        breaker = CallBreaker(failureLimit: failureLimit, pauseSeconds: pauseSeconds)
        self.maximumInFlight = max(1, maximumInFlight)
    }

    func isResting(now: Int64) -> Bool { breaker.isOpen(now: now) }

    /// Nil for a call that may go out; it must be reported by ``ended(_:now:)``.
    mutating func admit(now: Int64) -> Refusal? {
        guard inFlight < maximumInFlight else { return .busy }
        guard breaker.admit(now: now) else { return .resting }
        inFlight += 1
        return nil
    }

    mutating func ended(_ end: End, now: Int64) {
        inFlight -= 1
        switch end {
        case .success: breaker.record(success: true, now: now)
        case .failure: breaker.record(success: false, now: now)
        case .withdrawn: breaker.withdraw(now: now)
        }
    }
}
