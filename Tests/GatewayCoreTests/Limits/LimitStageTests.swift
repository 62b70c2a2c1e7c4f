import GatewayCore
import Shared
import Testing

@Suite struct `Limits and budgets on a request's way` {
    private static let answer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":200}}
        """#

    private static func question(_ text: String, maxTokens: Int = 1_000) -> ClientRequest {
        .messages(#"{"model":"x","max_tokens":\#(maxTokens),"messages":[{"role":"user","content":"\#(text)"}]}"#)
    }

    private func gateway(
        _ answers: [ScriptedUpstream.Answer],
        _ change: (inout Settings) -> Void
    ) -> (Gateway, ScriptedUpstream, TestClock) {
        let (upstream, clock) = (ScriptedUpstream(answers), TestClock())
        var settings = Settings.threeTiers
        settings.escalation.check = .none
        change(&settings)
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: clock.port
        )
        return (gateway, upstream, clock)
    }

    @Test func `a request too many is told when to come back`() async {
        let (gateway, upstream, clock) = gateway([.json(Self.answer), .json(Self.answer), .json(Self.answer)]) {
            $0.limits.eachKey.requestsPerMinute = 2
        }
        let first = await gateway.answer(Self.question("a"))
        #expect(first.status == 200)
        #expect(first.header("X-RateLimit-Limit") == "2")
        #expect(first.header("X-RateLimit-Remaining") == "1")
        #expect(first.header("X-RateLimit-Reset") == "30")
        _ = await gateway.answer(Self.question("b"))
        let refused = await gateway.answer(Self.question("c"))
        #expect(refused.status == 429)
        #expect(refused.header("retry-after") == "30")
        #expect(refused.header("X-RateLimit-Remaining") == "0")
        #expect(refused.header("X-RateLimit-Reset") == "60")
        #expect(refused.header("x-should-retry") == nil)
        #expect(await refused.text().contains(#""type":"rate_limit_error""#))
        clock.advance(seconds: 30)
        #expect(await gateway.answer(Self.question("d")).status == 200)
        #expect(upstream.requests.count == 3)
    }

    @Test func `token counts have a rate of their own`() async {
        let count = ScriptedUpstream.Answer.json(#"{"input_tokens":7}"#)
        let (gateway, upstream, clock) = gateway([count, count, .json(Self.answer), count]) {
            $0.limits.eachKey.requestsPerMinute = 2
        }
        for _ in 1...2 { #expect(await gateway.countTokens(Self.question("a")).status == 200) }
        let refused = await gateway.countTokens(Self.question("a"))
        #expect(refused.status == 429)
        #expect(refused.header("retry-after") == "30")
        #expect(await refused.text().contains("2 token counts a minute"))
        let answered = await gateway.answer(Self.question("b"))
        #expect(answered.status == 200)
        #expect(answered.header("X-RateLimit-Remaining") == "1")
        clock.advance(seconds: 30)
        #expect(await gateway.countTokens(Self.question("a")).status == 200)
        #expect(upstream.requests.count == 4)
    }

    @Test func `tokens are counted as they came`() async {
        let (gateway, _, _) = gateway([.json(Self.answer), .json(Self.answer)]) {
            $0.limits.all.tokensPerMinute = 2_000
        }
        // 10 of answer are foreseen; 1,200 came, so that 800 are left, and one token comes back each 30 ms.
        _ = await gateway.answer(Self.question("a", maxTokens: 10))
        let refused = await gateway.answer(Self.question("b", maxTokens: 900))
        #expect(refused.status == 429)
        #expect(refused.header("X-RateLimit-Remaining") == "800")
        // 100 tokens more than are left.
        #expect(refused.header("retry-after") == "3")
        #expect(await gateway.answer(Self.question("c", maxTokens: 799)).status == 200)
    }

    @Test func `a spent budget is refused until it begins anew, and no client tries again`() async {
        let (gateway, upstream, clock) = gateway([.json(Self.answer), .json(Self.answer)]) {
            // A call costs 1,000 × $1 and 200 × $5 a million: $0.002. It may cost 1,000 × $5 a million and its prompt.
            $0.budgets.all.perDay = USD(nanodollars: 6_500_000)
            $0.budgets.softRatio = 1
        }
        #expect(await gateway.answer(Self.question("a")).status == 200)
        #expect(gateway.budgets.account(.all).day.spent == USD(nanodollars: 2_000_000))
        #expect(gateway.budgets.account(.all).reserved == .zero)
        let refused = await gateway.answer(Self.question("b"))
        #expect(refused.status == 429)
        #expect(refused.header("x-should-retry") == "false")
        let text = await refused.text()
        #expect(text.contains("has $0.0045 left") && text.contains("it begins anew at 2026-09-22 00:00 UTC"))
        #expect(upstream.requests.count == 1)
        // With fewer tokens it has room.
        #expect(await gateway.answer(Self.question("c", maxTokens: 500)).status == 200)
        clock.advance(seconds: 86_400)
        #expect(gateway.budgets.account(.all).day.spent == .zero)
    }

    @Test func `a call that fails gives back what was put aside`() async {
        let (gateway, _, _) = gateway([.failing(.cannotConnect("gone")), .json("{}", status: 400)]) {
            $0.budgets.all.perDay = USD(nanodollars: 10_000_000)
            $0.backends = [$0.backends[0]]
        }
        #expect(await gateway.answer(Self.question("a")).status >= 500)
        #expect(await gateway.answer(Self.question("b")).status == 400)
        #expect(gateway.budgets.account(.all) == gateway.budgets.account(.project("nobody")))
    }

    @Test(arguments: [(0.7, nil as Tier?), (0.8, .balanced), (0.9, .fast)])
    func `cheaper tiers answer as it nears its end`(share: Double, bound: Tier?) async {
        let (gateway, _, _) = gateway([.json(Self.answer)]) {
            $0.budgets.all.perDay = USD(nanodollars: 1_000_000_000_000)
        }
        let spent = "budgets 1\nall\t20717\t\(Int64(share * 1_000) * 1_000_000_000)\t24320\t0\n"
        let store = MemoryStateStore()
        await store.save(Array(spent.utf8), as: Budgets.documentName)
        #expect(await gateway.budgets.load(from: store) == nil)
        var request = Self.question("Prove it.")
        request = ClientRequest.messages(
            String(decoding: request.body, as: UTF8.self),
            [("x-gateway-tier", "premium")]
        )
        let reply = await gateway.answer(request)
        #expect(reply.status == 200)
        #expect(reply.header("X-Gateway-Tier") == (bound ?? .premium).name)
        #expect(
            (reply.header("X-Gateway-Warning")?.contains("of $1000.00 for this gateway") ?? false) == (bound != nil)
        )
    }
}
