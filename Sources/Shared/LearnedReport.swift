/// What feedback has moved for one project: `GET /v1/feedback`.
public struct LearnedReport: Sendable, Hashable, Codable {
    /// A bound between two tiers, in points of the score.
    public struct Threshold: Sendable, Hashable, Codable {
        public var below: Tier
        public var above: Tier
        /// Where it began, and where it goes back to.
        public var prior: Double
        public var current: Double
        /// Reports that counted.
        public var events: Int
        /// Further reports before it may move.
        public var missingEvents: Int
        /// The quality that answers of the tier below are to keep.
        public var targetQuality: Double
        /// Where it stands and why.
        public var sentence: String

        public init(
            below: Tier,
            above: Tier,
            prior: Double,
            current: Double,
            events: Int,
            missingEvents: Int,
            targetQuality: Double,
            sentence: String
        ) {
            self.below = below
            self.above = above
            self.prior = prior
            self.current = current
            self.events = events
            self.missingEvents = missingEvents
            self.targetQuality = targetQuality
            self.sentence = sentence
        }

        private enum CodingKeys: String, CodingKey {
            case below
            case above
            case prior
            case current
            case events
            case missingEvents = "missing_events"
            case targetQuality = "target_quality"
            case sentence
        }
    }

    /// The ranking of prompts that shadow pairs have taught.
    public struct Ranking: Sendable, Hashable, Codable {
        public var pairs: Int
        public var missingPairs: Int
        public var isInUse: Bool
        /// By how much more of the recent pairs it orders rightly than the built-in score, -1 to 1.
        public var lead: Double

        public init(pairs: Int, missingPairs: Int, isInUse: Bool, lead: Double) {
            self.pairs = pairs
            self.missingPairs = missingPairs
            self.isInUse = isInUse
            self.lead = lead
        }

        private enum CodingKeys: String, CodingKey {
            case pairs
            case missingPairs = "missing_pairs"
            case isInUse = "is_in_use"
            case lead
        }
    }

    public var project: String
    public var thresholds: [Threshold]
    /// nil without a shadow pair.
    public var ranking: Ranking?
    /// Reports that came too fast to count.
    public var reportsOverLimit: Int

    public init(project: String, thresholds: [Threshold], ranking: Ranking?, reportsOverLimit: Int) {
        self.project = project
        self.thresholds = thresholds
        self.ranking = ranking
        self.reportsOverLimit = reportsOverLimit
    }

    private enum CodingKeys: String, CodingKey {
        case project
        case thresholds
        case ranking
        case reportsOverLimit = "reports_over_limit"
    }
}
