package import Shared

/// What may be wrong with an answer. The raw values are the names in the configuration and in what is recorded.
package enum QualitySignal: String, Sendable, Hashable, CaseIterable {
    /// Cut by its limit of tokens.
    case truncated
    /// Says that it does not know, and helps no further.
    case uncertainty
    /// Takes back what it says: many of perhaps, possibly, might, allegedly.
    case hedging
    /// Says less than the question needs.
    case tooShort = "too_short"
    /// Will not do what it was asked, for want of ability and not for safety.
    case refusal
    /// Has no code where code was asked for.
    case missingCode = "missing_code"
    /// Says the same again and again.
    case repetition
    /// Ends in the middle, leaves a block of code open, or has bytes and words that are no text.
    case brokenStructure = "broken_structure"
    /// Is no JSON where JSON was asked for.
    case invalidJSON = "invalid_json"
    /// Is not as the given schema demands.
    case schemaViolation = "schema_violation"
    /// Calls a tool that is not there, or with arguments that it does not take.
    case invalidToolArguments = "invalid_tool_arguments"
    /// A model that was asked about the answer found it weak.
    case judged
}

/// One thing found wrong with an answer.
package struct QualityFinding: Sendable, Equatable {
    package let signal: QualitySignal
    /// For a person, such as `hedges 7 times`. Holds no text of the answer but names of tools and members.
    package let reason: String
    /// How much it alone speaks against the answer, 0…1.
    package let weight: Double

    package init(_ signal: QualitySignal, _ reason: String, weight: Double) {
        self.signal = signal
        self.reason = reason
        self.weight = weight
    }
}

/// What is thought of an answer.
package struct QualityVerdict: Sendable, Equatable {
    /// At most one a signal, in the order of ``QualitySignal``.
    package let findings: [QualityFinding]
    /// 1 for an answer that nothing speaks against, 0 for one that is no good.
    package let score: Double
    package let isWeak: Bool

    /// Puts findings together: the score is the product of what each leaves, 1 - weight, as if each were an independent
    /// chance that the answer is no good. Weak is what falls below the threshold.
    package init(_ findings: [QualityFinding], _ rules: QualityRules) {
        var kept: [QualityFinding] = []
        for signal in QualitySignal.allCases where !findings.isEmpty && rules.signals.contains(signal) {
            let worst = findings.filter { $0.signal == signal }.max { $0.weight < $1.weight }
            if let worst, worst.weight > 0 { kept.append(worst) }
        }
        self.findings = kept
        score = kept.reduce(1) { $0 * (1 - min(1, $1.weight)) }
        isWeak = score < rules.threshold
    }

    /// An answer that nothing speaks against.
    package static let fine = QualityVerdict([], QualityRules())

    /// The same for front ends.
    package var report: AnswerQualityReport {
        let signals = findings.map { AnswerQualityReport.Signal(name: $0.signal.rawValue, reason: $0.reason) }
        return AnswerQualityReport(score: score, isWeak: isWeak, signals: signals)
    }
}

/// How answers are judged.
package struct QualityRules: Sendable, Equatable {
    /// The signals that count.
    package var signals = Set(QualitySignal.allCases)
    /// Characters that the answer to an open question of middling complexity has at least; more are asked for as the
    /// question gets harder, none where it asks for a word, a number, yes or no, or a short list. 0 asks for none.
    package var minimumLength = 100
    /// The score below which an answer is weak, 0…1.
    package var threshold = 0.5

    package init() {}
}

/// How much a signal speaks against an answer where it is found whole. Set on the `dev` half of the labelled answers in
/// Tests/GatewayCoreTests/Quality: above 0.5 where the signal alone made weak answers of those that were labelled so, below
/// where it also appeared in fine ones and needs another beside it.
enum QualityWeight {
    static let truncated = 0.9
    /// By the client's own limit, which would cut a stronger model's answer as well: written down, and with any other
    /// finding that is not enough alone still not enough.
    static let truncatedByClient = 0.2
    static let uncertainty = 0.7
    /// Some help follows the claim.
    static let uncertaintyWithHelp = 0.3
    static let hedging = 0.6
    static let tooShort = 0.6
    static let empty = 1.0
    static let refusal = 0.9
    static let refusalWithHelp = 0.35
    static let sendsElsewhere = 0.6
    static let missingCode = 0.7
    static let repetition = 0.8
    static let garbage = 0.8
    static let openFence = 0.7
    static let midSentence = 0.65
    static let wordSalad = 0.7
    static let invalidJSON = 0.95
    static let schemaViolation = 0.9
    static let invalidToolArguments = 0.9
}
