import Shared
import Synchronization

/// Passes a provider's stream on to the client, event by event, and keeps account of it.
///
/// What the client's dialect asks for is the passage's business; where provider and client speak the same one, the bytes
/// are the provider's own. The relay adds only what the provider fails to give: pings in its silence, and an error where
/// it breaks off. For one reader at a time, which may be another one each time.
package final class EventRelay: StreamSource {
    fileprivate struct State {
        /// What the body has brought already.
        var first: UpstreamBody.Event?
        var passage: any AnswerPassage
        var captured = CapturedBytes()
        /// 0 where nobody wants them, or no longer.
        var captureLimit = 0
        var isOverLimit = false
        var endings: [@Sendable (StreamOutcome) -> Void] = []
        var isSettled = false
        var isFinished = false
        var onFirstEvent: (@Sendable () -> Void)?
        var receivedBytes = 0
        /// How many events had said something when last looked, and when that number last grew.
        var eventCount = 0
        var opening: [UInt8] = []
        let openingLimit: Int
        var toldNanoseconds: Int64
    }

    /// Beyond which a provider's stream is taken for one without end.
    package struct Bounds: Sendable {
        var maximumBytes: Int
        /// Between two events that say something: pings keep a connection alive, but not for ever.
        var quietNanoseconds: Int64
        /// Of no meaning but in differences.
        var now: @Sendable () -> Int64

        /// A stream may be quiet for three times as long as it may be silent.
        package init(_ settings: Settings.Upstream, _ clock: Clock) {
            maximumBytes = settings.maxAnswerBytes
            quietNanoseconds = Int64(settings.idleTimeoutSeconds) * 3_000_000_000
            now = clock.monotonicNanoseconds
        }

        fileprivate init() {
            maximumBytes = .max
            quietNanoseconds = .max
            now = { 0 }
        }
    }

    /// Makes the provider's words about a failure fit for others: its keys are not in them.
    package struct Cleaning: Sendable {
        /// For the gateway's records.
        var text: @Sendable (String) -> String = { $0 }
        /// For the client.
        var bytes: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    }

    /// What is to be done outside of the lock once the books are closed.
    fileprivate typealias Settlement = (outcome: StreamOutcome, endings: [@Sendable (StreamOutcome) -> Void])

    private let body: UpstreamBody
    private let dialect: Dialect
    let backend: String
    private let requestID: String
    private let pingSeconds: Int
    private let bounds: Bounds
    private let cleaned: Cleaning
    private let state: Mutex<State>

    /// `first` is what was read of the body before. Of what goes by, the first `openingBytes` are kept for the outcome.
    package init(
        body: UpstreamBody,
        first: UpstreamBody.Event? = nil,
        passage: any AnswerPassage,
        dialect: Dialect,
        backend: String,
        requestID: String,
        pingSeconds: Int,
        bounds: Bounds? = nil,
        openingBytes: Int = 0,
        cleaned: Cleaning? = nil
    ) {
        self.cleaned = cleaned ?? Cleaning()
        self.body = body
        let bounds = bounds ?? Bounds()
        self.bounds = bounds
        state = Mutex(State(first: first, passage: passage, openingLimit: openingBytes, toldNanoseconds: bounds.now()))
        self.dialect = dialect
        self.backend = backend
        self.requestID = requestID
        self.pingSeconds = pingSeconds
    }

    package func capture(limitBytes: Int) {
        state.withLock { if !$0.isOverLimit { $0.captureLimit = max($0.captureLimit, limitBytes) } }
    }

    package func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {
        state.withLock { $0.endings.append(action) }
    }

    package func whenFirstEvent(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onFirstEvent = action }
    }

    package var hasMore: Bool { state.withLock { $0.first != nil } || body.hasMore }

    package var isFinished: Bool { state.withLock { $0.isFinished } }

    var captured: [UInt8]? { state.withLock { $0.captureLimit > 0 ? $0.captured.joined() : nil } }

    package func next() async -> [UInt8]? { await next(dialect, requestID: requestID) }

    func step(endsWithTask: Bool) async -> StreamStep {
        while !isFinished {
            do throws(UpstreamError) {
                switch try await event(endsWithTask: endsWithTask) {
                case .bytes(let bytes):
                    let whole = try pass(bytes)
                    if !whole.isEmpty { return .bytes(whole) }
                case .silence: return .silence
                case .end: return finish()
                }
            } catch {
                return fail(GatewayError(error, backend: backend))
            }
        }
        return .end
    }

    private func event(endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
        let first = state.withLock { state in
            defer { state.first = nil }
            return state.first
        }
        if let first { return first }
        return try await body.next(patienceSeconds: pingSeconds, endsWithTask: endsWithTask)
    }

    /// Breaks the call off and settles with what is known.
    package func abandon() {
        body.cancel()
        settle { state in
            state.isFinished = true
            return state.passage.isComplete ? .complete : .abandoned
        }
    }

    func cancel() { body.cancel() }

    /// Has a reader that waits look up: it gets a silence unless something has come.
    func nudge() { body.nudge() }

    private func pass(_ bytes: [UInt8]) throws(UpstreamError) -> [UInt8] {
        let whole = try passOn(bytes)
        let now = bounds.now()
        let excess = state.withLock { state -> UpstreamError? in
            guard !state.isFinished else { return nil }
            state.receivedBytes += bytes.count
            if state.receivedBytes > bounds.maximumBytes { return .tooLarge(limitBytes: bounds.maximumBytes) }
            if state.eventCount != state.passage.eventCount {
                state.eventCount = state.passage.eventCount
                state.toldNanoseconds = now
            }
            let quiet = now - state.toldNanoseconds
            guard quiet > bounds.quietNanoseconds else { return nil }
            return .timeout("nothing but pings for \(quiet / 1_000_000_000) s")
        }
        guard let excess else { return whole }
        body.cancel()
        throw excess
    }

    private func passOn(_ bytes: [UInt8]) throws(UpstreamError) -> [UInt8] {
        typealias Passed = (whole: [UInt8], first: (@Sendable () -> Void)?, settlement: Settlement?)
        let passed: Passed
        do throws(EventStreamSplitter.EventTooLong) {
            passed = try state.withLock { state throws(EventStreamSplitter.EventTooLong) -> Passed in
                var whole = try state.passage.append(bytes)
                let error = state.passage.error
                // What came with the error is short, and mostly the error alone.
                if error != nil { whole = cleaned.bytes(whole) }
                let first = state.note(whole)
                guard state.passage.isComplete || error != nil else { return (whole, first, nil) }
                // Clients read to the end of the body and wait for it: it ends with the answer, or with the provider's
                // error, whether or not the provider has closed its side yet.
                state.isFinished = true
                let settlement = state.settle(error.map { .providerError(cleaned.text($0)) } ?? .complete)
                var rest = state.passage.finish()
                if error != nil { rest = cleaned.bytes(rest) }
                return (rest.isEmpty ? whole : whole + rest, first, settlement)
            }
        } catch {
            body.cancel()
            throw .tooLarge(limitBytes: error.limit)
        }
        passed.first?()
        if let settlement = passed.settlement {
            Self.tell(settlement)
            body.letGo()
        }
        return passed.whole
    }

    /// The provider has closed the stream: was it whole?
    private func finish() -> StreamStep {
        typealias Finished = (rest: [UInt8], first: (@Sendable () -> Void)?, isWhole: Bool)
        let (rest, first, isWhole) = state.withLock { state -> Finished in
            state.isFinished = true
            var rest = state.passage.finish()
            if state.passage.error != nil { rest = cleaned.bytes(rest) }
            let first = state.note(rest)
            return (rest, first, state.passage.isComplete || state.passage.error != nil)
        }
        first?()
        guard isWhole else {
            let detail = "the stream ended before the answer was complete"
            let failed = fail(GatewayError(.upstreamBroken(backend: backend, detail: detail)))
            if case .broken(let error, _) = failed { return .broken(error, after: rest) }
            return rest.isEmpty ? .end : .bytes(rest)
        }
        settle { $0.passage.error.map { .providerError(cleaned.text($0)) } ?? .complete }
        return rest.isEmpty ? .end : .bytes(rest)
    }

    /// The provider has broken off: a client must not take the rest for a whole answer.
    private func fail(_ error: GatewayError) -> StreamStep {
        var isUntold = false
        settle { state in
            state.isFinished = true
            if state.passage.isComplete { return .complete }
            isUntold = error.kind != .cancelled && state.passage.error == nil
            return error.kind == .cancelled ? .abandoned : .broken(error)
        }
        return isUntold ? .broken(error) : .end
    }

    private func settle(_ end: (inout State) -> StreamOutcome.End) {
        let settlement = state.withLock { state in
            let end = end(&state)
            return state.settle(end)
        }
        if let settlement { Self.tell(settlement) }
    }

    private static func tell(_ settlement: Settlement) {
        for ending in settlement.endings { ending(settlement.outcome) }
    }
}

extension EventRelay.State {
    /// Keeps what goes by. Gives what is to be called before the first of it is handed out.
    fileprivate mutating func note(_ whole: [UInt8]) -> (@Sendable () -> Void)? {
        guard !whole.isEmpty else { return nil }
        defer { onFirstEvent = nil }
        // Most streams of a quick provider are one piece: shared with the client's copy where it is short.
        if opening.isEmpty, whole.count <= openingLimit {
            opening = whole
        } else if opening.count < openingLimit {
            opening += whole.prefix(openingLimit - opening.count)
        }
        guard captureLimit > 0 else { return onFirstEvent }
        if captured.count + whole.count > captureLimit {
            captureLimit = 0
            isOverLimit = true
            captured = CapturedBytes()
        } else {
            captured.append(whole)
        }
        return onFirstEvent
    }

    fileprivate mutating func settle(_ end: StreamOutcome.End) -> EventRelay.Settlement? {
        guard !isSettled else { return nil }
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
            captured: isWhole ? captured.joined() : nil,
            opening: opening
        )
        defer { endings = [] }
        return (outcome, endings)
    }
}
