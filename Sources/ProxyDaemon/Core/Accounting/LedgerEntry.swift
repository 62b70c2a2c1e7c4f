package import Shared

/// One exchange as the ledger keeps it: the row, and what its explanation is made from.
package final class LedgerEntry: Sendable {
    package let summary: ExchangeSummary
    package let decision: Decision?
    package let attempts: [AttemptReport]
    package let warnings: [String]
    /// The gateway's own calls for it. Their cost is the summary's `overhead`, and is taken off its `saved`.
    package let overheads: [Overhead]
    /// What of its cost went into answers that were not given, and into checking the cache.
    package let losses: SavingsLosses
    /// What was done to the prompt, a sentence each.
    package let notes: [String]
    /// What is thought of the answer; nil where it was not looked at.
    let quality: QualityVerdict?
    /// The beginning of the client key's hash; empty without a key.
    package let keyFingerprint: String
    /// The reason's name where it failed, for a metric: a ``GatewayError/label``, or that its provider said so.
    let failure: String?
    /// What the gateway added to the answer; nil where that cannot be told.
    let ownNanoseconds: Int64?
    /// What else its explanation shows; nil for what an earlier process saw.
    let contents: ExchangeContents?

    package init(
        summary: ExchangeSummary,
        decision: Decision?,
        attempts: [AttemptReport],
        warnings: [String],
        overheads: [Overhead] = [],
        losses: SavingsLosses = SavingsLosses(),
        notes: [String] = [],
        quality: QualityVerdict? = nil,
        keyFingerprint: String = "",
        failure: String? = nil,
        ownNanoseconds: Int64? = nil,
        contents: ExchangeContents? = nil
    ) {
        self.contents = contents
        self.summary = summary
        self.failure = failure
        self.ownNanoseconds = ownNanoseconds
        self.keyFingerprint = keyFingerprint
        self.overheads = overheads
        self.losses = losses
        self.notes = notes
        self.quality = quality
        self.decision = decision
        self.attempts = attempts
        self.warnings = warnings
    }

    package var detail: ExchangeDetail {
        var explanation = decision?.explained
        explanation?.reasons += notes
        let classifications = overheads.filter { $0.purpose == .classifier }
        if !classifications.isEmpty {
            explanation?.classifierCost = classifications.reduce(.zero) { $0 + $1.spending.cost }
        }
        var detail = ExchangeDetail(
            summary: summary,
            decision: explanation,
            attempts: attempts,
            warnings: warnings,
            requestHeaders: contents?.requestHeaders.map(KeptHeaders.report),
            answerHeaders: contents.map { KeptHeaders.ofAnswer($0.answerHeaders) },
            answer: contents?.opening?.text
        )
        detail.quality = quality?.report
        return detail
    }
}
