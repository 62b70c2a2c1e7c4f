import Shared

/// Picks the backend: asks the router, and between its two steps the classifier.
package final class Decide: Stage {
    package static let name = "decide"
    private let router: Router
    private let classifier: any Classifying
    let bounds: ByProject<Settings.RoutingBounds>
    private let paces: Paces
    private let conversations: Conversations
    private let marking: CacheMarking?
    /// Whose prompts are marked.
    private let marks: ByProject<Bool>
    private let clock: Clock
    private let stallAfter: Int
    private let lifted: @Sendable () -> Void

    /// `stallAfter` equal or failed tool calls in a row lift a conversation's tier, 0 never does; `lifted` is told of it.
    package init(
        router: Router,
        classifier: any Classifying,
        bounds: ByProject<Settings.RoutingBounds>,
        paces: Paces,
        conversations: Conversations,
        marking: CacheMarking?,
        marks: ByProject<Bool>,
        clock: Clock,
        stallAfter: Int = 0,
        lifted: @escaping @Sendable () -> Void = {}
    ) {
        self.stallAfter = stallAfter
        self.lifted = lifted
        self.router = router
        self.classifier = classifier
        self.bounds = bounds
        self.paces = paces
        self.conversations = conversations
        self.marking = marking
        self.marks = marks
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt else {
            throw GatewayError(.internalFault("a request came to be decided before it was read"))
        }
        let betas = Self.betas(exchange.request)
        if exchange.maxTier == nil, let known = exchange.known, known.directives == exchange.directives,
            known.betas == betas
        {
            exchange.decision = known.decision
            return try await next(&exchange)
        }
        let now = clock.monotonicNanoseconds()
        let seconds = exchange.request.unixMilliseconds / 1_000
        var request = routing(
            prompt,
            for: exchange.client,
            of: exchange.request,
            turn: exchange.turn,
            unixSeconds: seconds
        )
        request.directives = exchange.directives
        if let most = exchange.maxTier { request.bound(to: most) }
        let question = ClassifierRequest(
            traits: prompt.traits,
            mode: exchange.directives.classifierMode,
            project: exchange.client.project
        )
        let outcome = try await decide(request, asking: question)
        // What was paid is paid, whatever comes of it.
        exchange.overheads += outcome.overheads
        let decision = try outcome.decision.get()
        exchange.decision = decision
        exchange.turn = request.turn
        if let turn = request.turn, turn.reasonToPass == nil {
            marking?.note(turn.chain, now: now)
            var choice = ConversationChoice(
                wanted: decision.wanted ?? .fast,
                tier: decision.backend.tier,
                backend: decision.backend.identity,
                isUserTurn: turn.kind == .userTurn
            )
            if case .lifted(let tier, _) = decision.ground {
                choice.lift = ConversationLift(tier: tier, messageCount: turn.chain.messageCount)
                lifted()
            }
            conversations.decided(turn.chain, choice, now: now)
        }
        return try await next(&exchange)
    }

    /// A prompt as the router sees it, with its place in the conversation, where that is `known` already without what came
    /// before.
    func routing(
        _ prompt: Prompt,
        for client: ClientIdentity,
        of sent: ClientRequest? = nil,
        turn known: Turn? = nil,
        unixSeconds: Int64
    ) -> RoutingRequest {
        var request = RoutingRequest(
            traits: prompt.traits,
            requestedModel: prompt.model,
            maxTokens: prompt.maxTokens,
            bounds: bounds[client.project],
            unixSeconds: unixSeconds
        )
        request.dialect = prompt.dialect
        request.betas = sent.map(Self.betas) ?? []
        var turn = known ?? Turn(prompt, of: client, session: sent?.header("x-claude-code-session-id"))
        let now = clock.monotonicNanoseconds()
        turn.view = conversations.lookUp(turn.chain, now: now)
        if turn.kind == .toolStep, stallAfter > 0, prompt.traits.hasToolHistory {
            turn.stall = Stall(prompt, from: turn.view?.lift?.messageCount ?? 0).reason(atLeast: stallAfter)
        }
        if let marking, marks[client.project], prompt.traits.promptCharacters >= marking.leastBytes {
            turn.addedMarkers = marking.markers(turn, prompt.traits, sharing: sent?.step?.shared, now: now)
        }
        request.turn = turn
        return request
    }

    /// A decision or why there is none, and what was paid on the way to it.
    struct Outcome: Sendable {
        let decision: Result<Decision, GatewayError>
        var overheads: [Overhead] = []
    }

    /// Decides, and takes the time that it took. `known` is the classification of an earlier request with the same body.
    func decide(
        _ request: RoutingRequest,
        asking question: ClassifierRequest,
        known: Classification? = nil
    ) async throws(GatewayError) -> Outcome {
        let started = clock.monotonicNanoseconds()
        let outcome = try router.question(request)
        let asked = clock.monotonicNanoseconds() - started
        switch outcome {
        case .settled(var decision):
            complete(&decision, nanoseconds: asked)
            return Outcome(decision: .success(decision))
        case .open(let draft):
            if known != nil || classifier.isBrief(question) {
                return await decide(draft, question, known, nanosecondsBefore: asked)
            }
            // Not on the event loop that the caller may be running on. The change of threads is no part of the decision.
            return await withTaskExecutorPreference(globalConcurrentExecutor) {
                await decide(draft, question, known, nanosecondsBefore: asked)
            }
        }
    }

    private func decide(
        _ draft: RoutingDraft,
        _ question: ClassifierRequest,
        _ known: Classification?,
        nanosecondsBefore: Int64
    ) async -> Outcome {
        let started = clock.monotonicNanoseconds()
        let classification = if let known { known } else { await classifier.classify(question) }
        do throws(GatewayError) {
            var decision = try router.choose(draft, classification)
            complete(&decision, nanoseconds: nanosecondsBefore + clock.monotonicNanoseconds() - started)
            return Outcome(decision: .success(decision), overheads: classification.overheads)
        } catch {
            return Outcome(decision: .failure(error), overheads: classification.overheads)
        }
    }

    /// Adds what is known of the time that the answer takes, and that the decision took.
    private func complete(_ decision: inout Decision, nanoseconds: Int64) {
        // What an answer may have at most says little of how long it is.
        let usual = paces.usualTokens(decision.backend.name) ?? decision.estimatedOutputTokens
        let tokens = min(usual, decision.estimatedOutputTokens)
        decision.expectedMilliseconds = paces.expectedMilliseconds(decision.backend.name, outputTokens: tokens)
        if let strongest = router.strongest.first, strongest !== decision.backend {
            let expected = paces.expectedMilliseconds(strongest.name, outputTokens: tokens)
            decision.baselineMilliseconds = expected.map { (strongest.name, $0) }
        }
        decision.classifyNanoseconds = nanoseconds
    }

    /// The values of `anthropic-beta`.
    static func betas(_ request: ClientRequest) -> [String] {
        var betas: [String] = []
        for header in request.headers where header.isNamed("anthropic-beta") {
            betas += header.value.split(separator: ",").map { piece in
                String(piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        return betas
    }
}

extension RoutingRequest {
    /// Nothing above the tier is chosen, whoever asks for it, but for what the operator's own lower bound is.
    fileprivate mutating func bound(to tier: Tier) {
        let most = min(bounds.maxTier ?? tier, max(tier, bounds.minTier ?? tier))
        bounds.maxTier = most
        if let forced = directives.tier { directives.tier = min(forced, most) }
    }
}
