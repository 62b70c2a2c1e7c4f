import GatewayCore
import Shared
import Testing

@Suite struct `The budget` {
    private static let dollar = USD(nanodollars: 1_000_000_000)
    /// 2026-11-21 12:00:00 UTC.
    private static let noon: Int64 = 1_795_262_400_000
    private static let web = LimitScope.project("web")

    private static func budget(day: Int64? = nil, month: Int64? = nil) -> [ScopedBudget] {
        let budget = Settings.Budget(
            perDay: day.map { USD(nanodollars: $0 * 1_000_000_000) },
            perMonth: month.map { USD(nanodollars: $0 * 1_000_000_000) }
        )
        return [ScopedBudget(scope: web, budget: budget)]
    }

    @Test(
        arguments: [
            // date -u -d @… +%F, and the number of the month by hand.
            (0, 0, 1970 * 12, "1970-01-01"), (951_782_400, 11_016, 2000 * 12 + 1, "2000-02-29"),
            (1_795_262_400, 20_778, 2026 * 12 + 10, "2026-11-21"),
            (4_102_444_799, 47_481, 2099 * 12 + 11, "2099-12-31"),
            (-1, -1, 1969 * 12 + 11, "1969-12-31"),
        ] as [(Int64, Int64, Int64, String)]
    )
    func `knows the days and months of UTC`(seconds: Int64, day: Int64, month: Int64, text: String) {
        let date = BudgetDate(unixSeconds: seconds)
        #expect(date == BudgetDate(day: day, month: month))
        #expect(date.text == text)
    }

    @Test func `begins anew at midnight and at the first of the month`() {
        let date = BudgetDate(unixSeconds: Self.noon / 1_000)
        #expect(date.nextDayUnixSeconds == 1_795_305_600)
        // 2026-12-01 00:00 UTC
        #expect(date.nextMonthUnixSeconds == 1_796_083_200)
        var ledger = BudgetLedger()
        ledger.charge(Self.dollar, scopes: [Self.web], unixMilliseconds: Self.noon)
        func refusal(_ budgets: [ScopedBudget], _ now: Int64) -> BudgetRefusal? {
            ledger.refusal(of: Self.dollar, budgets, now)
        }
        #expect(refusal(Self.budget(day: 1), Self.noon)?.resetUnixSeconds == 1_795_305_600)
        #expect(refusal(Self.budget(day: 1), 1_795_305_600_000) == nil)
        #expect(refusal(Self.budget(month: 1), 1_795_305_600_000)?.period == .month)
        #expect(refusal(Self.budget(month: 1), 1_796_083_200_000) == nil)
    }

    @Test func `a clock that jumps and comes back forgets nothing`() {
        var ledger = BudgetLedger()
        ledger.charge(Self.dollar, scopes: [Self.web], unixMilliseconds: Self.noon)
        let away = ledger.refusal(of: Self.dollar, Self.budget(day: 1), Self.noon + 100 * 86_400_000)
        let back = ledger.refusal(of: Self.dollar, Self.budget(day: 1), Self.noon)
        #expect(away == nil && back != nil)
    }

    @Test func `what is put aside counts, and comes back`() {
        var ledger = BudgetLedger()
        let budgets = Self.budget(day: 3)
        func reserve(_ id: String, _ dollars: Int64) -> BudgetRefusal? {
            ledger.reserve(
                id,
                USD(nanodollars: dollars * 1_000_000_000),
                scopes: [.all, Self.web],
                budgets: budgets,
                unixMilliseconds: Self.noon
            )
        }
        #expect(reserve("a", 2) == nil)
        let refusal = reserve("b", 2)
        #expect(refusal?.isPassing(USD(nanodollars: 2_000_000_000)) == true)
        #expect(reserve("c", 1) == nil)
        ledger.release("a")
        ledger.release("a")
        ledger.charge(Self.dollar, scopes: [.all, Self.web], unixMilliseconds: Self.noon)
        // 1 spent, 1 put aside: 1 is left.
        #expect(reserve("d", 1) == nil)
        #expect(reserve("e", 0) == nil)
        #expect(reserve("f", 3)?.isPassing(USD(nanodollars: 3_000_000_000)) == false)
    }

    @Test func `what nobody gives back comes back after an hour`() {
        var ledger = BudgetLedger()
        let (budgets, amount) = (Self.budget(day: 1), Self.dollar)
        func reserve(_ id: String, after milliseconds: Int64) -> Bool {
            ledger.reserve(
                id,
                amount,
                scopes: [Self.web],
                budgets: budgets,
                unixMilliseconds: Self.noon + milliseconds
            ) == nil
        }
        #expect(reserve("a", after: 0))
        #expect(!reserve("b", after: 3_599_999))
        #expect(reserve("c", after: 3_600_000))
        #expect(ledger.heldCount == 1)
    }

    @Test func `200 requests at once in 50 rounds never pass it`() {
        var random = SeededGenerator(seed: 7)
        var ledger = BudgetLedger()
        let limit = USD(nanodollars: 40_000_000_000)
        let budgets = [ScopedBudget(scope: .all, budget: .init(perDay: limit))]
        var (granted, refused, worst) = (0, 0, USD.zero)
        for round in 0..<50 {
            var under: [(id: String, amount: USD)] = []
            for number in 0..<200 {
                let amount = USD(nanodollars: Int64.random(in: 1...100_000_000, using: &random))
                let id = "\(round)-\(number)"
                let refusal = ledger.reserve(
                    id,
                    amount,
                    scopes: [.all],
                    budgets: budgets,
                    unixMilliseconds: Self.noon + Int64(round)
                )
                if refusal == nil { under.append((id, amount)) }
                granted += refusal == nil ? 1 : 0
                refused += refusal == nil ? 0 : 1
                let account = ledger.accounts[.all]
                worst = max(worst, (account?.day.spent ?? .zero) + (account?.reserved ?? .zero))
            }
            for (id, amount) in under.shuffled(using: &random) {
                ledger.release(id)
                // A fifth fails and costs nothing, the rest up to what was put aside.
                let cost =
                    Int64.random(in: 0..<5, using: &random) == 0
                    ? 0 : Int64.random(in: 0...amount.nanodollars, using: &random)
                ledger.charge(USD(nanodollars: cost), scopes: [.all], unixMilliseconds: Self.noon)
            }
        }
        #expect(worst <= limit)
        #expect(granted + refused == 10_000 && granted > 1_000 && refused > 1_000)
        #expect(ledger.heldCount == 0 && ledger.accounts[.all]?.reserved == .zero)
    }

    @Test func `the document brings the sums back, and a bad one nothing`() {
        var ledger = BudgetLedger()
        ledger.charge(Self.dollar, scopes: [.all, Self.web, .key("")], unixMilliseconds: Self.noon)
        let text = String(decoding: ledger.document, as: UTF8.self)
        #expect(text.contains("project:web\t20778\t1000000000\t24322\t1000000000\n"))
        var loaded = BudgetLedger()
        let isLoaded = loaded.load(ledger.document)
        #expect(isLoaded)
        #expect(loaded.accounts == ledger.accounts)
        for bad in ["", "budgets 2\n", text + "x\n", text.replacing("1000000000", with: "-1")] {
            let isTaken = loaded.load(Array(bad.utf8))
            #expect(!isTaken)
        }
        #expect(loaded.accounts == ledger.accounts)
    }
}

/// Shared sums that never answer in time.
private final class LateSums: SharedLimits {
    let isThere = true

    func take(_ demands: [RateLimiter.Demand]) async -> [GCRA.Outcome]? { nil }
    func correct(_ bucket: RateLimiter.Bucket, _ rate: GCRA, by units: Int) {}
    func enterStream(_ id: String, _ bounds: [StreamBound]) async -> StreamEntry? { nil }
    func leaveStream(_ id: String) {}
    func reserve(_ id: String, _ amount: USD, for budgets: [ScopedBudget]) async -> SharedReservation? { nil }
    func settle(_ reservations: [HeldAmount], id: String, spent: USD, scopes: [LimitScope]) {}
}

@Suite struct `A budget whose shared sums are late` {
    private func gateway(spent: Int64, _ upstream: ScriptedUpstream) -> Gateway {
        var settings = Settings.threeTiers
        settings.escalation.check = .none
        settings.budgets.all.perDay = USD(nanodollars: 1_000_000_000)
        settings.budgets.isShared = true
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            sharedLimits: LateSums(),
            transport: upstream.transport,
            clock: TestClock().port
        )
        gateway.budgets.charge(
            ClientIdentity(project: ClientKeys.defaultProject, keyFingerprint: ""),
            USD(nanodollars: spent)
        )
        return gateway
    }

    private static let question = ClientRequest.messages(
        #"{"model":"x","max_tokens":10,"messages":[{"role":"user","content":"Hi"}]}"#
    )
    private static let answer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":2}}
        """#

    @Test func `grants what stays within the soft ratio`() async {
        let upstream = ScriptedUpstream([.json(Self.answer)])
        // Half of a dollar is spent; the soft ratio is 0.8.
        #expect(await gateway(spent: 500_000_000, upstream).answer(Self.question).status == 200)
        #expect(upstream.requests.count == 1)
    }

    @Test func `has what goes beyond it tried again`() async {
        let upstream = ScriptedUpstream([.json(Self.answer)])
        let refused = await gateway(spent: 799_999_999, upstream).answer(Self.question)
        #expect(refused.status == 429)
        #expect(refused.header("retry-after") == "1")
        #expect(refused.header("x-should-retry") == nil)
        #expect(upstream.requests.isEmpty)
    }
}
