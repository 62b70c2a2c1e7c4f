import Shared

/// The workflows that can be run, the graph of the one that is marked or running, the input and the output.
enum WorkflowsPanel {
    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        drawList(dashboard, layout.workflowList, on: &surface)
        drawGraph(dashboard, layout.workflowGraph, on: &surface)
        drawInput(dashboard, layout.workflowInput, on: &surface)
        drawOutput(dashboard, layout.workflowOutput, on: &surface)
    }

    private static func drawList(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let state = dashboard.workflows
        surface.frame(rect, title: "workflows \(state.list.count)")
        let inside = rect.interior
        switch state.content {
        case .loading: surface.write("asking …", in: inside, .dim)
        case .failed(let why):
            surface.write(wrapped: StyledLine(why, Style(.bad)), in: inside)
        case .loaded(let list) where list.isEmpty:
            let text = "None. Files in workflows.directory of config.yaml become workflows."
            surface.write(wrapped: StyledLine(text, .dim), in: inside)
        case .loaded(let list):
            let top = max(0, min(state.cursor - inside.height / 2, list.count - inside.height))
            for (row, workflow) in list.dropFirst(top).prefix(inside.height).enumerated() {
                let isMarked = top + row == state.cursor
                let count = workflow.problem == nil ? "\(workflow.ops.count) ops" : "✖"
                let name = CellWidth.fit(workflow.name.safeToShow(limit: 64), max(4, inside.width - 10))
                let style: Style = isMarked ? .strong : .normal
                surface.write((isMarked ? "▶ " : "  ") + name, in: inside, row: row, style)
                surface.writeRight(count, in: inside, row: row, workflow.problem == nil ? .dim : Style(.bad))
            }
        }
    }

    /// The ops in the order of the graph, each with what it is given, filling up while they run.
    private static func drawGraph(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty, let workflow = dashboard.workflows.selected else { return }
        let run = dashboard.workflows.watched.flatMap { $0.workflow == workflow.name ? $0 : nil }
        surface.frame(
            rect,
            title: workflow.name.safeToShow(limit: 64),
            note: run.map { phase($0, dashboard) } ?? ""
        )
        let inside = rect.interior
        var lines: [StyledLine] = []
        if let problem = workflow.problem {
            lines += StyledLine(problem, Style(.bad)).wrapped(to: inside.width)
        } else if let purpose = workflow.purpose, inside.height > workflow.ops.count {
            lines += StyledLine(purpose, .dim).wrapped(to: inside.width).atMost(2)
        }
        lines += ops(workflow, run, mark: dashboard.isDemo ? "~" : "")
        for (row, line) in lines.atMost(inside.height).enumerated() { surface.write(line, in: inside, row: row) }
    }

    /// A line an op, indented by how many ops come one after the other before it.
    static func ops(_ workflow: WorkflowsState.Workflow, _ run: WatchedRun?, mark: String) -> [StyledLine] {
        let depths = depths(workflow)
        let order = workflow.ops.indices.sorted { (depths[$0], $0) < (depths[$1], $1) }
        return order.map { index in
            let op = workflow.ops[index]
            let state = run?.ops.first { $0.name == op.name }
            let (glyph, style) = glyph(state?.state ?? .waiting)
            let indent = String(repeating: " ", count: min(depths[index], 8) * 2)
            var line = StyledLine(glyph + " ", style).adding(indent + op.name.safeToShow(limit: 64), .strong)
            if let tier = state?.tier ?? op.tier { line = line.adding("  \(tier.letter)", Style(tier.role)) }
            if let milliseconds = state?.milliseconds {
                line = line.adding("  \(Format.duration(milliseconds: Double(milliseconds)))")
            }
            if let cost = state?.cost { line = line.adding("  \(mark)\(Format.money(cost))", Style(.warn)) }
            if let cache = state?.cache, cache != "none" { line = line.adding("  \(cache)", Style(.good)) }
            switch state?.state {
            case .failed(let why), .resting(let why): line = line.adding("  \(why)", Style(.bad))
            default: break
            }
            // What is cut off where there is little room comes last: half an amount would be another one.
            if let model = state?.model ?? op.model { line = line.adding("  \(model.safeToShow(limit: 40))", .dim) }
            if !op.inputs.isEmpty {
                line = line.adding("  ← \(op.inputs.map { $0.safeToShow(limit: 30) }.joined(separator: ", "))", .dim)
            }
            return line
        }
    }

    /// The longest way from a start op to each. Ops of a cycle, which no daemon lets pass, end up somewhere.
    static func depths(_ workflow: WorkflowsState.Workflow) -> [Int] {
        let places = Dictionary(workflow.ops.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var depths = [Int](repeating: 0, count: workflow.ops.count)
        for _ in workflow.ops.indices {
            var isChanged = false
            for (index, op) in workflow.ops.enumerated() {
                let depth = op.inputs.compactMap { places[$0] }.map { depths[$0] + 1 }.max() ?? 0
                if depth > depths[index], depth <= workflow.ops.count {
                    depths[index] = depth
                    isChanged = true
                }
            }
            if !isChanged { break }
        }
        return depths
    }

    private static func glyph(_ state: WatchedRun.OpState) -> (String, Style) {
        switch state {
        case .waiting: ("○", .dim)
        case .running(let attempt): (attempt > 1 ? "↻" : "▶", Style(.accent, .bold))
        case .resting: ("↻", Style(.warn, .bold))
        case .done: ("●", Style(.good))
        case .failed: ("✖", Style(.bad, .bold))
        }
    }

    private static func phase(_ run: WatchedRun, _ dashboard: Dashboard) -> String {
        let seconds = Format.span(seconds: Double(max(0, dashboard.now.monotonicMilliseconds - run.startedAt)) / 1000)
        switch run.phase {
        case .asked: return "starting"
        case .running:
            let done = run.ops.filter { $0.state == .done }.count
            return "\(done) of \(run.ops.count) · \(seconds)"
        case .ended(let status):
            let mark = dashboard.isDemo ? "~" : ""
            let cost = run.report.map { " · \(mark)\(Format.money($0.totalCost))" } ?? ""
            let time = run.report.map { " · \(Format.duration(milliseconds: Double($0.totalMilliseconds)))" } ?? ""
            return status.rawValue + time + cost
        case .refused: return "failed"
        }
    }

    private static func drawInput(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let state = dashboard.workflows
        surface.frame(
            rect,
            title: "input",
            note: state.isComposing
                ? dashboard.hint(.runWorkflow, in: .writingInput, "runs") + " · "
                    + dashboard.hint(.leaveWorkflow, in: .writingInput, "leaves")
                : dashboard.hint(.composeWorkflow, in: .workflows, "writes"),
            border: state.isComposing ? Style(.accent) : .dim
        )
        let inside = rect.interior
        guard !state.editor.isEmpty || state.isComposing else {
            surface.write("What the workflow is to work on. It costs what its ops cost.", in: inside, .dim)
            return
        }
        let layout = state.editor.layout(width: inside.width)
        let first = max(0, layout.cursorRow - inside.height + 1)
        for (row, line) in layout.rows.dropFirst(first).prefix(inside.height).enumerated() {
            surface.write(line, in: inside, row: row)
        }
        if state.isComposing {
            surface.cursor = .init(
                row: inside.row + layout.cursorRow - first,
                column: inside.column + layout.cursorColumn
            )
        }
    }

    private static func drawOutput(_ dashboard: Dashboard, _ rect: Rect, on surface: inout Surface) {
        guard !rect.isEmpty else { return }
        let state = dashboard.workflows
        let (title, text, style) = output(state)
        surface.frame(rect, title: title, note: state.watched == nil ? "" : "o: next op's output")
        let inside = rect.interior
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(5_000)
            .flatMap { StyledLine(String($0), style).wrapped(to: inside.width) }
        let top = max(0, min(state.scroll, lines.count - inside.height))
        for (row, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            surface.write(line, in: inside, row: row)
        }
    }

    private static func output(_ state: WorkflowsState) -> (String, String, Style) {
        guard let run = state.watched else { return ("output", "Nothing was run yet.", .dim) }
        if let name = state.shownOp, let op = run.ops.first(where: { $0.name == name }) {
            return ("output of \(name.safeToShow(limit: 60))", op.output ?? "", .normal)
        }
        switch run.phase {
        case .refused(let why): return ("output", why, Style(.bad))
        case .ended:
            if let final = run.report?.finalOutput { return ("final output", final, .normal) }
            let errors = run.report?.errors ?? [:]
            let text = errors.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)".safeToShow(limit: 1_000) }
            return ("no final output", text.joined(separator: "\n"), Style(.bad))
        case .asked, .running:
            let last = run.ops.last { $0.output != nil }
            return (last.map { "output of \($0.name.safeToShow(limit: 60))" } ?? "output", last?.output ?? "…", .normal)
        }
    }
}
