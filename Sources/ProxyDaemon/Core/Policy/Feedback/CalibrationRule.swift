import Glibc

/// The constants of the rule by which reports of quality move the thresholds. `docs/decisions/0009` gives the reasons.
package struct CalibrationRule: Sendable, Equatable {
    /// The scale of the score is divided into so many bins of equal width.
    package static let binCount = 20
    /// Points.
    package static let binWidth = 100.0 / Double(binCount)

    /// The mean goodness, 0 to 1, that answers of the lower tier must have at a score to stay with it.
    package var targetQuality = 0.95
    /// A reported quality that counts as good in full; lower ones count in proportion. Below 1, because people who are
    /// content say 0.8 or 0.9.
    package var fullQuality = 0.8
    /// A boundary stands still until it has had so many reports.
    package var minimumEvents = 30
    /// Reports, after decay, that a verdict on a stretch of scores needs.
    package var verdictWeight = 5.0
    /// After so many further reports on a tier an earlier one weighs half.
    package var halfLifeEvents = 500.0
    /// Points that a threshold may be away from its prior.
    package var maximumShift = 20.0
    /// Points that one report may move a threshold.
    package var stepPerEvent = 0.2
    /// Points that a threshold may move within a minute.
    package var stepPerMinute = 2.0
    /// Further reports of a project within a minute count nothing.
    package var eventsPerMinute = 60
    /// No threshold is moved below this, nor above ``highest``. A prior outside stays where it is.
    package var lowest = 5.0
    package var highest = 95.0

    package init() {}

    /// Where a threshold with that prior may be.
    package func range(prior: Double) -> ClosedRange<Double> {
        let prior = prior.isFinite ? min(100, max(0, prior)) : 50
        let low = min(prior, max(lowest, prior - maximumShift))
        let high = max(prior, min(highest, prior + maximumShift))
        return low...max(low, high)
    }

    /// How good, 0 to 1, an answer of that reported quality counts.
    func goodness(_ quality: Double) -> Double {
        fullQuality > 0 ? min(1, max(0, quality / fullQuality)) : 1
    }

    /// What one report leaves of the weight of those before it.
    var decay: Double { halfLifeEvents > 0 ? exp2(-1 / halfLifeEvents) : 0 }

    static func bin(ofScore score: Double) -> Int { min(binCount - 1, max(0, Int(score / binWidth))) }
}
