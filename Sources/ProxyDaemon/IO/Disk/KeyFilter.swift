import GatewayCore

/// Which keys may be on disk: a Bloom filter whose bits for one key all lie in one cache line, so that a question costs one
/// access to memory.
///
/// It never denies a key that it was given. Of others it holds about one in a hundred for possible at ten bits a key and six
/// bits set for each (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007). Keys cannot be taken
/// out: its owner makes a new one when too many that it was given are gone.
struct KeyFilter {
    private static let bitsPerKey = 10
    private static let bitsSet = 6
    private static let blockWords = 8

    private var words: [UInt64]
    private let blocks: UInt64
    /// With more keys than these too many others are held for possible.
    let capacity: Int
    /// Keys that it was given and did not have already.
    private(set) var count = 0

    init(capacity: Int) {
        // The upper bound, 1.3 GB of filter, is far beyond what a cache on one disk holds.
        let capacity = min(max(1, capacity), 1 << 30)
        let blockBits = Self.blockWords * 64
        let blocks = (capacity * Self.bitsPerKey + blockBits - 1) / blockBits
        words = Array(repeating: 0, count: blocks * Self.blockWords)
        self.blocks = UInt64(blocks)
        self.capacity = capacity
    }

    /// A filter for so many keys with room for half as many again.
    init(holding count: Int) { self.init(capacity: max(65_536, count + count / 2)) }

    mutating func insert(_ key: CacheKey) {
        guard !mayContain(key) else { return }
        let (block, bits) = place(key)
        for number in 0..<Self.bitsSet {
            let bit = Int(truncatingIfNeeded: bits >> UInt64(number * 9)) & 511
            words[block + bit >> 6] |= 1 << UInt64(bit & 63)
        }
        count += 1
    }

    func mayContain(_ key: CacheKey) -> Bool {
        let (block, bits) = place(key)
        return words.withUnsafeBufferPointer { words in
            for number in 0..<Self.bitsSet {
                let bit = Int(truncatingIfNeeded: bits >> UInt64(number * 9)) & 511
                guard words[block + bit >> 6] & 1 << UInt64(bit & 63) != 0 else { return false }
            }
            return true
        }
    }

    /// The key's block, as its first word, and the bits from which the places in it are taken, nine for each.
    private func place(_ key: CacheKey) -> (block: Int, bits: UInt64) {
        let (which, bits) = key.words
        return (Int(which.multipliedFullWidth(by: blocks).high) * Self.blockWords, bits)
    }
}
