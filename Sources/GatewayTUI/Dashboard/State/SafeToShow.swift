package import Shared

// Prompts, model names and error texts come from outside and may hold escape sequences or bidirectional controls. They are
// made harmless once, when they come in, and the surface refuses control characters a second time when they are drawn.

extension String {
    /// Without anything a terminal obeys or a person misreads, and no longer than a pane can show.
    package func safeToShow(limit: Int = 4_000) -> String {
        // Most texts are short and plain.
        if utf8.count <= limit, utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        // One character may be made of any number of scalars, and fall apart when some of them are made harmless.
        let scalars = String(unicodeScalars.prefix(4 * limit))
        return String(PlainText.sanitized(scalars.prefix(limit)).prefix(limit))
    }
}

extension ExchangeSummary {
    /// The same with every text but the id made harmless; the id is needed as it is to ask for the detail.
    package var safeToShow: ExchangeSummary {
        var safe = self
        safe.dialect = dialect.safeToShow(limit: 100)
        safe.requestedModel = requestedModel.safeToShow(limit: 200)
        safe.model = model.safeToShow(limit: 200)
        safe.backend = backend.safeToShow(limit: 200)
        safe.provider = provider.safeToShow(limit: 100)
        safe.classifier = classifier.safeToShow(limit: 100)
        safe.cache = cache.safeToShow(limit: 100)
        safe.stopReason = stopReason?.safeToShow(limit: 100)
        safe.prompt = prompt.safeToShow(limit: 400)
        safe.error = error?.safeToShow(limit: 1_000)
        safe.project = project.safeToShow(limit: 100)
        safe.workflow = workflow.map { step in
            WorkflowStep(
                runID: step.runID.safeToShow(limit: 16),
                workflow: step.workflow.safeToShow(limit: 128),
                op: step.op.safeToShow(limit: 64),
                ops: step.ops
            )
        }
        return safe
    }
}

extension DecisionExplanation {
    package var safeToShow: DecisionExplanation {
        var safe = self
        safe.classifier = classifier.safeToShow(limit: 100)
        safe.signals = signals.prefix(100).map {
            Signal(name: $0.name.safeToShow(limit: 100), points: $0.points, detail: $0.detail.safeToShow(limit: 500))
        }
        safe.candidates = candidates.prefix(200).map { candidate in
            var safe = candidate
            safe.backend = candidate.backend.safeToShow(limit: 200)
            safe.model = candidate.model.safeToShow(limit: 200)
            safe.veto = candidate.veto?.safeToShow(limit: 500)
            return safe
        }
        safe.reasons = reasons.prefix(100).map { $0.safeToShow(limit: 1_000) }
        return safe
    }
}

extension ExchangeDetail {
    package var safeToShow: ExchangeDetail {
        var safe = ExchangeDetail(
            summary: summary.safeToShow,
            decision: decision?.safeToShow,
            attempts: attempts.prefix(100).map { attempt in
                var safe = attempt
                safe.backend = attempt.backend.safeToShow(limit: 200)
                safe.model = attempt.model.safeToShow(limit: 200)
                safe.error = attempt.error?.safeToShow(limit: 1_000)
                safe.weakness = attempt.weakness?.safeToShow(limit: 500)
                return safe
            },
            warnings: warnings.prefix(50).map { $0.safeToShow(limit: 500) },
            requestHeaders: requestHeaders?.safeToShow,
            answerHeaders: answerHeaders?.safeToShow,
            answer: answer?.safeToShow(limit: 20_000)
        )
        safe.quality = quality?.safeToShow
        return safe
    }
}

extension AnswerQualityReport {
    package var safeToShow: AnswerQualityReport {
        AnswerQualityReport(
            score: score,
            isWeak: isWeak,
            signals: signals.prefix(20).map {
                Signal(name: $0.name.safeToShow(limit: 40), reason: $0.reason.safeToShow(limit: 300))
            }
        )
    }
}

extension [HeaderReport] {
    fileprivate var safeToShow: [HeaderReport] {
        prefix(100).map { HeaderReport(name: $0.name.safeToShow(limit: 100), value: $0.value.safeToShow(limit: 300)) }
    }
}

extension MetricsSnapshot {
    package var safeToShow: MetricsSnapshot {
        var safe = self
        safe.backends = backends.prefix(200).map { backend in
            var safe = backend
            safe.name = backend.name.safeToShow(limit: 200)
            safe.provider = backend.provider.safeToShow(limit: 100)
            safe.model = backend.model.safeToShow(limit: 200)
            return safe
        }
        safe.models = models?.prefix(50).map { model in
            var safe = model
            safe.model = model.model.safeToShow(limit: 200)
            safe.provider = model.provider.safeToShow(limit: 100)
            return safe
        }
        safe.warnings = warnings.prefix(50).map { $0.safeToShow(limit: 500) }
        safe.cache.homes = cache.homes.prefix(10).map { home in
            var safe = home
            safe.name = home.name.safeToShow(limit: 40)
            safe.detail = home.detail?.safeToShow(limit: 500)
            return safe
        }
        safe.cache.semantic = cache.semantic?.safeToShow
        return safe
    }
}

extension SemanticCacheReport {
    package var safeToShow: SemanticCacheReport {
        var safe = self
        safe.off = off?.safeToShow(limit: 500)
        safe.similarity = similarity.safeToShow(limit: 40)
        let names = refusals.prefix(100).map { ($0.key.safeToShow(limit: 40), $0.value) }
        safe.refusals = Dictionary(names) { max($0, $1) }
        return safe
    }
}

extension ControlProtocol.CacheFlushed {
    package var safeToShow: ControlProtocol.CacheFlushed {
        ControlProtocol.CacheFlushed(
            answers: Dictionary(answers.prefix(10).map { ($0.key.safeToShow(limit: 40), $0.value) }) { max($0, $1) },
            questions: questions,
            unreachable: unreachable.prefix(10).map { $0.safeToShow(limit: 40) }
        )
    }
}
