package import Shared
import Synchronization

/// What the last day looked like: sums of every ten seconds, and how long answers took in them.
///
/// Its size is bounded: 8,640 intervals of some 70 bytes.
struct FigureHistory: Sendable {
    static let intervalMilliseconds: Int64 = 10_000
    static let capacity = 8_640
    /// Latencies kept of an interval: of more answers the last so many tell its percentiles.
    private static let latenciesKept = 512

    private struct Interval: Sendable {
        var requests: Int32 = 0
        var errors: Int32 = 0
        var cacheHits: Int32 = 0
        var escalations: Int32 = 0
        var cost = USD.zero
        var saved = USD.zero
        var p50: Float = 0
        var p95: Float = 0
        var p99: Float = 0
    }

    /// A ring: the interval with the number `n`, which is time since 1970 in intervals, is at `n % capacity`.
    private var intervals = [Interval](repeating: Interval(), count: capacity)
    /// The first interval that was counted in, and the one that is going on.
    private let first: Int64
    private var current: Int64
    /// Of the current interval; the oldest are overwritten.
    private var latencies: [Float] = []
    private var nextLatency = 0

    init(unixMilliseconds: Int64) {
        current = max(0, unixMilliseconds / Self.intervalMilliseconds)
        first = current
    }

    private var oldest: Int64 { max(first, current - Int64(Self.capacity) + 1) }

    private static func place(_ number: Int64) -> Int { Int(number % Int64(capacity)) }

    /// An exchange has ended.
    mutating func add(_ summary: ExchangeSummary, isError: Bool, unixMilliseconds: Int64) {
        advance(to: unixMilliseconds)
        let at = Self.place(current)
        intervals[at].requests &+= 1
        if isError { intervals[at].errors &+= 1 }
        if summary.cache != "none" { intervals[at].cacheHits &+= 1 }
        intervals[at].escalations &+= Int32(clamping: summary.escalations)
        intervals[at].cost += summary.cost + (summary.overhead ?? .zero)
        intervals[at].saved += summary.saved
        if latencies.count < Self.latenciesKept {
            latencies.append(Float(summary.latencyMilliseconds))
        } else {
            latencies[nextLatency] = Float(summary.latencyMilliseconds)
            nextLatency = (nextLatency + 1) % Self.latenciesKept
        }
    }

    /// The gateway has paid for a call of its own.
    mutating func spent(_ cost: USD, unixMilliseconds: Int64) {
        advance(to: unixMilliseconds)
        intervals[Self.place(current)].cost += cost
        intervals[Self.place(current)].saved -= cost
    }

    /// Makes the interval of a moment the current one. A clock that goes back counts on in the one that it has reached.
    private mutating func advance(to unixMilliseconds: Int64) {
        let number = unixMilliseconds / Self.intervalMilliseconds
        guard number > current else { return }
        closeLatencies()
        latencies.removeAll(keepingCapacity: true)
        nextLatency = 0
        for fresh in max(current + 1, number - Int64(Self.capacity) + 1)...number {
            intervals[Self.place(fresh)] = Interval()
        }
        current = number
    }

    /// Puts down how long the current interval's answers took so far.
    private mutating func closeLatencies() {
        guard !latencies.isEmpty else { return }
        let sorted = latencies.sorted()
        func percentile(_ share: Double) -> Float { sorted[Int((Double(sorted.count - 1) * share).rounded())] }
        let at = Self.place(current)
        intervals[at].p50 = percentile(0.5)
        intervals[at].p95 = percentile(0.95)
        intervals[at].p99 = percentile(0.99)
    }

    /// At most so many intervals of the last so many seconds.
    mutating func report(seconds: Int, points: Int, unixMilliseconds: Int64) -> HistoryReport {
        advance(to: unixMilliseconds)
        closeLatencies()
        let wanted = max(1, min(Int64(Self.capacity), Int64(seconds) * 1_000 / Self.intervalMilliseconds))
        let each = (wanted + Int64(points) - 1) / Int64(points)
        // Groups begin at the same moments however often it is asked, so that pictures do not flicker.
        let last = current / each
        let count = (wanted + each - 1) / each
        var report = HistoryReport(
            intervalMilliseconds: Int(each * Self.intervalMilliseconds),
            endUnixMilliseconds: (last + 1) * each * Self.intervalMilliseconds
        )
        for group in (last - count + 1)...last { append(group * each..<(group + 1) * each, to: &report) }
        return report
    }

    private func append(_ numbers: Range<Int64>, to report: inout HistoryReport) {
        let known = numbers.clamped(to: oldest..<(current + 1))
        var (requests, errors, cacheHits, escalations) = (0, 0, 0, 0)
        var (cost, saved) = (USD.zero, USD.zero)
        var (p50, p95, p99) = (0.0, 0.0, 0.0)
        for number in known {
            let interval = intervals[Self.place(number)]
            requests += Int(interval.requests)
            errors += Int(interval.errors)
            cacheHits += Int(interval.cacheHits)
            escalations += Int(interval.escalations)
            cost += interval.cost
            saved += interval.saved
            let weight = Double(interval.requests)
            p50 += Double(interval.p50) * weight
            p95 += Double(interval.p95) * weight
            p99 += Double(interval.p99) * weight
        }
        let isKnown = !known.isEmpty
        report.requests.append(isKnown ? requests : nil)
        report.errors.append(isKnown ? errors : nil)
        report.cacheHits.append(isKnown ? cacheHits : nil)
        report.escalations.append(isKnown ? escalations : nil)
        report.cost.append(isKnown ? cost : nil)
        report.saved.append(isKnown ? saved : nil)
        let weight = Double(requests)
        report.latencyP50Milliseconds.append(requests > 0 ? p50 / weight : nil)
        report.latencyP95Milliseconds.append(requests > 0 ? p95 / weight : nil)
        report.latencyP99Milliseconds.append(requests > 0 ? p99 / weight : nil)
    }
}

extension Ledger {
    /// The last seconds, up to a day of them, in at most so many intervals.
    package func history(seconds: Int, points: Int) -> HistoryReport {
        let now = clock.unixMilliseconds()
        return state.withLock { $0.history.report(seconds: seconds, points: points, unixMilliseconds: now) }
    }
}
