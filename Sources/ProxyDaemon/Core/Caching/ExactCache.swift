package import Shared
import Synchronization

/// Answers by their exact key, in memory: the least recently used go first when the bytes are more than allowed.
package final class ExactCache: Sendable {
    /// A part of the keys with a lock of its own, so that event loops seldom wait for each other.
    private final class Shard: Sendable {
        let table: Mutex<AnswerTable>
        init(maxBytes: Int) { table = Mutex(AnswerTable(maxBytes: maxBytes)) }
    }

    private let shards: [Shard]
    private let maxBytes: Int
    private let lifetimeNanoseconds: Int64

    /// An empty cache of at most `maxBytes`, whose entries live for `lifetimeSeconds`.
    package init(maxBytes: Int, lifetimeSeconds: Int, shardCount: Int = 8) {
        // A small cache in many shards could not hold one answer of the permitted size.
        let count = maxBytes < shardCount * 4_194_304 ? 1 : shardCount
        shards = (0..<count).map { _ in Shard(maxBytes: maxBytes / count) }
        self.maxBytes = maxBytes
        lifetimeNanoseconds = Int64(lifetimeSeconds) * 1_000_000_000
    }

    /// The answer under a key; nil when there is none or it has outlived its time. A second look for the same request counts
    /// no second miss.
    package func answer(for key: CacheKey, now: Int64, isSecondLook: Bool = false) -> CachedAnswer? {
        shard(key).table.withLock { $0.answer(for: key, now: now, isSecondLook: isSecondLook) }
    }

    /// Keeps an answer, in the place of an older one under the same key.
    package func store(_ answer: CachedAnswer, for key: CacheKey, now: Int64) {
        let answer = answer.packed
        shard(key).table.withLock { $0.store(answer, for: key, expires: now + lifetimeNanoseconds) }
    }

    /// Counts since the start, and what is held now.
    package var statistics: MetricsSnapshot.Cache {
        var total = MetricsSnapshot.Cache(isEnabled: true, maxBytes: maxBytes)
        for shard in shards { shard.table.withLock { $0.add(to: &total) } }
        return total
    }

    private func shard(_ key: CacheKey) -> Shard { shards[key.shard(of: shards.count)] }
}

/// The least-recently-used table of one shard: a dictionary into a doubly linked list that lives in an array.
private struct AnswerTable {
    private struct Node {
        var key: CacheKey
        var answer: CachedAnswer?
        var bytes: Int
        var expires: Int64
        /// Towards the most recently used.
        var newer: Int?
        /// Towards the least recently used.
        var older: Int?
    }

    private var slots: [CacheKey: Int] = [:]
    private var nodes: [Node] = []
    private var free: [Int] = []
    private var newest: Int?
    private var oldest: Int?
    private var bytes = 0
    private var hits = 0
    private var misses = 0
    private var evictions = 0
    private let maxBytes: Int

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    mutating func answer(for key: CacheKey, now: Int64, isSecondLook: Bool) -> CachedAnswer? {
        guard let slot = slots[key] else {
            if !isSecondLook { misses += 1 }
            return nil
        }
        guard nodes[slot].expires > now else {
            remove(slot)
            if !isSecondLook { misses += 1 }
            return nil
        }
        hits += 1
        if newest != slot {
            unlink(slot)
            link(slot)
        }
        return nodes[slot].answer
    }

    mutating func store(_ answer: CachedAnswer, for key: CacheKey, expires: Int64) {
        let size = answer.bytes
        guard size <= maxBytes else { return }
        if let old = slots[key] { remove(old) }
        while bytes + size > maxBytes, let last = oldest {
            remove(last)
            evictions += 1
        }
        let node = Node(key: key, answer: answer, bytes: size, expires: expires)
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            nodes[slot] = node
        } else {
            slot = nodes.count
            nodes.append(node)
        }
        slots[key] = slot
        bytes += size
        link(slot)
    }

    func add(to total: inout MetricsSnapshot.Cache) {
        total.entries += slots.count
        total.bytes += bytes
        total.hits += hits
        total.misses += misses
        total.evictions += evictions
    }

    private mutating func remove(_ slot: Int) {
        unlink(slot)
        slots[nodes[slot].key] = nil
        bytes -= nodes[slot].bytes
        nodes[slot].answer = nil
        free.append(slot)
    }

    private mutating func link(_ slot: Int) {
        nodes[slot].newer = nil
        nodes[slot].older = newest
        if let newest { nodes[newest].newer = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Int) {
        let newer = nodes[slot].newer
        let older = nodes[slot].older
        if let newer { nodes[newer].older = older } else { newest = older }
        if let older { nodes[older].newer = newer } else { oldest = newer }
    }
}

extension CachedAnswer {
    /// The same in memory of its exact size. What came in has room for more, and comes from the heap of the thread that read
    /// it: kept there, the two heaps would each grow to what the cache may hold.
    fileprivate var packed: CachedAnswer {
        func copied(_ bytes: [UInt8]) -> [UInt8] {
            var copy: [UInt8] = []
            copy.reserveCapacity(bytes.count)
            copy.append(contentsOf: bytes)
            return copy
        }
        var answer = self
        switch form {
        case .json(let bytes): answer.form = .json(copied(bytes))
        case .eventStream(let bytes): answer.form = .eventStream(copied(bytes))
        }
        return answer
    }

    /// About what the entry holds in memory.
    package var bytes: Int { warnings.reduce(form.bytes.count + 512) { $0 + $1.utf8.count } }
}
