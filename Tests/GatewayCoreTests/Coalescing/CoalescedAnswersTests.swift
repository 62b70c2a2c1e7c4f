import GatewayCore
import Shared
import Testing

@Suite struct `Identical requests in flight` {
    @Test func `a herd of a hundred makes one call, and every cent is counted once`() async {
        let bench = CoalescingBench()
        let clients = (0..<100).map { bench.client(number: $0) }
        #expect(bench.upstream.calls.count == 1)
        bench.upstream.call(0).answer(Spoken.answer)
        for client in clients { await client.done() }
        #expect(bench.upstream.calls.count == 1)
        #expect(clients.allSatisfy { $0.status == 200 && $0.text == Spoken.answer })
        #expect(clients[0].header("X-Gateway-Cache") == "none")
        #expect(clients[0].header("X-Cache") == "MISS")
        #expect(clients[0].header("X-Gateway-Cost-USD") == "0.002")
        for client in clients.dropFirst() {
            #expect(client.header("X-Gateway-Cache") == "coalesced")
            #expect(client.header("X-Cache") == "HIT")
            #expect(client.header("X-Gateway-Cost-USD") == "0.00")
            #expect(client.header("X-Gateway-Saved-USD") == "0.002")
            #expect(client.header("X-Gateway-Query-ID") == client.id)
            #expect(client.header("request-id") == "req_gw_\(client.id)")
        }
        let totals = bench.totals
        #expect(totals.requests == 100 && totals.errors == 0 && totals.coalesced == 99)
        #expect(totals.cost == Spoken.cost)
        #expect(totals.baseline == USD(nanodollars: 100 * 2_000_000))
        #expect(totals.saved == USD(nanodollars: 99 * 2_000_000))
        #expect(totals.usage == TokenUsage(input: 1_000, output: 200))
        #expect(bench.gateway.snapshot().inFlight == 0)
        #expect(bench.gateway.snapshot().backends[0].requests == 1)
        // What was kept is kept once, and serves whoever comes later.
        let late = bench.client(number: 200)
        await late.done()
        #expect(late.header("X-Gateway-Cache") == "exact")
    }

    @Test func `a herd from many threads makes one call`() async {
        for round in 0..<20 {
            let bench = CoalescingBench()
            let upstream = bench.upstream
            await withTaskGroup(of: WaitingClient.self) { group in
                for number in 0..<32 { group.addTask { bench.client(number: number, stream: round % 2 == 0) } }
                group.addTask {
                    _ = await eventually { !upstream.calls.isEmpty }
                    let call = upstream.call(0)
                    if round % 2 == 0 {
                        call.beginStream()
                        call.send(Spoken.start, Spoken.block, Spoken.text("Pa"), Spoken.text("ris"), Spoken.end)
                    } else {
                        call.answer(Spoken.answer)
                    }
                    return bench.client(number: 99, stream: round % 2 == 0)
                }
                for await client in group {
                    await client.done()
                    #expect(client.status == 200)
                    #expect(client.text.contains(round % 2 == 0 ? "message_stop" : "Paris"))
                }
            }
            #expect(upstream.calls.count == 1)
            #expect(bench.totals.cost == Spoken.cost)
            #expect(bench.totals.requests == 33)
        }
    }

    @Test func `a follower's explanation and row are its own`() async throws {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1), bench.client(number: 2))
        bench.upstream.call(0).answer(Spoken.answer)
        await leader.done()
        await follower.done()
        let entry = try #require(bench.gateway.ledger.entry(id: follower.id))
        #expect(entry.attempts.isEmpty)
        #expect(entry.decision != nil)
        #expect(entry.summary.cache == "coalesced")
        #expect(entry.summary.backend == "one")
        #expect(entry.summary.cost == .zero)
        #expect(entry.summary.usage == TokenUsage(input: 1_000, output: 200))
        #expect(entry.summary.stopReason == "end_turn")
        #expect(bench.gateway.ledger.entry(id: leader.id)?.attempts.count == 1)
    }

    @Test func `the leader's leaving takes nothing from the followers, and is booked in full`() async throws {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1), bench.client(number: 2))
        leader.leave()
        #expect(!bench.upstream.call(0).isCancelled)
        let late = bench.client(number: 3)
        bench.upstream.call(0).answer(Spoken.answer)
        await leader.done()
        await follower.done()
        await late.done()
        #expect(bench.upstream.calls.count == 1)
        #expect(follower.text == Spoken.answer && late.text == Spoken.answer)
        let row = try #require(bench.row(leader))
        #expect(row.status == 499)
        #expect(row.cost == Spoken.cost && !row.usageIsEstimated)
        #expect(bench.totals.cost == Spoken.cost)
        #expect(bench.totals.saved == USD(nanodollars: 2 * 2_000_000))
        let next = bench.client(number: 4)
        await next.done()
        #expect(next.header("X-Gateway-Cache") == "exact")
    }

    @Test func `a follower's leaving concerns nobody else`() async throws {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1), bench.client(number: 2))
        follower.leave()
        await follower.done()
        #expect(!bench.upstream.call(0).isCancelled)
        let row = try #require(bench.row(follower))
        #expect(row.status == 499 && row.cost == .zero && row.saved == .zero)
        bench.upstream.call(0).answer(Spoken.answer)
        await leader.done()
        #expect(leader.text == Spoken.answer)
    }

    @Test(arguments: [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    func `the call is broken off when the last one leaves`(order: [Int]) async throws {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0) }
        for number in order {
            #expect(!bench.upstream.call(0).isCancelled)
            clients[number].leave()
        }
        #expect(bench.upstream.call(0).isCancelled)
        for client in clients { await client.done() }
        // The leader's prompt was probably billed; the others' was not.
        let rows = clients.compactMap { bench.row($0) }
        #expect(rows.map(\.status) == [499, 499, 499])
        #expect(rows[0].usageIsEstimated && rows[0].cost > .zero)
        #expect(bench.totals.cost == rows[0].cost)
        #expect(bench.gateway.snapshot().inFlight == 0)
        // Nobody joins what is gone.
        _ = bench.client(number: 9)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `a request alone that leaves is settled as ever`() async throws {
        let bench = CoalescingBench()
        let client = bench.client()
        client.leave()
        await client.done()
        #expect(bench.upstream.call(0).isCancelled)
        let row = try #require(bench.row(client))
        #expect(row.status == 499 && row.usageIsEstimated)
    }

    @Test func `shares without a cache`() async {
        let bench = CoalescingBench { $0.cache.isEnabled = false }
        let clients = (0..<3).map { bench.client(number: $0) }
        bench.upstream.call(0).answer(Spoken.answer)
        for client in clients { await client.done() }
        #expect(clients.map { $0.header("X-Gateway-Cache") } == ["none", "coalesced", "coalesced"])
        // What has ended is no longer in flight.
        _ = bench.client(number: 9)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `shares what the cache does not keep`() async {
        let bench = CoalescingBench()
        let clients = (0..<2).map { bench.client(number: $0) }
        let cut = Spoken.answer.replacing("end_turn", with: "max_tokens")
        bench.upstream.call(0).answer(cut)
        for client in clients { await client.done() }
        #expect(clients.allSatisfy { $0.text == cut })
        _ = bench.client(number: 9)
        #expect(bench.upstream.calls.count == 2)
    }
}
