/// A move of a threshold, and why.
package struct ThresholdChange: Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
        /// Answers of the lower tier were good at scores up to here, so that it may try somewhat higher ones.
        case goodUpTo(score: Double, quality: Double, reports: Double)
        /// Answers of the lower tier were under the target at scores from here on.
        case weakFrom(score: Double, quality: Double, reports: Double)
        /// A person took back what was learned.
        case reset
    }

    /// Seconds since 1970: the end of the move.
    package var unixSeconds: Int64
    /// Points.
    package var from: Double
    package var to: Double
    package var reason: Reason
}

/// One threshold of one project on one scale: the reports on the tier below it, and where they have moved it.
struct BoundaryCalibration: Sendable, Equatable {
    /// Moves that are remembered.
    static let rememberedChanges = 12
    /// Points. Moves in one direction count as one up to here.
    private static let mergedChange = 1.0

    var bins = [QualityBin](repeating: QualityBin(), count: CalibrationRule.binCount)
    /// Reports that counted since the start or the last reset, without decay.
    var events = 0
    /// nil as long as it has never been moved: then the prior holds.
    var threshold: Double?
    var changes: [ThresholdChange] = []
    /// The minute since 1970 that ``movedInMinute`` is of. Not persisted.
    private var minute = Int64.min
    /// Points.
    private var movedInMinute = 0.0

    /// The threshold that holds.
    func current(prior: Double, rule: CalibrationRule) -> Double {
        let range = rule.range(prior: prior)
        guard let threshold else { return min(range.upperBound, max(range.lowerBound, prior)) }
        return min(range.upperBound, max(range.lowerBound, threshold))
    }

    /// Reports after decay.
    var weight: Double { bins.reduce(0) { $0 + $1.weight } }

    /// Takes a report in and moves the threshold by a step. `score` is 0 to 100, `quality` 0 to 1.
    ///
    /// - Returns: whether the threshold moved.
    mutating func record(
        score: Double,
        quality: Double,
        prior: Double,
        rule: CalibrationRule,
        unixSeconds: Int64
    ) -> Bool {
        let decay = rule.decay
        for at in bins.indices {
            bins[at].weight *= decay
            bins[at].goodness *= decay
        }
        let bin = CalibrationRule.bin(ofScore: score)
        bins[bin].weight += 1
        bins[bin].goodness += rule.goodness(quality)
        events = min(events, Int.max - 1) + 1
        guard events >= rule.minimumEvents else { return false }
        return step(prior: prior, rule: rule, unixSeconds: unixSeconds)
    }

    private mutating func step(prior: Double, rule: CalibrationRule, unixSeconds: Int64) -> Bool {
        let now = unixSeconds / 60
        if now != minute { (minute, movedInMinute) = (now, 0) }
        let from = current(prior: prior, rule: rule)
        guard let (aim, reason) = aim(from: from, rule: rule) else { return false }
        let range = rule.range(prior: prior)
        let bound = min(rule.stepPerEvent, max(0, rule.stepPerMinute - movedInMinute))
        let stepped = from + min(bound, max(-bound, aim - from))
        let to = min(range.upperBound, max(range.lowerBound, stepped))
        guard to != from else { return false }
        threshold = to
        movedInMinute += abs(to - from)
        remember(ThresholdChange(unixSeconds: unixSeconds, from: from, to: to, reason: reason))
        return true
    }

    /// Where the reports would have the threshold; nil where it is right.
    ///
    /// Down to where the answers begin to be weak; else up to one bin beyond where they are known to be good, since
    /// nothing is learned about a tier at scores that it is never given.
    private func aim(from: Double, rule: CalibrationRule) -> (Double, ThresholdChange.Reason)? {
        let fit = IsotonicFit(bins)
        let weak = fit.weak(target: rule.targetQuality, verdictWeight: rule.verdictWeight)
        if let weak, weak.edge < from {
            return (weak.edge, .weakFrom(score: weak.edge, quality: weak.quality, reports: weak.weight))
        }
        guard let good = fit.good(bins, target: rule.targetQuality, verdictWeight: rule.verdictWeight) else {
            return nil
        }
        let frontier = min(weak?.edge ?? 100, good.edge + CalibrationRule.binWidth)
        guard frontier > from else { return nil }
        return (frontier, .goodUpTo(score: good.edge, quality: good.quality, reports: good.weight))
    }

    private mutating func remember(_ change: ThresholdChange) {
        if var last = changes.last, last.continues(in: change), abs(last.to - last.from) < Self.mergedChange {
            last.to = change.to
            last.unixSeconds = change.unixSeconds
            last.reason = change.reason
            changes[changes.count - 1] = last
        } else {
            changes.append(change)
            if changes.count > Self.rememberedChanges { changes.removeFirst(changes.count - Self.rememberedChanges) }
        }
    }

    /// Back to the prior, and all reports forgotten. The move itself stays in the history.
    mutating func reset(prior: Double, rule: CalibrationRule, unixSeconds: Int64) {
        let from = current(prior: prior, rule: rule)
        let history = changes
        self = BoundaryCalibration()
        changes = history
        let to = current(prior: prior, rule: rule)
        if from != to { remember(ThresholdChange(unixSeconds: unixSeconds, from: from, to: to, reason: .reset)) }
    }
}

extension ThresholdChange {
    /// Whether the other one goes on where this one ended, in the same direction and for the same kind of reason.
    fileprivate func continues(in next: ThresholdChange) -> Bool {
        guard to == next.from else { return false }
        return switch (reason, next.reason) {
        case (.goodUpTo, .goodUpTo), (.weakFrom, .weakFrom): true
        default: false
        }
    }
}
