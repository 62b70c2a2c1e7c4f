import Testing

@testable import GatewayCore

@Suite struct `Captured bytes` {
    @Test(arguments: [
        [], [0], [1], [5, 7], [100_000], [10, 16_352, 1], [16_352, 16_352, 16_353], [3, 50_000, 40_000, 9],
    ])
    func `come out as they went in`(_ sizes: [Int]) {
        var captured = CapturedBytes()
        var all: [UInt8] = []
        for (number, size) in sizes.enumerated() {
            let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
            captured.append(piece)
            all += piece
            #expect(captured.count == all.count)
        }
        #expect(captured.joined() == all)
        // It goes on behind what has been joined.
        captured.append([1, 2, 3])
        #expect(captured.joined() == all + [1, 2, 3])
    }

    @Test func `of many small pieces`() {
        var captured = CapturedBytes()
        var all: [UInt8] = []
        for number in 0..<5_000 {
            let piece = Array("event \(number)\n".utf8)
            captured.append(piece)
            all += piece
        }
        #expect(captured.joined() == all)
    }
}
