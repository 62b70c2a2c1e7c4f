import GatewayCore
import Shared
import Testing

@Suite struct `What is known of conversations` {
    private static let second: Int64 = 1_000_000_000

    private func chain(_ texts: [String], partition: String = "p", system: String = "s") throws -> MessageChain {
        let messages = texts.enumerated().map {
            #"{"role":"\#($0.offset % 2 == 0 ? "user" : "assistant")","content":"\#($0.element)"}"#
        }
        let body =
            #"{"model":"m","max_tokens":9,"system":"\#(system)","messages":[\#(messages.joined(separator: ","))]}"#
        return MessageChain(try Prompt(parsing: Array(body.utf8)), partition: partition)
    }

    private let opus = WarmPrefix.Key(backend: "opus")
    private let haiku = WarmPrefix.Key(backend: "haiku")

    private func choice(_ tier: Tier, _ backend: String, wanted: Tier? = nil, user: Bool = true) -> ConversationChoice {
        ConversationChoice(wanted: wanted ?? tier, tier: tier, backend: backend, isUserTurn: user)
    }

    private func measured(_ tokens: Int) -> MeasuredPrompt {
        MeasuredPrompt(characters: tokens * 4, tokens: tokens, tokensPerThousandCharacters: 250)
    }

    private func settle(
        _ conversations: Conversations,
        _ chain: MessageChain,
        _ key: WarmPrefix.Key,
        _ usage: TokenUsage,
        caching: PromptCaching = .marked,
        at seconds: Int64
    ) {
        conversations.settled(
            chain,
            key,
            usage,
            caching: caching,
            minimum: 1_024,
            measured: measured(usage.totalInput),
            now: seconds * Self.second
        )
    }

    @Test func `a new conversation is unknown, and known from its next request on`() throws {
        let conversations = Conversations()
        let first = try chain(["a"])
        #expect(conversations.lookUp(first, now: 0) == nil)
        conversations.decided(first, choice(.premium, "opus"), now: 0)
        settle(conversations, first, opus, TokenUsage(cacheWrite5m: 8_000, output: 5), at: 3)
        let view = try #require(conversations.lookUp(try chain(["a", "b", "c"]), now: 10 * Self.second))
        #expect(!view.isRepeated && view.userTurns == 1 && view.toolSteps == 0)
        #expect(view.choice == choice(.premium, "opus"))
        #expect(view.segments(opus) == [.init(tokens: 8_000, secondsLeft: 293)])
        #expect(view.segments(haiku).isEmpty && view.segments(.init(backend: "opus", effort: .low)).isEmpty)
        #expect(view.measured == measured(8_000) && view.growthTokens == nil && view.gapSeconds == nil)
        #expect(conversations.lookUp(try chain(["b"]), now: 0) == nil)
        #expect(conversations.lookUp(try chain(["a", "b", "c"], partition: "q"), now: 0) == nil)
        #expect(conversations.lookUp(try chain(["a", "b", "c"], system: "t"), now: 0) == nil)
        #expect(try #require(conversations.lookUp(first, now: 10 * Self.second)).isRepeated)
    }

    @Test func `tool steps keep what their user turn decided`() throws {
        let conversations = Conversations()
        conversations.decided(try chain(["a"]), choice(.premium, "opus"), now: 0)
        let step = try chain(["a", "b", "c"])
        conversations.decided(step, choice(.fast, "haiku", user: false), now: 5 * Self.second)
        let view = try #require(conversations.lookUp(try chain(["a", "b", "c", "d", "e"]), now: 6 * Self.second))
        #expect(view.choice == choice(.premium, "opus") && view.userTurns == 1 && view.toolSteps == 1)
        // Sent again, it is still one step.
        conversations.decided(step, choice(.fast, "haiku", user: false), now: 7 * Self.second)
        #expect(try #require(conversations.lookUp(step, now: 7 * Self.second)).toolSteps == 1)
    }

    @Test func `counts turns, wants, pauses and growth`() throws {
        let conversations = Conversations()
        conversations.decided(try chain(["a"]), choice(.premium, "opus"), now: 0)
        settle(conversations, try chain(["a"]), opus, TokenUsage(cacheWrite5m: 8_000), at: 10)
        let two = try chain(["a", "b", "c"])
        // The user took 30 seconds from the answer on.
        conversations.decided(two, choice(.premium, "opus", wanted: .fast), now: 40 * Self.second)
        settle(conversations, two, opus, TokenUsage(cacheRead: 8_000, cacheWrite5m: 1_000), at: 50)
        let three = try chain(["a", "b", "c", "d", "e"])
        conversations.decided(three, choice(.premium, "opus", wanted: .fast), now: 160 * Self.second)
        settle(conversations, three, opus, TokenUsage(cacheRead: 9_000, cacheWrite5m: 2_000), at: 170)
        let view = try #require(
            conversations.lookUp(try chain(["a", "b", "c", "d", "e", "f", "g"]), now: 170 * Self.second)
        )
        #expect(
            view.userTurns == 3 && view.wanted[.premium] == 1 && view.wanted[.fast] == 2 && view.wanted[.local] == 0
        )
        // Three quarters of 30 and a quarter of 110 seconds.
        #expect(view.gapSeconds == 50)
        // From 8,000 to 11,000 in two requests.
        #expect(view.growthTokens == 1_500)
        #expect(view.segments(opus) == [.init(tokens: 11_000, secondsLeft: 300)])
    }

    @Test func `measures growth in one tokenizer's tokens`() throws {
        let conversations = Conversations()
        func answered(_ texts: [String], _ characters: Int, _ tokens: Int, perThousand: Int) throws {
            conversations.settled(
                try chain(texts),
                opus,
                TokenUsage(input: tokens),
                caching: .marked,
                minimum: 1_024,
                measured: MeasuredPrompt(
                    characters: characters,
                    tokens: tokens,
                    tokensPerThousandCharacters: perThousand
                ),
                now: 0
            )
        }
        try answered(["a"], 40_000, 13_000, perThousand: 325)
        try answered(["a", "b", "c"], 44_000, 11_000, perThousand: 250)
        // 13,000 tokens there are 10,000 here.
        let view = try #require(conversations.lookUp(try chain(["a", "b", "c"]), now: 0))
        #expect(view.growthTokens == 1_000)
    }

    @Test func `an edit goes on from where it leaves, a compaction from nowhere`() throws {
        let conversations = Conversations()
        let first = try chain(["a"])
        conversations.decided(first, choice(.fast, "haiku"), now: 0)
        settle(conversations, first, haiku, TokenUsage(cacheWrite5m: 5_000), at: 0)
        let second = try chain(["a", "b", "c"])
        conversations.decided(second, choice(.premium, "opus"), now: Self.second)
        settle(conversations, second, opus, TokenUsage(cacheWrite5m: 6_000), at: 1)
        let edited = try #require(conversations.lookUp(try chain(["a", "b", "other"]), now: 2 * Self.second))
        #expect(edited.choice?.tier == .fast && edited.userTurns == 1)
        #expect(edited.segments(opus).isEmpty && edited.segments(haiku) == [.init(tokens: 5_000, secondsLeft: 298)])
        let further = try #require(conversations.lookUp(try chain(["a", "b", "c", "d", "e"]), now: 2 * Self.second))
        #expect(further.choice?.tier == .premium && further.warm.count == 2)
        #expect(conversations.lookUp(try chain(["summary of it all"]), now: 2 * Self.second) == nil)
    }

    @Test func `a read begins a lifetime anew, an answer without cached tokens changes nothing`() throws {
        let conversations = Conversations()
        var texts = ["a"]
        func step(_ usage: TokenUsage, at seconds: Int64) throws -> [WarmPrefix.Segment] {
            texts += ["x", "y"]
            settle(conversations, try chain(texts), opus, usage, at: seconds)
            let view = conversations.lookUp(try chain(texts + ["x", "y"]), now: seconds * Self.second)
            return try #require(view).segments(opus)
        }
        #expect(try step(TokenUsage(cacheWrite5m: 4_000), at: 0) == [.init(tokens: 4_000, secondsLeft: 300)])
        #expect(try step(TokenUsage(input: 4_100), at: 100) == [.init(tokens: 4_000, secondsLeft: 200)])
        #expect(try step(TokenUsage(input: 90, cacheRead: 4_000), at: 200) == [.init(tokens: 4_000, secondsLeft: 300)])
        // 2,000 for an hour in front, the rest for five minutes.
        #expect(
            try step(TokenUsage(cacheWrite5m: 2_500, cacheWrite1h: 2_000), at: 600) == [
                .init(tokens: 4_500, secondsLeft: 300), .init(tokens: 2_000, secondsLeft: 3_600),
            ]
        )
        #expect(
            try step(TokenUsage(cacheRead: 4_500, cacheWrite5m: 500), at: 700) == [
                .init(tokens: 5_000, secondsLeft: 300), .init(tokens: 2_000, secondsLeft: 3_600),
            ]
        )
        let later = try #require(conversations.lookUp(try chain(texts), now: 1_100 * Self.second))
        #expect(later.segments(opus) == [.init(tokens: 2_000, secondsLeft: 3_200)])
        #expect(try #require(conversations.lookUp(try chain(texts), now: 4_300 * Self.second)).warm.isEmpty)
        // All of it for an hour.
        #expect(
            try step(TokenUsage(cacheWrite1h: 6_000), at: 5_000) == [.init(tokens: 6_000, secondsLeft: 3_600)]
        )
    }

    @Test func `where caching is automatic the whole prompt is warm, from the shortest length on`() throws {
        let conversations = Conversations()
        let caching = PromptCaching.automatic(seconds: 1_800)
        settle(conversations, try chain(["a"]), opus, TokenUsage(input: 1_023), caching: caching, at: 0)
        #expect(try #require(conversations.lookUp(try chain(["a"]), now: 0)).warm.isEmpty)
        let usage = TokenUsage(input: 200, cacheRead: 1_000, cacheWrite5m: 300)
        settle(conversations, try chain(["a"]), opus, usage, caching: caching, at: 0)
        let view = try #require(conversations.lookUp(try chain(["a"]), now: 0))
        #expect(view.segments(opus) == [.init(tokens: 1_500, secondsLeft: 1_800)])
        settle(conversations, try chain(["b"]), opus, usage, caching: .reported, at: 0)
        let reported = try #require(conversations.lookUp(try chain(["b"]), now: 0))
        #expect(reported.segments(opus) == [.init(tokens: 1_300, secondsLeft: 300)])
    }

    @Test func `is bounded in entries, bytes and idle time`() throws {
        let few = Conversations(maxEntries: 3)
        for number in 0..<10 { few.decided(try chain(["\(number)"]), choice(.fast, "h"), now: 0) }
        #expect(few.size.entries == 3)
        // The oldest of the three, once used, outlives the next one.
        #expect(few.lookUp(try chain(["7"]), now: 0) != nil)
        few.decided(try chain(["10"]), choice(.fast, "h"), now: 0)
        #expect(try few.lookUp(chain(["7"]), now: 0) != nil && few.lookUp(chain(["8"]), now: 0) == nil)

        let small = Conversations(maxBytes: 5_000)
        for number in 0..<100 {
            small.decided(try chain(["\(number)"]), choice(.fast, "h"), now: 0)
            #expect(small.size.bytes <= 5_000)
        }
        #expect((5...12).contains(small.size.entries))
        #expect(Conversations(maxBytes: 10).size.bytes == 0)

        let brief = Conversations(idleSeconds: 60)
        brief.decided(try chain(["a"]), choice(.fast, "h"), now: 0)
        #expect(brief.lookUp(try chain(["a"]), now: 60 * Self.second) != nil)
        #expect(brief.lookUp(try chain(["a"]), now: 121 * Self.second) == nil)
        #expect(brief.size.entries == 0 && brief.size.bytes == 0)
    }

    @Test func `of one long conversation only the last entries stay`() throws {
        let conversations = Conversations()
        var texts = ["0"]
        for number in 1...100 {
            conversations.decided(try chain(texts), choice(.fast, "h"), now: Int64(number))
            settle(conversations, try chain(texts), haiku, TokenUsage(cacheWrite5m: 5_000 + number), at: 0)
            texts += ["x", "\(number)"]
        }
        #expect(conversations.size.entries == 13)
        #expect(try #require(conversations.lookUp(try chain(texts), now: 0)).userTurns == 100)
        #expect(conversations.lookUp(try chain(["0", "x", "1"]), now: 0) == nil)
    }

    @Test func `remembers a bounded number of backends, those that stay the longest`() throws {
        let conversations = Conversations()
        let first = try chain(["a"])
        for number in 0..<20 {
            let key = WarmPrefix.Key(backend: "b\(number)")
            settle(conversations, first, key, TokenUsage(cacheWrite5m: 5_000), at: Int64(number))
        }
        let view = try #require(conversations.lookUp(first, now: 20 * Self.second))
        #expect(view.warm.map(\.key.backend) == (12..<20).map { "b\($0)" })
    }

    @Test func `hostile usage does no harm`() throws {
        let conversations = Conversations()
        let numbers = [Int.min, -1, 0, 1, Int.max]
        var random = SeededGenerator(seed: 3)
        func number() -> Int { numbers.randomElement(using: &random) ?? 0 }
        let first = try chain(["a"])
        for round in 0..<200 {
            let usage = TokenUsage(
                input: number(),
                cacheRead: number(),
                cacheWrite5m: number(),
                cacheWrite1h: number(),
                output: number()
            )
            conversations.settled(
                first,
                opus,
                usage,
                caching: [.marked, .reported, .automatic(seconds: number())][round % 3],
                minimum: number(),
                measured: MeasuredPrompt(characters: number(), tokens: number(), tokensPerThousandCharacters: number()),
                now: Int64(round)
            )
            let view = try #require(conversations.lookUp(first, now: Int64(round)))
            #expect(view.segments(opus).allSatisfy { $0.tokens > 0 && $0.secondsLeft >= 0 })
            #expect((view.measured?.tokens(ofPrompt: number(), perThousand: number()) ?? 0) >= 0)
        }
    }

    @Test func `estimates a prompt by what was counted before`() {
        // 40,000 characters were 13,000 tokens where 1,000 are usually 325.
        let known = MeasuredPrompt(characters: 40_000, tokens: 13_200, tokensPerThousandCharacters: 325)
        #expect(known.tokens(ofPrompt: 42_000, perThousand: 325) == 13_200 + 650)
        // 13,200 × 250 / 325 = 10,153.8; 2,000 characters are 500.
        #expect(known.tokens(ofPrompt: 42_000, perThousand: 250) == 10_153 + 500)
        // A shorter prompt is another one.
        #expect(known.tokens(ofPrompt: 4_000, perThousand: 250) == 1_000)
    }

    @Test func `expects as much again, within bounds`() {
        let fresh = ExpectedTurns(nil, wanted: .fast, offersTools: false, outputTokens: 300, promptTokens: 1_000)
        #expect(
            fresh
                == ExpectedTurns(
                    growthTokens: 400,
                    referencePromptTokens: 1_000,
                    outputTokens: 300,
                    wanted: .of([.fast])
                )
        )
        let agent = ExpectedTurns(nil, wanted: .fast, offersTools: true, outputTokens: 300, promptTokens: 1_000)
        #expect(agent.stepsPerTurn == 2 && agent.growthTokens == 800 && agent.userTurns == 0)
        var view = ConversationView()
        (view.userTurns, view.toolSteps, view.growthTokens, view.gapSeconds) = (3, 12, 900, 45)
        view.wanted = .of([.premium, .premium, .fast])
        let known = ExpectedTurns(view, wanted: .fast, offersTools: true, outputTokens: 300, promptTokens: 9_000)
        // 12 steps in three turns and the two assumed: 14 / 4, rounded up from the half.
        #expect(known.userTurns == 3 && known.stepsPerTurn == 4 && known.growthTokens == 900 && known.gapSeconds == 45)
        #expect(known.wanted[.fast] == 2 && known.wanted[.premium] == 2)
        (view.userTurns, view.toolSteps) = (500, 100_000)
        let long = ExpectedTurns(view, wanted: .fast, offersTools: true, outputTokens: 300, promptTokens: 9_000)
        #expect(long.userTurns == ExpectedTurns.mostUserTurns && long.stepsPerTurn == ExpectedTurns.mostSteps)
        // Sent again, this turn is counted already.
        (view.userTurns, view.isRepeated) = (3, true)
        let again = ExpectedTurns(view, wanted: .fast, offersTools: true, outputTokens: 300, promptTokens: 9_000)
        #expect(again.userTurns == 2 && again.wanted[.fast] == 1)
    }
}
