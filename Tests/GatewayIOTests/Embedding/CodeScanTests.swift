import CKernelsRehearsal
import GatewayCore
import Testing

@testable import GatewayIO

@Suite struct `Scanners of codes` {
    /// Those that this CPU can run, and the one for AVX-512 on vectors that the compiler cuts up.
    private static let all: [CodeScanner] =
        CodeScanner.Path.allCases.compactMap { CodeScanner($0) } + [
            .portable, .native, CodeScanner(ck_rehearsed_scan_avx512().pointee),
        ]

    private func found(_ scanner: CodeScanner, _ codes: [UInt64], _ query: [UInt64], cut: Int) throws -> [UInt32] {
        let rows = codes.count / 6
        // One more than there is room for, to see that nothing is written there.
        var found = [UInt32](repeating: 77, count: rows + 1)
        let count = try codes.withUnsafeBufferPointer { codes in
            try query.withUnsafeBufferPointer { query in
                try found.withUnsafeMutableBufferPointer { found in
                    scanner.scan(
                        try #require(codes.baseAddress),
                        rows,
                        try #require(query.baseAddress),
                        cut,
                        try #require(found.baseAddress)
                    )
                }
            }
        }
        #expect(found[rows] == 77)
        return Array(found[..<count])
    }

    @Test func `count every bit of all six words`() throws {
        // Row r differs from zero in the bits from 0 up to r.
        let codes = (0...384).flatMap { bits in
            (0..<6).map { word -> UInt64 in
                let set = min(64, max(0, bits - word * 64))
                return set == 64 ? .max : (1 << UInt64(set)) - 1
            }
        }
        let zero = [UInt64](repeating: 0, count: 6)
        for scanner in Self.all {
            for cut in [0, 1, 63, 64, 112, 255, 256, 383, 384] {
                #expect(try found(scanner, codes, zero, cut: cut) == (0...cut).map(UInt32.init), "\(scanner.name)")
            }
        }
    }

    @Test func `find what a look at each bit finds`() throws {
        var random = SeededNumbers(state: 8)
        for rows in [1, 2, 3, 4, 5, 7, 8, 9, 31, 512] {
            let query = (0..<6).map { _ in random.next() }
            // Two random words in one have three bits in four alike: distances around 96.
            let codes = (0..<rows * 6).map { query[$0 % 6] ^ (random.next() & random.next()) }
            let distances = (0..<rows).map { row in
                (0..<6).reduce(0) { sum, word in
                    let difference = codes[row * 6 + word] ^ query[word]
                    return sum + (0..<64).count { difference >> UInt64($0) & 1 == 1 }
                }
            }
            for cut in [80, 96, 112] {
                let expected = (0..<rows).filter { distances[$0] <= cut }.map(UInt32.init)
                for scanner in Self.all {
                    #expect(try found(scanner, codes, query, cut: cut) == expected, "\(scanner.name), \(rows) rows")
                }
            }
        }
    }
}

/// Random numbers that are the same in every run (xorshift).
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
