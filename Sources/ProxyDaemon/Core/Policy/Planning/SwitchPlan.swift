package import Shared

/// What ``SwitchCostPlanner`` found out: a cost for each candidate, and the choice.
package struct SwitchPlan: Sendable {
    /// One candidate's expected costs.
    package struct Option: Sendable {
        package let candidate: PlanCandidate
        /// How this request would be billed.
        package let usage: TokenUsage
        /// What it would cost.
        package let now: USD
        /// The same with the tool loop that is expected to follow.
        package let turn: USD
        /// The user turns that are expected to follow, each on the cheapest backend for it.
        package let future: USD
        /// It has the tier that was wanted, or the highest there is.
        package let isEligible: Bool

        /// What the choice goes by.
        package var total: USD { turn + future }

        /// Tokens that would have to be read anew of a prompt that might have been warm.
        var coldTokens: Int { usage.input + usage.cacheWrite5m + usage.cacheWrite1h }

        /// What those cost.
        var coldCost: USD {
            var cold = usage
            (cold.cacheRead, cold.output) = (0, 0)
            return candidate.pricing.price(promptTokens: usage.totalInput).cost(of: cold)
        }

        var warmCost: USD {
            candidate.pricing.price(promptTokens: usage.totalInput).cost(of: TokenUsage(cacheRead: usage.cacheRead))
        }
    }

    /// In the order of the candidates.
    package let options: [Option]
    /// The choice's position in `options`.
    package let chosen: Int
    package let wanted: Tier
    package let expected: ExpectedTurns
    /// The choice is the planner's; false where a preference or a bound made it.
    let isCheapest: Bool

    init(options: [Option], chosen: Int, wanted: Tier, expected: ExpectedTurns, isCheapest: Bool = true) {
        self.isCheapest = isCheapest
        self.options = options
        self.chosen = chosen
        self.wanted = wanted
        self.expected = expected
    }

    package var choice: Option { options[chosen] }

    /// The reasons in plain sentences with figures, the choice first.
    package var sentences: [String] {
        let choice = choice
        var sentences = [
            "\(choice.candidate.name) \(isCheapest ? "is expected to cost least" : "comes first"): \(amounts(choice))."
        ]
        let others = options.indices.filter { $0 != chosen }.map { options[$0] }
        for option in others {
            let below = option.isEligible ? "" : ", but is below the tier \(wanted.name)"
            sentences.append("\(option.candidate.name) would cost \(amounts(option))\(below).")
            if option.isEligible, let comparison = comparison(option) { sentences.append(comparison) }
        }
        for option in others where option.usage.cacheRead > 0 {
            sentences.append(wayBack(option))
        }
        return sentences
    }

    private func amounts(_ option: Option) -> String {
        var text = "\(Self.figure(option.now)) for this request"
        if expected.stepsPerTurn > 0 {
            text += ", \(Self.figure(option.turn)) with \(Self.counted(expected.stepsPerTurn, "tool step"))"
        }
        if expected.userTurns > 0 {
            text +=
                ", \(Self.figure(option.total)) with \(Self.counted(expected.userTurns, "user turn")) that may follow"
        }
        return text
    }

    /// Where one of the two finds warm what the other does not.
    private func comparison(_ option: Option) -> String? {
        let choice = choice
        let name = option.candidate.name
        if choice.usage.cacheRead > 0, option.usage.cacheRead == 0 {
            return "\(name) would have to read \(Self.grouped(option.coldTokens)) tokens anew: "
                + "\(Self.figure(option.coldCost)) \(Self.verb(option)), where \(choice.candidate.name) reads "
                + "\(Self.grouped(choice.usage.cacheRead)) of its own warm for \(Self.figure(choice.warmCost))."
        }
        if option.usage.cacheRead > 0, choice.usage.cacheRead == 0 {
            return "\(name) would read \(Self.grouped(option.usage.cacheRead)) tokens warm for "
                + "\(Self.figure(option.warmCost)); \(choice.candidate.name) reads "
                + "\(Self.grouped(choice.coldTokens)) anew for \(Self.figure(choice.coldCost)) and is cheaper all the same."
        }
        return nil
    }

    private func wayBack(_ option: Option) -> String {
        let (usage, cost) = SwitchCostPlanner.wayBack(option.candidate, expected)
        let written = usage.cacheWrite5m + usage.cacheWrite1h + usage.input
        guard usage.cacheRead > 0 else {
            return "A later return to \(option.candidate.name) would find its cache expired: "
                + "\(Self.figure(cost)) for a request of \(Self.grouped(written)) tokens."
        }
        return "A later return to \(option.candidate.name) would cost \(Self.figure(cost)) a request: "
            + "\(Self.grouped(usage.cacheRead)) tokens still warm, \(Self.grouped(written)) new to it."
    }

    private static func verb(_ option: Option) -> String {
        option.usage.cacheWrite5m + option.usage.cacheWrite1h > 0 ? "to write them" : "as plain input"
    }

    private static func counted(_ number: Int, _ word: String) -> String {
        number == 1 ? "the one \(word)" : "the \(number) \(word)s"
    }

    /// Four decimals, all of them where the amount is too small for that.
    static func figure(_ amount: USD) -> String {
        amount.nanodollars.magnitude >= 100_000 || amount == .zero
            ? "$\(amount.formatted(places: 4))" : "$\(amount)"
    }

    /// 61200 as 61,200.
    static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }
}
