import Dispatch
import Synchronization

/// Waits for an answer, but not for longer than a deadline.
enum FirstAnswer {
    private static let deadlines = DispatchQueue(label: "gateway.disk-deadlines", qos: .userInitiated)

    private final class Box<Value: Sendable>: Sendable {
        private let waiter: Mutex<CheckedContinuation<Value?, Never>?>

        init(_ waiter: CheckedContinuation<Value?, Never>) { self.waiter = Mutex(waiter) }

        func resume(_ value: Value?) {
            let taken = waiter.withLock { waiter in
                defer { waiter = nil }
                return waiter
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
        await withCheckedContinuation { continuation in
            let box = Box(continuation)
            deadlines.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { box.resume(nil) }
            start { box.resume($0) }
        }
    }
}
