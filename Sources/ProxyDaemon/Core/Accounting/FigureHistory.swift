package import Shared
import Synchronization

/// What the last day looked like: sums of every ten seconds, and how long answers took in them. Every picture over time, in the
/// terminal and in the browser, is made from it.
///
/// Its size is bounded: 8,640 intervals of some 100 bytes.
struct FigureHistory: Sendable {
    static let intervalMilliseconds: Int64 = 10_000
    static let capacity = 8_640
    /// Latencies kept of an interval: of more answers the last so many tell its percentiles.
    static let latenciesKept = 512
    /// Intervals of which what an hour costs is worked out.
    private static let burnIntervals: Int64 = 60
    private static let leastBurnMilliseconds: Int64 = 60_000

    /// A ring: the interval with the number `n`, which is time since 1970 in intervals, is at `n % capacity`.
    private var intervals = [HistoryInterval](repeating: HistoryInterval(), count: capacity)
    /// The first interval of which anything is known, and the one that is going on.
    private var first: Int64
    private var current: Int64
    /// Of the current interval and of the one before, to which some may still come.
    private var latencies = LatencyWindow(latenciesKept)
    private var latenciesBefore = LatencyWindow(latenciesKept)

    init(unixMilliseconds: Int64) {
        current = max(0, unixMilliseconds / Self.intervalMilliseconds)
        first = current
    }

    private var oldest: Int64 { max(first, current - Int64(Self.capacity) + 1) }

    private static func place(_ number: Int64) -> Int { Int(number % Int64(capacity)) }

    /// Something has ended, and is added to the interval in which it did. Where the clock was set meanwhile, so that this is none
    /// of the last two, it is added to the current one.
    mutating func add(_ figures: EndedFigures, unixMilliseconds: Int64) {
        advance(to: unixMilliseconds)
        let number = figures.endUnixMilliseconds / Self.intervalMilliseconds
        let isBefore = number == current - 1
        intervals[Self.place(isBefore ? number : current)].add(figures)
        if isBefore { first = min(first, number) }
        guard figures.requests > 0 else { return }
        if isBefore {
            latenciesBefore.add(figures.latencyMilliseconds)
        } else {
            latencies.add(figures.latencyMilliseconds)
        }
    }

    /// Makes the interval of a moment the current one. A clock that goes back counts on in the one that it has reached.
    private mutating func advance(to unixMilliseconds: Int64) {
        let number = unixMilliseconds / Self.intervalMilliseconds
        guard number > current else { return }
        settleLatencies()
        if number == current + 1 { swap(&latencies, &latenciesBefore) } else { latenciesBefore.clear() }
        latencies.clear()
        for fresh in max(current + 1, number - Int64(Self.capacity) + 1)...number {
            intervals[Self.place(fresh)] = HistoryInterval()
        }
        current = number
    }

    /// Puts down how long the last two intervals' answers took so far.
    private mutating func settleLatencies() {
        if let percentiles = latencies.percentiles { intervals[Self.place(current)].percentiles = percentiles }
        // Before the first of all there is none.
        guard current > 0, let percentiles = latenciesBefore.percentiles else { return }
        intervals[Self.place(current - 1)].percentiles = percentiles
    }

    // MARK: The past

    /// Adds what the books say of the time before. Everything from the interval `number` on is known now.
    mutating func take(_ past: [PastFigures.Interval], knownFrom number: Int64, unixMilliseconds: Int64) {
        advance(to: unixMilliseconds)
        settleLatencies()
        for interval in past where interval.number > current - Int64(Self.capacity) && interval.number <= current {
            let at = Self.place(interval.number)
            let known = intervals[at].requests
            intervals[at].addSums(of: interval.sums)
            switch interval.number {
            case current: latencies.prepend(interval.latencies)
            case current - 1: latenciesBefore.prepend(interval.latencies)
            default:
                intervals[at].percentiles = .mean(
                    intervals[at].percentiles,
                    known,
                    interval.percentiles,
                    interval.sums.requests
                )
            }
        }
        first = min(first, max(0, number))
    }

    // MARK: Telling

    /// What an hour costs at the rate of the last ten minutes; nil where less than a minute is known.
    mutating func burnPerHour(unixMilliseconds: Int64) -> USD? {
        advance(to: unixMilliseconds)
        let begin = max(oldest, current - Self.burnIntervals + 1)
        let milliseconds = unixMilliseconds - begin * Self.intervalMilliseconds
        guard milliseconds >= Self.leastBurnMilliseconds else { return nil }
        var sum = USD.zero
        for number in begin...current { sum += intervals[Self.place(number)].cost }
        let (whole, rest) = sum.nanodollars.quotientAndRemainder(dividingBy: milliseconds)
        let (hour, isOver) = whole.multipliedReportingOverflow(by: 3_600_000)
        guard !isOver else { return USD(nanodollars: whole < 0 ? .min : .max) }
        return USD(nanodollars: hour) + USD(nanodollars: rest * 3_600_000 / milliseconds)
    }

    /// What a report of at most so many intervals of the last so many seconds is made from, copied: nobody has to wait while it is
    /// made.
    mutating func excerpt(seconds: Int, points: Int, unixMilliseconds: Int64) -> HistoryExcerpt {
        advance(to: unixMilliseconds)
        let wanted = max(1, min(Int64(Self.capacity), Int64(seconds) * 1_000 / Self.intervalMilliseconds))
        let each = (wanted + Int64(points) - 1) / Int64(points)
        // Groups begin at the same moments however often it is asked, so that pictures do not flicker.
        let last = current / each
        let groups = (last - (wanted + each - 1) / each + 1)...last
        let known = (groups.lowerBound * each..<(last + 1) * each).clamped(to: oldest..<(current + 1))
        return HistoryExcerpt(
            intervals: known.map { intervals[Self.place($0)] },
            known: known,
            groups: groups,
            each: each,
            current: current,
            latencies: latencies,
            latenciesBefore: latenciesBefore
        )
    }
}

/// Some of the intervals of a history.
struct HistoryExcerpt: Sendable {
    fileprivate var intervals: [HistoryInterval]
    /// The numbers of the intervals.
    fileprivate let known: Range<Int64>
    /// Which groups of intervals are reported, and of how many each is.
    fileprivate let groups: ClosedRange<Int64>
    fileprivate let each: Int64
    fileprivate let current: Int64
    /// Of the current interval and of the one before, whose percentiles are not put down yet.
    fileprivate let latencies: LatencyWindow
    fileprivate let latenciesBefore: LatencyWindow

    var report: HistoryReport {
        var settled = self
        settled.settle(latencies, current)
        settled.settle(latenciesBefore, current - 1)
        var report = HistoryReport(
            intervalMilliseconds: Int(each * FigureHistory.intervalMilliseconds),
            endUnixMilliseconds: (groups.upperBound + 1) * each * FigureHistory.intervalMilliseconds
        )
        for group in groups { settled.append(group * each..<(group + 1) * each, to: &report) }
        return report
    }

    private mutating func settle(_ latencies: LatencyWindow, _ number: Int64) {
        guard known.contains(number), let percentiles = latencies.percentiles else { return }
        intervals[Int(number - known.lowerBound)].percentiles = percentiles
    }

    private func append(_ numbers: Range<Int64>, to report: inout HistoryReport) {
        let known = numbers.clamped(to: known)
        var sums = HistoryInterval()
        var (p50, p95, p99) = (0.0, 0.0, 0.0)
        for number in known {
            let interval = intervals[Int(number - self.known.lowerBound)]
            sums.addSums(of: interval)
            let weight = Double(interval.requests)
            p50 += interval.percentiles.p50 * weight
            p95 += interval.percentiles.p95 * weight
            p99 += interval.percentiles.p99 * weight
        }
        let isKnown = !known.isEmpty
        func number(_ value: Int32) -> Int? { isKnown ? Int(value) : nil }
        report.requests.append(number(sums.requests))
        report.errors.append(number(sums.errors))
        report.cacheHits.append(number(sums.cacheHits))
        report.semanticHits.append(number(sums.semanticHits))
        report.coalesced.append(number(sums.coalesced))
        report.escalations.append(number(sums.escalations))
        report.cost.append(isKnown ? sums.cost : nil)
        report.baseline.append(isKnown ? sums.baseline : nil)
        report.saved.append(isKnown ? sums.saved : nil)
        for tier in Tier.allCases { report.tiers[tier.name]?.append(number(sums.tiers[tier.rawValue])) }
        let weight = Double(sums.requests)
        report.latencyP50Milliseconds.append(sums.requests > 0 ? p50 / weight : nil)
        report.latencyP95Milliseconds.append(sums.requests > 0 ? p95 / weight : nil)
        report.latencyP99Milliseconds.append(sums.requests > 0 ? p99 / weight : nil)
    }
}

extension Ledger {
    /// The last seconds, up to a day of them, in at most so many intervals.
    package func history(seconds: Int, points: Int) -> HistoryReport {
        let now = clock.unixMilliseconds()
        return state.withLock {
            $0.history.excerpt(seconds: seconds, points: points, unixMilliseconds: now)
        }.report
    }

    /// Adds what earlier processes saw to the history. Nothing may be told twice; what this process sees it knows by itself.
    /// Everything from the interval `number` on is known now.
    package func recall(_ past: [PastFigures.Interval], knownFrom number: Int64) {
        let now = clock.unixMilliseconds()
        state.withLock { $0.history.take(past, knownFrom: number, unixMilliseconds: now) }
    }
}
