import Dispatch
package import GatewayCore
package import Shared
import Synchronization

/// Answers kept in Redis, for all daemons that share it.
///
/// An answer's name is `llm-gateway:answer:1:` and the cache key in hexadecimal digits; its value is sealed for that key
/// (``ValueSeal``), so that a damaged, exchanged or forged one is a miss. Redis removes what has outlived its time.
package final class RedisAnswers: AnswerHome {
    /// Larger answers stay out: one would hold up the commands behind it for longer than those may take.
    package static let maximumValueBytes = 8_388_608
    /// Answers that wait to be packed; beyond that new ones are dropped.
    private static let maximumQueuedBytes = 33_554_432
    /// Larger values are opened elsewhere than on the caller's event loop.
    private static let openedInPlaceBytes = 65_536
    /// Redis refuses times beyond what fits its clock; a century is as good as for ever.
    private static let maximumLifetimeSeconds = 3_155_760_000

    private let client: RedisClient
    private let seal: ValueSeal
    private let remover: RedisRemover
    /// Packs and seals, in the order in which answers came.
    private let queue = DispatchQueue(label: "gateway.redis-answers", qos: .utility)
    private let counts = Mutex(Counts())
    private let facts: RedisServerFacts

    private struct Counts {
        var hits = 0
        var misses = 0
        var dropped = 0
        var rejected = 0
        var queuedBytes = 0
        /// What Redis said to the last answer that it refused; nil where it has taken one since.
        var refusal: String?
    }

    /// - Parameters:
    ///   - client: may serve others too.
    ///   - sealKey: the same for all daemons that share the answers; see ``ValueSeal/init(key:)``.
    package init(_ client: RedisClient, sealKey: [UInt8]) {
        self.client = client
        seal = ValueSeal(key: sealKey)
        remover = RedisRemover(client)
        facts = RedisServerFacts(client)
    }

    package func value(for key: CacheKey) async -> [UInt8]? {
        let reply: RedisReply
        do throws(RedisError) {
            reply = try await client.call([Array("GET".utf8), RedisAnswerName.bytes(of: key)])
        } catch {
            // The client has counted it, where it is a fault.
            counts.withLock { $0.misses += 1 }
            return nil
        }
        var value: [UInt8]?
        if case .string(let sealed) = reply { value = await open(sealed, for: key) }
        let isRejected = value == nil && reply != .null
        counts.withLock { counts in
            if value == nil { counts.misses += 1 } else { counts.hits += 1 }
            if isRejected { counts.rejected += 1 }
        }
        switch reply {
        // An error is a reply to this very command: something else is kept under the name, or Redis is busy with itself.
        case .null, .error: break
        // A value that is not the one asked for may be somebody else's reply.
        default: if isRejected { client.distrustConnection() }
        }
        return value
    }

    private func open(_ sealed: [UInt8], for key: CacheKey) async -> [UInt8]? {
        if max(sealed.count, ValueSeal.valueBytes(of: sealed)) <= Self.openedInPlaceBytes {
            return seal.open(sealed, for: key)
        }
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [seal] in continuation.resume(returning: seal.open(sealed, for: key)) }
        }
    }

    package func store(_ value: [UInt8], for key: CacheKey, owner: CacheOwner, lifetimeSeconds: Int) {
        guard lifetimeSeconds > 0 else { return }
        let isWelcome = client.state == .ok && value.count <= Self.maximumValueBytes
        let isQueued = counts.withLock { counts in
            guard isWelcome, counts.queuedBytes + value.count <= Self.maximumQueuedBytes else {
                counts.dropped += 1
                return false
            }
            counts.queuedBytes += value.count
            return true
        }
        guard isQueued else { return }
        queue.async { [self] in
            let sealed = seal.seal(value, for: key, owner: owner)
            counts.withLock { $0.queuedBytes -= value.count }
            let seconds = min(lifetimeSeconds, Self.maximumLifetimeSeconds)
            client.send([
                Array("SET".utf8), RedisAnswerName.bytes(of: key), sealed, Array("EX".utf8), Array("\(seconds)".utf8),
            ]) { [weak self] in self?.stored($0) }
        }
    }

    private func stored(_ outcome: Result<RedisReply, RedisError>) {
        counts.withLock { counts in
            switch outcome {
            case .success(.error(let text)):
                counts.dropped += 1
                counts.refusal = PlainText.sanitized(text.prefix(200))
            case .success: counts.refusal = nil
            case .failure: counts.dropped += 1
            }
        }
    }

    package func remove(_ selection: CacheSelection) async -> Int? {
        // Behind what was stored before: commands are carried out in the order in which they are sent.
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
        return await remover.remove(selection)
    }

    package var report: CacheHomeReport {
        facts.refresh()
        let counts = counts.withLock { $0 }
        let server = facts.last
        var report = CacheHomeReport(
            name: "redis",
            bytes: server.usedBytes,
            maxBytes: server.maximumBytes,
            hits: counts.hits,
            misses: counts.misses,
            evictions: server.evictions,
            dropped: counts.dropped,
            rejected: counts.rejected,
            timeouts: client.counts.timeouts,
            latencyP50Milliseconds: client.latencyP50Milliseconds
        )
        switch client.state {
        case .ok:
            report.detail = counts.refusal.map { refusal in
                "Redis at \(client.address) refuses to keep answers (\(refusal)): "
                    + "give it room, or set its maxmemory-policy to allkeys-lru"
            }
        case .down(let detail):
            report.state = .down
            report.detail = detail
        }
        return report
    }
}

/// How answers are called in Redis.
enum RedisAnswerName {
    static let prefix = Array("llm-gateway:answer:1:".utf8)
    static let count = prefix.count + 64

    static func bytes(of key: CacheKey) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var name = prefix
        name.reserveCapacity(count)
        for byte in key.bytes {
            name.append(digits[Int(byte >> 4)])
            name.append(digits[Int(byte & 15)])
        }
        return name
    }

    /// Whether bytes look like an answer's name.
    static func isOne(_ name: [UInt8]) -> Bool { name.count == count && name.starts(with: prefix) }
}
