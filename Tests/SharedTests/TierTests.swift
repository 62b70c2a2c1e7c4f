import FoundationEssentials
import Shared
import Testing

@Suite struct `A tier` {
    @Test(
        arguments: [
            ("local", .local), ("FAST", .fast), ("Balanced", .balanced), ("premium", .premium), ("0", .local),
            ("1", .fast), ("2", .balanced), ("3", .premium),
        ] as [(String, Tier)]
    )
    func `is read by name in any case or by number`(text: String, tier: Tier) {
        #expect(Tier(parsing: text) == tier)
    }

    @Test(arguments: ["", "4", "-1", "fastest", "fast ", "01"])
    func `is not read from anything else`(text: String) {
        #expect(Tier(parsing: text) == nil)
    }

    @Test func `ranks by capability`() {
        #expect(Tier.allCases == Tier.allCases.sorted())
        #expect(Tier.local < .fast && Tier.fast < .balanced && Tier.balanced < .premium)
        #expect(Set(Tier.allCases.map(\.letter)).count == Tier.allCases.count)
    }

    @Test(arguments: Tier.allCases)
    func `is its name in JSON`(tier: Tier) throws {
        let data = try JSONEncoder().encode([tier])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(tier.name)\"]")
        #expect(try JSONDecoder().decode([Tier].self, from: data) == [tier])
    }

    @Test func `is refused in JSON when unknown`() {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Tier].self, from: Data(#"["giant"]"#.utf8)) }
    }
}
