/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): quick and even, and no protection against who means harm.
enum FNV1a {
    /// Of no bytes.
    static let empty: UInt64 = 0xCBF2_9CE4_8422_2325

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(empty, mix) }

    @inline(__always) static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}
