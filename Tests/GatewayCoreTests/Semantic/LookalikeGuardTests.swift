import Testing

@testable import GatewayCore

@Suite struct LookalikeGuardTests {
    /// Knows every word of the pairs, so that none of them counts as a name.
    static let guardOfPairs: LookalikeGuard = {
        var known = Set<[UInt8]>()
        for pair in LookalikePairs.all {
            for text in [pair.one, pair.other] {
                known.formUnion(text.lowercased().utf8.split { !(0x61...0x7A ~= $0) }.map { Array($0) })
            }
        }
        let words = known
        return LookalikeGuard { words.contains(Array($0)) }
    }()

    static func wording(_ text: String) throws -> PromptWording { try #require(PromptWording(text.utf8)) }

    static func compare(_ one: String, _ other: String) throws -> WordingComparison {
        guardOfPairs.compare(try wording(one), try wording(other))
    }

    static func names(_ one: String, _ other: String) throws -> Set<String> {
        Set(try compare(one, other).refusals.map(\.name.rawValue))
    }

    @Test(arguments: LookalikePairs.different.map(\.guard))
    func refusesItsLookalikes(_ name: String) throws {
        for pair in LookalikePairs.different.first(where: { $0.guard == name })?.pairs ?? [] {
            let found = try Self.names(pair.one, pair.other)
            #expect(found.contains(name), "\(pair.one) | \(pair.other): \(found)")
        }
    }

    @Test func passesRewordings() throws {
        for pair in LookalikePairs.same {
            let refusals = try Self.compare(pair.one, pair.other).refusals
            #expect(refusals.isEmpty, "\(pair.one) | \(pair.other): \(refusals)")
        }
    }

    @Test func givesTheSameInEitherOrder() throws {
        for pair in LookalikePairs.all {
            let there = try Self.compare(pair.one, pair.other), back = try Self.compare(pair.other, pair.one)
            #expect(there.refusals == back.refusals && there.evidence == back.evidence, "\(pair.one) | \(pair.other)")
        }
    }

    @Test func neverRefusesATextItself() throws {
        for pair in LookalikePairs.all {
            for text in [pair.one, pair.other] {
                let comparison = try Self.compare(text, text)
                #expect(!comparison.isRefused && comparison.evidence.jaccard == 1, "\(text): \(comparison.refusals)")
            }
        }
    }

    @Test func overlooksBlanksAndTheLastMark() throws {
        for pair in LookalikePairs.all {
            let spaced = "  " + pair.one.split(separator: " ").joined(separator: "  ") + " \n"
            let marks = "?.!"
            let bare = String(pair.one.reversed().drop { marks.contains($0) || $0 == " " }.reversed())
            for text in [spaced, bare, bare + "?", bare + "."] where !pair.one.contains(where: { "`\"'“".contains($0) })
            {
                let refusals = try Self.compare(pair.one, text).refusals
                #expect(refusals.isEmpty, "\(pair.one) | \(text): \(refusals)")
            }
        }
    }

    @Test func overlooksACapitalAtTheStart() throws {
        for pair in LookalikePairs.same {
            let upper = pair.one.prefix(1).uppercased() + pair.one.dropFirst()
            #expect(try !Self.compare(pair.one, upper).isRefused, "\(upper)")
        }
    }

    @Test func matchesSlipsOfSpellingWithAVocabulary() throws {
        let known: Set<[UInt8]> = Set(
            ["how", "configure", "firewall", "separate", "receive", "payment", "austria", "australia"].map {
                Array($0.utf8)
            }
        )
        let guarded = LookalikeGuard { known.contains(Array($0)) }
        let right = try Self.wording("how do I receive a separate payment")
        #expect(!guarded.compare(right, try Self.wording("how do I recieve a seperate payment")).isRefused)
        // Both are words: no slip.
        let countries = guarded.compare(
            try Self.wording("the size of austria"),
            try Self.wording("the size of australia")
        )
        #expect(countries.refusals.map(\.name) == [.siblings, .entities])
        // Neither is: two names.
        let drugs = guarded.compare(
            try Self.wording("how to receive prednisone"),
            try Self.wording("how to receive prednisolone")
        )
        #expect(drugs.refusals.map(\.name) == [.unknownWords])
        // Without a vocabulary, nothing is a slip and nothing is a name.
        let without = LookalikeGuard().compare(right, try Self.wording("how do I recieve a separate payment"))
        #expect(!without.isRefused && without.evidence.fewerUnmatched == 1 && without.evidence.moreUnmatched == 1)
    }

    @Test func comparesBlocksOfCodeByteForByte() throws {
        let code = "fix this\n```swift\nlet a = 1\n```\nplease"
        #expect(try !Self.compare(code, "Fix this\n```swift\nlet a = 1\n```").isRefused)
        #expect(try Self.names(code, "fix this\n```swift\nlet a = 2\n```\nplease").contains("code"))
        #expect(try Self.names(code, "fix this please").contains("code"))
    }

    @Test func saysWhatDiffers() throws {
        let refusal = try #require(try Self.compare("should I buy gold", "should I sell gold").refusals.first)
        #expect(refusal == WordingRefusal(name: .opposites, text: "buy against sell"))
    }

    @Test func keepsTheNamesOfItsRefusals() {
        #expect(
            WordingRefusal.Guard.allCases.map(\.rawValue) == [
                "numbers", "number_order", "units", "negation", "operators", "opposites", "siblings", "entities",
                "unknown_words",
                "quantifiers", "word_order", "possessives", "question_word", "modality", "tense", "quoted", "code",
                "language",
                "length",
            ]
        )
    }
}
