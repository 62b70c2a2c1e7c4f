/// How long the prompts of a run's ops are, as far as it has come: made anew for each look at the run.
final class StepSizes {
    private let gateway: Gateway
    private let order: WorkflowRunner.Order
    private let run: WorkflowRun
    private let positions: [String: Int]
    /// By op, the bytes after each part of its prompt.
    private var counts: [Int: [Int]] = [:]

    init(gateway: Gateway, order: WorkflowRunner.Order, run: WorkflowRun) {
        self.gateway = gateway
        self.order = order
        self.run = run
        let names = order.workflow.steps.enumerated().map { ($0.element.name, $0.offset) }
        positions = Dictionary(names) { first, _ in first }
    }

    /// Of the whole prompt.
    func bytes(_ op: Int) -> Int { counts(op).last ?? 0 }

    /// Whether every backend that the op may go to keeps what it is told to of a prompt, and keeps a beginning as short as
    /// these parts of the op's.
    func isKept(_ op: Int, parts: Range<Int>) -> Bool {
        guard gateway.settings.reduction.marksCache, !parts.isEmpty else { return false }
        let step = order.workflow.steps[op]
        let counts = counts(op)
        guard counts.indices.contains(parts.upperBound - 1) else { return false }
        let before = parts.lowerBound > 0 ? counts[parts.lowerBound - 1] : 0
        let system = parts.lowerBound > 0 ? 0 : step.system?.utf8.count ?? 0
        let bytes = min(counts[parts.upperBound - 1] - before, gateway.settings.server.maxBodyBytes) + system
        let backends = gateway.router.backends(of: step.op)
        return !backends.isEmpty
            && backends.allSatisfy { backend in
                backend.takesCacheMarkers
                    && backend.estimatedTokens(characters: bytes) >= backend.minCacheableTokens
            }
    }

    /// The prompt, cut where it parts from others' after a beginning that a provider would keep.
    ///
    /// The cuts hang on nothing that happens in a run: of two ops with a beginning in common both are cut alike up to its end,
    /// and so their blocks are the same.
    func blocks(_ op: Int) -> WorkflowPrompt.Blocks {
        let cuts = run.beginnings.ends(op).filter { isKept(op, parts: 0..<$0) }
        return WorkflowPrompt.blocks(
            of: order.workflow.steps[op],
            cutAfter: cuts,
            input: order.input,
            output: { self.output($0) }
        )
    }

    private func counts(_ op: Int) -> [Int] {
        if let known = counts[op] { return known }
        let made = WorkflowPrompt.byteCounts(
            of: order.workflow.steps[op],
            input: order.input,
            output: { self.output($0) }
        )
        counts[op] = made
        return made
    }

    private func output(_ name: String) -> String { positions[name].flatMap { run.output($0) } ?? "" }
}
