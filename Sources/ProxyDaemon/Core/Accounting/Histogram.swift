/// How often a value fell into which range, as Prometheus' histograms have it: counts by upper bound, and the sum.
package struct Histogram: Sendable {
    /// Seconds of calls to models: from what a cache answers in up to the usual patience of clients.
    package static let callBounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120,
    ]
    /// Seconds that the gateway itself takes: from 50 microseconds up.
    package static let ownBounds: [Double] = [
        0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1,
    ]

    /// Upper bounds, which belong to their ranges, ascending.
    package let bounds: [Double]
    /// Of each range by itself; the last one is beyond all bounds.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    package var count: Int { counts.reduce(0, +) }

    /// Adds a value; what is below zero, or no number, counts as zero.
    package mutating func observe(_ value: Double) {
        let value = value > 0 && value.isFinite ? value : 0
        var at = 0
        while at < bounds.count, value > bounds[at] { at += 1 }
        counts[at] &+= 1
        sum += value
    }
}
