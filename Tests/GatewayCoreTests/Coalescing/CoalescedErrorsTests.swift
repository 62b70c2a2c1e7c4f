import GatewayCore
import Shared
import Testing

@Suite struct `A shared call that fails` {
    @Test(arguments: [400, 404, 413, 422])
    func `tells everybody what no other call would change`(status: Int) async {
        let bench = CoalescingBench()
        let clients = (0..<5).map { bench.client(number: $0) }
        bench.upstream.call(0).answer(
            Spoken.error("invalid_request_error"),
            status: status,
            [
                HeaderField("request-id", "req_of_provider")
            ]
        )
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 1)
        for client in clients {
            #expect(client.status == status)
            #expect(client.text == Spoken.error("invalid_request_error"))
            #expect(client.header("request-id") == "req_of_provider")
            #expect(client.header("X-Gateway-Query-ID") == client.id)
        }
        #expect(clients[4].header("X-Gateway-Cache") == "coalesced")
        #expect(bench.totals.cost == .zero && bench.totals.saved == .zero && bench.totals.errors == 5)
        _ = bench.client(number: 9)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `a key that the provider refuses is everybody's error, in an envelope of its own`() async {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0) }
        bench.upstream.call(0).answer(Spoken.error("authentication_error"), status: 401)
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 1)
        for client in clients {
            #expect(client.status == 502)
            #expect(client.text.contains("req_gw_\(client.id)"))
        }
    }

    @Test(arguments: [408, 409, 429, 500, 503, 529])
    func `has the followers elect a leader among them`(status: Int) async {
        let bench = CoalescingBench()
        let clients = (0..<5).map { bench.client(number: $0) }
        bench.upstream.call(0).answer(
            Spoken.error("overloaded_error"),
            status: status,
            [HeaderField("retry-after", "7")]
        )
        await clients[0].done()
        #expect(clients[0].status == status && clients[0].header("retry-after") == "7")
        #expect(await eventually { bench.upstream.calls.count == 2 })
        bench.upstream.call(1).answer(Spoken.answer)
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 2)
        #expect(clients.dropFirst().allSatisfy { $0.text == Spoken.answer })
        let kinds = clients.dropFirst().map { $0.header("X-Gateway-Cache") ?? "" }
        // Whoever comes late finds the answer in the cache.
        #expect(kinds.filter { $0 == "none" }.count == 1)
        #expect(bench.totals.cost == Spoken.cost)
        #expect(bench.totals.errors == 1)
    }

    @Test func `shares the second failure with all`() async {
        let bench = CoalescingBench()
        let clients = (0..<50).map { bench.client(number: $0, stream: $0 % 2 == 0) }
        #expect(bench.upstream.calls.count == 1)
        var answered = 0
        while clients.contains(where: { !$0.isDone }) {
            #expect(await eventually { bench.upstream.calls.count > answered || clients.allSatisfy(\.isDone) })
            guard bench.upstream.calls.count > answered else { break }
            bench.upstream.call(answered).answer(Spoken.error("overloaded_error"), status: 529)
            answered += 1
        }
        for client in clients { await client.done() }
        #expect(clients.allSatisfy { $0.status == 529 })
        // The streams' call, which the whole answers have joined, and one by those who were let down. A whole answer may have
        // elected before any stream did.
        #expect((2...3).contains(bench.upstream.calls.count))
        #expect(bench.totals.cost == .zero && bench.totals.errors == 50)
    }

    @Test func `the provider's word on trying again counts`() async {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0) }
        let header = HeaderField("x-should-retry", "false")
        bench.upstream.call(0).answer(Spoken.error("overloaded_error"), status: 529, [header])
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 1)
        #expect(clients.allSatisfy { $0.status == 529 })
    }

    @Test(arguments: [UpstreamError.cannotConnect("refused"), .timeout("first byte"), .broken("reset")])
    func `elects where there was no answer`(error: UpstreamError) async {
        let bench = CoalescingBench()
        let clients = (0..<4).map { bench.client(number: $0) }
        bench.upstream.call(0).fail(error)
        await clients[0].done()
        #expect((clients[0].status ?? 0) >= 500)
        #expect(await eventually { bench.upstream.calls.count == 2 })
        bench.upstream.call(1).fail(error)
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 2)
        #expect(clients.allSatisfy { ($0.status ?? 0) >= 500 })
    }

    @Test func `elects where the stream broke before anything had gone to a follower`() async {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0, stream: true) }
        let call = bench.upstream.call(0)
        call.beginStream()
        call.fail(.broken("reset"))
        await clients[0].done()
        #expect(clients[0].status == 502)
        #expect(await eventually { bench.upstream.calls.count == 2 })
        let second = bench.upstream.call(1)
        second.beginStream()
        second.send(Spoken.start, Spoken.block, Spoken.text("Paris"), Spoken.end)
        for client in clients.dropFirst() {
            await client.done()
            #expect(client.text == Spoken.start + Spoken.block + Spoken.text("Paris") + Spoken.end)
        }
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `a second stream that breaks before its first event is a plain error`() async {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0, stream: true) }
        for number in 0..<2 {
            #expect(await eventually { bench.upstream.calls.count == number + 1 })
            bench.upstream.call(number).beginStream()
            bench.upstream.call(number).fail(.broken("reset"))
        }
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 2)
        // Nothing had gone to anybody.
        #expect(clients.allSatisfy { $0.status == 502 && !$0.text.contains("event:") })
    }

    @Test func `a stream that breaks in the middle ends for all with an error`() async throws {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0, stream: true) }
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start)
        #expect(await eventually { clients.allSatisfy { $0.text == Spoken.start } })
        call.fail(.broken("reset"))
        for client in clients {
            await client.done()
            #expect(client.text.hasPrefix(Spoken.start + "event: error"))
            #expect(client.text.contains("req_gw_\(client.id)"))
        }
        #expect(bench.upstream.calls.count == 1)
        let rows = try clients.map { try #require(bench.row($0)) }
        #expect(rows.allSatisfy { $0.error != nil })
        #expect(rows[0].usageIsEstimated && rows[0].cost > .zero)
        #expect(bench.totals.cost == rows[0].cost)
        #expect(rows[1].saved == .zero && rows[2].saved == .zero)
        let next = bench.client(number: 9, stream: true)
        #expect(bench.upstream.calls.count == 2)
        next.leave()
    }

    @Test func `an error that is the stream's first event is no answer to share`() async {
        let bench = CoalescingBench()
        let clients = (0..<2).map { bench.client(number: $0, stream: true) }
        bench.upstream.call(0).beginStream()
        bench.upstream.call(0).send("event: error\ndata: \(Spoken.error("overloaded_error"))\n\n")
        await clients[0].done()
        #expect(clients[0].text.contains("overloaded_error"))
        #expect(await eventually { bench.upstream.calls.count == 2 })
        bench.upstream.call(1).beginStream()
        bench.upstream.call(1).send(Spoken.start, Spoken.end)
        await clients[1].done()
        #expect(clients[1].text == Spoken.start + Spoken.end)
    }

    @Test func `a client that left is not elected`() async {
        let bench = CoalescingBench()
        let clients = (0..<2).map { bench.client(number: $0) }
        clients[1].leave()
        await clients[1].done()
        bench.upstream.call(0).answer(Spoken.error("overloaded_error"), status: 529)
        await clients[0].done()
        #expect(bench.upstream.calls.count == 1)
    }
}
