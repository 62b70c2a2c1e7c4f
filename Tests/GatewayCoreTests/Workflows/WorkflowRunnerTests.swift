import Shared
import Synchronization
import Testing

@testable import GatewayCore

@Suite struct `The runner of workflows` {
    private struct Bench {
        let gateway: Gateway
        let runner: WorkflowRunner
        let upstream: TaskUpstream
        let slept: Slept
    }

    /// Sleeps that are over at once are kept; the long ones of timeouts last until they are cancelled.
    private final class Slept: Sendable {
        let milliseconds = Mutex<[Int]>([])
    }

    private func bench(
        _ scripts: [String: TaskUpstream.Script] = [:],
        timesOut: Bool = false,
        _ change: (inout Settings) -> Void = { _ in }
    ) -> Bench {
        let upstream = TaskUpstream(scripts)
        var settings = Settings.threeTiers
        settings.cache.isEnabled = false
        settings.coalesce.isEnabled = false
        change(&settings)
        let slept = Slept()
        var clock = TestClock().port
        clock.sleep = { milliseconds in
            slept.milliseconds.withLock { $0.append(milliseconds) }
            guard milliseconds >= 100_000, !timesOut else { return }
            let never = AsyncStream<Void>.makeStream()
            for await _ in never.stream {}
        }
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: clock
        )
        let counter = Mutex(0)
        let runner = WorkflowRunner(
            gateway: gateway,
            makeID: {
                counter.withLock { count in
                    count += 1
                    return "step\(count)"
                }
            },
            random: { 1 }
        )
        return Bench(gateway: gateway, runner: runner, upstream: upstream, slept: slept)
    }

    private func order(_ draft: WorkflowDraft, input: String = "IN", maxCost: USD? = nil) throws -> WorkflowRunner.Order
    {
        .init(workflow: try Workflow(draft, maxOps: 64), name: "test", input: input, maxCost: maxCost)
    }

    private func request(_ headers: [(String, String)] = []) -> ClientRequest {
        ClientRequest(
            id: "00000000000000aa",
            method: "POST",
            path: "/v1/workflows",
            headers: headers.map { HeaderField($0.0, $0.1) },
            isTrusted: false
        )
    }

    /// The diamond, all of it on the fast tier.
    private var fast: WorkflowDraft {
        .diamond { draft in for name in ["a", "b", "c", "d"] { draft[name].tier = .fast } }
    }

    @Test func `sends each step over the gateway, with what the steps before it wrote`() async throws {
        let bench = bench()
        let events = Mutex<[WorkflowEvent]>([])
        let outcome = await bench.runner.run(try order(fast), for: request()) { event in
            events.withLock { $0.append(event) }
        }
        let report = outcome.report
        #expect(report.status == .completed && outcome.firstFailure == nil)
        #expect(report.outputs == ["a": "[a]", "b": "[b]", "c": "[c]", "d": "[d]"])
        #expect(report.finalOutput == "[d]")
        #expect(Set(report.routing.values) == ["claude-haiku-4-5-20251001"])
        #expect(report.costs == ["a", "b", "c", "d"].reduce(into: [:]) { $0[$1] = USD(nanodollars: 1_500_000) })
        #expect(report.totalCost == USD(nanodollars: 6_000_000))
        #expect(report.tokens == TokenUsage(input: 4_000, output: 400) && report.calls == 4)
        #expect(report.cache == ["a": "none", "b": "none", "c": "none", "d": "none"])

        #expect(bench.upstream.tasks.first == "a" && bench.upstream.tasks.last == "d")
        let last = bench.upstream.bodies.last ?? ""
        #expect(last.contains(##"# Input\n\nIN\n\n# Output of b\n\n[b]\n\n# Output of c\n\n[c]\n\n# Task\n\nDo d."##))
        #expect(last.contains(#""max_tokens":1024"#) && last.contains(#""model":"claude-haiku-4-5-20251001""#))

        let told = events.withLock { $0 }
        #expect(told.map(\.kind).filter { $0 == .opStart }.count == 4)
        #expect(told.first?.kind == .workflowStart && told.first?.ops == ["a", "b", "c", "d"])
        #expect(told.last?.kind == .workflowEnd && told.last?.report == report)
        let end = told.first { $0.kind == .opEnd }
        #expect(
            end?.op == "a" && end?.output == "[a]" && end?.tier == .fast && end?.cost == .init(nanodollars: 1_500_000)
        )
        #expect(told.allSatisfy { $0.id == "00000000000000aa" })
    }

    @Test func `books each step as an exchange of its run, and tells no provider of it`() async throws {
        let bench = bench { $0.auth.keys = [Secret("client-key")] }
        let headers = [
            ("x-api-key", "client-key"), ("x-gateway-workflow", "forged"), ("cookie", "c"), ("x-simulate", "x"),
        ]
        _ = await bench.runner.run(try order(fast), for: request(headers)) { _ in }
        let rows = bench.gateway.ledger.recent(10)
        #expect(
            rows.allSatisfy { $0.prompt == "Do \($0.workflow?.op ?? "")." },
            "the op's own words, not what it was given"
        )
        let steps = rows.compactMap(\.workflow)
        #expect(Set(steps.map(\.op)) == ["a", "b", "c", "d"])
        #expect(steps.allSatisfy { $0.runID == "00000000000000aa" && $0.workflow == "test" && $0.ops == 4 })
        for header in bench.upstream.headers.joined() {
            #expect(!header.value.contains("client-key") && !header.value.contains("00aa"))
            #expect(!header.name.lowercased().contains("workflow") && header.name.lowercased() != "x-simulate")
        }
    }

    @Test func `asks in the client's name: without its key nothing is asked`() async throws {
        let bench = bench { $0.auth.keys = [Secret("client-key")] }
        let outcome = await bench.runner.run(try order(fast), for: request()) { _ in }
        #expect(outcome.report.status == .failed && bench.upstream.tasks.isEmpty)
        #expect(outcome.firstFailure?.failure.status == 401)
    }

    @Test func `says to each model what its op says`() async throws {
        let bench = bench()
        let draft = WorkflowDraft.of([("a", []), ("b", [])], ends: ["a", "b"]) { draft in
            draft.system = "Be \"brief\"."
            draft["a"].model = "opus"
            draft["a"].maxTokens = 77
            draft["a"].temperature = "0.25"
            draft["b"].system = "Be long."
            draft["b"].tier = .balanced
        }
        let report = await bench.runner.run(try order(draft), for: request()) { _ in }.report
        #expect(report.routing == ["a": "claude-opus-4-7", "b": "claude-sonnet-4-6"])
        let bodies = Dictionary(zip(bench.upstream.tasks, bench.upstream.bodies)) { first, _ in first }
        #expect(bodies["a"]?.contains(#""system":"Be \"brief\".""#) == true)
        #expect(bodies["a"]?.contains(#""max_tokens":77"#) == true)
        #expect(bodies["b"]?.contains(#""system":"Be long.""#) == true)
    }

    @Test func `keeps no more calls under way than may be`() async throws {
        let ops = (0..<12).map { ("op\($0)", [String]()) }
        let bench = bench { $0.workflows.maxParallel = 3 }
        let outcome = await bench.runner.run(try order(.of(ops, ends: ops.map(\.0))), for: request()) { _ in }
        #expect(outcome.report.status == .completed && bench.upstream.tasks.count == 12)
        #expect((1...3).contains(bench.upstream.most))
    }

    @Test func `tries again after an overload, waits as it is told, and pays for all`() async throws {
        let script = TaskUpstream.Script(failures: [529, 429], headers: [HeaderField("retry-after", "3")])
        let bench = bench(["b": script])
        let events = Mutex<[WorkflowEvent]>([])
        let outcome = await bench.runner.run(try order(fast), for: request()) { event in
            events.withLock { $0.append(event) }
        }
        #expect(outcome.report.status == .completed && outcome.report.calls == 6)
        #expect(bench.slept.milliseconds.withLock { $0.filter { $0 < 100_000 } } == [3_000, 3_000])
        let retries = events.withLock { $0.filter { $0.kind == .opError } }
        #expect(retries.map(\.error) == ["HTTP 529: later", "HTTP 429: later"])
        #expect(retries.map(\.retryMilliseconds) == [3_000, 3_000])
        #expect(events.withLock { $0.filter { $0.kind == .opStart && $0.op == "b" } }.map(\.attempt) == [1, 2, 3])
    }

    @Test(arguments: [(400, 1), (404, 1), (500, 3), (529, 3)])
    func `tries again only what may pass`(status: Int, calls: Int) async throws {
        let bench = bench(["a": .init(failures: Array(repeating: status, count: 9))])
        let outcome = await bench.runner.run(try order(.of([("a", [])], ends: ["a"])), for: request()) { _ in }
        #expect(bench.upstream.tasks.count == calls)
        #expect(outcome.firstFailure?.failure.status == status)
    }

    @Test func `ends a call that takes too long`() async throws {
        let bench = bench(["a": .init(hangs: true)], timesOut: true)
        let draft = WorkflowDraft.of([("a", [])], ends: ["a"]) {
            $0["a"].retries = 0
            $0["a"].timeoutSeconds = 100
            $0["a"].tier = .fast
        }
        let outcome = await bench.runner.run(try order(draft), for: request()) { _ in }
        #expect(outcome.firstFailure?.failure.status == 504)
        #expect(outcome.report.errors?["a"]?.hasPrefix("no answer within 100 s") == true)
        #expect(bench.upstream.cancelled == 1)
        #expect(outcome.report.totalCost > .zero, "the provider may bill it")
    }

    @Test func `cancels every call when its task is cancelled, and books what they cost`() async throws {
        let hangs = TaskUpstream.Script(hangs: true)
        let bench = bench(["b": hangs, "c": hangs])
        let (order, request) = (try order(fast), request())
        let task = Task { await bench.runner.run(order, for: request) { _ in } }
        var waiting = bench.upstream.hanging.stream.makeAsyncIterator()
        await waiting.next()
        await waiting.next()
        task.cancel()
        let outcome = await task.value
        #expect(outcome.report.status == .cancelled && outcome.report.outputs == ["a": "[a]"])
        #expect(bench.upstream.cancelled == 2 && Set(bench.upstream.tasks) == ["a", "b", "c"])
        let rows = bench.gateway.ledger.recent(10)
        #expect(rows.count == 3 && bench.gateway.snapshot().inFlight == 0)
        #expect(rows.filter(\.usageIsEstimated).count == 2)
        #expect(outcome.report.totalCost == rows.reduce(.zero) { $0 + $1.cost })
    }

    @Test func `starts nothing that could go over the budget`() async throws {
        // 1,024 tokens of answer are $0.00512 on the fast tier, and a prompt of a few dozen bytes next to nothing.
        let bench = bench()
        let most = USD(nanodollars: 6_900_000)
        let outcome = await bench.runner.run(try order(fast, maxCost: most), for: request()) { _ in }
        // After a, at $0.0015, there are $0.0054 left: b may start, c not beside it; after b it is too little.
        #expect(Set(bench.upstream.tasks) == ["a", "b"] && outcome.report.status == .failed)
        #expect(outcome.report.totalCost <= most && outcome.firstFailure?.failure.status == 400)
    }

    @Test func `foresees what escalations may cost`() async throws {
        // A fast step of $0.0052 and some that may escalate to the balanced tier: there 1,024 tokens of answer are $0.01536.
        let most = USD(nanodollars: 15_000_000)
        let draft = WorkflowDraft.of([("a", [])], ends: ["a"]) { $0["a"].tier = .fast }
        for (headers, runs) in [([], true), ([("x-gateway-max-escalations", "1")], false)] {
            let bench = bench()
            let outcome = await bench.runner.run(try order(draft, maxCost: most), for: request(headers)) { _ in }
            #expect(bench.upstream.tasks == (runs ? ["a"] : []))
            #expect(outcome.report.status == (runs ? .completed : .failed))
        }
    }

    @Test func `marks the long text that steps share, and lets the first one's answer begin before the others ask`()
        async throws
    {
        // 20,000 bytes are about 5,000 tokens, over the 4,096 that a model without a known minimum is taken to have.
        let long = String(repeating: "word ", count: 4_000)
        let draft = WorkflowDraft.of([("a", []), ("b", []), ("c", []), ("d", ["a"])], ends: ["b", "c", "d"]) { draft in
            for name in ["a", "b", "c", "d"] { draft[name].tier = .fast }
        }
        let bench = bench()
        let report = await bench.runner.run(try order(draft, input: long), for: request()) { _ in }.report
        #expect(report.outputs == ["a": "[a]", "b": "[b]", "c": "[c]", "d": "[d]"])
        #expect(bench.upstream.tasks.first == "a" && bench.upstream.tasks.count == 4)
        let beginning = """
            "content":[{"cache_control":{"type":"ephemeral"},"type":"text","text":"# Input\\n\\n\(long)"},\
            {"type":"text","text":"\\n\\n#
            """
        for (task, body) in zip(bench.upstream.tasks, bench.upstream.bodies) {
            #expect(body.contains(beginning), "\(task)")
            #expect(body.ranges(of: "cache_control").count == 1)
            #expect(body.contains(#""stream":true"#) == (task == "a"))
        }
        let notes = bench.gateway.ledger.recentEntries(9).map { $0.detail.decision?.reasons ?? [] }
        let said = "Marked for the provider's prompt cache: what other steps of the run begin with."
        #expect(notes.count == 4 && notes.allSatisfy { $0.contains(said) })
    }

    @Test(arguments: ["short", "off", "escalations"])
    func `makes nobody wait where it would not pay`(why: String) async throws {
        let bench = bench { $0.reduction.marksCache = why != "off" }
        let draft = WorkflowDraft.of([("a", []), ("b", [])], ends: ["a", "b"]) { draft in
            for name in ["a", "b"] { draft[name].tier = .fast }
        }
        let input = String(repeating: "word ", count: why == "short" ? 3_000 : 4_000)
        let headers = why == "escalations" ? [("x-gateway-max-escalations", "1")] : []
        let outcome = await bench.runner.run(try order(draft, input: input), for: request(headers)) { _ in }
        #expect(outcome.report.status == .completed)
        for body in bench.upstream.bodies {
            #expect(!body.contains("cache_control") && body.contains(#""stream":false"#))
            #expect(body.contains(##""content":"# Input"##) == (why != "escalations"))
        }
    }

    @Test func `takes an answer that breaks off for one that may come whole the next time`() async throws {
        let bench = bench(["a": .init(text: #"x"}],"content":7,"n":[{"text":""#)])
        let draft = WorkflowDraft.of([("a", []), ("b", [])], ends: ["a", "b"]) { draft in
            for name in ["a", "b"] { draft[name].tier = .fast }
            draft["a"].retries = 0
        }
        let long = String(repeating: "word ", count: 4_000)
        let outcome = await bench.runner.run(try order(draft, input: long), for: request()) { _ in }
        #expect(outcome.report.outputs == ["b": "[b]"] && outcome.firstFailure?.failure.status == 502)
        #expect(outcome.firstFailure?.failure.mayPass == true)
    }

    @Test func `takes the lower of the client's and the configured budget`() async throws {
        let bench = bench { $0.workflows.maxCost = USD(nanodollars: 1) }
        let outcome = await bench.runner.run(try order(fast, maxCost: USD(nanodollars: .max)), for: request()) { _ in }
        #expect(bench.upstream.tasks.isEmpty && outcome.report.calls == 0)
    }

    @Test func `stays with a backend of the tier though another is as good`() async throws {
        // Two backends with one model: either is as good, unless an earlier step went to one of them.
        let bench = bench { settings in
            var twin = settings.backends[0]
            twin.name = "twin"
            settings.backends.insert(twin, at: 1)
        }
        let place = WorkflowPlace(step: WorkflowStep(runID: "r", workflow: "w", op: "o"), backend: "twin")
        let body = #"{"model":"auto","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#
        for (number, step) in ([nil] + Array(repeating: place, count: 20)).enumerated() {
            let request = ClientRequest(
                id: "r\(number)",
                method: "POST",
                path: "/v1/messages",
                headers: [HeaderField("x-gateway-tier", "fast")],
                body: Array(body.utf8),
                step: step
            )
            _ = await bench.gateway.answer(request)
            let backend = bench.gateway.ledger.entry(id: "r\(number)")?.summary.backend
            #expect(step == nil ? ["haiku", "twin"].contains(backend) : backend == "twin")
        }
    }

    @Test func `does not make a prompt that is larger than a request may be`() async throws {
        let bench = bench { $0.server.maxBodyBytes = 1_000 }
        let draft = WorkflowDraft.of([("a", [])], ends: ["a"]) {
            $0["a"].prompt = String(repeating: "{{input}}", count: 400)
            $0["a"].tier = .fast
        }
        let outcome = await bench.runner.run(try order(draft, input: "abc"), for: request()) { _ in }
        #expect(bench.upstream.tasks.isEmpty && outcome.firstFailure?.failure.status == 400)
        #expect(outcome.report.errors?["a"]?.contains("larger than 1000 bytes") == true)
    }

    @Test func `takes an answer without text for a failure`() async throws {
        let bench = bench(["a": .init(text: " ")])
        let outcome = await bench.runner.run(try order(fast), for: request()) { _ in }
        #expect(outcome.report.errors?["a"] == "claude-haiku-4-5-20251001 gave no text (stop_reason end_turn)")
        #expect(outcome.report.totalCost == USD(nanodollars: 1_500_000))
    }
}
