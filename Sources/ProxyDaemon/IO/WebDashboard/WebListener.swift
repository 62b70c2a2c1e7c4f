import GatewayCore
import Synchronization

/// What waits for one open page: events that the feed has published and its connection has not yet taken.
final class WebListener: Sendable {
    private struct State {
        var pieces: [[UInt8]] = []
        var bytes = 0
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// A page that lets more than this wait for it is dropped: it may come again and begins anew.
    static let maximumWaitingBytes = 2_097_152

    /// What it was let in by.
    let access: WebAccess
    private let state = Mutex(State())

    init(_ access: WebAccess) { self.access = access }

    /// Adds events behind those that wait; false where that is too much, and the listener over.
    func publish(_ bytes: [UInt8]) -> Bool {
        let (isTaken, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            if state.isOver { return (false, nil) }
            if state.bytes + bytes.count <= Self.maximumWaitingBytes {
                state.pieces.append(bytes)
                state.bytes += bytes.count
            } else {
                state.pieces = []
                state.bytes = 0
                state.isOver = true
            }
            let waiter = state.waiter
            state.waiter = nil
            return (!state.isOver, waiter)
        }
        waiter?.resume()
        return isTaken
    }

    /// Puts events in front of those that wait: what a page begins with.
    func begin(with bytes: [UInt8]) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.pieces.insert(bytes, at: 0)
            state.bytes += bytes.count
        }
    }

    /// Nothing more will come. What waits may yet be taken.
    func end() {
        let waiter = state.withLock { state in
            state.isOver = true
            let waiter = state.waiter
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    var hasWaiting: Bool { state.withLock { !$0.pieces.isEmpty || $0.isOver } }

    /// What has waited longest, as soon as there is anything; nil when it is over. The very array that was published: to copy
    /// it for each page would keep the loop from its clients.
    func next() async -> [UInt8]? {
        while true {
            let (piece, isOver) = state.withLock { state -> ([UInt8]?, Bool) in
                guard !state.pieces.isEmpty else { return (nil, state.isOver) }
                let piece = state.pieces.removeFirst()
                state.bytes -= piece.count
                return (piece, false)
            }
            if let piece { return piece }
            if isOver { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isThere = state.withLock { state in
                        if state.isOver || !state.pieces.isEmpty { return true }
                        state.waiter = continuation
                        return false
                    }
                    if isThere { continuation.resume() }
                }
            } onCancel: {
                end()
            }
        }
    }
}

/// A listener's events as the body of an answer. Gives the place up when its connection lets go of it.
final class WebStream: AnswerStream {
    private let listener: WebListener
    private let leave: @Sendable (WebListener) -> Void
    private(set) var isFinished = false

    init(_ listener: WebListener, leave: @escaping @Sendable (WebListener) -> Void) {
        self.listener = listener
        self.leave = leave
    }

    deinit { leave(listener) }

    /// Nothing is lost to a page that is cut off, and one that sleeps is not to hold up the daemon's end.
    var patienceSeconds: Int? { 10 }

    var hasMore: Bool { listener.hasWaiting }

    func next() async -> [UInt8]? {
        let bytes = await listener.next()
        isFinished = bytes == nil
        return bytes
    }

    func abandon() { leave(listener) }

    // Nothing of it is kept or settled.
    func capture(limitBytes: Int) {}
    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {}
    func whenFirstEvent(_ action: @escaping @Sendable () -> Void) {}
}
