/// What the gateway's own check found in an answer. It is made of the text alone: no model was asked, nothing was paid.
public struct AnswerQualityReport: Sendable, Hashable, Codable {
    /// One thing that speaks against the answer.
    public struct Signal: Sendable, Hashable, Codable {
        /// A short stable name, such as `hedging`.
        public var name: String
        /// For a person: `hedges 7 times`.
        public var reason: String

        public init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// 1 for an answer that nothing speaks against, 0 for one that is no good.
    public var score: Double
    /// The score is below the configured threshold: elsewhere a stronger model would have been asked.
    public var isWeak: Bool
    /// In the order of importance; empty where nothing was found.
    public var signals: [Signal]

    public init(score: Double, isWeak: Bool, signals: [Signal]) {
        self.score = score
        self.isWeak = isWeak
        self.signals = signals
    }

    private enum CodingKeys: String, CodingKey {
        case score
        case isWeak = "is_weak"
        case signals
    }
}
