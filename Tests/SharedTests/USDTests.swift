import FoundationEssentials
import Shared
import Testing

@Suite struct `An amount of money` {
    @Test(
        arguments: [
            (21_300_000, 4, "0.0213"), (-1_500_000_000, 2, "-1.50"), (0, 2, "0.00"), (5_000_000, 2, "0.01"),
            (4_999_999, 2, "0.00"), (-5_000_000, 2, "-0.01"), (-4_999_999, 2, "0.00"), (1, 9, "0.000000001"),
            (1_999_999_999, 0, "2"), (.max, 9, "9223372036.854775807"), (.min, 9, "-9223372036.854775808"),
            (7, 40, "0.000000007"), (1_000_000_000, -3, "1"),
        ] as [(Int64, Int, String)]
    )
    func `is written with a fixed number of decimals, rounded half away from zero`(
        nano: Int64,
        places: Int,
        text: String
    ) {
        #expect(USD(nanodollars: nano).formatted(places: places) == text)
    }

    @Test(
        arguments: [
            (41_000, "0.000041"), (12_500_000_000, "12.50"), (0, "0.00"), (3_000_000_000, "3.00"), (-1, "-0.000000001"),
        ] as [(Int64, String)]
    )
    func `describes itself with every digit that counts`(nano: Int64, text: String) {
        #expect(USD(nanodollars: nano).description == text)
    }

    @Test(arguments: [0, 1, -1, 41_000, -250_000_001, 999_999_999, 123_456_789_012_345, .max, -.max] as [Int64])
    func `survives JSON without losing a nano-dollar`(nano: Int64) throws {
        let amount = USD(nanodollars: nano)
        let data = try JSONEncoder().encode([amount])
        #expect(try JSONDecoder().decode([USD].self, from: data) == [amount])
    }

    @Test func `survives JSON for any amount`() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let bound = Int64(1) << Int64.random(in: 1...62, using: &random)
            let amount = USD(nanodollars: .random(in: -bound...bound, using: &random))
            let data = try JSONEncoder().encode([amount])
            #expect(try JSONDecoder().decode([USD].self, from: data) == [amount])
        }
    }

    @Test(
        arguments: [
            ("0.0000000005", 1), ("0.0000000004", 0), ("-0.0000000005", -1), ("1e-9", 1), ("2", 2_000_000_000),
            ("-0.00000123", -1_230),
        ] as [(String, Int64)]
    )
    func `reads any JSON number, rounded to a nano-dollar`(json: String, nano: Int64) throws {
        #expect(try JSONDecoder().decode([USD].self, from: Data("[\(json)]".utf8)) == [USD(nanodollars: nano)])
    }

    @Test func `stops at its bounds rather than trap`() {
        let most = USD(nanodollars: .max)
        let least = USD(nanodollars: .min)
        let one = USD(nanodollars: 1)
        #expect(most + one == most)
        #expect(least - one == least)
        #expect(least + USD(nanodollars: -1) == least)
        #expect(most - USD(nanodollars: -1) == most)
        #expect(one - USD(nanodollars: 3) == USD(nanodollars: -2))
    }

    @Test func `Amounts on both sides of where their numbers are exact come back`() throws {
        let bound: Int64 = 2_000_000_000_000_000
        var seed: UInt64 = 9
        for step in 0..<20_000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let size = Int64(1) << Int64(step % 62)
            let near = step % 3 == 0 ? bound + Int64(seed >> 40) - 8_388_608 : Int64(seed >> 2) % size
            for nanodollars in [near, -near] {
                let amount = USD(nanodollars: nanodollars)
                let data = try JSONEncoder().encode([amount])
                #expect(try JSONDecoder().decode([USD].self, from: data) == [amount])
            }
        }
    }
}
