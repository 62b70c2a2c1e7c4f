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

    private func row(
        after seconds: Int64,
        ms: Double = 0,
        tier: Tier? = .fast,
        cache: String = "none",
        status: Int = 200,
        cost: Int64 = 0,
        overhead: Int64? = nil
    ) -> ExchangeSummary {
        var row = ExchangeSummary(id: "x", unixMilliseconds: Self.start + seconds * 1_000, requestedModel: "auto")
        row.latencyMilliseconds = ms
        row.tier = tier
        row.cache = cache
        row.status = status
        row.cost = USD(nanodollars: cost)
        row.baseline = USD(nanodollars: 10 * cost)
        row.overhead = overhead.map { USD(nanodollars: $0) }
        return row
    }

    @Test func `add up what ended in each`() {
        var history = MinuteHistory()
        #expect(history.current == nil && history.minutes.isEmpty)
        history.add(row(after: 0, ms: 100, cost: 5, overhead: 1))
        history.add(row(after: 30, ms: 300, tier: .premium, status: 529))
        history.add(row(after: 59, ms: 200, cache: "exact", status: 499))
        // Begun in the first minute, ended in the second.
        history.add(row(after: 59, ms: 1_500, tier: nil, cost: 7))
        let minutes = history.minutes
        #expect(minutes.map(\.unixMilliseconds) == [Self.start, Self.start + 60_000])
        #expect(minutes.map(\.requests) == [3, 1])
        #expect(minutes.map(\.errors) == [1, 0], "a client that left is nobody's error")
        #expect(minutes.map(\.shared) == [1, 0])
        #expect(minutes.map(\.cost.nanodollars) == [6, 7])
        #expect(minutes.map(\.baseline.nanodollars) == [50, 70])
        #expect(minutes.map(\.tiers) == [["fast": 2, "premium": 1], [:]])
        #expect(minutes.map(\.latencyP50Milliseconds) == [200, 1_500])
        #expect(minutes.map(\.latencyP95Milliseconds) == [300, 1_500])
        #expect(history.current == minutes[1])
    }

    @Test func `count what comes late to the latest`() {
        var history = MinuteHistory()
        history.add(row(after: 60))
        history.add(row(after: 0))
        #expect(history.minutes.map(\.requests) == [2])
    }

    @Test func `are sixty`() {
        var history = MinuteHistory()
        for minute in 0..<100 { history.add(row(after: Int64(minute) * 60)) }
        #expect(history.minutes.count == 60)
        #expect(history.minutes.first?.unixMilliseconds == Self.start + 40 * 60_000)
        #expect(history.minutes.last?.unixMilliseconds == Self.start + 99 * 60_000)
    }

    @Test func `hold a bounded number of latencies`() {
        var history = MinuteHistory()
        for _ in 0..<2_000 { history.add(row(after: 1, ms: 900)) }
        for _ in 0..<1_000 { history.add(row(after: 2, ms: 10)) }
        #expect(history.current?.latencyP95Milliseconds == 10)
        #expect(history.current?.requests == 3_000)
    }

    @Test func `are written with amounts as decimals`() {
        var history = MinuteHistory()
        history.add(row(after: 0, cost: 41_000))
        let text = String(decoding: WebFeed.event("minutes", history.minutes), as: UTF8.self)
        #expect(text.hasPrefix("event: minutes\ndata: [{") && text.hasSuffix("}]\n\n"))
        #expect(text.contains("\"cost_usd\":0.000041") && text.contains("\"latency_p95_ms\":0"))
    }
}
