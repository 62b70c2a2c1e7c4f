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
