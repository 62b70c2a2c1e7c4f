import Shared

/// Sends the request to the chosen backend and gives back what it answers, as it comes, in the client's dialect.
package struct Attempt: Stage {
    package static let name = "attempt"
    /// A longer answer that is no stream is refused rather than held.
    static let maximumAnswerBytes = 67_108_864

    private let transport: Transport
    private let ledger: Ledger
    private let clock: Clock
    private let pingSeconds: Int
    private let isStrict: Bool
    private let defaultMaxTokens: Int

    package init(transport: Transport, ledger: Ledger, clock: Clock, settings: Settings) {
        self.transport = transport
        self.ledger = ledger
        self.clock = clock
        pingSeconds = settings.upstream.pingIntervalSeconds
        isStrict = settings.strictTranslation
        defaultMaxTokens = settings.defaultMaxTokens
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt, let backend = exchange.decision?.backend else {
            throw GatewayError(.internalFault("a request came to be sent before it was decided"))
        }
        let outgoing = try Outgoing(exchange, prompt, backend, isStrict: isStrict, defaultMaxTokens: defaultMaxTokens)
        exchange.warnings += outgoing.warnings
        exchange.notes += outgoing.notes
        let started = clock.monotonicNanoseconds()
        ledger.attempt(on: backend.name, began: true)
        var isAnswering = false
        let incoming: Incoming
        let body: [UInt8]
        do throws(UpstreamError) {
            let response = try await transport.send(outgoing.call)
            isAnswering = response.status == 200
            incoming = Incoming(response, prompt: prompt, backend: backend, context: outgoing.context)
            if incoming.isStream {
                exchange.attempts.append(report(backend, response.status, started, nil))
                return stream(incoming, exchange)
            }
            body = try await response.body.collect(limitBytes: Self.maximumAnswerBytes)
            ledger.attempt(on: backend.name, began: false)
        } catch {
            ledger.attempt(on: backend.name, began: false)
            // The provider may well have read the prompt, and bills it though nobody waits for the answer.
            if isAnswering || Self.wasProbablyBilled(error) { Self.estimate(&exchange) }
            let problem = GatewayError(error, backend: backend.name)
            exchange.attempts.append(report(backend, nil, started, problem.message))
            throw problem
        }
        return try whole(incoming, body, started, &exchange)
    }

    /// What was paid for without the provider saying how much.
    private static func estimate(_ exchange: inout Exchange) {
        exchange.usage = TokenUsage(
            input: exchange.decision?.estimatedInputTokens ?? 0,
            output: exchange.decision?.estimatedOutputTokens ?? 0
        )
        exchange.usageIsEstimated = true
    }

    private static func wasProbablyBilled(_ error: UpstreamError) -> Bool {
        switch error {
        case .cancelled, .timeout, .tooLarge: true
        case .cannotConnect, .broken: false
        }
    }

    private func stream(_ incoming: Incoming, _ exchange: Exchange) -> Reply {
        let relay = EventRelay(
            body: incoming.response.body,
            passage: incoming.passage(),
            dialect: exchange.dialect,
            backend: incoming.backend.name,
            requestID: "req_gw_\(exchange.request.id)",
            pingSeconds: pingSeconds
        )
        let ledger = ledger
        let name = incoming.backend.name
        relay.whenEnded { _ in ledger.attempt(on: name, began: false) }
        return Reply(status: incoming.response.status, headers: incoming.streamHeaders(), body: .stream(relay))
    }

    private func whole(
        _ incoming: Incoming,
        _ body: [UInt8],
        _ started: Int64,
        _ exchange: inout Exchange
    ) throws(GatewayError) -> Reply {
        exchange.firstByteNanoseconds = clock.monotonicNanoseconds()
        let backend = incoming.backend
        let status = incoming.response.status
        do throws(GatewayError) {
            let answer = try incoming.answer(body)
            exchange.attempts.append(report(backend, status, started, answer.status < 400 ? nil : "HTTP \(status)"))
            if answer.status == 200 {
                exchange.usage = answer.usage
                exchange.usageIsEstimated = answer.inputIsEstimated
                exchange.stopReason = answer.stopReason
                if !answer.hasUsage {
                    Self.estimate(&exchange)
                    exchange.warnings.append("\(backend.name) gave no usage; the cost is an estimate")
                }
            }
            return Reply(status: answer.status, headers: answer.headers, body: .bytes(answer.body))
        } catch {
            if case .upstreamRefusedKey = error.kind { ledger.warn(error.message) }
            // It answered, and will say that it did on its bill.
            if status == 200 { Self.estimate(&exchange) }
            exchange.attempts.append(report(backend, status, started, error.message))
            throw error
        }
    }

    private func report(_ backend: Backend, _ status: Int?, _ started: Int64, _ error: String?) -> AttemptReport {
        AttemptReport(
            backend: backend.name,
            model: backend.model,
            tier: backend.tier,
            status: status,
            durationMilliseconds: Double(clock.monotonicNanoseconds() - started) / 1e6,
            error: error
        )
    }
}
