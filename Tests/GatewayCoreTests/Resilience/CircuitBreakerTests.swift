import Testing

@testable import GatewayCore

@Suite struct `A circuit breaker` {
    private static let second: Int64 = 1_000_000_000

    private func breaker(_ change: (inout Settings.Breaker) -> Void = { _ in }) -> CircuitBreaker {
        var rules = Settings.Breaker()
        change(&rules)
        return CircuitBreaker(rules)
    }

    /// So many calls that fail, one after the other; those that are not let through are not made.
    private func fail(_ times: Int, _ breaker: inout CircuitBreaker, now: Int64) {
        for _ in 0..<times {
            guard let permit = breaker.admit(now: now) else { continue }
            breaker.failed(permit, now: now)
        }
    }

    private func succeed(_ times: Int, _ breaker: inout CircuitBreaker, now: Int64) {
        for _ in 0..<times {
            guard let permit = breaker.admit(now: now) else { continue }
            breaker.succeeded(permit, now: now)
        }
    }

    /// Lets a trial through.
    private func isTried(_ breaker: inout CircuitBreaker, now: Int64) -> Bool {
        breaker.admit(now: now)?.isTrial == true
    }

    @Test func `opens after five failures in a row and no sooner`() {
        var breaker = breaker()
        fail(4, &breaker, now: 0)
        succeed(1, &breaker, now: 0)
        fail(4, &breaker, now: 0)
        #expect(breaker.phase(now: 0) == .closed)
        fail(1, &breaker, now: 0)
        #expect(breaker.phase(now: 0) == .open)
        #expect(!breaker.wouldAdmit(now: 0))
        #expect(breaker.waitNanoseconds(now: 0) == Self.second)
    }

    @Test func `opens at half failures of twenty, whatever their order`() {
        var breaker = breaker()
        for _ in 0..<9 {
            succeed(1, &breaker, now: 0)
            fail(1, &breaker, now: 0)
        }
        #expect(breaker.phase(now: 0) == .closed)
        succeed(1, &breaker, now: 0)
        // The twentieth call, and the tenth failure.
        fail(1, &breaker, now: 0)
        #expect(breaker.phase(now: 0) == .open)
    }

    @Test func `forgets failures that are older than the window`() {
        var breaker = breaker { $0.failures = 1_000 }
        fail(19, &breaker, now: 0)
        fail(1, &breaker, now: 31 * Self.second)
        #expect(breaker.phase(now: 31 * Self.second) == .closed)
        #expect(breaker.errorRate(now: 31 * Self.second) == 1)
        #expect(breaker.errorRate(now: 100 * Self.second) == nil)
    }

    @Test func `lets one call try at a time, and closes when that succeeds`() throws {
        var breaker = breaker()
        fail(5, &breaker, now: 0)
        #expect(breaker.phase(now: Self.second) == .halfOpen)
        let admitted = breaker.admit(now: Self.second)
        let trial = try #require(admitted)
        #expect(trial.isTrial)
        #expect(!isTried(&breaker, now: Self.second))
        breaker.succeeded(trial, now: Self.second)
        #expect(breaker.phase(now: Self.second) == .closed)
        #expect(breaker.closedAt == Self.second)
        // What had happened before is forgotten.
        fail(4, &breaker, now: Self.second)
        #expect(breaker.phase(now: Self.second) == .closed)
    }

    @Test func `stays open longer with each trial that fails, up to its bound`() throws {
        var breaker = breaker { $0.maxOpenMilliseconds = 3_000 }
        fail(5, &breaker, now: 0)
        var now: Int64 = 0
        for wait in [1, 2, 3, 3] as [Int64] {
            #expect(breaker.waitNanoseconds(now: now) == wait * Self.second)
            now += wait * Self.second
            fail(1, &breaker, now: now)
        }
    }

    @Test func `does not wait for ever for a trial that hangs`() throws {
        var breaker = breaker()
        fail(5, &breaker, now: 0)
        #expect(isTried(&breaker, now: Self.second))
        #expect(!isTried(&breaker, now: 3 * Self.second - 1))
        #expect(isTried(&breaker, now: 3 * Self.second))
    }

    @Test func `a trial whose client leaves is nobody's failure`() throws {
        var breaker = breaker()
        fail(5, &breaker, now: 0)
        let left = breaker.admit(now: Self.second)
        breaker.abandoned(try #require(left))
        #expect(isTried(&breaker, now: Self.second))
    }

    @Test func `calls from before it opened tell nothing`() throws {
        var breaker = breaker()
        let first = breaker.admit(now: 0)
        let early = try #require(first)
        fail(5, &breaker, now: 0)
        breaker.succeeded(early, now: Self.second)
        #expect(breaker.phase(now: 0) == .open)
        let second = breaker.admit(now: Self.second)
        let trial = try #require(second)
        breaker.failed(early, now: Self.second)
        breaker.succeeded(trial, now: Self.second)
        #expect(breaker.phase(now: Self.second) == .closed)
    }

    @Test func `is tried at once when somebody finds the backend`() {
        var breaker = breaker { ($0.openMilliseconds, $0.maxOpenMilliseconds) = (60_000, 60_000) }
        fail(5, &breaker, now: 0)
        breaker.mayTry(now: Self.second)
        #expect(breaker.phase(now: Self.second) == .halfOpen)
    }

    @Test func `can be closed by hand and switched off`() {
        var breaker = breaker()
        fail(5, &breaker, now: 0)
        breaker.reset(now: 0)
        #expect(breaker.phase(now: 0) == .closed)
        var off = self.breaker { $0.isEnabled = false }
        fail(500, &off, now: 0)
        #expect(off.phase(now: 0) == .closed)
    }
}
