/// The last so many latencies, in milliseconds, for percentiles by the nearest-rank method.
struct LatencyWindow: Sendable {
    private let capacity: Int
    private var values: [Double] = []
    /// Where the next one goes once the window is full.
    private var next = 0

    init(_ capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { values.isEmpty }

    mutating func add(_ milliseconds: Double) {
        if values.count < capacity {
            values.append(milliseconds)
        } else {
            values[next] = milliseconds
            next = (next + 1) % capacity
        }
    }

    /// Takes up what was there before all that it has, as far as there is room. `earlier` has the newest first.
    mutating func prepend(_ earlier: [Double]) {
        values.insert(contentsOf: earlier.prefix(capacity - values.count).reversed(), at: 0)
    }

    /// Forgets everything, and keeps the memory for what comes.
    mutating func clear() {
        values.removeAll(keepingCapacity: true)
        next = 0
    }

    /// nil where there is nothing.
    var percentiles: LatencyPercentiles? { LatencyPercentiles(of: values) }
}

/// What half, 95 of a hundred and 99 of a hundred answers were not slower than, in milliseconds.
struct LatencyPercentiles: Sendable, Equatable {
    var p50 = 0.0
    var p95 = 0.0
    var p99 = 0.0

    init() {}

    /// By the nearest-rank method: the least value that so many of a hundred are not above. nil of nothing.
    init?(of values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func rank(_ percent: Int) -> Double { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
        (p50, p95, p99) = (rank(50), rank(95), rank(99))
    }

    /// The means of two, weighted by how many answers each is of.
    static func mean(_ left: Self, _ leftCount: Int32, _ right: Self, _ rightCount: Int32) -> Self {
        let all = Double(leftCount) + Double(rightCount)
        guard all > 0 else { return left }
        func mean(_ path: KeyPath<Self, Double>) -> Double {
            (left[keyPath: path] * Double(leftCount) + right[keyPath: path] * Double(rightCount)) / all
        }
        var result = Self()
        (result.p50, result.p95, result.p99) = (mean(\.p50), mean(\.p95), mean(\.p99))
        return result
    }
}

/// How many exchanges ended in the last 60 seconds, a bucket a second.
struct RatePerMinute: Sendable {
    private var buckets = [Int](repeating: 0, count: 60)
    private var lastSecond: Int64 = 0

    mutating func add(nowSeconds: Int64) {
        advance(nowSeconds)
        buckets[Int(nowSeconds % 60)] += 1
    }

    mutating func count(nowSeconds: Int64) -> Int {
        advance(nowSeconds)
        return buckets.reduce(0, +)
    }

    private mutating func advance(_ nowSeconds: Int64) {
        guard nowSeconds > lastSecond else { return }
        for second in max(lastSecond + 1, nowSeconds - 59)...nowSeconds { buckets[Int(second % 60)] = 0 }
        lastSecond = nowSeconds
    }
}
