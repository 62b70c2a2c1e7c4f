import Testing

@testable import Dashboard

@Suite("How long what comes by itself gathers")
struct GatheringTests {
    @Test(
        "with few requests each is seen at once; a flood makes fewer pictures, never a full socket",
        arguments: [
            // exchanges, milliseconds, then milliseconds to gather
            (0, 100, 100), (1, 100, 100), (1, 1_000, 100), (5, 100, 100), (10, 100, 200), (20, 100, 400),
            (80, 400, 400), (40, 100, 250), (100, 100, 100), (600, 100, 100),
        ] as [(Int, Int64, Int64)]
    )
    func grows(exchanges: Int, passed: Int64, expected: Int64) {
        var gathering = Gathering()
        gathering.read(exchanges, after: passed)
        #expect(gathering.milliseconds == expected)
    }

    @Test("what was read in the same instant is not taken for a flood")
    func sameInstant() {
        var gathering = Gathering()
        gathering.read(3, after: 0)
        #expect(gathering.milliseconds == Gathering.shortest)
    }

    @Test("when the flood ends, what comes is seen at once again")
    func ends() {
        var gathering = Gathering()
        gathering.read(200, after: 1_000)
        #expect(gathering.milliseconds == Gathering.longest)
        gathering.read(1, after: 400)
        #expect(gathering.milliseconds == Gathering.shortest)
    }
}
