import Shared

/// Puts aside what the call may cost, of every budget that holds for the client. Answers from the cache and those that are
/// shared never come here; `settle` books what was spent.
package final class Reserve: Stage {
    package static let name = "reserve"
    private let budgets: Budgets
    private let worst: WorstCase
    private let refusals: ReasonCounts<LimitRefusal>?

    init(_ budgets: Budgets, _ worst: WorstCase, refusals: ReasonCounts<LimitRefusal>? = nil) {
        self.refusals = refusals
        self.budgets = budgets
        self.worst = worst
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard budgets.hold(exchange.client), let amounts = worst.amounts(exchange) else {
            return try await next(&exchange)
        }
        do throws(GatewayError) {
            try await putAside(amounts, &exchange)
        } catch {
            if case .budgetExhausted = error.kind { refusals?.add(.budget) } else { refusals?.add(.budgetReserved) }
            throw error
        }
        return try await next(&exchange)
    }

    private func putAside(
        _ amounts: WorstCase.Amounts,
        _ exchange: inout Exchange
    ) async throws(GatewayError) {
        do throws(GatewayError) {
            exchange.reservation = try await budgets.reserve(exchange.client, amounts.withEscalations)
        } catch {
            guard amounts.answer < amounts.withEscalations else { throw error }
            exchange.reservation = try await budgets.reserve(exchange.client, amounts.answer)
            exchange.directives.maxEscalations = 0
            exchange.notes.append(
                "the budget has no room for a second answer, so that no stronger model would be asked"
            )
        }
    }
}
