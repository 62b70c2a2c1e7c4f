/// The constants of the rule by which shadow pairs change the ranking. `docs/decisions/0009` gives the reasons.
package struct ShadowRankingRule: Sendable, Equatable {
    /// The gain that the prior is taken to promise between a score of 50 and one of 100.
    package var startSlope: Float = 0.1
    /// How firmly the start is held to, in observations: the mean gain, the prior's slope, each input.
    package var offsetPrecision: Float = 4
    package var slopePrecision: Float = 100
    package var inputPrecision: Float = 4
    /// See `RecursiveLeastSquares`.
    package var drift: Float = 0.0001
    /// Pairs that the trial looks at, the last ones.
    package var window = 200
    /// Nothing is adjusted before there are so many pairs.
    package var minimumPairs = 100
    /// The trial is held whenever so many pairs have come.
    package var trialEvery = 10
    /// The lead in concordance over the prior that puts the adjustment to use.
    package var leadToStart = 0.03
    /// The lead below which it is taken out of use again.
    package var leadToStay = 0.0
    /// Standard errors by which the lead has to be above 0 at the start.
    package var leadErrors = 1.0
    /// Standard errors by which the predictions have to rank better than chance at the start.
    package var chanceErrors = 2.6
    /// Trials in a row that have to be won at the start: so many are held that luck alone wins one now and then.
    package var trialsToStart = 2

    package init() {}
}

/// A ranking of requests that is learned from shadow pairs: requests that both a cheap and a strong model answered, both
/// answers scored.
///
/// The gain (strong less cheap) is a linear function of the prior's score and an input vector, found by recursive least
/// squares that starts at the prior: until pairs say otherwise the order is the prior's. Every pair is predicted before
/// it is learned from, and by those predictions the adjustment has to beat the prior on the last pairs, else
/// ``scorer`` is nil and the prior holds.
///
/// One recorded pair costs about 2·d² operations, a third of a millisecond for d = 426: never on an event loop.
package struct ShadowRanking: Sendable, Equatable {
    /// What became of a pair.
    package enum Outcome: Sendable, Equatable {
        case recorded(isInUse: Bool)
        /// Numbers that are none, out of range, or too many or too few inputs.
        case invalid
        /// The learned numbers had become useless and were given up; the prior holds.
        case restarted
    }

    /// More inputs than this are refused: the covariance grows with their square.
    package static let maximumInputs = 512
    /// Larger inputs are cut to this, so that no single request can turn the weights around.
    static let maximumInput: Float = 8

    package let inputCount: Int
    let rule: ShadowRankingRule
    private(set) var filter: RecursiveLeastSquares
    /// The last pairs, oldest first.
    private(set) var recent: [RankedPair] = []
    /// Pairs since the start.
    package private(set) var pairs = 0
    package private(set) var isInUse = false
    /// Trials won in a row while out of use. Not persisted.
    private var won = 0
    /// The last trial's figures.
    private var trial = RankingTrial([])

    /// nil for no inputs or more than ``maximumInputs``.
    package init?(inputCount: Int, rule: ShadowRankingRule = .init()) {
        guard (1...Self.maximumInputs).contains(inputCount) else { return nil }
        let inputs = [Float](repeating: 1 / rule.inputPrecision, count: inputCount)
        let filter = RecursiveLeastSquares(
            startWeights: [0, rule.startSlope] + [Float](repeating: 0, count: inputCount),
            startVariances: [1 / rule.offsetPrecision, 1 / rule.slopePrecision] + inputs,
            drift: rule.drift
        )
        guard let filter else { return nil }
        self.inputCount = inputCount
        self.rule = rule
        self.filter = filter
    }

    /// Learns from a pair.
    ///
    /// - Parameters:
    ///   - score: the prior's, 0 to 100, before any adjustment.
    ///   - input: ``inputCount`` numbers about the size of 1: an embedding of unit length, features scaled to share it.
    ///   - cheap: the quality of the cheap answer, 0 to 1.
    ///   - strong: the quality of the strong one.
    /// - Returns: what became of it.
    package mutating func record(score: Double, input: [Float], cheap: Double, strong: Double) -> Outcome {
        guard (0.0...100).contains(score), (0.0...1).contains(cheap), (0.0...1).contains(strong),
            input.count == inputCount, input.allSatisfy(\.isFinite)
        else { return .invalid }
        let x = [1, Float(score - 50) / 50] + input.map { min(Self.maximumInput, max(-Self.maximumInput, $0)) }
        let gain = Float(strong - cheap)
        recent.append(RankedPair(score: Float(score), prediction: filter.predict(x), gain: gain))
        if recent.count > rule.window { recent.removeFirst(recent.count - rule.window) }
        guard filter.update(x, target: gain) == .learned else {
            recent = []
            (pairs, isInUse, won, trial) = (0, false, 0, RankingTrial([]))
            return .restarted
        }
        pairs = min(pairs, Int.max - 1) + 1
        if pairs >= rule.minimumPairs, pairs % rule.trialEvery == 0 { judge() }
        return .recorded(isInUse: isInUse)
    }

    private mutating func judge() {
        trial = RankingTrial(recent)
        if isInUse {
            isInUse = trial.lead >= rule.leadToStay && trial.concordance >= 0.5
            won = 0
        } else {
            let isWon =
                trial.lead >= rule.leadToStart && trial.lead >= rule.leadErrors * trial.leadError
                && trial.concordance - 0.5 >= rule.chanceErrors * trial.concordanceError
            won = isWon ? won + 1 : 0
            isInUse = won >= rule.trialsToStart
        }
    }

    /// Takes what was kept before. False where it does not fit, and nothing has changed.
    mutating func restore(
        weights: [Float],
        covariance: [Float],
        recent: [RankedPair],
        pairs: Int,
        isInUse: Bool
    ) -> Bool {
        let isSound = recent.allSatisfy { pair in
            (0...100).contains(pair.score) && (-1...1).contains(pair.gain) && pair.prediction.isFinite
        }
        guard isSound, pairs >= recent.count, recent.count <= rule.window, !isInUse || !recent.isEmpty,
            filter.restore(weights: weights, covariance: covariance)
        else { return false }
        self.recent = recent
        self.pairs = pairs
        self.isInUse = isInUse
        trial = RankingTrial(recent)
        return true
    }

    /// What adjusts scores; nil while the prior holds.
    package var scorer: ShadowScorer? { isInUse ? ShadowScorer(self) : nil }

    package var snapshot: RankingSnapshot {
        RankingSnapshot(
            pairs: pairs,
            missingPairs: max(0, rule.minimumPairs - pairs),
            isInUse: isInUse,
            lead: trial.lead,
            concordance: trial.concordance
        )
    }
}

/// What a person may see of a project's ranking.
package struct RankingSnapshot: Sendable, Equatable {
    package var pairs: Int
    /// Further pairs needed before it can be used.
    package var missingPairs: Int
    package var isInUse: Bool
    /// By how much more of the couples of recent pairs it orders rightly than the prior does, -1 to 1.
    package var lead: Double
    /// The share of them that it orders rightly; 0.5 is chance.
    package var concordance: Double
}

/// Adjusts scores by what shadow pairs have taught: the part of a ``ShadowRanking`` that requests read.
///
/// A prediction becomes the score that has its rank among the scores of the last pairs. So adjusted scores are spread as
/// the prior's are, and thresholds keep their meaning. An adjustment costs d multiplications and a search.
package struct ShadowScorer: Sendable, Equatable {
    private let weights: [Float]
    /// Both rise, and are of one length.
    private let predictions: [Float]
    private let scores: [Float]

    init(_ ranking: ShadowRanking) {
        weights = ranking.filter.weights
        predictions = ranking.recent.map(\.prediction).sorted()
        scores = ranking.recent.map(\.score).sorted()
    }

    /// The adjusted score, 0 to 100. The prior's comes back for an input of another length or with numbers that are none.
    package func score(prior: Double, input: [Float]) -> Double {
        guard input.count + 2 == weights.count, !predictions.isEmpty, (0.0...100).contains(prior),
            input.allSatisfy(\.isFinite)
        else { return prior }
        var sum = weights[0] + weights[1] * Float(prior - 50) / 50
        for at in input.indices {
            sum += weights[at + 2] * min(ShadowRanking.maximumInput, max(-ShadowRanking.maximumInput, input[at]))
        }
        guard sum.isFinite else { return prior }
        return min(100, max(0, Double(score(ranked: sum))))
    }

    private func score(ranked prediction: Float) -> Float {
        let first = predictions.partitioningIndex { $0 >= prediction }
        let after = predictions.partitioningIndex { $0 > prediction }
        guard first == after else { return scores[(first + after - 1) / 2] }
        guard first > 0 else { return scores[0] }
        guard first < predictions.count else { return scores[scores.count - 1] }
        let below = predictions[first - 1]
        let part = (prediction - below) / (predictions[first] - below)
        return scores[first - 1] + part * (scores[first] - scores[first - 1])
    }
}

extension [Float] {
    /// The first index whose element is in the second part, of an array in which all of the first part come first.
    fileprivate func partitioningIndex(_ isInSecond: (Float) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isInSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
