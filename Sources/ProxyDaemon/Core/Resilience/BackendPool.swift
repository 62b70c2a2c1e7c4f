import Shared

/// The health of every backend, and who is called first where several serve the same model.
package final class BackendPool: Sendable {
    private static let probeMilliseconds = 1_000
    private static let probeTimeoutSeconds = 2

    private let health: [String: BackendHealth]
    /// Models that a client borrows from a configured provider share the health of that.
    private let byAddress: [String: BackendHealth]
    private let unknown: BackendHealth
    private let fallbacks: [Tier: [Tier]]
    private let retry: RetryPolicy
    private let budget: RetryBudget
    private let transport: Transport
    private let clock: Clock

    /// A backend that the `former` pool knows by the same name and address is as healthy as it was there, unless the
    /// breaker's rules have changed.
    init(
        settings: Settings,
        backends: [Backend],
        transport: Transport,
        clock: Clock,
        after former: BackendPool? = nil
    ) {
        let rules = settings.breaker
        let load = settings.load
        var health: [String: BackendHealth] = [:]
        var byAddress: [String: BackendHealth] = [:]
        for backend in backends {
            let known = former?.health[backend.name].flatMap { $0.goesOn(as: backend, rules) ? $0 : nil }
            let limit = backend.maxConcurrent.map { ConcurrencyLimit.Bounds(load, most: $0) }
            let one = known ?? BackendHealth(backend, rules: rules, limit: limit, clock: clock)
            if let limit { one.limit?.adopt(limit) }
            health[backend.name] = health[backend.name] ?? one
            byAddress[backend.baseURL] = byAddress[backend.baseURL] ?? one
        }
        self.health = health
        self.byAddress = byAddress
        unknown = BackendHealth(rules: rules)
        fallbacks = settings.fallbacks
        retry = RetryPolicy(settings.retry)
        budget = former?.budget ?? RetryBudget(share: settings.retry.budget, now: clock.monotonicNanoseconds())
        budget.adopt(share: settings.retry.budget)
        self.transport = transport
        self.clock = clock
    }

    private var now: Int64 { clock.monotonicNanoseconds() }

    func health(of backend: Backend) -> BackendHealth {
        health[backend.name] ?? byAddress[backend.baseURL] ?? unknown
    }

    /// Whether the backend takes calls.
    func mayCall(_ backend: Backend) -> Bool { health(of: backend).isAvailable(now: now) }

    /// Whether one more call for a request whose call has failed is within the share of all requests. A yes counts as made.
    func mayRetry() -> Bool { budget.withdraw(now: now) }

    /// Whether no more than one such call is left.
    func isScarce() -> Bool { budget.isScarce(now: now) }

    /// Who is called for a request, and who then. `isWarm`: the decided one has the conversation in its prompt cache, so that
    /// its twins would be dearer.
    func plan(_ decision: Decision, isWarm: Bool) -> CallPlan {
        budget.deposit()
        let now = now
        let targets = CallTargets(decision, fallbacks: fallbacks)
        func works(_ candidate: Decision.Candidate) -> Bool { health(of: candidate.backend).isAvailable(now: now) }
        func isFree(_ candidate: Decision.Candidate) -> Bool { !health(of: candidate.backend).isLimited(now: now) }
        // Nearly always there is one, and it works.
        guard targets.same.count > 1 || !works(targets.same[0]) || !isFree(targets.same[0]) else {
            return CallPlan(same: targets.same, others: targets.others, policy: retry)
        }
        var same = targets.same.filter(works)
        if !isWarm { same = lightestFirst(same, now) }
        let others = targets.others
        let free = same.filter(isFree)
        // Who was told to wait is asked last.
        guard free.isEmpty else {
            return CallPlan(same: free + same.filter { !isFree($0) }, others: others, policy: retry)
        }
        let freeOthers = others.filter { works($0) && isFree($0) }
        return CallPlan(same: freeOthers + same, others: [], policy: retry)
    }

    /// The less loaded of two that are picked at random comes first: nearly as good as the least loaded of all, and without
    /// everybody running to the same one (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
    private func lightestFirst(_ same: [Decision.Candidate], _ now: Int64) -> [Decision.Candidate] {
        guard same.count > 1 else { return same }
        var shuffled = same.shuffled()
        if health(of: shuffled[1].backend).load(now: now) < health(of: shuffled[0].backend).load(now: now) {
            shuffled.swapAt(0, 1)
        }
        return shuffled
    }

    /// That nobody takes the request at the moment, and when somebody may.
    func unavailable(_ decision: Decision) -> GatewayError {
        let now = now
        let targets = CallTargets(decision, fallbacks: fallbacks)
        let all = (targets.same + targets.others).map(\.backend)
        let wait = all.compactMap { health(of: $0).waitNanoseconds(now: now) }.min() ?? 0
        let report = health(of: decision.backend).report(now: now)
        let why = report.lastError.map { " (\($0))" } ?? ""
        let names = all.map(\.name).joined(separator: ", ")
        let text =
            all.count == 1
            ? "backend \(names) does not work at the moment\(why); it is tried again by and by"
            : "none of the backends \(names) works at the moment; \(decision.backend.name)'s last failure was\(why)"
        return GatewayError(.unavailable(text, retryAfterSeconds: Int((wait + 999_999_999) / 1_000_000_000)))
    }

    /// A call has ended.
    func end(_ call: BackendHealth.Call, on backend: Backend, _ outcome: BackendHealth.Outcome) {
        let health = health(of: backend)
        guard health.end(call, outcome, now: now) else { return }
        // Clients are not to find out, one by one, that nobody is there.
        Task { [self] in await probe(backend, health) }
    }

    /// A backend has answered a request at which others had failed: it was not the request's fault, and what they failed at again
    /// counts after all. `attempts` are all calls that were made for it.
    func blame(_ attempts: ArraySlice<AttemptReport>, answeredBy backend: Backend) {
        guard attempts.count > 2 else { return }
        // Those without a status could not be connected to, and have been counted each time, or are not asked again.
        let failures = attempts.filter { $0.error != nil && $0.status != nil && $0.backend != backend.name }
        for (name, calls) in Dictionary(grouping: failures, by: \.backend) where calls.count > 1 {
            health[name]?.blame(times: calls.count - 1, now: now)
        }
    }

    /// Looks every second whether a backend can be reached again. What it answers does not matter.
    private func probe(_ backend: Backend, _ health: BackendHealth) async {
        var isWanted = true
        while isWanted {
            await clock.sleep(Self.probeMilliseconds)
            isWanted = health.probed(isReachable: await answers(backend), now: now)
        }
    }

    private func answers(_ backend: Backend) async -> Bool {
        let path = backend.wire == .ollama ? "/api/version" : "/v1/models"
        let question = UpstreamRequest(
            method: "GET",
            url: backend.baseURL + path,
            headers: backend.requestHeaders,
            timeoutSeconds: Self.probeTimeoutSeconds
        )
        do throws(UpstreamError) {
            let response = try await transport.send(question)
            response.body.cancel()
            return true
        } catch {
            switch error {
            case .cannotConnect, .timeout, .cancelled: return false
            case .broken, .tooLarge: return true
            }
        }
    }

    /// How a configured backend is; nil for an unknown name.
    func report(of name: String) -> BackendHealthReport? { health[name]?.report(now: now) }

    /// Closes a backend's circuit breaker by hand. False for an unknown name.
    package func reset(_ name: String) -> Bool {
        guard let health = health[name] else { return false }
        health.reset(now: now)
        return true
    }
}
