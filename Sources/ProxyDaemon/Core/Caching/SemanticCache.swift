package import Shared
import Synchronization

/// Answers for questions that ask the same in other words.
///
/// A stored question answers another where everything else that shapes the answer is equal (``SemanticFingerprint``), the two
/// are similar enough, and the guards see no difference that matters. A share of the hits is sent to the provider all the
/// same; where the two answers differ too often, the cache turns itself off.
package final class SemanticCache: Sendable {
    /// A stored question that asks the same.
    struct Match: Sendable {
        let entry: SemanticEntry
        let similarity: Double
    }

    /// Stored questions that are compared with one that is asked.
    private static let candidates = 4
    /// Stored questions, the newest, whose words are compared where there are no embeddings.
    private static let comparedByWords = 300
    /// Embedding models read so many tokens; what a longer question says beyond them would count for nothing.
    private static let mostTokens = 256
    /// Below, the index is not exact.
    private static let leastCosine: Float = 0.80
    /// What two questions' words can add to their embeddings' cosine.
    private static let mostEvidence: Float = 0.15

    private let settings: Settings.SemanticCache
    private let embeddings: RememberedEmbeddings?
    private let guards: LookalikeGuard
    private let index: SemanticIndex
    private let journal: (any SemanticJournal)?
    private let clock: Clock
    private let record: Record

    /// What became of hits. Outlives the settings.
    private final class Record: Sendable {
        let state = Mutex(SemanticRecord())
    }

    package init(
        settings: Settings.SemanticCache,
        embeddings: RememberedEmbeddings?,
        guards: LookalikeGuard,
        index: SemanticIndex,
        journal: (any SemanticJournal)?,
        clock: Clock
    ) {
        self.settings = settings
        self.embeddings = embeddings
        self.guards = guards
        self.index = index
        self.journal = journal
        self.clock = clock
        record = Record()
    }

    /// The same questions under other settings. What the cache is made of stays: size, kind of similarity, journal.
    init(_ former: SemanticCache, settings: Settings.SemanticCache) {
        self.settings = settings
        embeddings = former.embeddings
        guards = former.guards
        index = former.index
        journal = former.journal
        clock = former.clock
        record = former.record
    }

    /// Seconds that an answer may be given to other questions.
    var ttlSeconds: Int { settings.ttlSeconds }

    /// The question of a request; nil where its answer must be its own.
    func question(_ exchange: Exchange, _ prompt: Prompt, _ decision: Decision, partition: String) -> SemanticQuestion?
    {
        guard off == nil else { return nil }
        return SemanticQuestion(exchange, prompt, decision, partition: partition, settings: settings)
    }

    /// The stored question that asks the same, best first. Computes for a while: not for an event loop.
    func find(_ question: inout SemanticQuestion) async -> Match? {
        let now = clock.unixMilliseconds() / 1_000
        let found =
            switch settings.similarity {
            case .embedding: await near(&question, now)
            case .jaccard: alike(question, now)
            }
        var refusal: String?
        for (entry, cosine) in found where entry.tier >= question.leastTier {
            guard let wording = PromptWording(entry.text) else { continue }
            let comparison = guards.compare(question.wording, wording)
            let similarity = self.similarity(cosine, comparison)
            guard similarity >= threshold else { continue }
            guard let first = comparison.refusals.first else { return Match(entry: entry, similarity: similarity) }
            refusal = refusal ?? first.name.rawValue
        }
        record.state.withLock { $0.missed(refusal) }
        return nil
    }

    private var threshold: Double {
        settings.similarity == .embedding ? settings.threshold : settings.jaccardThreshold
    }

    private func similarity(_ cosine: Float?, _ comparison: WordingComparison) -> Double {
        if let cosine { return SemanticScore.similarity(cosine: Double(cosine), comparison) }
        return comparison.evidence.jaccard
    }

    private func near(_ question: inout SemanticQuestion, _ now: Int64) async -> [(SemanticEntry, Float?)] {
        question.embedding = await embedding(of: question)
        guard let embedding = question.embedding else { return [] }
        let least = min(Self.leastCosine, Float(settings.threshold) - Self.mostEvidence)
        return index.nearest(
            question.fingerprint,
            embedding,
            minimumCosine: least,
            now: now,
            limit: Self.candidates
        ).map { ($0.entry, $0.cosine) }
    }

    /// nil where there is none in time, and for a text that is longer than the model reads.
    private func embedding(of question: SemanticQuestion) async -> Embedding? {
        let made = await embeddings?.embeddedText(
            question.text,
            maximumTokens: Self.mostTokens,
            partition: question.project
        )
        return made.flatMap { $0.isWhole ? $0.embedding : nil }
    }

    /// The questions with the most words in common.
    private func alike(_ question: SemanticQuestion, _ now: Int64) -> [(SemanticEntry, Float?)] {
        var best: [(entry: SemanticEntry, jaccard: Double)] = []
        for entry in index.candidates(question.fingerprint, now: now).prefix(Self.comparedByWords) {
            guard let wording = PromptWording(entry.text) else { continue }
            let jaccard = guards.compare(question.wording, wording).evidence.jaccard
            if jaccard >= settings.jaccardThreshold { best.append((entry, jaccard)) }
        }
        return best.sorted { $0.jaccard > $1.jaccard }.prefix(Self.candidates).map { ($0.entry, nil) }
    }

    /// Whether a would-be hit goes to the provider all the same. By the query id, which is random.
    func isCanary(_ queryID: String) -> Bool {
        let hash = FNV1a.hash(queryID.utf8)
        return Double(hash >> 11) / Double(1 << 53) < settings.canaryRate
    }

    /// Keeps a question whose answer is kept under `key`. One whose embedding was not there in time is embedded now, when
    /// nobody waits for it.
    func keep(_ question: SemanticQuestion, key: CacheKey, tier: Tier) {
        guard question.embedding == nil, settings.similarity == .embedding, off == nil else {
            return insert(question, key: key, tier: tier)
        }
        Task(executorPreference: globalConcurrentExecutor) { [self] in
            var question = question
            question.embedding = await embedding(of: question)
            insert(question, key: key, tier: tier)
        }
    }

    private func insert(_ question: SemanticQuestion, key: CacheKey, tier: Tier) {
        guard question.embedding != nil || settings.similarity == .jaccard, settings.ttlSeconds > 0 else { return }
        let now = clock.unixMilliseconds() / 1_000
        let entry = SemanticEntry(
            key: key,
            fingerprint: question.fingerprint,
            owner: question.owner,
            tier: tier,
            text: question.text,
            embedding: question.embedding,
            storedUnixSeconds: now,
            expiresUnixSeconds: now + Int64(settings.ttlSeconds)
        )
        guard index.insert(entry, now: now) else { return }
        journal?.record(.inserted(entry))
    }

    // MARK: What became of hits

    /// A question got another's answer.
    func served(_ match: Match) {
        record.state.withLock { $0.hits += 1 }
        index.touch(match.entry.key)
    }

    /// A would-be hit's two answers were compared.
    func judged(_ likeness: AnswerLikeness) {
        record.state.withLock { $0.judged(isFalse: likeness == .different, maxRate: settings.maxFalseHitRate) }
    }

    /// A client reported that an answer was not to its question: its entry goes.
    func reportedFalse(_ key: CacheKey) {
        record.state.withLock { $0.falseHits += 1 }
        _ = remove(.entry(key))
    }

    /// Whether two answers' texts say the same; nil where that cannot be told.
    func likeness(_ stored: String, _ fresh: String, project: String) async -> AnswerLikeness? {
        await AnswerLikeness.judge(stored, fresh, guards: guards) { text in
            await self.embeddings?.embedding(of: text, maximumTokens: Self.mostTokens, partition: project)
        }
    }

    // MARK: Upkeep

    /// Forgets questions, here and wherever they are written down. Gives how many there were here.
    func remove(_ selection: CacheSelection) -> Int {
        let count = index.remove(selection)
        journal?.record(.removed(selection))
        // Who empties the cache wants it to begin anew.
        if selection == .all { record.state.withLock { $0.restart() } }
        return count
    }

    /// Takes up what the journal has, and what other daemons write there, until the task is cancelled. `drop` is to drop the
    /// answers that another daemon removed.
    package func follow(drop: @Sendable (CacheSelection) -> Void) async {
        guard let journal else { return }
        for await event in journal.events() {
            switch event {
            case .inserted(let entry): _ = index.insert(entry, now: clock.unixMilliseconds() / 1_000)
            case .removed(let selection):
                _ = index.remove(selection)
                drop(selection)
            case .caughtUp: break
            }
        }
    }

    /// Why nothing is looked up; nil while it is on.
    private var off: String? {
        if let off = record.state.withLock({ $0.off }) { return off }
        guard settings.similarity == .embedding else { return nil }
        guard let embeddings else { return "embedding.enabled is false; cache.similarity: jaccard does without" }
        return embeddings.isOn ? nil : embeddings.reasonForNone
    }

    /// Two texts side by side, as ``find(_:)`` would see them. Computes for a while: not for an event loop.
    package func compare(_ asked: String, _ stored: String) async -> QuestionComparison {
        let left = Array(asked.utf8)
        let right = Array(stored.utf8)
        var cosine: Double?
        var isWhole = true
        if let one = await embeddings?.embeddedText(left, maximumTokens: Self.mostTokens, partition: ""),
            let other = await embeddings?.embeddedText(right, maximumTokens: Self.mostTokens, partition: "")
        {
            cosine = Double(one.embedding.cosine(other.embedding))
            isWhole = one.isWhole && other.isWhole
        }
        guard let first = PromptWording(left), let second = PromptWording(right) else {
            return QuestionComparison(cosine: cosine)
        }
        let comparison = guards.compare(first, second)
        var result = QuestionComparison(cosine: cosine)
        result.jaccard = comparison.evidence.jaccard
        result.refusals = comparison.refusals.map { "\($0.name.rawValue): \($0.text)" }
        result.similarity = cosine.map { SemanticScore.similarity(cosine: $0, comparison) }
        result.volatileWord = first.volatileWord ?? second.volatileWord
        let value = settings.similarity == .jaccard ? result.jaccard : result.similarity
        result.threshold = threshold
        result.isHit =
            isWhole && result.refusals.isEmpty && result.volatileWord == nil && (value ?? 0) >= threshold
        return result
    }

    package var report: SemanticCacheReport {
        let state = record.state.withLock { $0 }
        return SemanticCacheReport(
            off: off,
            isSuspended: state.off == nil ? nil : true,
            similarity: settings.similarity.rawValue,
            threshold: threshold,
            entries: index.count,
            maxEntries: settings.maxEntries,
            hits: state.hits,
            misses: state.misses,
            refusals: state.refusals,
            canaries: state.canaries,
            falseHits: state.falseHits,
            falseHitRate: state.falseHitRate,
            maxFalseHitRate: settings.maxFalseHitRate
        )
    }
}

/// Two questions side by side: what the semantic cache makes of them.
package struct QuestionComparison: Sendable {
    /// nil without embeddings.
    package var cosine: Double?
    package var jaccard: Double?
    /// The cosine with what the words add or take.
    package var similarity: Double?
    package var threshold = 0.0
    /// What the guards hold against it.
    package var refusals: [String] = []
    /// A word that makes a question's answer change from day to day.
    package var volatileWord: String?
    package var isHit = false

    init(cosine: Double?) { self.cosine = cosine }
}
