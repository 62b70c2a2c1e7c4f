package import Shared

/// Looking at answers, and asking a stronger model where they are weak.
extension Settings {
    package enum QualityCheck: String, Sendable, CaseIterable {
        /// Rules over the answer's text: no time, no cost.
        case heuristic
        /// A model of the fast tier is asked what it thinks of the answer, beside the rules.
        case llm
        /// No answer is looked at.
        case none
    }

    package struct Escalation: Sendable, Equatable {
        /// How often a request may be asked again, at most once a tier above the lowest.
        package static let numbers = 0...(Tier.allCases.count - 1)

        /// How often one request is asked again; 0 switches escalation off.
        package var maxEscalations = 2
        package var check = QualityCheck.heuristic
        /// Signals, their threshold, and the length of a short answer.
        package var rules = QualityRules()
        /// Also where the request brings tools. A turn of a tool loop is never asked again.
        package var includesAgents = false
        /// How much of a stream is held back before it is decided about, in tokens by the estimate.
        package var windowTokens = 40
        /// How long it is held back at most, from its first byte.
        package var windowMilliseconds = 1_500
        /// The share of the judged answers that may be asked again.
        package var maxShare = 0.25
        /// So many equal tool calls, or failed ones, in a row lift a conversation's tier; 0 never lifts it.
        package var stallAfter = 3
        /// How long the model that judges may take.
        package var judgeTimeoutMilliseconds = 5_000
        package init() {}
    }

    /// Local models first, whatever they cannot do to the others.
    package struct Cascade: Sendable, Equatable {
        package var isEnabled = false
        /// Requests of this tier and below are tried locally first.
        package var maxTier = Tier.balanced
        /// Every routed request's outcome is written to the state database.
        package var logsOutcomes = true
        package init() {}
    }
}
