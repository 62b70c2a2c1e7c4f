import GatewayCore
import Shared
import Synchronization
import Testing

@Suite struct `Shadow pairs` {
    private let clock = TestClock()
    private let haiku = askedBackend()
    private let opus = askedBackend(name: "opus", model: "claude-opus-4-7", tier: .premium)

    /// What the runner hands out.
    private final class Sink: Sendable {
        let pairs = Mutex<[ShadowRunner.Pair]>([])
        let overheads = Mutex<[Overhead]>([])
    }

    private func runner(
        _ transport: Transport,
        _ sink: Sink,
        judge: @escaping ShadowRunner.Judge = { _, answer in Double(answer.utf8.count) / 10 },
        change: (inout ShadowRunner.Options) -> Void = { _ in }
    ) -> ShadowRunner {
        var options = ShadowRunner.Options()
        options.rate = 1
        change(&options)
        return ShadowRunner(
            options: options,
            call: ModelCall(transport: transport, clock: clock.port),
            judge: judge,
            spent: { overhead in sink.overheads.withLock { $0.append(overhead) } },
            deliver: { pair in sink.pairs.withLock { $0.append(pair) } }
        )
    }

    private static let plain = #"{"model":"auto","max_tokens":10,"messages":[{"role":"user","content":"Say hi"}]}"#

    private func answered(
        _ body: String = plain,
        _ headers: [(String, String)] = [],
        dialect: Dialect = .anthropic,
        id: String = "0123456789abcdef"
    ) throws -> ShadowRunner.Answered {
        var request = ClientRequest.messages(body, headers, id: id)
        if dialect == .openai { request = request.at("/v1/chat/completions") }
        return ShadowRunner.Answered(
            request: request,
            prompt: try Prompt(parsing: request.body, dialect: dialect),
            project: "default",
            backend: haiku,
            answer: "Hi!"
        )
    }

    @Test func `bring both answers and what they are worth`() async throws {
        let sink = Sink()
        let upstream = ScriptedUpstream([.message("Hello", input: 20, output: 6)])
        let runner = runner(upstream.transport, sink)
        #expect(runner.offer(try answered(), to: opus) == .begun)
        await runner.finish()
        let pair = try #require(sink.pairs.withLock { $0.first })
        #expect(pair.queryID == "0123456789abcdef" && pair.project == "default")
        #expect(pair.cheap.answer == "Hi!" && pair.cheap.quality == 0.3 && pair.cheap.backend === haiku)
        #expect(pair.strong.answer == "Hello" && pair.strong.quality == 0.5 && pair.strong.backend === opus)
        // 20 tokens at $5 and 6 at $25 a million.
        let spending = Spending(
            usage: TokenUsage(input: 20, output: 6),
            isEstimated: false,
            cost: USD(nanodollars: 250_000)
        )
        #expect(sink.overheads.withLock { $0 } == [Overhead(.shadow, on: opus, spending)])
        #expect(runner.counts == ShadowRunner.Counts(pairs: 1))
        let sent = try #require(upstream.requests.first)
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == #"{"model":"claude-opus-4-7","max_tokens":10,"messages":[{"role":"user","content":"Say hi"}]}"#
        )
    }

    @Test func `ask without a stream, and across dialects`() async throws {
        let sink = Sink()
        let upstream = ScriptedUpstream([.message("Hello"), .json(ModelCallTexts.completion)])
        let runner = runner(upstream.transport, sink, change: { $0.concurrency = 1 })
        let streamed = """
            {"model":"auto","stream":true,"stream_options":{"include_usage":true},\
            "messages":[{"role":"user","content":"Say hi"}]}
            """
        #expect(runner.offer(try answered(streamed, dialect: .openai), to: opus) == .begun)
        await runner.finish()
        let gpt = askedBackend(.openai, name: "gpt", model: "claude-sonnet-4-6", tier: .balanced)
        #expect(runner.offer(try answered(streamed, dialect: .openai), to: gpt) == .begun)
        await runner.finish()
        #expect(sink.pairs.withLock { $0.map(\.shadow.answer) } == ["Hello", "SIMPLE"])
        let sent = upstream.requests
        #expect(sent.map(\.url) == ["http://127.0.0.1:1/v1/messages", "http://127.0.0.1:1/v1/chat/completions"])
        #expect(!String(decoding: sent[0].body, as: UTF8.self).contains("stream"))
        #expect(
            String(decoding: sent[1].body, as: UTF8.self)
                == #"{"model":"claude-sonnet-4-6","messages":[{"role":"user","content":"Say hi"}]}"#
        )
    }

    @Test func `are few at once, and a short queue waits`() async throws {
        let sink = Sink()
        let runner = runner(.silent(), sink)
        let offer = try answered()
        let admissions = (0..<11).map { _ in runner.offer(offer, to: opus) }
        #expect(admissions == [.begun, .begun] + Array(repeating: .queued, count: 8) + [.dropped])
        #expect(runner.counts == ShadowRunner.Counts(dropped: 1, running: 2, waiting: 8))
        runner.stop()
        await runner.finish()
        #expect(runner.counts == ShadowRunner.Counts(failures: 2, dropped: 9))
        #expect(runner.offer(offer, to: opus) == .dropped)
        // Two calls that were broken off: two tokens of prompt at $5 and the ten of the answer at $25 a million.
        #expect(sink.overheads.withLock { $0.map(\.spending.cost.nanodollars) } == [260_000, 260_000])
    }

    @Test func `are made of what waited, one after the other`() async throws {
        let sink = Sink()
        let upstream = ScriptedUpstream((1...5).map { .message(String(repeating: "x", count: $0)) })
        let runner = runner(upstream.transport, sink, change: { $0.concurrency = 1 })
        for number in 1...5 { _ = runner.offer(try answered(id: "\(number)"), to: opus) }
        await runner.finish()
        #expect(sink.pairs.withLock { $0.map(\.queryID) } == ["1", "2", "3", "4", "5"])
        #expect(sink.pairs.withLock { $0.map(\.shadow.answer.utf8.count) } == [1, 2, 3, 4, 5])
    }

    @Test(arguments: [
        ScriptedUpstream.Answer.json("{}", status: 529), .json("<html>"), .message("Hello", stop: "max_tokens"),
    ])
    func `are not made of half an answer`(answer: ScriptedUpstream.Answer) async throws {
        let sink = Sink()
        let runner = runner(ScriptedUpstream([answer]).transport, sink)
        _ = runner.offer(try answered(), to: opus)
        await runner.finish()
        #expect(runner.counts == ShadowRunner.Counts(failures: 1))
        #expect(sink.pairs.withLock { $0.isEmpty })
        #expect(sink.overheads.withLock { $0.isEmpty } == (answer.status == 529))
    }

    @Test func `are not made of what cannot be judged`() async throws {
        let sink = Sink()
        let runner = runner(ScriptedUpstream([.message("Hello")]).transport, sink, judge: { _, _ in .nan })
        _ = runner.offer(try answered(), to: opus)
        await runner.finish()
        #expect(runner.counts == ShadowRunner.Counts(failures: 1) && sink.overheads.withLock { $0.count } == 1)
    }

    @Test func `leave alone what cannot be asked twice`() throws {
        let runner = runner(.silent(), Sink(), change: { $0.maximumPromptBytes = 2_000 })
        func reason(
            _ members: String = "",
            content: String = #""Hi""#,
            headers: [(String, String)] = [],
            _ change: (inout ShadowRunner.Answered) -> Void = { _ in }
        ) throws -> String? {
            let body =
                #"{"model":"auto","max_tokens":10,\#(members)"messages":[{"role":"user","content":\#(content)}]}"#
            var offered = try answered(body, headers)
            change(&offered)
            guard case .unfit(let reason) = runner.offer(offered, to: opus) else { return nil }
            return reason
        }
        #expect(try reason { $0.isSideQuery = true } == "it is a side query")
        #expect(try reason { $0.isAgent = true } == "it belongs to an agent's session")
        #expect(try reason { $0.backend = opus } == "the other backend is the one that answered")
        #expect(try reason(#""tools":[{"name":"t","input_schema":{"type":"object"}}],"#) == "it uses tools")
        let image = #"[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]"#
        #expect(try reason(content: image) == "it holds images or documents")
        let long = String(repeating: "x", count: 2_000)
        #expect(try reason(content: "\"\(long)\"") == "it is larger than 2000 bytes")
        #expect(
            try reason(headers: [("anthropic-beta", "prompt-caching-1, new-thing-2")])
                == "it asks for the beta new-thing-2"
        )
        #expect(try reason(#""temperature":0.5,"#) == "opus: it refuses temperature, top_p and top_k")
        #expect(try reason() == nil)
        runner.stop()
    }

    @Test func `are picked by the request's id, in the share that is wanted`() throws {
        let ids = (0..<20_000).map { "id\($0)" }
        func share(_ rate: Double) -> Set<String> { Set(ids.filter { ShadowRunner.isPicked($0, rate: rate) }) }
        let some = share(0.02)
        #expect(share(0).isEmpty && share(1).count == 20_000)
        // 400 are expected, with a standard deviation of 20: five of them to either side.
        #expect((300...500).contains(some.count))
        #expect(share(0.02) == some && some.isSubset(of: share(0.1)))
        let runner = runner(.silent(), Sink(), change: { $0.rate = 0 })
        #expect(runner.offer(try answered(), to: opus) == .notPicked)
    }
}
