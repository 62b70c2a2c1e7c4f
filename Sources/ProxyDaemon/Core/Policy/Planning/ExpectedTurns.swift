package import Shared

/// How a conversation is expected to go on. Rules of thumb, written down in docs/decisions/0008-switch-cost-planner.md.
package struct ExpectedTurns: Sendable, Equatable {
    /// User turns after this one.
    package var userTurns: Int
    /// Requests of a tool loop after each user turn's own, this one's included.
    package var stepsPerTurn: Int
    /// Tokens by which the prompt grows from request to request, in the tokens of a model that makes
    /// `referencePromptTokens` of the present prompt.
    package var growthTokens: Int
    package var referencePromptTokens: Int
    /// Tokens of each answer.
    package var outputTokens: Int
    /// Seconds without a request before a user turn.
    package var gapSeconds: Int
    /// How often each tier was wanted so far, this turn included: how often it is expected to be.
    package var wanted: TierCounts

    package static let mostUserTurns = 8
    package static let mostSteps = 6
    /// What a tool loop's request takes, answer and tools together.
    static let secondsPerStep = 15
    /// Before a user's pace is known.
    static let usualGapSeconds = 60
    /// What an answer and its tools' results usually add besides the answer's own tokens.
    static let usualResultTokens = 500
    static let mostGrowth = 50_000

    package init(
        userTurns: Int = 0,
        stepsPerTurn: Int = 0,
        growthTokens: Int = 0,
        referencePromptTokens: Int = 0,
        outputTokens: Int,
        gapSeconds: Int = ExpectedTurns.usualGapSeconds,
        wanted: TierCounts = TierCounts()
    ) {
        self.userTurns = max(0, min(userTurns, Self.mostUserTurns))
        self.stepsPerTurn = max(0, min(stepsPerTurn, Self.mostSteps))
        self.growthTokens = max(0, min(growthTokens, Self.mostGrowth))
        self.referencePromptTokens = PlanCandidate.bounded(referencePromptTokens)
        self.outputTokens = PlanCandidate.bounded(outputTokens)
        self.gapSeconds = max(0, min(gapSeconds, 1 << 30))
        self.wanted = wanted
    }

    /// By what was seen of the conversation; nil of a new one.
    ///
    /// As many user turns are to come as there were before this one: a conversation of which nothing else is known is
    /// met in its middle. A new one has none to come, as most requests stand alone. A turn has as many tool steps as the
    /// turns so far had on average, two assumed before the first where tools are offered.
    ///
    /// - Parameters:
    ///   - view: What is known of the conversation.
    ///   - wanted: The tier that this turn wants.
    ///   - offersTools: The request offers tools.
    ///   - outputTokens: The estimate of this answer's tokens.
    ///   - promptTokens: This prompt's tokens, as the model counts by which the view's growth is known.
    package init(
        _ view: ConversationView?,
        wanted: Tier,
        offersTools: Bool,
        outputTokens: Int,
        promptTokens: Int
    ) {
        var counts = view?.wanted ?? TierCounts()
        let isRepeated = view?.isRepeated ?? false
        if !isRepeated { counts[wanted] += 1 }
        let turns = max(0, (view?.userTurns ?? 0) - (isRepeated ? 1 : 0))
        let steps = (view?.toolSteps ?? 0) + 2
        self.init(
            userTurns: turns,
            stepsPerTurn: offersTools ? (steps + (turns + 1) / 2) / (turns + 1) : 0,
            growthTokens: view?.growthTokens ?? outputTokens + (offersTools ? Self.usualResultTokens : 100),
            referencePromptTokens: promptTokens,
            outputTokens: outputTokens,
            gapSeconds: view?.gapSeconds ?? Self.usualGapSeconds,
            wanted: counts
        )
    }

    /// The growth in a candidate's own tokens.
    func growth(for candidate: PlanCandidate) -> Int {
        guard referencePromptTokens > 0 else { return growthTokens }
        let scaled = Int128(growthTokens) * Int128(candidate.promptTokens) / Int128(referencePromptTokens)
        return Int(max(0, min(scaled, Int128(Self.mostGrowth) * 4)))
    }
}
