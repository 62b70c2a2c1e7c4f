/// One shadow pair as it was judged before anything was learned from it.
struct RankedPair: Sendable, Equatable {
    /// The prior's score, 0 to 100.
    var score: Float
    /// The gain that was predicted before it was known.
    var prediction: Float
    /// The quality of the strong answer less that of the cheap one, -1 to 1.
    var gain: Float
}

/// Whether predictions rank the last pairs better than the prior's scores did.
///
/// The measure is concordance: the share of the couples of pairs with different gains that are in the right order, ties
/// counting half; 0.5 is chance. Standard errors are those of a U-statistic by its projection (Hájek): each pair's own
/// contribution is taken as independent.
struct RankingTrial: Sendable, Equatable {
    /// The predictions' concordance less the prior's.
    private(set) var lead = 0.0
    private(set) var leadError = 0.0
    /// The predictions' own.
    private(set) var concordance = 0.5
    private(set) var concordanceError = 0.0
    /// Couples with different gains.
    private(set) var couples = 0

    init(_ pairs: [RankedPair]) {
        var leads = [Double](repeating: 0, count: pairs.count)
        var rights = [Double](repeating: 0, count: pairs.count)
        var counts = [Double](repeating: 0, count: pairs.count)
        var leadSum = 0.0
        var rightSum = 0.0
        for first in pairs.indices {
            let one = pairs[first]
            for second in 0..<first {
                let other = pairs[second]
                guard one.gain != other.gain else { continue }
                let right = Self.agreement(one.prediction - other.prediction, one.gain - other.gain)
                let lead = right - Self.agreement(one.score - other.score, one.gain - other.gain)
                couples += 1
                leadSum += lead
                rightSum += right
                leads[first] += lead
                leads[second] += lead
                rights[first] += right
                rights[second] += right
                counts[first] += 1
                counts[second] += 1
            }
        }
        guard couples > 0 else { return }
        lead = leadSum / Double(couples)
        concordance = rightSum / Double(couples)
        var leadSquares = 0.0
        var rightSquares = 0.0
        for at in pairs.indices {
            let leadPart = leads[at] - lead * counts[at]
            let rightPart = rights[at] - concordance * counts[at]
            leadSquares += leadPart * leadPart
            rightSquares += rightPart * rightPart
        }
        leadError = leadSquares.squareRoot() / Double(couples)
        concordanceError = rightSquares.squareRoot() / Double(couples)
    }

    private static func agreement(_ difference: Float, _ truth: Float) -> Double {
        difference == 0 ? 0.5 : (difference > 0) == (truth > 0) ? 1 : 0
    }
}
