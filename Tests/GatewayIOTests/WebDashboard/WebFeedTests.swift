import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `A page that listens` {
    private let listener = WebListener(.thisMachine)

    @Test func `gets what was published since it last looked, what it begins with first`() async {
        #expect(!listener.hasWaiting)
        #expect(listener.publish([2]))
        #expect(listener.publish([3, 4]))
        listener.begin(with: [1])
        #expect(listener.hasWaiting)
        #expect(await listener.next() == [1])
        #expect(await listener.next() == [2])
        #expect(await listener.next() == [3, 4])
        #expect(!listener.hasWaiting)
    }

    @Test func `has room again for what it has taken`() async {
        let half = [UInt8](repeating: 0, count: WebListener.maximumWaitingBytes / 2)
        for _ in 0..<4 {
            #expect(listener.publish(half))
            #expect(listener.publish(half))
            #expect(await listener.next() == half)
            #expect(await listener.next() == half)
        }
    }

    @Test func `waits for what comes`() async {
        async let next = listener.next()
        #expect(listener.publish([7]))
        #expect(await next == [7])
    }

    @Test func `is dropped with all that waits once that is too much`() async {
        let half = [UInt8](repeating: 0, count: WebListener.maximumWaitingBytes / 2)
        #expect(listener.publish(half))
        #expect(listener.publish(half))
        #expect(!listener.publish([1]))
        #expect(!listener.publish([1]))
        #expect(await listener.next() == nil)
    }

    @Test func `gets what waits before the end`() async {
        #expect(listener.publish([1]))
        listener.end()
        #expect(!listener.publish([2]))
        #expect(await listener.next() == [1])
        #expect(await listener.next() == nil)
    }

    @Test func `hears of the end while it waits`() async {
        async let next = listener.next()
        listener.end()
        #expect(await next == nil)
    }

    @Test func `ends when its reader is cancelled`() async {
        let listener = listener
        let reader = Task { await listener.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        #expect(!listener.publish([1]))
    }

    @Test func `gives its place up when the connection lets go of it`() {
        // Each in a scope of its own, as a connection would.
        func connect(_ use: (WebStream) -> Void) -> WebListener? {
            let left = Left()
            use(WebStream(listener) { left.listener = $0 })
            return left.listener
        }
        #expect(connect { _ in } === listener)
        #expect(connect { $0.abandon() } === listener)
    }

    private final class Left: @unchecked Sendable {  // used by one thread
        var listener: WebListener?
    }
}

@Suite struct `The minutes of the charts` {
    private static let start: Int64 = 1_790_000_040_000

    private func report(_ requests: [Int?]) -> HistoryReport {
        var report = HistoryReport(
            intervalMilliseconds: 60_000,
            endUnixMilliseconds: Self.start + Int64(requests.count) * 60_000
        )
        for count in requests {
            report.requests.append(count)
            report.errors.append(count.map { _ in 1 })
            report.cacheHits.append(count.map { _ in 2 })
            report.semanticHits.append(count.map { _ in 1 })
            report.coalesced.append(count.map { _ in 0 })
            report.escalations.append(count.map { _ in 3 })
            report.cost.append(count.map { _ in USD(nanodollars: 41_000) })
            report.baseline.append(count.map { _ in USD(nanodollars: 50_000) })
            report.saved.append(count.map { _ in USD(nanodollars: 9_000) })
            for tier in Tier.allCases { report.tiers[tier.name]?.append(count.map { tier == .fast ? $0 : 0 }) }
            report.latencyP50Milliseconds.append(count == 0 ? nil : 7)
            report.latencyP95Milliseconds.append(count == 0 ? nil : 8)
            report.latencyP99Milliseconds.append(count == 0 ? nil : 9)
        }
        return report
    }

    @Test func `are those of the history of which anything is known`() {
        let minutes = WebMinute.minutes(report([nil, nil, 5, 0]))
        #expect(minutes.map(\.unixMilliseconds) == [Self.start + 120_000, Self.start + 180_000])
        #expect(minutes.map(\.requests) == [5, 0])
        #expect(minutes.map(\.shared) == [2, 2] && minutes.map(\.escalations) == [3, 3])
        #expect(minutes.map(\.tiers) == [["fast": 5], [:]])
        #expect(minutes.map(\.latencyP95Milliseconds) == [8, nil])
        #expect(minutes[0].cost.nanodollars == 41_000 && minutes[0].baseline.nanodollars == 50_000)
        #expect(minutes[0].saved.nanodollars == 9_000)
    }

    @Test func `come out of the ledger, which is asked for few of them`() {
        let clock = Clock(monotonicNanoseconds: { 0 }, unixMilliseconds: { Self.start + 30_000 })
        let ledger = Ledger(backends: [], isDemo: false, clock: clock)
        for _ in 0..<3 {
            ledger.began()
            let summary = ExchangeSummary(id: "x", unixMilliseconds: Self.start + 29_000, requestedModel: "auto")
            ledger.ended(LedgerEntry(summary: summary, decision: nil, attempts: [], warnings: []))
        }
        let minutes = WebMinute.last(2, of: ledger)
        #expect(minutes.map(\.unixMilliseconds) == [Self.start] && minutes.map(\.requests) == [3])
    }

    @Test func `are written with amounts as decimals`() {
        let text = String(decoding: WebFeed.event("minutes", WebMinute.minutes(report([1]))), as: UTF8.self)
        #expect(text.hasPrefix("event: minutes\ndata: [{") && text.hasSuffix("}]\n\n"))
        #expect(text.contains("\"cost_usd\":0.000041") && text.contains("\"latency_p95_ms\":8"))
    }
}
