import GatewayCore
import Shared
import Testing

@Suite struct `A stream that is shared` {
    private static let all = Spoken.start + Spoken.block + Spoken.text("Pa") + Spoken.text("ris") + Spoken.end

    @Test func `goes to everybody as it comes, and to the late from its beginning`() async throws {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1, stream: true), bench.client(number: 2, stream: true))
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start, Spoken.block)
        #expect(await eventually { leader.text == Spoken.start + Spoken.block && follower.text == leader.text })
        let late = bench.client(number: 3, stream: true)
        #expect(await eventually { late.text == leader.text })
        call.send(Spoken.text("Pa"))
        #expect(await eventually { [leader, follower, late].allSatisfy { $0.text.hasSuffix(Spoken.text("Pa")) } })
        call.send(Spoken.text("ris"), Spoken.end)
        for client in [leader, follower, late] {
            await client.done()
            #expect(client.text == Self.all)
        }
        #expect(bench.upstream.calls.count == 1)
        #expect(leader.header("request-id") == "req_of_provider")
        #expect(late.header("request-id") == "req_gw_\(late.id)")
        #expect(late.header("X-Gateway-Cache") == "coalesced")
        #expect(late.header("content-type") == "text/event-stream; charset=utf-8")
        let rows = [leader, follower, late].compactMap { bench.row($0) }
        #expect(rows.map(\.cost) == [Spoken.cost, .zero, .zero])
        #expect(rows.map(\.saved) == [.zero, Spoken.cost, Spoken.cost])
        #expect(rows.map(\.usage) == Array(repeating: TokenUsage(input: 1_000, output: 200), count: 3))
        #expect(bench.totals.coalesced == 2 && bench.totals.errors == 0)
        let next = bench.client(number: 4, stream: true)
        await next.done()
        // A kept answer has an id of its own.
        let own = Self.all.replacing(/"msg_[^"]*"/, with: "\"msg_\(next.id)\"")
        #expect(next.header("X-Gateway-Cache") == "exact" && next.text == own)
    }

    @Test func `becomes a whole answer for a client that asked for one`() async throws {
        let bench = CoalescingBench()
        let leader = bench.client(number: 1, stream: true)
        let follower = bench.client(number: 2)
        #expect(bench.upstream.calls.count == 1)
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start, Spoken.block, Spoken.text("Pa"))
        #expect(await eventually { leader.text.hasSuffix(Spoken.text("Pa")) })
        #expect(follower.status == nil)
        call.send(Spoken.text("ris"), Spoken.end)
        await follower.done()
        #expect(follower.status == 200 && follower.header("content-type") == "application/json")
        #expect(follower.text.contains(#""text":"Paris""#))
        let answer = AnthropicAnswer(parsing: Array(follower.text.utf8))
        #expect(answer.usage == TokenUsage(input: 1_000, output: 200))
        #expect(follower.header("X-Gateway-Saved-USD") == "0.002")
        await leader.done()
        #expect(bench.totals.cost == Spoken.cost)
    }

    @Test func `outlives a leader who leaves before the head`() async throws {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1, stream: true), bench.client(number: 2, stream: true))
        leader.leave()
        let call = bench.upstream.call(0)
        #expect(!call.isCancelled)
        call.beginStream()
        call.send(Spoken.start, Spoken.block, Spoken.text("Pa"), Spoken.text("ris"), Spoken.end)
        await follower.done()
        await leader.done()
        #expect(follower.text == Self.all)
        let row = try #require(bench.row(leader))
        #expect(row.status == 499 && row.cost == Spoken.cost && !row.usageIsEstimated)
        #expect(bench.totals.cost == Spoken.cost)
        let next = bench.client(number: 4, stream: true)
        await next.done()
        #expect(next.header("X-Gateway-Cache") == "exact")
    }

    @Test(arguments: [0, 1])
    func `outlives the one who waits for the provider`(leaving: Int) async throws {
        let bench = CoalescingBench()
        // The one that reads first waits for the provider; the other waits for it.
        let clients = (0..<2).map { bench.client(number: $0, stream: true, reads: $0 == leaving) }
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start)
        #expect(await eventually { clients[leaving].text == Spoken.start && call.isAwaited })
        clients[1 - leaving].read()
        #expect(await eventually { clients[1 - leaving].text == Spoken.start })
        clients[leaving].leave()
        #expect(!call.isCancelled)
        call.send(Spoken.block, Spoken.text("Pa"), Spoken.text("ris"), Spoken.end)
        for client in clients { await client.done() }
        #expect(clients[1 - leaving].text == Self.all)
        #expect(clients[leaving].text == Spoken.start)
        let rows = try clients.map { try #require(bench.row($0)) }
        #expect(rows[leaving].status == 499 && rows[1 - leaving].status == 200)
        #expect(rows[0].cost == Spoken.cost && !rows[0].usageIsEstimated)
        #expect(rows[1].cost == .zero && rows[1].saved == (leaving == 1 ? .zero : Spoken.cost))
        #expect(bench.totals.cost == Spoken.cost)
        #expect(bench.gateway.snapshot().inFlight == 0)
    }

    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
    func `is broken off when the last one leaves`(order: [Int]) async throws {
        let bench = CoalescingBench()
        let clients = (0..<3).map { bench.client(number: $0, stream: true) }
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start)
        #expect(await eventually { clients.allSatisfy { $0.text == Spoken.start } && call.isAwaited })
        for number in order {
            #expect(!call.isCancelled)
            clients[number].leave()
        }
        #expect(await eventually { call.isCancelled })
        for client in clients { await client.done() }
        let rows = try clients.map { try #require(bench.row($0)) }
        #expect(rows.map(\.status) == [499, 499, 499])
        // 1,000 tokens in, and one out by then.
        #expect(rows[0].usageIsEstimated && rows[0].cost == USD(nanodollars: 1_005_000))
        #expect(rows[1].cost == .zero && rows[2].cost == .zero)
        #expect(bench.totals.cost == rows[0].cost)
        #expect(bench.gateway.snapshot().backends[0].inFlight == 0)
        let next = bench.client(number: 9, stream: true)
        #expect(bench.upstream.calls.count == 2)
        next.leave()
    }

    @Test func `everybody who waits hears that somebody is still there`() async {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1, stream: true), bench.client(number: 2, stream: true))
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start)
        #expect(await eventually { leader.text == Spoken.start && follower.text == Spoken.start && call.isAwaited })
        call.keepSilent()
        #expect(await eventually { leader.text.contains("event: ping") && follower.text.contains("event: ping") })
        // Whoever comes later need not hear of it.
        let late = bench.client(number: 3, stream: true)
        #expect(await eventually { late.text == Spoken.start })
        call.send(Spoken.block, Spoken.text("Pa"), Spoken.text("ris"), Spoken.end)
        await late.done()
        #expect(late.text == Self.all)
    }

    @Test func `a follower hears of a silence before the first event`() async {
        let bench = CoalescingBench()
        let (leader, follower) = (bench.client(number: 1, stream: true), bench.client(number: 2, stream: true))
        let call = bench.upstream.call(0)
        call.beginStream()
        // Whoever happens to wait for the provider passes a silence on to all that are there by then.
        for client in [leader, follower] {
            let wasPinged = await eventually {
                call.keepSilent()
                return client.status == 200 && client.text.contains("event: ping")
            }
            #expect(wasPinged)
        }
    }

    @Test func `a slow reader holds up nobody, and is let go when it is too far behind`() async throws {
        let bench = CoalescingBench()
        let (leader, slow) = (
            bench.client(number: 1, stream: true), bench.client(number: 2, stream: true, reads: false)
        )
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start)
        #expect(await eventually { slow.status == 200 && leader.text == Spoken.start })
        // 6 pieces of 1 MiB: after the fifth it is more than 4 MiB behind.
        let piece = Spoken.text(String(repeating: "x", count: 1_048_576))
        for _ in 0..<6 { call.send(piece) }
        call.send(Spoken.end)
        await leader.done()
        #expect(leader.text.utf8.count == (Spoken.start + Spoken.end).utf8.count + 6 * piece.utf8.count)
        slow.read()
        await slow.done()
        #expect(slow.text.contains("event: error") && slow.text.contains("overloaded_error"))
        let row = try #require(bench.row(slow))
        #expect(row.cost == .zero && row.saved == .zero && row.error != nil)
        #expect(bench.totals.cost == Spoken.cost)
    }

    @Test func `a slow reader gets all of what is not too long`() async {
        let bench = CoalescingBench()
        let clients = (0..<2).map { bench.client(number: $0, stream: true, reads: $0 == 1) }
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start, Spoken.block, Spoken.text("Pa"), Spoken.text("ris"), Spoken.end)
        await clients[1].done()
        #expect(clients[1].text == Self.all)
        clients[0].read()
        await clients[0].done()
        #expect(clients[0].text == Self.all)
        #expect(bench.row(clients[0])?.cost == Spoken.cost)
    }

    @Test func `a slow leader that is let go still pays`() async throws {
        let bench = CoalescingBench()
        let clients = (0..<2).map { bench.client(number: $0, stream: true, reads: $0 == 1) }
        let call = bench.upstream.call(0)
        call.beginStream()
        let piece = Spoken.text(String(repeating: "x", count: 1_048_576))
        call.send(Spoken.start)
        for _ in 0..<6 { call.send(piece) }
        call.send(Spoken.end)
        await clients[1].done()
        #expect(clients[1].text.hasSuffix(Spoken.end))
        clients[0].read()
        await clients[0].done()
        #expect(clients[0].text.contains("overloaded_error"))
        let row = try #require(bench.row(clients[0]))
        #expect(row.cost == Spoken.cost && row.error != nil)
    }

    @Test func `alone, a reader is not outrun by the provider`() async {
        let bench = CoalescingBench()
        let client = bench.client(number: 1, stream: true, reads: false)
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start, Spoken.block)
        #expect(await eventually { client.status == 200 })
        // The first piece is looked at before the answer is handed over.
        #expect(call.taken == 1)
        client.read()
        #expect(await eventually { call.taken == 2 })
    }

    @Test func `too long a stream takes no more followers`() async {
        let bench = CoalescingBench()
        let leader = bench.client(number: 1, stream: true)
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(Spoken.start)
        let piece = Spoken.text(String(repeating: "x", count: 1_048_576))
        for _ in 0..<4 { call.send(piece) }
        #expect(await eventually { leader.text.utf8.count == Spoken.start.utf8.count + 4 * piece.utf8.count })
        _ = bench.client(number: 2, stream: true)
        #expect(bench.upstream.calls.count == 2)
        call.send(Spoken.end)
        await leader.done()
        // The flight that took its place is still there.
        _ = bench.client(number: 3, stream: true)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `OpenAI chunks are shared as they are`() async {
        let bench = CoalescingBench(.openaiCompatible)
        func chunk(_ delta: String, _ finish: String) -> String {
            #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":"#
                + "\(delta),\"finish_reason\":\(finish)}]}\n\n"
        }
        let clients = (1...3).map { number in
            let body = #"{"model":"one","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
            let request = ClientRequest(
                id: "000000000000000\(number)",
                method: "POST",
                path: "/v1/chat/completions",
                body: Array(body.utf8)
            )
            return WaitingClient(bench.gateway, request, in: .openai)
        }
        #expect(bench.upstream.calls.count == 1)
        let call = bench.upstream.call(0)
        call.beginStream()
        call.send(chunk(#"{"role":"assistant","content":"Hi."}"#, "null"), chunk("{}", #""stop""#), "data: [DONE]\n\n")
        for client in clients { await client.done() }
        #expect(clients[0].text.contains(#""content":"Hi.""#) && clients[0].text.hasSuffix("data: [DONE]\n\n"))
        #expect(clients[1].text == clients[0].text && clients[2].text == clients[0].text)
        #expect(clients[2].header("x-request-id") == "req_gw_\(clients[2].id)")
    }
}
