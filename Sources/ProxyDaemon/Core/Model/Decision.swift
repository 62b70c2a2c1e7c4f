package import Shared

/// Which backend answers a request, and why. Kept with the exchange; the words are made when somebody asks.
package struct Decision: Sendable {
    /// Why the backend was chosen.
    package enum Ground: Sendable, Equatable {
        /// The client switched routing off, or the config does.
        case notRouted(String)
        /// The request uses what other models may refuse.
        case stays(String)
        /// The client forced the tier.
        case forcedTier(Tier)
        /// The classifier's score picked the tier.
        case classified(wanted: Tier)
    }

    /// A backend and why it could not be taken, or what has to be changed for it.
    package struct Candidate: Sendable {
        package var backend: Backend
        package var veto: String?
        package var adaptations: [Adaptation] = []
        package var estimatedCost: USD
    }

    package var backend: Backend
    /// What has to be changed in the request before it is sent to the backend; each is a warning to the client.
    package var adaptations: [Adaptation] = []
    package var ground: Ground
    package var classification: Classification?
    package var candidates: [Candidate]
    package var requestedModel: String
    package var estimatedInputTokens: Int
    package var estimatedOutputTokens: Int
    package var classifyNanoseconds: Int64 = 0

    /// The layer that decided, as in the `X-Gateway-Classifier` header.
    package var classifier: String {
        if case .classified = ground { return "heuristic" }
        return "n/a"
    }

    package var score: Int? { classification?.score }

    /// The adaptations in words, for the warning header.
    package var adaptationNotes: [String] {
        adaptations.isEmpty ? [] : adaptations.map { $0.sentence(model: backend.model) }
    }

    /// The explanation for a person.
    package func explained(thresholds: Settings.Classifier) -> DecisionExplanation {
        DecisionExplanation(
            classifier: classifier,
            score: score,
            signals: classification?.signals.map(\.explained) ?? [],
            candidates: candidates.map { candidate in
                DecisionExplanation.Candidate(
                    backend: candidate.backend.name,
                    model: candidate.backend.model,
                    tier: candidate.backend.tier,
                    isChosen: candidate.backend === backend,
                    veto: candidate.veto,
                    estimatedCost: candidate.estimatedCost,
                    isSimulated: candidate.backend.isSimulated
                )
            },
            reasons: reasons(thresholds),
            classifyMicroseconds: Double(classifyNanoseconds) / 1_000,
            estimatedInputTokens: estimatedInputTokens,
            estimatedOutputTokens: estimatedOutputTokens
        )
    }

    private func reasons(_ thresholds: Settings.Classifier) -> [String] {
        var reasons = ["The client asked for \(requestedModel)."]
        switch ground {
        case .notRouted(let why): reasons.append("Not routed: \(why).")
        case .stays(let why): reasons.append("Not routed elsewhere: \(why).")
        case .forcedTier(let tier): reasons.append("X-Gateway-Tier asks for the tier \(tier.name).")
        case .classified(let wanted):
            let bounds = "up to \(thresholds.tier1Max) fast, up to \(thresholds.tier2Max) balanced, above premium"
            reasons.append("The heuristic score is \(score ?? 0) of 100 (\(bounds)): tier \(wanted.name).")
            if backend.tier != wanted {
                reasons.append(
                    "No backend of tier \(wanted.name) can take it; the nearest that can is \(backend.name)."
                )
            }
        }
        let simulated = backend.isSimulated ? " (simulated)" : ""
        reasons += adaptationNotes.map { "Adapted: \($0)." }
        reasons.append("\(backend.name) answers with \(backend.model), tier \(backend.tier.name)\(simulated).")
        return reasons
    }
}

/// What a request's headers tell the gateway. They are consumed, never forwarded.
package struct Directives: Sendable, Equatable {
    /// `X-Gateway-Smart-Routing`: nil where the header is absent.
    package var smartRouting: Bool?
    /// `X-Gateway-Tier`.
    package var tier: Tier?
    /// `Cache-Control: no-cache` or `no-store`: do not read the cache.
    package var mayReadCache = true
    /// `Cache-Control: no-store`: do not fill the cache.
    package var mayWriteCache = true

    package init() {}

    /// Reads the headers. Throws an `invalidRequest` that names the header.
    package init(_ request: ClientRequest) throws(GatewayError) {
        if let value = request.header("x-gateway-smart-routing") {
            switch value.lowercased() {
            case "1", "true", "on": smartRouting = true
            case "0", "false", "off": smartRouting = false
            default: throw GatewayError(.invalidRequest("X-Gateway-Smart-Routing: expected 1 or 0, found \"\(value)\""))
            }
        }
        if let value = request.header("x-gateway-tier") {
            guard let parsed = Tier(parsing: value) else {
                let names = "local, fast, balanced, premium or 0 to 3"
                throw GatewayError(.invalidRequest("X-Gateway-Tier: expected \(names), found \"\(value)\""))
            }
            tier = parsed
        }
        if let value = request.header("cache-control")?.lowercased() {
            if value.contains("no-store") { (mayReadCache, mayWriteCache) = (false, false) }
            if value.contains("no-cache") { mayReadCache = false }
        }
    }
}
