package import Shared

/// What a routing decision came to, as training data for routers.
package struct RoutingOutcome: Sendable, Equatable {
    /// The query id.
    package var id: String
    package var unixMilliseconds: Int64
    package var project: String
    /// The text that was classified, as far as `log.prompts` lets it be kept; empty otherwise.
    package var prompt: String
    package var task: String?
    /// 0 to 100.
    package var score: Int?
    package var classifier: String
    package var initialTier: Tier
    package var initialBackend: String
    package var finalTier: Tier
    package var finalBackend: String
    package var escalations: Int
    /// Why the answers before the last were found weak: the names of the signals.
    package var escalationReasons: [String]
    /// The last answer's quality, 0 to 1; nil where it was not judged.
    package var quality: Double?
    package var latencyMilliseconds: Double
    /// The client got an answer.
    package var isSuccess: Bool
    /// All attempts together.
    package var cost: USD
    package var baseline: USD

    package init(
        id: String,
        unixMilliseconds: Int64,
        project: String,
        prompt: String,
        task: String?,
        score: Int?,
        classifier: String,
        initialTier: Tier,
        initialBackend: String,
        finalTier: Tier,
        finalBackend: String,
        escalations: Int,
        escalationReasons: [String],
        quality: Double?,
        latencyMilliseconds: Double,
        isSuccess: Bool,
        cost: USD,
        baseline: USD
    ) {
        self.id = id
        self.unixMilliseconds = unixMilliseconds
        self.project = project
        self.prompt = prompt
        self.task = task
        self.score = score
        self.classifier = classifier
        self.initialTier = initialTier
        self.initialBackend = initialBackend
        self.finalTier = finalTier
        self.finalBackend = finalBackend
        self.escalations = escalations
        self.escalationReasons = escalationReasons
        self.quality = quality
        self.latencyMilliseconds = latencyMilliseconds
        self.isSuccess = isSuccess
        self.cost = cost
        self.baseline = baseline
    }
}

extension RoutingOutcome {
    /// What the routing of an exchange came to; nil for one that was not routed, or was answered by what is kept.
    init?(_ exchange: Exchange, _ row: ExchangeSummary) {
        guard let decision = exchange.decision, decision.wasRouted, exchange.sharing == .none,
            !exchange.attempts.isEmpty
        else { return nil }
        var signals: [String] = []
        for signal in decision.escalations.flatMap(\.signals) where !signals.contains(signal) {
            signals.append(signal)
        }
        let first = decision.escalations.first?.from ?? decision.backend
        self.init(
            id: row.id,
            unixMilliseconds: row.unixMilliseconds,
            project: row.project,
            prompt: row.prompt,
            task: decision.classification?.taskType.rawValue,
            score: decision.score,
            classifier: row.classifier,
            initialTier: first.tier,
            initialBackend: first.name,
            finalTier: decision.backend.tier,
            finalBackend: decision.backend.name,
            escalations: decision.escalations.count,
            escalationReasons: signals,
            quality: exchange.quality?.score,
            latencyMilliseconds: row.latencyMilliseconds,
            isSuccess: row.error == nil && row.status == 200,
            cost: row.cost,
            baseline: row.baseline
        )
    }
}
