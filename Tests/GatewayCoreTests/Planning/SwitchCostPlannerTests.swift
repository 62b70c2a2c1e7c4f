import GatewayCore
import Shared
import Testing

/// Worked out by hand from the prices per million tokens.
@Suite struct `The switch-cost planner` {
    private typealias Prices = PlannerPrices

    /// 60,000 tokens, all warm on Opus 4.7 but the last 1,000.
    private func sixtyThousand(warm: [WarmPrefix.Segment] = PlanCandidate.warm(59_000)) -> [PlanCandidate] {
        [
            .make("haiku", .fast, Prices.haiku45, minimum: 4_096, prompt: 60_000),
            .make("sonnet", .balanced, Prices.sonnet46, minimum: 2_048, prompt: 60_000),
            .make("opus", .premium, Prices.opus47, minimum: 4_096, prompt: 60_000, warm: warm),
        ]
    }

    private func nano(_ dollars: Int64, _ nano: Int64) -> USD { USD(nanodollars: dollars * 1_000_000_000 + nano) }

    @Test func `bills one request of each as the tables say`() throws {
        let plan = try #require(
            SwitchCostPlanner.plan(sixtyThousand(), wanted: .fast, expected: ExpectedTurns(outputTokens: 500))
        )
        // 60,000 × 1.25 + 500 × 5; 60,000 × 3.75 + 500 × 15; 59,000 × 0.50 + 1,000 × 6.25 + 500 × 25, in millionths.
        #expect(
            plan.options.map(\.now) == [nano(0, 77_500_000), nano(0, 232_500_000), nano(0, 48_250_000)]
        )
        // Without more to come there is nothing else to pay.
        #expect(plan.options.map(\.total) == plan.options.map(\.now))
    }

    @Test func `stays on a warm premium model for a single short turn`() throws {
        let plan = try #require(
            SwitchCostPlanner.plan(sixtyThousand(), wanted: .fast, expected: ExpectedTurns(outputTokens: 500))
        )
        #expect(plan.choice.candidate.name == "opus")
    }

    @Test func `a cold fast-tier turn wins with a long answer, a cold mid-tier turn does not`() throws {
        let expected = ExpectedTurns(outputTokens: 4_000)
        let fast = try #require(SwitchCostPlanner.plan(sixtyThousand(), wanted: .fast, expected: expected))
        // 0.075 + 4,000 × 5 = 0.095 against 0.0295 + 0.00625 + 4,000 × 25 = 0.13575.
        #expect(fast.choice.candidate.name == "haiku")
        #expect(fast.choice.total == nano(0, 95_000_000))
        #expect(fast.options[2].total == nano(0, 135_750_000))
        let balanced = try #require(SwitchCostPlanner.plan(sixtyThousand(), wanted: .balanced, expected: expected))
        // 0.225 + 4,000 × 15 = 0.285.
        #expect(balanced.choice.candidate.name == "opus")
        #expect(balanced.options[1].total == nano(0, 285_000_000))
        #expect(!balanced.options[0].isEligible)
    }

    @Test func `a cold fast-tier turn wins with the turns that follow, a cold mid-tier turn does not`() throws {
        // One turn to come that wants the same tier, no growth, 60 seconds later; 500 tokens of answer each.
        func expected(_ tier: Tier) -> ExpectedTurns {
            ExpectedTurns(userTurns: 2, outputTokens: 500, wanted: .of([tier]))
        }
        let fast = try #require(SwitchCostPlanner.plan(sixtyThousand(), wanted: .fast, expected: expected(.fast)))
        // haiku: 0.0775, then 2 × (60,000 × 0.10 + 500 × 5 = 0.0085) = 0.0945.
        // opus: 0.04825, then 2 × (60,000 × 0.50 + 500 × 25 = 0.0425) = 0.13325, but the cheapest rest is its own:
        // a cold haiku would be 0.0775 + 0.0085 = 0.086 for the two, opus 0.085.
        #expect(fast.options[0].total == nano(0, 94_500_000))
        #expect(fast.options[2].future == nano(0, 85_000_000))
        #expect(fast.choice.candidate.name == "haiku")
        let balanced = try #require(
            SwitchCostPlanner.plan(sixtyThousand(), wanted: .balanced, expected: expected(.balanced))
        )
        // sonnet: 0.2325, then 2 × (60,000 × 0.30 + 500 × 15 = 0.0255) = 0.2835; opus 0.13325.
        #expect(balanced.options[1].total == nano(0, 283_500_000))
        #expect(balanced.options[2].total == nano(0, 133_250_000))
        #expect(balanced.choice.candidate.name == "opus")
    }

    @Test func `the return trip is paid for where the turns to come want the premium tier`() throws {
        // Of four turns so far three wanted premium: so will three quarters of the one to come.
        let often = ExpectedTurns(
            userTurns: 1,
            outputTokens: 2_500,
            wanted: .of([.premium, .premium, .premium, .fast])
        )
        let plan = try #require(SwitchCostPlanner.plan(sixtyThousand(), wanted: .fast, expected: often))
        // haiku: 60,000 × 1.25 + 2,500 × 5 = 0.0875. Then, for fast, itself: 0.006 + 0.0125 = 0.0185; for premium, opus with
        // 59,000 warm still: 0.0295 + 1,000 × 6.25 + 2,500 × 25 = 0.09825. Σ = (0.0185 + 3 × 0.09825) / 4 = 0.0783125.
        #expect(plan.options[0].turn == nano(0, 87_500_000))
        #expect(plan.options[0].future == nano(0, 78_312_500))
        // opus: 0.0295 + 0.00625 + 0.0625 = 0.09825. Then itself all warm: 0.03 + 0.0625 = 0.0925 for either; a cold haiku
        // is 0.0875 for fast. Σ = (0.0875 + 3 × 0.0925) / 4 = 0.09125.
        #expect(plan.options[2].turn == nano(0, 98_250_000))
        #expect(plan.options[2].future == nano(0, 91_250_000))
        #expect(plan.choice.candidate.name == "haiku")

        // With 50 seconds left and a user who takes 60, Opus is cold when he comes back, unless it has this turn.
        let late = sixtyThousand(warm: PlanCandidate.warm(59_000, seconds: 50))
        let risky = try #require(SwitchCostPlanner.plan(late, wanted: .fast, expected: often))
        // For premium now: 60,000 × 6.25 + 0.0625 = 0.4375. Σ = (0.0185 + 3 × 0.4375) / 4 = 0.33275.
        #expect(risky.options[0].future == nano(0, 332_750_000))
        #expect(risky.choice.candidate.name == "opus")
    }

    @Test func `an expired cache leaves the plain cheapest`() throws {
        for (wanted, name) in [(Tier.fast, "haiku"), (.balanced, "sonnet"), (.premium, "opus")] {
            let plan = try #require(
                SwitchCostPlanner.plan(sixtyThousand(warm: []), wanted: wanted, expected: .init(outputTokens: 500))
            )
            #expect(plan.choice.candidate.name == name)
        }
        let gone = sixtyThousand(warm: PlanCandidate.warm(59_000, seconds: 0))
        let plan = try #require(SwitchCostPlanner.plan(gone, wanted: .fast, expected: .init(outputTokens: 500)))
        #expect(plan.choice.candidate.name == "haiku")
    }

    @Test func `beyond Haiku 5_5's price cliff the detour loses`() throws {
        func plan(_ tokens: Int) throws -> SwitchPlan {
            let candidates: [PlanCandidate] = [
                .make(
                    "haiku",
                    .fast,
                    Prices.haiku55,
                    long: (100_000, Prices.haiku55Long),
                    minimum: 512,
                    prompt: tokens
                ),
                .make(
                    "sonnet",
                    .balanced,
                    Prices.sonnet55,
                    minimum: 512,
                    prompt: tokens,
                    warm: PlanCandidate.warm(tokens)
                ),
            ]
            return try #require(
                SwitchCostPlanner.plan(candidates, wanted: .fast, expected: ExpectedTurns(outputTokens: 500))
            )
        }
        // 100,000 × 0.125 + 500 × 0.50 = 0.01275 against 100,000 × 0.10 + 500 × 10 = 0.015.
        let below = try plan(100_000)
        #expect(below.options.map(\.now) == [nano(0, 12_750_000), nano(0, 15_000_000)])
        #expect(below.choice.candidate.name == "haiku")
        // 100,001 × 0.625 + 500 × 2.50 = 0.063750625 against 0.0150001.
        let above = try plan(100_001)
        #expect(above.options.map(\.now) == [nano(0, 63_750_625), nano(0, 15_000_100)])
        #expect(above.choice.candidate.name == "sonnet")
    }

    @Test func `beyond OpenAI's price cliff the detour loses`() throws {
        func plan(_ tokens: Int) throws -> SwitchPlan {
            let candidates: [PlanCandidate] = [
                .make(
                    "luna",
                    .fast,
                    Prices.luna,
                    long: (272_000, Prices.lunaLong),
                    caching: .automatic(seconds: 1_800),
                    prompt: tokens
                ),
                .make("opus", .premium, Prices.opus55, prompt: tokens, warm: PlanCandidate.warm(tokens)),
            ]
            return try #require(
                SwitchCostPlanner.plan(candidates, wanted: .fast, expected: ExpectedTurns(outputTokens: 500))
            )
        }
        // 272,000 × 0.125 + 500 × 0.50 = 0.03425 against 272,000 × 0.20 + 500 × 20 = 0.0644.
        let below = try plan(272_000)
        #expect(below.options.map(\.now) == [nano(0, 34_250_000), nano(0, 64_400_000)])
        #expect(below.choice.candidate.name == "luna")
        // 272,001 × 0.25 + 500 × 0.75 = 0.06837525 against 0.0644002.
        let above = try plan(272_001)
        #expect(above.options.map(\.now) == [nano(0, 68_375_250), nano(0, 64_400_200)])
        #expect(above.choice.candidate.name == "opus")
    }

    @Test func `a tool loop crosses the cliff where its prompt does`() throws {
        let candidate = PlanCandidate.make(
            "haiku",
            .fast,
            Prices.haiku55,
            long: (100_000, Prices.haiku55Long),
            minimum: 512,
            prompt: 99_500,
            warm: PlanCandidate.warm(99_500)
        )
        let expected = ExpectedTurns(stepsPerTurn: 1, growthTokens: 1_000, outputTokens: 0)
        let plan = try #require(SwitchCostPlanner.plan([candidate], wanted: .fast, expected: expected))
        // 99,500 × 0.01 = 0.000995, then 99,500 × 0.05 + 1,000 × 0.625 = 0.0056.
        #expect(plan.choice.turn == nano(0, 995_000) + nano(0, 5_600_000))
    }

    @Test func `below the shortest prefix nothing is cached`() throws {
        let candidate = PlanCandidate.make("haiku", .fast, Prices.haiku45, minimum: 4_096, prompt: 4_095)
        let expected = ExpectedTurns(userTurns: 1, outputTokens: 0, wanted: .of([.fast]))
        let plan = try #require(SwitchCostPlanner.plan([candidate], wanted: .fast, expected: expected))
        // Plain input at $1, and again.
        #expect(plan.choice.usage == TokenUsage(input: 4_095))
        #expect(plan.choice.now == nano(0, 4_095_000) && plan.choice.future == nano(0, 4_095_000))
        var longer = candidate
        (longer.promptTokens, longer.markedTokens) = (4_096, 4_096)
        let cached = try #require(SwitchCostPlanner.plan([longer], wanted: .fast, expected: expected))
        // Written at $1.25, read at $0.10.
        #expect(cached.choice.now == nano(0, 5_120_000) && cached.choice.future == nano(0, 409_600))
    }

    @Test func `requests without markers have no cache at Anthropic, and one at OpenAI`() throws {
        let expected = ExpectedTurns(userTurns: 1, outputTokens: 0, wanted: .of([.fast]))
        let anthropic = PlanCandidate.make("haiku", .fast, Prices.haiku55, prompt: 50_000, marked: 0)
        let openAI = PlanCandidate.make(
            "luna",
            .fast,
            Prices.luna,
            caching: .automatic(seconds: 1_800),
            prompt: 50_000,
            marked: 0
        )
        let plan = try #require(SwitchCostPlanner.plan([anthropic], wanted: .fast, expected: expected))
        #expect(plan.choice.now == nano(0, 5_000_000) && plan.choice.future == nano(0, 5_000_000))
        let other = try #require(SwitchCostPlanner.plan([openAI], wanted: .fast, expected: expected))
        #expect(other.choice.now == nano(0, 6_250_000) && other.choice.future == nano(0, 500_000))
    }

    @Test func `writes for an hour cost more and outlast a long pause`() throws {
        let slow = ExpectedTurns(userTurns: 1, outputTokens: 0, gapSeconds: 1_200, wanted: .of([.premium]))
        let short = PlanCandidate.make("opus", .premium, Prices.opus47, prompt: 60_000)
        let hour = PlanCandidate.make("opus", .premium, Prices.opus47, prompt: 60_000, hour: 60_000)
        let part = PlanCandidate.make("opus", .premium, Prices.opus47, prompt: 60_000, hour: 20_000)
        func costs(_ candidate: PlanCandidate) throws -> [USD] {
            let plan = try #require(SwitchCostPlanner.plan([candidate], wanted: .premium, expected: slow))
            return [plan.choice.now, plan.choice.future]
        }
        // 60,000 × 6.25, and once more after twenty minutes.
        #expect(try costs(short) == [nano(0, 375_000_000), nano(0, 375_000_000)])
        // 60,000 × 10, then read at 0.50.
        #expect(try costs(hour) == [nano(0, 600_000_000), nano(0, 30_000_000)])
        // 20,000 × 10 + 40,000 × 6.25; then 20,000 × 0.50 + 40,000 × 6.25.
        #expect(try costs(part) == [nano(0, 450_000_000), nano(0, 260_000_000)])
    }

    @Test func `says what it weighed, with figures`() throws {
        let candidates: [PlanCandidate] = [
            .make("sonnet", .balanced, Prices.sonnet46, prompt: 61_200),
            .make("opus", .premium, Prices.opus47, prompt: 61_200, warm: PlanCandidate.warm(61_200)),
        ]
        let plan = try #require(
            SwitchCostPlanner.plan(candidates, wanted: .balanced, expected: ExpectedTurns(outputTokens: 400))
        )
        #expect(
            plan.sentences == [
                "opus is expected to cost least: $0.0406 for this request.",
                "sonnet would cost $0.2355 for this request.",
                "sonnet would have to read 61,200 tokens anew: $0.2295 to write them, where opus reads 61,200 of its own "
                    + "warm for $0.0306.",
            ]
        )
        let long = try #require(
            SwitchCostPlanner.plan(sixtyThousand(), wanted: .fast, expected: ExpectedTurns(outputTokens: 4_000))
        )
        #expect(
            long.sentences == [
                "haiku is expected to cost least: $0.0950 for this request.",
                "sonnet would cost $0.2850 for this request.",
                "opus would cost $0.1358 for this request.",
                "opus would read 59,000 tokens warm for $0.0295; haiku reads 60,000 anew for $0.0750 and is cheaper all "
                    + "the same.",
                "A later return to opus would cost $0.1358 a request: 59,000 tokens still warm, 1,000 new to it.",
            ]
        )
    }

    @Test func `takes the highest tier where none reaches the wanted one, and the lower of equals`() throws {
        let free = Price.free
        let candidates: [PlanCandidate] = [
            .make("a", .balanced, free, prompt: 10), .make("b", .fast, free, prompt: 10),
            .make("c", .fast, free, prompt: 10),
        ]
        let expected = ExpectedTurns(outputTokens: 1)
        #expect(SwitchCostPlanner.plan(candidates, wanted: .premium, expected: expected)?.choice.candidate.name == "a")
        #expect(SwitchCostPlanner.plan(candidates, wanted: .local, expected: expected)?.choice.candidate.name == "b")
        #expect(SwitchCostPlanner.plan([], wanted: .fast, expected: expected) == nil)
    }

    @Test func `hostile numbers neither trap nor turn negative`() throws {
        let dearest = Price(input: .max, output: .max, cacheRead: .max, cacheWrite5m: .max, cacheWrite1h: .max)
        var random = SeededGenerator(seed: 7)
        let numbers = [Int.min, -1, 0, 1, 1_024, 1 << 40, Int.max]
        func number() -> Int { numbers.randomElement(using: &random) ?? 0 }
        for _ in 0..<300 {
            var candidates: [PlanCandidate] = []
            for tier in Tier.allCases {
                var candidate = PlanCandidate.make(
                    tier.name,
                    tier,
                    dearest,
                    caching: [.marked, .automatic(seconds: number()), .reported][Int.random(in: 0..<3, using: &random)],
                    minimum: number(),
                    prompt: number(),
                    warm: [WarmPrefix.Segment(tokens: number(), secondsLeft: number())]
                )
                candidate.markedTokens = number()
                candidate.hourTokens = number()
                candidates.append(candidate)
            }
            let expected = ExpectedTurns(
                userTurns: number(),
                stepsPerTurn: number(),
                growthTokens: number(),
                referencePromptTokens: number(),
                outputTokens: number(),
                gapSeconds: number(),
                wanted: .of(Tier.allCases)
            )
            let plan = try #require(SwitchCostPlanner.plan(candidates, wanted: .fast, expected: expected))
            #expect(plan.options.allSatisfy { $0.now >= .zero && $0.turn >= .zero && $0.future >= .zero })
            #expect(!plan.sentences.isEmpty)
        }
    }
}
