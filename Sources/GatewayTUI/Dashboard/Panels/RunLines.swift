import Shared

/// The text about a run of a workflow: its sums, and how each step went.
enum RunLines {
    static func compose(_ id: String, _ log: ExchangeLog) -> [StyledLine] {
        guard let run = log.lines.runs[id] else { return [StyledLine("its steps are gone from the table", .dim)] }
        let mark = run.isSimulated ? "~" : ""
        var lines = [
            DetailPane.caption("workflow").adding(run.workflow, .strong).adding(" · run ", .dim).adding(run.id),
            DetailPane.caption("steps").adding(run.progress, .strong).adding(" ops answered", .dim)
                .adding(run.cachedSteps > 0 ? " · \(run.cachedSteps) from caches" : "", Style(.good)),
            DetailPane.caption("cost").adding(mark + DetailPane.exact(run.cost), .strong)
                .adding("   on premium ", .dim).adding(DetailPane.exact(run.baseline))
                .adding("   saved ", .dim).adding(
                    DetailPane.exact(run.saved),
                    run.saved < .zero ? Style(.bad) : Style(.good)
                ),
            DetailPane.caption("time").adding("from first to last ", .dim)
                .adding(Format.duration(milliseconds: run.wallMilliseconds), .strong)
                .adding(" · sum of the steps ", .dim).adding(Format.duration(milliseconds: run.latencyMilliseconds)),
            DetailPane.caption("tokens").adding((run.hasEstimates ? "≈" : "") + Format.count(run.tokens)),
        ]
        let steps = run.steps.compactMap { log.row(sequence: $0)?.summary }
        let widest = min(24, steps.map { CellWidth.of($0.workflow?.op ?? "") }.max() ?? 0)
        for (index, step) in steps.enumerated() {
            let style = Style(step.isFailed ? .bad : .good, .bold)
            lines.append(
                DetailPane.caption(index == 0 ? "ops" : "")
                    .adding(CellWidth.fit(step.workflow?.op ?? "", widest), Style(.accent))
                    .adding("  \(step.status)", style)
                    .adding("  \(step.tier.map { "\($0.letter) " } ?? "")\(step.model)", Style(step.tier?.role ?? .dim))
                    .adding("  \(Format.duration(milliseconds: step.latencyMilliseconds))", .dim)
                    .adding("  \(mark)\(DetailPane.exact(step.cost))")
                    .adding(step.error.map { "  \($0)" } ?? "", Style(.bad))
            )
        }
        return lines
    }
}
