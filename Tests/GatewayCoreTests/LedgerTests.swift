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
}
