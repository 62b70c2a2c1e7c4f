/// Finds slots by the hashes of what they hold: a hash table of eight bytes a place, with the keys elsewhere.
///
/// Open addressing with linear probing. A place keeps 32 bits of the hash, so that the table grows without a look at the keys,
/// and seldom looks at a key that is not the one sought. Hashes are to be seeded for the process, as Swift's are.
struct SlotIndex: Sendable {
    private static let smallest = 16

    /// The hash in the upper half, the slot and 1 in the lower; 0 is empty. As many as a power of two, or none.
    private var places: [UInt64] = []
    private(set) var count = 0

    /// What the table takes in memory.
    var bytes: Int { places.count * MemoryLayout<UInt64>.stride }

    /// All slots, in no order.
    var slots: some Sequence<Int> { places.lazy.filter { $0 != 0 }.map(Self.slot) }

    /// The slot that was put in under a hash and is the one sought; nil where there is none.
    func slot(_ hash: Int, where isSought: (Int) -> Bool) -> Int? {
        guard !places.isEmpty else { return nil }
        let hash = UInt32(truncatingIfNeeded: hash)
        var at = home(hash)
        while places[at] != 0 {
            if Self.hash(places[at]) == hash, isSought(Self.slot(places[at])) { return Self.slot(places[at]) }
            at = (at + 1) & (places.count - 1)
        }
        return nil
    }

    /// Puts in a slot, below 2^32 - 1, which is not in the table.
    mutating func insert(_ slot: Int, _ hash: Int) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        put(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(UInt32(truncatingIfNeeded: slot)) + 1)
        count += 1
    }

    /// Takes out a slot that was put in under this hash.
    mutating func remove(_ slot: Int, _ hash: Int) {
        guard !places.isEmpty else { return }
        let mask = places.count - 1
        var hole = home(UInt32(truncatingIfNeeded: hash))
        while places[hole] != 0, Self.slot(places[hole]) != slot { hole = (hole + 1) & mask }
        guard places[hole] != 0 else { return }
        count -= 1
        // What was put further on because of this one moves back, so that no search ends too early.
        var at = (hole + 1) & mask
        while places[at] != 0 {
            if (at - home(Self.hash(places[at]))) & mask >= (at - hole) & mask {
                places[hole] = places[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        places[hole] = 0
    }

    private static func hash(_ place: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: place >> 32) }
    private static func slot(_ place: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: place)) - 1 }

    /// Where the search for a hash begins.
    private func home(_ hash: UInt32) -> Int { Int(hash) & (places.count - 1) }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: max(Self.smallest, old.count * 2))
        for place in old where place != 0 { put(place) }
    }

    private mutating func put(_ place: UInt64) {
        var at = home(Self.hash(place))
        while places[at] != 0 { at = (at + 1) & (places.count - 1) }
        places[at] = place
    }
}
