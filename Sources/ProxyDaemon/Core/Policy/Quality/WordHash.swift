/// Stands for a word of an answer: eight of its bytes at a time are mixed in, so that words of up to eight bytes never share
/// a hash. Letters of ASCII have to be small.
struct WordHash {
    static let empty: UInt64 = 0xCBF2_9CE4_8422_2325

    private var mixed = Self.empty
    private var chunk: UInt64 = 0
    private var bits: UInt64 = 0

    mutating func add(_ byte: UInt8) {
        chunk |= UInt64(byte) << bits
        bits += 8
        guard bits == 64 else { return }
        mixed = Self.mix(mixed, chunk)
        chunk = 0
        bits = 0
    }

    var value: UInt64 { bits == 0 ? mixed : Self.mix(mixed, chunk) }

    static func of(_ word: some Sequence<UInt8>) -> UInt64 {
        var hash = WordHash()
        for byte in word { hash.add(byte) }
        return hash.value
    }

    /// Adds eight bytes, the first in the lowest place; fewer at the end of a word. The factor is 2^64 by the golden ratio.
    @inline(__always) static func mix(_ hash: UInt64, _ chunk: UInt64) -> UInt64 {
        let product = (hash ^ chunk) &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 32
    }
}
