import GatewayCore
import Testing

@testable import GatewayIO

@Suite struct `The filter of keys` {
    @Test func `denies no key that it was given, and most others`() {
        var filter = KeyFilter(capacity: 100_000)
        for number in 0..<100_000 { filter.insert(.number(UInt64(number))) }
        #expect((0..<100_000).allSatisfy { filter.mayContain(.number(UInt64($0))) })
        let wrong = (100_000..<200_000).count { filter.mayContain(.number(UInt64($0))) }
        // The formula for one filter without blocks says 0.84 % at ten bits a key; blocks of 512 bits cost some.
        #expect(wrong > 300)
        #expect(wrong < 1_700)
        // Keys that looked known already were not counted.
        #expect((98_500...100_000).contains(filter.count))
    }

    @Test(arguments: [0, 1, -5])
    func `may be tiny`(capacity: Int) {
        var filter = KeyFilter(capacity: capacity)
        #expect(!filter.mayContain(.number(1)))
        filter.insert(.number(1))
        #expect(filter.mayContain(.number(1)))
        #expect(filter.count == 1)
    }

    @Test func `counts a key once`() {
        var filter = KeyFilter(capacity: 10)
        filter.insert(.number(1))
        filter.insert(.number(1))
        #expect(filter.count == 1)
    }
}

@Suite struct `Entries that wait for the disk` {
    private func entry(_ value: Int, bytes: Int = 10, owner: CacheOwner = .first) -> WaitingEntries<Int>.Entry {
        .init(value: value, owner: owner, bytes: bytes, storedUnixMilliseconds: 0, expiresUnixSeconds: 0)
    }

    @Test func `are bounded in number and in bytes, and a later value takes an earlier one's room`() {
        var waiting = WaitingEntries<Int>(maximumEntries: 2, maximumBytes: 30)
        let offers: [(value: Int, bytes: Int, key: UInt64)] = [
            (1, 10, 1), (2, 10, 2), (3, 10, 3), (4, 20, 1), (5, 21, 1),
        ]
        let taken = offers.map { waiting.add(entry($0.value, bytes: $0.bytes), for: .number($0.key)) }
        #expect(taken == [true, true, false, true, false])
        #expect(waiting.bytes == 30)
        #expect(waiting[.number(1)]?.value == 4)
        #expect(waiting.count == 2)
    }

    @Test func `go in the order in which they came, and one that came meanwhile stays`() {
        var waiting = WaitingEntries<Int>(maximumEntries: 9, maximumBytes: 900)
        for number in 1...4 { _ = waiting.add(entry(number), for: .number(UInt64(number))) }
        let batch = waiting.batch(maximumEntries: 3, maximumBytes: 25)
        #expect(batch.map(\.entry.value) == [1, 2])
        _ = waiting.add(entry(9), for: .number(2))
        waiting.settle(batch)
        #expect(waiting.batch(maximumEntries: 9, maximumBytes: 900).map(\.entry.value) == [9, 3, 4])
        #expect(waiting.bytes == 30)
    }

    @Test func `that are larger than a batch go alone`() {
        var waiting = WaitingEntries<Int>(maximumEntries: 9, maximumBytes: 900)
        _ = waiting.add(entry(1, bytes: 500), for: .number(1))
        _ = waiting.add(entry(2), for: .number(2))
        #expect(waiting.batch(maximumEntries: 9, maximumBytes: 100).map(\.entry.value) == [1])
    }

    @Test func `are let go of by selection`() {
        var waiting = WaitingEntries<Int>(maximumEntries: 9, maximumBytes: 900)
        _ = waiting.add(entry(1), for: .number(1))
        _ = waiting.add(entry(2, owner: .second), for: .number(2))
        _ = waiting.add(entry(3, owner: .stranger), for: .number(3))
        let selections: [CacheSelection] = [.key(11), .project(1), .entry(.number(2)), .all]
        let removed = selections.map { waiting.remove($0) }
        #expect(removed == [[.number(1)], [.number(2)], [], [.number(3)]])
        #expect(waiting.bytes == 0)
    }
}

@Suite struct `The gate before the disk` {
    @Test func `closes after five late reads, then lets one through a second`() {
        var gate = ReadGate(maximumAtOnce: 100)
        for _ in 0..<5 {
            _ = gate.admit(now: 0)
            gate.wasLate(now: 0)
            gate.end()
        }
        #expect(gate.isClosed)
        let admitted = [999_999_999, 1_000_000_000, 1_000_000_001].map { gate.admit(now: $0) }
        #expect(admitted == [false, true, false])
        gate.end()
        gate.wasInTime()
        #expect(!gate.isClosed)
        let isAdmitted = gate.admit(now: 1_000_000_002)
        #expect(isAdmitted)
    }

    @Test func `lets so many through at once`() {
        var gate = ReadGate(maximumAtOnce: 2)
        let admitted = (0..<3).map { _ in gate.admit(now: 0) }
        #expect(admitted == [true, true, false])
        gate.end()
        let isAdmitted = gate.admit(now: 0)
        #expect(isAdmitted)
    }
}

@Test func `the median of the last times is told in milliseconds`() {
    var ring = LatencyRing()
    #expect(ring.medianMilliseconds == nil)
    for time: Int64 in [9_000_000, 1_000_000, 2_000_000] { ring.add(nanoseconds: time) }
    #expect(ring.medianMilliseconds == 2)
    for _ in 0..<64 { ring.add(nanoseconds: 500_000) }
    #expect(ring.medianMilliseconds == 0.5)
}
