import Shared

/// Offers a share of the answered requests to a second tier, in the background, so that the two answers can be compared.
package struct Compare: Stage {
    package static let name = "compare"
    private let router: Router
    private let runner: ShadowRunner?
    private let rate: Double
    /// A longer answer is not compared.
    private static let maximumBytes = 262_144

    /// `runner` nil means that nothing is compared.
    package init(router: Router, runner: ShadowRunner?, rate: Double) {
        self.router = router
        self.runner = runner
        self.rate = rate
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let runner, ShadowRunner.isPicked(exchange.request.id, rate: rate), exchange.turn?.kind == .userTurn,
            case .classified? = exchange.decision?.ground, let prompt = exchange.prompt,
            let own = exchange.decision?.backend, let other = other(than: own)
        else { return try await next(&exchange) }
        let reply = try await next(&exchange)
        guard reply.status == 200 else { return reply }
        let (request, project) = (exchange.request, exchange.client.project)
        let offer = { @Sendable (answer: String) in
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
        case .bytes(let body): offer(WholeAnswer.text(body, prompt.dialect))
        case .stream(let relay):
            guard prompt.dialect == .anthropic else { return reply }
            relay.capture(limitBytes: Self.maximumBytes)
            relay.whenEnded { outcome in
                guard let captured = outcome.captured else { return }
                var reader = AnthropicTextReader()
                var text = ""
                reader.read(captured) { text += $0 }
                offer(text)
            }
        }
        return reply
    }

    /// The tier beside: the next above, for the strongest the next below. The local tier stands outside of the ladder.
    private func other(than own: Backend) -> Backend? {
        let rest = router.backends.filter { $0.tier != .local && $0.tier != own.tier }
        let above = rest.filter { $0.tier > own.tier }.min { $0.tier < $1.tier }
        return above ?? rest.max { $0.tier < $1.tier }
    }
}
