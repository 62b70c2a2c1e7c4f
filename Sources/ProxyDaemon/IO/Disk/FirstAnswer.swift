import Dispatch
import Synchronization

/// Waits for an answer, but not for longer than a deadline.
enum FirstAnswer {
    private static let deadlines = DispatchQueue(label: "gateway.disk-deadlines", qos: .userInitiated)

    private final class Box<Value: Sendable>: Sendable {
        private enum State {
            case idle
            case waiting(CheckedContinuation<Value?, Never>)
            case over
        }

        private let state = Mutex(State.idle)

        /// Where the task was cancelled before it came here, nothing is the answer.
        func wait(_ continuation: CheckedContinuation<Value?, Never>) {
            let isOver = state.withLock { state in
                if case .over = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isOver { continuation.resume(returning: nil) }
        }

        func resume(_ value: Value?) {
            let taken = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                defer { state = .over }
                if case .waiting(let continuation) = state { return continuation }
                return nil
            }
            guard let taken else { return }
            ThreadRank.handOver { taken.resume(returning: value) }
        }
    }

    /// What `start` gives the function that it is called with; nil where that takes longer than so many milliseconds.
    static func of<Value: Sendable>(
        withinMilliseconds milliseconds: Int,
        _ start: (@escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value? {
        let box = Box<Value>()
        return await withCheckedContinuation { continuation in
            box.wait(continuation)
            deadlines.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { box.resume(nil) }
            start { box.resume($0) }
        }
    }

    /// The same for as long as the task is not cancelled, and until the deadline where there is one.
    static func whileWanted<Value: Sendable>(
        withinMilliseconds milliseconds: Int?,
        _ start: (@escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value? {
        let box = Box<Value>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                box.wait(continuation)
                if let milliseconds {
                    deadlines.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { box.resume(nil) }
                }
                start { box.resume($0) }
            }
        } onCancel: {
            box.resume(nil)
        }
    }
}
