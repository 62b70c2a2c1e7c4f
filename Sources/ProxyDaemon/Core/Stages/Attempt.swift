import Shared

/// Sends the request to the chosen backend and gives back what it answers, as it comes.
package struct Attempt: Stage {
    package static let name = "attempt"
    /// A longer answer that is no stream is refused rather than held.
    private static let maximumAnswerBytes = 67_108_864

    private let transport: Transport
    private let ledger: Ledger
    private let clock: Clock
    private let pingSeconds: Int

    package init(transport: Transport, ledger: Ledger, clock: Clock, pingSeconds: Int) {
        self.transport = transport
        self.ledger = ledger
        self.clock = clock
        self.pingSeconds = pingSeconds
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt, let backend = exchange.decision?.backend else {
            throw GatewayError(.internalFault("a request came to be sent before it was decided"))
        }
        let call = AnthropicProvider.call(
            backend,
            method: "POST",
            path: exchange.request.path,
            query: exchange.request.query,
            headers: exchange.request.headers,
            body: prompt.body(withModel: backend.model)
        )
        let started = clock.monotonicNanoseconds()
        ledger.attempt(on: backend.name, began: true)
        do throws(UpstreamError) {
            let response = try await transport.send(call)
            if response.status == 200, Self.isEventStream(response) {
                return stream(response, backend, started, &exchange)
            }
            let body = try await response.body.collect(limitBytes: Self.maximumAnswerBytes)
            ledger.attempt(on: backend.name, began: false)
            return whole(response, body, backend, started, &exchange)
        } catch {
            ledger.attempt(on: backend.name, began: false)
            // The provider may well have read the prompt, and bills it though nobody waits for the answer.
            if Self.wasProbablyBilled(error) {
                exchange.usage.input = exchange.decision?.estimatedInputTokens ?? 0
                exchange.usageIsEstimated = true
            }
            let problem = GatewayError(error, backend: backend.name)
            exchange.attempts.append(report(backend, nil, started, problem.message))
            throw problem
        }
    }

    private static func wasProbablyBilled(_ error: UpstreamError) -> Bool {
        switch error {
        case .cancelled, .timeout, .tooLarge: true
        case .cannotConnect, .broken: false
        }
    }

    private func stream(
        _ response: UpstreamResponse,
        _ backend: Backend,
        _ started: Int64,
        _ exchange: inout Exchange
    ) -> Reply {
        let relay = EventRelay(
            body: response.body,
            backend: backend.name,
            requestID: "req_gw_\(exchange.request.id)",
            pingSeconds: pingSeconds,
            estimatedInputTokens: exchange.decision?.estimatedInputTokens ?? 0
        )
        exchange.attempts.append(report(backend, response.status, started, nil))
        let ledger = ledger
        relay.whenEnded { _ in ledger.attempt(on: backend.name, began: false) }
        var headers = response.headers.filter(AnthropicProvider.isReturned)
        // nginx and its like would hold events back.
        if !headers.contains(where: { $0.isNamed("x-accel-buffering") }) {
            headers.append(HeaderField("x-accel-buffering", "no"))
        }
        return Reply(status: response.status, headers: headers, body: .stream(relay))
    }

    private func whole(
        _ response: UpstreamResponse,
        _ body: [UInt8],
        _ backend: Backend,
        _ started: Int64,
        _ exchange: inout Exchange
    ) -> Reply {
        exchange.firstByteNanoseconds = clock.monotonicNanoseconds()
        if response.status == 200 {
            let answer = AnthropicAnswer(parsing: body)
            exchange.usage = answer.usage
            exchange.stopReason = answer.stopReason
            if !answer.hasUsage {
                exchange.warnings.append("\(backend.name) gave no usage; this exchange could not be priced")
            }
        } else if response.status == 401 || response.status == 403 {
            ledger.warn("\(backend.name): the provider refused the gateway's key (HTTP \(response.status))")
        }
        let error = response.status < 400 ? nil : "HTTP \(response.status)"
        exchange.attempts.append(report(backend, response.status, started, error))
        let headers = response.headers.filter(AnthropicProvider.isReturned)
        return Reply(status: response.status, headers: headers, body: .bytes(body))
    }

    private func report(_ backend: Backend, _ status: Int?, _ started: Int64, _ error: String?) -> AttemptReport {
        AttemptReport(
            backend: backend.name,
            model: backend.model,
            status: status,
            durationMilliseconds: Double(clock.monotonicNanoseconds() - started) / 1e6,
            error: error
        )
    }

    private static func isEventStream(_ response: UpstreamResponse) -> Bool {
        response.header("content-type")?.lowercased().hasPrefix("text/event-stream") ?? false
    }
}
