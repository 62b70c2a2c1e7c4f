import Crypto

/// A SHA-256 digest in four words: an array would be one more piece of memory for every entry.
struct Digest256: Sendable, Hashable {
    private let first: UInt64
    let second: UInt64
    let third: UInt64
    let fourth: UInt64

    /// nil for any other number of bytes than 32.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self = bytes.withUnsafeBytes { Self(reading: $0) }
    }

    init(_ digest: SHA256.Digest) { self = digest.withUnsafeBytes { Self(reading: $0) } }

    /// `bytes` are at least 32.
    private init(reading bytes: UnsafeRawBufferPointer) {
        func word(_ number: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: number * 8, as: UInt64.self) }
        (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
    }

    /// The 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: (first, second, third, fourth)) { Array($0) } }

    func hash(into hasher: inout Hasher) {
        // A digest is already evenly spread: eight of its bytes are hash enough, equality compares all.
        hasher.combine(first)
    }
}
