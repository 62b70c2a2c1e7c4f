package import Shared

/// Limits and budgets that several daemons share. Every call is atomic among all of them and goes by one clock.
package protocol SharedLimits: Sendable {
    /// Somebody answers, if not always in time, and does what they are asked.
    var isThere: Bool { get }

    /// What keeps the daemons from going by the same counts, for people; empty where nothing does.
    var problems: [String] { get }

    /// As ``RateLimiter/take(_:now:)``; nil where nobody answers in time.
    func take(_ demands: [RateLimiter.Demand]) async -> [GCRA.Outcome]?

    /// As ``RateLimiter/correct(_:_:by:now:)``. Returns at once.
    func correct(_ bucket: RateLimiter.Bucket, _ rate: GCRA, by units: Int)

    /// Takes a place for a stream in every scope, or in none; nil where nobody answers in time: it is counted all the same, as far as
    /// that can be done, and has to be given back.
    func enterStream(_ id: String, _ bounds: [StreamBound]) async -> StreamEntry?

    /// Gives a stream's places back. Returns at once.
    func leaveStream(_ id: String)

    /// Puts an amount aside in every scope, or in none; nil where nobody answers in time.
    func reserve(_ id: String, _ amount: USD, for budgets: [ScopedBudget]) async -> SharedReservation?

    /// Ends reservations and books what was spent, once, however late that gets through. Returns at once.
    func settle(_ reservations: [HeldAmount], id: String, spent: USD, scopes: [LimitScope])
}

extension SharedLimits {
    package var problems: [String] { [] }
}

/// How many streams a scope may have at once.
package struct StreamBound: Sendable, Equatable {
    package var scope: LimitScope
    package var most: Int

    package init(scope: LimitScope, most: Int) {
        self.scope = scope
        self.most = most
    }
}

/// Whether there was a place for a stream.
package enum StreamEntry: Sendable, Equatable {
    case entered
    /// This one of the scopes has as many as it may.
    case full(StreamBound)
}

/// An amount put aside under an id of its own.
package struct HeldAmount: Sendable, Equatable {
    package var id: String
    package var amount: USD

    package init(id: String, amount: USD) {
        self.id = id
        self.amount = amount
    }
}

/// What the daemons together know of their budgets.
package struct SharedReservation: Sendable, Equatable {
    package var isGranted: Bool
    /// In the order of the budgets.
    package var accounts: [BudgetAccount]

    package init(isGranted: Bool, accounts: [BudgetAccount]) {
        self.isGranted = isGranted
        self.accounts = accounts
    }
}
