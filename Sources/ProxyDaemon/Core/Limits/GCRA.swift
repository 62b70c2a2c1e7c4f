/// A bound of so many units in a period, by the generic cell rate algorithm in its form of virtual scheduling (ITU-T
/// Recommendation I.371, annex A; ATM Forum Traffic Management 4.1, section 4.4.2).
///
/// All that is remembered of a client is its theoretical arrival time: when its bucket is full again. A unit moves it by
/// `period / limit`. Whoever was away for a whole period may take all of the limit at once, and after that one unit each
/// `period / limit`: there is no minute's edge at which twice as much would fit.
package struct GCRA: Sendable, Equatable {
    /// Units in a period, and at most at once; 1 at least.
    package let limit: Int
    package let periodNanoseconds: Int64

    package init(limit: Int, periodNanoseconds: Int64 = 60_000_000_000) {
        self.limit = max(1, limit)
        self.periodNanoseconds = max(1, periodNanoseconds)
    }

    /// What a request finds.
    package struct Outcome: Sendable, Equatable {
        package var isAllowed: Bool
        /// Units left after it; as they were, where it was not allowed.
        package var remaining: Int
        /// Until all units are there again.
        package var resetNanoseconds: Int64
        /// Until the same request would be allowed; 0 where it is.
        package var retryNanoseconds: Int64
        /// The theoretical arrival time after it.
        package var arrival: Int64

        package init(
            isAllowed: Bool,
            remaining: Int,
            resetNanoseconds: Int64,
            retryNanoseconds: Int64,
            arrival: Int64
        ) {
            self.isAllowed = isAllowed
            self.remaining = remaining
            self.resetNanoseconds = resetNanoseconds
            self.retryNanoseconds = retryNanoseconds
            self.arrival = arrival
        }
    }

    /// How long so many units take to come back. Rounded down, so that the whole limit fits into the period.
    func nanoseconds(_ units: Int) -> Int64 {
        let product = Int128(max(0, units)) * Int128(periodNanoseconds)
        return Int64(min(product / Int128(limit), Int128(Int64.max / 4)))
    }

    /// Asks for units at a time. What is more than the limit needs a full bucket, rather than never to be allowed.
    ///
    /// `arrival` is what an earlier outcome left, nil before the first; `now` is in nanoseconds on any clock that never goes
    /// back.
    package func take(_ units: Int, arrival: Int64?, now: Int64) -> Outcome {
        let before = max(arrival ?? now, now)
        let after = before + nanoseconds(min(units, limit))
        let wait = after - periodNanoseconds - now
        let isAllowed = wait <= 0
        let kept = isAllowed ? after : before
        return Outcome(
            isAllowed: isAllowed,
            remaining: remaining(kept, now),
            resetNanoseconds: kept - now,
            retryNanoseconds: max(0, wait),
            arrival: kept
        )
    }

    /// The arrival time once it is known that units more, or fewer, were used than asked for. The debt is bounded to ten
    /// periods.
    package func corrected(_ arrival: Int64?, by units: Int, now: Int64) -> Int64 {
        let before = max(arrival ?? now, now)
        let change = nanoseconds(units.magnitude > UInt(Int.max) ? .max : abs(units))
        return units < 0
            ? max(now, before - change) : min(before + change, now + 10 * min(periodNanoseconds, .max / 100))
    }

    private func remaining(_ arrival: Int64, _ now: Int64) -> Int {
        let free = periodNanoseconds - (arrival - now)
        guard free > 0 else { return 0 }
        return Int(clamping: Int128(free) * Int128(limit) / Int128(periodNanoseconds))
    }
}
