import Shared

/// The text of a decision: the classification, what was weighed and why.
enum DecisionLines {
    static func compose(_ decision: DecisionExplanation, isAsked asked: String = "") -> [StyledLine] {
        classification(decision) + candidates(decision) + reasons(decision)
    }

    static func classification(_ decision: DecisionExplanation) -> [StyledLine] {
        var first = DetailPane.caption("class").adding(decision.classifier, .strong)
        if let score = decision.score { first = first.adding("  score \(score)/100", .strong) }
        if let task = decision.task { first = first.adding("  \(task)", Style(.accent)) }
        if let confidence = decision.confidence { first = first.adding("  \(Format.whole(confidence * 100)) % sure") }
        first = first.adding("  in \(duration(decision.classifyMicroseconds))", .dim)
        let nameWidth = min(22, decision.signals.map { CellWidth.of($0.name) }.max() ?? 0)
        let signals = decision.signals.map { signal in
            let points = (signal.points > 0 ? "+" : "") + "\(signal.points)"
            let style = signal.points == 0 ? Style.dim : Style(signal.points > 0 ? .warn : .good)
            var line = DetailPane.caption("").adding(CellWidth.fit(points, 4, alignRight: true), style)
                .adding("  \(CellWidth.fit(signal.name, nameWidth))  ").adding(signal.detail, .dim)
            line.indent = 10 + 4 + 2 + nameWidth + 2
            return line
        }
        return [first] + bounds(decision) + signals
    }

    /// The bounds between the tiers, and where feedback found them.
    static func bounds(_ decision: DecisionExplanation) -> [StyledLine] {
        guard let bounds = decision.thresholds else { return [] }
        func bound(_ name: String, _ value: Double, _ prior: Double?) -> String {
            let moved = prior.map { Format.whole($0) != Format.whole(value) ? " (from \(Format.whole($0)))" : "" } ?? ""
            return "\(name) ≤ \(Format.whole(value))\(moved)"
        }
        let text = [
            bound("fast", bounds.fastMax, bounds.fastPrior),
            bound("balanced", bounds.balancedMax, bounds.balancedPrior),
        ]
        return [DetailPane.caption("bounds").adding(text.joined(separator: " · "), .dim)]
    }

    static func candidates(_ decision: DecisionExplanation) -> [StyledLine] {
        let sorted = decision.candidates.sorted { ($0.tier, $0.estimatedCost) < ($1.tier, $1.estimatedCost) }
        let nameWidth = min(20, sorted.map { CellWidth.of($0.backend) }.max() ?? 0)
        return sorted.enumerated().map { index, candidate in
            let style = Style(candidate.tier.role, candidate.isChosen ? .bold : [])
            let cost = (candidate.isSimulated ? "~" : "") + Format.money(candidate.estimatedCost)
            return DetailPane.caption(index == 0 ? "weighed" : "")
                .adding(candidate.isChosen ? "▶ " : "  ", .strong)
                .adding("\(candidate.tier.letter) \(CellWidth.fit(candidate.backend, nameWidth))", style)
                .adding(" \(CellWidth.fit(cost, 10, alignRight: true)) est.", candidate.isChosen ? .strong : .dim)
                .adding(candidate.isChosen ? "  chosen" : "", .strong)
                .adding(candidate.veto.map { "  ✖ \($0)" } ?? "", Style(.bad))
        }
    }

    static func reasons(_ decision: DecisionExplanation) -> [StyledLine] {
        decision.reasons.enumerated().map { index, reason in
            var line = DetailPane.caption(index == 0 ? "why" : "").adding("\(index + 1) ", .dim).adding(reason)
            line.indent = 12
            return line
        }
    }

    private static func duration(_ microseconds: Double) -> String {
        microseconds < 1_000 ? "\(Format.whole(microseconds)) µs" : Format.duration(milliseconds: microseconds / 1_000)
    }
}
