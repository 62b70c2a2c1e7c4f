import Shared

/// Comparing what several models make of one prompt.
extension Dashboard {
    /// Asks what each of the targets would cost, before anything is sent.
    mutating func compare(_ targets: [CompareTarget]) -> [Effect] {
        guard targets.count >= Comparison.least else {
            note("mark at least \(Comparison.least) to compare: Space marks, a marks each tier")
            return []
        }
        picker = nil
        guard mayCompare() else { return [] }
        tester.lastTargets = targets
        tester.reply = StreamedAnswer()
        tester.sent = nil
        tester.isComposing = false
        let comparison = Comparison(tester.request, targets)
        tester.comparison = comparison
        return comparison.columns.map { .call(.explain($0.request)) }
    }

    /// Whether there is something to compare and somebody to ask; says why not.
    mutating func mayCompare() -> Bool {
        if tester.isBlank {
            note("write a prompt first")
        } else if tester.isAnswering {
            note("still answering; \(hint(.cancelAnswer, in: tester.isComposing ? .composing : .tester, "cancels"))")
        } else if !isLive {
            note("not connected to the gateway")
        } else {
            return true
        }
        return false
    }

    /// Takes in the answer to a dry run of a column; false for what is none.
    mutating func takeEstimate(
        _ result: Result<DecisionExplanation, JSONRPC.Failure>,
        _ request: ControlProtocol.PromptRequest
    ) -> [Effect]? {
        guard request.isComparison == true else { return nil }
        guard var comparison = tester.comparison, comparison.stage == .estimating,
            let place = comparison.columns.firstIndex(where: { $0.request == request })
        else { return [] }
        let name = comparison.columns[place].target.name
        let chosen: DecisionExplanation.Candidate
        switch result {
        case .success(let route):
            guard let candidate = route.candidates.first(where: \.isChosen) else {
                return refuseComparison("\(name): nobody can take it")
            }
            chosen = candidate
        case .failure(let failure): return refuseComparison("\(name): \(failure.message)")
        }
        comparison.columns[place].estimate = .init(cost: chosen.estimatedCost, isSimulated: chosen.isSimulated)
        tester.comparison = comparison
        guard let sum = comparison.estimatedCost else { return [] }
        if comparison.isSimulated { return sendComparison() }
        // A yes that is meant for something else must not pay for this.
        guard !isMenuOpen else { return refuseComparison("another question was open when the costs were known") }
        tester.comparison?.stage = .asking
        let each = comparison.columns.map { column in
            let estimate = column.estimate ?? .init(cost: .zero, isSimulated: false)
            return "\(column.target.name) \(estimate.isSimulated ? "~" : "")\(Format.money(estimate.cost))"
        }
        question = Question(
            text: "Send this prompt to \(comparison.columns.count) models for about \(Format.money(sum)) in all?",
            consequence: "Estimated: \(each.joined(separator: ", ")). No cache answers, and nobody else is asked.",
            yes: .sendComparison
        )
        return []
    }

    private mutating func refuseComparison(_ why: String) -> [Effect] {
        tester.comparison = nil
        note("nothing was sent: \(why)", milliseconds: 15_000)
        return []
    }

    mutating func sendComparison() -> [Effect] {
        guard var comparison = tester.comparison, isLive else {
            tester.comparison = nil
            return []
        }
        comparison.stage = .sent
        for place in comparison.columns.indices {
            comparison.columns[place].answer = StreamedAnswer(sentAt: now.monotonicMilliseconds)
        }
        tester.comparison = comparison
        return comparison.columns.map { .call(.compare($0.request)) } + remember(tester.editor.remember())
    }

    /// A column was accepted, or refused.
    mutating func accepted(
        _ request: ControlProtocol.PromptRequest,
        _ result: Result<Int, JSONRPC.Failure>
    ) -> [Effect] {
        guard let place = tester.comparison?.columns.firstIndex(where: { $0.request == request }) else {
            // Nobody looks at it any more.
            if case .success(let sendID) = result { return [.call(.cancel(sendID: sendID))] }
            return []
        }
        switch result {
        case .success(let sendID): return tester.comparison?.columns[place].answer.accept(sendID) ?? []
        case .failure(let failure):
            tester.comparison?.columns[place].answer.fail(failure.message, at: now.monotonicMilliseconds)
            return []
        }
    }

    /// The position of the column that a stream belongs to.
    func column(of sendID: Int) -> Int? {
        tester.comparison?.columns.firstIndex { $0.answer.sendID == sendID }
    }

    /// Breaks all of them off.
    mutating func cancelComparison() -> [Effect] {
        guard let comparison = tester.comparison else { return [] }
        guard comparison.stage == .sent else {
            tester.comparison = nil
            return []
        }
        var cancelled = comparison
        var effects: [Effect] = []
        for place in comparison.columns.indices { effects += cancelled.columns[place].answer.cancel() }
        tester.comparison = cancelled
        return effects
    }

    /// The connection went.
    mutating func loseComparison() {
        guard let comparison = tester.comparison else { return }
        guard comparison.stage == .sent else {
            dropUnsent()
            note("the connection was lost; nothing was sent")
            return
        }
        for place in comparison.columns.indices where comparison.columns[place].answer.phase.isRunning {
            tester.comparison?.columns[place].answer.fail(
                "the connection was lost; the answer may be incomplete",
                at: now.monotonicMilliseconds
            )
        }
    }
}
