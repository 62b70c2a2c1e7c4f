import Shared

/// Lets in as many requests, tokens and streams as the client's limits allow, and lowers the tier where its budget nears
/// its end.
package final class Limit: Stage {
    package static let name = "limit"
    private let gate: LimitGate
    private let budgets: Budgets

    init(_ gate: LimitGate, _ budgets: Budgets) {
        self.gate = gate
        self.budgets = budgets
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt else { return try await next(&exchange) }
        exchange.pass = try await gate.enter(
            exchange.client,
            id: exchange.request.id,
            // Most texts have a token for three or four characters.
            promptTokens: prompt.traits.promptCharacters * 3 / 10,
            answerTokens: prompt.maxTokens,
            isStream: prompt.isStream,
            status: &exchange.limitStatus
        )
        if let pressure = budgets.pressure(exchange.client) {
            exchange.maxTier = pressure.maxTier
            exchange.warnings.append(pressure.text)
            exchange.notes.append(pressure.text)
        }
        return try await next(&exchange)
    }
}
