package import Shared

/// Finds the backend on which a conversation is expected to cost least, prompt caches and the way back included. A pure
/// function over values.
///
/// A user turn's choice holds for its tool loop, so that a candidate c is judged by
///
///     cost(c) = turn(c) + future(c)
///
/// - *turn(c)*: this request and `stepsPerTurn` more, each `growthTokens` longer. The first finds warm what c holds now,
///   the others what the one before left. How a request is billed: ``PlanCandidate/usage(promptTokens:warm:outputTokens:)``,
///   at the price of its whole length, so that a price cliff counts where it is crossed.
/// - *future(c)*: the `userTurns` to come want a tier f as often as it was wanted so far:
///
///       future(c) = Σ_f share(f) · min over the candidates k of tier ≥ f of rest(k)
///
///   where rest(k) is what those turns cost on k from then on, each after `gapSeconds` without a request. If k is c, it
///   finds what this turn left; if not, what is left of k's present warmth by then: the way back to a model that is warm
///   now costs a read and the writing of what has come since, or the writing of everything once its time is over.
///   Without a candidate of tier ≥ f the highest there is takes its place.
///
/// Among candidates of at least the wanted tier, or of the highest there is, the least cost wins; of equals the lower
/// tier, then the first. Amounts are rounded once a request, half up to a nano-dollar; hostile numbers are bounded before
/// they are added.
package enum SwitchCostPlanner {
    /// Plans a request. Nil without candidates.
    package static func plan(_ candidates: [PlanCandidate], wanted: Tier, expected: ExpectedTurns) -> SwitchPlan? {
        guard let floor = floor(wanted, candidates) else { return nil }
        let turns = candidates.map { turn($0, expected) }
        let rests = zip(candidates, turns).map { candidate, turn in
            (
                stayed: rest(candidate, expected, from: turn.nextPrompt, warm: turn.warmAfterGap),
                left: rest(candidate, expected, from: turn.nextPrompt, warm: turn.warmIfLeft)
            )
        }
        let options = candidates.indices.map { number in
            let future = future(number, candidates, rests, expected, wanted)
            return SwitchPlan.Option(
                candidate: candidates[number],
                usage: turns[number].first,
                now: turns[number].firstCost,
                turn: turns[number].cost,
                future: future,
                isEligible: candidates[number].tier >= floor
            )
        }
        let eligible = options.indices.filter { options[$0].isEligible }
        guard
            let chosen = eligible.min(by: { left, right in
                (options[left].total, options[left].candidate.tier, left)
                    < (options[right].total, options[right].candidate.tier, right)
            })
        else { return nil }
        return SwitchPlan(options: options, chosen: chosen, wanted: wanted, expected: expected)
    }

    /// What the next request of a candidate would cost after this turn, were this turn given to another one.
    static func wayBack(_ candidate: PlanCandidate, _ expected: ExpectedTurns) -> (usage: TokenUsage, cost: USD) {
        let left = turn(candidate, expected)
        let usage = candidate.usage(
            promptTokens: left.nextPrompt,
            warm: left.warmIfLeft,
            outputTokens: expected.outputTokens
        )
        return (usage, candidate.pricing.price(promptTokens: left.nextPrompt).cost(of: usage))
    }

    /// This turn on one candidate.
    private struct Turn {
        var first: TokenUsage
        var firstCost: USD
        var cost: USD
        /// The prompt of the next user turn.
        var nextPrompt: Int
        /// What that finds warm, had the candidate this turn, or had it not.
        var warmAfterGap: Int
        var warmIfLeft: Int
    }

    private static func turn(_ candidate: PlanCandidate, _ expected: ExpectedTurns) -> Turn {
        let growth = expected.growth(for: candidate)
        let first = candidate.usage(
            promptTokens: candidate.promptTokens,
            warm: candidate.warm(afterSeconds: 0),
            outputTokens: expected.outputTokens
        )
        let whole = loop(
            candidate,
            expected,
            growth,
            from: candidate.promptTokens,
            warm: candidate.warm(afterSeconds: 0)
        )
        let away = expected.gapSeconds + expected.stepsPerTurn * ExpectedTurns.secondsPerStep
        return Turn(
            first: first,
            firstCost: candidate.pricing.price(promptTokens: candidate.promptTokens).cost(of: first),
            cost: whole.cost,
            nextPrompt: whole.nextPrompt,
            warmAfterGap: candidate.warm(
                whole.cached,
                ofPrompt: whole.nextPrompt - growth,
                afterSeconds: expected.gapSeconds
            ),
            warmIfLeft: candidate.warm(afterSeconds: away)
        )
    }

    /// One user turn: its request and its tool loop's.
    private static func loop(
        _ candidate: PlanCandidate,
        _ expected: ExpectedTurns,
        _ growth: Int,
        from start: Int,
        warm: Int
    ) -> (cost: USD, nextPrompt: Int, cached: Int) {
        var cost = USD.zero
        var tokens = start
        var cached = warm
        for _ in 0...expected.stepsPerTurn {
            let usage = candidate.usage(promptTokens: tokens, warm: cached, outputTokens: expected.outputTokens)
            cost += candidate.pricing.price(promptTokens: tokens).cost(of: usage)
            cached = candidate.cacheable(tokens, warm: cached)
            tokens += growth
        }
        return (cost, tokens, cached)
    }

    /// The user turns to come, all on one candidate.
    private static func rest(
        _ candidate: PlanCandidate,
        _ expected: ExpectedTurns,
        from start: Int,
        warm: Int
    ) -> USD {
        let growth = expected.growth(for: candidate)
        var cost = USD.zero
        var tokens = start
        var warm = warm
        for _ in 0..<expected.userTurns {
            let turn = loop(candidate, expected, growth, from: tokens, warm: warm)
            cost += turn.cost
            tokens = turn.nextPrompt
            warm = candidate.warm(turn.cached, ofPrompt: tokens - growth, afterSeconds: expected.gapSeconds)
        }
        return cost
    }

    private static func future(
        _ chosen: Int,
        _ candidates: [PlanCandidate],
        _ rests: [(stayed: USD, left: USD)],
        _ expected: ExpectedTurns,
        _ wanted: Tier
    ) -> USD {
        guard expected.userTurns > 0 else { return .zero }
        var counts = expected.wanted
        if Tier.allCases.allSatisfy({ counts[$0] == 0 }) { counts[wanted] = 1 }
        var sum: Int128 = 0
        var weight: Int128 = 0
        for tier in Tier.allCases where counts[tier] > 0 {
            guard let floor = floor(tier, candidates) else { continue }
            let least = candidates.indices.filter { candidates[$0].tier >= floor }
                .map { $0 == chosen ? rests[$0].stayed : rests[$0].left }.min()
            sum += Int128((least ?? .zero).nanodollars) * Int128(counts[tier])
            weight += Int128(counts[tier])
        }
        guard weight > 0 else { return .zero }
        return USD(nanodollars: Int64(clamping: (sum + weight / 2) / weight))
    }

    /// The wanted tier where a candidate reaches it, else the highest there is; nil without candidates.
    private static func floor(_ wanted: Tier, _ candidates: [PlanCandidate]) -> Tier? {
        candidates.map(\.tier).max().map { min(wanted, $0) }
    }
}
