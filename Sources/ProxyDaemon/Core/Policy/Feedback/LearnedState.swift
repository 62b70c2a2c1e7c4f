package import Shared
import Synchronization

/// A rated answer, ready to move thresholds.
package struct RatedAnswer: Sendable, Equatable {
    /// The exchange, where it is known: only its first report counts.
    package var queryID: String?
    package var project: String
    /// The scale of ``score``.
    package var scale: ScoreScale
    /// 0 to 100, as it was compared with the thresholds: adjusted where it was.
    package var score: Double
    /// The tier that answered.
    package var tier: Tier
    /// 0 to 1.
    package var quality: Double

    package init(
        queryID: String? = nil,
        project: String,
        scale: ScoreScale,
        score: Double,
        tier: Tier,
        quality: Double
    ) {
        self.queryID = queryID
        self.project = project
        self.scale = scale
        self.score = score
        self.tier = tier
        self.quality = quality
    }
}

/// A request that two tiers answered, both answers scored.
package struct ShadowPair: Sendable, Equatable {
    package var project: String
    /// The score before any adjustment, 0 to 100.
    package var score: Double
    /// What the ranking sees of the request; see ``ShadowRanking/record(score:input:cheap:strong:)``.
    package var input: [Float]
    /// The quality of the cheaper tier's answer, 0 to 1.
    package var cheap: Double
    /// That of the stronger tier's.
    package var strong: Double

    package init(project: String, score: Double, input: [Float], cheap: Double, strong: Double) {
        self.project = project
        self.score = score
        self.input = input
        self.cheap = cheap
        self.strong = strong
    }
}

/// What has been learned for one project, for the API and the screen.
package struct LearnedSnapshot: Sendable, Equatable {
    package var project: String
    /// The scale of ``boundaries``.
    package var scale: ScoreScale
    /// Fast|balanced, then balanced|premium.
    package var boundaries: [BoundarySnapshot]
    /// Reports since the start that came too fast to count, on all scales.
    package var reportsOverLimit: Int
    /// nil without a shadow pair.
    package var ranking: RankingSnapshot?
}

/// All that is learned from feedback, for all projects: nothing that one project reports moves another's, and
/// nothing reported of scores on one scale moves the thresholds on another.
///
/// ``thresholds(project:scale:priors:)``, ``adjust(score:input:project:)``, ``record(_:priors:)`` and the snapshots hold a
/// lock for microseconds at most and may be called anywhere. ``record(pair:)`` works for up to a millisecond and
/// ``load(from:)`` and ``save(to:isForced:)`` for longer: they are for a background executor, never for an event loop (a
/// task that prefers a loop takes actors and plain `async` functions along to it).
package final class LearnedState: Sendable {
    /// Projects whose thresholds are kept; some 2 KB each.
    package static let maximumProjects = 256
    /// Projects whose ranking is kept; 0.37 MB each for an embedding and 40 features.
    package static let maximumRankings = 8
    /// A project in whose place a new one may come has learned nothing for so long.
    static let idleSeconds: Int64 = 86_400
    /// Rated exchanges that are remembered, so that each counts once.
    static let rememberedQueries = 4_096
    /// Between two savings of a document.
    static let thresholdSaveSeconds: Int64 = 5
    static let rankingSaveSeconds: Int64 = 60

    private struct Thresholds {
        var projects: [String: Learned<ThresholdCalibration>] = [:]
        var rated: Set<String> = []
        /// The same in the order they came, as a ring.
        var ratedInOrder: [String] = []
        var nextRated = 0
        var revision = 0
    }

    private struct Rankings {
        var projects: [String: Learned<ShadowRanking>] = [:]
        var revision = 0
    }

    private struct Saving {
        var isBusy = false
        /// The revisions on disk.
        var thresholds = 0
        var rankings = 0
        /// Nanoseconds on the monotonic clock: when saving was last tried.
        var thresholdsTried = Int64.min
        var rankingsTried = Int64.min
    }

    private let scores: String
    private let rule: CalibrationRule
    /// What every project's ranking begins as; nil where there can be none.
    private let emptyRanking: ShadowRanking?
    private let clock: Clock
    private let thresholds = Mutex(Thresholds())
    private let rankings = Mutex(Rankings())
    /// The part of the rankings that requests read, apart, so that no request waits while one learns.
    private let scorers = Mutex<[String: ShadowScorer]>([:])
    private let saving = Mutex(Saving())

    /// - Parameters:
    ///   - scores: the version of what makes the scores, such as its weights file's hash. What was learned from another
    ///     version's scores is not taken over.
    ///   - inputCount: how many numbers ``adjust(score:input:project:)`` gets; 0 for no rankings.
    ///   - calibration: the constants of the thresholds' rule.
    ///   - ranking: the constants of the rankings' rule.
    ///   - clock: the time.
    package init(
        scores: String,
        inputCount: Int,
        calibration: CalibrationRule = .init(),
        ranking: ShadowRankingRule = .init(),
        clock: Clock
    ) {
        self.scores = scores
        rule = calibration
        emptyRanking = ShadowRanking(inputCount: inputCount, rule: ranking)
        self.clock = clock
    }

    // MARK: - Reading

    /// The thresholds that hold for a project's scores of a scale. `priors` are that scale's, of the config or the
    /// trained score.
    package func thresholds(project: String, scale: ScoreScale, priors: ScoreThresholds) -> ScoreThresholds {
        let known = thresholds.withLock { $0.projects[project]?.value }
        return (known ?? ThresholdCalibration()).thresholds(scale: scale, priors: priors, rule: rule)
    }

    /// The score as the project's shadow pairs have adjusted it, 0 to 100; the prior's own where none is in use.
    package func adjust(score: Double, input: [Float], project: String) -> Double {
        guard let scorer = scorers.withLock({ $0[project] }) else { return score }
        return scorer.score(prior: score, input: input)
    }

    /// Whether a project's scores are being adjusted: only then is an input worth making.
    package func adjusts(project: String) -> Bool { scorers.withLock { $0[project] != nil } }

    /// What has been learned for a project, with the thresholds of one scale. `priors` are that scale's.
    package func snapshot(project: String, scale: ScoreScale, priors: ScoreThresholds) -> LearnedSnapshot {
        let calibration = thresholds.withLock { $0.projects[project]?.value } ?? ThresholdCalibration()
        return LearnedSnapshot(
            project: project,
            scale: scale,
            boundaries: calibration.snapshot(scale: scale, priors: priors, rule: rule),
            reportsOverLimit: calibration.overLimit,
            ranking: rankings.withLock { $0.projects[project]?.value.snapshot }
        )
    }

    /// The projects of which something has been learned, by name.
    package var projects: [String] {
        let rated = thresholds.withLock { Set($0.projects.keys) }
        return rated.union(rankings.withLock { Array($0.projects.keys) }).sorted()
    }

    // MARK: - Learning

    /// Takes a report in and moves that project's thresholds on the answer's scale by a step where they should move.
    /// `priors` are that scale's.
    package func record(_ answer: RatedAnswer, priors: ScoreThresholds) -> ThresholdCalibration.Outcome {
        let now = unixSeconds
        return thresholds.withLock { state in
            if let id = answer.queryID, state.rated.contains(id) { return .repeated }
            var project = state.projects[answer.project] ?? Learned(value: ThresholdCalibration(), touched: now)
            let outcome = project.value.record(
                scale: answer.scale,
                score: answer.score,
                tier: answer.tier,
                quality: answer.quality,
                priors: priors,
                rule: rule,
                unixSeconds: now
            )
            guard case .counted = outcome else {
                if outcome == .overLimit { state.projects[answer.project] = project }
                return outcome
            }
            guard Self.makeRoom(for: answer.project, in: &state.projects, limit: Self.maximumProjects, now: now) else {
                return .noRoom
            }
            project.touched = now
            state.projects[answer.project] = project
            state.revision += 1
            if let id = answer.queryID { Self.remember(id, &state) }
            return outcome
        }
    }

    private static func remember(_ id: String, _ state: inout Thresholds) {
        state.rated.insert(id)
        guard state.ratedInOrder.count == rememberedQueries else { return state.ratedInOrder.append(id) }
        state.rated.remove(state.ratedInOrder[state.nextRated])
        state.ratedInOrder[state.nextRated] = id
        state.nextRated = (state.nextRated + 1) % rememberedQueries
    }

    /// Learns from a shadow pair; nil where there are no rankings, or none can be had for a further project.
    ///
    /// Takes some d² operations: call it from a background executor.
    package func record(pair: ShadowPair) -> ShadowRanking.Outcome? {
        let now = unixSeconds
        return rankings.withLock { state in
            guard let emptyRanking,
                Self.makeRoom(for: pair.project, in: &state.projects, limit: Self.maximumRankings, now: now)
            else { return nil }
            let outcome = state.projects[pair.project, default: Learned(value: emptyRanking, touched: now)].value
                .record(score: pair.score, input: pair.input, cheap: pair.cheap, strong: pair.strong)
            if outcome == .invalid {
                if state.projects[pair.project]?.value.pairs == 0 { state.projects[pair.project] = nil }
                return outcome
            }
            state.projects[pair.project]?.touched = now
            state.revision += 1
            publish(state.projects)
            return outcome
        }
    }

    /// Called under the rankings' lock, so that scorers change in the order the rankings do.
    private func publish(_ projects: [String: Learned<ShadowRanking>]) {
        let usable = projects.compactMapValues { $0.value.scorer }
        scorers.withLock { $0 = usable }
    }

    /// Back to the priors on every scale, and all that the project has reported is forgotten. `priors` gives a scale's.
    package func reset(project: String, priors: (ScoreScale) -> ScoreThresholds) {
        let now = unixSeconds
        // Found before the lock is taken: a caller's code does not run under it.
        let (meaning, words) = (priors(.meaning), priors(.words))
        thresholds.withLock { state in
            state.projects[project]?.value.reset(
                priors: { $0 == .meaning ? meaning : words },
                rule: rule,
                unixSeconds: now
            )
            state.revision += 1
        }
        rankings.withLock { state in
            state.projects[project] = nil
            state.revision += 1
            publish(state.projects)
        }
    }

    /// Whether there is a place for that project. Where all are taken, the one that has been idle longest gives way, but
    /// only after ``idleSeconds``: else many projects would take turns and none would ever learn enough.
    private static func makeRoom<Value>(
        for project: String,
        in projects: inout [String: Learned<Value>],
        limit: Int,
        now: Int64
    ) -> Bool {
        guard projects[project] == nil, projects.count >= limit else { return true }
        guard let oldest = projects.min(by: { ($0.value.touched, $0.key) < ($1.value.touched, $1.key) }),
            now - idleSeconds >= oldest.value.touched
        else { return false }
        projects[oldest.key] = nil
        return true
    }

    private var unixSeconds: Int64 { clock.unixMilliseconds() / 1_000 }

    // MARK: - Keeping

    /// Takes up what an earlier daemon learned. For the start.
    ///
    /// - Returns: what could not be taken up and why, a sentence each, for the log.
    package func load(from store: any StateStore) async -> [String] {
        var notices: [String] = []
        if let document = await store.load(ThresholdDocument.name) {
            do throws(StateProblem) {
                let projects = try ThresholdDocument.decode(document, scores: scores)
                thresholds.withLock { $0.projects = projects }
            } catch {
                notices.append(
                    "The kept thresholds begin anew at their priors: \(ThresholdDocument.name) \(error.words)."
                )
            }
        }
        if let emptyRanking, let document = await store.load(RankingDocument.name) {
            do throws(StateProblem) {
                let projects = try RankingDocument.decode(document, scores: scores, empty: emptyRanking)
                rankings.withLock { state in
                    state.projects = projects
                    publish(projects)
                }
            } catch {
                notices.append("The kept rankings begin anew: \(RankingDocument.name) \(error.words).")
            }
        }
        return notices
    }

    /// Saves what has changed and is due. Call it every second or so, and with `isForced` before the end.
    ///
    /// Throws where the store fails; what is learned stays in memory, and the next call that is due tries again.
    package func save(to store: any StateStore, isForced: Bool = false) async throws(StateStoreError) {
        let now = clock.monotonicNanoseconds()
        guard
            saving.withLock({ saving in
                defer { saving.isBusy = true }
                return !saving.isBusy
            })
        else { return }
        defer { saving.withLock { $0.isBusy = false } }
        let last = saving.withLock { $0 }
        func isDue(_ tried: Int64, _ seconds: Int64) -> Bool {
            isForced || tried == .min || now - tried >= seconds * 1_000_000_000
        }
        let (projects, revision) = thresholds.withLock { ($0.projects, $0.revision) }
        if revision != last.thresholds, isDue(last.thresholdsTried, Self.thresholdSaveSeconds) {
            saving.withLock { $0.thresholdsTried = now }
            try await store.save(ThresholdDocument.encode(projects, scores: scores), as: ThresholdDocument.name)
            saving.withLock { $0.thresholds = revision }
        }
        let (ranked, rankedRevision) = rankings.withLock { ($0.projects, $0.revision) }
        if rankedRevision != last.rankings, isDue(last.rankingsTried, Self.rankingSaveSeconds) {
            saving.withLock { $0.rankingsTried = now }
            try await store.save(RankingDocument.encode(ranked, scores: scores), as: RankingDocument.name)
            saving.withLock { $0.rankings = rankedRevision }
        }
    }
}
