/// Something that costs, changes or loses something, and waits for a yes.
package struct Question: Sendable, Hashable {
    /// What a yes does.
    package enum Yes: Sendable, Hashable {
        case call(Call)
        case sendComparison
        case prompts(PromptFileRequest)
    }

    /// What is to be done, and to what: `Close the breaker of opus?`
    package var text: String
    /// What follows from it, in a sentence.
    package var consequence: String
    package var yes: Yes
}

extension Dashboard {
    /// Takes the answer to the question that is open.
    mutating func answerQuestion(_ isYes: Bool) -> [Effect] {
        guard let asked = question else { return [] }
        question = nil
        switch asked.yes {
        case .prompts(let request): return isYes ? [.prompts(request)] : []
        case .sendComparison where !isYes:
            tester.comparison = nil
            tester.isComposing = currentView == .tester
            return []
        case .sendComparison, .call:
            guard isYes else { return [] }
            guard isLive else {
                note("not connected to the gateway")
                return []
            }
            if case .call(let call) = asked.yes { return [.call(call)] }
            return sendComparison()
        }
    }
}
