package import Shared

/// Finds out how hard a request is, layer by layer, the cheap ones first: patterns that leave no doubt, the learned score
/// (with the text's embedding where there is one), a scoring service, a model that is asked.
///
/// | mode         | asks a model first | patterns | embedding | asks a model in doubt |
/// |--------------|--------------------|----------|-----------|-----------------------|
/// | `rule_based` | no                 | yes      | no        | no                    |
/// | `hybrid`     | no                 | yes      | yes       | yes                   |
/// | `llm_based`  | yes                | yes      | yes       | no                    |
package final class LayeredClassifier: Classifying {
    /// The layers that need more than the text.
    package struct Helpers: Sendable {
        package var embeddings: RememberedEmbeddings?
        package var examples: ExampleBank?
        package var asked: SelfClassification?
        package var sidecar: Sidecar?
        package var learned: LearnedState?

        package init() {}
    }

    /// A model is asked only where the expected saving is so many times what asking costs (see `docs/routing.md`).
    private static let worthFactor: Int64 = 3
    /// A text of so many bytes is scored in some 40 microseconds, which an event loop can spare.
    private static let briefBytes = 4_096
    private let settings: Settings.Classifier
    private let model: RouterModel
    private let helpers: Helpers
    private let stakes: Stakes

    package init(settings: Settings.Classifier, model: RouterModel, helpers: Helpers, stakes: Stakes) {
        self.settings = settings
        self.model = model
        self.helpers = helpers
        self.stakes = stakes
    }

    package func classify(_ request: ClassifierRequest) async -> Classification {
        if isBrief(request) { return await classified(request) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await classified(request) }
    }

    package func isBrief(_ request: ClassifierRequest) -> Bool {
        guard request.traits.lastUserText.count <= Self.briefBytes else { return false }
        return (request.mode ?? settings.mode) == .ruleBased
            || helpers.embeddings?.isOn != true && helpers.sidecar == nil && !settings.asksModel
    }

    private func classified(_ request: ClassifierRequest) async -> Classification {
        var result = await layers(request)
        if helpers.learned != nil { result.priors = priors(result.scale) }
        return result
    }

    /// The bounds between the tiers: those that were set by hand, else the calibrated ones as feedback has moved them.
    package func thresholds(project: String, _ scale: ScoreScale) -> ScoreThresholds {
        let priors = priors(scale)
        return helpers.learned?.thresholds(project: project, scale: scale, priors: priors) ?? priors
    }

    /// The bounds before any feedback.
    package func priors(_ scale: ScoreScale) -> ScoreThresholds {
        if let fixed = settings.fixedThresholds {
            return ScoreThresholds(fastMaximum: Double(fixed.fastMax), balancedMaximum: Double(fixed.balancedMax))
        }
        return model.thresholds(quality: settings.qualityTarget, withEmbedding: scale == .meaning)
    }

    package var embedding: EmbedderState? { settings.mode == .ruleBased ? nil : helpers.embeddings?.state }

    package func mostCost(_ mode: Settings.ClassifierMode?, unixSeconds: Int64) -> USD {
        guard settings.asksModel, (mode ?? settings.mode) != .ruleBased else { return .zero }
        return helpers.asked?.mostCost(unixSeconds: unixSeconds) ?? .zero
    }

    /// The scale that scores are on at the moment.
    package var scale: ScoreScale {
        settings.mode != .ruleBased && helpers.embeddings?.isOn ?? false ? .meaning : .words
    }

    /// A ranking learned from pairs of answers would be used.
    package var ranks: Bool { scale == .meaning && helpers.learned != nil }

    /// The built-in score and what the ranking sees of a request; nil without an embedding.
    func rankingInput(_ traits: PromptTraits) async -> (score: Double, input: [Float])? {
        let ask = Self.ask(traits)
        guard let embeddings = helpers.embeddings,
            let embedding = await embeddings.embedding(
                of: ask.text,
                maximumTokens: model.maximumTokens,
                partition: "ranking"
            )
        else { return nil }
        let features = AskFeatures(ask)
        return (model.judge(features, embedding: embedding).score, model.rankingInput(features, embedding))
    }

    private static func ask(_ traits: PromptTraits) -> Ask {
        Ask(
            traits.lastUserText,
            userTurns: traits.userTurns,
            systemBytes: traits.systemBytes,
            toolCount: traits.toolCount
        )
    }

    private func layers(_ request: ClassifierRequest) async -> Classification {
        let mode = request.mode ?? settings.mode
        let traits = request.traits
        let ask = Self.ask(traits)
        let features = AskFeatures(ask)
        var notes: [String] = []
        var overheads: [Overhead] = []
        if mode == .llmBased, request.maySpend {
            let bounds = thresholds(project: request.project, .words)
            let words = model.judge(features, thresholds: bounds)
            if var answer = await label(ask, request.project, words, bounds, &notes, &overheads) {
                answer.notes = notes
                answer.overheads = overheads
                return answer
            }
        }
        if let pattern = DirectPatterns.match(ask, features) {
            let bounds = thresholds(project: request.project, .words)
            let words = model.judge(features, thresholds: bounds)
            notes.append("\(pattern.detail).")
            return classification(pattern, words, bounds, notes, overheads)
        }
        var embedding: Embedding?
        if mode != .ruleBased, let embeddings = helpers.embeddings {
            embedding = await embeddings.embedding(
                of: ask.text,
                maximumTokens: model.maximumTokens,
                partition: request.project
            )
            if embedding == nil { notes.append("Without the text's embedding: \(embeddings.reasonForNone).") }
        }
        let scale = embedding == nil ? ScoreScale.words : .meaning
        let bounds = thresholds(project: request.project, scale)
        let judgement = model.judge(features, embedding: embedding, thresholds: bounds)
        if let embedding, let example = await helpers.examples?.nearest(to: embedding) {
            return self.example(example, judgement, bounds, notes, overheads)
        }
        var score = adjusted(judgement, features, embedding, request.project, &notes)
        var layer = embedding == nil ? Classification.Layer.features : .embedding
        if mode != .ruleBased, request.maySpend, let sidecar = helpers.sidecar {
            let outcome = await sidecar.score(ask.text)
            if let probability = outcome.strongProbability {
                score = sidecar.blended(probability, with: score)
                layer = .sidecar
            }
            notes.append("\(outcome.reason).")
        }
        var result = Classification(
            score: score,
            tier: bounds.tier(forScore: score),
            taskType: judgement.taskType,
            confidence: judgement.confidence,
            layer: layer,
            thresholds: bounds,
            scale: scale,
            source: judgement.source,
            notes: notes,
            overheads: overheads
        )
        guard let doubt = judgement.abstention, layer != .sidecar else { return result }
        result.notes.append("The score leaves doubt: \(doubt.detail).")
        guard mode == .hybrid, request.maySpend, isWorthAsking(result, traits) else { return result }
        guard let answer = await label(ask, request.project, judgement, bounds, &result.notes, &result.overheads) else {
            return result
        }
        result.score = answer.score
        result.tier = answer.tier
        result.confidence = answer.confidence
        result.layer = answer.layer
        return result
    }

    // MARK: The layers' words

    private func classification(
        _ pattern: DirectMatch,
        _ words: Judgement,
        _ bounds: ScoreThresholds,
        _ notes: [String],
        _ overheads: [Overhead]
    ) -> Classification {
        Classification(
            score: bounds.score(words.score, within: pattern.tier),
            tier: pattern.tier,
            taskType: words.taskType,
            confidence: pattern.confidence,
            layer: .pattern,
            thresholds: bounds,
            source: words.source,
            notes: notes,
            overheads: overheads
        )
    }

    private func example(
        _ match: ExampleBank.Match,
        _ judgement: Judgement,
        _ bounds: ScoreThresholds,
        _ notes: [String],
        _ overheads: [Overhead]
    ) -> Classification {
        let percent = Int((match.cosine * 100).rounded())
        return Classification(
            score: bounds.score(judgement.score, within: match.tier),
            tier: match.tier,
            taskType: judgement.taskType,
            confidence: Double(match.cosine),
            layer: .example,
            thresholds: bounds,
            scale: .meaning,
            source: judgement.source,
            notes: notes + ["It means the same as the example in line \(match.line), to \(percent) %."],
            overheads: overheads
        )
    }

    /// The score as the project's shadow pairs have moved it.
    private func adjusted(
        _ judgement: Judgement,
        _ features: AskFeatures,
        _ embedding: Embedding?,
        _ project: String,
        _ notes: inout [String]
    ) -> Double {
        guard let learned = helpers.learned, let embedding, learned.adjusts(project: project) else {
            return judgement.score
        }
        let input = model.rankingInput(features, embedding)
        let score = learned.adjust(score: judgement.score, input: input, project: project)
        let (before, after) = (Int(judgement.score.rounded()), Int(score.rounded()))
        if before != after {
            notes.append("What was learned from shadow pairs moves the score from \(before) to \(after).")
        }
        return score
    }

    /// What a model says, as a classification; nil where none could be asked. Its reason and its cost are added in both cases.
    private func label(
        _ ask: Ask,
        _ project: String,
        _ judgement: Judgement,
        _ bounds: ScoreThresholds,
        _ notes: inout [String],
        _ overheads: inout [Overhead]
    ) async -> Classification? {
        guard settings.asksModel, let asked = helpers.asked else { return nil }
        let outcome = await asked.classify(ask.text, partition: project)
        notes.append("\(outcome.reason).")
        if let overhead = outcome.overhead { overheads.append(overhead) }
        guard let opinion = outcome.opinion else { return nil }
        return Classification(
            score: bounds.score(judgement.score, within: opinion.label.tier),
            tier: opinion.label.tier,
            taskType: judgement.taskType,
            confidence: opinion.confidence,
            layer: .model(asked.backend.name),
            thresholds: bounds,
            source: judgement.source
        )
    }

    /// Whether the difference that the answer can make is worth the question.
    private func isWorthAsking(_ classification: Classification, _ traits: PromptTraits) -> Bool {
        guard settings.asksModel, let asked = helpers.asked else { return false }
        let cost = asked.estimatedCost(askBytes: traits.lastUserText.count)
        let stake = stakes.difference(traits, around: classification.tier)
        let doubt = 1 - classification.confidence
        let expected = Double(stake.nanodollars) * max(0.05, doubt)
        return expected > Double(cost.nanodollars) * Double(Self.worthFactor)
    }
}

extension ScoreThresholds {
    /// A score within the range of a tier: the given one where it lies there, else the range's nearer end.
    func score(_ score: Double, within tier: Tier) -> Double {
        switch tier {
        case .local, .fast: min(score, fastMaximum)
        case .balanced: min(max(score, fastMaximum.nextUp), balancedMaximum)
        case .premium: max(score, balancedMaximum.nextUp)
        }
    }
}
