package import Shared

/// What the snapshots said over time. The daemon sends figures of one moment; their history lives here.
package struct History: Sendable {
    package private(set) var requestsPerMinute = Series()
    package private(set) var requests = Series()
    package private(set) var spent = Series()
    package private(set) var saved = Series()
    package private(set) var cacheHits = Series()
    package private(set) var cacheHitShare = Series()
    package private(set) var latencyP50 = Series()
    package private(set) var latencyP95 = Series()
    /// What the gateway itself adds. The daemon's history does not have it: it begins with what comes.
    package private(set) var own = Series()
    package private(set) var escalations = Series()
    package private(set) var errors = Series()
    private var previous: MetricsSnapshot?
    /// The snapshot before the newest sample, for one that replaces it.
    private var base: MetricsSnapshot?

    package init() {}

    /// Adds a snapshot. Seconds without one become a gap; a second one in the same second replaces the first.
    package mutating func append(_ snapshot: MetricsSnapshot) {
        var isReplacement = false
        if let previous {
            let elapsed = Format.whole(Double(snapshot.unixMilliseconds &- previous.unixMilliseconds) / 1000)
            if elapsed == 0 {
                isReplacement = true
            } else if elapsed > 1 {
                appendGaps(seconds: elapsed - 1)
            }
        }
        if !isReplacement { base = previous }
        let from = base?.sinceStart ?? snapshot.sinceStart
        let to = snapshot.sinceStart
        // A daemon that started anew counts from zero again: not below nothing.
        func grown(_ old: Double, _ new: Double) -> Double { max(0, new - old) }
        let served = grown(Double(from.requests), Double(to.requests))
        add(Double(snapshot.requestsPerMinute), to: \.requestsPerMinute, isReplacement)
        add(served, to: \.requests, isReplacement)
        add(grown(from.cost.inDollars, to.cost.inDollars), to: \.spent, isReplacement)
        add(grown(from.saved.inDollars, to.saved.inDollars), to: \.saved, isReplacement)
        let hits = grown(Double(from.cacheHits), Double(to.cacheHits))
        add(hits, to: \.cacheHits, isReplacement)
        add(served > 0 ? hits / served : 0, to: \.cacheHitShare, isReplacement)
        add(snapshot.ownP50Milliseconds ?? .nan, to: \.own, isReplacement)
        add(snapshot.latencyP50Milliseconds ?? .nan, to: \.latencyP50, isReplacement)
        add(snapshot.latencyP95Milliseconds ?? .nan, to: \.latencyP95, isReplacement)
        add(grown(Double(from.escalations), Double(to.escalations)), to: \.escalations, isReplacement)
        add(grown(Double(from.errors), Double(to.errors)), to: \.errors, isReplacement)
        previous = snapshot
    }

    /// Takes the daemon's own history in: what was before this program came, and the day where that was asked for.
    package mutating func take(_ report: HistoryReport) {
        let seconds = max(1, report.intervalMilliseconds / 1_000)
        let each = Double(seconds)
        func values(_ list: [Int?], _ scale: Double) -> [Double] { list.map { $0.map { Double($0) * scale } ?? .nan } }
        func dollars(_ list: [USD?]) -> [Double] { list.map { $0.map { $0.inDollars / each } ?? .nan } }
        let hits = zip(report.cacheHits, report.requests).map { hits, requests -> Double in
            guard let hits, let requests else { return .nan }
            return requests > 0 ? Double(hits) / Double(requests) : 0
        }
        let past: [(WritableKeyPath<History, Series>, [Double])] = [
            (\.requestsPerMinute, values(report.requests, 60 / each)), (\.requests, values(report.requests, 1 / each)),
            (\.spent, dollars(report.cost)), (\.saved, dollars(report.saved)), (\.cacheHitShare, hits),
            (\.cacheHits, values(report.cacheHits, 1 / each)),
            (\.latencyP50, report.latencyP50Milliseconds.map { $0 ?? .nan }),
            (\.latencyP95, report.latencyP95Milliseconds.map { $0 ?? .nan }),
            (\.escalations, values(report.escalations, 1 / each)), (\.errors, values(report.errors, 1 / each)),
        ]
        let isDay = seconds * report.requests.count > Series.capacity
        for (path, list) in past {
            if isDay {
                self[keyPath: path].setDay(list, secondsEach: seconds)
            } else {
                // What nobody knows yet may be known the next time it is asked for.
                let known = list.drop { $0.isNaN }
                let expanded = known.flatMap { [Double](repeating: $0, count: seconds) }
                self[keyPath: path].prepend(expanded.dropLast(self[keyPath: path].seconds))
            }
        }
    }

    /// How far back the pictures look, in seconds.
    package mutating func setWindow(_ seconds: Int) {
        for path in Self.all { self[keyPath: path].window = seconds }
    }

    private mutating func add(_ value: Double, to path: WritableKeyPath<History, Series>, _ isReplacement: Bool) {
        if isReplacement {
            self[keyPath: path].replaceLast(value)
        } else {
            self[keyPath: path].append(value)
        }
    }

    private mutating func appendGaps(seconds: Int) {
        for path in Self.all { self[keyPath: path].appendGap(seconds: seconds) }
    }

    private static var all: [WritableKeyPath<History, Series>] {
        [
            \.requestsPerMinute, \.requests, \.spent, \.saved, \.cacheHits, \.cacheHitShare, \.latencyP50, \.latencyP95,
            \.own,
            \.escalations, \.errors,
        ]
    }
}

extension USD {
    /// For pictures only: a floating point number of dollars.
    package var inDollars: Double { Double(nanodollars) / 1e9 }
}
