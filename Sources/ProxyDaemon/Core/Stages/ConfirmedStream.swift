/// A stream whose last bytes go out only after the exchange's row is safe: who has seen the end of an answer finds it in
/// the books, whatever becomes of the process.
///
/// A stream settles before it hands out its last bytes, so the row has been recorded by then.
final class ConfirmedStream: AnswerStream {
    private let stream: any AnswerStream
    private let log: any ExchangeLog

    init(_ stream: any AnswerStream, _ log: any ExchangeLog) {
        self.stream = stream
        self.log = log
    }

    func capture(limitBytes: Int) { stream.capture(limitBytes: limitBytes) }
    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) { stream.whenEnded(action) }
    func whenFirstEvent(_ action: @escaping @Sendable () -> Void) { stream.whenFirstEvent(action) }
    var hasMore: Bool { stream.hasMore }
    var isFinished: Bool { stream.isFinished }

    func next() async -> [UInt8]? {
        let wasFinished = stream.isFinished
        let bytes = await stream.next()
        if !wasFinished, bytes == nil || stream.isFinished { await log.committed() }
        return bytes
    }

    func abandon() { stream.abandon() }
}

extension Reply {
    /// The answer as it may be handed out under a log that confirms; unchanged under another.
    func confirmed(by log: (any ExchangeLog)?) async -> Reply {
        guard let log, log.confirms else { return self }
        var reply = self
        switch body {
        case .bytes: await log.committed()
        case .stream(let stream): reply.body = .stream(ConfirmedStream(stream, log))
        }
        return reply
    }
}
