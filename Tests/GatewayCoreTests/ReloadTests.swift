import GatewayCore
import Shared
import Testing

/// A gateway that newer settings make, over the memory of the one before it.
@Suite struct `Newer settings` {
    private static let answer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":200}}
        """#

    private let clock = TestClock()

    private static func question(_ text: String) -> ClientRequest {
        .messages(#"{"model":"x","max_tokens":100,"messages":[{"role":"user","content":"\#(text)"}]}"#)
    }

    private func gateway(
        _ upstream: ScriptedUpstream,
        after former: Gateway? = nil,
        _ change: (inout Settings) -> Void = { _ in }
    ) -> Gateway {
        var settings = Settings.threeTiers
        settings.escalation.check = .none
        change(&settings)
        return Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: clock.port,
            after: former
        )
    }

    @Test func `go on with the books, the cache and the limits`() async {
        let upstream = ScriptedUpstream([.json(Self.answer), .json(Self.answer)])
        let first = gateway(upstream) { $0.limits.all.requestsPerMinute = 2 }
        #expect(await first.answer(Self.question("a")).status == 200)
        let second = gateway(upstream, after: first) { $0.limits.all.requestsPerMinute = 2 }
        // The cache has it.
        #expect(await second.answer(Self.question("a")).status == 200)
        #expect(upstream.requests.count == 1)
        // Both of the minute's two are taken.
        #expect(await second.answer(Self.question("b")).status == 429)
        #expect(second.snapshot().sinceStart.requests == 3)
        #expect(second.snapshot().sinceStart.exactCacheHits == 1)
    }

    @Test func `a changed limit holds at once, less what was taken`() async {
        let upstream = ScriptedUpstream([.json(Self.answer), .json(Self.answer), .json(Self.answer)])
        let first = gateway(upstream) { $0.limits.all.requestsPerMinute = 1 }
        #expect(await first.answer(Self.question("a")).status == 200)
        #expect(await first.answer(Self.question("b")).status == 429)
        let second = gateway(upstream, after: first) { $0.limits.all.requestsPerMinute = 3 }
        #expect(await second.answer(Self.question("c")).header("X-RateLimit-Remaining") == "1")
        #expect(await second.answer(Self.question("d")).header("X-RateLimit-Remaining") == "0")
        #expect(await second.answer(Self.question("e")).status == 429)
    }

    @Test func `a breaker that is open stays open for the same server only`() async {
        let upstream = ScriptedUpstream([
            .json(#"{"type":"error","error":{"type":"api_error","message":"x"}}"#, status: 500), .json(Self.answer),
        ])
        let first = gateway(upstream) { settings in
            settings.breaker.failures = 1
            settings.routing.mode = .off
        }
        let named = ClientRequest.messages(
            #"{"model":"haiku","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}"#
        )
        #expect(await first.answer(named).status == 500)
        let same = gateway(upstream, after: first) { settings in
            settings.breaker.failures = 1
            settings.routing.mode = .off
            settings.fallbacks = [.fast: []]
        }
        #expect(await same.answer(named).status == 503)
        #expect(upstream.requests.count == 1)
        let moved = gateway(upstream, after: same) { settings in
            settings.breaker.failures = 1
            settings.routing.mode = .off
            settings.fallbacks = [.fast: []]
            settings.backends[0].baseURL = "http://127.0.0.1:2"
        }
        #expect(await moved.answer(named).status == 200)
    }

    @Test func `backends that are gone are shown as long as they have done something`() async {
        let upstream = ScriptedUpstream([.json(Self.answer)])
        let first = gateway(upstream) { $0.routing.mode = .off }
        let named = ClientRequest.messages(
            #"{"model":"haiku","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}"#
        )
        #expect(await first.answer(named).status == 200)
        let second = gateway(upstream, after: first) { settings in
            settings.backends = [settings.backends[1]]
        }
        let rows = second.snapshot().backends
        #expect(rows.map(\.name) == ["sonnet", "haiku"])
        // 1,000 tokens at $1 and 200 at $5 a million.
        #expect(rows[1].cost == USD(nanodollars: 2_000_000))
        #expect(second.snapshot().sinceStart.cost == rows[1].cost)
    }

    @Test func `a failed reading is said until one goes well`() {
        let gateway = gateway(ScriptedUpstream([]))
        gateway.ledger.reloaded(failure: "config.yaml:3: no")
        #expect(gateway.snapshot().configuration?.failures == 1)
        #expect(gateway.snapshot().warnings.contains { $0.contains("config.yaml:3: no") })
        clock.advance(seconds: 5)
        gateway.ledger.reloaded(failure: nil)
        let report = gateway.snapshot().configuration
        #expect(report?.reloads == 2 && report?.failures == 1 && report?.lastFailure == nil)
        #expect(report?.unixMilliseconds == gateway.snapshot().unixMilliseconds)
        #expect(!gateway.snapshot().warnings.contains { $0.contains("config.yaml") })
    }
}
