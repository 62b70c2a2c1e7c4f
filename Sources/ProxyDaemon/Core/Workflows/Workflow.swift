import Shared

/// A workflow that holds together: its ops by position, every edge known from both sides, without cycles, every op on a way
/// from a start to an end.
package struct Workflow: Sendable, Equatable {
    package struct Step: Sendable, Equatable {
        package let op: WorkflowDraft.Op
        /// What the model is told of its part; nil where nobody says.
        package let system: String?
        package let template: PromptTemplate
        /// The ops whose outputs it waits for, in the order in which it is given them: what was written earlier comes first,
        /// so that the prompts of ops that have inputs in common begin alike.
        package let inputs: [Int]
        package let inputNames: [String]
        /// The ops that wait for it.
        package let dependents: [Int]

        package var name: String { op.name }
    }

    /// What it is for, in a line for people.
    package let purpose: String?
    package let steps: [Step]
    package let starts: [Int]
    /// Those whose outputs are the run's, in the order of `end_ops`.
    package let ends: [Int]

    /// Checks what was written.
    ///
    /// - Throws: ``WorkflowProblems`` with all that is wrong.
    package init(_ draft: WorkflowDraft, maxOps: Int) throws(WorkflowProblems) {
        let graph = WorkflowGraph(draft, maxOps: maxOps)
        guard graph.problems.isEmpty else { throw WorkflowProblems(graph.problems) }
        purpose = draft.purpose
        starts = graph.starts
        ends = graph.ends
        let depths = Self.depths(graph.inputs)
        steps = draft.ops.enumerated().map { position, op in
            let inputs = graph.inputs[position].sorted { (depths[$0], $0) < (depths[$1], $1) }
            return Step(
                op: op,
                system: op.system ?? draft.system,
                template: PromptTemplate(op.prompt ?? ""),
                inputs: inputs,
                inputNames: inputs.map { draft.ops[$0].name },
                dependents: graph.dependents[position]
            )
        }
    }

    /// How many ops at most come one after the other before each, in a graph without cycles.
    private static func depths(_ inputs: [[Int]]) -> [Int] {
        var depths = Array(repeating: 0, count: inputs.count)
        // The longest way has fewer edges than there are ops.
        for _ in inputs.indices {
            var isSettled = true
            for op in inputs.indices {
                let depth = inputs[op].map { depths[$0] + 1 }.max() ?? 0
                if depths[op] != depth { (depths[op], isSettled) = (depth, false) }
            }
            if isSettled { break }
        }
        return depths
    }
}
