package import Shared

/// What is configured about how much clients may ask and spend.
extension Settings {
    /// How much may be asked; nil for no bound.
    package struct Limits: Sendable, Equatable {
        /// Requests a minute.
        package var requestsPerMinute: Int?
        /// Tokens a minute, those of prompts and of answers together.
        package var tokensPerMinute: Int?
        /// Streams at once.
        package var concurrentStreams: Int?

        package init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, concurrentStreams: Int? = nil) {
            self.requestsPerMinute = requestsPerMinute
            self.tokensPerMinute = tokensPerMinute
            self.concurrentStreams = concurrentStreams
        }

        package var isEmpty: Bool { self == Limits() }
    }

    /// How much may be spent in a day and in a month of UTC; nil for no bound.
    package struct Budget: Sendable, Equatable {
        package var perDay: USD?
        package var perMonth: USD?

        package init(perDay: USD? = nil, perMonth: USD? = nil) {
            self.perDay = perDay
            self.perMonth = perMonth
        }

        package var isEmpty: Bool { perDay == nil && perMonth == nil }
    }

    /// `limits` at the top of the file.
    package struct RateLimits: Sendable, Equatable {
        package var isEnabled = true
        /// For all clients together.
        package var all = Limits()
        /// For each client key by itself.
        package var eachKey = Limits()
        /// Counted in Redis, together with the other daemons there.
        package var isShared = false
        package init() {}
    }

    /// `budget` at the top of the file.
    package struct Budgets: Sendable, Equatable {
        /// For all clients together.
        package var all = Budget()
        /// For each client key by itself.
        package var eachKey = Budget()
        /// From this share of a budget on cheaper tiers answer.
        package var softRatio = 0.8
        /// Kept in Redis, together with the other daemons there.
        package var isShared = false
        package init() {}
    }
}
