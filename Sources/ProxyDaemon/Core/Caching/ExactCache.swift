package import Shared
import Synchronization

/// Answers by their exact key, in memory: the least recently used go first when the bytes are more than allowed.
///
/// The bound is of memory, not of answers: an entry counts with all that it takes. Answers are copied in and out of blocks of
/// memory that the cache keeps for itself, as ``AnswerBlocks`` says.
package final class ExactCache: Sendable {
    /// A part of the keys with a lock of its own, so that event loops seldom wait for each other.
    private final class Shard: Sendable {
        let table: Mutex<AnswerTable>
        init(maxBytes: Int) { table = Mutex(AnswerTable(maxBytes: maxBytes)) }
    }

    private static let removedAtOnce = 512

    private let shards: [Shard]
    private let maxBytes: Int
    private let lifetimeSeconds: Int

    /// An empty cache that takes at most `maxBytes`, whose entries live for `lifetimeSeconds` unless they are stored with
    /// a lifetime of their own.
    package init(maxBytes: Int, lifetimeSeconds: Int, shardCount: Int = 8) {
        // A small cache in many shards could not hold one answer of the permitted size.
        let count = maxBytes < shardCount * 4_194_304 ? 1 : shardCount
        shards = (0..<count).map { _ in Shard(maxBytes: maxBytes / count) }
        self.maxBytes = maxBytes
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// The answer under a key; nil when there is none or it has outlived its time. `now` in monotonic nanoseconds. A second
    /// look for the same request counts no second miss.
    package func answer(for key: CacheKey, now: Int64, isSecondLook: Bool = false) -> CachedAnswer? {
        shard(key).table.withLock { $0.answer(for: key, now: now, isSecondLook: isSecondLook) }?.answer
    }

    /// Keeps an answer, in the place of an older one under the same key, unless it is larger than a part of the cache.
    /// `now` in monotonic nanoseconds; without `lifetimeSeconds` that of the cache.
    package func store(
        _ answer: CachedAnswer,
        for key: CacheKey,
        owner: CacheOwner,
        lifetimeSeconds: Int? = nil,
        now: Int64
    ) {
        let answer = PackedAnswer(answer)
        let lifetime = Int64(lifetimeSeconds ?? self.lifetimeSeconds).multipliedReportingOverflow(by: 1_000_000_000)
        let expires = now.addingReportingOverflow(lifetime.overflow ? .max : lifetime.partialValue)
        shard(key).table.withLock {
            $0.store(answer, for: key, owner: owner, expires: expires.overflow ? .max : expires.partialValue)
        }
    }

    /// Removes entries and tells how many there were. What was stored before the call is not found after it.
    package func remove(_ selection: CacheSelection) -> Int {
        switch selection {
        case .entry(let key): return shard(key).table.withLock { $0.remove(key, ifIn: selection) } ? 1 : 0
        case .all: return shards.reduce(0) { sum, shard in sum + shard.table.withLock { $0.removeAll() } }
        case .project, .key:
            var removed = 0
            for shard in shards {
                // In pieces, so that nobody waits for long.
                var keys = shard.table.withLock { $0.keys(in: selection) }[...]
                while !keys.isEmpty {
                    let some = keys.prefix(Self.removedAtOnce)
                    keys = keys.dropFirst(Self.removedAtOnce)
                    removed += shard.table.withLock { table in some.count { table.remove($0, ifIn: selection) } }
                }
            }
            return removed
        }
    }

    /// Counts since the start, and what is held now.
    package var statistics: MetricsSnapshot.Cache {
        var total = MetricsSnapshot.Cache(isEnabled: true, maxBytes: maxBytes)
        for shard in shards { shard.table.withLock { $0.add(to: &total) } }
        return total
    }

    private func shard(_ key: CacheKey) -> Shard { shards[key.shard(of: shards.count)] }
}
