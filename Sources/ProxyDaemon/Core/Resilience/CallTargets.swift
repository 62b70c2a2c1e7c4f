import Shared

/// Who may be called for a request, in order: the one that was decided for, others that serve the same model, and then those
/// that another model of may take its place.
struct CallTargets: Sendable {
    /// The decided one first.
    let same: [Decision.Candidate]
    /// In the order in which they are asked when all of the former fail.
    let others: [Decision.Candidate]

    /// The tiers that are asked when a tier fails, where the config says nothing: the next above, then those below.
    static func usualFallbacks(of tier: Tier) -> [Tier] {
        Tier.allCases.filter { $0 > tier }.sorted() + Tier.allCases.filter { $0 < tier }.sorted(by: >)
    }

    init(_ decision: Decision, fallbacks: [Tier: [Tier]]) {
        let own = decision.backend
        let chosen =
            decision.candidates.first { $0.backend === own }
            ?? Decision.Candidate(backend: own, estimatedCost: .zero)
        var first = chosen
        // What the decision says of the chosen one goes before what it was as a candidate.
        first.adaptations = decision.adaptations
        first.veto = nil
        let able = decision.candidates.filter { $0.veto == nil && $0.backend !== own }
        // Who asked for a backend by its alias means that one, and not its model wherever it runs.
        let isOwnName = own.name != own.model && decision.requestedModel.lowercased() == own.name.lowercased()
        let twins = able.filter { !isOwnName && $0.backend.model == own.model && $0.backend.tier == own.tier }
        same = [first] + twins
        let tiers = Self.tiers(for: decision, fallbacks)
        others = tiers.flatMap { tier in
            able.filter { candidate in
                candidate.backend.tier == tier && !twins.contains { $0.backend === candidate.backend }
            }.sorted { $0.order < $1.order }
        }
    }

    /// The tiers whose models may answer in the place of the decided one, in order.
    ///
    /// A client that named a model, or a request that only this model is known to take, is given another one only where the
    /// config says so.
    private static func tiers(for decision: Decision, _ fallbacks: [Tier: [Tier]]) -> [Tier] {
        let own = decision.backend.tier
        let configured = fallbacks[own]
        switch decision.ground {
        case .classified, .lifted: return [own] + (configured ?? usualFallbacks(of: own))
        case .preferred(_, let list):
            let rest = configured ?? usualFallbacks(of: own)
            return [own] + list.tiers.filter { $0 != own } + rest.filter { !list.tiers.contains($0) }
        case .forcedTier: return [own] + (configured ?? [])
        case .notRouted, .passes, .capped, .raised, .keeps: return configured ?? []
        case .stays: return []
        }
    }
}

/// What is called next for one request: pure, so that every turn of it can be tested.
struct CallPlan: Sendable {
    enum Step: Sendable {
        case call(Decision.Candidate)
        /// The same again after so many milliseconds.
        case wait(Int, Decision.Candidate)
        /// What the last call brought is what the client gets.
        case giveUp
    }

    private var waiting: [Decision.Candidate]
    private var others: [Decision.Candidate]
    private var current: Decision.Candidate?
    private var retries = 0
    private(set) var attempts = 0
    private let policy: RetryPolicy

    /// `same` in the order in which they are to be asked.
    init(same: [Decision.Candidate], others: [Decision.Candidate], policy: RetryPolicy) {
        waiting = same
        self.others = others
        self.policy = policy
    }

    /// The first call; nil where nobody is left.
    mutating func first() -> Decision.Candidate? {
        if waiting.isEmpty {
            waiting = others
            others = []
        }
        guard !waiting.isEmpty else { return nil }
        attempts += 1
        current = waiting.removeFirst()
        return current
    }

    /// What follows a failed call. `mayCall` tells whether a backend takes calls, `mayRetry` whether one more call is within the
    /// bounds of them all; it is asked only when one is about to be made, and not where the failed one was never made.
    /// `isScarce` tells whether that would be the last.
    ///
    /// Another backend with the same model costs no more, and is asked at once. Then the same backend is given a second
    /// chance after a while, as that is cheaper than another model; only then comes that.
    mutating func next(
        after failure: CallFailure,
        mayCall: (Backend) -> Bool,
        mayRetry: () -> Bool,
        isScarce: () -> Bool
    ) -> Step {
        guard policy.settings.isEnabled, attempts < policy.settings.maxAttempts else { return .giveUp }
        func mayGoOn() -> Bool { !failure.wasCalled || mayRetry() }
        if failure.mayRetryElsewhere, let at = waiting.firstIndex(where: { mayCall($0.backend) }) {
            return mayGoOn() ? .call(turn(to: waiting.remove(at: at))) : .giveUp
        }
        let isLastChance = attempts + 1 == policy.settings.maxAttempts
        let other = failure.mayRetryElsewhere ? others.firstIndex { mayCall($0.backend) } : nil
        // The last call is not spent on one that has failed twice, nor the last of all on one that has failed.
        let isOthersTurn = other != nil && (isLastChance || retries > 0 || isScarce())
        if failure.mayRetryHere, let current, mayCall(current.backend), !isOthersTurn,
            let delay = policy.delayMilliseconds(retry: retries + 1, retryAfterSeconds: failure.retryAfterSeconds)
        {
            guard mayGoOn() else { return .giveUp }
            retries += 1
            attempts += 1
            return .wait(delay, current)
        }
        guard let other, mayGoOn() else { return .giveUp }
        return .call(turn(to: others.remove(at: other)))
    }

    private mutating func turn(to candidate: Decision.Candidate) -> Decision.Candidate {
        attempts += 1
        retries = 0
        current = candidate
        return candidate
    }
}
