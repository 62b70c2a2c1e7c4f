import Testing

@testable import GatewayCore

@Suite struct `The table of slots` {
    /// Against a dictionary, with hashes of which many collide.
    @Test func `agrees with a dictionary over a long random run`() {
        var random = SeededGenerator(seed: 5)
        var index = SlotIndex()
        var expected: [Int: Int] = [:]  // Slot of a key.
        var keyOfSlot: [Int: Int] = [:]
        func hash(_ key: Int) -> Int { key % 37 == 0 ? 12 : key &* 0x9E37_79B9 }
        for step in 0..<20_000 {
            let key = Int.random(in: 0..<900, using: &random)
            if let slot = expected[key] {
                if Bool.random(using: &random) {
                    index.remove(slot, hash(key))
                    expected[key] = nil
                    keyOfSlot[slot] = nil
                }
            } else {
                index.insert(step, hash(key))
                expected[key] = step
                keyOfSlot[step] = key
            }
            let sought = Int.random(in: 0..<900, using: &random)
            #expect(index.slot(hash(sought)) { keyOfSlot[$0] == sought } == expected[sought])
            #expect(index.count == expected.count)
        }
        #expect(Set(index.slots) == Set(expected.values))
        // At most three places in four are taken, and the table doubles: 8 bytes a place.
        #expect(index.bytes <= 8 * 2 * 4 * 900 / 3)
    }
}

@Suite struct `The list in the order of use` {
    private struct Links: RecencyLinks {
        var all = [RecencyLink](repeating: RecencyLink(), count: 50)
        subscript(link slot: Int) -> RecencyLink {
            get { all[slot] }
            set { all[slot] = newValue }
        }
    }

    @Test func `agrees with an array over a long random run`() {
        var random = SeededGenerator(seed: 6)
        var links = Links()
        var list = RecencyList()
        var expected: [Int] = []  // The newest first.
        for _ in 0..<5_000 {
            let slot = Int.random(in: 0..<50, using: &random)
            if let at = expected.firstIndex(of: slot) {
                expected.remove(at: at)
                if Bool.random(using: &random) {
                    list.remove(slot, in: &links)
                } else {
                    list.touch(slot, in: &links)
                    expected.insert(slot, at: 0)
                }
            } else {
                list.insert(slot, in: &links)
                expected.insert(slot, at: 0)
            }
            #expect(list.newest == expected.first && list.oldest == expected.last)
            var walked: [Int] = []
            var next = list.newest
            while let slot = next {
                walked.append(slot)
                next = list.older(than: slot, in: links)
            }
            #expect(walked == expected)
        }
    }
}
