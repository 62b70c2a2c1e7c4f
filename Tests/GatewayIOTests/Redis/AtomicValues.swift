import Synchronization

/// A number that several threads may set.
final class Atomic32: Sendable {
    private let number = Atomic<Int32>(0)
    var value: Int32 { number.load(ordering: .acquiring) }
    func set(_ value: Int32) { number.store(value, ordering: .releasing) }
}

/// Values in the order in which they came.
final class Recorder<Value: Sendable>: Sendable {
    private let kept = Mutex<[Value]>([])
    var values: [Value] { kept.withLock { $0 } }
    func add(_ value: Value) { kept.withLock { $0.append(value) } }
}
