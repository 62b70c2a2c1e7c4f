package import Shared

/// How hard a request looks, and why.
package struct Judgement: Sendable, Equatable {
    /// Why the score alone should not decide.
    package enum Abstention: Sendable, Equatable {
        /// The score is so near a bound that its place on either side is a toss-up.
        case nearThreshold
        /// The head for exam questions and the one for everyday requests are two tiers apart.
        case headsDisagree
        /// Nothing like it was among the prompts that the heads were trained on.
        case novel
        /// A short request for a proof or a design: shortness says "easy", the words say "hard".
        case shortButDeep
    }

    /// 0 to 100: the share of typical prompts that look easier. Comparable between kinds of prompt.
    package var score: Double
    /// What the strong tier is expected to answer better than the cheap one, as a share of right answers. From measured
    /// exam questions; may be below zero.
    package var gain: Double
    /// The everyday head's own judgement, as a score from 0 to 100.
    package var complexity: Double
    /// How much the prompt is like an exam question, from 0 to 1: whose head counts how much.
    package var examLikelihood: Double
    package var tier: Tier
    /// The chance that the tier is the right one, from 0 to 1, measured on labelled prompts that the heads had not seen.
    package var confidence: Double
    package var abstention: Abstention?
    package var taskType: TaskType
    /// What the signals are made from.
    package var source: SignalSource
    /// The score of an average prompt.
    package var baseline: Double
    /// Whether the meaning of the words was at hand, or only what can be counted in them.
    package var usesEmbedding: Bool

    /// What moved the score most, the strongest first. Their points and those of all others add up to the score's
    /// distance from ``baseline``.
    package var signals: [Signal] { source.signals }

    /// The score from 1 to 10.
    package var complexityOfTen: Int { max(1, min(10, Int((score / 10).rounded(.up)))) }

    /// What moved the score, and how far.
    package struct Signal: Sendable, Equatable {
        /// A short stable name, such as `length`.
        package let name: String
        /// Points of score; may be negative.
        package let points: Double
        /// What was seen, for a person: `42 words`.
        package let detail: String
    }
}

extension Judgement.Abstention {
    /// A short stable name.
    package var name: String {
        switch self {
        case .nearThreshold: "near_threshold"
        case .headsDisagree: "heads_disagree"
        case .novel: "novel"
        case .shortButDeep: "short_but_deep"
        }
    }

    /// The reason in words, for a person.
    package var detail: String {
        switch self {
        case .nearThreshold: "the score is close to where one tier ends"
        case .headsDisagree: "read as an exam question and as an everyday request it is two tiers apart"
        case .novel: "it is unlike all that the classifier was trained on"
        case .shortButDeep: "a short request with words of proofs or designs"
        }
    }
}

/// A score's parts, kept as numbers: the words for them are made when somebody asks. A class, as a kilobyte of them goes with
/// every decision.
package final class SignalSource: Sendable, Equatable {
    let heads: MixedHeads
    let features: AskFeatures
    /// Points between the score and an average prompt's.
    let rise: Double
    let raw: Double
    /// Points per unit of raw score.
    let slope: Double

    init(heads: MixedHeads, features: AskFeatures, rise: Double, raw: Double, slope: Double) {
        self.heads = heads
        self.features = features
        self.rise = rise
        self.raw = raw
        self.slope = slope
    }

    package static func == (left: SignalSource, right: SignalSource) -> Bool {
        left.features.values == right.features.values && left.raw == right.raw && left.rise == right.rise
    }

    package var signals: [Judgement.Signal] { heads.signals(features, rise: rise, raw: raw, slope: slope) }
}
