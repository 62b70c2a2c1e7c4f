/// One value a second for the last two hours, with gaps where nothing was known, and beyond it what the daemon tells of the day.
package struct Series: Sendable, Hashable {
    /// Seconds that are kept of what came by itself.
    package static let capacity = 7_200
    /// Windows up to this long are drawn from them, longer ones from the daemon's history.
    package static let fineSeconds = 3_600

    private var samples: [Double] = []
    /// Samples ever taken, so that groups of samples keep their borders while new ones come in.
    private var taken = 0
    /// Seconds that ``columns(_:)`` looks back.
    package var window = 300

    /// The day as the daemon tells of it, newest last, and how many seconds each value stands for.
    private var day: [Double] = []
    private var secondsOfDayValue = 60

    package init() {}

    /// Puts values of a second each before all that is known, as far as there is room for them.
    package mutating func prepend(_ values: some Collection<Double>) {
        let fitting = values.suffix(max(0, Self.capacity - samples.count))
        samples.insert(contentsOf: fitting, at: 0)
        taken &+= fitting.count
    }

    /// Takes the daemon's history of the day in the place of an older one.
    package mutating func setDay(_ values: [Double], secondsEach: Int) {
        day = values
        secondsOfDayValue = max(1, secondsEach)
    }

    /// Seconds that came by themselves or were put before them.
    package var seconds: Int { samples.count }

    package var isEmpty: Bool { samples.allSatisfy { !$0.isFinite } }
    package var last: Double? { samples.last.flatMap { $0.isFinite ? $0 : nil } }

    package mutating func append(_ value: Double) {
        samples.append(value)
        taken &+= 1
        // Dropped in large steps, so that it costs nothing per sample.
        if samples.count > Self.capacity * 2 { samples.removeFirst(samples.count - Self.capacity) }
    }

    /// Takes the newest sample back and puts another in its place.
    package mutating func replaceLast(_ value: Double) {
        guard !samples.isEmpty else { return append(value) }
        samples[samples.count - 1] = value
    }

    package mutating func appendGap(seconds: Int) {
        for _ in 0..<max(0, min(seconds, Self.capacity)) { append(.nan) }
    }

    /// Means of the samples in the window, at most `count` of them, newest last.
    ///
    /// One sample a column while there are few; then 2, 5, 10 … seconds a column, so that the picture is full early and
    /// still reaches back as far as the window.
    package func columns(_ count: Int) -> [Double] {
        guard count > 0 else { return [] }
        let reach = min(window, samples.count)
        let seconds = [1, 2, 5, 10, 20, 30, 60, 120, 300].first { reach <= $0 * count } ?? 600
        return grouped(secondsPerColumn: seconds, count: count)
    }

    /// Means of the samples over exactly the window, newest last; points before the first sample are gaps.
    package func points(_ count: Int) -> [Double] {
        guard count > 0 else { return [] }
        if window > Self.fineSeconds { return pointsOfDay(count) }
        let each = Double(window) / Double(count)
        return (0..<count).map { index in
            let newest = samples.count - Int((Double(count - 1 - index) * each).rounded())
            let oldest = samples.count - Int((Double(count - index) * each).rounded())
            return mean(from: min(oldest, newest - 1), to: newest)
        }
    }

    /// The means of the window and of the one before it; nil where that is further back than is known.
    var lastTwoWindows: (now: Double, before: Double)? {
        let isFine = window <= Self.fineSeconds
        let values = isFine ? samples : day
        let length = isFine ? window : window / secondsOfDayValue
        guard length > 0, values.count >= 2 * length else { return nil }
        let start = values.count - length
        return (
            Self.mean(values, from: start, to: values.count), Self.mean(values, from: start - length, to: start)
        )
    }

    private func pointsOfDay(_ count: Int) -> [Double] {
        let each = Double(window) / Double(secondsOfDayValue) / Double(count)
        return (0..<count).map { index in
            let newest = day.count - Int((Double(count - 1 - index) * each).rounded())
            let oldest = day.count - Int((Double(count - index) * each).rounded())
            return Self.mean(day, from: min(oldest, newest - 1), to: newest)
        }
    }

    private func grouped(secondsPerColumn seconds: Int, count: Int) -> [Double] {
        guard !samples.isEmpty else { return [] }
        let offset = taken - samples.count
        let lastGroup = (taken - 1) / seconds
        let firstGroup = max(offset / seconds, lastGroup - count + 1)
        return (firstGroup...lastGroup).map { group in
            mean(from: group * seconds - offset, to: (group + 1) * seconds - offset)
        }
    }

    private func mean(from start: Int, to end: Int) -> Double { Self.mean(samples, from: start, to: end) }

    private static func mean(_ samples: [Double], from start: Int, to end: Int) -> Double {
        let start = max(0, start)
        let end = min(samples.count, end)
        guard start < end else { return .nan }
        var sum = 0.0
        var known = 0
        for value in samples[start..<end] where value.isFinite {
            sum += value
            known += 1
        }
        return known == 0 ? .nan : sum / Double(known)
    }
}
