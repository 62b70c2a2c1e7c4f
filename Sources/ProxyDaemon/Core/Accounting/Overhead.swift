package import Shared

/// What a call to a model came to.
package struct Spending: Sendable, Hashable {
    package var usage: TokenUsage
    /// The provider gave no count, or the call was broken off before it could.
    package var isEstimated: Bool
    /// At the backend's price.
    package var cost: USD

    package static let nothing = Spending(usage: TokenUsage(), isEstimated: false, cost: .zero)

    package init(usage: TokenUsage, isEstimated: Bool, cost: USD) {
        self.usage = usage
        self.isEstimated = isEstimated
        self.cost = cost
    }

    /// Tokens at a backend's price of that time.
    init(_ usage: TokenUsage, isEstimated: Bool, on backend: Backend, unixSeconds: Int64) {
        let price = backend.price(promptTokens: usage.totalInput, unixSeconds: unixSeconds).price
        self.init(usage: usage, isEstimated: isEstimated, cost: price.cost(of: usage))
    }
}

/// A call that the gateway made for itself: no part of a client's answer, and paid for all the same.
package struct Overhead: Sendable, Hashable {
    package var purpose: OverheadPurpose
    /// The configured name of the backend that was asked.
    package var backend: String
    package var model: String
    package var spending: Spending

    package init(purpose: OverheadPurpose, backend: String, model: String, spending: Spending) {
        self.purpose = purpose
        self.backend = backend
        self.model = model
        self.spending = spending
    }

    package init(_ purpose: OverheadPurpose, on backend: Backend, _ spending: Spending) {
        self.init(purpose: purpose, backend: backend.name, model: backend.model, spending: spending)
    }
}
