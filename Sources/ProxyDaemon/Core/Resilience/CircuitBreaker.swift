/// Leaves a backend alone that does not work, and finds out when it does again.
///
/// Closed, every call goes through. Too many failures open it: no call goes through for a while. Then, half open, one call
/// tries; if that succeeds it closes, else it opens again for longer. A value: who holds it says what time it is.
struct CircuitBreaker: Sendable {
    enum Phase: String, Sendable {
        case closed
        case open
        case halfOpen = "half_open"
    }

    /// What a call that was let through has to bring back.
    struct Permit: Sendable, Equatable {
        /// Calls from before the breaker last opened or closed tell nothing of what is now.
        fileprivate let generation: Int
        let isTrial: Bool
    }

    private static let buckets = 10
    /// A trial that hangs keeps nobody else from trying after this time.
    private static let trialNanoseconds: Int64 = 2_000_000_000

    private let rules: Settings.Breaker
    private var generation = 0
    private(set) var consecutiveFailures = 0
    private var window: [(slot: Int64, calls: Int, failures: Int)]
    /// nil while it is closed.
    private var openUntil: Int64?
    private var timesOpened = 0
    private var trialBegan: Int64?
    private(set) var closedAt: Int64?

    init(_ rules: Settings.Breaker) {
        self.rules = rules
        window = Array(repeating: (slot: -1, calls: 0, failures: 0), count: Self.buckets)
    }

    func phase(now: Int64) -> Phase {
        guard let openUntil else { return .closed }
        return now < openUntil ? .open : .halfOpen
    }

    /// Whether ``admit(now:)`` would let a call through.
    func wouldAdmit(now: Int64) -> Bool {
        switch phase(now: now) {
        case .closed: true
        case .open: false
        case .halfOpen: trialBegan.map { now - $0 >= Self.trialNanoseconds } ?? true
        }
    }

    /// Lets a call through, or not. In half open the call is the trial.
    mutating func admit(now: Int64) -> Permit? {
        guard wouldAdmit(now: now) else { return nil }
        let isTrial = openUntil != nil
        if isTrial { trialBegan = now }
        return Permit(generation: generation, isTrial: isTrial)
    }

    /// The call was answered as it should be, or in a way that is not the backend's fault.
    mutating func succeeded(_ permit: Permit, now: Int64) {
        guard permit.generation == generation else { return }
        consecutiveFailures = 0
        if permit.isTrial { return close(now: now) }
        count(now: now, failed: false)
    }

    /// The call failed, and that is the backend's fault.
    mutating func failed(_ permit: Permit, now: Int64) {
        guard permit.generation == generation, rules.isEnabled else { return }
        guard !permit.isTrial else {
            consecutiveFailures += 1
            return open(now: now)
        }
        fail(now: now)
    }

    private mutating func fail(now: Int64) {
        consecutiveFailures += 1
        count(now: now, failed: true)
        if consecutiveFailures >= rules.failures || isOverRate(now: now) { open(now: now) }
    }

    /// The call failed as the same request had before: it tells nothing new, but for a trial.
    mutating func failedAgain(_ permit: Permit, now: Int64) {
        if permit.isTrial { failed(permit, now: now) }
    }

    /// A failure that told nothing when it came tells something now.
    mutating func blame(now: Int64) {
        guard rules.isEnabled, openUntil == nil else { return }
        fail(now: now)
    }

    /// The call told nothing: its client left.
    mutating func abandoned(_ permit: Permit) {
        if permit.generation == generation, permit.isTrial { trialBegan = nil }
    }

    /// Somebody found that it can be reached: the next call may try at once.
    mutating func mayTry(now: Int64) {
        guard let until = openUntil, until > now else { return }
        openUntil = now
    }

    /// Closes it by hand.
    mutating func reset(now: Int64) {
        consecutiveFailures = 0
        if openUntil != nil { close(now: now) }
    }

    /// Nanoseconds until a call may try; nil where it is closed.
    func waitNanoseconds(now: Int64) -> Int64? { openUntil.map { max(0, $0 - now) } }

    /// The share of failures in the window, 0 to 1; nil without calls.
    func errorRate(now: Int64) -> Double? {
        let totals = totals(now: now)
        return totals.calls == 0 ? nil : Double(totals.failures) / Double(totals.calls)
    }

    private mutating func open(now: Int64) {
        // Twice as long with each opening that led to nothing.
        let factor = Int64(1) << min(timesOpened, 20)
        let milliseconds = min(Int64(rules.openMilliseconds) * factor, Int64(rules.maxOpenMilliseconds))
        timesOpened += 1
        openUntil = now + max(milliseconds, 1) * 1_000_000
        trialBegan = nil
        generation += 1
    }

    private mutating func close(now: Int64) {
        openUntil = nil
        trialBegan = nil
        timesOpened = 0
        closedAt = now
        generation += 1
        for bucket in window.indices { window[bucket] = (slot: -1, calls: 0, failures: 0) }
    }

    private var bucketNanoseconds: Int64 {
        max(1, Int64(rules.windowSeconds) * 1_000_000_000 / Int64(Self.buckets))
    }

    private mutating func count(now: Int64, failed: Bool) {
        let slot = now / bucketNanoseconds
        let at = Int(slot % Int64(Self.buckets))
        if window[at].slot != slot { window[at] = (slot: slot, calls: 0, failures: 0) }
        window[at].calls += 1
        if failed { window[at].failures += 1 }
    }

    private func totals(now: Int64) -> (calls: Int, failures: Int) {
        let oldest = now / bucketNanoseconds - Int64(Self.buckets) + 1
        return window.reduce((0, 0)) { sum, bucket in
            bucket.slot >= oldest ? (sum.0 + bucket.calls, sum.1 + bucket.failures) : sum
        }
    }

    private func isOverRate(now: Int64) -> Bool {
        let totals = totals(now: now)
        return totals.calls >= rules.minRequests && Double(totals.failures) >= rules.errorRate * Double(totals.calls)
    }
}
