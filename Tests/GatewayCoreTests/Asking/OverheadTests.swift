import FoundationEssentials
import GatewayCore
import Shared
import Testing

@Suite struct `What the gateway spends itself` {
    private let clock = TestClock()

    private func overhead(_ purpose: OverheadPurpose, _ backend: String, _ cost: Int64) -> Overhead {
        let usage = TokenUsage(input: 10, output: 1)
        let spending = Spending(usage: usage, isEstimated: false, cost: USD(nanodollars: cost))
        return Overhead(purpose: purpose, backend: backend, model: "m", spending: spending)
    }

    @Test func `is spent, and is not saved`() {
        let ledger = Ledger(backends: Settings.threeTiers.backends, isDemo: false, clock: clock.port)
        ledger.began()
        var summary = ExchangeSummary(id: "1", unixMilliseconds: 0, requestedModel: "m", backend: "opus")
        summary.tier = .premium
        summary.cost = USD(nanodollars: 1_000)
        summary.baseline = USD(nanodollars: 5_000)
        summary.overhead = USD(nanodollars: 300)
        summary.saved = USD(nanodollars: 3_700)
        summary.usage = TokenUsage(input: 40, output: 8)
        let own = overhead(.classifier, "haiku", 300)
        ledger.ended(
            LedgerEntry(
                summary: summary,
                decision: nil,
                attempts: [AttemptReport(summary)],
                warnings: [],
                overheads: [own]
            )
        )
        ledger.spent(overhead(.shadow, "sonnet", 900))
        ledger.spent(overhead(.judge, "gone", 50))
        let snapshot = ledger.snapshot(cache: .init())
        for totals in [snapshot.sinceStart, snapshot.today, snapshot.month] {
            #expect(totals.requests == 1 && totals.errors == 0)
            // 1,000 + 300 + 900 + 50; 3,700 - 900 - 50.
            #expect(totals.cost == USD(nanodollars: 2_250) && totals.saved == USD(nanodollars: 2_750))
            #expect(totals.cost + totals.saved == totals.baseline)
            #expect(
                totals.overhead
                    == OverheadCosts(
                        classifier: USD(nanodollars: 300),
                        shadow: USD(nanodollars: 900),
                        judge: USD(nanodollars: 50)
                    )
            )
            #expect(totals.overhead.total == USD(nanodollars: 1_250))
            #expect(totals.usage == TokenUsage(input: 40, output: 8))
            #expect(totals.overheadUsage == TokenUsage(input: 30, output: 3))
        }
        let backends = Dictionary(uniqueKeysWithValues: snapshot.backends.map { ($0.name, $0) })
        #expect(backends["haiku"]?.cost == USD(nanodollars: 300) && backends["haiku"]?.requests == 0)
        #expect(backends["sonnet"]?.cost == USD(nanodollars: 900))
        #expect(backends["opus"]?.cost == USD(nanodollars: 1_000) && backends["opus"]?.requests == 1)
        #expect(snapshot.tiers.map(\.cost.nanodollars) == [0, 0, 1_000])
    }

    @Test func `belongs to its day`() {
        let ledger = Ledger(backends: [], isDemo: false, clock: clock.port)
        ledger.spent(overhead(.shadow, "haiku", 5))
        clock.advance(seconds: 86_400)
        ledger.spent(overhead(.shadow, "haiku", 7))
        let snapshot = ledger.snapshot(cache: .init())
        #expect(snapshot.today.overhead.shadow == USD(nanodollars: 7) && snapshot.today.saved == USD(nanodollars: -7))
        #expect(snapshot.sinceStart.overhead.shadow == USD(nanodollars: 12))
    }

    @Test func `may be missing in what another version sends`() throws {
        let old = """
            {"requests":2,"errors":0,"exact_cache_hits":1,"escalations":0,"usage":{"input_tokens":1,\
            "cache_read_tokens":0,"cache_write_5m_tokens":0,"cache_write_1h_tokens":0,"output_tokens":2},\
            "cost_usd":0.5,"baseline_usd":2,"saved_usd":1.5}
            """
        let totals = try JSONDecoder().decode(MetricsSnapshot.Totals.self, from: Data(old.utf8))
        #expect(totals.requests == 2 && totals.saved == USD(nanodollars: 1_500_000_000))
        #expect(totals.overhead == OverheadCosts() && totals.overheadUsage == TokenUsage())
        let later = #"{"classifier":0.001,"seance":4}"#
        let costs = try JSONDecoder().decode(OverheadCosts.self, from: Data(later.utf8))
        #expect(costs == OverheadCosts(classifier: USD(nanodollars: 1_000_000)))
    }

    @Test func `comes back as it was sent`() throws {
        var totals = MetricsSnapshot.Totals(requests: 3, cost: USD(nanodollars: 7))
        for (number, purpose) in OverheadPurpose.allCases.enumerated() {
            totals.overhead[purpose] = USD(nanodollars: Int64(number) + 1)
        }
        totals.overheadUsage.output = 9
        let data = try JSONEncoder().encode(totals)
        #expect(try JSONDecoder().decode(MetricsSnapshot.Totals.self, from: data) == totals)
        #expect(String(decoding: data, as: UTF8.self).contains(#""overhead_usd":{"#))
        #expect(totals.overhead.total == USD(nanodollars: 6))
    }
}
