package import Shared

/// One answer to a prompt that was sent, as it comes in.
package struct StreamedAnswer: Sendable {
    /// Bytes of an answer that are kept.
    package static let maximumText = 200_000

    package enum Phase: Sendable, Hashable {
        case idle
        /// Sent, no number given to it yet.
        case waiting
        case streaming(Int)
        case finished
        case failed(String)

        package var isRunning: Bool {
            switch self {
            case .waiting, .streaming: true
            case .idle, .finished, .failed: false
            }
        }
    }

    package private(set) var phase = Phase.idle
    /// Safe to show.
    package private(set) var text = ""
    /// The exchange, once it has ended; safe to show.
    package private(set) var detail: ExchangeDetail?
    package private(set) var isCancelRequested = false
    // Milliseconds of the monotonic clock.
    package private(set) var sentAt: Int64 = 0
    package private(set) var firstDeltaAt: Int64?
    package private(set) var endedAt: Int64?

    package init() {}

    /// It has been sent at this moment.
    package init(sentAt now: Int64) {
        phase = .waiting
        sentAt = now
    }

    package var sendID: Int? {
        if case .streaming(let id) = phase { return id }
        return nil
    }

    /// Milliseconds to the first piece of text; nil before it.
    package var firstTokenMilliseconds: Double? { firstDeltaAt.map { Double($0 - sentAt) } }

    /// Milliseconds to the end, or up to now.
    package func milliseconds(now: Int64) -> Double { Double((endedAt ?? now) - sentAt) }

    /// Tokens a second from the first piece to the end; nil where there was no time to measure.
    package var tokensPerSecond: Int? {
        guard let summary = detail?.summary, let firstDeltaAt, let endedAt, endedAt - firstDeltaAt > 50 else {
            return nil
        }
        let speed = Format.whole(Double(summary.usage.output) / Double(endedAt - firstDeltaAt) * 1000)
        return speed > 0 ? speed : nil
    }

    /// The daemon has given it a number. Answers what is to be done.
    package mutating func accept(_ sendID: Int) -> [Effect] {
        guard phase == .waiting else { return [] }
        phase = .streaming(sendID)
        return isCancelRequested ? [.call(.cancel(sendID: sendID))] : []
    }

    package mutating func add(_ more: String, at now: Int64) {
        if firstDeltaAt == nil { firstDeltaAt = now }
        guard text.utf8.count < Self.maximumText else { return }
        text += PlainText.sanitized(more, keepNewlines: true)
    }

    /// Has it broken off. Answers what is to be done.
    package mutating func cancel() -> [Effect] {
        guard phase.isRunning, !isCancelRequested else { return [] }
        isCancelRequested = true
        return sendID.map { [.call(.cancel(sendID: $0))] } ?? []
    }

    package mutating func end(_ completed: ControlProtocol.PromptCompleted, at now: Int64) {
        detail = completed.detail?.safeToShow
        endedAt = now
        phase = completed.error.map { .failed($0.safeToShow(limit: 500)) } ?? .finished
    }

    package mutating func fail(_ reason: String, at now: Int64) {
        endedAt = now
        phase = .failed(reason)
    }
}
