import Shared

/// What a call for an op costs at most, with all that the gateway may spend on it: the answer, the stronger models that are
/// asked where it is weak, whoever judges it, whoever classifies the request.
///
/// Half of a prompt's bytes are more tokens than all but the strangest texts come to; they count as written to the prompt
/// cache where that is dearer, and every answer as long as it may be.
struct StepCosts {
    private let gateway: Gateway
    private let policy: EscalationPolicy
    private let client: ClientIdentity?
    /// What of the request that asked for the run holds for each of its steps.
    private var directives = Directives()

    /// Scores of the three tiers, for a router that takes a classification's tier at its word.
    private static let scores: [(Tier, Double)] = [(.fast, 0), (.balanced, 50), (.premium, 100)]

    init(gateway: Gateway, request: ClientRequest) {
        self.gateway = gateway
        policy = EscalationPolicy(gateway.settings.escalation)
        // Who may not ask, or asks in a wrong way, is told so by the calls, which then cost nothing.
        client = try? gateway.identify(request)
        guard let asked = try? Directives(request) else { return }
        directives.maxEscalations = asked.maxEscalations
        directives.classifierMode = asked.classifierMode
    }

    /// For one call with so many bytes of prompt beside the op's system prompt.
    func most(_ step: Workflow.Step, promptBytes: Int) -> USD {
        let seconds = gateway.clock.unixMilliseconds() / 1_000
        let (bytes, overflow) = promptBytes.addingReportingOverflow(step.system?.utf8.count ?? 0)
        let all = overflow ? Int.max / 2 : bytes
        func cost(_ backend: Backend) -> USD {
            backend.mostCost(bytes: all, answerTokens: step.op.maxTokens, unixSeconds: seconds)
        }
        let first = gateway.router.backends(of: step.op).map(cost).max() ?? .zero
        guard step.op.model == nil else { return first }
        var worst = first
        for decision in decisions(step, bytes: all, seconds) {
            let most = policy.most(decision.ground, directives)
            guard most > 0 else { continue }
            for candidate in decision.candidates where candidate.veto == nil {
                if let tier = step.op.tier, candidate.backend.tier != tier { continue }
                let more = escalations(from: candidate.backend, decision, most: most, seconds, cost)
                worst = max(worst, cost(candidate.backend) + more)
            }
        }
        guard step.op.tier == nil else { return worst }
        return worst + gateway.classifier.mostCost(directives.classifierMode, unixSeconds: seconds)
    }

    /// What comes to an answer of that backend where it is weak, and every further one, too.
    private func escalations(
        from backend: Backend,
        _ decision: Decision,
        most: Int,
        _ seconds: Int64,
        _ cost: (Backend) -> USD
    ) -> USD {
        let judging = gateway.judge?.mostCost(unixSeconds: seconds) ?? .zero
        var decision = decision
        decision.backend = backend
        var sum = USD.zero
        for asked in 0..<most {
            guard let next = policy.next(after: decision) else { break }
            // The first answer is judged only where somebody could be asked instead, the last one all the same.
            if asked == 0 { sum += judging }
            let beside = decision.candidates.filter { $0.veto == nil && $0.backend.tier == next.backend.tier }
            sum += (beside.map { cost($0.backend) }.max() ?? cost(next.backend)) + judging
            decision.backend = next.backend
        }
        return sum
    }

    /// How the router may decide about the op: in one way where its tier is given, else in one for each tier that the
    /// request could be classified for.
    private func decisions(_ step: Workflow.Step, bytes: Int, _ seconds: Int64) -> [Decision] {
        guard let client, let request = routing(step, bytes: bytes, client),
            let question = try? gateway.router.question(request)
        else { return [] }
        switch question {
        case .settled(let decision): return [decision]
        case .open(let draft):
            return Self.scores.compactMap { tier, score in
                let classification = Classification(
                    score: score,
                    tier: tier,
                    taskType: .general,
                    confidence: 1,
                    layer: .features,
                    thresholds: ScoreThresholds(fastMaximum: 30, balancedMaximum: 70)
                )
                return try? gateway.router.choose(draft, classification)
            }
        }
    }

    /// The step's request without its text, of which only the length counts.
    private func routing(_ step: Workflow.Step, bytes: Int, _ client: ClientIdentity) -> RoutingRequest? {
        let temperature = step.op.temperature.map { ",\"temperature\":\($0)" } ?? ""
        let body = """
            {"model":"auto","max_tokens":\(step.op.maxTokens)\(temperature),\
            "messages":[{"role":"user","content":"-"}]}
            """
        guard let prompt = try? Prompt(parsing: Array(body.utf8)) else { return nil }
        var request = gateway.routing(prompt, for: client)
        request.traits.messageBytes = bytes
        request.turn = nil
        request.directives = directives
        request.directives.tier = step.op.tier
        return request
    }
}

extension Router {
    /// Those that an op's first call may go to.
    func backends(of op: WorkflowDraft.Op) -> [Backend] {
        if let model = op.model { return (try? backend(named: model)).map { [$0] } ?? [] }
        guard let tier = op.tier else { return backends }
        return backends.filter { $0.tier == tier }
    }
}

extension Backend {
    /// What a provider puts around a prompt without tools, at most.
    static let addedTokens = 16

    /// What a call with so many bytes of prompt and such an answer costs at most. A token stands for a byte or more, whatever
    /// the tokenizer; `addedTokens` are what the provider itself puts into the prompt. A prompt may be written into the
    /// provider's cache, which costs more than reading it, and for an hour more than for five minutes.
    func mostCost(
        bytes: Int,
        answerTokens: Int,
        unixSeconds: Int64,
        addedTokens: Int = addedTokens,
        mayWriteForHours: Bool = false
    ) -> USD {
        let tokens = bytes + addedTokens
        let price = price(promptTokens: tokens, unixSeconds: unixSeconds).price
        let ways = [
            TokenUsage(input: tokens, output: answerTokens), TokenUsage(cacheWrite5m: tokens, output: answerTokens),
            TokenUsage(cacheWrite1h: mayWriteForHours ? tokens : 0, output: answerTokens),
        ]
        return ways.map(price.cost(of:)).max() ?? .zero
    }
}
