/// How alike two texts are, from the cosine of their embeddings and what their words have in common.
///
/// The scale is that of a cosine, so that one threshold serves with and without the words' evidence: a pair at 0.95 is as
/// likely to ask the same as a pair at a score of 0.807 by the logistic model that the terms come from. High overlap of words
/// at an equal cosine speaks against a rewording: lookalikes differ in one word.
package enum SemanticScore {
    /// Weights in the logistic model's units, fitted on question pairs; ``cosineWeight`` of them are one unit of cosine.
    private static let cosineWeight = 16.6
    private static let intercept = -13.801
    private static let unmatchedWeight = 0.157
    private static let substitutedWeight = 0.154
    private static let singleSubstitutionWeight = -0.207
    private static let jaccardWeight = -1.451
    private static let lengthRatioWeight = 0.21
    private static let lengthWeight = 0.019
    private static let equalWeight = 0.476
    /// The log-odds of 0.807. With the guards before it the score can ask for a little less than the 0.82 that suits it alone.
    private static let anchorLogOdds = 1.433
    private static let anchorCosine = 0.95
    /// So much of what a cosine lacks to 1 the words can make up for: near 1 a threshold means what it says.
    private static let mostMadeUp = 0.6

    /// - Returns: A number on the scale of a cosine.
    package static func similarity(cosine: Double, _ comparison: WordingComparison) -> Double {
        let evidence = comparison.evidence
        let unmatched = Double(min(evidence.fewerUnmatched, 6) + min(evidence.moreUnmatched, 6))
        var logOdds = intercept + unmatchedWeight * unmatched + jaccardWeight * evidence.jaccard
        logOdds += lengthRatioWeight * evidence.lengthRatio + lengthWeight * Double(min(evidence.shorterLength, 40))
        if evidence.fewerUnmatched > 0 { logOdds += substitutedWeight }
        if evidence.fewerUnmatched == 1, evidence.moreUnmatched == 1 { logOdds += singleSubstitutionWeight }
        if evidence.moreUnmatched == 0 { logOdds += equalWeight }
        // The cosine that has the same odds without any words' evidence.
        let equivalent = cosine + (logOdds - anchorLogOdds) / cosineWeight + anchorCosine
        return min(equivalent, cosine + mostMadeUp * max(0, 1 - cosine))
    }
}
