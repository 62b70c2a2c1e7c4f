import Shared

/// The score of a prompt on its scale of 0 to 100, with the places where one tier ends and the next begins.
enum ScoreGauge {
    /// Draws the scale in one row; nothing where the prompt was not scored.
    static func draw(_ decision: DecisionExplanation, in rect: Rect, row: Int, on surface: inout Surface) {
        guard let score = decision.score else { return }
        let shown = max(0, min(100, score))
        let chosen = decision.candidates.first(where: \.isChosen)
        let style = Style(chosen?.tier.role ?? .accent, .bold)
        let label = surface.write("score \(shown) ", in: rect, row: row, .strong)
        let width = rect.width - label
        guard width >= 10 else { return }
        surface.gauge(in: rect, row: row, column: label, width: width, share: Double(shown) / 100, style)
        for bound in bounds(decision) {
            let column = label + place(bound, width)
            surface.put("│", in: rect, row: row, columns: column..<column + 1, .strong)
        }
    }

    /// Writes below the scale which tier each part of it is for, where the words find room.
    static func drawLegend(_ decision: DecisionExplanation, in rect: Rect, row: Int, on surface: inout Surface) {
        guard let score = decision.score else { return }
        let label = CellWidth.of("score \(max(0, min(100, score))) ")
        let width = rect.width - label
        let bounds = bounds(decision)
        guard width >= 10, bounds.count == 2 else { return }
        let starts = [0, place(bounds[0], width), place(bounds[1], width)]
        let words = [
            "\(Tier.fast.letter)", "\(Format.whole(bounds[0])) \(Tier.balanced.letter)",
            "\(Format.whole(bounds[1])) \(Tier.premium.letter)",
        ]
        var end = 0
        for (start, (word, tier)) in zip(starts, zip(words, [Tier.fast, .balanced, .premium])) {
            guard start >= end, start + word.count <= width else { continue }
            surface.write(word, in: rect, row: row, column: label + start, Style(tier.role))
            end = start + word.count + 1
        }
    }

    /// What else the classifier says: `code · 82% sure · complexity 6/10 · heuristic`.
    static func facts(_ decision: DecisionExplanation) -> String {
        [
            decision.task, decision.confidence.map { "\(Format.percent($0, of: 1)) sure" },
            decision.complexity.map { "complexity \($0)/10" },
            decision.classifier == "n/a" ? nil : decision.classifier,
        ].compactMap(\.self).joined(separator: " · ")
    }

    private static func bounds(_ decision: DecisionExplanation) -> [Double] {
        guard let thresholds = decision.thresholds else { return [] }
        return [thresholds.fastMax, thresholds.balancedMax].filter { (0...100).contains($0) }
    }

    private static func place(_ score: Double, _ width: Int) -> Int {
        min(width - 1, Format.whole(score / 100 * Double(width)))
    }
}
