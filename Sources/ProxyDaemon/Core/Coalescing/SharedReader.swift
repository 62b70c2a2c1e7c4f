import Shared

/// One client's view of a stream that it shares with others.
final class SharedReader: AnswerStream {
    private let stream: SharedStream
    private let seat: Int
    private let dialect: Dialect
    private let requestID: String
    /// What a look ahead has brought.
    private var unread: SharedStream.Step?
    private var onFirstEvent: (@Sendable () -> Void)?
    /// A follower's. The leader's are the stream's, which ends though the leader may leave.
    private var endings: [@Sendable (StreamOutcome) -> Void] = []
    private(set) var isFinished = false

    init(_ stream: SharedStream, seat: Int, dialect: Dialect, exchangeID: String) {
        self.stream = stream
        self.seat = seat
        self.dialect = dialect
        requestID = "req_gw_\(exchangeID)"
    }

    deinit { finish(.abandoned) }

    var backend: String { stream.backend }

    private var isLeader: Bool { seat == Flight.leader }

    func capture(limitBytes: Int) { if isLeader { stream.capture(limitBytes: limitBytes) } }

    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {
        if isLeader { stream.whenEnded(action) } else { endings.append(action) }
    }

    func whenFirstEvent(_ action: @escaping @Sendable () -> Void) { onFirstEvent = action }

    var hasMore: Bool { unread != nil || stream.hasMore(seat) }

    func next() async -> [UInt8]? {
        guard !isFinished else { return nil }
        var step: SharedStream.Step
        if let unread {
            step = unread
            self.unread = nil
        } else {
            step = await stream.step(seat)
        }
        switch step {
        case .bytes(let bytes, let isLast):
            onFirstEvent?()
            onFirstEvent = nil
            if isLast { finish() }
            return bytes
        case .silence: return dialect.ping
        case .end:
            finish()
            return nil
        case .broken(let error):
            finish(.broken(error))
            return dialect.errorEvent(error, requestID: requestID)
        case .left:
            finish(.abandoned)
            return nil
        }
    }

    func abandon() { finish(.abandoned) }

    /// Looks at what comes first, before anything has gone to the client. Gives why it must not go there: the stream has
    /// failed already, or its client has left.
    func problem() async -> GatewayError? {
        let step: SharedStream.Step
        if let unread { step = unread } else { step = await stream.step(seat) }
        unread = step
        switch step {
        case .bytes, .end: return Self.problem(stream.outcome, backend: stream.backend)
        case .silence: return nil
        case .broken(let error): return error
        case .left: return GatewayError(.cancelled)
        }
    }

    /// The whole stream, for a client that asked for no stream.
    ///
    /// Throws what breaks it, and `upstreamBroken` beyond the limit.
    func collect(limitBytes: Int) async throws(GatewayError) -> (body: [UInt8], outcome: StreamOutcome) {
        var body: [UInt8] = []
        var isOver = false
        while !isOver {
            switch await stream.step(seat) {
            case .bytes(let bytes, let isLast):
                guard body.count + bytes.count <= limitBytes else {
                    throw GatewayError(UpstreamError.tooLarge(limitBytes: limitBytes), backend: stream.backend)
                }
                if body.isEmpty { body = bytes } else { body += bytes }
                isOver = isLast
            case .silence: continue
            case .end: isOver = true
            case .broken(let error): throw error
            case .left: throw GatewayError(.cancelled)
            }
        }
        let outcome = stream.outcome
        if let problem = Self.problem(outcome, backend: stream.backend) { throw problem }
        guard let outcome else { throw GatewayError(.internalFault("a stream ended without an account of it")) }
        return (body, outcome)
    }

    private static func problem(_ outcome: StreamOutcome?, backend: String) -> GatewayError? {
        switch outcome?.end {
        case .complete, nil: nil
        case .broken(let error): error
        case .providerError(let text): GatewayError(.upstreamBroken(backend: backend, detail: text))
        case .abandoned: GatewayError(.cancelled)
        }
    }

    /// Settles a follower's account: it pays nothing, and has saved something only by a whole answer.
    private func finish(_ end: StreamOutcome.End? = nil) {
        guard !isFinished else { return }
        isFinished = true
        let known = end == nil ? stream.outcome : nil
        var outcome = StreamOutcome(end: end ?? .abandoned, usage: TokenUsage(), usageIsEstimated: false)
        if let known {
            outcome.end = known.end
            if known.end == .complete {
                outcome.usage = known.usage
                outcome.usageIsEstimated = known.usageIsEstimated
            }
            outcome.opening = known.opening
            outcome.stopReason = known.stopReason
        }
        for ending in endings { ending(outcome) }
        endings = []
        stream.leave(seat)
    }
}
