package import Shared

/// The prompt tester: a text, what it would cost where, and the answer, or several that are compared.
package struct TesterState: Sendable {
    /// Milliseconds without a key before the route is asked for.
    package static let debounceMilliseconds: Int64 = 300
    /// The ways to classify that a prompt may ask for; nil for the configured one.
    package static let classifierModes: [String?] = [nil, "rule_based", "hybrid", "llm_based"]

    package var editor = LineEditor(multiline: true)
    package var isComposing = false
    package var tier: Tier?
    /// The id of the skill that the prompt is sent with.
    package var skill: String?
    /// The name that the prompt asks for; nil for `auto`.
    package var model: String?
    /// How it is classified; nil for as configured.
    package var classifierMode: String?
    /// The name that the prompt was reloaded from, or saved under.
    package var savedName: String?

    package var route: DecisionExplanation?
    /// Why there is no route.
    package var routeProblem: String?
    /// The text the route on the screen is for.
    package var routedRequest: ControlProtocol.PromptRequest?
    /// The text whose route was asked for last.
    package var askedRequest: ControlProtocol.PromptRequest?
    /// When the route is asked for next.
    package var routeDue: Int64?

    package var reply = StreamedAnswer()
    /// What the answer answers.
    package var sent: ControlProtocol.PromptRequest?
    /// The route that was on the screen for it.
    package var sentRoute: DecisionExplanation?
    /// Rows the answer is scrolled up from its end.
    package var scroll = 0
    /// Answers side by side, in the place of the one.
    package var comparison: Comparison?
    /// Who was compared last.
    package var lastTargets: [CompareTarget] = []

    package init() {}

    package var phase: StreamedAnswer.Phase { reply.phase }
    package var answer: String { reply.text }
    package var detail: ExchangeDetail? { reply.detail }

    /// Something is being answered.
    package var isAnswering: Bool { reply.phase.isRunning || comparison?.isRunning == true }

    /// The comparison lies over the route and its costs, unless another prompt is being written.
    package var shownComparison: Comparison? {
        guard let comparison else { return nil }
        return comparison.isRunning || !isComposing || editor.text == comparison.prompt ? comparison : nil
    }

    package var request: ControlProtocol.PromptRequest {
        ControlProtocol.PromptRequest(
            prompt: editor.text,
            model: model,
            tier: tier,
            skill: skill,
            classifierMode: classifierMode
        )
    }

    /// What is asked for beside the text, in words; nothing where all is left to the gateway.
    package var wishes: [String] {
        [
            model.map { "model \(CellWidth.clip($0, 32))" }, skill.map { "skill \(CellWidth.clip($0, 32))" },
            classifierMode.map { "classifier \($0)" },
        ].compactMap(\.self)
    }

    package var isBlank: Bool { editor.characters.allSatisfy(\.isWhitespace) }

    /// The decision on the screen: the finished exchange's own, until another prompt is being written. Backends that it says
    /// nothing of, because a tier was forced, stand in it as the route had them.
    package var decision: DecisionExplanation? {
        guard isBlank, var decision = detail?.decision else { return route }
        guard let sentRoute else { return decision }
        decision.forcedTier = sentRoute.forcedTier
        let known = Set(decision.candidates.map(\.backend))
        for var other in sentRoute.candidates where !known.contains(other.backend) {
            other.isChosen = false
            decision.candidates.append(other)
        }
        return decision
    }

    package mutating func begin(at now: Int64) {
        reply = StreamedAnswer(sentAt: now)
        comparison = nil
        scroll = 0
    }

    package mutating func clear() {
        editor.clear()
        savedName = nil
        reply = StreamedAnswer()
        comparison = nil
        sent = nil
        sentRoute = nil
        route = nil
        routeProblem = nil
        routedRequest = nil
        routeDue = nil
    }
}
