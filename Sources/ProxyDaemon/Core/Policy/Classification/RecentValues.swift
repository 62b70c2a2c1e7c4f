/// The values of the last keys, so that nothing is worked out or paid for twice. The oldest makes room.
struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var values: [Key: Value] = [:]
    /// The keys in the order they came, as a ring.
    private var order: [Key] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(0, capacity) }

    subscript(key: Key) -> Value? { values[key] }

    mutating func store(_ value: Value, for key: Key) {
        guard capacity > 0 else { return }
        guard values.updateValue(value, forKey: key) == nil else { return }
        if order.count < capacity {
            order.append(key)
        } else {
            values[order[next]] = nil
            order[next] = key
            next = (next + 1) % capacity
        }
    }
}
