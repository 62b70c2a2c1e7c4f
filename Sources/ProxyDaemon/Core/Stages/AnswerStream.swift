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
    /// All bytes of a complete stream, where they were asked for and not too many.
    package var captured: [UInt8]?
    /// Its first bytes, where those are kept.
    var opening: [UInt8] = []
    /// What judging the stream has made of the exchange; nil where it was not judged.
    package var judgement: AnswerJudgement?
}

/// What a stream brings next.
enum StreamStep: Sendable {
    /// Whole events.
    case bytes([UInt8])
    /// The provider is silent, and the client would like to hear that somebody is still there.
    case silence
    case end
    /// It broke off after these bytes.
    case broken(GatewayError, after: [UInt8] = [])
}

/// A stream from a provider, for one reader at a time, which may be another one each time.
protocol StreamSource: AnswerStream, Sendable {
    /// Who answers.
    var backend: String { get }

    /// What was kept so far; nil where nobody asked for it or it has become too much.
    var captured: [UInt8]? { get }

    /// The next step. Settles before it hands out the last one.
    ///
    /// Cancelling the task breaks the stream off, unless `endsWithTask` is false: then only ``AnswerStream/abandon()`` and
    /// ``cancel()`` do.
    func step(endsWithTask: Bool) async -> StreamStep

    /// Breaks the call off under a reader that waits, and who then settles.
    func cancel()
}

extension StreamSource {
    /// The next bytes for a client of that dialect.
    func next(_ dialect: Dialect, requestID: String) async -> [UInt8]? {
        switch await step(endsWithTask: true) {
        case .bytes(let bytes): bytes
        case .silence: dialect.ping
        case .end: nil
        case .broken(let error, let rest): rest + dialect.errorEvent(error, requestID: requestID)
        }
    }
}

/// A stream as one client reads it. For one task at a time.
package protocol AnswerStream: AnyObject {
    /// Has the bytes kept for the outcome unless they are more than the limit. Another's higher limit holds for all.
    func capture(limitBytes: Int)

    /// Adds something to be done when the stream ends, after what was added before.
    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void)

    /// Has this called once, before the first bytes are handed out.
    func whenFirstEvent(_ action: @escaping @Sendable () -> Void)

    /// Whether ``next()`` would answer at once.
    var hasMore: Bool { get }

    /// Nothing comes after what ``next()`` last handed out.
    var isFinished: Bool { get }

    /// The next bytes for the client; nil when there are no more. Settles before it hands out the last of them.
    func next() async -> [UInt8]?

    /// The client has left.
    func abandon()

    /// How long its client may leave it unread before the connection is closed; nil for as long as `server.write_timeout_sec`
    /// says, which is for answers that were paid for.
    var patienceSeconds: Int? { get }
}

extension AnswerStream {
    package var patienceSeconds: Int? { nil }
}
