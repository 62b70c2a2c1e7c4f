package import GatewayCore
package import Shared
import Synchronization

/// Limits and budgets in Redis, for all daemons that share it: one script a step, on Redis' own clock.
///
/// Names begin with `llm-gateway:limit:1:` and `llm-gateway:budget:1:`, those of simulated money with
/// `llm-gateway:demo-budget:1:`. What was spent while Redis is away, or refuses the scripts, waits, bounded, and is booked when
/// it does them again.
package final class RedisLimits: SharedLimits {
    /// Whether several daemons go by the same counts.
    package enum Sharing: Sendable, Equatable {
        /// The first connection, or the first script on one, is under way.
        case unknown
        case shared
        /// Redis is away; says why.
        case away(String)
        /// Redis is there and refuses the scripts; says in which words, and what to do.
        case refused(String)
    }

    private struct Backlog {
        var settlements: [Waiting] = []
        /// Taken out of them, and not on the connection yet.
        var sending = 0
        /// On the connection, and not answered yet.
        var underWay = 0
        var lost = 0
    }

    /// A settlement that Redis has not had yet.
    private struct Waiting {
        var command: [[UInt8]]
        /// How often Redis refused it.
        var refusals = 0
    }

    /// As long as the daemon's own.
    private static let lifetimeSeconds = BudgetLedger.lifetimeMilliseconds / 1_000
    /// Marks of what was booked outlive every attempt to book it again.
    private static let markSeconds = 86_400
    private static let maximumWaiting = 10_000
    /// The client takes a few thousand commands, and whoever asks for a rate wants to be among them.
    private static let settlementsAtOnce = 1_000
    /// One that is refused so often while trials are carried out never gets through: something else is under its name.
    private static let maximumRefusals = 10
    /// How often ``watch(_:)`` looks.
    private static let lookMilliseconds = 250
    /// Nobody waits for a trial.
    private static let trialMilliseconds = 1_000

    let client: RedisClient
    private let budgetPrefix: String
    private let waiting = Mutex(Backlog())
    let seats = Mutex(StreamSeats())
    private let health = Mutex(RedisScriptHealth())

    /// `isDemo`: what is spent is simulated, and uses up nobody's budget.
    package init(_ client: RedisClient, isDemo: Bool = false) {
        self.client = client
        budgetPrefix = isDemo ? "llm-gateway:demo-budget:1:" : "llm-gateway:budget:1:"
    }

    /// Settlements that were given up because too many waited for Redis.
    package var lost: Int { waiting.withLock { $0.lost } }

    /// Settlements that Redis has not had yet.
    package var waitingCount: Int { waiting.withLock { $0.settlements.count + $0.sending } }

    package var isThere: Bool { client.state == .ok && health.withLock { $0.refusal == nil } }

    package var sharing: Sharing {
        guard client.isDecided else { return .unknown }
        if case .down(let why) = client.state { return .away(why) }
        let health = health.withLock { $0 }
        guard health.isTried else { return .unknown }
        guard let refusal = health.refusal else { return .shared }
        return .refused(
            "Redis at \(client.address) refuses their scripts (\(refusal)): \(RedisScriptHealth.advice(refusal))"
        )
    }

    package var problems: [String] {
        var problems: [String] = []
        if let text = sharing.problem { problems.append(text) }
        let lost = lost
        if lost > 0 {
            problems.append(
                "\(lost) amounts that were spent without Redis are not booked there: its budgets' sums are too low"
            )
        }
        return problems
    }

    // MARK: Watching

    /// Finds out whether Redis carries the scripts out, at the start, when it comes back, and while it refuses them; until the
    /// task is cancelled. `tell` hears of each change once.
    package func watch(_ tell: @Sendable (Sharing) -> Void) async {
        var told = Sharing.unknown
        var arrivals = 0
        var renewed = 0
        repeat {
            // It may have been away, and be back, between two looks.
            let arrived = client.arrivals
            if arrived != arrivals { health.withLock { $0.lost() } }
            arrivals = arrived
            await look()
            let now = sharing
            if now == .shared {
                settleWaiting()
                renewStreams(isBack: renewed != arrived)
                renewed = arrived
            }
            if now != .unknown, !now.isSame(as: told) {
                told = now
                tell(now)
            }
            // What the sleep throws is that the task was cancelled.
        } while (try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))) != nil
    }

    private func look() async {
        guard client.state == .ok else { return health.withLock { $0.lost() } }
        guard health.withLock({ $0.wantsTrial(now: MonotonicTime.nanoseconds()) }) else { return }
        let names = ["llm-gateway:limit:1:trial", "\(budgetPrefix)trial", "\(budgetPrefix)trial:held"]
        let answer = await ask(
            Self.command(RedisLimitScripts.trial, names, []),
            timeoutMilliseconds: Self.trialMilliseconds
        )
        guard case .numbers = answer else { return }
        health.withLock { $0.worked(now: MonotonicTime.nanoseconds()) }
    }

    func refused(_ text: String) {
        health.withLock { $0.refused(text, now: MonotonicTime.nanoseconds()) }
    }

    // MARK: Rates

    package func take(_ demands: [RateLimiter.Demand]) async -> [GCRA.Outcome]? {
        let names = demands.map { Self.name($0.bucket) }
        let arguments = demands.flatMap { demand in
            [String(demand.rate.limit), String(demand.rate.periodNanoseconds / 1_000), String(demand.units)]
        }
        guard isThere,
            case .numbers(let numbers) = await ask(Self.command(RedisLimitScripts.take, names, arguments)),
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
        guard isThere else { return }
        client.send(Self.command(RedisLimitScripts.correct, [Self.name(bucket)], arguments)) { [weak self] outcome in
            if case .success(.error(let text)) = outcome { self?.refused(text) }
        }
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
        settleWaiting()
        // While something of this daemon's own still waits to be booked there, the sums there are too low.
        guard isThere, waitingCount == 0 else { return nil }
        let numbers: [Int64]
        switch await ask(Self.command(RedisLimitScripts.reserve, names, arguments)) {
        case .numbers(let answer) where answer.count == 1 + 5 * budgets.count: numbers = answer
        case .refused: return nil
        case .numbers, .late:
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
        send(Waiting(command: Self.command(RedisLimitScripts.settle, names, arguments)))
    }

    /// Sends, or keeps for later. A mark in Redis has a settlement that got through without a reply booked only once.
    private func send(_ settlement: Waiting) {
        guard isThere else { return keep(settlement) }
        waiting.withLock { $0.underWay += 1 }
        client.send(settlement.command) { [weak self] outcome in
            guard let self else { return }
            let isLast = waiting.withLock { waiting in
                waiting.underWay -= 1
                return waiting.underWay == 0 && !waiting.settlements.isEmpty
            }
            switch outcome {
            case .success(.error(let text)):
                refused(text)
                keep(Waiting(command: settlement.command, refusals: settlement.refusals + 1))
            case .success: if isLast { settleWaiting() }
            case .failure: keep(settlement)
            }
        }
    }

    private func keep(_ settlement: Waiting) {
        waiting.withLock { waiting in
            if waiting.settlements.count < Self.maximumWaiting, settlement.refusals < Self.maximumRefusals {
                waiting.settlements.append(settlement)
            } else {
                waiting.lost += 1
            }
        }
    }

    private func settleWaiting() {
        guard isThere else { return }
        let settlements = waiting.withLock { waiting in
            let room = max(0, Self.settlementsAtOnce - waiting.sending - waiting.underWay)
            let next = Array(waiting.settlements.prefix(room))
            waiting.settlements.removeFirst(next.count)
            waiting.sending += next.count
            return next
        }
        for settlement in settlements {
            send(settlement)
            // Whoever asks now is behind it on the connection.
            waiting.withLock { $0.sending -= 1 }
        }
    }

    private func budgetNames(_ scope: LimitScope) -> [String] {
        ["\(budgetPrefix)\(scope.name)", "\(budgetPrefix)\(scope.name):held"]
    }

    // MARK: Calls

    static func command(_ script: String, _ names: [String], _ arguments: [String]) -> [[UInt8]] {
        (["EVAL", script, String(names.count)] + names + arguments).map { Array($0.utf8) }
    }

    enum Answer {
        case numbers([Int64])
        /// Redis was asked and did nothing.
        case refused
        /// Nobody knows what came of it.
        case late
    }

    /// Runs a script. `timeoutMilliseconds` nil: the client's own.
    func ask(_ command: [[UInt8]], timeoutMilliseconds: Int? = nil) async -> Answer {
        let reply: RedisReply
        do throws(RedisError) {
            reply = try await client.call(command, timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            // The client counts it and says when it goes down.
            return .late
        }
        if case .error(let text) = reply {
            refused(text)
            return .refused
        }
        let elements = reply.elements ?? []
        let numbers = elements.compactMap { element -> Int64? in
            element.integer ?? element.bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        }
        guard !numbers.isEmpty, numbers.count == elements.count else {
            refused("its answer to a script is none")
            return .late
        }
        return .numbers(numbers)
    }
}

extension RedisLimits.Sharing {
    /// What a person should know; nil where all is well, or not known yet.
    package var problem: String? {
        switch self {
        case .unknown, .shared: nil
        case .away(let why): "limits and budgets are this daemon's alone, without Redis: \(why)"
        case .refused(let text): "limits and budgets are this daemon's alone: \(text)"
        }
    }

    /// The same trouble, if in other words.
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.unknown, .unknown), (.shared, .shared), (.away, .away), (.refused, .refused): true
        default: false
        }
    }
}
