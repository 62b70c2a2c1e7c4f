/// What became of one client request: the row of a table, the body of `exchange.completed`.
///
/// Texts come from clients and models and may hold anything; whoever draws them must pass them through ``PlainText``.
public struct ExchangeSummary: Sendable, Hashable, Codable, Identifiable {
    /// The query id, as in the `X-Gateway-Query-ID` header: 16 hexadecimal digits.
    public var id: String
    /// When the request had been read, in milliseconds since 1970.
    public var unixMilliseconds: Int64
    /// The wire format of the client: `anthropic`.
    public var dialect: String
    /// The model name in the request.
    public var requestedModel: String
    /// The model id that answered; empty when none did.
    public var model: String
    /// The configured name of the backend that answered, such as `haiku`; empty when none did.
    public var backend: String
    /// The wire format of that backend: `anthropic` or `simulated`; empty when none answered.
    public var provider: String
    /// The tier that answered.
    public var tier: Tier?
    /// The complexity score, 0 to 100; nil when the request was not classified.
    public var score: Int?
    /// The layer that decided: `heuristic` or `n/a`.
    public var classifier: String
    /// `none`, `exact`, `semantic` or `coalesced`.
    public var cache: String
    /// The HTTP status the client got.
    public var status: Int
    /// The provider's stop reason, such as `end_turn`.
    public var stopReason: String?
    /// Whether the answer was a stream of events.
    public var stream: Bool
    /// From the request's last byte to the answer's last byte.
    public var latencyMilliseconds: Double
    /// From the request's last byte to the answer's first byte.
    public var firstByteMilliseconds: Double
    public var usage: TokenUsage
    /// What the answer cost.
    public var cost: USD
    /// What the same tokens would have cost on the premium tier.
    public var baseline: USD
    /// Baseline minus cost and overhead; negative when the gateway made it dearer.
    public var saved: USD
    /// What the gateway's own calls for this exchange cost, such as a classification; nil where it made none.
    public var overhead: USD?
    /// How often the answer was judged weak and asked again of a stronger tier.
    public var escalations: Int
    /// The beginning of the user's last message, or empty where the config keeps prompts out of logs.
    public var prompt: String
    /// Why it failed, for a person; nil when it did not.
    public var error: String?
    /// The token counts are the gateway's estimate because the provider's own never arrived.
    public var usageIsEstimated: Bool
    /// The answer came from the simulator; nothing was really paid.
    public var isSimulated: Bool
    /// The tenant.
    public var project: String
    /// The run of a workflow that it was a step of; nil for all other requests.
    public var workflow: WorkflowStep?
    /// Estimated tokens that were left out of the prompt; nil where nothing was.
    public var tokensSaved: TokensSaved?

    public init(
        id: String,
        unixMilliseconds: Int64,
        dialect: String = "anthropic",
        requestedModel: String,
        model: String = "",
        backend: String = "",
        provider: String = "",
        tier: Tier? = nil,
        score: Int? = nil,
        classifier: String = "n/a",
        cache: String = "none",
        status: Int = 0,
        stopReason: String? = nil,
        stream: Bool = false,
        latencyMilliseconds: Double = 0,
        firstByteMilliseconds: Double = 0,
        usage: TokenUsage = TokenUsage(),
        cost: USD = .zero,
        baseline: USD = .zero,
        saved: USD = .zero,
        overhead: USD? = nil,
        escalations: Int = 0,
        prompt: String = "",
        error: String? = nil,
        usageIsEstimated: Bool = false,
        isSimulated: Bool = false,
        project: String = "default",
        workflow: WorkflowStep? = nil,
        tokensSaved: TokensSaved? = nil
    ) {
        self.id = id
        self.unixMilliseconds = unixMilliseconds
        self.dialect = dialect
        self.requestedModel = requestedModel
        self.model = model
        self.backend = backend
        self.provider = provider
        self.tier = tier
        self.score = score
        self.classifier = classifier
        self.cache = cache
        self.status = status
        self.stopReason = stopReason
        self.stream = stream
        self.latencyMilliseconds = latencyMilliseconds
        self.firstByteMilliseconds = firstByteMilliseconds
        self.usage = usage
        self.cost = cost
        self.baseline = baseline
        self.saved = saved
        self.overhead = overhead
        self.escalations = escalations
        self.prompt = prompt
        self.error = error
        self.usageIsEstimated = usageIsEstimated
        self.isSimulated = isSimulated
        self.project = project
        self.workflow = workflow
        self.tokensSaved = tokensSaved
    }

    private enum CodingKeys: String, CodingKey {
        case id = "query_id"
        case unixMilliseconds = "unix_ms"
        case dialect
        case requestedModel = "requested_model"
        case model
        case backend
        case provider
        case tier
        case score
        case classifier
        case cache
        case status
        case stopReason = "stop_reason"
        case stream
        case latencyMilliseconds = "latency_ms"
        case firstByteMilliseconds = "first_byte_ms"
        case usage
        case cost = "cost_usd"
        case baseline = "baseline_usd"
        case saved = "saved_usd"
        case overhead = "overhead_usd"
        case escalations
        case prompt
        case error
        case usageIsEstimated = "usage_is_estimated"
        case isSimulated = "is_simulated"
        case project
        case workflow
        case tokensSaved = "tokens_saved"
    }
}

/// One exchange with the explanation of every choice made for it: `GET /v1/explain/{query_id}` and `exchanges.get`.
public struct ExchangeDetail: Sendable, Hashable, Codable {
    public var summary: ExchangeSummary
    /// nil for requests that were refused before any decision.
    public var decision: DecisionExplanation?
    public var attempts: [AttemptReport]
    /// What had to be dropped or adapted, and other things worth knowing.
    public var warnings: [String]
    /// The client's headers without any that let somebody in; nil from before the daemon's start.
    public var requestHeaders: [HeaderReport]?
    /// What came with the answer, the gateway's own beside it.
    public var answerHeaders: [HeaderReport]?
    /// The beginning of the answer's text, as far as `log.prompts` lets it be kept; nil where there is none.
    public var answer: String?
    /// What was found in the answer; nil where it was not looked at.
    public var quality: AnswerQualityReport?

    public init(
        summary: ExchangeSummary,
        decision: DecisionExplanation? = nil,
        attempts: [AttemptReport] = [],
        warnings: [String] = [],
        requestHeaders: [HeaderReport]? = nil,
        answerHeaders: [HeaderReport]? = nil,
        answer: String? = nil
    ) {
        self.summary = summary
        self.decision = decision
        self.attempts = attempts
        self.warnings = warnings
        self.requestHeaders = requestHeaders
        self.answerHeaders = answerHeaders
        self.answer = answer
    }

    private enum CodingKeys: String, CodingKey {
        case summary
        case decision
        case attempts
        case warnings
        case requestHeaders = "request_headers"
        case answerHeaders = "answer_headers"
        case answer
        case quality
    }
}

/// One upstream call.
public struct AttemptReport: Sendable, Hashable, Codable {
    public var backend: String
    public var model: String
    public var tier: Tier?
    /// The provider's HTTP status; nil when it never answered.
    public var status: Int?
    /// How long after the request it began; nil from a daemon that does not tell.
    public var startedMilliseconds: Double?
    /// Until the whole answer was there, or a stream's first bytes.
    public var durationMilliseconds: Double
    /// What went wrong, for a person.
    public var error: String?
    /// Why the answer was found weak, and a stronger model asked instead; nil where it was not.
    public var weakness: String?
    /// nil while it is not known.
    public var usage: TokenUsage?
    /// What the call cost. The costs of an exchange's attempts add up to its own.
    public var cost: USD?

    public init(
        backend: String,
        model: String,
        tier: Tier? = nil,
        status: Int?,
        startedMilliseconds: Double? = nil,
        durationMilliseconds: Double,
        error: String?,
        weakness: String? = nil,
        usage: TokenUsage? = nil,
        cost: USD? = nil
    ) {
        self.backend = backend
        self.model = model
        self.tier = tier
        self.status = status
        self.startedMilliseconds = startedMilliseconds
        self.durationMilliseconds = durationMilliseconds
        self.error = error
        self.weakness = weakness
        self.usage = usage
        self.cost = cost
    }

    private enum CodingKeys: String, CodingKey {
        case backend
        case model
        case tier
        case status
        case startedMilliseconds = "started_ms"
        case durationMilliseconds = "duration_ms"
        case error
        case weakness
        case usage
        case cost = "cost_usd"
    }
}
