import Shared

@testable import GatewayCore

extension WorkflowDraft {
    /// Ops by name with their inputs, all with a prompt; starts are those without inputs.
    static func of(_ ops: [(String, [String])], ends: [String], _ change: (inout WorkflowDraft) -> Void = { _ in })
        -> WorkflowDraft
    {
        var draft = WorkflowDraft()
        for (at, (name, inputs)) in ops.enumerated() {
            var op = Op(name: name, line: at + 1, prompt: "Do \(name).")
            op.inputs = inputs.isEmpty ? nil : inputs
            draft.ops.append(op)
        }
        draft.startOps = ops.filter(\.1.isEmpty).map(\.0)
        draft.endOps = ends
        change(&draft)
        return draft
    }

    subscript(name: String) -> Op {
        get { ops.first { $0.name == name } ?? Op(name: name) }
        set { if let at = ops.firstIndex(where: { $0.name == name }) { ops[at] = newValue } }
    }

    /// What is wrong with it, in words.
    var complaints: [String] {
        do throws(WorkflowProblems) {
            _ = try Workflow(self, maxOps: 64)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    /// a feeds b and c, both feed d.
    static func diamond(_ change: (inout WorkflowDraft) -> Void = { _ in }) -> WorkflowDraft {
        of([("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"])], ends: ["d"], change)
    }
}

extension StepAnswer {
    static func text(
        _ text: String,
        cost: Int64 = 0,
        tier: Tier? = nil,
        backend: String = "",
        cache: String = "none"
    ) -> StepAnswer {
        var answer = StepAnswer(text: text)
        answer.spending.cost = USD(nanodollars: cost)
        answer.tier = tier
        answer.backend = backend
        answer.cache = cache
        return answer
    }
}
