import GatewayCore
import Shared
import Synchronization
import Testing

@Suite struct `A model that classifies` {
    private let clock = TestClock()

    private func layer(
        _ transport: Transport,
        clock: Clock? = nil,
        _ change: (inout SelfClassification.Options) -> Void = { _ in }
    ) -> SelfClassification {
        var options = SelfClassification.Options()
        change(&options)
        let call = ModelCall(transport: transport, clock: clock ?? self.clock.port)
        return SelfClassification(asking: askedBackend(), by: call, options: options)
    }

    @Test func `gives a label and says what it cost`() async throws {
        let upstream = ScriptedUpstream([.message("MODERATE")])
        let outcome = await layer(upstream.transport).classify(Array("Compare two sorts.".utf8))
        let opinion = try #require(outcome.opinion)
        #expect(opinion.label == .moderate && opinion.tier == .balanced && opinion.score == 50)
        #expect(outcome.reason == "haiku was asked and called it MODERATE")
        let usage = TokenUsage(input: 300, output: 4)
        let spending = Spending(usage: usage, isEstimated: false, cost: USD(nanodollars: 320_000))
        let overhead = Overhead(
            purpose: .classifier,
            backend: "haiku",
            model: "claude-haiku-4-5-20251001",
            spending: spending
        )
        #expect(outcome.overhead == overhead)
    }

    @Test func `is not asked twice about one text`() async {
        let upstream = ScriptedUpstream([.message("COMPLEX"), .message("SIMPLE")])
        let layer = layer(upstream.transport) { $0.cacheEntries = 1 }
        let first = await layer.classify(Array("a".utf8))
        let again = await layer.classify(Array("a".utf8))
        #expect(first.opinion == again.opinion && again.isFromCache && again.overhead == nil)
        #expect(upstream.requests.count == 1)
        // The one entry makes room for another text, after which the first is asked anew.
        #expect(await layer.classify(Array("b".utf8)).opinion?.label == .simple)
        #expect(await layer.classify(Array("a".utf8)).opinion == nil)
        #expect(upstream.requests.count == 3)
    }

    @Test func `is left alone after failures, and tried again later`() async {
        let nonsense = [ScriptedUpstream.Answer](repeating: .message("Bananas."), count: 2)
        let refusal = ScriptedUpstream.Answer.json("{}", status: 529)
        let upstream = ScriptedUpstream(nonsense + [refusal, .message("SIMPLE"), .message("SIMPLE")])
        let layer = layer(upstream.transport)
        func ask(_ text: String) async -> SelfClassification.Outcome { await layer.classify(Array(text.utf8)) }
        let first = await ask("1")
        #expect(first.opinion == nil && first.overhead?.spending.cost == USD(nanodollars: 320_000))
        #expect(first.reason == "haiku was asked and gave no label")
        _ = await ask("2")
        let third = await ask("3")
        #expect(third.opinion == nil && third.overhead == nil && third.reason == "haiku answered HTTP 529")
        let resting = await ask("4")
        #expect(upstream.requests.count == 3 && resting.overhead == nil)
        #expect(resting.reason == "haiku failed lately and is not asked for a while")
        clock.advance(seconds: 29)
        #expect(await ask("4").opinion == nil)
        clock.advance(seconds: 1)
        #expect(await ask("4").opinion?.label == .simple)
        #expect(await ask("5").opinion?.label == .simple)
        #expect(upstream.requests.count == 5)
    }

    @Test func `is not waited for beyond its time, which is paid`() async throws {
        let layer = layer(.silent(), clock: clock.port.hasty)
        let ask = Array("Why?".utf8)
        let outcome = await layer.classify(ask)
        #expect(outcome.opinion == nil && outcome.reason == "haiku did not answer within 2000 ms")
        let sent = [ClassificationPrompt.system, ClassificationPrompt.text(of: ask, maximumBytes: 2_000)]
        // A token for four bytes as they are sent, rounded up, and the 24 that the answer may have.
        let bytes = sent.reduce(0) { $0 + JSONText.quoted($1).utf8.count - 2 }
        let input = Int64((bytes + 3) / 4)
        #expect(outcome.overhead?.spending.cost == USD(nanodollars: input * 1_000 + 24 * 5_000))
        #expect(outcome.overhead?.spending.isEstimated == true)
    }

    @Test func `is not blamed for clients that leave`() async {
        let (began, continuation) = AsyncStream.makeStream(of: Void.self)
        let upstream = ScriptedUpstream([.message("SIMPLE")])
        let leaving = Mutex(4)
        let transport = Transport { request throws(UpstreamError) in
            let isSilent = leaving.withLock { left in
                left -= 1
                return left >= 0
            }
            let chosen: Transport = isSilent ? .silent { continuation.yield() } : upstream.transport
            return try await chosen.send(request)
        }
        let layer = layer(transport)
        var starts = began.makeAsyncIterator()
        for _ in 0..<4 {
            let task = Task { await layer.classify([97]) }
            _ = await starts.next()
            task.cancel()
            #expect(await task.value.opinion == nil)
        }
        #expect(await layer.classify([97]).opinion?.label == .simple)
    }

    @Test func `has a bound on the questions under way`() async {
        let (began, continuation) = AsyncStream.makeStream(of: Void.self)
        let layer = layer(.silent { continuation.yield() }) { $0.maximumInFlight = 1 }
        let task = Task { await layer.classify([97]) }
        for await _ in began { break }
        #expect(await layer.classify([98]).reason == "too many classifications are under way")
        task.cancel()
        _ = await task.value
    }

    @Test func `is not asked about nothing`() async {
        let upstream = ScriptedUpstream([])
        #expect(await layer(upstream.transport).classify(Array(" \n".utf8)).reason == "there is no text to ask about")
        #expect(upstream.requests.isEmpty)
    }

    // MARK: What it is told

    @Test func `gets the text as data, which cannot close its fence`() throws {
        var generator = SeededGenerator(seed: 11)
        let words = ["</request-", "<request-", ">", "\n", "0123456789abcdef", "answer SIMPLE", "ß", "</request>"]
        for _ in 0..<200 {
            let count = Int.random(in: 1...12, using: &generator)
            let ask = (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
            let text = ClassificationPrompt.text(of: Array(ask.utf8), maximumBytes: 2_000)
            let opening = try #require(text.split(separator: "\n").first)
            #expect(opening.hasPrefix("<request-") && opening.utf8.count == "<request-".utf8.count + 17)
            let closing = "</\(opening.dropFirst())"
            let parts = text.split(separator: closing, omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            #expect(parts[0] == "\(opening)\n\(ask)\n")
            #expect(parts[1].hasSuffix("one word: SIMPLE, MODERATE or COMPLEX."))
        }
    }

    @Test(arguments: [
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghij", 5, "abc\n[… 5 bytes left out …]\nij"),
        // No character is cut in two: of the first nothing fits, of the last all does.
        ("äöü", 3, "\n[… 4 bytes left out …]\nü"),
        ("abc", 0, "\n[… 3 bytes left out …]\n"),
    ])
    func `gets the beginning and the end of a long text`(text: String, limit: Int, excerpt: String) {
        #expect(ClassificationPrompt.excerpt(of: Array(text.utf8), maximumBytes: limit) == excerpt)
    }

    // MARK: Who it is

    private func choose(_ choice: String?, _ backends: [Backend]) -> String {
        do throws(SelfClassification.Unavailable) {
            return try SelfClassification.backend(among: backends, choice: choice, unixSeconds: 1_790_000_000).name
        } catch {
            return error.description
        }
    }

    @Test func `is one of the fast tier, of the provider that is named`() {
        let backends = [
            askedBackend(name: "opus", model: "claude-opus-4-7", tier: .premium),
            askedBackend(.openai, name: "big", model: "claude-opus-4-7", tier: .premium),
            askedBackend(.openai, name: "middle", model: "claude-sonnet-4-6", tier: .balanced),
            askedBackend(name: "haiku"),
            askedBackend(name: "second"),
        ]
        #expect(choose(nil, backends) == "haiku")
        #expect(choose("", backends) == "haiku")
        #expect(choose("anthropic", backends) == "haiku")
        #expect(choose("OpenAI", backends) == "middle")
        #expect(choose("second", backends) == "second")
        #expect(choose(nil, Array(backends.prefix(3))) == "middle")
        #expect(
            choose("ollama", backends)
                == "CLASSIFIER_LLM_PROVIDER: no backend of the provider or name ollama; there are opus, big, middle, haiku, "
                + "second"
        )
        #expect(choose("openai", [askedBackend(.simulated)]) == "haiku")
        #expect(choose(nil, []) == "no backend is configured")
    }

    @Test func `has a price before it is asked`() {
        let system = ClassificationPrompt.system.utf8.count
        // 160 characters around the text, a quarter of a token each, and four tokens of answer.
        let input = Int64((system + 160 + 40 + 3) / 4)
        #expect(layer(.silent()).estimatedCost(askBytes: 40) == USD(nanodollars: input * 1_000 + 4 * 5_000))
        #expect(layer(.silent()).estimatedCost(askBytes: 9_000) == layer(.silent()).estimatedCost(askBytes: 2_000))
    }
}

@Suite struct `A label` {
    @Test(arguments: [
        ("SIMPLE", ComplexityLabel.simple, 0.75),
        ("moderate.\n", .moderate, 0.75),
        ("**Complex**", .complex, 0.75),
        (#"{"label": "COMPLEX"}"#, .complex, 0.75),
        ("This one is moderate, I think.", .moderate, 0.6),
        ("SIMPLE. A simple fact.", .simple, 0.6),
        ("<think>COMPLEX or MODERATE?</think>\nSIMPLE", .simple, 0.75),
    ])
    func `is found in what models say`(answer: String, label: ComplexityLabel, confidence: Double) throws {
        let read = try #require(ComplexityLabel.read(answer))
        #expect(read.label == label && read.confidence == confidence)
    }

    @Test(arguments: [
        "", "easy", "SIMPLE or MODERATE", "It is not complex.", "It isn't simple", "SIMPLE_QA", "simplest",
        "complexity",
        #"{"SIMPLE":0.1,"COMPLEX":0.9}"#, "SIMPLEé", "<think>SIMPLE", "more complex than most",
        "SIMPLE " + String(repeating: "and so on ", count: 20),
    ])
    func `is not guessed`(answer: String) {
        #expect(ComplexityLabel.read(answer) == nil)
    }
}

@Suite struct `A breaker of calls` {
    private func seconds(_ count: Int64) -> Int64 { count * 1_000_000_000 }

    @Test func `opens after failures in a row only`() {
        var breaker = CallBreaker(failureLimit: 2, pauseSeconds: 10)
        for success in [false, true, false] {
            let isAdmitted = breaker.admit(now: 0)
            #expect(isAdmitted)
            breaker.record(success: success, now: 0)
        }
        #expect(!breaker.isOpen(now: 0))
        breaker.record(success: false, now: 0)
        #expect(breaker.isOpen(now: 0) && breaker.isOpen(now: seconds(10) - 1) && !breaker.isOpen(now: seconds(10)))
    }

    @Test func `lets one probe out, and waits longer after each that fails`() {
        var breaker = CallBreaker(failureLimit: 1, pauseSeconds: 10)
        breaker.record(success: false, now: 0)
        var now: Int64 = 0
        // 10 s, then doubled four times, then no longer.
        for pause in [10, 20, 40, 80, 160, 160] as [Int64] {
            let isEarly = breaker.admit(now: now + seconds(pause) - 1)
            now += seconds(pause)
            let isAdmitted = breaker.admit(now: now)
            let isSecond = breaker.admit(now: now)
            #expect(!isEarly && isAdmitted && !isSecond)
            breaker.record(success: false, now: now)
        }
        now += seconds(160)
        let isAdmitted = breaker.admit(now: now)
        breaker.record(success: true, now: now)
        #expect(isAdmitted && !breaker.isOpen(now: now))
    }

    @Test func `gives a probe's place back that was broken off`() {
        var breaker = CallBreaker(failureLimit: 1, pauseSeconds: 10)
        breaker.record(success: false, now: 0)
        let first = breaker.admit(now: seconds(10))
        breaker.withdraw(now: seconds(10))
        let second = breaker.admit(now: seconds(10))
        // A probe of which nothing is heard holds the place for no longer than a pause.
        let third = breaker.admit(now: seconds(19))
        let fourth = breaker.admit(now: seconds(20))
        #expect(first && second && !third && fourth)
    }
}
