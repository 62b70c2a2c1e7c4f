import Shared

/// Looks at the answer, and asks a stronger model where it is weak, as long as the client has seen nothing of it.
///
/// What is judged, and who is asked next, is ``EscalationPolicy``'s to say; how a stream is held back until it is known,
/// ``JudgedStream``'s. An escalation never makes an error of an answer: where the stronger model fails, the weak answer is
/// given.
package final class Judge: Stage {
    package static let name = "judge"
    private let settings: Settings.Escalation
    private let policy: EscalationPolicy
    private let storm: StormGuard
    private let counters: EscalationCounters
    private let judge: AnswerJudge?
    private let pingMilliseconds: Int
    private let clock: Clock

    /// `judge` nil: only the rules judge.
    init(settings: Settings, judge: AnswerJudge?, storm: StormGuard, counters: EscalationCounters, clock: Clock) {
        self.settings = settings.escalation
        policy = EscalationPolicy(settings.escalation)
        self.storm = storm
        self.counters = counters
        self.judge = judge
        pingMilliseconds = settings.upstream.pingIntervalSeconds * 1_000
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: @escaping Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt, let escalations = policy.escalations(exchange) else {
            return try await next(&exchange)
        }
        // What is only looked at is no part of what the bounds and figures of escalation are about.
        let isCounted = !exchange.directives.isComparison
        if isCounted { storm.began() }
        defer { if isCounted { storm.ended() } }
        let answers = Answers(
            prompt: prompt,
            expectation: QualityExpectation(prompt, score: exchange.decision?.score),
            warnings: exchange.warnings,
            next: next
        )
        let reply = try await next(&exchange)
        guard reply.status == 200 else { return reply }
        if isCounted { counters.judged() }
        switch reply.body {
        case .bytes(let body): return await whole(reply, body, answers, escalations, &exchange)
        case .stream(let stream):
            guard let relay = stream as? EventRelay else { return reply }
            return await held(reply, relay, answers, escalations, &exchange)
        }
    }

    /// One exchange's answers and what they are held against.
    private struct Answers: Sendable {
        let prompt: Prompt
        let expectation: QualityExpectation
        /// Those from before the first attempt.
        let warnings: [String]
        let next: Next
    }

    // MARK: Whole answers

    private func whole(
        _ first: Reply,
        _ body: [UInt8],
        _ answers: Answers,
        _ escalations: Int,
        _ exchange: inout Exchange
    ) async -> Reply {
        var (reply, body, left) = (first, body, escalations)
        while true {
            let verdict = await verdict(body, reply, answers, &exchange)
            exchange.quality = verdict
            guard verdict.isWeak, left > 0 else { return reply }
            let weak = (usage: exchange.usage, isEstimated: exchange.usageIsEstimated)
            let asked = await ask(answers, exchange, verdict)
            exchange = asked.exchange
            guard let better = asked.reply, case .bytes(let bytes) = better.body else { return reply }
            exchange.discardFormer(weak.usage, isEstimated: weak.isEstimated)
            (reply, body, left) = (better, bytes, left - 1)
        }
    }

    private func verdict(_ body: [UInt8], _ reply: Reply, _ answers: Answers, _ exchange: inout Exchange) async
        -> QualityVerdict
    {
        var quality = AnswerQuality(answers.expectation, settings.rules, dialect: answers.prompt.dialect)
        // A whole answer may have been made a stream for a client that asked for one.
        if reply.headers.tellOfEvents { quality.read(events: body) } else { quality.read(whole: body) }
        let verdict = quality.finished(usageIsEstimated: exchange.usageIsEstimated)
        // What the rules have found weak need not be asked about, and a refusal for safety's sake is nobody's weakness.
        guard let judge, !verdict.isWeak, exchange.stopReason != "refusal", !exchange.directives.isComparison else {
            return verdict
        }
        let text = WholeAnswer.text(body, answers.prompt.dialect)
        guard !text.isEmpty else { return verdict }
        let opinion = await judge.opinion(of: text, to: answers.prompt)
        if let overhead = opinion.overhead { exchange.overheads.append(overhead) }
        guard opinion.isWeak else { return verdict }
        return QualityVerdict(verdict.findings + [AnswerJudge.finding], settings.rules)
    }

    // MARK: Streams

    private func held(
        _ reply: Reply,
        _ relay: EventRelay,
        _ answers: Answers,
        _ escalations: Int,
        _ exchange: inout Exchange
    ) async -> Reply {
        let (copy, rules) = (exchange, settings.rules)
        let window = JudgedStream.Window(tokens: settings.windowTokens, milliseconds: settings.windowMilliseconds)
        let judged = JudgedStream(
            relay,
            headers: reply.headers,
            of: exchange,
            escalations: escalations,
            window: window,
            pingMilliseconds: pingMilliseconds,
            clock: clock,
            quality: { AnswerQuality(answers.expectation, rules, dialect: answers.prompt.dialect) },
            again: { [self] judgement, verdict in
                var weak = copy
                weak.take(judgement)
                return await replacement(answers, weak, verdict)
            }
        )
        await judged.decide()
        exchange.take(judged.judgement)
        exchange.isUndecided = !judged.isDecided
        let isCounted = !exchange.directives.isComparison
        judged.whenEnded { [counters] outcome in
            if isCounted, outcome.judgement?.wasFoundLate == true { counters.foundLate() }
        }
        return Reply(status: reply.status, headers: judged.headers, body: .stream(judged))
    }

    private func replacement(_ answers: Answers, _ weak: Exchange, _ verdict: QualityVerdict) async
        -> JudgedStream.Replacement
    {
        let asked = await ask(answers, weak, verdict)
        guard let reply = asked.reply, case .stream(let stream) = reply.body, let relay = stream as? EventRelay else {
            return JudgedStream.Replacement(judgement: AnswerJudgement(asked.exchange))
        }
        return JudgedStream.Replacement(stream: (relay, reply.headers), judgement: AnswerJudgement(asked.exchange))
    }

    // MARK: Asking again

    /// Asks the next stronger model. Gives its answer with the exchange as it then is; or no answer, and the exchange with
    /// the weak one, which is to be given then.
    private func ask(_ answers: Answers, _ weak: Exchange, _ verdict: QualityVerdict) async
        -> (exchange: Exchange, reply: Reply?)
    {
        var kept = weak
        kept.quality = verdict
        kept.answeringAttempt = weak.attempts.indices.last
        guard let decision = weak.decision, let candidate = policy.next(after: decision) else { return (kept, nil) }
        guard storm.admits() else {
            counters.refused()
            return (kept, nil)
        }
        defer { storm.escalated() }
        var stronger = weak
        stronger.decision = decision.escalated(
            to: candidate,
            because: verdict,
            characters: answers.prompt.traits.promptCharacters
        )
        if let last = stronger.attempts.indices.last { stronger.attempts[last].weakness = verdict.sentence }
        (stronger.usage, stronger.usageIsEstimated, stronger.stopReason) = (TokenUsage(), false, nil)
        stronger.quality = nil
        stronger.warnings = answers.warnings
        do throws(GatewayError) {
            let reply = try await answers.next(&stronger)
            if reply.status == 200, reply.isStream == answers.prompt.isStream {
                counters.escalated(because: verdict)
                return (stronger, reply)
            }
        } catch {
            // The attempt's report says why.
        }
        kept.attempts = stronger.attempts
        kept.overheads = stronger.overheads
        kept.discarded = stronger.discarded
        kept.discard(
            stronger.usage,
            isEstimated: stronger.usageIsEstimated,
            of: stronger.decision?.backend ?? candidate.backend,
            attempt: kept.attempts.count - 1
        )
        return (kept, nil)
    }
}

extension Reply {
    fileprivate var isStream: Bool {
        switch body {
        case .stream: true
        case .bytes: headers.tellOfEvents
        }
    }
}

extension QualityVerdict {
    /// For people: `says that it does not know, hedges 7 times`.
    var sentence: String { findings.map(\.reason).joined(separator: ", ") }
}
