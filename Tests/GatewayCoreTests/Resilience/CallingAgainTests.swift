import Shared
import Testing

@testable import GatewayCore

/// The stage `attempt` with a provider that fails as it is told.
@Suite struct `A call that fails` {
    /// Three tiers behind a script; who waits has waited at once.
    private struct Bench {
        let upstream: ScriptedUpstream
        let gateway: Gateway
        let clock = TestClock()

        init(_ answers: [ScriptedUpstream.Answer], _ change: (inout Settings) -> Void = { _ in }) {
            upstream = ScriptedUpstream(answers)
            var settings = Settings.threeTiers
            settings.retry = Settings.Retry()
            settings.cache.isEnabled = false
            settings.escalation.check = .none
            change(&settings)
            gateway = Gateway(
                settings: settings,
                catalogue: .threeTiers,
                classifier: ScriptedClassifier(),
                transport: upstream.transport,
                clock: clock.hasty
            )
        }

        /// The models that were called, by their tier's name.
        var called: [String] {
            upstream.requests.map { request in
                let body = String(decoding: request.body, as: UTF8.self)
                return ["haiku", "sonnet", "opus"].first { body.contains("claude-\($0)") } ?? request.method
            }
        }

        func ask(_ text: String = "Hello", model: String = "auto", stream: Bool = false, id: String = "a") async
            -> Reply
        {
            let body =
                #"{"model":"\#(model)","max_tokens":50,"stream":\#(stream),"messages":[{"role":"user","content":"\#(text)"}]}"#
            return await gateway.answer(.messages(body, id: id))
        }

        func attempts(_ id: String = "a") -> [AttemptReport] { gateway.ledger.entry(id: id)?.attempts ?? [] }
    }

    private static func refusal(_ status: Int, _ headers: [HeaderField] = []) -> ScriptedUpstream.Answer {
        let text = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        var answer = ScriptedUpstream.Answer.json(text, status: status)
        answer.headers += headers
        return answer
    }

    private static let good = ScriptedUpstream.Answer.json(Said.answer("Paris."))

    @Test(arguments: [500, 502, 503, 529]) func `is made again on the same backend`(status: Int) async {
        let bench = Bench([Self.refusal(status), Self.good])
        let reply = await bench.ask()
        #expect(reply.status == 200)
        #expect(bench.called == ["haiku", "haiku"])
        #expect(bench.attempts().map(\.status) == [status, 200])
        // Refused calls cost nothing: 100 tokens in and 20 out at $1 and $5 a million.
        #expect(reply.header("X-Gateway-Cost-USD") == "0.0002")
        let reasons = bench.gateway.ledger.entry(id: "a")?.detail.decision?.reasons ?? []
        #expect(reasons.contains { $0.contains("haiku failed (HTTP \(status)) and was asked again") })
    }

    @Test func `opens the breaker for nobody else`() async {
        // Two requests at which every backend fails, each sent twice to the first of them: four failures there, two requests.
        let bench = Bench(Array(repeating: Self.refusal(500), count: 40)) {
            $0.breaker.failures = 3
            $0.retry.budget = 1
        }
        for number in 1...2 { #expect(await bench.ask("poison \(number)", id: "\(number)").status == 500) }
        #expect(bench.called.filter { $0 == "haiku" }.count == 4)
        #expect(bench.gateway.pool.report(of: "haiku")?.state == .degraded)
        #expect(await bench.ask("poison 3", id: "3").status == 500)
        #expect(bench.gateway.pool.report(of: "haiku")?.state == .broken)
    }

    @Test func `goes to the next tier when its own has failed twice`() async {
        let bench = Bench([Self.refusal(529), Self.refusal(529), Self.good])
        let reply = await bench.ask()
        #expect(reply.status == 200)
        #expect(bench.called == ["haiku", "haiku", "sonnet"])
        #expect(reply.header("X-Gateway-Model") == "claude-sonnet-4-6")
        #expect(reply.header("X-Gateway-Tier") == "balanced")
        // At $3 and $15 a million.
        #expect(reply.header("X-Gateway-Cost-USD") == "0.0006")
    }

    @Test func `is the provider's own error when all attempts fail`() async {
        let bench = Bench([
            Self.refusal(529), Self.refusal(529), Self.refusal(503, [HeaderField("request-id", "req_7")]),
        ])
        let reply = await bench.ask()
        #expect(reply.status == 503)
        #expect(reply.header("request-id") == "req_7")
        #expect(await reply.text().contains("Overloaded"))
        #expect(bench.called.count == 3)
    }

    @Test(arguments: [400, 404, 413, 422]) func `is left at that where it is the client's fault`(status: Int) async {
        let bench = Bench([Self.refusal(status), Self.good])
        #expect(await bench.ask().status == status)
        #expect(bench.called.count == 1)
    }

    @Test func `does not bring another model to who named one, unless that is configured`() async {
        let failing = Array(repeating: Self.refusal(529), count: 3)
        let bench = Bench(failing) { $0.routing.mode = .off }
        #expect(await bench.ask(model: "haiku").status == 529)
        #expect(bench.called == ["haiku", "haiku", "haiku"])
        let allowed = Bench([Self.refusal(529), Self.refusal(529), Self.good]) {
            $0.routing.mode = .off
            $0.fallbacks = [.fast: [.premium]]
        }
        #expect(await allowed.ask(model: "haiku").status == 200)
        #expect(allowed.called == ["haiku", "haiku", "opus"])
    }

    @Test func `goes at once to another backend with the same model`() async {
        let bench = Bench([Self.refusal(503), Self.good]) { settings in
            var twin = settings.backends[0]
            twin.name = "haiku-eu"
            twin.baseURL = "http://127.0.0.2:1"
            settings.backends.append(twin)
        }
        #expect(await bench.ask().status == 200)
        let urls = bench.upstream.requests.map(\.url)
        #expect(Set(urls).count == 2)
        #expect(bench.called == ["haiku", "haiku"])
    }

    @Test func `waits as long as the provider asks for`() async {
        let bench = Bench([Self.refusal(429, [HeaderField("retry-after", "3")]), Self.good]) {
            $0.routing.mode = .off
        }
        let began = bench.clock.port.monotonicNanoseconds()
        #expect(await bench.ask(model: "haiku").status == 200)
        let waited = Double(bench.clock.port.monotonicNanoseconds() - began) / 1e6
        #expect((3_000...3_250).contains(waited))
    }

    @Test func `passes on a wait that is too long`() async {
        let bench = Bench([Self.refusal(429, [HeaderField("retry-after", "60")]), Self.good]) { $0.routing.mode = .off }
        let reply = await bench.ask(model: "haiku")
        #expect(reply.status == 429)
        #expect(reply.header("retry-after") == "60")
        #expect(bench.called.count == 1)
    }

    @Test func `is not made again where the provider says that it is of no use`() async {
        let bench = Bench([Self.refusal(429, [HeaderField("x-should-retry", "false")]), Self.good]) {
            $0.routing.mode = .off
        }
        #expect(await bench.ask(model: "haiku").status == 429)
        #expect(bench.called.count == 1)
    }

    @Test func `that was probably billed is counted, and not made again there`() async throws {
        let bench = Bench([.failing(.timeout("no byte in 30 s")), Self.good])
        let reply = await bench.ask()
        #expect(reply.status == 200)
        #expect(bench.called == ["haiku", "sonnet"])
        let attempts = bench.attempts()
        let lost = try #require(attempts[0].cost)
        #expect(lost > .zero)
        #expect(attempts[1].cost == USD(nanodollars: 600_000))
        let row = try #require(bench.gateway.ledger.entry(id: "a")?.summary)
        #expect(row.cost == lost + USD(nanodollars: 600_000))
        #expect(row.usageIsEstimated)
        let backends = bench.gateway.snapshot().backends
        #expect(backends.first { $0.name == "haiku" }?.cost == lost)
        #expect(backends.allSatisfy { $0.inFlight == 0 })
    }

    @Test func `in a stream that begins with an error is made again unseen`() async {
        let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n"
        let bench = Bench([.stream([error]), .stream([Said.start, Said.piece("Paris."), Said.end()])])
        let reply = await bench.ask(stream: true)
        #expect(reply.status == 200)
        let text = await reply.text()
        #expect(text == Said.start + Said.piece("Paris.") + Said.end())
        #expect(bench.called == ["haiku", "haiku"])
        #expect(bench.gateway.snapshot().inFlight == 0)
        #expect(bench.gateway.snapshot().backends.allSatisfy { $0.inFlight == 0 })
    }

    @Test func `in a stream after its beginning is the client's to see`() async {
        let bench = Bench([.stream([Said.start]), Self.good])
        let text = await bench.ask(stream: true).text()
        #expect(text.hasPrefix(Said.start + "event: error"))
        #expect(bench.called.count == 1)
    }

    @Test func `never leads to more than a fifth of further calls`() async {
        let bench = Bench(Array(repeating: Self.refusal(500), count: 500)) {
            $0.routing.mode = .off
            $0.breaker.isEnabled = false
        }
        for number in 0..<100 { #expect(await bench.ask(model: "haiku", id: "\(number)").status == 500) }
        // Five that are there at the start, and what comes back while they wait.
        #expect((120...128).contains(bench.called.count))
    }

    @Test func `never leads to more than a fifth of further calls on other tiers either`() async {
        // Four of nine calls fail, whoever is called: too few to open a breaker.
        let pattern = [500, 200, 500, 200, 500, 200, 500, 200, 200]
        let answers = (0..<900).map { pattern[$0 % 9] == 200 ? Self.good : Self.refusal(500) }
        let bench = Bench(answers) { $0.breaker.isEnabled = false }
        var failed = 0
        for number in 0..<300 {
            if await bench.ask(id: "\(number)").status != 200 { failed += 1 }
        }
        #expect((360...368).contains(bench.called.count))
        #expect(Set(bench.called) == ["haiku", "sonnet"])
        // Four ninths of some 365 calls, without the 65 after which another one went well.
        #expect((92...102).contains(failed))
    }

    @Test func `goes elsewhere unnoticed when its backend breaks down in quiet traffic`() async {
        let works = Array(repeating: Self.good, count: 20)
        let bench = Bench(
            [
                Self.refusal(529), Self.refusal(529), Self.good, Self.refusal(529), Self.refusal(529), Self.good,
                Self.refusal(529),
            ] + works
        )
        for number in 0..<20 { #expect(await bench.ask(id: "\(number)").status == 200, "\(number)") }
        #expect(bench.called.filter { $0 == "haiku" }.count == 5)
    }

    @Test func `again and again opens the breaker, which closes when it works again`() async {
        let bench = Bench(Array(repeating: Self.refusal(500), count: 5) + [Self.good, Self.good]) {
            $0.routing.mode = .off
            $0.retry.isEnabled = false
        }
        for _ in 0..<5 { #expect(await bench.ask(model: "haiku").status == 500) }
        let refused = await bench.ask(model: "haiku")
        #expect(refused.status == 503)
        #expect(refused.header("retry-after") == "1")
        #expect(refused.header("X-Gateway-Error") == "unavailable")
        #expect(await refused.text().contains("backend haiku does not work at the moment (HTTP 500)"))
        #expect(bench.called.count == 5)
        let health = bench.gateway.snapshot().backends.first?.health
        #expect(health?.state == .broken && health?.breaker == "open")
        bench.clock.advance(seconds: 1)
        #expect(await bench.ask(model: "haiku").status == 200)
        #expect(bench.gateway.snapshot().backends.first?.health?.state == .healthy)
    }

    @Test func `keeps others from a backend whose breaker is open`() async {
        let bench = Bench(Array(repeating: Self.refusal(500), count: 5) + [Self.good]) { $0.retry.isEnabled = false }
        for _ in 0..<5 { _ = await bench.ask() }
        let reply = await bench.ask()
        #expect(reply.header("X-Gateway-Tier") == "balanced")
        #expect(bench.called.suffix(1) == ["sonnet"])
    }

    @Test func `is kept to itself by one that takes so many at once`() async {
        let bench = Bench([Self.good]) { settings in
            settings.load.maxInFlight = 1
            settings.load.maxQueued = 0
        }
        #expect(await bench.ask().status == 200)
        // Its place is free again; without any, the next is told to come back.
        let full = Bench([.stream([Said.start]), Self.good]) { settings in
            settings.load.maxInFlight = 1
            settings.load.maxQueued = 0
        }
        let open = await full.ask("One", stream: true, id: "1")
        let refused = await full.ask("Two", id: "2")
        #expect(refused.status == 503)
        #expect(refused.header("retry-after") == "1")
        #expect(await refused.text().contains("load.max_in_flight"))
        _ = await open.text()
        #expect(await full.ask("Three", id: "3").status == 200)
    }
}
