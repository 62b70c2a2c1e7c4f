import CCurl
import GatewayCore
import Synchronization

/// One call to a provider, shared by the task that waits for it and the thread that drives it.
///
/// The driver gathers what one turn of its loop brings and wakes the waiting task once, at the turn's end. A reader that
/// does not keep up makes the driver pause the transfer: no more than `bufferBytes`, and one read more, are held.
final class UpstreamCall: Sendable {
    private struct State {
        var head: (status: Int, headers: [HeaderField])?
        /// The head may be taken: it was worth a wake-up.
        var isHeadReady = false
        var bytes: [UInt8] = []
        /// Set when the transfer is over, well or badly.
        var end: Result<Void, UpstreamError>?
        var headWaiter: CheckedContinuation<Result<Void, UpstreamError>, Never>?
        var bodyWaiter: CheckedContinuation<Void, Never>?
        /// When the body's reader loses its patience, on the driver's clock in nanoseconds.
        var silenceDeadline: Int64?
        var isSilent = false
        var isPaused = false
        var isCancelled = false
        /// When a pause last ended. The silence before it was the reader's.
        var resumedNanoseconds: Int64 = 0
        /// Since when nobody reads on, though the transfer may end by itself.
        var letGoNanoseconds: Int64?
    }

    /// How long a transfer that nobody reads may take to end.
    private static let graceNanoseconds: Int64 = 5_000_000_000

    let request: UpstreamRequest
    private let bufferBytes: Int
    private let state = Mutex(State())
    private let driver: CurlDriver

    init(_ request: UpstreamRequest, bufferBytes: Int, driver: CurlDriver) {
        self.request = request
        self.bufferBytes = bufferBytes
        self.driver = driver
    }

    // MARK: The waiting task's side

    /// Waits for the head of the answer.
    func head() async throws(UpstreamError) -> (status: Int, headers: [HeaderField]) {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Result<Void, UpstreamError>, Never>) in
                let known = state.withLock { state -> Result<Void, UpstreamError>? in
                    if state.isCancelled { return .failure(.cancelled) }
                    // The driver hands over a head only when it is worth a wake-up: see `isReady`.
                    if let end = state.end { return state.head == nil ? end : .success(()) }
                    if state.isHeadReady { return .success(()) }
                    state.headWaiter = waiter
                    return nil
                }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            cancel()
        }
        try result.get()
        guard let head = state.withLock({ $0.head }) else {
            throw .broken("the connection ended before an answer came")
        }
        return head
    }

    /// Waits for what the body brings next. A cancelled task takes the call with it if `endsWithTask` says so.
    func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
        while true {
            if let event = try take() { return event }
            let deadline = patienceSeconds.map { MonotonicTime.nanoseconds() + Int64($0) * 1_000_000_000 }
            guard endsWithTask else {
                await waitForBody(until: deadline)
                continue
            }
            await withTaskCancellationHandler {
                await waitForBody(until: deadline)
            } onCancel: {
                cancel()
            }
        }
    }

    private func waitForBody(until deadline: Int64?) async {
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            let mayWait = state.withLock { state in
                guard state.bytes.isEmpty, state.end == nil, !state.isCancelled, !state.isSilent else { return false }
                state.bodyWaiter = waiter
                state.silenceDeadline = deadline
                return true
            }
            if !mayWait { waiter.resume() }
        }
    }

    private func take() throws(UpstreamError) -> UpstreamBody.Event? {
        let taken = state.withLock { state -> (Result<UpstreamBody.Event, UpstreamError>?, mustResume: Bool) in
            if state.isCancelled { return (.failure(.cancelled), false) }
            if !state.bytes.isEmpty {
                let bytes = state.bytes
                state.bytes = []
                state.isSilent = false
                let wasPaused = state.isPaused
                state.isPaused = false
                if wasPaused { state.resumedNanoseconds = MonotonicTime.nanoseconds() }
                return (.success(.bytes(bytes)), wasPaused)
            }
            if let end = state.end { return (end.map { .end }, false) }
            if state.isSilent {
                state.isSilent = false
                return (.success(.silence), false)
            }
            return (nil, false)
        }
        if taken.mustResume { driver.resume(self) }
        return try taken.0?.get()
    }

    /// Whether there is something to take.
    var hasMore: Bool { state.withLock { !$0.bytes.isEmpty || $0.end != nil } }

    /// Nobody reads on: what comes is thrown away, and the transfer is broken off only if it does not end soon.
    func letGo() {
        let mustResume = state.withLock { state in
            state.letGoNanoseconds = MonotonicTime.nanoseconds()
            state.bytes = []
            defer { state.isPaused = false }
            return state.isPaused
        }
        if mustResume { driver.resume(self) }
    }

    /// Breaks the call off unless it was let go. For whoever drops it.
    func abandon() {
        if state.withLock({ $0.letGoNanoseconds == nil }) { cancel() }
    }

    /// Whether nobody reads on and the transfer has had its time.
    func isOverdue(now: Int64) -> Bool {
        state.withLock { state in state.letGoNanoseconds.map { now - $0 > Self.graceNanoseconds } ?? false }
    }

    /// Breaks the call off. Safe at any time, from any thread, more than once.
    func cancel() {
        let waiters = state.withLock {
            state -> (CheckedContinuation<Result<Void, UpstreamError>, Never>?, CheckedContinuation<Void, Never>?)? in
            guard !state.isCancelled else { return nil }
            state.isCancelled = true
            defer { (state.headWaiter, state.bodyWaiter) = (nil, nil) }
            return (state.headWaiter, state.bodyWaiter)
        }
        guard let waiters else { return }
        waiters.0?.resume(returning: .failure(.cancelled))
        waiters.1?.resume()
        if !isOver { driver.cancel(self) }
    }

    private var isOver: Bool { state.withLock { $0.end != nil } }

    // MARK: The driver's side

    /// The head is here.
    func received(status: Int, headers: [HeaderField]) {
        state.withLock { $0.head = (status, headers) }
    }

    /// Takes what a turn of the loop brought of the body; true when that fills the buffer.
    func received(_ bytes: inout [UInt8]) -> Bool {
        state.withLock { state in
            if state.letGoNanoseconds != nil {
                bytes.removeAll(keepingCapacity: true)
                return false
            }
            if state.bytes.isEmpty { swap(&state.bytes, &bytes) } else { state.bytes.append(contentsOf: bytes) }
            let isFull = state.bytes.count >= bufferBytes
            // A transfer that has to wait needs no room.
            bytes.removeAll(keepingCapacity: !isFull)
            return isFull
        }
    }

    /// Whether there is no room: then the transfer is to pause until the reader asks for it to be resumed.
    func pauseIfFull() -> Bool {
        state.withLock { state in
            state.isPaused = state.bytes.count >= bufferBytes
            return state.isPaused
        }
    }

    /// The transfer is over.
    func finished(_ result: Result<Void, UpstreamError>) {
        state.withLock { state in
            if state.end == nil { state.end = result }
        }
    }

    /// Wakes whoever waits for what has come. `withHead` false keeps the head back for the body's sake.
    func flush(withHead: Bool) {
        let wake = state.withLock { state -> (() -> Void)? in
            if let waiter = state.headWaiter {
                guard state.end != nil || (withHead && state.head != nil) else { return nil }
                state.isHeadReady = true
                state.headWaiter = nil
                let result = state.head == nil ? state.end ?? .success(()) : .success(())
                return { waiter.resume(returning: result) }
            }
            // Nobody waits yet: whoever comes must not wait for the next bytes.
            if withHead, state.head != nil { state.isHeadReady = true }
            if let waiter = state.bodyWaiter, !state.bytes.isEmpty || state.end != nil {
                state.bodyWaiter = nil
                state.silenceDeadline = nil
                return { waiter.resume() }
            }
            return nil
        }
        wake?()
    }

    /// Tells a reader whose patience has run out that nothing came.
    func checkPatience(now: Int64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let deadline = state.silenceDeadline, now >= deadline, let waiter = state.bodyWaiter else {
                return nil
            }
            state.bodyWaiter = nil
            state.silenceDeadline = nil
            state.isSilent = true
            return waiter
        }
        waiter?.resume()
    }

    /// The same at once, or the next time somebody waits.
    func nudge() {
        let waiter = state.withLock { state in
            defer { (state.bodyWaiter, state.silenceDeadline) = (nil, nil) }
            state.isSilent = true
            return state.bodyWaiter
        }
        waiter?.resume()
    }

    /// Since when the provider is at fault for a silence; nil while the reader is.
    func silentSince(_ active: Int64) -> Int64? {
        state.withLock { $0.isPaused ? nil : max(active, $0.resumedNanoseconds) }
    }
}

/// The body of a call. When nobody can read on, the call is broken off.
final class UpstreamCallBody: UpstreamBodySource {
    private let call: UpstreamCall

    init(_ call: UpstreamCall) { self.call = call }

    deinit { call.abandon() }

    func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
        try await call.next(patienceSeconds: patienceSeconds, endsWithTask: endsWithTask)
    }

    var hasMore: Bool { call.hasMore }

    func nudge() { call.nudge() }

    func letGo() { call.letGo() }

    func cancel() { call.cancel() }
}
