import Shared

/// What is learned from feedback, and the scale that it moves on.
package struct Learning: Sendable {
    package let state: LearnedState
    /// The classifier whose bounds are moved.
    package let classifier: LayeredClassifier

    package init(state: LearnedState, classifier: LayeredClassifier) {
        self.state = state
        self.classifier = classifier
    }

    /// Takes in which of two answers was the better one. Computes for a while: not for an event loop.
    func learn(from pair: ShadowRunner.Pair) async {
        guard let (score, input) = await classifier.rankingInput(pair.prompt.traits) else { return }
        _ = state.record(
            pair: ShadowPair(
                project: pair.project,
                score: score,
                input: input,
                cheap: pair.cheap.quality,
                strong: pair.strong.quality
            )
        )
    }
}

/// `/v1/feedback`: reports of how good answers were, what they have moved, and the way back.
extension Gateway {
    /// What became of a report.
    package struct FeedbackReceipt: Sendable {
        /// A short stable word.
        package let outcome: String
        /// The same for a person.
        package let detail: String
        /// nil where nothing is learned from it.
        package let learned: LearnedSnapshot?
    }

    private static let maximumReportBytes = 4_096

    /// Takes a report in. Throws `invalidRequest` and `notFound` with what to do.
    package func report(_ request: ClientRequest) throws(GatewayError) -> FeedbackReceipt {
        let client = try identify(request)
        guard request.body.count <= Self.maximumReportBytes else {
            throw GatewayError(.invalidRequest("a report has at most \(Self.maximumReportBytes) bytes"))
        }
        let report = try FeedbackReport(parsing: request.body)
        if let receipt = evicted(report, client, request) { return receipt }
        let learning = try learningInUse()
        if let project = report.project, project != client.project {
            throw GatewayError(.invalidRequest("project: this client reports for the project \(client.project)"))
        }
        let answer: RatedAnswer
        switch report.subject {
        case .query(let id):
            guard let entry = ledger.entry(id: id), entry.summary.project == client.project else {
                throw GatewayError(
                    .notFound(
                        "query_id: no exchange \(id) of this client's project among the last \(Ledger.remembered)"
                    )
                )
            }
            guard let decision = entry.decision, case .classified = decision.ground,
                let classification = decision.classification
            else { throw GatewayError(.invalidRequest("query_id: the exchange \(id) was not routed by its score")) }
            answer = RatedAnswer(
                queryID: id,
                project: client.project,
                scale: classification.scale,
                score: classification.score,
                tier: decision.backend.tier,
                quality: report.quality
            )
        case .answer(let score, let tier):
            answer = RatedAnswer(
                project: client.project,
                scale: learning.classifier.scale,
                score: score,
                tier: tier,
                quality: report.quality
            )
        }
        let priors = learning.classifier.priors(answer.scale)
        let outcome = learning.state.record(answer, priors: priors)
        let (word, detail) = Self.words(outcome)
        // What counts is bounded by the minute; whoever sends the same again and again fills no disk with it.
        if case .counted = outcome {
            keep(
                request,
                client,
                queryID: answer.queryID,
                score: answer.score,
                tier: answer.tier,
                quality: answer.quality,
                outcome: word
            )
        }
        return FeedbackReceipt(outcome: word, detail: detail, learned: snapshot(client, learning, answer.scale))
    }

    /// A bad report on an answer that was made for another question speaks of that question, not of the model: it is not given
    /// to such questions again. nil for every other report.
    private func evicted(
        _ report: FeedbackReport,
        _ client: ClientIdentity,
        _ request: ClientRequest
    ) -> FeedbackReceipt? {
        guard report.quality < 0.5, case .query(let id) = report.subject, let entry = ledger.entry(id: id),
            entry.summary.project == client.project, entry.summary.cache == Sharing.semantic.rawValue
        else { return nil }
        reportedBad(id)
        let word = "evicted"
        if ledger.wasWrong(entry) { keep(request, client, queryID: id, quality: report.quality, outcome: word) }
        return FeedbackReceipt(
            outcome: word,
            detail: "the answer was another question's; it is not given to such questions again",
            learned: nil
        )
    }

    private func keep(
        _ request: ClientRequest,
        _ client: ClientIdentity,
        queryID: String?,
        score: Double? = nil,
        tier: Tier? = nil,
        quality: Double,
        outcome: String
    ) {
        outcomes?.record(
            KeptFeedback(
                id: request.id,
                unixMilliseconds: request.unixMilliseconds,
                project: client.project,
                queryID: queryID,
                score: score,
                tier: tier,
                quality: quality,
                outcome: outcome
            )
        )
    }

    /// The bounds of the client's project and how they came to be. Throws `unauthenticated`.
    package func learned(_ request: ClientRequest) throws(GatewayError) -> LearnedSnapshot {
        let client = try identify(request)
        let learning = try learningInUse()
        return snapshot(client, learning, learning.classifier.scale)
    }

    /// Puts the bounds of the client's project back where they began. Throws `unauthenticated`.
    package func forget(_ request: ClientRequest) throws(GatewayError) -> LearnedSnapshot {
        let client = try identify(request)
        let learning = try learningInUse()
        learning.state.reset(project: client.project) { learning.classifier.priors($0) }
        return snapshot(client, learning, learning.classifier.scale)
    }

    private func learningInUse() throws(GatewayError) -> Learning {
        guard let learning else {
            throw GatewayError(.notFound("feedback is switched off: set learned.use_feedback: true in config.yaml"))
        }
        return learning
    }

    private func snapshot(
        _ client: ClientIdentity,
        _ learning: Learning,
        _ scale: ScoreScale
    ) -> LearnedSnapshot {
        let priors = learning.classifier.priors(scale)
        return learning.state.snapshot(project: client.project, scale: scale, priors: priors)
    }

    private static func words(_ outcome: ThresholdCalibration.Outcome) -> (String, String) {
        switch outcome {
        case .counted(true): ("moved", "it counts, and a bound has moved")
        case .counted(false): ("counted", "it counts")
        case .overLimit: ("over_limit", "more reports came within this minute than count")
        case .noRoom: ("no_room", "too many projects report; try again tomorrow")
        case .noBoundary: ("no_boundary", "answers of this tier tell nothing of a bound: there is none above it")
        case .repeated: ("repeated", "this exchange has been reported on before")
        case .invalid: ("invalid", "score and quality must be numbers within their ranges")
        }
    }
}
