package import Shared

/// The explanation of a decision for a person, made when somebody asks.
extension Decision {
    package var explained: DecisionExplanation {
        DecisionExplanation(
            classifier: classifier,
            score: score,
            signals: classification?.signals.map(\.explained) ?? [],
            candidates: candidates.map { candidate in
                DecisionExplanation.Candidate(
                    backend: candidate.backend.name,
                    model: candidate.backend.model,
                    tier: candidate.backend.tier,
                    isChosen: candidate.backend === choice.backend,
                    veto: candidate.veto,
                    estimatedCost: candidate.estimatedCost,
                    isSimulated: candidate.backend.isSimulated
                )
            },
            reasons: reasons,
            classifyMicroseconds: Double(classifyNanoseconds) / 1_000,
            estimatedInputTokens: choice.estimatedInputTokens,
            estimatedOutputTokens: estimatedOutputTokens,
            task: classification?.taskType.rawValue,
            complexity: classification?.complexity,
            confidence: classification?.confidence,
            thresholds: classification?.explainedThresholds,
            baseline: baseline,
            expectedMilliseconds: expectedMilliseconds
        )
    }

    /// The chain of reasons in order: what was asked, how it was classified, which tier that means, why this backend, what it
    /// costs beside the baseline, how long it may take; and then what became of it, where another one answered.
    private var reasons: [String] {
        var reasons = ["The client asked for \(requestedModel)."]
        switch ground {
        case .notRouted(let why): reasons.append("Not routed: \(why).")
        case .stays(let why): reasons.append("Not routed elsewhere: \(why).")
        case .passes(let why): reasons.append("Not routed: \(why).")
        case .capped(let named, let most):
            reasons.append("\(named) would have it, but max_tier is \(most.name): the strongest within that takes it.")
        case .raised(let named, let least):
            reasons.append(
                "\(named) would have it, but min_tier is \(least.name): the nearest from there on that takes it."
            )
        case .keeps(let tier):
            reasons.append(
                "A step of a tool loop, or a summary of the history, keeps what the user turn was given: tier \(tier.name)."
            )
        case .lifted(let tier, let why):
            reasons.append("The tool loop stands still: \(why). The conversation goes on with the tier \(tier.name).")
        case .forcedTier(let tier, let asker): reasons.append("\(asker.phrase) asks for the tier \(tier.name).")
        case .preferred(let tier, let list):
            reasons.append("The skill \(list.skill) asks for the tier \(list.names): \(tier.name) can take it.")
        case .classified(let wanted, let floor):
            if let classification { reasons += sentences(classification) }
            reasons += sentences(wanted, floor)
        }
        let chosen = choice
        let wasReplaced = chosen.backend !== backend
        reasons += chosen.adaptations.map { "Adapted: \($0.sentence(model: chosen.backend.model))." }
        reasons.append(Self.sentence(chosen.backend, wasReplaced ? "is asked first," : "answers"))
        if let sentence = costSentence(chosen.backend) { reasons.append(sentence) }
        reasons.append(timeSentence(chosen.backend))
        for step in escalations {
            let why = step.reasons.joined(separator: ", ")
            reasons.append(
                "The answer of \(step.from.name) was found weak (\(why)): \(step.to.name) was asked instead."
            )
        }
        if wasReplaced {
            reasons += adaptationNotes.map { "Adapted for \(backend.name): \($0)." }
            reasons.append("In the end \(Self.sentence(backend, "answers"))")
        }
        if let reuse { reasons.append(reuse.sentence) }
        return reasons
    }

    private static func sentence(_ backend: Backend, _ verb: String) -> String {
        let simulated = backend.isSimulated ? " (simulated)" : ""
        return "\(backend.name) \(verb) with \(backend.model), tier \(backend.tier.name)\(simulated)."
    }

    private func sentences(_ classification: Classification) -> [String] {
        let task = classification.taskType.rawValue
        let score = Int(classification.score.rounded())
        let percent = Int((classification.confidence * 100).rounded())
        let layer = Self.phrase(classification.layer)
        var sentences = [
            "Classified as \(task) by \(layer): score \(score) of 100, complexity \(classification.complexity) of 10, "
                + "\(percent) % sure."
        ]
        sentences += classification.notes
        let low = Self.rounded(classification.thresholds.fastMaximum)
        let high = Self.rounded(classification.thresholds.balancedMaximum)
        sentences.append(
            "Scores up to \(low) are for the fast tier, up to \(high) for the balanced one, above for the premium one: "
                + "tier \(classification.tier.name)."
        )
        return sentences
    }

    private static func phrase(_ layer: Classification.Layer) -> String {
        switch layer {
        case .pattern: "a plain pattern"
        case .features: "the features of its text"
        case .embedding: "the features and the meaning of its text"
        case .example: "an example that means the same"
        case .model(let name): "\(name), which was asked"
        case .sidecar: "the scoring service"
        }
    }

    private func sentences(_ wanted: Tier, _ floor: Tier) -> [String] {
        let chosen = choice.backend
        var sentences: [String] = []
        if let unheeded {
            sentences.append("The skill \(unheeded.skill) asks for the tier \(unheeded.names), which cannot take it.")
        }
        if let liftedTier {
            sentences.append(
                "The conversation's tier was lifted before, as its tools got nowhere: tier \(liftedTier.name)."
            )
        }
        if goesOn { sentences.append("A short reply goes on with what was asked before: tier \(wanted.name).") }
        if floor != wanted { sentences.append("The configured bounds make it the tier \(floor.name).") }
        if let preference {
            let tasks =
                preference.tasks.isEmpty ? "this work" : preference.tasks.map(\.rawValue).joined(separator: ", ")
            sentences.append("For \(tasks), \(preference.models.joined(separator: ", ")) come first.")
        } else if chosen.tier < floor, chosen.tier != .local {
            sentences.append("No backend of tier \(floor.name) or above can take it; \(chosen.name) is the nearest.")
        }
        if let plan { return sentences + plan.sentences }
        let able = candidates.filter { $0.veto == nil && $0.backend !== chosen }
        if let own = candidates.first(where: { $0.backend === chosen }) {
            let others = able.map { "\($0.backend.name) about $\($0.estimatedCost.formatted(places: 6))" }
            let rest = others.isEmpty ? "nothing else can take it" : others.joined(separator: ", ")
            sentences.append(
                "\(chosen.name) is expected to cost about $\(own.estimatedCost.formatted(places: 6)); \(rest)."
            )
        }
        return sentences
    }

    /// What the choice saves, by the estimate.
    private func costSentence(_ chosen: Backend) -> String? {
        guard let own = candidates.first(where: { $0.backend === chosen })?.estimatedCost, baseline > .zero else {
            return nil
        }
        let saved = baseline - own
        let percent = Int((Double(saved.nanodollars) / Double(baseline.nanodollars) * 100).rounded())
        let figures = "$\(own.formatted(places: 6)) against $\(baseline.formatted(places: 6)) on the strongest tier"
        return percent >= 0
            ? "By the estimate that is \(figures): \(percent) % less."
            : "By the estimate that is \(figures): \(-percent) % more."
    }

    private func timeSentence(_ chosen: Backend) -> String {
        guard let expectedMilliseconds else {
            return "How long it takes is not known yet: \(chosen.name) has answered nothing so far."
        }
        let own = "By its latest answers \(chosen.name) takes about \(Self.time(expectedMilliseconds)) for the whole"
        guard let baseline = baselineMilliseconds else { return own + "." }
        return own + ", \(baseline.backend) about \(Self.time(baseline.milliseconds))."
    }

    /// A time for people: `320 ms`, `1.2 s`, `45 s`, `2 min 5 s`.
    static func time(_ milliseconds: Double) -> String {
        let whole = max(1, rounded(milliseconds))
        guard whole >= 1_000 else { return "\(whole) ms" }
        let tenths = (whole + 50) / 100
        guard tenths >= 100 else { return "\(tenths / 10).\(tenths % 10) s" }
        let seconds = (whole + 500) / 1_000
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }

    private static func rounded(_ score: Double) -> Int { Int(score.rounded()) }
}

extension Classification {
    fileprivate var explainedThresholds: DecisionExplanation.Thresholds {
        .init(
            fastMax: thresholds.fastMaximum,
            balancedMax: thresholds.balancedMaximum,
            fastPrior: priors?.fastMaximum,
            balancedPrior: priors?.balancedMaximum
        )
    }
}
