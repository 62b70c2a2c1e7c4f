package import Shared

/// The scores at which one tier ends and the next begins.
package struct ScoreThresholds: Sendable, Equatable {
    /// Scores up to this are for the fast tier.
    package var fastMax: Double
    /// Scores up to this are for the balanced tier, higher ones for the premium tier.
    package var balancedMax: Double

    package init(fastMax: Double, balancedMax: Double) {
        self.fastMax = fastMax
        self.balancedMax = balancedMax
    }

    package func tier(_ score: Double) -> Tier {
        score <= fastMax ? .fast : score <= balancedMax ? .balanced : .premium
    }
}

/// How hard a request looks, and why.
package struct Classification: Sendable, Equatable {
    /// What the classification rests on.
    package enum Layer: Sendable, Equatable {
        /// A pattern that leaves no doubt.
        case pattern
        /// The features of the text.
        case features
        /// The features and the text's embedding.
        case embedding
        /// A labelled example that means the same.
        case example
        /// A model that was asked: the backend's name.
        case model(String)
        /// A scoring service, blended with the gateway's own score.
        case sidecar
    }

    /// 0 to 100, finer than whole points so that prompts can be ranked.
    package var score: Double
    /// What the score asks for, before any bounds.
    package var tier: Tier
    package var taskType: TaskType
    /// 0 to 1: how sure the layer is of the tier.
    package var confidence: Double
    package var layer: Layer
    package var thresholds: ScoreThresholds
    package var signals: [Signal]
    /// What else the layers have to say, a sentence each.
    package var notes: [String]
    /// What asking a model for the classification cost.
    package var overhead: USD

    package init(
        score: Double,
        tier: Tier,
        taskType: TaskType,
        confidence: Double,
        layer: Layer,
        thresholds: ScoreThresholds,
        signals: [Signal] = [],
        notes: [String] = [],
        overhead: USD = .zero
    ) {
        self.score = score
        self.tier = tier
        self.taskType = taskType
        self.confidence = confidence
        self.layer = layer
        self.thresholds = thresholds
        self.signals = signals
        self.notes = notes
        self.overhead = overhead
    }

    /// 1 to 10.
    package var complexity: Int { max(1, min(10, Int((score / 10).rounded(.up)))) }

    /// As in the `X-Gateway-Classifier` header.
    package var header: String {
        switch layer {
        case .pattern, .features: "heuristic"
        case .embedding, .example: "embedding"
        case .model: "haiku"
        case .sidecar: "sidecar"
        }
    }
}
