import Glibc
import Synchronization

/// What was found out about a request that the cache answered. The same bytes from the same client mean the same again.
package final class KnownRequest: Sendable {
    package let client: ClientIdentity
    package let request: Prompt
    /// What was decided for it, and the headers that were obeyed.
    package let decision: Decision
    package let directives: Directives
    package let betas: [String]
    /// What of it shapes the answer: see ``CacheKey/content(of:)``.
    package let content: [UInt8]

    package init(
        client: ClientIdentity,
        request: Prompt,
        decision: Decision,
        directives: Directives,
        betas: [String],
        content: [UInt8]
    ) {
        self.client = client
        self.request = request
        self.decision = decision
        self.directives = directives
        self.betas = betas
        self.content = content
    }
}

/// The requests that the cache answered of late, by their bytes: one that is sent again need not be read, scored and
/// spelled out again, which is most of what a cache hit costs.
///
/// A table with one place for each hash, where the later takes the earlier's place. Bodies are compared whole, so that a
/// collision costs time and nothing else.
package final class RepeatedRequests: Sendable {
    private static let places = 128
    /// Longer bodies are not kept: the table is to stay within a few megabytes.
    private static let maximumBytes = 16_384
    private let table = Mutex([KnownRequest?](repeating: nil, count: places))

    package init() {}

    /// What is known of this body from this client; nil where it is new.
    package func known(_ body: [UInt8], _ dialect: Dialect, from client: ClientIdentity) -> KnownRequest? {
        guard body.count <= Self.maximumBytes else { return nil }
        let place = Self.place(of: body)
        guard let found = table.withLock({ $0[place] }), found.client == client, found.request.dialect == dialect,
            Self.areEqual(found.request.body, body)
        else { return nil }
        return found
    }

    /// Keeps what was found out about a request.
    package func remember(_ known: KnownRequest) {
        guard known.request.body.count <= Self.maximumBytes, known.request.index.count <= Self.maximumBytes / 16
        else { return }
        let place = Self.place(of: known.request.body)
        // The one before is freed outside of the lock.
        let before = table.withLock { table in
            defer { table[place] = known }
            return table[place]
        }
        withExtendedLifetime(before) {}
    }

    /// FNV-1a's way over words instead of bytes. Not proof against whoever looks for collisions, and need not be.
    private static func place(of body: [UInt8]) -> Int {
        body.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            var at = 0
            func mix(_ word: UInt64) {
                hash = (hash ^ word) &* 0x100_0000_01B3
                hash ^= hash >> 29
            }
            while at + 8 <= bytes.count {
                mix(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                at += 8
            }
            while at < bytes.count {
                mix(UInt64(bytes[at]))
                at += 1
            }
            return Int(truncatingIfNeeded: hash >> 32) & (places - 1)
        }
    }

    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard let one = left.baseAddress, let other = right.baseAddress else { return true }
                return memcmp(one, other, left.count) == 0
            }
        }
    }
}
