import Shared
import Synchronization

/// Closes the books on an exchange: tokens, cost and savings, the row in the ledger, the gateway's headers. Also turns
/// what failed on the way into an answer in the client's dialect.
///
/// An answer is settled before it is handed over, a stream before its last event is.
package final class Settle: Stage {
    package static let name = "settle"
    private let router: Router
    private let ledger: Ledger
    private let paces: Paces
    private let conversations: Conversations
    private let clock: Clock
    private let prompts: Settings.PromptLogging
    private let outcomes: (any OutcomeLog)?
    private let budgets: Budgets?

    package init(
        router: Router,
        ledger: Ledger,
        paces: Paces,
        conversations: Conversations,
        clock: Clock,
        prompts: Settings.PromptLogging,
        outcomes: (any OutcomeLog)? = nil,
        budgets: Budgets? = nil
    ) {
        self.budgets = budgets
        self.outcomes = outcomes
        self.router = router
        self.ledger = ledger
        self.paces = paces
        self.conversations = conversations
        self.clock = clock
        self.prompts = prompts
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        ledger.began()
        exchange.request.trace?.began()
        var reply: Reply
        do throws(GatewayError) {
            reply = try await next(&exchange)
        } catch {
            return refuse(exchange, error)
        }
        exchange.ownNanoseconds = ownNanoseconds(exchange)
        switch reply.body {
        case .bytes:
            let end = exchange.clientHasLeft ? StreamOutcome.End.abandoned : nil
            let summary = close(&exchange, status: reply.status, end: end, contents: contents(exchange, reply))
            reply.headers += GatewayHeaders.fields(exchange, summary, isFinal: true)
        case .stream(let relay):
            let opened = Opened(exchange, status: reply.status)
            let headers = reply.headers
            relay.whenFirstEvent { [clock] in
                let now = clock.monotonicNanoseconds()
                opened.exchange.withLock { $0.firstByteNanoseconds = now }
            }
            relay.whenEnded { [self] outcome in
                var exchange = opened.exchange.withLock { $0 }
                if let judgement = outcome.judgement { exchange.take(judgement) }
                exchange.usage = outcome.usage
                exchange.usageIsEstimated = outcome.usageIsEstimated
                exchange.stopReason = outcome.stopReason
                let contents = contents(exchange, headers, outcome.opening)
                _ = close(&exchange, status: opened.status, end: outcome.end, contents: contents)
            }
            let price = priced(exchange)
            if let warning = price.warning { exchange.warnings.append(warning) }
            reply.headers += GatewayHeaders.fields(exchange, summary(exchange, status: reply.status), isFinal: false)
        }
        return reply
    }

    /// An exchange whose stream is under way. Held by the stream's two actions; of a shared one, whoever reads it calls them.
    private final class Opened: Sendable {
        let exchange: Mutex<Exchange>
        let status: Int

        init(_ exchange: Exchange, status: Int) {
            self.exchange = Mutex(exchange)
            self.status = status
        }
    }

    private func refuse(_ exchange: Exchange, _ error: GatewayError) -> Reply {
        var exchange = exchange
        // The client is still there, and is told.
        let error = error.kind == .cancelled && exchange.wasCutOff ? GatewayError(.shuttingDown) : error
        var headers = GatewayHeaders.errorFields(error, id: exchange.request.id)
        let contents = contents(exchange, headers, [])
        let summary = close(&exchange, status: error.status, end: .broken(error), contents: contents)
        headers += GatewayHeaders.fields(exchange, summary, isFinal: true)
        let body = exchange.dialect.errorBody(error, requestID: "req_gw_\(exchange.request.id)")
        return Reply(status: error.status, headers: headers, body: .bytes(body))
    }

    /// Prices the exchange, puts it into the ledger and returns its row.
    private func close(
        _ exchange: inout Exchange,
        status: Int,
        end: StreamOutcome.End?,
        contents: ExchangeContents
    ) -> ExchangeSummary {
        let price = priced(exchange)
        if let warning = price.warning {
            if !exchange.warnings.contains(warning) { exchange.warnings.append(warning) }
            ledger.warn(warning)
        }
        var row = summary(exchange, status: status)
        var failure = status >= 400 ? TrafficMetrics.providerError : nil
        exchange.book(price.own)
        row.cost = price.cost
        row.baseline = price.baseline
        let overhead = exchange.overheads.reduce(USD.zero) { $0 + $1.spending.cost }
        if !exchange.overheads.isEmpty { row.overhead = overhead }
        row.saved = price.baseline - price.cost - overhead
        settleBounds(exchange, spent: price.cost + overhead)
        if !exchange.reduction.isEmpty { row.tokensSaved = exchange.reduction.tokensSaved }
        switch end {
        case .abandoned where exchange.wasCutOff, .broken(GatewayError(.shuttingDown)):
            let error = GatewayError(.shuttingDown)
            row.status = error.status
            row.error = "the gateway stopped before the answer was complete"
            failure = error.label
        case .broken(let error):
            row.error = error.message
            failure = error.kind == .cancelled ? nil : error.label
        case .providerError(let text):
            row.error = text
            failure = TrafficMetrics.providerError
        case .abandoned:
            // nginx's number for it: nobody saw it, and it tells such exchanges from failed ones.
            row.status = 499
            row.error = "the client left before the answer was complete"
            failure = nil
        case .complete, nil:
            if status >= 400 { row.error = "the provider answered HTTP \(status)" }
        }
        if row.error == nil, status == 200, exchange.sharing == .none, !exchange.usageIsEstimated {
            learn(exchange, row)
        }
        if let outcome = RoutingOutcome(exchange, row) { outcomes?.record(outcome) }
        let warnings = exchange.warnings
        let entry = LedgerEntry(
            summary: row,
            decision: exchange.decision,
            attempts: exchange.attempts,
            warnings: warnings,
            overheads: exchange.overheads,
            losses: SavingsLosses(
                escalation: price.cost - price.own,
                cacheChecks: exchange.isCacheCheck ? price.own : .zero
            ),
            notes: exchange.notes,
            quality: exchange.quality,
            keyFingerprint: exchange.client.keyFingerprint,
            failure: failure,
            ownNanoseconds: exchange.ownNanoseconds,
            contents: contents
        )
        ledger.ended(entry)
        exchange.request.trace?.ended(entry)
        return row
    }

    private func contents(_ exchange: Exchange, _ reply: Reply) -> ExchangeContents {
        guard case .bytes(let bytes) = reply.body else { return contents(exchange, reply.headers, []) }
        return contents(exchange, reply.headers, reply.status == 200 ? bytes : [])
    }

    private func contents(_ exchange: Exchange, _ answer: [HeaderField], _ opening: [UInt8]) -> ExchangeContents {
        ExchangeContents(
            requestHeaders: KeptHeaders.ofRequest(exchange.request.headers),
            answerHeaders: KeptHeaders.cut(answer),
            opening: AnswerOpening(opening, dialect: exchange.dialect, prompts: prompts)
        )
    }

    /// What the gateway added to an answer: the time up to its beginning, or to the end of a whole one, without the time
    /// that its provider took. nil where others were waited for as well: models that were asked, providers that had failed,
    /// somebody else's call.
    private func ownNanoseconds(_ exchange: Exchange) -> Int64? {
        guard exchange.attempts.count <= 1, exchange.overheads.isEmpty, exchange.sharing != .coalesced else {
            return nil
        }
        let provider = exchange.attempts.first.map { Int64($0.durationMilliseconds * 1e6) } ?? 0
        return max(0, clock.monotonicNanoseconds() - exchange.request.arrivedNanoseconds - provider)
    }

    /// Books the exchange on the client's budgets and limits, and gives back what it had taken of them.
    private func settleBounds(_ exchange: Exchange, spent: USD) {
        if let reservation = exchange.reservation {
            reservation.settle(spent)
        } else if spent > .zero {
            budgets?.charge(exchange.client, spent)
        }
        guard let pass = exchange.pass else { return }
        pass.settle(tokens: exchange.sharing == .none ? exchange.usage.totalInput + max(0, exchange.usage.output) : 0)
        pass.leave()
    }

    /// What an answer tells about the next: how fast its backend is, and what of the conversation is warm there now.
    private func learn(_ exchange: Exchange, _ row: ExchangeSummary) {
        // The time of an answer that others came before tells nothing of its backend.
        if exchange.attempts.count == 1 {
            paces.note(
                row.backend,
                firstByteMilliseconds: row.firstByteMilliseconds,
                totalMilliseconds: row.latencyMilliseconds,
                outputTokens: row.usage.output,
                isStream: row.stream
            )
        }
        guard let turn = exchange.turn, let prompt = exchange.prompt, let backend = exchange.decision?.backend else {
            return
        }
        if let decision = exchange.decision, !decision.escalations.isEmpty {
            // The steps of a tool loop go on with the one who answered.
            let choice = ConversationChoice(
                wanted: decision.wanted ?? backend.tier,
                tier: backend.tier,
                backend: backend.identity,
                isUserTurn: true
            )
            conversations.decided(turn.chain, choice, now: clock.monotonicNanoseconds())
        }
        conversations.settled(
            turn.chain,
            backend.warmKey(effort: prompt.traits.effort),
            row.usage,
            caching: backend.promptCaching,
            minimum: backend.minCacheableTokens,
            measured: backend.measured(characters: prompt.traits.promptCharacters, usage: row.usage),
            now: clock.monotonicNanoseconds()
        )
    }

    /// What the answer cost by itself, together with the answers that were not given, and on the strongest tier.
    private func priced(_ exchange: Exchange) -> (own: USD, cost: USD, baseline: USD, warning: String?) {
        guard let backend = exchange.decision?.backend else { return (.zero, .zero, .zero, nil) }
        let seconds = exchange.request.unixMilliseconds / 1_000
        let tokens = exchange.usage.totalInput
        let price = backend.price(promptTokens: tokens, unixSeconds: seconds)
        let cost = exchange.sharing == .none ? price.price.cost(of: exchange.usage) : .zero
        let baseline = router.baselinePrice(promptTokens: tokens, unixSeconds: seconds)?.cost(of: exchange.usage)
        let warning =
            price.isKnown ? nil : "no price is known for \(backend.model); it is counted at the dearest known price"
        let discarded = exchange.discarded.reduce(USD.zero) { $0 + $1.spending.cost }
        return (cost, cost + discarded, baseline ?? cost, warning)
    }

    private func summary(_ exchange: Exchange, status: Int) -> ExchangeSummary {
        let now = clock.monotonicNanoseconds()
        let arrived = exchange.request.arrivedNanoseconds
        let answered = !exchange.attempts.isEmpty || exchange.sharing != .none
        let backend = answered ? exchange.decision?.backend : nil
        let latency = Double(now - arrived) / 1e6
        return ExchangeSummary(
            id: exchange.request.id,
            unixMilliseconds: exchange.request.unixMilliseconds,
            dialect: exchange.dialect.rawValue,
            requestedModel: exchange.prompt?.model ?? "",
            model: backend?.model ?? "",
            backend: backend?.name ?? "",
            provider: backend?.provider.rawValue ?? "",
            tier: backend?.tier,
            score: exchange.decision?.score,
            classifier: exchange.decision?.classifier ?? "n/a",
            cache: exchange.sharing.rawValue,
            status: status,
            stopReason: exchange.stopReason,
            stream: exchange.prompt?.isStream ?? false,
            latencyMilliseconds: latency,
            firstByteMilliseconds: exchange.firstByteNanoseconds.map { Double($0 - arrived) / 1e6 } ?? latency,
            usage: exchange.usage,
            escalations: exchange.decision?.escalations.count ?? 0,
            prompt: kept(exchange),
            usageIsEstimated: exchange.usageIsEstimated || exchange.discarded.contains { $0.spending.isEstimated },
            isSimulated: backend?.isSimulated ?? false,
            project: exchange.client.project,
            workflow: exchange.request.step?.step
        )
    }

    /// The ledger remembers a thousand of them.
    private static let mostKeptBytes = 16_384

    /// The steps of a workflow mostly begin alike, with what they were given; so its snippet is the op's own words.
    private func kept(_ exchange: Exchange) -> String {
        let text = exchange.prompt?.traits.lastUserText ?? []
        return switch prompts {
        case .none: ""
        case .snippet: Self.snippet(exchange.request.step.map { Array($0.task.utf8) } ?? text)
        case .full: String(decoding: text.prefix(Self.mostKeptBytes), as: UTF8.self)
        }
    }

    /// The first characters, as Unicode counts them.
    private static func snippet(_ text: [UInt8]) -> String {
        var rest = AnswerOpening.snippetCharacters
        var end = 0
        while end < text.count {
            // Any byte but those that go on with a character begins one.
            if text[end] & 0xC0 != 0x80 {
                guard rest > 0 else { break }
                rest -= 1
            }
            end += 1
        }
        // Bytes that are no text have no beginnings to count.
        return String(decoding: text[..<min(end, 4 * AnswerOpening.snippetCharacters)], as: UTF8.self)
    }
}
