import GatewayCore
import Testing

@Suite struct `The pace of a backend` {
    @Test func `is its latest answers', streams by their first byte and plain ones by the whole`() {
        let paces = Paces()
        #expect(paces.expectedMilliseconds("a", outputTokens: 10) == nil)
        paces.note("a", firstByteMilliseconds: 200, totalMilliseconds: 1_200, outputTokens: 100, isStream: true)
        #expect(paces.expectedMilliseconds("a", outputTokens: 50) == 700)
        paces.note("b", firstByteMilliseconds: 1_200, totalMilliseconds: 1_200, outputTokens: 100, isStream: false)
        #expect(paces.expectedMilliseconds("b", outputTokens: 50) == 600)
        // A fifth of the way to the new pace: 200 + (700 - 200) / 5 and 10 + (20 - 10) / 5.
        paces.note("a", firstByteMilliseconds: 700, totalMilliseconds: 2_700, outputTokens: 100, isStream: true)
        let expected: Double = 300 + 1_200
        #expect(paces.expectedMilliseconds("a", outputTokens: 100)?.rounded() == expected)
    }

    @Test func `takes no notice of nonsense`() {
        let paces = Paces()
        paces.note("a", firstByteMilliseconds: 5, totalMilliseconds: 1, outputTokens: 10, isStream: true)
        paces.note("a", firstByteMilliseconds: 5, totalMilliseconds: 10, outputTokens: 0, isStream: true)
        #expect(paces.expectedMilliseconds("a", outputTokens: 10) == nil)
    }
}
