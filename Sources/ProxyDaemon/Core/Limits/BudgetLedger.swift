package import Shared

/// A budget and whose it is.
package struct ScopedBudget: Sendable, Equatable {
    package var scope: LimitScope
    package var budget: Settings.Budget

    package init(scope: LimitScope, budget: Settings.Budget) {
        self.scope = scope
        self.budget = budget
    }
}

/// Why an amount was not put aside.
package struct BudgetRefusal: Sendable, Equatable {
    package enum Period: String, Sendable {
        case day
        case month
    }

    package var scope: LimitScope
    package var period: Period
    package var limit: USD
    package var spent: USD
    package var reserved: USD
    package var resetUnixSeconds: Int64

    /// What other daemons have put aside could not be found out in time, and the budget is near its end.
    package var isUncertain = false

    /// It would fit if the calls under way cost nothing: asking again in a moment may help.
    package func isPassing(_ amount: USD) -> Bool { isUncertain || spent + amount <= limit }
}

extension BudgetRefusal {
    /// The first period of a budget that an amount would pass; nil where it passes none.
    init?(of amount: USD, _ item: ScopedBudget, _ account: BudgetAccount, _ date: BudgetDate) {
        let periods = [
            (Period.month, item.budget.perMonth, account.month.spent, date.nextMonthUnixSeconds),
            (.day, item.budget.perDay, account.day.spent, date.nextDayUnixSeconds),
        ]
        for (period, limit, spent, reset) in periods {
            guard let limit, spent + account.reserved + amount > limit else { continue }
            self.init(
                scope: item.scope,
                period: period,
                limit: limit,
                spent: spent,
                reserved: account.reserved,
                resetUnixSeconds: reset
            )
            return
        }
        return nil
    }
}

/// What was spent and what is put aside. What is checked is put aside in the same step, so that no two requests can count
/// on the same money: the sum of what was spent and put aside is never more than a budget.
package struct BudgetLedger: Sendable {
    /// A call that never ended leaves its reservation; it ends by itself after so long.
    package static let lifetimeMilliseconds: Int64 = 3_600_000
    private static let maxAccounts = 65_536

    private struct Held {
        var amount: USD
        var scopes: [LimitScope]
    }

    package private(set) var accounts: [LimitScope: BudgetAccount] = [:]
    private var held: [String: Held] = [:]
    /// In the order in which they end.
    private var ends: [(id: String, unixMilliseconds: Int64)] = []
    private var endsStart = 0
    /// Changes with every sum that is to outlive the daemon.
    package private(set) var revision: UInt64 = 0

    package init() {}

    /// Reservations under way.
    package var heldCount: Int { held.count }

    /// Puts an amount aside in the accounts of every scope, if no budget is smaller than what is then spent and put aside.
    /// Nothing is refused that costs nothing.
    package mutating func reserve(
        _ id: String,
        _ amount: USD,
        scopes: [LimitScope],
        budgets: [ScopedBudget],
        unixMilliseconds now: Int64
    ) -> BudgetRefusal? {
        expire(now)
        if let refusal = refusal(of: amount, budgets, now) { return refusal }
        hold(id, amount, scopes: scopes, unixMilliseconds: now)
        return nil
    }

    /// Why the amount would be refused now; nil where it would not be.
    package mutating func refusal(of amount: USD, _ budgets: [ScopedBudget], _ now: Int64) -> BudgetRefusal? {
        guard amount > .zero else { return nil }
        let date = BudgetDate(unixSeconds: now / 1_000)
        for item in budgets {
            if let refusal = BudgetRefusal(of: amount, item, account(item.scope, date), date) { return refusal }
        }
        return nil
    }

    /// Puts an amount aside that somebody else has allowed.
    package mutating func hold(_ id: String, _ amount: USD, scopes: [LimitScope], unixMilliseconds now: Int64) {
        guard held[id] == nil, amount > .zero else { return }
        let date = BudgetDate(unixSeconds: now / 1_000)
        for scope in scopes { update(scope, date) { $0.reserved += amount } }
        held[id] = Held(amount: amount, scopes: scopes)
        ends.append((id, now + Self.lifetimeMilliseconds))
    }

    /// Ends a reservation; one that is not there, or has ended by itself, is no mistake.
    package mutating func release(_ id: String) {
        guard let ended = held.removeValue(forKey: id) else { return }
        for scope in ended.scopes { accounts[scope]?.reserved -= ended.amount }
    }

    /// Books what was spent.
    package mutating func charge(_ amount: USD, scopes: [LimitScope], unixMilliseconds now: Int64) {
        guard amount > .zero else { return }
        let date = BudgetDate(unixSeconds: now / 1_000)
        for scope in scopes {
            update(scope, date) { account in
                account.day.add(amount)
                account.month.add(amount)
            }
        }
        revision &+= 1
    }

    /// A scope's sums at that time.
    package mutating func account(_ scope: LimitScope, _ date: BudgetDate) -> BudgetAccount {
        guard accounts[scope] != nil else { return BudgetAccount(date) }
        update(scope, date) { _ in }
        return accounts[scope] ?? BudgetAccount(date)
    }

    /// Takes over the sums that several daemons have spent together.
    package mutating func adopt(_ account: BudgetAccount, for scope: LimitScope) {
        let own = accounts[scope]?.reserved ?? .zero
        guard accounts[scope]?.day != account.day || accounts[scope]?.month != account.month else { return }
        guard accounts[scope] != nil || accounts.count < Self.maxAccounts else { return }
        accounts[scope] = BudgetAccount(day: account.day, month: account.month, reserved: own)
        revision &+= 1
    }

    private mutating func update(_ scope: LimitScope, _ date: BudgetDate, _ change: (inout BudgetAccount) -> Void) {
        // Scopes are the operator's projects and keys; more than this is a fault, and must not eat the memory.
        guard accounts[scope] != nil || accounts.count < Self.maxAccounts else { return }
        var account = accounts[scope] ?? BudgetAccount(date)
        account.turn(to: date)
        change(&account)
        accounts[scope] = account
    }

    private mutating func expire(_ now: Int64) {
        while endsStart < ends.count, ends[endsStart].unixMilliseconds <= now || held[ends[endsStart].id] == nil {
            release(ends[endsStart].id)
            endsStart += 1
        }
        // Most end long before their time; what is left of them is taken out every now and then.
        guard ends.count > 2 * held.count + 1_024 else { return }
        ends = ends[endsStart...].filter { held[$0.id] != nil }
        endsStart = 0
    }
}

// MARK: The document

extension BudgetLedger {
    private static let header = "budgets 1"

    /// The sums, a line each: scope, day, spent in it, month, spent in it; in nano-dollars.
    package var document: [UInt8] {
        let lines = accounts.map { scope, account in
            "\(scope.name)\t\(account.day.index)\t\(account.day.spent.nanodollars)"
                + "\t\(account.month.index)\t\(account.month.spent.nanodollars)\n"
        }
        return Array((Self.header + "\n" + lines.sorted().joined()).utf8)
    }

    /// Takes up the sums of a document; false where it is none, and nothing is taken from it.
    package mutating func load(_ document: [UInt8]) -> Bool {
        let lines = String(decoding: document, as: UTF8.self).split(separator: "\n")
        guard lines.first == Self.header[...] else { return false }
        var loaded: [LimitScope: BudgetAccount] = [:]
        for line in lines.dropFirst().prefix(Self.maxAccounts) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 5, let scope = LimitScope(name: fields[0]), let day = Int64(fields[1]),
                let daySpent = Int64(fields[2]), let month = Int64(fields[3]), let monthSpent = Int64(fields[4]),
                daySpent >= 0, monthSpent >= 0
            else { return false }
            loaded[scope] = BudgetAccount(
                day: BudgetWindow(index: day, spent: USD(nanodollars: daySpent)),
                month: BudgetWindow(index: month, spent: USD(nanodollars: monthSpent))
            )
        }
        accounts = loaded
        return true
    }
}
