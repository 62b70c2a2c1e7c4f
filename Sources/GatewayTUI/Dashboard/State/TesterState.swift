package import Shared

/// The prompt tester: a text, what it would cost where, and the answer.
package struct TesterState: Sendable {
    /// Milliseconds without a key before the route is asked for.
    package static let debounceMilliseconds: Int64 = 300
    /// Characters of an answer that are kept.
    package static let maximumAnswer = 200_000

    package enum Phase: Sendable, Hashable {
        case idle
        /// Sent, no number given to it yet.
        case waiting
        case streaming(Int)
        case finished
        case failed(String)

        package var isRunning: Bool {
            switch self {
            case .waiting, .streaming: true
            case .idle, .finished, .failed: false
            }
        }
    }

    package var editor = LineEditor(multiline: true)
    package var isComposing = false
    package var tier: Tier?
    /// The id of the skill that the prompt is sent with.
    package var skill: String?

    package var route: DecisionExplanation?
    /// Why there is no route.
    package var routeProblem: String?
    /// The text the route on the screen is for.
    package var routedRequest: ControlProtocol.PromptRequest?
    /// The text whose route was asked for last.
    package var askedRequest: ControlProtocol.PromptRequest?
    /// When the route is asked for next.
    package var routeDue: Int64?

    package var phase = Phase.idle
    /// What the answer answers.
    package var sent: ControlProtocol.PromptRequest?
    /// The route that was on the screen for it.
    package var sentRoute: DecisionExplanation?
    package private(set) var answer = ""
    package var detail: ExchangeDetail?
    package var isCancelRequested = false
    package var sentAt: Int64 = 0
    package var firstDeltaAt: Int64?
    package private(set) var pieces = 0
    /// Rows the answer is scrolled up from its end.
    package var scroll = 0

    package init() {}

    package var request: ControlProtocol.PromptRequest {
        ControlProtocol.PromptRequest(prompt: editor.text, tier: tier, skill: skill)
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
        phase = .waiting
        answer = ""
        pieces = 0
        detail = nil
        isCancelRequested = false
        sentAt = now
        firstDeltaAt = nil
        scroll = 0
    }

    package mutating func add(_ text: String, at now: Int64) {
        if firstDeltaAt == nil { firstDeltaAt = now }
        pieces += 1
        guard answer.utf8.count < Self.maximumAnswer else { return }
        answer += PlainText.sanitized(text, keepNewlines: true)
    }

    package mutating func clear() {
        editor.clear()
        answer = ""
        detail = nil
        sent = nil
        sentRoute = nil
        route = nil
        routeProblem = nil
        routedRequest = nil
        routeDue = nil
        phase = .idle
    }
}
