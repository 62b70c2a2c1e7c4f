import Shared

/// The prompt tester: the box, the answer, what the prompt costs on each backend, and the route.
enum TesterPanels {
    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        drawPrompt(dashboard, layout.testerPrompt, on: &surface)
        drawAnswer(dashboard, layout.testerAnswer, on: &surface)
        drawCosts(dashboard, layout.testerCosts, on: &surface)
        drawRoute(dashboard, layout.testerRoute, on: &surface)
        guard dashboard.tester.shownComparison == nil else { return }
        let isWriting = !dashboard.tester.isBlank || dashboard.tester.detail == nil
        if layout.testerRoute.isEmpty, isWriting, let decision = dashboard.tester.decision {
            drawScore(decision, layout.testerTotal, withCosts: layout.testerCosts.isEmpty, on: &surface)
        } else {
            drawTotal(dashboard, layout.testerTotal, on: &surface)
        }
    }

    private static func drawPrompt(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        let tester = dashboard.tester
        let tier = tester.tier.map { "tier \($0.name), forced" } ?? "tier auto"
        let title = tester.savedName.map { "prompt · \(CellWidth.clip($0.safeToShow(limit: 60), 20))" } ?? "prompt"
        // What is asked for must not go where it is long: a frame leaves out what finds no room.
        let note = CellWidth.clip(
            (tester.wishes + [tier]).joined(separator: " · "),
            max(0, rect.width - CellWidth.of(title) - 9)
        )
        let border = tester.isComposing ? Style(.accent, .bold) : Style.dim
        surface.frame(
            rect,
            title: title,
            note: note,
            noteStyle: tester.tier == nil && tester.wishes.isEmpty ? .dim : Style(.warn),
            border: border
        )
        let inside = rect.interior
        let text = Rect(row: inside.row, column: inside.column + 2, height: inside.height, width: inside.width - 2)
        surface.write(">", in: inside, tester.isComposing ? .key : .dim)
        let layout = tester.editor.layout(width: text.width)
        let first = max(0, layout.cursorRow - text.height + 1)
        for (row, line) in layout.rows.dropFirst(first).prefix(text.height).enumerated() {
            surface.write(line, in: text, row: row)
        }
        if tester.editor.isEmpty {
            let newline = Key.altEnter.label(dashboard.glyphs)
            let hint =
                dashboard.isReadOnly
                ? "Write a prompt to see its route and cost; read-only: nothing is sent."
                : tester.isComposing
                    ? "Write a prompt. Enter sends, \(newline) or ^J makes a new line." : "Press i to write a prompt."
            surface.write(hint, in: text, .dim)
        }
        if tester.isComposing, !dashboard.isHelpShown, !text.isEmpty {
            surface.cursor = .init(
                row: text.row + layout.cursorRow - first,
                column: text.column + layout.cursorColumn
            )
        }
    }

    private static func drawAnswer(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        let tester = dashboard.tester
        let (state, style) = state(dashboard)
        let note =
            tester.phase.isRunning
            ? dashboard.hint(.cancelAnswer, in: tester.isComposing ? .composing : .tester, "cancels")
            : tester.scroll > 0 ? "PgDn to the end" : ""
        surface.frame(rect, title: "answer\(state)", titleStyle: style, note: note)
        let inside = rect.interior
        guard tester.phase != .idle, inside.height > 0 else {
            let hint = "The answer appears here as it is written, with what it cost and which model wrote it."
            for (row, line) in StyledLine(hint).wrapped(to: inside.width).prefix(inside.height).enumerated() {
                surface.write(line.spans.map(\.text).joined(), in: inside, row: row, .dim)
            }
            return
        }
        var room = inside
        if let sent = tester.sent, inside.height >= 4 {
            let question = room.takeTop(1)
            surface.write("> ", in: question, .dim)
            let text = PlainText.sanitized(sent.prompt.prefix(500))
            surface.write(CellWidth.fit(text, question.width - 2), in: question, column: 2, .dim)
        }
        if case .failed(let message) = tester.phase {
            let lines = StyledLine("✖ \(message)", Style(.bad, .bold)).wrapped(to: room.width)
            let place = room.takeBottom(min(lines.count, 3))
            for (row, line) in lines.prefix(place.height).enumerated() { surface.write(line, in: place, row: row) }
        }
        ComparisonPanels.write(tester.reply, scroll: tester.scroll, in: room, on: &surface)
    }

    /// What the title of the answer says about how it goes.
    private static func state(_ dashboard: Dashboard) -> (String, Style) {
        let tester = dashboard.tester
        let since = tester.reply.milliseconds(now: dashboard.now.monotonicMilliseconds)
        let simulated = dashboard.isDemo || tester.detail?.summary.isSimulated == true ? " · simulated" : ""
        switch tester.phase {
        case .idle: return ("", .strong)
        case .waiting: return (" · sending", .strong)
        case .streaming:
            let isEarly = tester.reply.firstDeltaAt == nil
            let how = tester.reply.isCancelRequested ? "cancelling" : isEarly ? "waiting" : "streaming"
            return (" · \(how) \(Format.duration(milliseconds: since))\(simulated)", Style(.accent, .bold))
        case .finished:
            guard let summary = tester.detail?.summary else { return (" · done", .strong) }
            let letter = summary.tier.map { "\($0.letter) " } ?? ""
            return (" · \(letter)\(summary.model)\(simulated)", Style(.good, .bold))
        case .failed: return (" · stopped\(simulated)", Style(.bad, .bold))
        }
    }

    private static func drawCosts(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard rect.height >= 3 else { return }
        let tester = dashboard.tester
        let decision = tester.decision
        let tokens = decision.map {
            "est. \(Format.count($0.estimatedInputTokens)) in, \(Format.count($0.estimatedOutputTokens)) out"
        }
        surface.frame(rect, title: "cost on each backend", note: tokens ?? "")
        let inside = rect.interior
        guard let decision else {
            let text = tester.routeProblem.map { "✖ \($0)" } ?? (tester.isBlank ? "shown while you write" : "asking …")
            surface.write(text, in: inside, tester.routeProblem == nil ? .dim : Style(.bad))
            return
        }
        let sorted = decision.candidates.sorted { ($0.tier, $0.estimatedCost) < ($1.tier, $1.estimatedCost) }
        // When not all fit, the chosen one is among those that do.
        let chosen = sorted.firstIndex { $0.isChosen } ?? 0
        let first = max(0, min(chosen - inside.height + 1, sorted.count - inside.height))
        let dearest = sorted.reduce(0.0) { max($0, $1.estimatedCost.inDollars) }
        let nameWidth = min(16, max(6, sorted.map { CellWidth.of($0.backend) }.max() ?? 6))
        let barWidth = max(0, inside.width - nameWidth - 2 - 10 - 10)
        for (row, candidate) in sorted.dropFirst(first).prefix(inside.height).enumerated() {
            let style = Style(candidate.tier.role, candidate.isChosen ? .bold : [])
            let name = "\(candidate.tier.letter) \(CellWidth.fit(candidate.backend, nameWidth))"
            var column = surface.write(name, in: inside, row: row, style)
            let share = dearest > 0 ? candidate.estimatedCost.inDollars / dearest : 0
            surface.bar(in: inside, row: row, column: column + 1, width: barWidth, share: share, style)
            column += barWidth + 1
            let cost = (candidate.isSimulated ? "~" : "") + Format.money(candidate.estimatedCost)
            column = surface.write(
                CellWidth.fit(cost, 9, alignRight: true),
                in: inside,
                row: row,
                column: column,
                candidate.isChosen ? .strong : .normal
            )
            let chosen = decision.forcedTier == candidate.tier ? " ◀ forced" : " ◀ chosen"
            let mark = candidate.isChosen ? chosen : candidate.veto == nil ? "" : " ✖ vetoed"
            surface.write(mark, in: inside, row: row, column: column, candidate.isChosen ? .strong : Style(.bad))
        }
    }

    private static func drawRoute(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard rect.height >= 3 else { return }
        let decision = dashboard.tester.decision
        let note = [decision?.task, decision?.score.map { "score \($0)/100" }].compactMap(\.self)
        surface.frame(rect, title: "route", note: note.joined(separator: " · "))
        var inside = rect.interior
        guard let decision else {
            surface.write("the decision and its reasons", in: inside, .dim)
            return
        }
        if decision.score != nil {
            let scale = inside.takeTop(inside.height < 7 ? 1 : 2)
            ScoreGauge.draw(decision, in: scale, row: 0, on: &surface)
            ScoreGauge.drawLegend(decision, in: scale, row: 1, on: &surface)
        }
        let facts = ScoreGauge.facts(decision)
        if !facts.isEmpty {
            surface.write(CellWidth.clip(facts, inside.width), in: inside.takeTop(1), Style(.accent))
        }
        var lines = decision.reasons.enumerated().map { index, reason in
            StyledLine("\(index + 1) ", .dim, indent: 2).adding(reason)
        }
        lines += decision.candidates.compactMap { candidate in
            candidate.veto.map { StyledLine("✖ \(candidate.backend): ", Style(.bad), indent: 2).adding($0, .dim) }
        }
        lines += decision.signals.filter { $0.points != 0 }.map { signal in
            StyledLine(
                CellWidth.fit((signal.points > 0 ? "+" : "") + "\(signal.points)", 4, alignRight: true),
                indent: 6
            )
            .adding("  \(signal.name)").adding("  \(signal.detail)", .dim)
        }
        let wrapped = lines.flatMap { $0.wrapped(to: inside.width) }
        for (row, line) in wrapped.prefix(inside.height).enumerated() { surface.write(line, in: inside, row: row) }
    }

    /// What is told where there is no room for the route, and perhaps none for the costs.
    private static func drawScore(
        _ decision: DecisionExplanation,
        _ rect: Rect,
        withCosts: Bool,
        on surface: inout Surface
    ) {
        var room = Rect(row: rect.row, column: rect.column + 1, height: rect.height, width: rect.width - 2)
        if decision.score != nil {
            let scale = room.takeLeft(min(withCosts ? 20 : 36, room.width))
            ScoreGauge.draw(decision, in: scale, row: 0, on: &surface)
            _ = room.takeLeft(1)
        }
        var column = 0
        for tier in withCosts ? Tier.allCases : [] {
            let able = decision.candidates.filter { $0.tier == tier && $0.veto == nil }
            guard let cheapest = able.min(by: { $0.estimatedCost < $1.estimatedCost }) else { continue }
            let text = "\(tier.letter) \(cheapest.isSimulated ? "~" : "")\(Format.money(cheapest.estimatedCost))"
            guard column + CellWidth.of(text) <= room.width else { break }
            let style = Style(tier.role, able.contains(where: \.isChosen) ? [.bold, .underline] : [])
            column = surface.write(text, in: room, column: column, style) + 1
        }
        let facts = CellWidth.clip(ScoreGauge.facts(decision), max(0, room.width - column))
        surface.write(facts, in: room, column: column, .dim)
    }

    private static func drawTotal(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard let summary = dashboard.tester.detail?.summary else { return }
        let streamed = summary.latencyMilliseconds - summary.firstByteMilliseconds
        let speed = streamed > 50 ? Format.whole(Double(summary.usage.output) / streamed * 1000) : 0
        let share = Format.percent(summary.saved.inDollars, of: summary.baseline.inDollars)
        var column = surface.write(" \(summary.isSimulated ? "~" : "")\(Format.money(summary.cost))", in: rect, .strong)
        column = surface.write(
            " · saved \(Format.money(summary.saved)) (\(share))",
            in: rect,
            column: column,
            summary.saved < .zero ? Style(.bad) : Style(.good)
        )
        let facts = [
            Format.duration(milliseconds: summary.latencyMilliseconds), speed > 0 ? "\(Format.count(speed)) tok/s" : "",
            "\(Format.count(summary.usage.totalInput)) in / \(Format.count(summary.usage.output)) out",
            summary.isCached ? "cache \(summary.cache)" : "",
        ]
        for fact in facts where !fact.isEmpty {
            guard column + 3 + CellWidth.of(fact) <= rect.width else { break }
            column = surface.write(" · \(fact)", in: rect, column: column, .dim)
        }
    }
}
