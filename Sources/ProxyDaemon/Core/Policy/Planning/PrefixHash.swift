/// Stands for a prompt up to the end of one of its messages. 128 bits: two prompts of one table never have the same by
/// chance. Not proof against whoever looks for collisions, who finds none but his own: see ``Conversations``.
package struct PrefixHash: Sendable, Hashable {
    let first: UInt64
    let second: UInt64

    package func hash(into hasher: inout Hasher) {
        // Its bits are evenly spread already; equality compares all of them.
        hasher.combine(first)
    }
}

/// Makes hashes of byte strings and of other hashes.
///
/// Sixteen bytes at a step go through two multiplications of 64 by 64 bits whose halves are folded together, and into two
/// words of state. The constants are the odd ones of SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
struct PrefixHasher {
    private static let keys: (UInt64, UInt64) = (0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB)
    private var first: UInt64
    private var second: UInt64

    /// Begins with a number that keeps the hashes of unlike things apart.
    init(_ tag: UInt64) {
        first = tag &* 0x9E37_79B9_7F4A_7C15
        second = ~first
    }

    var value: PrefixHash {
        var copy = self
        copy.mix(0, 1)
        return PrefixHash(first: copy.first, second: copy.second)
    }

    mutating func mix(_ hash: PrefixHash) { mix(hash.first, hash.second) }

    @inline(__always)
    mutating func mix(_ left: UInt64, _ right: UInt64) {
        let one = Self.folded(first ^ left, right ^ Self.keys.0)
        let other = Self.folded(second ^ right, left ^ Self.keys.1)
        // What was there before stays in, so that a factor of zero does not wipe it out.
        (first, second) = (one &+ (second << 23 | second >> 41), other &+ (first << 29 | first >> 35))
    }

    /// Takes bytes and their number.
    mutating func mix(_ bytes: UnsafeBufferPointer<UInt8>) {
        mix(UInt64(truncatingIfNeeded: bytes.count), 0x2545_F491_4F6C_DD1D)
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        while at + 16 <= raw.count {
            mix(
                raw.loadUnaligned(fromByteOffset: at, as: UInt64.self),
                raw.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
            )
            at += 16
        }
        guard at < raw.count else { return }
        var tail: (UInt64, UInt64) = (0, 0)
        for (place, byte) in raw[at...].enumerated() {
            if place < 8 {
                tail.0 |= UInt64(byte) << UInt64(8 * place)
            } else {
                tail.1 |= UInt64(byte) << UInt64(8 * (place - 8))
            }
        }
        mix(tail.0, tail.1)
    }

    private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
