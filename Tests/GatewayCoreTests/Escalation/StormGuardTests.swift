import Shared
import Testing

@testable import GatewayCore

@Suite struct `The guard against storms` {
    /// A quarter of those that are being judged at once, but three.
    @Test(arguments: [(1, 3), (4, 3), (12, 3), (13, 4), (16, 4), (20, 5)])
    func `bounds how many are asked again at once`(judged: Int, most: Int) {
        let storm = StormGuard(share: 0.25)
        for _ in 0..<judged { storm.began() }
        // Ten have been saved up, which is not what bounds these.
        let admitted = (0..<10).map { _ in storm.admits() }
        #expect(admitted == Array(repeating: true, count: most) + Array(repeating: false, count: 10 - most))
        #expect(storm.refused == 10 - most)
        // One has its answer: there is room for one more.
        storm.escalated()
        #expect(storm.admits() && !storm.admits())
    }

    @Test func `follows those that are being judged as they come and go`() {
        let storm = StormGuard(share: 0.25)
        for _ in 0..<16 { storm.began() }
        for _ in 0..<4 { #expect(storm.admits()) }
        for _ in 0..<12 { storm.ended() }
        // Four are judged now, so that three may be under way; four are.
        storm.escalated()
        #expect(!storm.admits())
        storm.escalated()
        #expect(storm.admits())
    }

    @Test func `has no bound for a share of all`() {
        let storm = StormGuard(share: 1)
        storm.began()
        #expect((0..<50).allSatisfy { _ in storm.admits() })
    }

    @Test func `refuses all for a share of none once what was saved up is spent`() {
        let storm = StormGuard(share: 0)
        storm.began()
        for _ in 0..<10 {
            #expect(storm.admits())
            storm.escalated()
        }
        #expect(!storm.admits())
    }

    @Test func `holds for requests that come together`() async {
        let bench = EscalationBench { $0.escalation.maxShare = 0.25 }
        let clients = (0..<8).map { bench.client("\(EscalationBench.question) \($0)", number: $0 + 1) }
        #expect(await eventually { bench.upstream.calls.count == 8 })
        for number in 0..<8 { bench.upstream.call(number).answer(Said.answer(Said.unsure)) }
        // Three at once of eight; the other five get what there is.
        #expect(await eventually { clients.count { $0.isDone } == 5 && bench.upstream.calls.count == 11 })
        #expect(bench.gateway.snapshot().escalation?.refused == 5)
        for number in 8..<11 { bench.upstream.call(number).answer(Said.answer(Said.good)) }
        for client in clients { await client.done() }
        #expect(bench.gateway.snapshot().escalation?.escalated == 3)
    }
}
