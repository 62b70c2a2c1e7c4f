/// The limits' state in memory: an arrival time for each bucket that is not full.
package struct RateLimiter: Sendable {
    package enum Unit: String, Hashable, Sendable {
        case requests
        case tokens
        /// Questions for how many tokens a prompt has.
        case counts

        var words: String { self == .counts ? "token counts" : rawValue }
    }

    package struct Bucket: Hashable, Sendable {
        package var scope: LimitScope
        package var unit: Unit

        package init(_ scope: LimitScope, _ unit: Unit) {
            self.scope = scope
            self.unit = unit
        }
    }

    /// So many units of a bucket are wanted.
    package struct Demand: Sendable, Equatable {
        package var bucket: Bucket
        package var rate: GCRA
        package var units: Int

        package init(_ bucket: Bucket, _ rate: GCRA, _ units: Int) {
            self.bucket = bucket
            self.rate = rate
            self.units = units
        }
    }

    /// When a bucket is full again, by the limit that was in force.
    private struct Arrival {
        var nanoseconds: Int64
        var limit: Int
    }

    private var arrivals: [Bucket: Arrival] = [:]
    private let maxEntries: Int

    /// - Parameter maxEntries: buckets that are remembered; beyond them the one that is full soonest is forgotten.
    package init(maxEntries: Int = 65_536) { self.maxEntries = max(1, maxEntries) }

    package var count: Int { arrivals.count }

    /// Takes from all buckets or, where one has too little, from none. The outcomes are in the order of the demands.
    package mutating func take(_ demands: [Demand], now: Int64) -> [GCRA.Outcome] {
        let outcomes = demands.map { $0.rate.take($0.units, arrival: arrival($0.bucket, $0.rate, now), now: now) }
        if outcomes.allSatisfy(\.isAllowed) {
            for (demand, outcome) in zip(demands, outcomes) { set(demand.bucket, demand.rate, outcome.arrival, now) }
            return outcomes
        }
        // Nothing was taken, so that those that would have allowed it tell what is there.
        return zip(demands, outcomes).map { demand, outcome in
            guard outcome.isAllowed else { return outcome }
            return demand.rate.take(0, arrival: arrival(demand.bucket, demand.rate, now), now: now)
        }
    }

    /// Takes more, or gives back, once it is known what was used.
    package mutating func correct(_ bucket: Bucket, _ rate: GCRA, by units: Int, now: Int64) {
        guard units != 0 else { return }
        set(bucket, rate, rate.corrected(arrival(bucket, rate, now), by: units, now: now), now)
    }

    /// A bucket whose limit has changed has as many units taken from it as before.
    private func arrival(_ bucket: Bucket, _ rate: GCRA, _ now: Int64) -> Int64? {
        guard let known = arrivals[bucket] else { return nil }
        guard known.limit != rate.limit, known.nanoseconds > now else { return known.nanoseconds }
        let left = Int128(known.nanoseconds - now) * Int128(known.limit) / Int128(rate.limit)
        return now + Int64(clamping: min(left, Int128(Int64.max / 4)))
    }

    private mutating func set(_ bucket: Bucket, _ rate: GCRA, _ arrival: Int64, _ now: Int64) {
        guard arrival > now else {
            // A full bucket is as good as one that is not known.
            arrivals[bucket] = nil
            return
        }
        if arrivals[bucket] == nil, arrivals.count >= maxEntries {
            arrivals = arrivals.filter { $0.value.nanoseconds > now }
            if arrivals.count >= maxEntries,
                let soonest = arrivals.min(by: { $0.value.nanoseconds < $1.value.nanoseconds })
            {
                arrivals[soonest.key] = nil
            }
        }
        arrivals[bucket] = Arrival(nanoseconds: arrival, limit: rate.limit)
    }
}
