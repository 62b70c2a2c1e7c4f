/// Answers from what is kept, exactly or for a question that asks the same, and keeps whole answers.
package final class LookUp: Stage {
    package static let name = "look up"
    private let answers: AnswerStore?
    private let semantic: SemanticCache?
    private let repeated: RepeatedRequests
    private let settings: Settings.Cache
    private let scope: ByProject<Settings.CacheScope>
    private let namesAlways: Bool
    private let clock: Clock

    /// `answers` nil means that caching is off; `semantic` nil, that only the same request gets the same answer;
    /// `namesAlways`, that requests get their key even where nothing is kept.
    package init(
        answers: AnswerStore?,
        semantic: SemanticCache?,
        repeated: RepeatedRequests,
        settings: Settings.Cache,
        scope: ByProject<Settings.CacheScope>,
        namesAlways: Bool,
        clock: Clock
    ) {
        self.answers = answers
        self.semantic = semantic
        self.repeated = repeated
        self.settings = settings
        self.scope = scope
        self.namesAlways = namesAlways
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard answers != nil || namesAlways, let prompt = exchange.prompt, let decision = exchange.decision,
            !prompt.traits.hasToolHistory, exchange.directives.mayWriteCache || exchange.directives.mayReadCache
        else { return try await next(&exchange) }
        let partition = partition(exchange.client)
        let content = exchange.known?.content ?? CanonicalRequest.content(of: prompt)
        let key = CacheKey(
            partition: partition,
            backend: decision.backend.identity,
            headers: exchange.request.headers.filter(ProviderCall.shapesAnswer),
            query: exchange.request.query,
            content: content
        )
        exchange.cacheKey = key
        guard let answers else { return try await next(&exchange) }
        let mayRead = exchange.directives.mayReadCache
        if mayRead,
            let answer = await answers.answer(
                for: key,
                maxAgeSeconds: settings.exactTTLSeconds,
                besides: decision.backend
            ), let reply = AnswerReplay.reply(with: answer, to: prompt, of: exchange.request)
        {
            remember(exchange, prompt, decision, content)
            take(answer, Reuse(sharing: .exact, origin: answer.origin), key, &exchange)
            return reply
        }
        var question = semantic?.question(exchange, prompt, decision, partition: partition)
        var canary: CachedAnswer?
        if mayRead, let semantic, let (match, answer) = await same(&question, answers) {
            if semantic.isCanary(exchange.request.id) {
                canary = answer
                exchange.isCacheCheck = true
            } else if let reply = AnswerReplay.reply(with: answer, to: prompt, of: exchange.request) {
                semantic.served(match)
                let reuse = Reuse(sharing: .semantic, origin: answer.origin, similarity: match.similarity)
                take(answer, reuse, match.entry.key, &exchange)
                return adding(reuse, to: reply)
            }
        }
        if mayRead {
            exchange.lookUpAgain = { [self] exchange in
                let maxAge = settings.exactTTLSeconds
                guard let answer = answers.inMemory(key, maxAgeSeconds: maxAge, isSecondLook: true),
                    let reply = AnswerReplay.reply(with: answer, to: prompt, of: exchange.request)
                else { return nil }
                take(answer, Reuse(sharing: .exact, origin: answer.origin), key, &exchange)
                return reply
            }
        }
        let reply = try await next(&exchange)
        guard exchange.directives.mayWriteCache, exchange.sharing == .none, reply.status == 200 else { return reply }
        keep(reply, of: exchange, Keeping(answers: answers, key: key, question: question, canary: canary))
        return reply
    }

    /// The stored question that asks the same, with its answer. Not computed on the event loop that the caller may be on.
    private func same(
        _ question: inout SemanticQuestion?,
        _ answers: AnswerStore
    ) async -> (SemanticCache.Match, CachedAnswer)? {
        guard let semantic, var asked = question else { return nil }
        let (embedded, match) = await withTaskExecutorPreference(globalConcurrentExecutor) {
            let match = await semantic.find(&asked)
            return (asked, match)
        }
        question = embedded
        guard let match, let answer = await answers.answer(for: match.entry.key, maxAgeSeconds: semantic.ttlSeconds)
        else { return nil }
        return (match, answer)
    }

    /// Books an answer that is given again.
    private func take(_ answer: CachedAnswer, _ reuse: Reuse, _ key: CacheKey, _ exchange: inout Exchange) {
        exchange.sharing = reuse.sharing
        exchange.usage = answer.usage
        exchange.usageIsEstimated = answer.usageIsEstimated
        exchange.stopReason = answer.stopReason
        exchange.warnings += answer.warnings
        exchange.decision?.backend = answer.backend
        exchange.decision?.reuse = reuse
        answers?.note(key, of: exchange.request.id)
    }

    private func adding(_ reuse: Reuse, to reply: Reply) -> Reply {
        var reply = reply
        reply.headers.append(HeaderField("X-Gateway-Cache-Similarity", reuse.similarityText))
        if !reuse.origin.isEmpty { reply.headers.append(HeaderField("X-Gateway-Cache-Match", reuse.origin)) }
        return reply
    }

    /// The same bytes again need not be read and scored again.
    private func remember(_ exchange: Exchange, _ prompt: Prompt, _ decision: Decision, _ content: [UInt8]) {
        guard exchange.known == nil else { return }
        repeated.remember(
            KnownRequest(
                client: exchange.client,
                request: prompt,
                decision: decision.withoutOverhead,
                directives: exchange.directives,
                betas: Decide.betas(exchange.request),
                content: content
            )
        )
    }

    // MARK: Keeping

    /// Where an answer goes when it is whole, and what else is to be done with it then.
    private struct Keeping {
        let answers: AnswerStore
        let key: CacheKey
        let question: SemanticQuestion?
        /// The answer that would have been given, had this request not been let through to compare.
        let canary: CachedAnswer?
    }

    private func keep(_ reply: Reply, of exchange: Exchange, _ keeping: Keeping) {
        // Who asks again when the provider works again is to get what was decided for.
        guard let backend = exchange.decision?.backend, !exchange.isSubstitute else { return }
        let made = CachedAnswer(
            form: .json([]),
            dialect: exchange.dialect,
            backend: backend,
            usage: exchange.usage,
            usageIsEstimated: exchange.usageIsEstimated,
            stopReason: exchange.stopReason,
            warnings: exchange.warnings,
            storedUnixSeconds: clock.unixMilliseconds() / 1_000,
            origin: exchange.request.id,
            owner: CacheOwner(exchange.client)
        )
        switch reply.body {
        case .bytes(let body):
            guard Self.isWhole(exchange.stopReason), body.count <= settings.maxEntryBytes else { return }
            var answer = made
            // A whole answer may have been made a stream for a client that asked for one.
            answer.form = reply.headers.tellOfEvents ? .eventStream(body) : .json(body)
            store(answer, keeping)
        case .stream(let relay):
            let limit = settings.maxEntryBytes
            relay.capture(limitBytes: limit)
            relay.whenEnded { [self] outcome in
                guard let captured = outcome.captured, captured.count <= limit, Self.isWhole(outcome.stopReason) else {
                    return
                }
                var answer = made
                if let backend = outcome.judgement?.decision?.backend { answer.backend = backend }
                if let warnings = outcome.judgement?.warnings { answer.warnings = warnings }
                answer.form = .eventStream(captured)
                answer.usage = outcome.usage
                answer.usageIsEstimated = outcome.usageIsEstimated
                answer.stopReason = outcome.stopReason
                store(answer, keeping)
            }
        }
    }

    private func store(_ answer: CachedAnswer, _ keeping: Keeping) {
        let lifetime = max(settings.exactTTLSeconds, keeping.question == nil ? 0 : semantic?.ttlSeconds ?? 0)
        keeping.answers.store(answer, for: keeping.key, lifetimeSeconds: lifetime)
        keeping.answers.note(keeping.key, of: answer.origin)
        guard let semantic, let question = keeping.question else { return }
        semantic.keep(question, key: keeping.key, tier: answer.backend.tier)
        guard let stored = keeping.canary else { return }
        // Nobody waits for it.
        Task(executorPreference: globalConcurrentExecutor) {
            let likeness = await semantic.likeness(
                AnswerReplay.text(of: stored),
                AnswerReplay.text(of: answer),
                project: question.project
            )
            if let likeness { semantic.judged(likeness) }
        }
    }

    /// Only answers that ended of themselves are given again.
    private static func isWhole(_ stopReason: String?) -> Bool {
        stopReason == "end_turn" || stopReason == "stop_sequence"
    }

    private func partition(_ client: ClientIdentity) -> String {
        switch scope[client.project] {
        case .key: "key:\(client.keyFingerprint) project:\(client.project)"
        case .project: "project:\(client.project)"
        case .global: "global"
        }
    }
}
