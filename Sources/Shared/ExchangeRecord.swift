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
    /// What was found in the answer; nil where it was not looked at.
    public var quality: AnswerQualityReport?

    public init(
        summary: ExchangeSummary,
        decision: DecisionExplanation? = nil,
        attempts: [AttemptReport] = [],
        warnings: [String] = []
    ) {
        self.summary = summary
        self.decision = decision
        self.attempts = attempts
        self.warnings = warnings
    }
}

/// Why this backend: the classification, the candidates, the vetoes and what each would cost.
public struct DecisionExplanation: Sendable, Hashable, Codable {
    /// One measured trait of the request and what it added to the score.
    public struct Signal: Sendable, Hashable, Codable {
        /// A short stable name, such as `token_estimate`.
        public var name: String
        /// What it added to the score; may be negative.
        public var points: Int
        /// What was seen, for a person: `about 1,200 tokens`.
        public var detail: String

        public init(name: String, points: Int, detail: String) {
            self.name = name
            self.points = points
            self.detail = detail
        }
    }

    /// A backend that was weighed.
    public struct Candidate: Sendable, Hashable, Codable {
        public var backend: String
        public var model: String
        public var tier: Tier
        public var isChosen: Bool
        /// Why it could not be taken; nil when it could.
        public var veto: String?
        /// Estimated cost of this request on this backend; exact once `cost_usd` of the exchange is known.
        public var estimatedCost: USD
        public var isSimulated: Bool

        public init(
            backend: String,
            model: String,
            tier: Tier,
            isChosen: Bool,
            veto: String?,
            estimatedCost: USD,
            isSimulated: Bool
        ) {
            self.backend = backend
            self.model = model
            self.tier = tier
            self.isChosen = isChosen
            self.veto = veto
            self.estimatedCost = estimatedCost
            self.isSimulated = isSimulated
        }

        private enum CodingKeys: String, CodingKey {
            case backend
            case model
            case tier
            case isChosen = "is_chosen"
            case veto
            case estimatedCost = "estimated_cost_usd"
            case isSimulated = "is_simulated"
        }
    }

    /// The layer that decided: `heuristic`, or `n/a` where nothing was classified.
    public var classifier: String
    /// 0 to 100.
    public var score: Int?
    public var signals: [Signal]
    public var candidates: [Candidate]
    /// The chain of reasons in order, each a sentence.
    public var reasons: [String]
    /// Time spent classifying.
    public var classifyMicroseconds: Double
    /// The estimate of prompt tokens that the costs rest on.
    public var estimatedInputTokens: Int
    /// The estimate of answer tokens that the costs rest on.
    public var estimatedOutputTokens: Int
    /// The kind of work: `simple_qa`, `code`, `math`, `analysis`, `creative`, `translation`, `reasoning` or `general`.
    public var task: String?
    /// 1 to 10.
    public var complexity: Int?
    /// 0 to 1: how sure the classifier is of the tier.
    public var confidence: Double?
    public var thresholds: Thresholds?
    /// What the estimated tokens would cost on the strongest tier.
    public var baseline: USD?
    /// How long the whole answer may take, by the backend's latest ones.
    public var expectedMilliseconds: Double?

    /// The scores at which one tier ends and the next begins.
    public struct Thresholds: Sendable, Hashable, Codable {
        /// Scores up to this are for the fast tier.
        public var fastMax: Double
        /// Scores up to this are for the balanced tier.
        public var balancedMax: Double
        /// Where the two were before feedback moved them; nil where nothing is learned.
        public var fastPrior: Double?
        public var balancedPrior: Double?

        public init(fastMax: Double, balancedMax: Double, fastPrior: Double? = nil, balancedPrior: Double? = nil) {
            self.fastMax = fastMax
            self.balancedMax = balancedMax
            self.fastPrior = fastPrior
            self.balancedPrior = balancedPrior
        }

        private enum CodingKeys: String, CodingKey {
            case fastMax = "fast_max"
            case balancedMax = "balanced_max"
            case fastPrior = "fast_prior"
            case balancedPrior = "balanced_prior"
        }
    }
    /// What asking a model to classify cost; nil where none was asked.
    public var classifierCost: USD?
    /// The tier that the asker or a skill forces; nil where the gateway chose, and from a daemon that does not tell.
    public var forcedTier: Tier?

    public init(
        classifier: String,
        score: Int?,
        signals: [Signal],
        candidates: [Candidate],
        reasons: [String],
        classifyMicroseconds: Double,
        estimatedInputTokens: Int,
        estimatedOutputTokens: Int,
        task: String? = nil,
        complexity: Int? = nil,
        confidence: Double? = nil,
        thresholds: Thresholds? = nil,
        baseline: USD? = nil,
        expectedMilliseconds: Double? = nil,
        classifierCost: USD? = nil
    ) {
        self.classifier = classifier
        self.score = score
        self.signals = signals
        self.candidates = candidates
        self.reasons = reasons
        self.classifyMicroseconds = classifyMicroseconds
        self.estimatedInputTokens = estimatedInputTokens
        self.estimatedOutputTokens = estimatedOutputTokens
        self.task = task
        self.complexity = complexity
        self.confidence = confidence
        self.thresholds = thresholds
        self.baseline = baseline
        self.expectedMilliseconds = expectedMilliseconds
        self.classifierCost = classifierCost
    }

    private enum CodingKeys: String, CodingKey {
        case classifier
        case task = "task_type"
        case complexity
        case confidence
        case thresholds
        case baseline = "baseline_usd"
        case expectedMilliseconds = "expected_latency_ms"
        case score
        case signals
        case candidates
        case reasons
        case classifyMicroseconds = "classify_us"
        case estimatedInputTokens = "estimated_input_tokens"
        case estimatedOutputTokens = "estimated_output_tokens"
        case classifierCost = "classifier_cost_usd"
        case forcedTier = "forced_tier"
    }
}

/// One upstream call.
public struct AttemptReport: Sendable, Hashable, Codable {
    public var backend: String
    public var model: String
    public var tier: Tier?
    /// The provider's HTTP status; nil when it never answered.
    public var status: Int?
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
        case durationMilliseconds = "duration_ms"
        case error
        case weakness
        case usage
        case cost = "cost_usd"
    }
}
