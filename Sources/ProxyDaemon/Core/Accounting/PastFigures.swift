/// Adds up the last day out of the books, from the newest row back, for the history of a ledger that begins anew.
///
/// Rows come about in the order in which exchanges ended, but not exactly. An interval is given as soon as rows come that are
/// ``slackIntervals`` older; what belongs to it and comes later still is given again as sums alone, so that its percentiles are
/// those of most of its answers.
package struct PastFigures: Sendable {
    /// Ten seconds.
    package struct Interval: Sendable, Equatable {
        /// Time since 1970 in intervals.
        let number: Int64
        var sums = HistoryInterval()
        /// The newest first, at most as many as the history itself keeps.
        var latencies: [Double] = []
        var percentiles = LatencyPercentiles()
    }

    static let slackIntervals: Int64 = 30
    private let since: Int64
    /// The oldest interval of which a row came.
    private var oldest = Int64.max
    private var open: [Int64: Interval] = [:]

    /// What ended before that moment is passed over.
    package init(sinceUnixMilliseconds since: Int64) {
        self.since = since / FigureHistory.intervalMilliseconds
    }

    /// Adds a row.
    package mutating func add(_ figures: EndedFigures) {
        let number = figures.endUnixMilliseconds / FigureHistory.intervalMilliseconds
        guard number >= since else { return }
        oldest = min(oldest, number)
        open[number, default: Interval(number: number)].sums.add(figures)
        if figures.requests > 0, open[number]?.latencies.count ?? 0 < FigureHistory.latenciesKept {
            open[number]?.latencies.append(figures.latencyMilliseconds)
        }
    }

    /// What is complete, and from which interval on everything is; nil where nothing is yet.
    package mutating func takeComplete() -> (intervals: [Interval], knownFrom: Int64)? {
        guard oldest < .max else { return nil }
        let border = oldest + Self.slackIntervals
        return take { $0 > border }
    }

    /// The rest, when there are no more rows. `isWhole`: the books go back further than the beginning.
    package mutating func takeRest(isWhole: Bool) -> (intervals: [Interval], knownFrom: Int64)? {
        guard isWhole || oldest < .max else { return nil }
        let rest = take { _ in true }
        return (rest?.intervals ?? [], isWhole ? since : oldest)
    }

    private mutating func take(_ isTaken: (Int64) -> Bool) -> (intervals: [Interval], knownFrom: Int64)? {
        let taken = open.filter { isTaken($0.key) }.map { entry in
            var interval = entry.value
            interval.percentiles = LatencyPercentiles(of: interval.latencies) ?? LatencyPercentiles()
            return interval
        }
        guard let first = taken.map(\.number).min() else { return nil }
        for interval in taken { open[interval.number] = nil }
        return (taken, first)
    }
}
