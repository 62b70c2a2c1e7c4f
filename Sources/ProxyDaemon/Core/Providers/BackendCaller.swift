import Shared
import Synchronization

/// Makes one call to a backend, from a free place there to the answer's beginning, and tells the pool what it came to.
struct BackendCaller: Sendable {
    /// What a call came to.
    enum Outcome {
        case answered(Reply)
        /// What the client is given if nobody else is asked: the provider's own answer where there is one.
        case failed(CallFailure, Result<Reply, GatewayError>)
    }

    private let pool: BackendPool
    private let transport: Transport
    private let ledger: Ledger
    private let clock: Clock
    private let upstream: Settings.Upstream
    private let isStrict: Bool
    private let defaultMaxTokens: Int
    private let openingBytes: Int

    init(pool: BackendPool, transport: Transport, ledger: Ledger, clock: Clock, settings: Settings) {
        self.pool = pool
        self.transport = transport
        self.ledger = ledger
        self.clock = clock
        upstream = settings.upstream
        isStrict = settings.strictTranslation
        defaultMaxTokens = settings.defaultMaxTokens
        openingBytes = AnswerOpening.bytesKept(settings.log.prompts)
    }

    /// Calls, and adds an attempt to the exchange. Throws what no other call would mend.
    func call(_ backend: Backend, _ prompt: Prompt, _ exchange: inout Exchange) async throws(GatewayError) -> Outcome {
        let outgoing = try Outgoing(exchange, prompt, backend, isStrict: isStrict, defaultMaxTokens: defaultMaxTokens)
        exchange.warnings += outgoing.warnings
        exchange.notes += outgoing.notes.filter { !exchange.notes.contains($0) }
        let health = pool.health(of: backend)
        if let limit = health.limit {
            let admission = await limit.enter()
            if admission == .cancelled { throw GatewayError(.cancelled) }
            guard admission == .admitted else { return busy(backend, limit.most, &exchange) }
        }
        let started = clock.monotonicNanoseconds()
        let hasFailed = exchange.attempts.contains { $0.backend == backend.name && $0.error != nil }
        guard let permit = health.begin(now: started, isRepeated: hasFailed) else {
            health.limit?.leave()
            let error = GatewayError(.unavailable("backend \(backend.name) does not work", retryAfterSeconds: 1))
            return .failed(.notMade, .failure(error))
        }
        ledger.attempt(on: backend.name, began: true)
        let call = Call(backend: backend, permit: permit, started: started, pool: pool, ledger: ledger)
        var isAnswering = false
        let incoming: Incoming
        let body: [UInt8]
        do throws(UpstreamError) {
            let response = try await transport.send(outgoing.call)
            isAnswering = response.status == 200
            incoming = Incoming(response, prompt: prompt, backend: backend, context: outgoing.context)
            if incoming.isStream { return try await stream(incoming, call, &exchange) }
            body = try await response.body.collect(limitBytes: upstream.maxAnswerBytes)
            health.answers(permit, now: clock.monotonicNanoseconds())
        } catch {
            // The provider may well have read the prompt, and bills it though nobody waits for the answer.
            if isAnswering || Self.wasProbablyBilled(error) { exchange.estimateUsage() }
            let problem = GatewayError(error, backend: backend.name)
            exchange.attempts.append(report(call, of: exchange, nil, problem.message))
            guard let failure = CallFailure(error) else {
                call.end(.abandoned)
                throw problem
            }
            call.end(.failed(failure, problem.message))
            return .failed(failure, .failure(problem))
        }
        return whole(incoming, body, call, &exchange)
    }

    private func busy(_ backend: Backend, _ most: Int, _ exchange: inout Exchange) -> Outcome {
        let text = "backend \(backend.name) is busy: \(most) calls are under way (max_concurrent), and others queue"
        let error = GatewayError(.overloaded(text))
        exchange.notes.append(text)
        return .failed(.notMade, .failure(error))
    }

    private static func wasProbablyBilled(_ error: UpstreamError) -> Bool {
        switch error {
        case .cancelled, .timeout, .tooLarge: true
        case .cannotConnect, .broken: false
        }
    }

    /// A stream whose first bytes are there, or that has been silent for a while: from here on it is the client's.
    private func stream(
        _ incoming: Incoming,
        _ call: Call,
        _ exchange: inout Exchange
    ) async throws(UpstreamError) -> Outcome {
        let first = try await incoming.response.body.next(patienceSeconds: upstream.pingIntervalSeconds)
        let now = clock.monotonicNanoseconds()
        let backend = incoming.backend
        pool.health(of: backend).answers(call.permit, now: now)
        var failure: CallFailure?
        if case .end = first { failure = .emptyStream }
        if case .bytes(let bytes) = first { failure = StreamOpening.failure(bytes) }
        let relay = EventRelay(
            body: incoming.response.body,
            first: first,
            passage: incoming.passage(),
            dialect: exchange.dialect,
            backend: backend.name,
            requestID: "req_gw_\(exchange.request.id)",
            pingSeconds: upstream.pingIntervalSeconds,
            bounds: EventRelay.Bounds(upstream, clock),
            openingBytes: openingBytes,
            cleaned: EventRelay.Cleaning(text: { backend.withoutKeys($0) }, bytes: { backend.withoutKeys($0) })
        )
        relay.whenEnded { outcome in
            switch outcome.end {
            case .complete: call.end(.answered)
            case .abandoned: call.end(.abandoned)
            case .providerError(let text): call.end(.failed(.emptyStream, text))
            case .broken(let error): call.end(.failed(.emptyStream, error.message))
            }
        }
        let status = incoming.response.status
        let reply = Reply(status: status, headers: incoming.streamHeaders(), body: .stream(relay))
        guard let failure else {
            exchange.attempts.append(report(call, of: exchange, status, nil))
            return .answered(reply)
        }
        guard case .end = first else {
            let text = "its stream began with an error"
            exchange.attempts.append(report(call, of: exchange, status, text))
            call.end(.failed(failure, text))
            return .failed(failure, .success(reply))
        }
        let error = GatewayError(.upstreamBroken(backend: backend.name, detail: "its stream ended before it began"))
        exchange.attempts.append(report(call, of: exchange, status, error.message))
        call.end(.failed(failure, error.message))
        return .failed(failure, .failure(error))
    }

    private func whole(_ incoming: Incoming, _ body: [UInt8], _ call: Call, _ exchange: inout Exchange) -> Outcome {
        exchange.firstByteNanoseconds = clock.monotonicNanoseconds()
        let backend = incoming.backend
        let status = incoming.response.status
        do throws(GatewayError) {
            let answer = try incoming.answer(body)
            let error = answer.status < 400 ? nil : "HTTP \(status == 200 ? answer.status : status)"
            exchange.attempts.append(report(call, of: exchange, status, error))
            let reply = Reply(status: answer.status, headers: answer.headers, body: .bytes(answer.body))
            let wait = RetryAfter.seconds(
                incoming.response.headers,
                unixSeconds: exchange.request.unixMilliseconds / 1_000
            )
            if var failure = CallFailure(status: answer.status, retryAfterSeconds: wait) {
                // Such as a monthly bound that is used up: the provider knows best.
                if incoming.response.header("x-should-retry") == "false" { failure.mayRetryHere = false }
                call.end(.failed(failure, error ?? ""))
                return .failed(failure, .success(reply))
            }
            if answer.status == 200 {
                exchange.usage = answer.usage
                exchange.usageIsEstimated = answer.inputIsEstimated
                exchange.stopReason = answer.stopReason
                if !answer.hasUsage {
                    exchange.estimateUsage()
                    exchange.warnings.append("\(backend.name) gave no usage; the cost is an estimate")
                }
            }
            call.end(.answered)
            return .answered(reply)
        } catch {
            var failure = CallFailure.notAnAnswer
            if case .upstreamRefusedKey = error.kind {
                ledger.warn(Incoming.refusedKeys(backend, status).message)
                failure = CallFailure(status: 401, retryAfterSeconds: nil) ?? failure
            }
            // It answered, and will say that it did on its bill.
            if status == 200 { exchange.estimateUsage() }
            exchange.attempts.append(report(call, of: exchange, status, error.message))
            call.end(.failed(failure, error.message))
            return .failed(failure, .failure(error))
        }
    }

    private func report(
        _ call: Call,
        of exchange: Exchange,
        _ status: Int?,
        _ error: String?
    ) -> AttemptReport {
        AttemptReport(
            backend: call.backend.name,
            model: call.backend.model,
            tier: call.backend.tier,
            status: status,
            startedMilliseconds: Double(call.started - exchange.request.arrivedNanoseconds) / 1e6,
            durationMilliseconds: Double(clock.monotonicNanoseconds() - call.started) / 1e6,
            error: error
        )
    }

    /// A call under way. It ends once, whoever says so first.
    private final class Call: Sendable {
        let backend: Backend
        let permit: BackendHealth.Call
        let started: Int64
        private let pool: BackendPool
        private let ledger: Ledger
        private let hasEnded = Atomic(false)

        init(backend: Backend, permit: BackendHealth.Call, started: Int64, pool: BackendPool, ledger: Ledger) {
            self.backend = backend
            self.permit = permit
            self.started = started
            self.pool = pool
            self.ledger = ledger
        }

        func end(_ outcome: BackendHealth.Outcome) {
            guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
            ledger.attempt(on: backend.name, began: false)
            pool.end(permit, on: backend, outcome)
            pool.health(of: backend).limit?.leave()
        }
    }
}

extension Exchange {
    /// What was paid for without the provider saying how much.
    mutating func estimateUsage() {
        usage = TokenUsage(
            input: decision?.estimatedInputTokens ?? 0,
            output: decision?.estimatedOutputTokens ?? 0
        )
        usageIsEstimated = true
    }
}
