import Shared

/// One exchange with every reason for what became of it.
enum DetailPane {
    /// Columns of the captions at the left.
    private static let captionWidth = 10

    static func draw(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard let detail = dashboard.detail, rect.height >= 3 else { return }
        let inside = rect.interior
        let lines = lines(of: dashboard, width: inside.width)
        let scroll = max(0, min(detail.scroll, lines.count - inside.height))
        let below = lines.count - inside.height - scroll
        let note = below > 0 ? "PgDn \(below) more" : scroll > 0 ? "PgUp" : dashboard.hint(.back, in: .list, "closes")
        surface.frame(rect, title: title(detail, dashboard), note: note, border: Style(.accent))
        for (row, line) in lines.dropFirst(scroll).prefix(inside.height).enumerated() {
            surface.write(line, in: inside, row: row)
        }
    }

    private static func title(_ detail: Dashboard.Detail, _ dashboard: Dashboard) -> String {
        let id = detail.id.safeToShow(limit: 16)
        if case .run = detail.content {
            let run = dashboard.feed.log.lines.runs[detail.id]
            return "run \(id)\(run.map { " · \($0.workflow)" } ?? "")"
        }
        guard case .loaded(let loaded) = detail.content else { return id }
        let question = loaded.summary.tier.map { "why \($0.name)?" } ?? "what happened?"
        return "\(id) · \(question)\(loaded.summary.isSimulated ? " · simulated" : "")"
    }

    /// The whole text at a width.
    static func lines(of dashboard: Dashboard, width: Int) -> [StyledLine] {
        guard let detail = dashboard.detail else { return [] }
        let lines: [StyledLine] =
            switch detail.content {
            case .loading: [StyledLine("loading …", .dim)]
            case .failed(let message): [StyledLine("✖ \(message)", Style(.bad, .bold))]
            case .loaded(let loaded): compose(loaded, width: width)
            case .run: RunLines.compose(detail.id, dashboard.feed.log)
            }
        return lines.flatMap { $0.wrapped(to: width) }
    }

    private static func compose(_ detail: ExchangeDetail, width: Int) -> [StyledLine] {
        let summary = detail.summary
        var lines: [StyledLine] = []
        if let step = summary.workflow {
            lines.append(
                caption("workflow").adding(step.workflow, .strong).adding(" · op ", .dim).adding(step.op, .strong)
                    .adding(" · run ", .dim).adding(step.runID)
            )
        }
        lines.append(usedLine(summary))
        lines.append(costLine(summary))
        if let error = summary.error { lines.append(caption("error", Style(.bad, .bold)).adding(error, Style(.bad))) }
        if let sentence = summary.cacheSentence { lines.append(caption("cache").adding(sentence, Style(.good))) }
        if let decision = detail.decision { lines += DecisionLines.compose(decision, isAsked: summary.requestedModel) }
        lines += AttemptLines.compose(detail, width: width)
        lines += qualityLines(detail.quality)
        lines.append(tokenLine(summary))
        lines.append(timeLine(summary))
        lines.append(resultLine(summary))
        for (index, warning) in detail.warnings.enumerated() {
            lines.append(caption(index == 0 ? "warnings" : "").adding("! \(warning)", Style(.warn)))
        }
        if !summary.prompt.isEmpty { lines.append(caption("prompt").adding(summary.prompt)) }
        if let answer = detail.answer { lines.append(caption("answer").adding(answer)) }
        lines += headerLines("request", detail.requestHeaders) + headerLines("response", detail.answerHeaders)
        return lines
    }

    static func caption(_ text: String, _ style: Style = .dim) -> StyledLine {
        StyledLine(CellWidth.fit(text, captionWidth), style, indent: captionWidth)
    }

    private static func usedLine(_ summary: ExchangeSummary) -> StyledLine {
        let line = caption("asked").adding(summary.requestedModel.isEmpty ? "–" : summary.requestedModel)
        guard !summary.model.isEmpty else { return line.adding("   no model answered", Style(.bad)) }
        let by = summary.tier.map { "\($0.letter) \($0.name) · " } ?? ""
        return line.adding("   used ", .dim).adding(summary.model, Style(summary.tier?.role ?? .normal, .bold))
            .adding(" (\(by)\(summary.backend) · \(summary.provider))", .dim)
    }

    private static func costLine(_ summary: ExchangeSummary) -> StyledLine {
        let line = caption("cost").adding((summary.isSimulated ? "~" : "") + exact(summary.cost), .strong)
            .adding(summary.overhead.map { "   to decide \(exact($0))" } ?? "", .dim)
            .adding("   on premium ", .dim).adding(exact(summary.baseline))
            .adding(summary.saved < .zero ? "   dearer by " : "   saved ", .dim)
        let share = Format.percent(summary.saved.inDollars, of: summary.baseline.inDollars)
        let saved = exact(summary.saved < .zero ? .zero - summary.saved : summary.saved)
        return line.adding("\(saved) (\(share))", summary.saved < .zero ? Style(.bad) : Style(.good))
            .adding(summary.isSimulated ? "   simulated: nothing was paid" : "", Style(.warn))
    }

    /// Every digit, because this is where the sums can be checked.
    static func exact(_ amount: USD) -> String { "$\(amount)" }

    /// What was found in the answer, and whether it was good enough.
    private static func qualityLines(_ quality: AnswerQualityReport?) -> [StyledLine] {
        guard let quality else { return [] }
        let style = Style(quality.isWeak ? .warn : .good)
        let first = caption("quality").adding("\(Format.whole(quality.score * 100))/100", style)
            .adding(quality.isWeak ? "  weak" : "  good enough", style)
        return [first]
            + quality.signals.map { signal in
                var line = caption("").adding("\(signal.name)  ", Style(.warn)).adding(signal.reason, .dim)
                line.indent = 12
                return line
            }
    }

    private static func headerLines(_ name: String, _ headers: [HeaderReport]?) -> [StyledLine] {
        (headers ?? []).enumerated().map { index, header in
            caption(index == 0 ? name : "").adding("\(header.name): ", .dim).adding(header.value)
        }
    }

    private static func tokenLine(_ summary: ExchangeSummary) -> StyledLine {
        let usage = summary.usage
        let buckets = [
            ("input", usage.input), ("cache read", usage.cacheRead), ("cache write 5m", usage.cacheWrite5m),
            ("1h", usage.cacheWrite1h), ("output", usage.output),
        ]
        let text = buckets.map { "\($0.0) \(Format.count($0.1))" }.joined(separator: " · ")
        return caption("tokens").adding(text).adding(summary.usageIsEstimated ? "   ≈ estimated" : "", Style(.warn))
    }

    private static func timeLine(_ summary: ExchangeSummary) -> StyledLine {
        let total = summary.latencyMilliseconds
        let streamed = total - summary.firstByteMilliseconds
        var line = caption("time").adding("first byte \(Format.duration(milliseconds: summary.firstByteMilliseconds))")
            .adding(" · total \(Format.duration(milliseconds: total))")
        if streamed > 50, summary.usage.output > 0 {
            let speed = Format.whole(Double(summary.usage.output) / streamed * 1000)
            line = line.adding(" · \(Format.count(speed)) tok/s")
        }
        return line
    }

    private static func resultLine(_ summary: ExchangeSummary) -> StyledLine {
        let status = Style(summary.isFailed ? .bad : .good, .bold)
        return caption("result").adding("\(summary.status)", status)
            .adding(summary.stopReason.map { " \($0)" } ?? "")
            .adding(" · \(summary.stream ? "streamed" : "not streamed") · cache \(summary.cache)", .dim)
            .adding(" · escalations \(summary.escalations) · project \(summary.project)", .dim)
    }
}
