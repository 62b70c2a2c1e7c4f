import GatewayCore
import Shared
import Testing

@Suite struct `An answer that is compared` {
    private func ask(_ bench: EscalationBench, number: Int, _ change: (inout ControlProtocol.PromptRequest) -> Void)
        -> WaitingClient
    {
        var prompt = ControlProtocol.PromptRequest(prompt: EscalationBench.question, isComparison: true)
        change(&prompt)
        return WaitingClient(
            bench.gateway,
            ClientRequest(
                prompt,
                id: String(repeating: "0", count: 15) + String(number),
                arrivedNanoseconds: 0,
                unixMilliseconds: 1_790_000_000_000
            )
        )
    }

    private func answer(_ call: GatedUpstream.Call, _ text: String) {
        call.beginStream()
        call.send(Said.start, Said.piece(text), Said.end())
    }

    @Test func `is given however weak it is, and judged for the record alone`() async throws {
        let bench = EscalationBench()
        let client = ask(bench, number: 1) { $0.tier = .fast }
        answer(bench.upstream.call(0), Said.unsure)
        await client.done()
        #expect(client.text.contains("not sure") && bench.upstream.calls.count == 1)
        let detail = try #require(bench.detail(client.id))
        #expect(detail.summary.backend == "haiku" && detail.summary.escalations == 0)
        let quality = try #require(detail.quality)
        #expect(quality.isWeak && quality.score < 0.5)
        #expect(quality.signals.contains { $0.name == "uncertainty" && !$0.reason.isEmpty })
        // Figures of escalation are about answers that might have been asked again.
        let report = bench.gateway.snapshot().escalation
        #expect(report?.judged == 0 && report?.foundLate == 0)
    }

    @Test func `that nothing speaks against is told to be fine`() async throws {
        let bench = EscalationBench()
        let client = ask(bench, number: 1) { $0.model = "opus" }
        answer(bench.upstream.call(0), Said.good)
        await client.done()
        let detail = try #require(bench.detail(client.id))
        #expect(detail.summary.backend == "opus", "a named model is no hint here")
        #expect(detail.quality == AnswerQualityReport(score: 1, isWeak: false, signals: []))
    }

    @Test func `comes from no cache, goes into none and shares nobody's call`() async {
        let bench = EscalationBench {
            $0.cache.isEnabled = true
            $0.coalesce.isEnabled = true
        }
        let clients = (1...2).map { number in ask(bench, number: number) { $0.tier = .fast } }
        #expect(await eventually { bench.upstream.calls.count == 2 })
        for call in 0..<2 { answer(bench.upstream.call(call), Said.good) }
        for client in clients { await client.done() }
        let again = ask(bench, number: 3) { $0.tier = .fast }
        #expect(await eventually { bench.upstream.calls.count == 3 })
        answer(bench.upstream.call(2), Said.good)
        await again.done()
        #expect(bench.gateway.ledger.recent(3).map(\.cache) == ["none", "none", "none"])
        #expect(bench.gateway.cacheReport.entries == 0)
    }

    @Test func `is also judged where no answer is otherwise looked at`() async throws {
        let bench = EscalationBench { $0.escalation.check = .none }
        let client = ask(bench, number: 1) { $0.tier = .fast }
        answer(bench.upstream.call(0), Said.unsure)
        await client.done()
        #expect(try #require(bench.detail(client.id)).quality?.isWeak == true)
        // Without a comparison there is nothing to tell.
        let plain = bench.client(number: 2, stream: true)
        answer(bench.upstream.call(1), Said.unsure)
        await plain.done()
        #expect(try #require(bench.detail(plain.id)).quality == nil)
    }

    @Test func `is foreseen by a dry run, which names the backend that is asked for`() async throws {
        let bench = EscalationBench()
        var prompt = ControlProtocol.PromptRequest(prompt: "Hello", model: "opus")
        let routed = try await bench.gateway.explain(prompt)
        #expect(routed.candidates.first(where: \.isChosen)?.backend == "haiku")
        prompt.isComparison = true
        let compared = try await bench.gateway.explain(prompt)
        #expect(compared.candidates.first(where: \.isChosen)?.backend == "opus")
        #expect(compared.classifier == "n/a")
    }

    @Test(arguments: ["rules", "", "HYBRID "])
    func `A classifier mode that there is not is refused by its member's name`(mode: String) async {
        let bench = EscalationBench()
        let prompt = ControlProtocol.PromptRequest(prompt: "Hello", classifierMode: mode)
        let expected = "classifier_mode: expected one of rule_based, hybrid, llm_based, found \"\(mode)\""
        do {
            _ = try await bench.gateway.explain(prompt)
            Issue.record("\(mode) was taken")
        } catch {
            #expect(error.message == expected)
        }
        do {
            try Gateway.check(prompt)
            Issue.record("\(mode) was taken")
        } catch {
            #expect(error.message == expected)
        }
    }
}
