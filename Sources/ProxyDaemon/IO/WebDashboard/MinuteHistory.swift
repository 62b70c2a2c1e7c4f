import Shared

/// What each of the last 60 minutes came to, for charts: exact sums, however many exchanges there were.
struct MinuteHistory: Sendable {
    struct Minute: Sendable, Equatable, Encodable {
        /// Its beginning, in milliseconds since 1970.
        var unixMilliseconds: Int64
        var requests = 0
        var errors = 0
        /// Answers from a cache or of a call under way.
        var shared = 0
        var escalations = 0
        /// The answers and the gateway's own calls for them.
        var cost = USD.zero
        var baseline = USD.zero
        /// Requests by the tier that answered; those without one are in none.
        var tiers: [String: Int] = [:]
        /// Median and 95th percentile of the last 1,000 latencies in it.
        var latencyP50Milliseconds: Double?
        var latencyP95Milliseconds: Double?

        private enum CodingKeys: String, CodingKey {
            case unixMilliseconds = "unix_ms"
            case requests
            case errors
            case shared
            case escalations
            case cost = "cost_usd"
            case baseline = "baseline_usd"
            case tiers
            case latencyP50Milliseconds = "latency_p50_ms"
            case latencyP95Milliseconds = "latency_p95_ms"
        }
    }

    static let remembered = 60
    private static let latenciesPerMinute = 1_000
    private var closed: [Minute] = []
    private var open: Minute?
    /// Of the open minute.
    private var latencies: [Double] = []
    private var nextLatency = 0

    /// Adds an exchange to the minute it ended in, or where that is over already, to the latest.
    mutating func add(_ summary: ExchangeSummary) {
        let ended = summary.unixMilliseconds + Int64(min(max(0, summary.latencyMilliseconds), 86_400_000))
        let start = ended - ended % 60_000
        if open.map({ $0.unixMilliseconds < start }) ?? true {
            close()
            open = Minute(unixMilliseconds: start)
        }
        guard var minute = open else { return }
        minute.requests += 1
        // A client that left is nobody's error.
        if summary.status != 499, summary.status >= 400 || summary.error != nil { minute.errors += 1 }
        if summary.cache != "none" { minute.shared += 1 }
        minute.escalations += summary.escalations
        minute.cost += summary.cost + (summary.overhead ?? .zero)
        minute.baseline += summary.baseline
        if let tier = summary.tier { minute.tiers[tier.name, default: 0] += 1 }
        open = minute
        if latencies.count < Self.latenciesPerMinute {
            latencies.append(summary.latencyMilliseconds)
        } else {
            latencies[nextLatency] = summary.latencyMilliseconds
            nextLatency = (nextLatency + 1) % Self.latenciesPerMinute
        }
    }

    /// The minute under way; nil before the first exchange.
    var current: Minute? { open.map(measured) }

    /// Minutes in which an exchange ended, oldest first, at most ``remembered``.
    var minutes: [Minute] { closed + [current].compactMap(\.self) }

    private mutating func close() {
        guard let open else { return }
        closed.append(measured(open))
        if closed.count >= Self.remembered { closed.removeFirst() }
        latencies.removeAll(keepingCapacity: true)
        nextLatency = 0
    }

    private func measured(_ minute: Minute) -> Minute {
        var minute = minute
        let sorted = latencies.sorted()
        guard !sorted.isEmpty else { return minute }
        // By the nearest-rank method, as in the ledger.
        func rank(_ percent: Int) -> Double { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
        minute.latencyP50Milliseconds = rank(50)
        minute.latencyP95Milliseconds = rank(95)
        return minute
    }
}
