import GatewayCore

/// What waits to be written to disk, by key, in the order in which it came. A value: its holder keeps it behind a lock.
struct WaitingEntries<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        let value: Value
        let owner: CacheOwner
        /// What it counts for against the bounds.
        let bytes: Int
        let storedUnixMilliseconds: Int64
        let expiresUnixSeconds: Int64
        /// Tells a value from a later one under the same key.
        fileprivate(set) var stamp: UInt64 = 0
    }

    /// Some entries that are being written.
    typealias Batch = [(key: CacheKey, entry: Entry)]

    private var entries: [CacheKey: Entry] = [:]
    private var order: [CacheKey] = []
    private var stamp: UInt64 = 0
    private let maximumEntries: Int
    private let maximumBytes: Int
    private(set) var bytes = 0

    init(maximumEntries: Int, maximumBytes: Int) {
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }

    var count: Int { entries.count }
    subscript(key: CacheKey) -> Entry? { entries[key] }

    /// Takes an entry in, in the place of an earlier one; false where there is no room.
    mutating func add(_ entry: Entry, for key: CacheKey) -> Bool {
        let earlier = entries[key]
        let others = bytes - (earlier?.bytes ?? 0)
        guard entry.bytes <= maximumBytes - others, earlier != nil || entries.count < maximumEntries else {
            return false
        }
        stamp += 1
        var entry = entry
        entry.stamp = stamp
        entries[key] = entry
        bytes = others + entry.bytes
        if earlier == nil { order.append(key) }
        return true
    }

    /// The first entries, which stay until they are settled.
    func batch(maximumEntries: Int, maximumBytes: Int) -> Batch {
        var batch: Batch = []
        var bytes = 0
        for key in order.prefix(maximumEntries) {
            guard let entry = entries[key] else { continue }
            bytes += entry.bytes
            if bytes > maximumBytes, !batch.isEmpty { break }
            batch.append((key, entry))
        }
        return batch
    }

    /// A batch has been written, or is given up. What came under its keys meanwhile stays.
    mutating func settle(_ batch: Batch) {
        for (key, entry) in batch where entries[key]?.stamp == entry.stamp {
            entries[key] = nil
            bytes -= entry.bytes
        }
        // A batch is the beginning of all, of which some may have been removed since.
        let first = min(batch.count, order.count)
        order.replaceSubrange(..<first, with: order[..<first].filter { entries[$0] != nil })
    }

    /// Lets go of what is meant and gives the keys.
    mutating func remove(_ selection: CacheSelection) -> [CacheKey] {
        if case .entry(let key) = selection, entries[key] == nil { return [] }
        let removed = order.filter { key in entries[key].map { selection.includes(key, of: $0.owner) } ?? false }
        for key in removed {
            bytes -= entries[key]?.bytes ?? 0
            entries[key] = nil
        }
        if !removed.isEmpty { order.removeAll { entries[$0] == nil } }
        return removed
    }
}
