import Shared

/// Offers a share of the answered requests to a second tier, in the background, so that the two answers can be compared.
package final class Compare: Stage {
    package static let name = "compare"
    private let router: Router
    private let runner: ShadowRunner?
    private let rate: Double
    /// Whether anything can be learned from a pair at the moment.
    private let isUseful: @Sendable () -> Bool
    /// A longer answer is not compared.
    private static let maximumBytes = 262_144

    /// `runner` nil means that nothing is compared.
    package init(
        router: Router,
        runner: ShadowRunner?,
        rate: Double,
        isUseful: @escaping @Sendable () -> Bool = { true }
    ) {
        self.isUseful = isUseful
        self.router = router
        self.runner = runner
        self.rate = rate
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let runner, ShadowRunner.isPicked(exchange.request.id, rate: rate), exchange.turn?.kind == .userTurn,
            case .classified? = exchange.decision?.ground, let prompt = exchange.prompt,
            let decision = exchange.decision, let other = other(decision), isUseful()
        else { return try await next(&exchange) }
        let reply = try await next(&exchange)
        guard reply.status == 200 else { return reply }
        // Another than at first may have answered; of a held stream it may not be known yet who will.
        guard !exchange.isUndecided, let own = exchange.decision?.backend, own !== other else { return reply }
        let (request, project) = (exchange.request, exchange.client.project)
        let offer = { @Sendable (answer: String, stopReason: String?) in
            // What was cut short, or is no text, cannot be compared.
            guard !answer.isEmpty, stopReason == "end_turn" || stopReason == "stop_sequence" else { return }
            let answered = ShadowRunner.Answered(
                request: request,
                prompt: prompt,
                project: project,
                backend: own,
                answer: answer
            )
            _ = runner.offer(answered, to: other)
        }
        switch reply.body {
        case .bytes(let body): offer(WholeAnswer.text(body, prompt.dialect), exchange.stopReason)
        case .stream(let relay):
            guard prompt.dialect == .anthropic else { return reply }
            relay.capture(limitBytes: Self.maximumBytes)
            relay.whenEnded { outcome in
                guard let captured = outcome.captured, captured.count <= Self.maximumBytes else { return }
                var reader = AnthropicTextReader()
                var text = ""
                reader.read(captured) { text += $0 }
                offer(text, outcome.stopReason)
            }
        }
        return reply
    }

    /// The tier beside, among the backends that may take the request: the next above, for the strongest the next below. What
    /// a local model answered stays on this machine. The strongest has to be allowed, too, as it is the judge.
    private func other(_ decision: Decision) -> Backend? {
        let own = decision.backend
        let able = decision.candidates.filter { $0.veto == nil }.map(\.backend)
        guard own.tier != .local, let judge = router.strongest.first, able.contains(where: { $0 === judge }) else {
            return nil
        }
        let rest = able.filter { $0.tier != .local && $0.tier != own.tier }
        let above = rest.filter { $0.tier > own.tier }.min { $0.tier < $1.tier }
        return above ?? rest.max { $0.tier < $1.tier }
    }
}
