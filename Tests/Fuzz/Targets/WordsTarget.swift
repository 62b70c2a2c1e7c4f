@testable import GatewayCore

extension FuzzTarget {
    /// What is read out of a user's words.
    static let words = FuzzTarget(
        name: "words",
        property:
            "any text is read the same twice, gives finite figures, equals itself and compares alike in either order",
        maximumBytes: 2_048
    ) { bytes in
        let ask = Ask(bytes)
        expect(ask == Ask(bytes), "an ask read twice differs")
        expect(ask.content.count <= bytes.count && ask.text.count <= 1_000, "an ask of \(ask.text.count) bytes")
        let features = AskFeatures(ask)
        expect(features.values.allSatisfy(\.isFinite), "a feature is no number")
        if let match = DirectPatterns.match(ask, features) {
            expect((0...1).contains(match.confidence), "a confidence of \(match.confidence)")
        }
        _ = RequestWords(bytes)
        if let length = RequestedLength.characters(bytes) { expect(length >= 0, "a length of \(length)") }
        _ = ComplexityLabel.read(String(decoding: bytes, as: UTF8.self))

        // Two questions, one above the other.
        let end = bytes.lastIndex(of: 0x0A) ?? bytes.count
        guard let asked = PromptWording(bytes[..<end]), let stored = PromptWording(bytes[end...].dropFirst()) else {
            return
        }
        let guardian = LookalikeGuard()
        let one = guardian.compare(asked, stored)
        let other = guardian.compare(stored, asked)
        expect(one.isRefused == other.isRefused, "refused one way: \(one.refusals), \(other.refusals)")
        expect(one.evidence == other.evidence, "\(one.evidence) one way, \(other.evidence) the other")
        expect((0...1).contains(one.evidence.jaccard), "a share of \(one.evidence.jaccard)")
        expect((0...1).contains(one.evidence.lengthRatio), "a ratio of \(one.evidence.lengthRatio)")
        let own = guardian.compare(asked, asked)
        expect(!own.isRefused, "refused for itself: \(own.refusals)")
        let similarity = SemanticScore.similarity(cosine: 0.97, one)
        expect(similarity.isFinite, "a similarity of \(similarity)")
    }
}
