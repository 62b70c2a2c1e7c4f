package import Shared

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
    /// Which of the two scales the score and the thresholds are on.
    package var scale: ScoreScale
    /// The same before feedback moved them; nil where nothing is learned.
    package var priors: ScoreThresholds?
    package var source: SignalSource?
    /// What else the layers have to say, a sentence each.
    package var notes: [String]
    /// The calls that were made for it.
    package var overheads: [Overhead]

    /// What they cost.
    package var cost: USD { overheads.reduce(.zero) { $0 + $1.spending.cost } }

    package init(
        score: Double,
        tier: Tier,
        taskType: TaskType,
        confidence: Double,
        layer: Layer,
        thresholds: ScoreThresholds,
        scale: ScoreScale = .words,
        source: SignalSource? = nil,
        notes: [String] = [],
        overheads: [Overhead] = []
    ) {
        self.score = score
        self.tier = tier
        self.taskType = taskType
        self.confidence = confidence
        self.layer = layer
        self.thresholds = thresholds
        self.scale = scale
        self.source = source
        self.notes = notes
        self.overheads = overheads
    }

    /// What moved the score, the strongest first.
    package var signals: [Judgement.Signal] { source?.signals ?? [] }

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

extension Judgement.Signal {
    package var explained: DecisionExplanation.Signal {
        DecisionExplanation.Signal(name: name, points: Int(points.rounded()), detail: detail)
    }
}
