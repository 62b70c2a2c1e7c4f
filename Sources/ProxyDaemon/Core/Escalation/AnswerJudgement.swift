import Shared

/// What judging has made of an exchange: which answer was given, which were not, and what all of them cost.
///
/// The part of an ``Exchange`` that is still open when a stream's head goes out.
package struct AnswerJudgement: Sendable {
    var decision: Decision?
    var attempts: [AttemptReport]
    var answeringAttempt: Int?
    var discarded: [DiscardedAnswer]
    var overheads: [Overhead]
    var warnings: [String]
    var quality: QualityVerdict?
    var wasFoundLate: Bool

    init(_ exchange: Exchange) {
        decision = exchange.decision
        attempts = exchange.attempts
        answeringAttempt = exchange.answeringAttempt
        discarded = exchange.discarded
        overheads = exchange.overheads
        warnings = exchange.warnings
        quality = exchange.quality
        wasFoundLate = exchange.wasFoundLate
    }
}

extension Exchange {
    /// The answer before the last escalation is not given: what it came to is booked.
    mutating func discardFormer(_ usage: TokenUsage, isEstimated: Bool) {
        guard let from = decision?.escalations.last?.from else { return }
        // The answer in its place may have taken several attempts.
        let attempt = attempts.lastIndex { $0.weakness != nil } ?? attempts.count - 2
        discard(usage, isEstimated: isEstimated, of: from, attempt: attempt)
    }

    /// What a backend has answered is not given: what it came to is booked at its attempt.
    mutating func discard(_ usage: TokenUsage, isEstimated: Bool, of backend: Backend, attempt: Int) {
        let seconds = request.unixMilliseconds / 1_000
        let spending = Spending(usage, isEstimated: isEstimated, on: backend, unixSeconds: seconds)
        attempts.book(spending, at: attempt)
        guard usage != TokenUsage() else { return }
        discarded.append(DiscardedAnswer(backend: backend, spending: spending))
    }

    /// Writes down what the answer that is given has cost, at the attempt that brought it.
    mutating func book(_ cost: USD) {
        guard sharing == .none, let position = answeringAttempt ?? attempts.indices.last else { return }
        attempts.book(Spending(usage: usage, isEstimated: usageIsEstimated, cost: cost), at: position)
    }
}

extension [AttemptReport] {
    /// Writes down what an attempt has cost.
    mutating func book(_ spending: Spending, at position: Int) {
        guard indices.contains(position) else { return }
        self[position].usage = spending.usage
        self[position].cost = spending.cost
    }
}

extension Exchange {
    mutating func take(_ judgement: AnswerJudgement) {
        decision = judgement.decision
        attempts = judgement.attempts
        answeringAttempt = judgement.answeringAttempt
        discarded = judgement.discarded
        overheads = judgement.overheads
        warnings = judgement.warnings
        quality = judgement.quality
        wasFoundLate = judgement.wasFoundLate
    }
}
