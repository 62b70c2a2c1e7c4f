import GatewayCore
import Shared
import Testing

@Suite struct `A call of the gateway's own` {
    private let clock = TestClock()
    private let question = Question(name: "classify", system: "S", text: "T", answerTokens: 24)
    private let bounds = ModelCall.Bounds(timeoutMilliseconds: 2_000)

    private func ask(_ upstream: ScriptedUpstream, _ backend: Backend) async throws(ModelCall.Failure)
        -> ModelCall.Answer
    {
        try await ModelCall(transport: upstream.transport, clock: clock.port).ask(question, of: backend, within: bounds)
    }

    private func failure(_ answer: ScriptedUpstream.Answer, _ bounds: ModelCall.Bounds? = nil) async -> ModelCall
        .Failure?
    {
        let call = ModelCall(transport: ScriptedUpstream([answer]).transport, clock: clock.port)
        do throws(ModelCall.Failure) {
            _ = try await call.ask(question, of: askedBackend(), within: bounds ?? self.bounds)
            return nil
        } catch {
            return error
        }
    }

    static let line = """
        {"model":"m","message":{"role":"assistant","content":"SIMPLE"},"done":true,"done_reason":"stop",\
        "prompt_eval_count":300,"eval_count":4}
        """
    static let message = """
        {"content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"SIM"},\
        {"type":"text","text":"PLE"}],"stop_reason":"end_turn","usage":{"input_tokens":300,"output_tokens":4}}
        """

    @Test(arguments: [
        (Settings.ProviderKind.anthropic, "/v1/messages", message),
        (.simulated, "/v1/messages", message),
        (.openai, "/v1/chat/completions", ModelCallTexts.completion),
        (.openaiCompatible, "/v1/chat/completions", ModelCallTexts.completion),
        (.ollama, "/api/chat", line),
    ])
    func `speaks to every provider`(provider: Settings.ProviderKind, path: String, answer: String) async throws {
        let upstream = ScriptedUpstream([.json(answer)])
        let got = try await ask(upstream, askedBackend(provider))
        #expect(got.text == "SIMPLE")
        #expect(got.stopReason == "end_turn")
        // 300 tokens at $1 and 4 at $5 a million.
        let usage = TokenUsage(input: 300, output: 4)
        #expect(got.spending == Spending(usage: usage, isEstimated: false, cost: USD(nanodollars: 320_000)))
        let sent = try #require(upstream.requests.first)
        #expect(sent.url == "http://127.0.0.1:1" + path)
        #expect(sent.timeoutSeconds == 2)
        #expect(sent.headers.contains { $0.value.hasSuffix("sk-up") })
    }

    @Test func `estimates a cost that was not told`() async throws {
        let upstream = ScriptedUpstream([.json(#"{"content":[{"type":"text","text":"SIMPLE"}]}"#)])
        let answer = try await ask(upstream, askedBackend())
        // Two characters of prompt make one token, six of answer make two: $1 and two times $5 a million.
        let usage = TokenUsage(input: 1, output: 2)
        #expect(answer.spending == Spending(usage: usage, isEstimated: true, cost: USD(nanodollars: 11_000)))
    }

    @Test func `is broken off at its deadline, and counted as paid`() async throws {
        let call = ModelCall(transport: .silent(), clock: clock.port.hasty)
        await #expect {
            _ = try await call.ask(question, of: askedBackend(), within: bounds)
        } throws: { error in
            guard let failure = error as? ModelCall.Failure else { return false }
            // One token of prompt and the 24 that it may answer: 1,000 + 24 · 5,000.
            return failure.kind == .timeout && failure.detail == "haiku did not answer within 2000 ms"
                && failure.spending.isEstimated && failure.spending.cost == USD(nanodollars: 121_000)
        }
    }

    @Test func `is broken off with the task that waits for it`() async throws {
        let (began, continuation) = AsyncStream.makeStream(of: Void.self)
        let call = ModelCall(transport: .silent { continuation.yield() }, clock: clock.port)
        let question = question
        let task = Task { () -> ModelCall.Failure.Kind? in
            do throws(ModelCall.Failure) {
                _ = try await call.ask(question, of: askedBackend(), within: .init(timeoutMilliseconds: 60_000))
                return nil
            } catch {
                return error.kind
            }
        }
        for await _ in began { break }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test func `costs nothing where it was refused, and repeats no word of the provider`() async throws {
        let refused = try #require(await failure(.json(#"{"error":{"message":"key sk-up is bad"}}"#, status: 401)))
        #expect(refused.kind == .refused && refused.spending == .nothing)
        #expect(refused.detail == "haiku answered HTTP 401")
        let dressed = try #require(await failure(.json(#"{"type":"error","error":{"type":"x","message":"sk-up"}}"#)))
        #expect(dressed.kind == .refused && dressed.spending == .nothing)
        let broken = ScriptedUpstream.Answer(events: [.failure(.broken("sk-up"))])
        let cut = try #require(await failure(broken))
        #expect(cut.kind == .unreachable && cut.spending == .nothing && !cut.detail.contains("sk-up"))
    }

    @Test func `gives up what is no answer, or too long a one`() async throws {
        let page = try #require(await failure(.json("<html>")))
        #expect(page.kind == .notAnAnswer && page.spending.cost == USD(nanodollars: 121_000))
        let small = ModelCall.Bounds(timeoutMilliseconds: 2_000, maximumAnswerBytes: 20)
        let long = try #require(await failure(.message("SIMPLE"), small))
        #expect(long.kind == .notAnAnswer && long.spending.cost == USD(nanodollars: 121_000))
    }

    // MARK: What is asked

    private static func catalogue(_ capabilities: ModelCapabilities) -> Catalogue {
        Catalogue(models: [
            CatalogueModel(
                id: "m",
                contextWindow: 1_000,
                maxOutput: 500_000,
                capabilities: capabilities,
                prices: [PriceRow(price: .free)]
            )
        ])
    }

    private func body(_ model: String, _ catalogue: Catalogue = .capableTiers) -> String {
        String(
            decoding: question.body(for: askedBackend(.anthropic, model: model, catalogue: catalogue)),
            as: UTF8.self
        )
    }

    @Test func `asks coolly and without thought, as far as the model takes that`() {
        let end = #""system":"S","messages":[{"role":"user","content":"T"}]}"#
        #expect(
            body("claude-haiku-4-5-20251001")
                == #"{"model":"claude-haiku-4-5-20251001","max_tokens":24,"temperature":0,"# + end
        )
        #expect(
            body("claude-sonnet-4-6")
                == #"{"model":"claude-sonnet-4-6","max_tokens":24,"temperature":0,"thinking":{"type":"disabled"},"#
                + end
        )
        #expect(
            body("claude-opus-4-7")
                == #"{"model":"claude-opus-4-7","max_tokens":24,"thinking":{"type":"disabled"},"# + end
        )
        let between = ModelCapabilities.taking(
            thinking: [.adaptive, .betweenTools],
            efforts: [.medium, .high],
            features: []
        )
        #expect(
            body("m", Self.catalogue(between)) == #"{"model":"m","max_tokens":24,"thinking":{"type":"between_tools"},"#
                + end
        )
    }

    @Test func `leaves a model room whose thought cannot be stopped`() {
        let end = #""system":"S","messages":[{"role":"user","content":"T"}]}"#
        let adaptive = ModelCapabilities.taking(thinking: [.adaptive], efforts: [.medium, .high], features: [])
        #expect(
            body("m", Self.catalogue(adaptive))
                == #"{"model":"m","max_tokens":1024,"output_config":{"effort":"medium"},"# + end
        )
        // Nobody knows these: the one may take a temperature, Claude's newer ones do not.
        #expect(body("llama-9") == #"{"model":"llama-9","max_tokens":1024,"temperature":0,"# + end)
        #expect(body("claude-nova-9") == #"{"model":"claude-nova-9","max_tokens":1024,"# + end)
    }
}
