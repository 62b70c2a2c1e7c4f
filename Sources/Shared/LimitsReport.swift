/// What limits and budgets came to since the start, for the operator.
public struct LimitsReport: Sendable, Hashable, Codable {
    public enum Period: String, Sendable, Hashable, Codable {
        case day
        case month
    }

    /// One budget that bounds something.
    public struct Budget: Sendable, Hashable, Codable {
        /// `all`, or `project:` with a name.
        public var scope: String
        public var period: Period
        public var limit: USD
        public var spent: USD
        /// What is put aside for calls under way.
        public var reserved: USD

        public init(scope: String, period: Period, limit: USD, spent: USD, reserved: USD) {
            self.scope = scope
            self.period = period
            self.limit = limit
            self.spent = spent
            self.reserved = reserved
        }

        /// The share that is spent: 1 for all of it, and for a budget of nothing.
        public var ratio: Double {
            limit > .zero ? Double(spent.nanodollars) / Double(limit.nanodollars) : 1
        }

        private enum CodingKeys: String, CodingKey {
            case scope
            case period
            case limit = "limit_usd"
            case spent = "spent_usd"
            case reserved = "reserved_usd"
        }
    }

    /// Requests that were refused, by the bound: `requests`, `tokens`, `streams`, `budget` or `budget_reserved`.
    public var refusals: [String: Int]
    /// Requests that were sent away because too much was under way, by reason: `queue_full`, `queue_timeout` or `books_full`.
    public var shed: [String: Int]
    /// Of all clients together and of projects, at most 200 of them; those of single keys are not told.
    public var budgets: [Budget]

    public init(refusals: [String: Int] = [:], shed: [String: Int] = [:], budgets: [Budget] = []) {
        self.refusals = refusals
        self.shed = shed
        self.budgets = budgets
    }
}
