import Shared
import Synchronization

/// What the ledger takes over when the configuration is read again.
extension Ledger {
    /// The backends are these now. What earlier ones did and cost stays; who has done nothing goes.
    ///
    /// `models` are further names that may be labels of metrics.
    package func adopt(_ backends: [Settings.Backend], models: [String] = []) {
        state.withLock { state in
            state.traffic.know(backends.flatMap { [$0.model] + $0.allowedModels } + models)
            let former = state.backends
            state.backends = backends.map { backend in
                var row = MetricsSnapshot.Backend(
                    name: backend.name,
                    provider: backend.provider.rawValue,
                    model: backend.model,
                    tier: backend.tier,
                    isSimulated: backend.provider == .simulated
                )
                if let known = former.first(where: { $0.name == backend.name }) {
                    row.requests = known.requests
                    row.errors = known.errors
                    row.inFlight = known.inFlight
                    row.cost = known.cost
                }
                return row
            }
            let names = Set(backends.map(\.name))
            state.backends += former.filter { row in
                !names.contains(row.name) && (row.requests > 0 || row.inFlight > 0 || row.cost != .zero)
            }
            let tiers = Set(backends.map(\.tier)).subtracting(state.tiers.map(\.tier))
            state.tiers.removeAll { $0.requests == 0 && $0.cost == .zero && !backends.map(\.tier).contains($0.tier) }
            state.tiers += tiers.map { MetricsSnapshot.TierTotals(tier: $0, requests: 0, cost: .zero) }
            state.tiers.sort { $0.tier < $1.tier }
        }
    }

    /// What a person should know about the configuration in force, in the place of what was said of the one before.
    package func warnOfConfiguration(_ texts: [String]) {
        state.withLock { state in
            state.configurationWarnings = Array(texts.prefix(20))
            state.warnings.removeAll { state.configurationWarnings.contains($0) }
        }
    }

    /// The configuration has been read again; `failure` says why it was left as it was.
    package func reloaded(failure: String?) {
        let now = clock.unixMilliseconds()
        state.withLock { state in
            state.configuration.reloads += 1
            if failure != nil { state.configuration.failures += 1 } else { state.configuration.unixMilliseconds = now }
            state.configuration.lastFailure = failure
        }
    }
}
