package import Shared
import Synchronization

/// The clients' budgets: what a call may cost is put aside before it, and what it did cost is booked after it.
package final class Budgets: Sendable {
    /// The document's name in the state store.
    package static let documentName = "budgets"

    private let terms: TenantTerms
    private let shared: (any SharedLimits)?
    private let clock: Clock
    private let softRatio: Double
    private let book: Book

    /// The sums. They outlive the terms.
    private final class Book: Sendable {
        let ledger = Mutex(BudgetLedger())
        let saved = Mutex<UInt64>(0)
        let numbers = Atomic<UInt64>(0)
        /// Apart from those of other daemons and other runs.
        let idPrefix = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// `shared` is where the sums of several daemons are kept; where it is away, this one goes by what it knows. With
    /// other terms the sums are those of the `former` budgets.
    init(
        _ settings: Settings,
        _ terms: TenantTerms,
        shared: (any SharedLimits)?,
        clock: Clock,
        after former: Budgets? = nil
    ) {
        book = former?.book ?? Book()
        self.terms = terms
        self.shared = shared
        self.clock = clock
        softRatio = settings.budgets.softRatio
    }

    private func nextID() -> String { "\(book.idPrefix)-\(book.numbers.add(1, ordering: .relaxed).newValue)" }

    // MARK: Before a call

    /// How far the nearest budget is used up, where that is far enough to go easy on it.
    struct Pressure: Sendable, Equatable {
        var maxTier: Tier
        /// For people.
        var text: String
    }

    /// The bound of the tier for a client: from the soft ratio on balanced, from halfway between that and the end on fast.
    func pressure(_ client: ClientIdentity) -> Pressure? {
        let budgets = terms.budgets(of: client)
        guard !budgets.isEmpty else { return nil }
        let date = BudgetDate(unixSeconds: clock.unixMilliseconds() / 1_000)
        var worst: (share: Double, text: String)?
        book.ledger.withLock { ledger in
            for item in budgets {
                let account = ledger.account(item.scope, date)
                let periods = [
                    (item.budget.perDay, account.day.spent, "day"),
                    (item.budget.perMonth, account.month.spent, "month"),
                ]
                for (limit, spent, name) in periods {
                    guard let limit else { continue }
                    let share = limit > .zero ? Double(spent.nanodollars) / Double(limit.nanodollars) : 1
                    guard share >= softRatio, share > worst?.share ?? -1 else { continue }
                    let spending = "$\(spent.formatted(places: 2)) of $\(limit.formatted(places: 2))"
                    worst = (share, "\(spending) for \(item.scope.words) this \(name) are spent")
                }
            }
        }
        guard let worst else { return nil }
        let maxTier: Tier = worst.share >= (1 + softRatio) / 2 ? .fast : .balanced
        return Pressure(maxTier: maxTier, text: "\(worst.text): at most the \(maxTier.name) tier answers")
    }

    /// Whether any budget holds for the client.
    func hold(_ client: ClientIdentity) -> Bool { !terms.budgets(of: client).isEmpty }

    /// Puts aside what a call may cost. Throws `budgetExhausted`, or `rateLimited` where only calls under way stand against
    /// it.
    func reserve(_ client: ClientIdentity, _ amount: USD) async throws(GatewayError) -> BudgetReservation {
        let reservation = BudgetReservation(self, client)
        if let refusal = await take(amount, for: reservation) { throw error(refusal, amount) }
        return reservation
    }

    /// Why not; nil where the amount is put aside, beside what the reservation holds already.
    fileprivate func take(_ amount: USD, for reservation: BudgetReservation) async -> BudgetRefusal? {
        let budgets = terms.budgets(of: reservation.client)
        guard amount > .zero, !budgets.isEmpty else { return nil }
        let scopes = LimitScope.scopes(of: reservation.client)
        let id = nextID()
        if let shared, let answer = await shared.reserve(id, amount, for: budgets) {
            let now = clock.unixMilliseconds()
            let refusal = book.ledger.withLock { ledger -> BudgetRefusal? in
                for (item, account) in zip(budgets, answer.accounts) { ledger.adopt(account, for: item.scope) }
                if answer.isGranted {
                    ledger.hold(id, amount, scopes: scopes, unixMilliseconds: now)
                    return nil
                }
                return Self.refusal(of: amount, budgets, answer.accounts)
            }
            if let refusal { return refusal }
            if !answer.isGranted { return book.ledger.withLock { $0.refusal(of: amount, budgets, now) } }
            reservation.holds(HeldAmount(id: id, amount: amount))
            return nil
        }
        // Several daemons that each went by what they last saw could pass a budget together.
        if let shared, shared.isThere, let refusal = uncertain(amount, budgets) { return refusal }
        // Under a name of its own: what may yet be put aside under the other is taken back.
        let (now, local) = (clock.unixMilliseconds(), shared == nil ? id : nextID())
        let refusal = book.ledger.withLock {
            $0.reserve(local, amount, scopes: scopes, budgets: budgets, unixMilliseconds: now)
        }
        if refusal == nil { reservation.holds(HeldAmount(id: local, amount: amount)) }
        return refusal
    }

    /// Refuses what would go beyond the soft ratio of a budget by what is known here; nil where there is room before it.
    private func uncertain(_ amount: USD, _ budgets: [ScopedBudget]) -> BudgetRefusal? {
        func part(_ limit: USD?) -> USD? {
            limit.map { USD(nanodollars: Int64(Double($0.nanodollars) * min(1, softRatio))) }
        }
        let nearer = budgets.map { item in
            let budget = Settings.Budget(perDay: part(item.budget.perDay), perMonth: part(item.budget.perMonth))
            return ScopedBudget(scope: item.scope, budget: budget)
        }
        var refusal = book.ledger.withLock { $0.refusal(of: amount, nearer, clock.unixMilliseconds()) }
        refusal?.isUncertain = true
        return refusal
    }

    /// Which budget the shared sums speak of.
    private static func refusal(
        of amount: USD,
        _ budgets: [ScopedBudget],
        _ accounts: [BudgetAccount]
    ) -> BudgetRefusal? {
        for (item, account) in zip(budgets, accounts) {
            let date = BudgetDate(day: account.day.index, month: account.month.index)
            if let refusal = BudgetRefusal(of: amount, item, account, date) { return refusal }
        }
        return nil
    }

    private func error(_ refusal: BudgetRefusal, _ amount: USD) -> GatewayError {
        let limit = "$\(refusal.limit) a \(refusal.period.rawValue) for \(refusal.scope.words)"
        guard !refusal.isUncertain else {
            let text = "whether a budget has room for this could not be found out in time; retry"
            return GatewayError(.rateLimited(text, retryAfterSeconds: 1))
        }
        guard !refusal.isPassing(amount) else {
            let text = "the budget of \(limit) is put aside for calls under way; retry when they are done"
            return GatewayError(.rateLimited(text, retryAfterSeconds: 1))
        }
        let seconds = max(1, refusal.resetUnixSeconds - clock.unixMilliseconds() / 1_000)
        let reset = "it begins anew at \(BudgetDate(unixSeconds: refusal.resetUnixSeconds).text) 00:00 UTC"
        let what =
            refusal.spent < refusal.limit
            ? "has $\(refusal.limit - refusal.spent) left, and this request may cost $\(amount): ask for fewer max_tokens"
            : "is spent"
        return GatewayError(
            .budgetExhausted("the budget of \(limit) \(what); \(reset)", retryAfterSeconds: Int(seconds))
        )
    }

    // MARK: After a call

    /// Books what was spent without anything put aside.
    package func charge(_ client: ClientIdentity, _ amount: USD) { settle([], client, spent: amount) }

    fileprivate func settle(_ held: [HeldAmount], _ client: ClientIdentity, spent: USD) {
        guard !held.isEmpty || spent > .zero else { return }
        let scopes = LimitScope.scopes(of: client)
        let now = clock.unixMilliseconds()
        book.ledger.withLock { ledger in
            for item in held { ledger.release(item.id) }
            ledger.charge(spent, scopes: scopes, unixMilliseconds: now)
        }
        shared?.settle(held, id: held.first?.id ?? nextID(), spent: spent, scopes: scopes)
    }

    // MARK: To look at, and to keep

    /// A scope's sums now.
    package func account(_ scope: LimitScope) -> BudgetAccount {
        let date = BudgetDate(unixSeconds: clock.unixMilliseconds() / 1_000)
        return book.ledger.withLock { $0.account(scope, date) }
    }

    /// All sums that there are, by their scopes' names.
    package var accounts: [(scope: LimitScope, account: BudgetAccount)] {
        let date = BudgetDate(unixSeconds: clock.unixMilliseconds() / 1_000)
        return book.ledger.withLock { ledger in
            ledger.accounts.keys.sorted { $0.name < $1.name }.map { ($0, ledger.account($0, date)) }
        }
    }

    /// The most projects that a report speaks of.
    private static let mostReported = 200

    /// How far the budgets of all clients together and of each project are used up; those of single keys are not told.
    var report: [LimitsReport.Budget] {
        let date = BudgetDate(unixSeconds: clock.unixMilliseconds() / 1_000)
        let bounds = terms.reported.prefix(Self.mostReported)
        return book.ledger.withLock { ledger in
            bounds.flatMap { item -> [LimitsReport.Budget] in
                let account = ledger.account(item.scope, date)
                return [
                    (LimitsReport.Period.day, item.budget.perDay, account.day.spent),
                    (.month, item.budget.perMonth, account.month.spent),
                ].compactMap { period, limit, spent in
                    limit.map {
                        LimitsReport.Budget(
                            scope: item.scope.name,
                            period: period,
                            limit: $0,
                            spent: spent,
                            reserved: account.reserved
                        )
                    }
                }
            }
        }
    }

    /// Takes up the sums of an earlier run; what is wrong with them, for people, or nil.
    package func load(from store: any StateStore) async -> String? {
        guard let document = await store.load(Self.documentName) else { return nil }
        guard book.ledger.withLock({ $0.load(document) }) else {
            return "what was spent before is not known: \(Self.documentName) cannot be read; the sums begin at zero"
        }
        return nil
    }

    /// Saves the sums where they have changed.
    package func save(to store: any StateStore) async throws(StateStoreError) {
        let (document, revision) = book.ledger.withLock { ledger -> ([UInt8]?, UInt64) in
            let isNew = book.saved.withLock { $0 != ledger.revision }
            return (isNew ? ledger.document : nil, ledger.revision)
        }
        guard let document else { return }
        try await store.save(document, as: Self.documentName)
        book.saved.withLock { $0 = revision }
    }
}

/// Money put aside for one exchange. Settled once; where nobody does, it is given back when the last who knows it lets go.
package final class BudgetReservation: Sendable {
    fileprivate let client: ClientIdentity
    private let budgets: Budgets
    private let held = Mutex<[HeldAmount]?>([])

    fileprivate init(_ budgets: Budgets, _ client: ClientIdentity) {
        self.budgets = budgets
        self.client = client
    }

    deinit { settle(.zero) }

    fileprivate func holds(_ amount: HeldAmount) { held.withLock { $0?.append(amount) } }

    /// What is put aside.
    package var amount: USD { held.withLock { ($0 ?? []).reduce(.zero) { $0 + $1.amount } } }

    /// Puts more aside, up to an amount in all; false where that is too much.
    func raise(to amount: USD) async -> Bool {
        let more = amount - self.amount
        guard more > .zero else { return true }
        return await budgets.take(more, for: self) == nil
    }

    /// Gives back what is put aside and books what was spent.
    func settle(_ spent: USD) {
        guard
            let held = held.withLock({ held in
                defer { held = nil }
                return held
            })
        else { return }
        budgets.settle(held, client, spent: spent)
    }
}
