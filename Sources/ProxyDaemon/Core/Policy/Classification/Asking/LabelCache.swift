import Crypto

/// The labels of the texts that were asked about last, so that nobody pays twice for one. The oldest makes room.
struct LabelCache: Sendable {
    struct Entry: Sendable, Equatable {
        var label: ComplexityLabel
        var confidence: Double
    }

    /// A text by half of its SHA-256.
    struct Key: Sendable, Hashable {
        private let first: UInt64
        private let second: UInt64

        init(_ text: [UInt8]) {
            (first, second) = SHA256.hash(data: text).withUnsafeBytes { digest in
                (
                    digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                    digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                )
            }
        }
    }

    private var entries: RecentValues<Key, Entry>

    init(capacity: Int) { entries = RecentValues(capacity: capacity) }

    subscript(key: Key) -> Entry? { entries[key] }

    mutating func store(_ entry: Entry, for key: Key) { entries.store(entry, for: key) }
}
