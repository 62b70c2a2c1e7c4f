package import Shared

/// The thresholds of one project as reports of quality have moved them, on each scale by the reports on that scale alone.
///
/// A value without a clock; ``LearnedState`` holds one for each project.
package struct ThresholdCalibration: Sendable, Equatable {
    /// What became of a report.
    package enum Outcome: Sendable, Equatable {
        /// It counts; `moved` says whether a threshold moved at once.
        case counted(moved: Bool)
        /// The project has had as many as count within a minute.
        case overLimit
        /// As many projects as are kept have reported within a day.
        case noRoom
        /// Answers of this tier tell of no boundary.
        case noBoundary
        /// The same answer has been reported on before.
        case repeated
        /// A number that is none, or out of range.
        case invalid
    }

    private var onMeaning = TierBoundary.allCases.map { _ in BoundaryCalibration() }
    private var onWords = TierBoundary.allCases.map { _ in BoundaryCalibration() }
    /// Reports beyond the limit since the start, on all scales: the limit is the project's.
    var overLimit = 0
    private var minute = Int64.min
    private var eventsInMinute = 0

    package init() {}

    /// The boundaries of a scale, in the order of ``TierBoundary``.
    subscript(scale: ScoreScale) -> [BoundaryCalibration] {
        get { scale == .meaning ? onMeaning : onWords }
        set {
            switch scale {
            case .meaning: onMeaning = newValue
            case .words: onWords = newValue
            }
        }
    }

    /// Takes a report in: an answer of `tier` to a request of that score (0 to 100) had that quality (0 to 1).
    /// `priors` are those of the score's scale.
    package mutating func record(
        scale: ScoreScale,
        score: Double,
        tier: Tier,
        quality: Double,
        priors: ScoreThresholds,
        rule: CalibrationRule,
        unixSeconds: Int64
    ) -> Outcome {
        guard (0.0...100).contains(score), (0.0...1).contains(quality) else { return .invalid }
        guard let boundary = TierBoundary(below: tier) else { return .noBoundary }
        let now = unixSeconds / 60
        if now != minute { (minute, eventsInMinute) = (now, 0) }
        guard eventsInMinute < rule.eventsPerMinute else {
            overLimit = min(overLimit, Int.max - 1) + 1
            return .overLimit
        }
        eventsInMinute += 1
        let moved = self[scale][boundary.rawValue].record(
            score: score,
            quality: quality,
            prior: priors[boundary],
            rule: rule,
            unixSeconds: unixSeconds
        )
        return .counted(moved: moved)
    }

    /// The thresholds that hold on a scale with these priors. Where the two have crossed, the fast tier gives way: the
    /// stronger one is the safe one.
    package func thresholds(
        scale: ScoreScale,
        priors: ScoreThresholds,
        rule: CalibrationRule
    ) -> ScoreThresholds {
        let boundaries = self[scale]
        let fast = boundaries[TierBoundary.fastBalanced.rawValue].current(prior: priors.fastMaximum, rule: rule)
        let balanced = boundaries[TierBoundary.balancedPremium.rawValue]
            .current(prior: priors.balancedMaximum, rule: rule)
        return ScoreThresholds(fastMaximum: min(fast, balanced), balancedMaximum: balanced)
    }

    /// Back to each scale's priors, and all reports forgotten.
    package mutating func reset(
        priors: (ScoreScale) -> ScoreThresholds,
        rule: CalibrationRule,
        unixSeconds: Int64
    ) {
        for scale in ScoreScale.allCases {
            let priors = priors(scale)
            for boundary in TierBoundary.allCases {
                self[scale][boundary.rawValue].reset(prior: priors[boundary], rule: rule, unixSeconds: unixSeconds)
            }
        }
        overLimit = 0
    }

    /// The boundaries of a scale with these priors.
    package func snapshot(scale: ScoreScale, priors: ScoreThresholds, rule: CalibrationRule) -> [BoundarySnapshot] {
        TierBoundary.allCases.map { boundary in
            let state = self[scale][boundary.rawValue]
            return BoundarySnapshot(
                boundary: boundary,
                prior: priors[boundary],
                current: state.current(prior: priors[boundary], rule: rule),
                events: state.events,
                weight: state.weight,
                missingEvents: max(0, rule.minimumEvents - state.events),
                targetQuality: rule.targetQuality,
                changes: state.changes
            )
        }
    }
}

/// What a person may see of a threshold.
package struct BoundarySnapshot: Sendable, Equatable {
    package var boundary: TierBoundary
    /// Points: where the threshold began, and where it returns to at a reset.
    package var prior: Double
    /// Points: where the reports have moved it. The other boundary may still overrule it.
    package var current: Double
    /// Reports that counted since the start or the last reset.
    package var events: Int
    /// The same after decay.
    package var weight: Double
    /// Further reports needed before anything moves.
    package var missingEvents: Int
    package var targetQuality: Double
    /// The last moves, oldest first.
    package var changes: [ThresholdChange]

    package var lastChange: ThresholdChange? { changes.last }

    /// Where it stands and why, for a person.
    package var sentence: String {
        let name = "\(boundary.lower.name)|\(boundary.upper.name)"
        let place = "The threshold \(name) is at \(rounded(current))"
        guard missingEvents == 0 else {
            return
                "\(place), its prior; \(missingEvents) more reports on answers of the \(boundary.lower.name) tier may move it."
        }
        guard let last = lastChange else { return "\(place), its prior: \(events) reports gave no reason to move it." }
        let moved = "\(place) (prior \(rounded(prior)), \(events) reports)"
        switch last.reason {
        case .goodUpTo(let score, let quality, let reports):
            return "\(moved): answers up to a score of \(rounded(score)) were good (\(rounded(quality, 100)) by "
                + "\(rounded(reports)) reports, target \(rounded(targetQuality, 100)))."
        case .weakFrom(let score, let quality, let reports):
            return "\(moved): answers from a score of \(rounded(score)) on were weak (\(rounded(quality, 100)) by "
                + "\(rounded(reports)) reports, target \(rounded(targetQuality, 100)))."
        case .reset: return "\(moved): it was reset."
        }
    }

    private func rounded(_ value: Double, _ scale: Double = 10) -> String {
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e9 ? String(Int(rounded)) : String(rounded)
    }
}
