package import GatewayCore
package import Shared
import Synchronization

/// Limits and budgets in Redis, for all daemons that share it: one script a step, on Redis' own clock.
///
/// Names begin with `llm-gateway:limit:1:` and `llm-gateway:budget:1:`, those of simulated money with
/// `llm-gateway:demo-budget:1:`. What was spent while Redis is away waits, bounded, and is booked when it is back.
package final class RedisLimits: SharedLimits {
    /// As long as the daemon's own.
    private static let lifetimeSeconds = BudgetLedger.lifetimeMilliseconds / 1_000
    /// Marks of what was booked outlive every attempt to book it again.
    private static let markSeconds = 86_400
    private static let maximumWaiting = 10_000

    private let client: RedisClient
    private let budgetPrefix: String
    private let waiting = Mutex<(commands: [[[UInt8]]], lost: Int)>(([], 0))

    /// `isDemo`: what is spent is simulated, and uses up nobody's budget.
    package init(_ client: RedisClient, isDemo: Bool = false) {
        self.client = client
        budgetPrefix = isDemo ? "llm-gateway:demo-budget:1:" : "llm-gateway:budget:1:"
    }

    /// Settlements that were given up because too many waited for Redis.
    package var lost: Int { waiting.withLock { $0.lost } }

    package var isThere: Bool { client.state == .ok }

    // MARK: Rates

    package func take(_ demands: [RateLimiter.Demand]) async -> [GCRA.Outcome]? {
        let names = demands.map { Self.name($0.bucket) }
        let arguments = demands.flatMap { demand in
            [String(demand.rate.limit), String(demand.rate.periodNanoseconds / 1_000), String(demand.units)]
        }
        guard let numbers = await call(Self.command(RedisLimitScripts.take, names, arguments)),
            numbers.count == 4 * demands.count
        else { return nil }
        return demands.indices.map { index in
            let row = numbers[(4 * index)..<(4 * index + 4)].map { $0 }
            return GCRA.Outcome(
                isAllowed: row[0] == 1,
                remaining: Int(clamping: row[1]),
                resetNanoseconds: Self.nanoseconds(row[2]),
                retryNanoseconds: Self.nanoseconds(row[3]),
                arrival: 0
            )
        }
    }

    package func correct(_ bucket: RateLimiter.Bucket, _ rate: GCRA, by units: Int) {
        let arguments = [String(rate.limit), String(rate.periodNanoseconds / 1_000), String(units)]
        client.send(Self.command(RedisLimitScripts.correct, [Self.name(bucket)], arguments))
    }

    private static func name(_ bucket: RateLimiter.Bucket) -> String {
        "llm-gateway:limit:1:\(bucket.unit.rawValue):\(bucket.scope.name)"
    }

    private static func nanoseconds(_ microseconds: Int64) -> Int64 {
        max(0, min(microseconds, .max / 4_000)) * 1_000
    }

    // MARK: Money

    package func reserve(_ id: String, _ amount: USD, for budgets: [ScopedBudget]) async -> SharedReservation? {
        let names = budgets.flatMap { budgetNames($0.scope) }
        var arguments = [id, String(amount.nanodollars), String(Self.lifetimeSeconds)]
        for item in budgets {
            arguments.append(item.budget.perDay.map { String($0.nanodollars) } ?? "-1")
            arguments.append(item.budget.perMonth.map { String($0.nanodollars) } ?? "-1")
        }
        guard client.state == .ok else { return nil }
        settleWaiting()
        guard let numbers = await call(Self.command(RedisLimitScripts.reserve, names, arguments)),
            numbers.count == 1 + 5 * budgets.count
        else {
            // It may have been put aside all the same; nothing was spent of it.
            settle([HeldAmount(id: id, amount: amount)], id: id, spent: .zero, scopes: budgets.map(\.scope))
            return nil
        }
        let accounts = budgets.indices.map { index in
            let row = numbers[(5 * index + 1)..<(5 * index + 6)].map { $0 }
            return BudgetAccount(
                day: BudgetWindow(index: row[0], spent: USD(nanodollars: row[1])),
                month: BudgetWindow(index: row[2], spent: USD(nanodollars: row[3])),
                reserved: USD(nanodollars: row[4])
            )
        }
        return SharedReservation(isGranted: numbers[0] == 1, accounts: accounts)
    }

    package func settle(_ reservations: [HeldAmount], id: String, spent: USD, scopes: [LimitScope]) {
        let names = ["\(budgetPrefix)settled:\(id)"] + scopes.flatMap(budgetNames)
        let held = reservations.map { "\($0.id) \($0.amount.nanodollars)" }
        let arguments = [String(max(0, spent.nanodollars)), String(Self.markSeconds)] + held
        settleWaiting()
        send(Self.command(RedisLimitScripts.settle, names, arguments))
    }

    /// Sends, or keeps for later. A mark in Redis has a settlement that got through without a reply booked only once.
    private func send(_ command: [[UInt8]]) {
        client.send(command) { [weak self] outcome in
            guard case .failure = outcome, let self else { return }
            waiting.withLock { waiting in
                if waiting.commands.count < Self.maximumWaiting {
                    waiting.commands.append(command)
                } else {
                    waiting.lost += 1
                }
            }
        }
    }

    private func settleWaiting() {
        guard client.state == .ok else { return }
        let commands = waiting.withLock { waiting in
            defer { waiting.commands = [] }
            return waiting.commands
        }
        for command in commands { send(command) }
    }

    private func budgetNames(_ scope: LimitScope) -> [String] {
        ["\(budgetPrefix)\(scope.name)", "\(budgetPrefix)\(scope.name):held"]
    }

    // MARK: Calls

    private static func command(_ script: String, _ names: [String], _ arguments: [String]) -> [[UInt8]] {
        (["EVAL", script, String(names.count)] + names + arguments).map { Array($0.utf8) }
    }

    /// The reply's numbers; nil where there is none, or it is none of the script's.
    private func call(_ command: [[UInt8]]) async -> [Int64]? {
        do throws(RedisError) {
            guard let elements = try await client.call(command).elements else { return nil }
            let numbers = elements.compactMap { element -> Int64? in
                element.integer ?? element.bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
            }
            return numbers.count == elements.count ? numbers : nil
        } catch {
            // The client counts it and says when it goes down.
            return nil
        }
    }
}
