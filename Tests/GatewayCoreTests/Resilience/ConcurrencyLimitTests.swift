import Synchronization
import Testing

@testable import GatewayCore

@Suite struct `So many at once` {
    /// A clock whose waits end when a test says so.
    private final class Sleeper: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
        var count: Int { waiting.withLock { $0.count } }

        func wake() {
            let all = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for one in all { one.resume() }
        }

        var clock: Clock {
            Clock(monotonicNanoseconds: { 0 }, unixMilliseconds: { 0 }) { _ in
                await withCheckedContinuation { continuation in self.waiting.withLock { $0.append(continuation) } }
            }
        }
    }

    private final class Noted: Sendable {
        private let all = Mutex<[Int]>([])
        var numbers: [Int] { all.withLock { $0 } }
        func add(_ number: Int) { all.withLock { $0.append(number) } }
    }

    private func limit(_ most: Int, queued: Int, _ sleeper: Sleeper) -> ConcurrencyLimit {
        ConcurrencyLimit(.init(most: most, maxQueued: queued, timeoutMilliseconds: 1_000), clock: sleeper.clock)
    }

    @Test func `the rest queue in order, and beyond the queue are turned away`() async {
        let sleeper = Sleeper()
        let limit = limit(2, queued: 2, sleeper)
        #expect(await limit.enter() == .admitted)
        #expect(await limit.enter() == .admitted)
        let order = Noted()
        var tasks: [Task<Void, Never>] = []
        for number in 0..<2 {
            tasks.append(
                Task {
                    #expect(await limit.enter() == .admitted)
                    order.add(number)
                }
            )
            #expect(await eventually { limit.waiting == number + 1 })
        }
        #expect(await limit.enter() == .full)
        #expect(limit.isFull)
        limit.leave()
        await tasks[0].value
        limit.leave()
        await tasks[1].value
        #expect(order.numbers == [0, 1])
        #expect(limit.inside == 2)
        limit.leave()
        limit.leave()
        #expect(limit.inside == 0)
        sleeper.wake()
    }

    @Test func `who waited too long is told so, and takes nobody's place`() async {
        let sleeper = Sleeper()
        let limit = limit(1, queued: 5, sleeper)
        #expect(await limit.enter() == .admitted)
        let late = Task { await limit.enter() }
        #expect(await eventually { sleeper.count == 1 })
        sleeper.wake()
        #expect(await late.value == .late)
        limit.leave()
        #expect(limit.inside == 0 && limit.waiting == 0)
    }

    @Test func `who leaves the queue makes room`() async {
        let sleeper = Sleeper()
        let limit = limit(1, queued: 1, sleeper)
        #expect(await limit.enter() == .admitted)
        let gone = Task { await limit.enter() }
        #expect(await eventually { limit.waiting == 1 })
        gone.cancel()
        #expect(await gone.value == .cancelled)
        #expect(limit.waiting == 0)
        let next = Task { await limit.enter() }
        #expect(await eventually { limit.waiting == 1 })
        limit.leave()
        #expect(await next.value == .admitted)
        #expect(limit.inside == 1)
        sleeper.wake()
    }

    @Test func `other bounds let in who queues, or close places as they are left`() async {
        let sleeper = Sleeper()
        let limit = limit(1, queued: 3, sleeper)
        #expect(await limit.enter() == .admitted)
        let waiting = (0..<2).map { _ in Task { await limit.enter() } }
        #expect(await eventually { limit.waiting == 2 })
        limit.adopt(.init(most: 3, maxQueued: 3, timeoutMilliseconds: 1_000))
        for task in waiting { #expect(await task.value == .admitted) }
        #expect(limit.inside == 3)
        limit.adopt(.init(most: 1, maxQueued: 3, timeoutMilliseconds: 1_000))
        let last = Task { await limit.enter() }
        #expect(await eventually { limit.waiting == 1 })
        limit.leave()
        limit.leave()
        #expect(limit.inside == 1 && limit.waiting == 1)
        limit.leave()
        #expect(await last.value == .admitted)
        #expect(limit.inside == 1)
        sleeper.wake()
    }

    @Test func `never more than allowed, with a thousand who come and go`() async {
        let limit = ConcurrencyLimit(
            .init(most: 7, maxQueued: 2_000, timeoutMilliseconds: 60_000),
            clock: TestClock().port
        )
        let seen = Noted()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    guard await limit.enter() == .admitted else { return }
                    seen.add(limit.inside)
                    await Task.yield()
                    limit.leave()
                }
            }
        }
        #expect(seen.numbers.count == 1_000)
        #expect((1...7).contains(seen.numbers.max() ?? 0))
        #expect(limit.inside == 0 && limit.waiting == 0)
    }
}
