/// Picks the backend.
package struct Decide: Stage {
    package static let name = "decide"
    private let router: Router
    private let clock: Clock

    package init(router: Router, clock: Clock) {
        self.router = router
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt else {
            throw GatewayError(.internalFault("a request came to be decided before it was read"))
        }
        exchange.decision = try decide(
            prompt,
            classification: exchange.known?.classification,
            exchange.directives,
            betas: Self.betas(exchange.request),
            unixSeconds: exchange.request.unixMilliseconds / 1_000
        )
        return try await next(&exchange)
    }

    /// Decides, and takes the time that it took. `classification` is that of an earlier request with the same body.
    func decide(
        _ prompt: Prompt,
        classification: Classification? = nil,
        _ directives: Directives,
        betas: [String],
        unixSeconds: Int64
    ) throws(GatewayError) -> Decision {
        let started = clock.monotonicNanoseconds()
        var decision = try router.decide(
            traits: prompt.traits,
            classification: classification,
            requestedModel: prompt.model,
            maxTokens: prompt.maxTokens,
            directives: directives,
            betas: betas,
            dialect: prompt.dialect,
            unixSeconds: unixSeconds
        )
        decision.classifyNanoseconds = clock.monotonicNanoseconds() - started
        return decision
    }

    private static func betas(_ request: ClientRequest) -> [String] {
        var betas: [String] = []
        for header in request.headers where header.isNamed("anthropic-beta") {
            betas += header.value.split(separator: ",").map { piece in
                String(piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        return betas
    }
}
