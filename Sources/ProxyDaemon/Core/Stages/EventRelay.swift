package import Shared

/// How a stream ended and what it came to.
package struct StreamOutcome: Sendable {
    package enum End: Sendable, Equatable {
        /// `message_stop` went by.
        case complete
        /// The provider ended it with an `error` event of its own.
        case providerError(String)
        /// It broke off, and the gateway told the client so.
        case broken(GatewayError)
        /// The client left.
        case abandoned
    }

    package var end: End
    package var usage: TokenUsage
    /// The provider's final count never came.
    package var usageIsEstimated: Bool
    package var stopReason: String?
    /// All bytes of the stream, where they were asked for and not too many.
    package var captured: [UInt8]?
}

/// Passes a provider's stream on to the client, event by event, and keeps account of it.
///
/// What the client's dialect asks for is the passage's business; where provider and client speak the same one, the bytes
/// are the provider's own. The relay adds only what the provider fails to give: pings in its silence, and an error where
/// it breaks off. For one task at a time.
package final class EventRelay {
    private let body: UpstreamBody
    private let dialect: Dialect
    private let backend: String
    private let requestID: String
    private let pingSeconds: Int
    private var passage: any AnswerPassage
    private var captured: [UInt8] = []
    private var captureLimit = 0
    private var endings: [(StreamOutcome) -> Void] = []
    private var isSettled = false
    /// Nothing comes after what ``next()`` last handed out.
    package private(set) var isFinished = false
    /// When the first whole event was ready, told to whoever asked.
    private var onFirstEvent: (() -> Void)?

    package init(
        body: UpstreamBody,
        passage: any AnswerPassage,
        dialect: Dialect,
        backend: String,
        requestID: String,
        pingSeconds: Int
    ) {
        self.body = body
        self.passage = passage
        self.dialect = dialect
        self.backend = backend
        self.requestID = requestID
        self.pingSeconds = pingSeconds
    }

    /// Has the bytes kept for the outcome unless they are more than the limit.
    package func capture(limitBytes: Int) { captureLimit = limitBytes }

    /// Adds something to be done when the stream ends, after what was added before.
    package func whenEnded(_ action: @escaping (StreamOutcome) -> Void) { endings.append(action) }

    /// Has this called once, before the first bytes are handed out.
    package func whenFirstEvent(_ action: @escaping () -> Void) { onFirstEvent = action }

    /// Whether ``next()`` would answer at once.
    package var hasMore: Bool { body.hasMore }

    /// The next bytes for the client; nil when there are no more. Settles before it hands out the last of them.
    package func next() async -> [UInt8]? {
        while !isFinished {
            do throws(UpstreamError) {
                switch try await body.next(patienceSeconds: pingSeconds) {
                case .bytes(let bytes):
                    let whole = try pass(bytes)
                    if !whole.isEmpty { return whole }
                case .silence: return dialect.ping
                case .end: return finish()
                }
            } catch {
                return fail(GatewayError(error, backend: backend))
            }
        }
        return nil
    }

    /// The client has left: breaks the call off and settles with what is known.
    package func abandon() {
        isFinished = true
        body.cancel()
        settle(passage.isComplete ? .complete : .abandoned)
    }

    private func pass(_ bytes: [UInt8]) throws(UpstreamError) -> [UInt8] {
        do throws(EventStreamSplitter.EventTooLong) {
            let whole = try passage.append(bytes)
            note(whole)
            let error = passage.error
            guard passage.isComplete || error != nil else { return whole }
            // Clients read to the end of the body and wait for it: it ends with the answer, or with the provider's error,
            // whether or not the provider has closed its side yet.
            settle(error.map { .providerError($0) } ?? .complete)
            isFinished = true
            body.letGo()
            let rest = passage.finish()
            return rest.isEmpty ? whole : whole + rest
        } catch {
            body.cancel()
            throw .tooLarge(limitBytes: error.limit)
        }
    }

    private func note(_ whole: [UInt8]) {
        guard !whole.isEmpty else { return }
        onFirstEvent?()
        onFirstEvent = nil
        guard captureLimit > 0 else { return }
        if captured.count + whole.count > captureLimit {
            captureLimit = 0
            captured = []
        } else if captured.isEmpty {
            // Most streams of a quick provider are one piece: shared with the client's copy.
            captured = whole
        } else {
            captured.append(contentsOf: whole)
        }
    }

    /// The provider has closed the stream: was it whole?
    private func finish() -> [UInt8]? {
        isFinished = true
        let rest = passage.finish()
        note(rest)
        if passage.isComplete || passage.error != nil {
            settle(passage.error.map { .providerError($0) } ?? .complete)
            return rest.isEmpty ? nil : rest
        }
        let error = GatewayError(
            .upstreamBroken(backend: backend, detail: "the stream ended before the answer was complete")
        )
        return rest + (fail(error) ?? [])
    }

    /// The provider has broken off: a client must not take the rest for a whole answer.
    private func fail(_ error: GatewayError) -> [UInt8]? {
        isFinished = true
        if passage.isComplete {
            settle(.complete)
            return nil
        }
        settle(error.kind == .cancelled ? .abandoned : .broken(error))
        if error.kind == .cancelled || passage.error != nil { return nil }
        return dialect.errorEvent(error, requestID: requestID)
    }

    private func settle(_ end: StreamOutcome.End) {
        guard !isSettled else { return }
        isSettled = true
        let isWhole = end == .complete && captureLimit > 0
        // A provider bills the prompt though it had no time to say so, unless it refused the request.
        let wasBilled = passage.hasStarted || passage.error == nil
        let usage = passage.hasFinalUsage ? passage.usage : passage.estimatedUsage
        let outcome = StreamOutcome(
            end: end,
            usage: wasBilled ? usage : TokenUsage(),
            usageIsEstimated: !passage.hasFinalUsage && wasBilled,
            stopReason: passage.stopReason,
            captured: isWhole ? captured : nil
        )
        for ending in endings { ending(outcome) }
        endings = []
        captured = []
    }
}
