import Shared

/// The calls that were made for an exchange, each with its place in the time that it took.
enum AttemptLines {
    static func compose(_ detail: ExchangeDetail, width: Int) -> [StyledLine] {
        let attempts = detail.attempts
        let total = detail.summary.latencyMilliseconds
        let hasTimes = attempts.contains { $0.startedMilliseconds != nil } && total > 0
        let cells = !hasTimes ? 0 : width < 80 ? 16 : width < 130 ? 28 : 40
        let nameWidth = min(20, attempts.map { CellWidth.of($0.backend) }.max() ?? 0)
        return attempts.enumerated().map { index, attempt in
            let isGood = attempt.error == nil && (attempt.status ?? 599) < 400
            let isLast = index == attempts.count - 1
            var line = DetailPane.caption(index == 0 ? "attempts" : "")
                .adding("\(index + 1) \(CellWidth.fit(attempt.backend, nameWidth)) ")
                .adding(attempt.status.map { "\($0)" } ?? "no answer", Style(isGood ? .good : .bad, .bold))
            if cells > 0 {
                let bar = bar(attempt, of: total, cells: cells, streams: isLast && isGood && detail.summary.stream)
                line = line.adding(" │").adding(bar, Style(isGood ? .good : .bad)).adding("│")
            }
            if let started = attempt.startedMilliseconds {
                line = line.adding(" at \(Format.duration(milliseconds: started)) for", .dim)
            }
            return line.adding(" \(Format.duration(milliseconds: attempt.durationMilliseconds))", .dim)
                .adding(attempt.cost.map { "  \(DetailPane.exact($0))" } ?? "")
                .adding(attempt.weakness.map { "  weak: \($0)" } ?? "", Style(.warn))
                .adding(attempt.error.map { "  \($0)" } ?? "", Style(.bad))
        }
    }

    /// A full block while its first bytes were waited for, a low one while it streamed.
    private static func bar(_ attempt: AttemptReport, of total: Double, cells: Int, streams: Bool) -> String {
        guard let started = attempt.startedMilliseconds, started.isFinite else {
            return String(repeating: " ", count: cells)
        }
        func cell(_ milliseconds: Double) -> Int {
            max(0, min(cells, Format.whole((milliseconds / total * Double(cells)).rounded())))
        }
        let first = min(cells - 1, cell(started))
        let end = max(first + 1, cell(started + attempt.durationMilliseconds))
        let rest = streams ? cells - end : 0
        return String(repeating: " ", count: first) + String(repeating: "█", count: end - first)
            + String(repeating: "▂", count: rest) + String(repeating: " ", count: cells - end - rest)
    }
}
