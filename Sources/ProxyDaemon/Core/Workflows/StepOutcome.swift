package import Shared

/// What a call for a step came to.
package enum StepOutcome: Sendable, Equatable {
    case answered(StepAnswer)
    case failed(StepFailure)

    var spending: StepSpending {
        switch self {
        case .answered(let answer): answer.spending
        case .failed(let failure): failure.spending
        }
    }
}

/// What a call cost, with the gateway's own calls for it.
package struct StepSpending: Sendable, Equatable {
    package var cost = USD.zero
    package var tokens = TokenUsage()

    package init(cost: USD = .zero, tokens: TokenUsage = TokenUsage()) {
        self.cost = cost
        self.tokens = tokens
    }
}

package struct StepAnswer: Sendable, Equatable {
    package var text: String
    /// The model id that answered.
    package var model = ""
    /// The name of the backend that answered.
    package var backend = ""
    package var tier: Tier?
    /// `none`, `exact`, `semantic` or `coalesced`.
    package var cache = "none"
    package var stopReason: String?
    package var spending = StepSpending()

    package init(text: String) { self.text = text }
}

package struct StepFailure: Sendable, Equatable, Error {
    /// The HTTP status that tells of it best.
    package var status: Int
    /// For a person.
    package var message: String
    /// The same call may go well the next time.
    package var mayPass = false
    /// How long the provider wants to be left alone; nil where it does not say.
    package var retryAfterMilliseconds: Int?
    package var spending = StepSpending()

    package init(status: Int, _ message: String, mayPass: Bool = false) {
        self.status = status
        self.message = message
        self.mayPass = mayPass
    }
}
