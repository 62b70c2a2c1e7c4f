import GatewayCore
import Shared

/// A classifier that says what the prompt's first word asks for, so that tests of routing do not hang on a score: prompts
/// that begin with `Design` are for the premium tier, with `Analyze` or `Write` for the balanced one, all others are easy.
struct ScriptedClassifier: Classifying {
    static let thresholds = ScoreThresholds(fastMaximum: 30, balancedMaximum: 70)

    func classify(_ request: ClassifierRequest) async -> Classification { Self.classification(of: request.traits) }

    static func classification(of traits: PromptTraits) -> Classification {
        let text = String(decoding: traits.lastUserText, as: UTF8.self)
        let score: Double =
            text.hasPrefix("Design") ? 90 : text.hasPrefix("Analyze") || text.hasPrefix("Write") ? 50 : 10
        return scored(score)
    }

    static func scored(_ score: Double, task: TaskType = .general) -> Classification {
        Classification(
            score: score,
            tier: thresholds.tier(forScore: score),
            taskType: task,
            confidence: 0.9,
            layer: .features,
            thresholds: thresholds
        )
    }
}

extension Router {
    /// Both steps with the scripted classifier between them.
    func decide(
        _ prompt: Prompt,
        _ directives: Directives = Directives(),
        betas: [String] = [],
        bounds: Settings.RoutingBounds? = nil,
        classification: Classification? = nil
    ) throws -> Decision {
        var request = RoutingRequest(
            traits: prompt.traits,
            requestedModel: prompt.model,
            maxTokens: prompt.maxTokens,
            bounds: bounds ?? .init(),
            unixSeconds: 1_790_000_000
        )
        request.directives = directives
        request.betas = betas
        request.dialect = prompt.dialect
        switch try question(request) {
        case .settled(let decision): return decision
        case .open(let draft):
            return try choose(draft, classification ?? ScriptedClassifier.classification(of: prompt.traits))
        }
    }
}
