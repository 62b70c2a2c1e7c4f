import Shared

/// A row of the figures of a comparison.
enum ComparisonFigure: CaseIterable {
    case model, firstToken, total, tokens, speed, cost, stop, judge

    /// Those that find room in so many rows, in their order; the less important go first.
    static func shown(_ rows: Int) -> [ComparisonFigure] {
        let byWeight: [ComparisonFigure] = [.model, .cost, .firstToken, .total, .judge, .tokens, .speed, .stop]
        let kept = byWeight.prefix(max(0, rows))
        return allCases.filter(kept.contains)
    }

    var label: String {
        switch self {
        case .model: "model"
        case .firstToken: "first token"
        case .total: "total"
        case .tokens: "tokens"
        case .speed: "tokens/s"
        case .cost: "cost"
        case .stop: "stop"
        case .judge: "judge"
        }
    }

    /// The columns that are best in it, of those that have come to a good end.
    func best(_ comparison: Comparison) -> Set<Int> {
        let values = comparison.columns.map { column -> Double? in
            guard column.answer.phase == .finished, let detail = column.answer.detail else { return nil }
            return switch self {
            case .firstToken: column.answer.firstTokenMilliseconds
            case .total: column.answer.milliseconds(now: 0)
            case .speed: column.answer.tokensPerSecond.map(Double.init)
            case .cost: Double(detail.summary.cost.nanodollars)
            case .judge: detail.quality?.score
            case .model, .tokens, .stop: nil
            }
        }
        return Comparison.best(values, isLeast: self != .speed && self != .judge)
    }

    /// What a column has of it, in about so many columns.
    func text(_ column: Comparison.Column, now: Int64, width: Int) -> (String, Style) {
        let answer = column.answer
        let summary = answer.detail?.summary
        let open = answer.phase.isRunning ? "…" : "–"
        switch self {
        case .model:
            guard let summary, !summary.model.isEmpty else { return (column.target.name, .strong) }
            let letter = summary.tier.map { "\($0.letter) " } ?? ""
            // Who answers in another's place is no answer to what was asked.
            let mark = column.isSubstitute ? "! " : ""
            let style = column.isSubstitute ? Style(.warn, .bold) : Style(summary.tier?.role ?? .normal, .bold)
            return ("\(mark)\(letter)\(summary.model)", style)
        case .firstToken:
            return (answer.firstTokenMilliseconds.map { Format.duration(milliseconds: $0) } ?? open, .normal)
        case .total:
            guard answer.phase != .idle else { return (open, .normal) }
            return (Format.duration(milliseconds: answer.milliseconds(now: now)), .normal)
        case .tokens:
            guard let summary else { return (open, .normal) }
            let (input, output) = (Format.count(summary.usage.totalInput), Format.count(summary.usage.output))
            let mark = summary.usageIsEstimated ? "≈" : ""
            let long = "\(mark)\(input) in / \(output) out"
            return (CellWidth.of(long) <= width ? long : "\(mark)\(input)/\(output)", .normal)
        case .speed: return (answer.tokensPerSecond.map { Format.count($0) } ?? open, .normal)
        case .cost:
            if let summary { return ((summary.isSimulated ? "~" : "") + Format.money(summary.cost), .normal) }
            guard let estimate = column.estimate else { return (open, .normal) }
            return ("est. \(estimate.isSimulated ? "~" : "")\(Format.money(estimate.cost))", .dim)
        case .stop:
            guard let summary else { return (open, .normal) }
            if summary.status >= 400 { return ("HTTP \(summary.status)", Style(.bad)) }
            return (summary.stopReason ?? "–", .normal)
        case .judge: return judged(answer.detail?.quality, open)
        }
    }

    private func judged(_ quality: AnswerQualityReport?, _ open: String) -> (String, Style) {
        guard let quality else { return (open, .normal) }
        let score = Format.decimal(max(0, min(1, quality.score)), places: 2)
        guard !quality.signals.isEmpty else { return ("\(score) fine", .normal) }
        let names = quality.signals.map(\.name).joined(separator: ", ")
        return ("\(score) \(quality.isWeak ? "weak: " : "")\(names)", quality.isWeak ? Style(.bad) : Style(.warn))
    }
}
