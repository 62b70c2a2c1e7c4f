import GatewayCore
import Shared
import Testing

@Suite struct `The ledger` {
    private let clock = TestClock()

    private func ledger() -> Ledger {
        let backends = Settings.threeTiers.backends
        return Ledger(backends: backends, isDemo: false, clock: clock.port)
    }

    private func end(_ ledger: Ledger, id: Int, latency: Double = 1, cost: Int64 = 0, status: Int = 200) {
        ledger.began()
        var summary = ExchangeSummary(id: String(id), unixMilliseconds: 0, requestedModel: "m", backend: "haiku")
        summary.tier = .fast
        summary.latencyMilliseconds = latency
        summary.status = status
        summary.cost = USD(nanodollars: cost)
        summary.saved = USD(nanodollars: 2 * cost)
        ledger.ended(LedgerEntry(summary: summary, decision: nil, attempts: [AttemptReport(summary)], warnings: []))
    }

    @Test func `takes percentiles by the nearest rank`() {
        let ledger = ledger()
        for latency in (1...20).reversed() { end(ledger, id: latency, latency: Double(latency)) }
        let snapshot = ledger.snapshot(cache: .init())
        #expect(snapshot.latencyP50Milliseconds == 10)
        #expect(snapshot.latencyP95Milliseconds == 19)
    }

    @Test func `counts the exchanges of the last minute`() {
        let ledger = ledger()
        for id in 1...3 { end(ledger, id: id) }
        clock.advance(seconds: 30)
        end(ledger, id: 4)
        #expect(ledger.snapshot(cache: .init()).requestsPerMinute == 4)
        clock.advance(seconds: 40)
        #expect(ledger.snapshot(cache: .init()).requestsPerMinute == 1)
        clock.advance(seconds: 1_000)
        #expect(ledger.snapshot(cache: .init()).requestsPerMinute == 0)
    }

    @Test func `adds up by day and month and begins anew`() {
        let ledger = ledger()
        end(ledger, id: 1, cost: 5)
        // The test clock stands at 21 September 2026, 14:13:20 UTC.
        clock.advance(seconds: 12 * 3_600)
        end(ledger, id: 2, cost: 7)
        var snapshot = ledger.snapshot(cache: .init())
        #expect(snapshot.today.cost.nanodollars == 7)
        #expect(snapshot.month.cost.nanodollars == 12)
        clock.advance(seconds: 9 * 86_400)
        snapshot = ledger.snapshot(cache: .init())
        #expect(snapshot.today.requests == 0 && snapshot.month.requests == 0)
        #expect(snapshot.sinceStart.cost.nanodollars == 12 && snapshot.sinceStart.saved.nanodollars == 24)
    }

    @Test func `remembers the last thousand, newest first`() {
        let ledger = ledger()
        for id in 1...1_500 { end(ledger, id: id) }
        #expect(ledger.recent(3).map(\.id) == ["1500", "1499", "1498"])
        #expect(ledger.recent(5_000).count == 1_000)
        #expect(ledger.recent(1_000).last?.id == "501")
        #expect(ledger.entry(id: "500") == nil && ledger.entry(id: "501") != nil)
    }

    @Test func `counts failures, but not clients that left`() {
        let ledger = ledger()
        for (id, status) in [200, 499, 429, 529].enumerated() { end(ledger, id: id, status: status) }
        let snapshot = ledger.snapshot(cache: .init())
        #expect(snapshot.sinceStart.requests == 4 && snapshot.sinceStart.errors == 2)
        #expect(snapshot.inFlight == 0)
        #expect(snapshot.backends.first?.errors == 2)
    }

    @Test func `tells p99, what the gateway itself added, and models by what they answered`() {
        let ledger = ledger()
        for number in 1...200 {
            ledger.began()
            var summary = ExchangeSummary(id: "\(number)", unixMilliseconds: 0, requestedModel: "m", backend: "haiku")
            (summary.provider, summary.model) = ("anthropic", "claude-haiku-4-5-20251001")
            summary.latencyMilliseconds = number == 200 ? 1 : Double(number)
            summary.cache = number == 200 ? "exact" : "none"
            let own = Int64(number) * 10_000
            ledger.ended(
                LedgerEntry(summary: summary, decision: nil, attempts: [], warnings: [], ownNanoseconds: own)
            )
        }
        let snapshot = ledger.snapshot(cache: .init())
        #expect(snapshot.latencyP99Milliseconds == 197)
        #expect(snapshot.ownP50Milliseconds == 1 && snapshot.ownP95Milliseconds == 1.9)
        let model = snapshot.models?.first
        #expect(model?.requests == 200)
        // Answers from the cache say nothing of how long a model takes: of 199, 100 are not above 100.
        #expect(model?.latencyP50Milliseconds == 100 && model?.latencyP95Milliseconds == 190)
    }

    /// Answers, discarded ones, canaries, own calls, false hits in any order: what is left is what was saved.
    @Test(arguments: 0..<20)
    func `every part of the savings is counted once, to the nano-dollar`(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ bound: Int64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(state >> 33) % bound
        }
        func some() -> USD { USD(nanodollars: random(3) == 0 ? 0 : random(1_000_000_000)) }
        func spending() -> Spending { Spending(usage: TokenUsage(), isEstimated: false, cost: some()) }
        let ledger = ledger()
        var hits: [LedgerEntry] = []
        for number in 0..<200 {
            switch random(4) {
            case 0:
                let purpose = OverheadPurpose.allCases[Int(random(3))]
                ledger.spent(Overhead(purpose: purpose, backend: "haiku", model: "m", spending: spending()))
            case 1:
                if !hits.isEmpty { ledger.wasWrong(hits[Int(random(Int64(hits.count)))]) }
            default:
                ledger.began()
                var summary = ExchangeSummary(id: "\(number)", unixMilliseconds: 0, requestedModel: "m")
                let own = some()
                let losses = SavingsLosses(escalation: some(), cacheChecks: random(5) == 0 ? own : .zero)
                let overheads = (0..<random(3)).map { _ in
                    Overhead(purpose: .classifier, backend: "haiku", model: "m", spending: spending())
                }
                let overhead = overheads.reduce(USD.zero) { $0 + $1.spending.cost }
                summary.cost = own + losses.escalation
                summary.baseline = some()
                summary.overhead = overhead
                summary.saved = summary.baseline - summary.cost - overhead
                let entry = LedgerEntry(
                    summary: summary,
                    decision: nil,
                    attempts: [],
                    warnings: [],
                    overheads: overheads,
                    losses: losses
                )
                ledger.ended(entry)
                hits.append(entry)
            }
        }
        let snapshot = ledger.snapshot(cache: .init())
        for totals in [snapshot.sinceStart, snapshot.today, snapshot.month] {
            let left =
                totals.baseline - totals.answers - totals.overhead.classifier - totals.overhead.judge
                - totals.overhead.shadow - totals.losses.escalation - totals.losses.cacheChecks
                - totals.losses.wrongHits
            #expect(left == totals.saved)
            #expect(totals.answers >= .zero)
        }
        let history = ledger.history(seconds: 60, points: 1)
        #expect(history.saved == [snapshot.sinceStart.saved] && history.cost == [snapshot.sinceStart.cost])
    }

    @Test func `a wrong hit is lost once, however often it is reported`() {
        let ledger = ledger()
        ledger.began()
        var summary = ExchangeSummary(id: "hit", unixMilliseconds: 0, requestedModel: "m", cache: "semantic")
        summary.baseline = USD(nanodollars: 700)
        summary.saved = USD(nanodollars: 700)
        let entry = LedgerEntry(summary: summary, decision: nil, attempts: [], warnings: [])
        ledger.ended(entry)
        for _ in 0..<3 { ledger.wasWrong(entry) }
        let totals = ledger.snapshot(cache: .init()).sinceStart
        #expect(totals.losses.wrongHits.nanodollars == 700)
        #expect(totals.saved == .zero && totals.cost == .zero && totals.baseline.nanodollars == 700)
        #expect(totals.requests == 1)
    }
}
