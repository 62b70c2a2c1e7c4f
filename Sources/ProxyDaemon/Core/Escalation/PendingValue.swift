import Synchronization

/// A value that is on its way, for one who waits for it at a time, and not for ever.
final class PendingValue<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiter: CheckedContinuation<Void, Never>?
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Begins to make it. To be called once.
    func run(_ make: @escaping @Sendable () async -> Value) {
        let task = Task {
            let value = await make()
            let waiter = self.state.withLock { state in
                state.value = value
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// Cancels the making: it is to come to an end soon, with what it has.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            return state.task
        }?.cancel()
    }

    /// Waits for it, so long at most; nil where it is not there by then.
    ///
    /// Cancelling the task that waits cancels the making, unless `endsWithTask` is false.
    func value(withinMilliseconds milliseconds: Int, endsWithTask: Bool, clock: Clock) async -> Value? {
        let timer = Task {
            await clock.sleep(milliseconds)
            self.wake()
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                let mayWait = state.withLock { state in
                    guard state.value == nil else { return false }
                    state.waiter = waiter
                    return true
                }
                if !mayWait { waiter.resume() }
            }
        } onCancel: {
            if endsWithTask { cancel() }
        }
        return state.withLock { $0.value }
    }

    private func wake() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
