import Synchronization

/// Lets in as many requests, tokens and streams as the limits allow: in memory, or together with other daemons.
package final class LimitGate: Sendable {
    /// An answer that is not there yet counts as so many tokens at most.
    private static let foreseenAnswerTokens = 1_000

    /// What has been taken. Outlives the terms.
    private final class Counts: Sendable {
        let state = Mutex(State())
    }

    private struct State {
        var limiter = RateLimiter()
        var streams: [LimitScope: Int] = [:]
    }

    private let terms: TenantTerms
    private let shared: (any SharedLimits)?
    private let clock: Clock
    private let counts: Counts
    let refusals: ReasonCounts<LimitRefusal>

    /// `shared` counts for several daemons; where it is away, this one counts for itself. Streams are counted here in any case, as
    /// one that came while it was away may outlast that. With other terms the gate goes on counting from where the `former` one stands.
    init(_ terms: TenantTerms, shared: (any SharedLimits)?, clock: Clock, after former: LimitGate? = nil) {
        counts = former?.counts ?? Counts()
        refusals = former?.refusals ?? ReasonCounts()
        self.terms = terms
        self.shared = shared
        self.clock = clock
    }

    /// What a client is told of its limits: the tightest one.
    package struct Status: Sendable, Equatable {
        package var limit: Int
        package var remaining: Int
        /// Until all of it is there again.
        package var resetSeconds: Int64
    }

    /// The places that a stream has.
    fileprivate struct StreamSeat: Sendable {
        let id: String
        let scopes: [LimitScope]
    }

    /// What a request has taken.
    final class Pass: Sendable {
        private let gate: LimitGate
        private let tokens: [RateLimiter.Demand]
        private let streams: StreamSeat?
        private let isOpen = Atomic<Bool>(true)
        private let isCounted = Atomic<Bool>(false)

        fileprivate init(_ gate: LimitGate, tokens: [RateLimiter.Demand], streams: StreamSeat?) {
            self.gate = gate
            self.tokens = tokens
            self.streams = streams
        }

        deinit { leave() }

        /// The exchange is over: gives the place of its stream back.
        func leave() {
            guard isOpen.exchange(false, ordering: .relaxed) else { return }
            if let streams { gate.leave(streams) }
        }

        /// Puts the true count in the place of the estimate.
        func settle(tokens used: Int) {
            guard !tokens.isEmpty, !isCounted.exchange(true, ordering: .relaxed) else { return }
            gate.correct(tokens, used: used)
        }
    }

    /// Takes what a request needs, or throws `rateLimited`.
    ///
    /// `id` is the exchange's. `promptTokens` is an estimate, `answerTokens` the most that the answer may have, nil where the client set no bound.
    /// `status` becomes what the client is told, whatever comes of it. Both it and what is returned are nil where no limit
    /// holds.
    func enter(
        _ client: ClientIdentity,
        id: String,
        promptTokens: Int,
        answerTokens: Int?,
        isStream: Bool,
        status: inout Status?
    ) async throws(GatewayError) -> Pass? {
        let terms = terms.limits(of: client)
        guard !terms.isEmpty else { return nil }
        let tokens = max(0, promptTokens) + min(max(0, answerTokens ?? .max), Self.foreseenAnswerTokens)
        let demands = Self.demands(terms, tokens: tokens)
        let streams = isStream ? try await enterStreams(terms, id: id) : nil
        let pass = Pass(self, tokens: demands.filter { $0.bucket.unit == .tokens }, streams: streams)
        guard !demands.isEmpty else { return pass }
        let outcomes = await take(demands)
        status = Self.status(demands, outcomes)
        guard let refusal = refusal(demands, outcomes) else { return pass }
        pass.leave()
        throw refusal
    }

    /// Takes one question for how many tokens a prompt has, or throws `rateLimited`. A client may ask as many a minute as it
    /// may send requests, which these are not: an agent that counts before each turn has all of its turns.
    func enterCount(_ client: ClientIdentity) async throws(GatewayError) {
        let demands = terms.limits(of: client).compactMap { scope, limits in
            limits.requestsPerMinute.map { RateLimiter.Demand(.init(scope, .counts), GCRA(limit: $0), 1) }
        }
        guard !demands.isEmpty else { return }
        if let refusal = refusal(demands, await take(demands)) { throw refusal }
    }

    /// What says no, with the longest wait; nil where nothing does. It is counted.
    private func refusal(_ demands: [RateLimiter.Demand], _ outcomes: [GCRA.Outcome]) -> GatewayError? {
        guard
            let refused = outcomes.indices.filter({ !outcomes[$0].isAllowed })
                .max(by: { outcomes[$0].retryNanoseconds < outcomes[$1].retryNanoseconds })
        else { return nil }
        let (bucket, rate) = (demands[refused].bucket, demands[refused].rate)
        refusals.add(bucket.unit == .tokens ? .tokens : .requests)
        let seconds = Self.seconds(outcomes[refused].retryNanoseconds)
        let text = "\(bucket.scope.words) may use \(rate.limit) \(bucket.unit.words) a minute; retry in \(seconds) s"
        return GatewayError(.rateLimited("rate limit reached: \(text)", retryAfterSeconds: Int(seconds)))
    }

    private static func demands(
        _ terms: [(scope: LimitScope, limits: Settings.Limits)],
        tokens: Int
    ) -> [RateLimiter.Demand] {
        var demands: [RateLimiter.Demand] = []
        for (scope, limits) in terms {
            if let most = limits.requestsPerMinute {
                demands.append(.init(.init(scope, .requests), GCRA(limit: most), 1))
            }
            if let most = limits.tokensPerMinute {
                demands.append(.init(.init(scope, .tokens), GCRA(limit: most), min(tokens, most)))
            }
        }
        return demands
    }

    private func take(_ demands: [RateLimiter.Demand]) async -> [GCRA.Outcome] {
        if let shared, let outcomes = await shared.take(demands), outcomes.count == demands.count { return outcomes }
        let now = clock.monotonicNanoseconds()
        return counts.state.withLock { $0.limiter.take(demands, now: now) }
    }

    /// Requests go before tokens, as clients know them better; of several the one that is nearest to its end.
    private static func status(_ demands: [RateLimiter.Demand], _ outcomes: [GCRA.Outcome]) -> Status? {
        let tightest = outcomes.indices.min { left, right in
            func order(_ index: Int) -> (Int, Int, Int) {
                let outcome = outcomes[index]
                return (
                    outcome.isAllowed ? 1 : 0, demands[index].bucket.unit == .requests ? 0 : 1, outcome.remaining
                )
            }
            return order(left) < order(right)
        }
        return tightest.map { index in
            Status(
                limit: demands[index].rate.limit,
                remaining: outcomes[index].remaining,
                resetSeconds: seconds(outcomes[index].resetNanoseconds)
            )
        }
    }

    /// Whole seconds, rounded up: after them it is certain.
    private static func seconds(_ nanoseconds: Int64) -> Int64 { (max(0, nanoseconds) + 999_999_999) / 1_000_000_000 }

    // MARK: Streams

    private func enterStreams(
        _ terms: [(scope: LimitScope, limits: Settings.Limits)],
        id: String
    ) async throws(GatewayError) -> StreamSeat? {
        let bounds = terms.compactMap { term in
            term.limits.concurrentStreams.map { StreamBound(scope: term.scope, most: $0) }
        }
        guard !bounds.isEmpty else { return nil }
        let full = counts.state.withLock { state -> StreamBound? in
            if let full = bounds.first(where: { state.streams[$0.scope, default: 0] >= $0.most }) { return full }
            for bound in bounds { state.streams[bound.scope, default: 0] += 1 }
            return nil
        }
        if let full { throw refusal(full) }
        let seat = StreamSeat(id: id, scopes: bounds.map(\.scope))
        if let shared, case .full(let bound)? = await shared.enterStream(id, bounds) {
            leave(seat)
            throw refusal(bound)
        }
        return seat
    }

    private func refusal(_ full: StreamBound) -> GatewayError {
        refusals.add(.streams)
        let text = "\(full.scope.words) may have \(full.most) streams at once"
        return GatewayError(.rateLimited("rate limit reached: \(text)", retryAfterSeconds: 1))
    }

    private func leave(_ seat: StreamSeat) {
        shared?.leaveStream(seat.id)
        counts.state.withLock { state in
            for scope in seat.scopes {
                let left = state.streams[scope, default: 1] - 1
                state.streams[scope] = left > 0 ? left : nil
            }
        }
    }

    /// This daemon's streams under way that count for a scope with a bound.
    package func streams(_ scope: LimitScope) -> Int { counts.state.withLock { $0.streams[scope] ?? 0 } }

    private func correct(_ tokens: [RateLimiter.Demand], used: Int) {
        for demand in tokens where used != demand.units {
            let units = max(0, used) - demand.units
            shared?.correct(demand.bucket, demand.rate, by: units)
            let now = clock.monotonicNanoseconds()
            counts.state.withLock { $0.limiter.correct(demand.bucket, demand.rate, by: units, now: now) }
        }
    }
}
