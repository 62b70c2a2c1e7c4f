import GatewayCore
import Shared
import Testing

@Suite struct `What is coalesced` {
    @Test func `different questions are different calls`() {
        let bench = CoalescingBench()
        _ = bench.client("What is 2+2?", number: 1)
        _ = bench.client("What is 2+3?", number: 2)
        _ = bench.client("What is 2+2?", number: 3, extra: #","temperature":0.5"#)
        #expect(bench.upstream.calls.count == 3)
    }

    @Test(arguments: [
        [("Cache-Control", "no-cache")], [("Cache-Control", "no-store")], [("X-Gateway-Unknown", "1")],
    ])
    func `Cache-Control keeps a request alone`(headers: [(String, String)]) {
        let bench = CoalescingBench()
        _ = bench.client(number: 1)
        _ = bench.client(number: 2, headers: headers)
        #expect(bench.upstream.calls.count == (headers[0].0 == "Cache-Control" ? 2 : 1))
    }

    @Test func `the answer to no-cache is shared with nobody`() {
        let bench = CoalescingBench()
        _ = bench.client(number: 1, headers: [("Cache-Control", "no-cache")])
        _ = bench.client(number: 2)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `headers that shape the answer keep requests apart`() {
        let bench = CoalescingBench()
        _ = bench.client(number: 1)
        _ = bench.client(number: 2, headers: [("anthropic-beta", "context-1m-2025-08-07")])
        #expect(bench.upstream.calls.count == 2)
    }

    @Test(arguments: [
        // A probe, a title, a continuation, a tool's result.
        (#""max_tokens":1,"messages":[{"role":"user","content":"quota"}]"#, 2),
        (
            #""max_tokens":50,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"He"}]"#, 2
        ),
        (
            #""max_tokens":50,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"#
                + #"[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":"#
                + #"[{"type":"tool_result","tool_use_id":"t","content":"7"}]}]"#,
            2
        ),
        (#""max_tokens":50,"messages":[{"role":"user","content":"Hi"}]"#, 1),
    ])
    func `side queries and tool loops are left alone`(body: String, calls: Int) {
        let bench = CoalescingBench()
        let text = #"{"model":"one",\#(body)}"#
        let clients = (1...2).map { WaitingClient(bench.gateway, .messages(text, id: "000000000000000\($0)")) }
        #expect(bench.upstream.calls.count == calls)
        withExtendedLifetime(clients) {}
    }

    @Test(arguments: [
        ("", 2), (#","temperature":0"#, 1), (#","temperature":0.0"#, 1), (#","temperature":-0e7"#, 1),
        (#","temperature":0.01"#, 2), (#","temperature":1"#, 2), (#","temperature":null"#, 2),
    ])
    func `deterministic_only wants a temperature of zero`(extra: String, calls: Int) {
        let bench = CoalescingBench { $0.coalesce.isDeterministicOnly = true }
        _ = bench.client(number: 1, extra: extra)
        _ = bench.client(number: 2, extra: extra)
        #expect(bench.upstream.calls.count == calls)
    }

    @Test func `can be turned off`() {
        let bench = CoalescingBench { $0.coalesce.isEnabled = false }
        _ = bench.client(number: 1)
        _ = bench.client(number: 2)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `different dialects are not merged`() {
        let bench = CoalescingBench()
        let body = #"{"model":"one","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}"#
        let request = ClientRequest(
            id: "0000000000000001",
            method: "POST",
            path: "/v1/chat/completions",
            body: Array(body.utf8)
        )
        let one = WaitingClient(bench.gateway, request, in: .openai)
        let other = WaitingClient(bench.gateway, .messages(body, id: "0000000000000002"))
        #expect(bench.upstream.calls.count == 2)
        withExtendedLifetime((one, other)) {}
    }

    @Test func `a stream does not wait for a whole answer`() {
        let bench = CoalescingBench()
        _ = bench.client(number: 1)
        _ = bench.client(number: 2, stream: true)
        #expect(bench.upstream.calls.count == 2)
    }

    @Test func `OpenAI streams with and without their usage are apart`() {
        let bench = CoalescingBench(.openaiCompatible)
        func ask(_ number: Int, _ extra: String) -> WaitingClient {
            let body = #"{"model":"one","stream":true\#(extra),"messages":[{"role":"user","content":"Hi"}]}"#
            let request = ClientRequest(
                id: "000000000000000\(number)",
                method: "POST",
                path: "/v1/chat/completions",
                body: Array(body.utf8)
            )
            return WaitingClient(bench.gateway, request, in: .openai)
        }
        let usage = #","stream_options":{"include_usage":true}"#
        let clients = [ask(1, ""), ask(2, usage), ask(3, ""), ask(4, usage)]
        #expect(bench.upstream.calls.count == 2)
        withExtendedLifetime(clients) {}
    }

    /// Two keys of one project and one of another: how many calls by scope.
    @Test(arguments: [(Settings.CacheScope.key, 3), (.project, 2), (.global, 1)])
    func `nothing crosses a partition`(scope: Settings.CacheScope, calls: Int) async {
        let bench = CoalescingBench { settings in
            settings.cache.scope = scope
            settings.projects = [
                Settings.Project(name: "web", keys: [Secret("key-1"), Secret("key-2")]),
                Settings.Project(name: "app", keys: [Secret("key-3")]),
            ]
        }
        let keys = ["key-1", "key-2", "key-3"]
        let clients = (0..<9).map { bench.client(number: $0, headers: [("x-api-key", keys[$0 % 3])]) }
        #expect(bench.upstream.calls.count == calls)
        for (number, call) in bench.upstream.calls.enumerated() {
            call.answer(Spoken.answer.replacing("Paris", with: "For group \(number)"))
        }
        for client in clients { await client.done() }
        // Who got the same words shared a call: each key at most those of its own partition.
        for (number, client) in clients.enumerated() {
            let group = scope == .key ? number % 3 : scope == .project ? (number % 3 == 2 ? 1 : 0) : 0
            #expect(client.text.contains("For group \(group)"))
        }
        #expect(bench.totals.cost == USD(nanodollars: Int64(calls) * 2_000_000))
        #expect(bench.totals.coalesced == 9 - calls)
    }
}
