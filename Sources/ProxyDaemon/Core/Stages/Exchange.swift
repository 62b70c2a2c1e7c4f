package import Shared

/// All that is known of one client request. Stages add to it, none takes from it.
package struct Exchange: Sendable {
    package let request: ClientRequest
    package let dialect: Dialect
    /// Who asks, for the cache's partition: set by `authenticate`.
    package var client = ClientIdentity(project: "default", keyFingerprint: "")
    package var directives = Directives()
    package var prompt: Prompt?
    /// What is known of a request that the cache answered before.
    package var known: KnownRequest?
    package var decision: Decision?
    /// What it has taken of the client's limits: set by `limit`, nil where none hold.
    var pass: LimitGate.Pass?
    /// What the client is told of its limits: set by `limit`.
    package var limitStatus: LimitGate.Status?
    /// No tier above is chosen, as a budget nears its end: set by `limit`.
    package var maxTier: Tier?
    /// What is put aside for its cost: set by `reserve`.
    var reservation: BudgetReservation?
    /// Its place in the conversation: set by `prepare` where that looks at it, else by `decide`; nil for what was decided
    /// before.
    package var turn: Turn?
    /// How the answer came to it: set by who gives one that it did not make.
    package var sharing = Sharing.none
    /// The key under which its answer may be kept and shared: set by `look up`, nil where it may not.
    package var cacheKey: CacheKey?
    /// Looks once more for a kept answer, in memory alone: set by `look up` where there was none. Between its look and the
    /// call another request may have stored one.
    package var lookUpAgain: (@Sendable (inout Exchange) -> Reply?)?
    /// The call that identical requests share with this one: set by `coalesce` for the one that makes it.
    package var flight: Flight?
    /// The client left while others waited for the same answer.
    package var clientHasLeft = false
    package var attempts: [AttemptReport] = []
    /// Which of the attempts gave the answer; nil for the last one.
    package var answeringAttempt: Int?
    /// A backend of a lower tier than the decided one has answered: added by `attempt`.
    package var isSubstitute = false
    /// Answers that were paid for and not given: added by `judge` and `attempt`.
    package var discarded: [DiscardedAnswer] = []
    /// The semantic cache had an answer, which is compared with the one that is made all the same: set by `look up`.
    package var isCacheCheck = false
    /// What is thought of the answer: set by `judge`, nil where it did not look at it.
    package var quality: QualityVerdict?
    /// It was found weak only after its first bytes had gone to the client.
    package var wasFoundLate = false
    /// The head of its answer went out before it was decided whose answer it is.
    package var isUndecided = false
    /// The gateway's own calls for it, such as a classification.
    package var overheads: [Overhead] = []
    package var usage = TokenUsage()
    package var usageIsEstimated = false
    package var stopReason: String?
    package var warnings: [String] = []
    /// What was done to the prompt, a sentence each, for the explanation.
    package var notes: [String] = []
    /// What was left out of the prompt: set by `prepare`.
    package var reduction = ReductionReport()
    /// What the gateway added to the answer: set by `settle`, nil where that cannot be told.
    package var ownNanoseconds: Int64?
    /// When the first bytes of the answer were ready, on the monotonic clock.
    package var firstByteNanoseconds: Int64?

    /// Whether the prompt ends with something that a user said. What was decided before is looked at here.
    func isUserTurn(_ prompt: Prompt) -> Bool { (turn?.kind ?? TurnKind(prompt)) == .userTurn }

    /// The gateway ended it, and not its client.
    var wasCutOff: Bool { request.cutOff?.hasBegun ?? false }

    package init(_ request: ClientRequest, dialect: Dialect) {
        self.request = request
        self.dialect = dialect
    }
}

/// Who a client is.
package struct ClientIdentity: Sendable, Equatable {
    package var project: String
    /// The beginning of the key's hash; empty without a key.
    package var keyFingerprint: String
    /// What holds for the key alone; nil where it has no limits or budget of its own.
    package var terms: KeyTerms?

    /// Clients that belong to no project are the operator's own.
    package func maySee(_ summary: ExchangeSummary) -> Bool {
        project == ClientKeys.defaultProject || summary.project == project
    }

    package init(project: String, keyFingerprint: String) {
        self.project = project
        self.keyFingerprint = keyFingerprint
    }
}
