import Shared
import Testing

@testable import GatewayCore

@Suite struct `The load of a backend` {
    private static let second: Int64 = 1_000_000_000
    private static let failure = CallFailure(status: 500, retryAfterSeconds: nil)

    private func health(_ change: (inout Settings.Breaker) -> Void = { _ in }) -> BackendHealth {
        var rules = Settings.Breaker()
        change(&rules)
        return BackendHealth(rules: rules)
    }

    /// A call whose answer takes so long.
    private func call(_ health: BackendHealth, milliseconds: Int64, from now: Int64 = 0) throws {
        let call = try #require(health.begin(now: now))
        let end = now + milliseconds * 1_000_000
        health.answers(call, now: end)
        _ = health.end(call, .answered, now: end)
    }

    private func fail(_ health: BackendHealth, now: Int64) throws {
        let call = try #require(health.begin(now: now))
        _ = health.end(call, .failed(try #require(Self.failure), "HTTP 500"), now: now)
    }

    @Test func `is the time of its answers, a fifth of it the latest one's`() throws {
        let health = health()
        try call(health, milliseconds: 1_000)
        let at = Self.second
        #expect(health.load(now: at) == 1_000)
        // Answers from 1,000 towards 2,000 ms: 1,200, 1,360, 1,488.
        for expected in [1_200.0, 1_360, 1_488] {
            try call(health, milliseconds: 2_000, from: at - 2_000_000_000)
            #expect(abs(health.load(now: at) - expected) < 1e-6)
        }
        #expect(abs((health.report(now: at).firstByteMilliseconds ?? 0) - 1_488) < 1e-6)
    }

    @Test func `grows with the calls under way`() throws {
        let health = health()
        try call(health, milliseconds: 100)
        let at: Int64 = 100_000_000
        let open = try (0..<3).map { _ in try #require(health.begin(now: at)) }
        #expect(health.load(now: at) == 400)
        for call in open { _ = health.end(call, .abandoned, now: at) }
        #expect(health.load(now: at) == 100)
    }

    @Test func `halves with each half minute of silence, so that who was slow once is asked again`() throws {
        let health = health()
        try call(health, milliseconds: 800)
        let at: Int64 = 800_000_000
        #expect(health.load(now: at + 30 * Self.second) == 400)
        #expect(health.load(now: at + 60 * Self.second) == 200)
        #expect(health.load(now: at + 600 * Self.second) == 1)
    }

    @Test func `is greater after a failure, and comes back to what it was`() throws {
        let (sound, degraded) = (health(), health())
        for _ in 0..<9 {
            try call(sound, milliseconds: 0)
            try call(degraded, milliseconds: 0)
        }
        try fail(degraded, now: 0)
        #expect(degraded.report(now: 0).state == .degraded && sound.report(now: 0).state == .healthy)
        // One call of ten has failed, and it is the last: four times as much, by nine tenths.
        #expect(abs(degraded.load(now: 0) - 4 / 0.9) < 1e-9)
        #expect(abs(degraded.load(now: 15 * Self.second) - 2.5 / 0.9) < 1e-9)
        // Forgotten with the breaker's window.
        #expect(degraded.load(now: 60 * Self.second) == sound.load(now: 60 * Self.second))
        // The last one went well, but one of eleven had failed.
        try call(degraded, milliseconds: 0)
        #expect(abs(degraded.load(now: 0) - 11.0 / 10) < 1e-9)
        #expect(degraded.report(now: 0).state == .healthy)
    }

    @Test func `falls from ten times to its own while a backend that has come back starts slowly`() throws {
        let health = health { rules in
            rules.failures = 1
            rules.slowStartSeconds = 10
        }
        try fail(health, now: 0)
        #expect(health.report(now: 0).state == .broken && health.begin(now: 0) == nil)
        // The trial, a second later.
        try call(health, milliseconds: 0, from: Self.second)
        for (seconds, load) in [(0, 10.0), (1, 10), (2, 5), (5, 2), (10, 1), (100, 1)] as [(Int64, Double)] {
            #expect(abs(health.load(now: Self.second + seconds * Self.second) - load) < 1e-9, "\(seconds)")
        }
    }
}

@Suite struct `Several backends with one model` {
    private let clock = TestClock()

    /// The settings' backends are copies of haiku, each at an address of its own.
    private func pool(_ count: Int) -> (pool: BackendPool, backends: [Backend]) {
        var settings = Settings.threeTiers
        let model = settings.backends[0]
        settings.backends = (0..<count).map { number in
            var copy = model
            copy.name = "haiku-\(number)"
            copy.baseURL = "http://127.0.0.\(number + 1):1"
            return copy
        }
        let backends = settings.backends.map { Backend($0, catalogue: .threeTiers) }
        let upstream = ScriptedUpstream([])
        return (
            BackendPool(settings: settings, backends: backends, transport: upstream.transport, clock: clock.port),
            backends
        )
    }

    private func firsts(_ pool: BackendPool, _ backends: [Backend], times: Int) -> [String: Int] {
        let candidates = backends.map { Decision.Candidate(backend: $0, estimatedCost: .zero) }
        let decision = Decision(
            backend: backends[0],
            adaptations: [],
            ground: .classified(wanted: .fast, floor: .fast),
            classification: nil,
            candidates: candidates,
            requestedModel: "auto",
            estimatedInputTokens: 1,
            estimatedOutputTokens: 1
        )
        var counts: [String: Int] = [:]
        for _ in 0..<times {
            var plan = pool.plan(decision, isWarm: false)
            counts[plan.first()?.backend.name ?? "nobody", default: 0] += 1
        }
        return counts
    }

    @Test func `the less loaded of two is called, so that the most loaded of three never is`() throws {
        let (pool, backends) = pool(3)
        let now = clock.port.monotonicNanoseconds()
        // Two calls under way at the last, one at the second.
        for index in [1, 2, 2] { _ = try #require(pool.health(of: backends[index]).begin(now: now)) }
        let counts = firsts(pool, backends, times: 3_000)
        #expect(counts["haiku-2"] == nil)
        // It is among the two in two cases of three; ten standard deviations of that are 258.
        #expect((1_742...2_258).contains(counts["haiku-0"] ?? 0), "\(counts)")
        #expect((counts["haiku-0"] ?? 0) + (counts["haiku-1"] ?? 0) == 3_000)
    }

    @Test func `a degraded one is called after the others, until its failure is old`() throws {
        let (pool, backends) = pool(2)
        let health = pool.health(of: backends[0])
        let call = try #require(health.begin(now: clock.port.monotonicNanoseconds()))
        pool.end(call, on: backends[0], .failed(.emptyStream, "HTTP 500"))
        #expect(pool.report(of: "haiku-0")?.state == .degraded)
        #expect(firsts(pool, backends, times: 200) == ["haiku-1": 200])
        // With fifty calls at the other it is its turn all the same.
        let other = pool.health(of: backends[1])
        let open = try (0..<50).map { _ in try #require(other.begin(now: clock.port.monotonicNanoseconds())) }
        #expect(firsts(pool, backends, times: 200) == ["haiku-0": 200])
        for call in open { pool.end(call, on: backends[1], .abandoned) }
        clock.advance(seconds: 61)
        let counts = firsts(pool, backends, times: 400)
        #expect((counts["haiku-0"] ?? 0) > 100 && (counts["haiku-1"] ?? 0) > 100)
    }

    @Test func `who cannot be reached is looked for in the background, and called again when it is there`() async throws
    {
        var settings = Settings.threeTiers
        settings.breaker.failures = 1
        settings.breaker.openMilliseconds = 60_000
        settings.breaker.maxOpenMilliseconds = 60_000
        let backend = Backend(settings.backends[0], catalogue: .threeTiers)
        // Away for two looks, then there.
        let upstream = ScriptedUpstream([
            .failing(.cannotConnect("no")), .failing(.cannotConnect("no")), .json("{}", status: 404),
        ])
        let pool = BackendPool(
            settings: settings,
            backends: [backend],
            transport: upstream.transport,
            clock: clock.hasty
        )
        let call = try #require(pool.health(of: backend).begin(now: clock.port.monotonicNanoseconds()))
        let failure = try #require(CallFailure(.cannotConnect("no")))
        pool.end(call, on: backend, .failed(failure, "no connection"))
        while !pool.mayCall(backend) { await Task.yield() }
        #expect(upstream.requests.map(\.url) == Array(repeating: "http://127.0.0.1:1/v1/models", count: 3))
        // Two seconds, and not the minute of its breaker.
        #expect(clock.port.monotonicNanoseconds() < 10 * 1_000_000_000)
    }
}

@Suite struct `A request that fails again and again` {
    private static let refusal = CallFailure(status: 500, retryAfterSeconds: nil)
    private static let unreachable = CallFailure(.cannotConnect("refused"))

    private func fail(_ health: BackendHealth, _ failure: CallFailure?, isRepeated: Bool, now: Int64 = 0) throws {
        let call = try #require(health.begin(now: now, isRepeated: isRepeated))
        _ = health.end(call, .failed(try #require(failure), "it failed"), now: now)
    }

    @Test func `counts once, as it may be its own fault`() throws {
        let health = BackendHealth(rules: Settings.Breaker())
        for _ in 0..<4 {
            try fail(health, Self.refusal, isRepeated: false)
            for _ in 0..<10 { try fail(health, Self.refusal, isRepeated: true) }
        }
        #expect(health.isAvailable(now: 0) && health.report(now: 0).consecutiveFailures == 4)
        try fail(health, Self.refusal, isRepeated: false)
        #expect(!health.isAvailable(now: 0))
    }

    @Test func `counts each time once somebody else has answered it`() throws {
        let health = BackendHealth(rules: Settings.Breaker())
        for _ in 0..<2 {
            try fail(health, Self.refusal, isRepeated: false)
            try fail(health, Self.refusal, isRepeated: true)
            health.blame(times: 1, now: 0)
        }
        #expect(health.isAvailable(now: 0) && health.report(now: 0).consecutiveFailures == 4)
        health.blame(times: 1, now: 0)
        #expect(!health.isAvailable(now: 0))
        // What is found out while it is open opens it for no longer.
        health.blame(times: 5, now: 0)
        #expect(health.isAvailable(now: 1_000_000_000))
    }

    @Test func `counts each time where nobody can be reached`() throws {
        let health = BackendHealth(rules: Settings.Breaker())
        try fail(health, Self.unreachable, isRepeated: false)
        for _ in 0..<4 { try fail(health, Self.unreachable, isRepeated: true) }
        #expect(!health.isAvailable(now: 0))
    }

    @Test func `is a trial as good as any`() throws {
        let health = BackendHealth(rules: Settings.Breaker())
        for _ in 0..<5 { try fail(health, Self.refusal, isRepeated: false) }
        let later: Int64 = 1_000_000_000
        try fail(health, Self.refusal, isRepeated: true, now: later)
        // Open again, for twice as long.
        #expect(!health.isAvailable(now: later + 1_999_999_999))
        #expect(health.isAvailable(now: later + 2_000_000_000))
    }
}
