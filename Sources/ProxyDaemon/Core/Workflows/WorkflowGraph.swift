/// The edges of a workflow as it was written, and all that is wrong with it.
struct WorkflowGraph {
    private(set) var problems: [WorkflowProblem] = []
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []
    /// By op: those it waits for. First its own `input_ops` in their order, then the others that name it as an output.
    private(set) var inputs: [[Int]] = []
    private(set) var dependents: [[Int]] = []

    private let draft: WorkflowDraft
    private var positions: [String: Int] = [:]

    init(_ draft: WorkflowDraft, maxOps: Int) {
        self.draft = draft
        inputs = Array(repeating: [], count: draft.ops.count)
        dependents = inputs
        guard !draft.ops.isEmpty else {
            problems.append(WorkflowProblem("ops: there are none; give at least one op with a prompt"))
            return
        }
        guard draft.ops.count <= maxOps else {
            let text = "ops: there are \(draft.ops.count), at most \(maxOps) may be; split the workflow into several"
            problems.append(WorkflowProblem(text))
            return
        }
        checkOps()
        starts = ends("start_ops", draft.startOps, "begin without waiting for others")
        ends = ends("end_ops", draft.endOps, "give the run's final output")
        connect()
        checkPrompts()
        checkContradictions()
        checkCycles()
        checkWays()
    }

    private func name(_ position: Int) -> String { draft.ops[position].name }

    private mutating func report(_ position: Int, _ text: String) {
        problems.append(WorkflowProblem(line: draft.ops[position].line, "op \(name(position)): \(text)"))
    }

    // MARK: Ops by themselves

    private mutating func checkOps() {
        for (position, op) in draft.ops.enumerated() {
            if !OpName.isValid(op.name) {
                let text = "\"\(op.name.prefix(80))\" cannot be an op's name: it takes A-Z, a-z, 0-9, . _ - and at most"
                problems.append(WorkflowProblem(line: op.line, "\(text) \(OpName.maximumBytes) of them"))
            } else if op.name == PromptTemplate.input {
                report(position, "the name stands for the run's input; call the op something else")
            }
            if positions[op.name] == nil {
                positions[op.name] = position
            } else {
                report(position, "there is another op of this name; give each op one of its own")
            }
            if op.tier != nil, let model = op.model {
                report(position, "has both a tier and the model \(model); keep one of them")
            }
        }
    }

    private mutating func checkPrompts() {
        for (position, op) in draft.ops.enumerated() {
            guard let prompt = op.prompt, prompt.contains(where: { !$0.isWhitespace }) else {
                report(position, "its prompt is empty; say what the model is to do")
                continue
            }
            let given = inputs[position].map { name($0) }
            for placeholder in PromptTemplate(prompt).placeholders
            where placeholder != PromptTemplate.input && !given.contains(placeholder) {
                let advice =
                    positions[placeholder] == nil
                    ? "no op has this name; it can have \(([PromptTemplate.input] + given).joined(separator: ", "))"
                    : "that op is none of its inputs; add it to input_ops of \(op.name)"
                report(position, "its prompt has {{\(placeholder)}}, but \(advice)")
            }
        }
    }

    // MARK: Edges

    /// The positions of the ops that a list at the top names.
    private mutating func ends(_ key: String, _ names: [String]?, _ role: String) -> [Int] {
        guard let names, !names.isEmpty else {
            problems.append(WorkflowProblem("\(key) is missing or empty; name the ops that \(role)"))
            return []
        }
        return resolve(names, in: key, line: nil)
    }

    private mutating func resolve(_ names: [String], in key: String, line: Int?) -> [Int] {
        var found: [Int] = []
        for name in names {
            guard let position = positions[name] else {
                let known = draft.ops.prefix(64).map(\.name).joined(separator: ", ")
                problems.append(
                    WorkflowProblem(line: line, "\(key) names \(name.prefix(80)), but there are only the ops \(known)")
                )
                continue
            }
            if found.contains(position) {
                problems.append(WorkflowProblem(line: line, "\(key) names \(name) more than once; once is enough"))
            } else {
                found.append(position)
            }
        }
        return found
    }

    private mutating func connect() {
        let ops = draft.ops
        for (position, op) in ops.enumerated() {
            inputs[position] = resolve(op.inputs ?? [], in: "op \(op.name): input_ops", line: op.line)
        }
        for (position, op) in ops.enumerated() {
            for target in resolve(op.outputs ?? [], in: "op \(op.name): output_ops", line: op.line)
            where !inputs[target].contains(position) {
                inputs[target].append(position)
            }
        }
        for position in ops.indices {
            for source in inputs[position] { dependents[source].append(position) }
        }
    }

    /// One side says that there is no edge, the other that there is one.
    private mutating func checkContradictions() {
        for position in draft.ops.indices {
            let op = draft.ops[position]
            let sources = inputs[position].map { name($0) }.joined(separator: ", ")
            if starts.contains(position), !inputs[position].isEmpty {
                report(position, "is in start_ops but waits for \(sources); take it out of start_ops, or the edge away")
            }
            if let written = op.inputs, written.isEmpty, !inputs[position].isEmpty {
                report(position, "its input_ops are [], but output_ops of \(sources) name it; keep one of the two")
            }
            if let written = op.outputs, written.isEmpty, !dependents[position].isEmpty {
                let targets = dependents[position].map { name($0) }.joined(separator: ", ")
                report(position, "its output_ops are [], but input_ops of \(targets) name it; keep one of the two")
            }
        }
    }

    // MARK: Ways

    /// Reports one cycle for each edge that closes one, its ops in order.
    private mutating func checkCycles() {
        enum Mark { case new, open, closed }
        var marks = Array(repeating: Mark.new, count: draft.ops.count)
        var path: [Int] = []
        var cycles: [[Int]] = []
        func visit(_ position: Int) {
            marks[position] = .open
            path.append(position)
            for next in dependents[position] {
                switch marks[next] {
                case .new: visit(next)
                case .open: cycles.append(Array(path.drop { $0 != next }) + [next])
                case .closed: break
                }
            }
            path.removeLast()
            marks[position] = .closed
        }
        for position in draft.ops.indices where marks[position] == .new { visit(position) }
        for cycle in cycles {
            let names = cycle.map { name($0) }.joined(separator: " → ")
            problems.append(
                WorkflowProblem(
                    line: draft.ops[cycle[0]].line,
                    "the ops \(names) wait for each other; take one edge away"
                )
            )
        }
    }

    private mutating func checkWays() {
        let reached = reach(starts, dependents)
        let leading = reach(ends, inputs)
        // A second op of a name is told of already.
        for position in draft.ops.indices where positions[name(position)] == position {
            // What no start leads to is told of only where there are starts: else it is told that they are missing.
            if !starts.isEmpty, !reached.contains(position) {
                let text =
                    inputs[position].isEmpty
                    ? "is never started; name it in start_ops, or give it input_ops"
                    : "no start op leads to it; connect it with one, or name one of the ops before it in start_ops"
                report(position, text)
            }
            if !ends.isEmpty, !leading.contains(position) {
                report(position, "no end op is reached from it; give it output_ops, or name it in end_ops")
            }
        }
    }

    private func reach(_ from: [Int], _ edges: [[Int]]) -> Set<Int> {
        var reached = Set(from)
        var waiting = from
        while let position = waiting.popLast() {
            for next in edges[position] where reached.insert(next).inserted { waiting.append(next) }
        }
        return reached
    }
}
