import Shared

/// Sends the request to the chosen backend and gives back what it answers, as it comes, in the client's dialect. Where that
/// fails before anything has gone to the client, it is sent again, or to another backend: who and when is ``CallPlan``'s to
/// say.
package final class Attempt: Stage {
    package static let name = "attempt"

    private let pool: BackendPool
    private let caller: BackendCaller
    private let clock: Clock
    private let worst: WorstCase

    init(
        pool: BackendPool,
        transport: Transport,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        worst: WorstCase
    ) {
        self.worst = worst
        self.pool = pool
        caller = BackendCaller(pool: pool, transport: transport, ledger: ledger, clock: clock, settings: settings)
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt, let decision = exchange.decision else {
            throw GatewayError(.internalFault("a request came to be sent before it was decided"))
        }
        let warnings = exchange.warnings
        let before = exchange.attempts.count
        let isWarm =
            exchange.turn?.view?.choice?.backend == decision.backend.identity
            || exchange.directives.backend == decision.backend.name
        var plan = pool.plan(decision, isWarm: isWarm)
        guard var target = plan.first() else { throw pool.unavailable(decision) }
        if target.backend !== decision.backend, !pool.mayCall(decision.backend) {
            exchange.notes.append("\(decision.backend.name) is left alone at the moment, as its last calls failed")
        }
        while true {
            exchange.take(target, insteadOf: decision)
            let called = target.backend
            let (failure, answer): (CallFailure, Result<Reply, GatewayError>)
            switch try await caller.call(called, prompt, &exchange) {
            case .answered(let reply):
                pool.blame(exchange.attempts.dropFirst(before), answeredBy: called)
                return reply
            case .failed(let why, let given): (failure, answer) = (why, given)
            }
            switch plan.next(after: failure, mayCall: pool.mayCall, mayRetry: pool.mayRetry, isScarce: pool.isScarce) {
            case .giveUp: return try answer.get()
            case .call(let other):
                let text = "\(called.name) failed (\(exchange.lastError)), so that \(other.backend.name) was asked"
                exchange.notes.append(text)
                guard await coverCost(of: other, prompt, exchange) else { return try answer.get() }
                target = other
            case .wait(let milliseconds, let same):
                await clock.sleep(milliseconds)
                if Task.isCancelled { throw GatewayError(.cancelled) }
                exchange.notes.append(
                    "\(called.name) failed (\(exchange.lastError)) and was asked again after \(milliseconds) ms"
                )
                target = same
            }
            if case .success(let reply) = answer, case .stream(let stream) = reply.body { stream.abandon() }
            // What a failed call has cost is a guess, if it has cost anything.
            exchange.discard(exchange.usage, isEstimated: true, of: called, attempt: exchange.attempts.count - 1)
            (exchange.usage, exchange.usageIsEstimated) = (TokenUsage(), false)
            (exchange.stopReason, exchange.firstByteNanoseconds) = (nil, nil)
            exchange.warnings = warnings
        }
    }

    /// Whether the client's budget has room for a call to a backend that may be dearer than what was put aside for.
    private func coverCost(
        of target: Decision.Candidate,
        _ prompt: Prompt,
        _ exchange: Exchange
    ) async -> Bool {
        guard let reservation = exchange.reservation else { return true }
        let spent = exchange.discarded.reduce(USD.zero) { $0 + $1.spending.cost }
        let cost = worst.cost(target.backend, prompt, exchange.request.unixMilliseconds / 1_000)
        return await reservation.raise(to: spent + cost)
    }
}

extension Exchange {
    /// What went wrong with the last call.
    fileprivate var lastError: String { attempts.last?.error ?? "no answer" }

    /// Goes to that backend.
    fileprivate mutating func take(_ target: Decision.Candidate, insteadOf decided: Decision) {
        guard let decision, decision.backend !== target.backend else { return }
        self.decision = decision.sent(to: target, characters: prompt?.traits.promptCharacters ?? 0)
        if target.backend.tier < decided.backend.tier { isSubstitute = true }
    }
}
