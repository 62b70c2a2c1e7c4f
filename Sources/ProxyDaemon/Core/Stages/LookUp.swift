import Shared

/// Answers from the exact cache, and fills it with whole answers.
package struct LookUp: Stage {
    package static let name = "look up"
    private let cache: ExactCache?
    private let repeated: RepeatedRequests
    private let settings: Settings.Cache
    private let namesAlways: Bool
    private let clock: Clock

    /// `cache` nil means that caching is off; `namesAlways`, that requests get their key even so.
    package init(
        cache: ExactCache?,
        repeated: RepeatedRequests,
        settings: Settings.Cache,
        namesAlways: Bool,
        clock: Clock
    ) {
        self.cache = cache
        self.namesAlways = namesAlways
        self.repeated = repeated
        self.settings = settings
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard cache != nil || namesAlways, let prompt = exchange.prompt, let backend = exchange.decision?.backend,
            !prompt.traits.hasToolHistory, exchange.directives.mayWriteCache || exchange.directives.mayReadCache
        else { return try await next(&exchange) }
        let content = exchange.known?.content ?? CacheKey.content(of: prompt)
        let key = CacheKey(
            partition: partition(exchange.client),
            backend: backend.identity,
            headers: exchange.request.headers.filter(ProviderCall.shapesAnswer),
            query: exchange.request.query,
            content: content
        )
        exchange.cacheKey = key
        guard let cache else { return try await next(&exchange) }
        if exchange.directives.mayReadCache, let answer = cache.answer(for: key, now: clock.monotonicNanoseconds()),
            let reply = give(answer, to: &exchange, prompt)
        {
            if exchange.known == nil, let decision = exchange.decision {
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
            return reply
        }
        if exchange.directives.mayReadCache {
            exchange.lookUpAgain = { [self] exchange in
                let answer = cache.answer(for: key, now: self.clock.monotonicNanoseconds(), isSecondLook: true)
                return answer.flatMap { give($0, to: &exchange, prompt) }
            }
        }
        let reply = try await next(&exchange)
        guard exchange.directives.mayWriteCache, exchange.sharing == .none, reply.status == 200 else { return reply }
        let clock = clock
        switch reply.body {
        case .bytes(let body):
            if Self.isWhole(exchange.stopReason), body.count <= settings.maxEntryBytes {
                let stopReason = exchange.stopReason
                // A whole answer may have been made a stream for a client that asked for one.
                let type = reply.headers.first { $0.isNamed("content-type") }?.value
                let isStream = type?.hasPrefix("text/event-stream") ?? false
                cache.store(
                    CachedAnswer(
                        form: isStream ? .eventStream(body) : .json(body),
                        backend: backend,
                        usage: exchange.usage,
                        usageIsEstimated: exchange.usageIsEstimated,
                        stopReason: stopReason,
                        warnings: exchange.warnings
                    ),
                    for: key,
                    now: clock.monotonicNanoseconds()
                )
            }
        case .stream(let relay):
            let warnings = exchange.warnings
            let limit = settings.maxEntryBytes
            relay.capture(limitBytes: limit)
            relay.whenEnded { outcome in
                guard let captured = outcome.captured, captured.count <= limit, Self.isWhole(outcome.stopReason) else {
                    return
                }
                cache.store(
                    CachedAnswer(
                        form: .eventStream(captured),
                        backend: backend,
                        usage: outcome.usage,
                        usageIsEstimated: outcome.usageIsEstimated,
                        stopReason: outcome.stopReason,
                        warnings: warnings
                    ),
                    for: key,
                    now: clock.monotonicNanoseconds()
                )
            }
        }
        return reply
    }

    /// Makes an answer that is kept this exchange's; nil for what cannot be carried over.
    private func give(_ answer: CachedAnswer, to exchange: inout Exchange, _ prompt: Prompt) -> Reply? {
        guard let reply = replay(answer, prompt, exchange.request) else { return nil }
        exchange.sharing = .exact
        exchange.usage = answer.usage
        exchange.usageIsEstimated = answer.usageIsEstimated
        exchange.stopReason = answer.stopReason
        exchange.warnings += answer.warnings
        exchange.decision?.backend = answer.backend
        return reply
    }

    /// Only answers that ended of themselves are given again.
    private static func isWhole(_ stopReason: String?) -> Bool {
        stopReason == "end_turn" || stopReason == "stop_sequence"
    }

    private func partition(_ client: ClientIdentity) -> String {
        switch settings.scope {
        case .key: "key:\(client.keyFingerprint)"
        case .project: "project:\(client.project)"
        case .global: "global"
        }
    }

    private func replay(_ answer: CachedAnswer, _ prompt: Prompt, _ request: ClientRequest) -> Reply? {
        let asStream = prompt.isStream
        let body = AnswerTranslation.replay(
            answer.form.bytes,
            in: prompt.dialect,
            isStream: answer.form.isStream,
            asStream: asStream,
            usage: answer.usage,
            context: TranslationContext(
                exchangeID: request.id,
                unixSeconds: request.unixMilliseconds / 1_000,
                model: answer.backend.model,
                wantsUsageChunk: prompt.wantsUsageChunk
            )
        )
        guard let body else { return nil }
        var headers = [HeaderField("content-type", asStream ? "text/event-stream; charset=utf-8" : "application/json")]
        if asStream { headers.append(HeaderField("cache-control", "no-cache")) }
        headers.append(HeaderField(prompt.dialect.requestIDHeader, "req_gw_\(request.id)"))
        return Reply(status: 200, headers: headers, body: .bytes(body))
    }
}
