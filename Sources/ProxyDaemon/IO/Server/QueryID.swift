import Synchronization

/// Makes query ids: 16 hexadecimal digits, different in one process and as good as surely between processes.
package final class QueryIDs: Sendable {
    private let seed = UInt64.random(in: .min ... .max)
    private let counter = Atomic<UInt64>(0)

    package init() {}

    /// A new id: a counter through SplitMix64's mixer (Steele, Lea and Flood 2014), which maps one to one.
    package func next() -> String {
        var bits = seed &+ counter.wrappingAdd(1, ordering: .relaxed).oldValue &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return String(unsafeUninitializedCapacity: 16) { digits in
            for at in 0..<16 {
                let nibble = UInt8(truncatingIfNeeded: bits >> UInt64(60 - at * 4)) & 15
                digits[at] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
            }
            return 16
        }
    }
}
