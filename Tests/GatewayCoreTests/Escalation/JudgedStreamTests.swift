import GatewayCore
import Shared
import Testing

@Suite struct `A stream that is held back` {
    private let haiku = USD(nanodollars: 200_000)
    private let sonnet = USD(nanodollars: 600_000)

    @Test func `goes on when its beginning is fine, and nothing of it is lost`() async {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Said.start, Said.piece("A full node is split"))
        #expect(await eventually { call.taken == 2 })
        #expect(client.status == nil && client.text.isEmpty)
        let more = String(repeating: " around its median key, which moves up", count: 6)
        call.send(Said.piece(more))
        #expect(await eventually { client.text == Said.start + Said.piece("A full node is split") + Said.piece(more) })
        call.send(Said.piece(" into the parent."), Said.end())
        await client.done()
        #expect(client.text.hasSuffix(Said.piece(" into the parent.") + Said.end()))
        #expect(client.header("X-Gateway-Escalations") == "0")
        #expect(bench.row?.cost == haiku && bench.upstream.calls.count == 1)
    }

    @Test func `is begun again on the stronger tier before its first byte`() async throws {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        let weak = bench.upstream.call(0)
        weak.beginStream()
        weak.send(Said.start, Said.piece(Said.unsure))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        #expect(!weak.isCancelled, "the weak answer is kept until there is a better one")
        let strong = bench.upstream.call(1)
        strong.beginStream()
        strong.send(Said.start, Said.piece(Said.good), Said.end())
        await client.done()
        #expect(client.text == Said.start + Said.piece(Said.good) + Said.end())
        #expect(weak.isCancelled)
        #expect(client.header("X-Gateway-Model") == "claude-sonnet-4-6")
        #expect(client.header("X-Gateway-Escalations") == "1")
        let detail = try #require(bench.detail(client.id))
        #expect(detail.attempts.map(\.backend) == ["haiku", "sonnet"])
        #expect(detail.attempts[1].cost == sonnet)
        // Haiku's output was cut off, and is estimated; its input is known.
        let first = try #require(detail.attempts[0].cost)
        #expect(first > USD(nanodollars: 100_000) && first < haiku + haiku)
        #expect(detail.summary.cost == first + sonnet && detail.summary.usageIsEstimated)
        #expect(detail.summary.usage == TokenUsage(input: 100, output: 20))
    }

    @Test func `that ends within the window is judged whole`() async throws {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        bench.upstream.call(0).beginStream()
        bench.upstream.call(0).send(Said.start, Said.piece("A full node is"), Said.end("max_tokens"))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        bench.upstream.call(1).beginStream()
        bench.upstream.call(1).send(Said.start, Said.piece(Said.good), Said.end())
        await client.done()
        #expect(client.text == Said.start + Said.piece(Said.good) + Said.end())
        let detail = try #require(bench.detail(client.id))
        #expect(detail.attempts.map(\.cost) == [haiku, sonnet])
        #expect(detail.summary.cost == haiku + sonnet && !detail.summary.usageIsEstimated)
    }

    @Test func `goes out when its time is up`() async {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Said.start, Said.piece("A full"))
        #expect(await eventually { bench.clock.sleeps.contains(1_500) && call.isAwaited })
        #expect(client.text.isEmpty)
        bench.clock.pass(1_500)
        #expect(await eventually { client.text == Said.start + Said.piece("A full") })
        call.send(Said.piece(" node is split."), Said.end())
        await client.done()
        #expect(bench.upstream.calls.count == 1)
    }

    @Test func `hears pings while nothing is decided, and does not say who answers`() async throws {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        let weak = bench.upstream.call(0)
        weak.beginStream()
        weak.send(Said.start)
        weak.keepSilent()
        #expect(await eventually { client.text.contains("event: ping") })
        #expect(client.status == 200 && !client.text.contains("message_start"))
        #expect(client.header("X-Gateway-Model") == nil && client.header("X-Gateway-Escalations") == nil)
        weak.send(Said.piece(Said.unsure))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        #expect(await eventually { bench.clock.sleeps.contains(15_000) })
        bench.clock.pass(15_000)
        #expect(await eventually { client.text.ranges(of: "event: ping").count == 2 })
        bench.upstream.call(1).beginStream()
        bench.upstream.call(1).send(Said.start, Said.piece(Said.good), Said.end())
        await client.done()
        #expect(client.text.hasSuffix(Said.start + Said.piece(Said.good) + Said.end()))
        #expect(!client.text.contains("not sure"))
        let row = try #require(bench.row)
        #expect(row.model == "claude-sonnet-4-6" && row.escalations == 1)
    }

    @Test func `that is cut short after its first bytes is only recorded`() async {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        bench.upstream.call(0).beginStream()
        bench.upstream.call(0).send(Said.start, Said.piece(Said.good))
        #expect(await eventually { client.text.contains("median") })
        bench.upstream.call(0).send(Said.piece(" And then"), Said.end("max_tokens"))
        await client.done()
        #expect(bench.upstream.calls.count == 1)
        #expect(bench.gateway.snapshot().escalation?.foundLate == 1)
    }

    @Test func `is given when the stronger model fails`() async throws {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        let weak = bench.upstream.call(0)
        weak.beginStream()
        weak.send(Said.start, Said.piece(Said.unsure))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        bench.upstream.call(1).fail(.cannotConnect("refused"))
        #expect(await eventually { client.text == Said.start + Said.piece(Said.unsure) })
        weak.send(Said.end())
        await client.done()
        #expect(client.header("X-Gateway-Model") == "claude-haiku-4-5-20251001")
        let detail = try #require(bench.detail(client.id))
        #expect(detail.attempts.map(\.cost) == [haiku, .zero] && detail.summary.cost == haiku)
    }

    @Test func `whose client leaves breaks off whatever goes on`() async throws {
        let bench = EscalationBench()
        let client = bench.client(stream: true)
        let weak = bench.upstream.call(0)
        weak.beginStream()
        weak.send(Said.start, Said.piece(Said.unsure))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        client.leave()
        await client.done()
        #expect(await eventually { bench.row != nil })
        #expect(bench.upstream.call(1).isCancelled && weak.isCancelled)
        let row = try #require(bench.row)
        #expect(row.status == 499 && row.cost > .zero && row.usageIsEstimated)
    }

    @Test func `is shared like any other, and the better answer is kept`() async {
        let bench = EscalationBench { settings in
            settings.cache.isEnabled = true
            settings.cache.semantic.isEnabled = false
            settings.coalesce.isEnabled = true
        }
        let first = bench.client(number: 1, stream: true)
        let second = bench.client(number: 2, stream: true)
        bench.upstream.call(0).beginStream()
        bench.upstream.call(0).send(Said.start, Said.piece(Said.unsure))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        bench.upstream.call(1).beginStream()
        bench.upstream.call(1).send(Said.start, Said.piece(Said.good), Said.end())
        await first.done()
        await second.done()
        let whole = Said.start + Said.piece(Said.good) + Said.end()
        #expect(first.text == whole && second.text == whole)
        #expect(second.header("X-Gateway-Cache") == "coalesced")
        #expect(second.header("X-Gateway-Model") == "claude-sonnet-4-6")
        let third = bench.client(number: 3, stream: true)
        await third.done()
        #expect(third.header("X-Gateway-Cache") == "exact" && third.text.contains("median key"))
        #expect(third.header("X-Gateway-Model") == "claude-sonnet-4-6")
        #expect(bench.upstream.calls.count == 2)
    }
}
