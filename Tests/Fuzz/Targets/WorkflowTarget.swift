import GatewayCore

@testable import GatewayIO

extension FuzzTarget {
    private static let maximumOps = 8

    /// Workflows from anybody, in YAML and in JSON.
    static let workflow = FuzzTarget(
        name: "workflow",
        property:
            "what is taken has at most so many ops, edges that agree on both sides and an order without cycles; what is refused is told why",
        maximumBytes: 2_048
    ) { bytes in
        if let text = String(validating: bytes, as: UTF8.self) {
            judge { () throws(WorkflowProblems) in try WorkflowText.workflow(yaml: text, maxOps: maximumOps) }
        }
        guard let index = try? JSONIndex(bytes) else { return }
        bytes.withUnsafeBufferPointer { buffer in
            index.withRoot(buffer) { root in
                judge { () throws(WorkflowProblems) in try WorkflowText.workflow(json: root, maxOps: maximumOps) }
            }
        }
    }

    private static func judge(_ read: () throws(WorkflowProblems) -> Workflow) {
        do throws(WorkflowProblems) {
            isSound(try read())
        } catch {
            expect(!error.problems.isEmpty, "refused without a word")
            // Fifty problems, each with names from the text.
            expect(error.description.utf8.count < 65_536, "a message of \(error.description.utf8.count) bytes")
        }
    }

    private static func isSound(_ workflow: Workflow) {
        let steps = workflow.steps
        expect((1...maximumOps).contains(steps.count), "\(steps.count) ops")
        expect(!workflow.starts.isEmpty && !workflow.ends.isEmpty, "no beginning or no end")
        expect(Set(steps.map(\.name)).count == steps.count, "two ops of one name")
        for (place, step) in steps.enumerated() {
            expect(step.inputs.allSatisfy { steps.indices.contains($0) }, "an input that is not there")
            expect(step.inputs.map { steps[$0].name } == step.inputNames, "inputs by other names")
            for input in step.inputs { expect(steps[input].dependents.contains(place), "an edge known on one side") }
            for after in step.dependents { expect(steps[after].inputs.contains(place), "an edge known on one side") }
        }
        // Taken away one by one, those that wait for nothing leave nothing.
        var left = Set(steps.indices)
        while let ready = left.first(where: { steps[$0].inputs.allSatisfy { !left.contains($0) } }) {
            left.remove(ready)
        }
        expect(left.isEmpty, "a cycle of \(left.map { steps[$0].name })")
        for place in workflow.starts { expect(steps[place].inputs.isEmpty, "a start that waits") }
    }
}
