/// How a figure stands in the window that is looked at, and how it stood in the window before.
package struct Trend: Sendable, Hashable {
    package var now: Double
    package var before: Double

    package init(now: Double, before: Double) {
        self.now = now
        self.before = before
    }

    /// The share that one sum has of another, then and now; nil where there was nothing to take a share of.
    package static func share(_ part: Series, of whole: Series) -> Trend? {
        guard let part = part.trend, let whole = whole.trend, part.now.isFinite, part.before.isFinite, whole.now > 0,
            whole.before > 0
        else { return nil }
        return Trend(now: part.now / whole.now, before: part.before / whole.before)
    }

    /// How the size of a change is written.
    package enum Measure: Sendable, Hashable {
        /// In percent of what it was.
        case relative
        /// Of shares: in points of a hundred.
        case points
        case milliseconds
    }

    /// `▲12%`, `▼80ms`, `=` where the change is not worth a word; nil where there was nothing to compare with.
    package func text(_ measure: Measure) -> String? {
        guard now.isFinite, before.isFinite else { return nil }
        let change = now - before
        let arrow = change < 0 ? "▼" : "▲"
        switch measure {
        case .relative:
            guard before != 0 else { return now == 0 ? "=" : nil }
            let share = abs(change / before)
            guard share >= 0.005 else { return "=" }
            return share > 9.99 ? "\(arrow)>999%" : "\(arrow)\(Format.whole(share * 100))%"
        case .points:
            let points = abs(change * 100)
            guard points >= 0.05 else { return "=" }
            return arrow + (points < 9.95 ? Format.decimal(points, places: 1) : "\(Format.whole(points))")
        case .milliseconds:
            guard abs(change) >= max(0.05, abs(before) * 0.005) else { return "=" }
            return arrow + Format.duration(milliseconds: abs(change)).filter { $0 != " " }
        }
    }

    /// 1 where it rose, -1 where it fell, 0 where ``text(_:)`` says `=`.
    package func direction(_ measure: Measure) -> Int {
        guard let text = text(measure), text != "=" else { return 0 }
        return now < before ? -1 : 1
    }
}

extension Series {
    /// The mean of the window and of the one before it; nil where the one before is not known, or nothing of either.
    package var trend: Trend? {
        let means = lastTwoWindows
        guard let means, means.now.isFinite, means.before.isFinite else { return nil }
        return Trend(now: means.now, before: means.before)
    }
}
