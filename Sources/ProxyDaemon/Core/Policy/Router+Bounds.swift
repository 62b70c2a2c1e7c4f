import Shared

/// What the bounds of the operator and of a project leave of the choice.
extension Router {
    /// The tier that a classification asks for, within the bounds.
    func floor(_ wanted: Tier, _ bounds: Settings.RoutingBounds) -> Tier {
        var floor = wanted
        if let least = bounds.minTier { floor = max(floor, least) }
        if let most = bounds.maxTier { floor = min(floor, most) }
        return floor
    }

    /// The same with vetoes for what the bounds forbid.
    func bounded(
        _ candidates: [Decision.Candidate],
        _ bounds: Settings.RoutingBounds
    ) -> [Decision.Candidate] {
        guard
            bounds.minTier != nil || bounds.maxTier != nil || bounds.maxCost != nil || !bounds.allowedModels.isEmpty
        else { return candidates }
        return candidates.map { candidate in
            var candidate = candidate
            if candidate.veto == nil { candidate.veto = Self.veto(candidate, bounds) }
            return candidate
        }
    }

    private static func veto(_ candidate: Decision.Candidate, _ bounds: Settings.RoutingBounds) -> String? {
        let tier = candidate.backend.tier
        if !bounds.allowedModels.isEmpty, !bounds.allowedModels.contains(candidate.backend.name) {
            return "it is none of the project's allowed_models"
        }
        // The local tier stands outside of the ladder of prices.
        if let least = bounds.minTier, tier < least, tier != .local { return "min_tier is \(least.name)" }
        if let most = bounds.maxTier, tier > most { return "max_tier is \(most.name)" }
        if let most = bounds.maxCost, candidate.estimatedCost > most {
            return "about $\(candidate.estimatedCost) is over max_cost_usd of \(most)"
        }
        return nil
    }
}
