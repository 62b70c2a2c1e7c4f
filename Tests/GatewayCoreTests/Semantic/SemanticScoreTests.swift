import Testing

@testable import GatewayCore

@Suite struct SemanticScoreTests {
    private func similarity(_ one: String, _ other: String, cosine: Double) throws -> Double {
        let left = try #require(PromptWording(one.utf8)), right = try #require(PromptWording(other.utf8))
        return SemanticScore.similarity(cosine: cosine, LookalikeGuard().compare(left, right))
    }

    @Test func addsTheWordsEvidenceToTheCosine() throws {
        // Same six words: 0.95 + 0.95 + (-13.801 - 1.451 + 0.21 + 6 * 0.019 + 0.476 - 1.433) / 16.6.
        let expected = 0.95 + 0.95 - 15.885 / 16.6
        #expect(abs(try similarity("how do I boil an egg", "How do I boil an egg?", cosine: 0.95) - expected) < 1e-9)
    }

    @Test func rateALoneSubstitutionBelowARewording() throws {
        let lookalike = try similarity("how do I paint a fence", "how do I paint a chair", cosine: 0.9)
        let rewording = try similarity("how do I paint a fence", "best technique to paint fences", cosine: 0.9)
        #expect(lookalike < rewording)
    }

    @Test func risesWithTheCosine() throws {
        let low = try similarity("a cat", "a small dog", cosine: 0.80),
            high = try similarity("a cat", "a small dog", cosine: 0.85)
        #expect(abs(high - low - 0.05) < 1e-9)
    }
}
