import FoundationEssentials
import GatewayCore
import Shared

/// `POST /route`: how a prompt is classified and routed, with the chain of reasons; unless it is a dry run, the answer and
/// what it cost too.
struct RouteEndpoint: Sendable {
    private let gateway: Gateway

    init(gateway: Gateway) { self.gateway = gateway }

    func answer(_ request: ClientRequest) async -> Reply {
        do throws(GatewayError) {
            let question = try RouteQuestion(request)
            return question.isDryRun ? try await dryRun(question, request) : try await run(question, request)
        } catch {
            return Gateway.refuse(error, id: request.id)
        }
    }

    private func dryRun(_ question: RouteQuestion, _ request: ClientRequest) async throws(GatewayError) -> Reply {
        let found = try await gateway.dryRun(question, for: request)
        let mode = question.mode ?? gateway.settings.classifier.mode
        let report = RouteReport(
            requestID: request.id,
            isDryRun: true,
            classification: .init(found.classification, mode),
            routing: .init(found.explanation, found.backend),
            response: nil,
            costs: .init(estimateOf: found.explanation)
        )
        return JSONReply.make(report, id: request.id)
    }

    private func run(_ question: RouteQuestion, _ request: ClientRequest) async throws(GatewayError) -> Reply {
        let path = question.dialect == .openai ? "/v1/chat/completions" : "/v1/messages"
        var extra: [HeaderField] = []
        if let mode = question.mode { extra.append(HeaderField("x-gateway-classifier-mode", mode.rawValue)) }
        if let tier = question.tier { extra.append(HeaderField("x-gateway-tier", tier.name)) }
        let asker = question.tier.map { _ in TierAsker.field }
        let asked = request.asking(path, body: question.body, adding: extra, tierBy: asker)
        let reply = await gateway.answer(asked, in: question.dialect)
        guard reply.status == 200, case .bytes(let body) = reply.body,
            let entry = gateway.ledger.entry(id: request.id), let explanation = entry.detail.decision,
            let decision = entry.decision
        else { return reply }
        let mode = question.mode ?? gateway.settings.classifier.mode
        let summary = entry.summary
        let report = RouteReport(
            requestID: request.id,
            isDryRun: false,
            classification: decision.classification.map { .init($0, mode) },
            routing: .init(explanation, decision.backend),
            response: .init(summary, text: WholeAnswer.text(body, question.dialect)),
            costs: .init(summary)
        )
        let kept = reply.headers.filter { !$0.isNamed("content-type") && !$0.isNamed("content-length") }
        var made = JSONReply.make(report, id: request.id)
        made.headers = [HeaderField("content-type", "application/json")] + kept
        return made
    }
}

/// The answer to `POST /route`.
private struct RouteReport: Encodable {
    var requestID: String
    var isDryRun: Bool
    var classification: Classified?
    var routing: Routed
    var response: Response?
    var costs: Costs

    private enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case isDryRun = "dry_run"
        case classification
        case routing
        case response
        case costs = "cost_comparison"
    }

    struct Classified: Encodable {
        var score: Double
        var complexity: Int
        var tier: Tier
        var task: String
        var reasoning: String
        var confidence: Double
        var mode: String
        var layer: String
        var signals: [DecisionExplanation.Signal]
        var cost: USD

        init(_ classification: Classification, _ mode: Settings.ClassifierMode) {
            // Thousandths are enough to rank by, and short to read.
            score = (classification.score * 1_000).rounded() / 1_000
            complexity = classification.complexity
            tier = classification.tier
            task = classification.taskType.rawValue
            confidence = (classification.confidence * 1_000).rounded() / 1_000
            self.mode = mode.rawValue
            layer = classification.header
            signals = classification.signals.map(\.explained)
            let details = signals.map { "\($0.detail) (\($0.points >= 0 ? "+" : "")\($0.points))" }
            reasoning = (classification.notes + details).joined(separator: " | ")
            cost = classification.cost
        }

        private enum CodingKeys: String, CodingKey {
            case score
            case complexity = "complexity_score"
            case tier
            case task = "task_type"
            case reasoning
            case confidence
            case mode = "classifier_mode"
            case layer
            case signals
            case cost = "cost_usd"
        }
    }

    struct Routed: Encodable {
        struct Step: Encodable {
            var step: Int
            var description: String
        }

        var model: String
        var backend: String
        var provider: String
        var tier: Tier
        var isSimulated: Bool
        var reasoningChain: [Step]
        var candidates: [DecisionExplanation.Candidate]

        init(_ explanation: DecisionExplanation, _ backend: Backend) {
            model = backend.model
            self.backend = backend.name
            provider = backend.provider.rawValue
            tier = backend.tier
            isSimulated = backend.isSimulated
            reasoningChain = explanation.reasons.enumerated().map { Step(step: $0.offset + 1, description: $0.element) }
            candidates = explanation.candidates
        }

        private enum CodingKeys: String, CodingKey {
            case model
            case backend
            case provider
            case tier
            case isSimulated = "is_simulated"
            case reasoningChain = "reasoning_chain"
            case candidates
        }
    }

    struct Response: Encodable {
        var model: String
        var text: String
        var tokens: Int
        var latencyMilliseconds: Double
        var cost: USD
        var cache: String
        var stopReason: String?
        var isSimulated: Bool

        init(_ summary: ExchangeSummary, text: String) {
            model = summary.model
            self.text = text
            tokens = summary.usage.totalInput + summary.usage.output
            latencyMilliseconds = summary.latencyMilliseconds
            cost = summary.cost
            cache = summary.cache
            stopReason = summary.stopReason
            isSimulated = summary.isSimulated
        }

        private enum CodingKeys: String, CodingKey {
            case model
            case text = "response_text"
            case tokens = "tokens_used"
            case latencyMilliseconds = "latency_ms"
            case cost = "cost_usd"
            case cache
            case stopReason = "stop_reason"
            case isSimulated = "is_simulated"
        }
    }

    struct Costs: Encodable {
        var chosen: USD
        var baseline: USD
        /// The gateway's own calls for it.
        var overhead: USD
        var saved: USD
        var savedPercent: Double?
        /// The tokens are a guess.
        var isEstimate: Bool

        init(_ summary: ExchangeSummary) {
            self.init(
                chosen: summary.cost,
                baseline: summary.baseline,
                overhead: summary.overhead ?? .zero,
                isEstimate: summary.usageIsEstimated
            )
        }

        init(chosen: USD, baseline: USD, overhead: USD = .zero, isEstimate: Bool) {
            self.chosen = chosen
            self.baseline = baseline
            self.overhead = overhead
            saved = baseline - chosen - overhead
            if baseline > .zero {
                let share = Double(saved.nanodollars) / Double(baseline.nanodollars)
                savedPercent = (share * 10_000).rounded() / 100
            }
            self.isEstimate = isEstimate
        }

        init(estimateOf explanation: DecisionExplanation) {
            let own = explanation.candidates.first { $0.isChosen }?.estimatedCost ?? .zero
            self.init(chosen: own, baseline: explanation.baseline ?? .zero, isEstimate: true)
        }

        private enum CodingKeys: String, CodingKey {
            case chosen = "chosen_cost_usd"
            case baseline = "baseline_cost_usd"
            case overhead = "overhead_usd"
            case saved = "saved_usd"
            case savedPercent = "savings_percent"
            case isEstimate = "is_estimate"
        }
    }
}
