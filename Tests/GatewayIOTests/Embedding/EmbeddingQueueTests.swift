import Synchronization
import Testing

@testable import GatewayIO

@Suite struct `The queue of texts` {
    private func request(_ text: String = "") -> EmbeddingRequest {
        EmbeddingRequest(text: Array(text.utf8), maximumTokens: 8)
    }

    private func taken(_ work: EmbeddingQueue<Int>.Work) -> Int? {
        if case .request(_, let waiter) = work { waiter } else { nil }
    }

    @Test func `starts a worker with the first text, and only then`() {
        var queue = EmbeddingQueue<Int>(.idle, maximumWaiting: 9)
        #expect(queue.offer(request(), 1) == .starts)
        #expect(queue.offer(request(), 2) == .waits)
        queue.becomeReady()
        #expect(taken(queue.next(orSleep: true)) == 1)
        #expect(taken(queue.next(orSleep: true)) == 2)
        #expect(taken(queue.next(orSleep: true)) == nil)
    }

    @Test func `refuses at its bound`() {
        var queue = EmbeddingQueue<Int>(.ready, maximumWaiting: 2)
        #expect(queue.offer(request(), 1) == .waits)
        #expect(queue.offer(request(), 2) == .waits)
        #expect(queue.offer(request(), 3) == .refused)
        #expect(taken(queue.next(orSleep: false)) == 1)
        #expect(queue.offer(request(), 4) == .waits)
    }

    @Test func `wakes one sleeper for each text`() {
        var queue = EmbeddingQueue<Int>(.ready, maximumWaiting: 9)
        #expect(taken(queue.next(orSleep: true)) == nil)
        #expect(taken(queue.next(orSleep: true)) == nil)
        // One that is only filling up a batch does not sleep.
        #expect(taken(queue.next(orSleep: false)) == nil)
        #expect(queue.sleepers == 2)
        #expect([1, 2, 3].map { queue.offer(request(), $0) } == [.wakes, .wakes, .waits])
    }

    @Test func `lets go of a text whose caller has left, before or after it came`() {
        var queue = EmbeddingQueue<Int>(.ready, maximumWaiting: 9)
        let (first, second, third) = (request(), request(), request())
        #expect(queue.offer(first, 1) == .waits)
        #expect(queue.offer(second, 2) == .waits)
        #expect(queue.withdraw(first) == 1)
        #expect(queue.withdraw(first) == nil)
        third.isCancelled.store(true, ordering: .releasing)
        #expect(queue.withdraw(third) == nil)
        #expect(queue.offer(third, 3) == .refused)
        #expect(taken(queue.next(orSleep: false)) == 2)
        #expect(queue.waitingCount == 0)
    }

    @Test func `gives back all that wait when it is turned off, and stays off`() {
        var queue = EmbeddingQueue<Int>(.idle, maximumWaiting: 9)
        _ = queue.next(orSleep: true)
        _ = queue.next(orSleep: true)
        #expect(queue.offer(request(), 1) == .starts)
        #expect(queue.offer(request(), 2) == .wakes)
        let (waiters, sleepers) = queue.turnOff("because")
        #expect(waiters == [1, 2])
        #expect(sleepers == 1)
        queue.becomeReady()
        guard case .off("because") = queue.phase else { return #expect(Bool(false), "it is on again") }
        #expect(queue.offer(request(), 3) == .refused)
        guard case .stop = queue.next(orSleep: true) else { return #expect(Bool(false), "a worker would go on") }
    }
}
