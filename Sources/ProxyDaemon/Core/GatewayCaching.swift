package import Shared

/// What the caches are made of besides memory, handed in by whoever knows the neighbours.
package struct CachingParts: Sendable {
    /// Where answers outlive the daemon, or are shared with others.
    package var home: (any AnswerHome)?
    /// The same for the questions of the semantic cache.
    package var journal: (any SemanticJournal)?
    /// nil where there are none: the semantic cache is then off, unless it compares words.
    package var embeddings: RememberedEmbeddings?
    /// Tells whether a word in lower case is one of the language's; nil where nobody knows. See ``LookalikeGuard``.
    package var isKnownWord: (@Sendable (ArraySlice<UInt8>) -> Bool)?
    package var scanner = CodeScanner.portable

    package init() {}
}

/// The caches, as the rest of the gateway sees them: what they hold, and how it is emptied.
package struct GatewayCaching: Sendable {
    let answers: AnswerStore?
    let semantic: SemanticCache?

    /// With other settings the `former` caches' answers and questions are kept.
    init(
        _ settings: Settings,
        _ parts: CachingParts,
        backends: [Backend],
        clock: Clock,
        after former: GatewayCaching? = nil
    ) {
        if let former {
            answers = former.answers.map { AnswerStore($0, backends: backends) }
            semantic = former.semantic.map { SemanticCache($0, settings: settings.cache.semantic) }
            return
        }
        guard settings.cache.isEnabled else {
            answers = nil
            semantic = nil
            return
        }
        answers = AnswerStore(
            memory: ExactCache(maxBytes: settings.cache.maxBytes, lifetimeSeconds: settings.cache.exactTTLSeconds),
            home: parts.home,
            backends: backends,
            clock: clock
        )
        guard settings.cache.semantic.isEnabled else {
            semantic = nil
            return
        }
        semantic = SemanticCache(
            settings: settings.cache.semantic,
            embeddings: parts.embeddings,
            guards: LookalikeGuard(isKnownWord: parts.isKnownWord),
            index: SemanticIndex(maxEntries: settings.cache.semantic.maxEntries, scanner: parts.scanner),
            journal: parts.journal,
            clock: clock
        )
    }

    var report: MetricsSnapshot.Cache {
        guard let answers else { return MetricsSnapshot.Cache(isEnabled: false) }
        var report = answers.report
        report.semantic = semantic?.report
        return report
    }

    /// What a person should know of caches that are away or off.
    static func warnings(of report: MetricsSnapshot.Cache) -> [String] {
        var warnings = report.homes.filter { $0.state == .down }.map { home in
            "the cache goes on without \(home.name): \(home.detail ?? "it does not answer")"
        }
        // Where the model is missing, the classifier says so already.
        if report.semantic?.isSuspended == true, let off = report.semantic?.off {
            warnings.append("the semantic cache is off: \(off)")
        }
        return warnings
    }

    /// Takes up the questions that are written down, and what other daemons do, until the task is cancelled.
    package func follow() async {
        await semantic?.follow { selection in _ = answers?.removeFromMemory(selection) }
    }
}

/// `cache.stats`, `cache.flush`, and two questions side by side.
extension Gateway {
    package var cacheReport: MetricsSnapshot.Cache { caching.report }

    /// Removes answers and questions. Throws an `invalidRequest` that names the parameter, and `notFound`.
    package func flush(_ request: ControlProtocol.CacheFlush) async throws(GatewayError) -> ControlProtocol.CacheFlushed
    {
        guard let answers = caching.answers else {
            throw GatewayError(.notFound("there is no cache: cache.enabled is false"))
        }
        let named = [request.project, request.key, request.queryID].compactMap { $0 }
        guard named.count <= 1, named.first?.isEmpty != true else {
            throw GatewayError(
                .invalidRequest("expected one of project, key and query_id, or none to remove everything")
            )
        }
        var selection = CacheSelection.all
        if let project = request.project { selection = .project(CacheOwner.tag(project)) }
        if let key = request.key { selection = .key(CacheOwner.tag(ClientKeys.fingerprint(of: key))) }
        if let id = request.queryID {
            guard let key = answers.key(of: id) else {
                throw GatewayError(
                    .notFound("query_id: exchange \(id.prefix(40)) stored no answer, got none, or is too long ago")
                )
            }
            selection = .entry(key)
        }
        // Questions first: none may lead to an answer that is about to go.
        let questions = caching.semantic?.remove(selection) ?? 0
        let (removed, unreachable) = await answers.remove(selection)
        return ControlProtocol.CacheFlushed(answers: removed, questions: questions, unreachable: unreachable)
    }

    /// What the semantic cache makes of two questions. Throws `notFound` where there is none.
    package func compare(_ asked: String, _ stored: String) async throws(GatewayError) -> QuestionComparison {
        guard let semantic = caching.semantic else {
            throw GatewayError(.notFound("there is no semantic cache: cache.use_semantic_cache is false"))
        }
        return await semantic.compare(asked, stored)
    }

    /// The answer that an exchange got from another question was wrong for it: that question goes.
    func reportedBad(_ queryID: String) {
        if let key = caching.answers?.key(of: queryID) { caching.semantic?.reportedFalse(key) }
    }
}
