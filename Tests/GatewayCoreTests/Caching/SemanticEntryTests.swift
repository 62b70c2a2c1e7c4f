import GatewayCore
import Shared
import Testing

@Suite struct `Half floats` {
    private static let known: [(Float, UInt16)] = [
        (1, 0x3C00), (-2, 0xC000), (65_504, 0x7BFF), (65_519, 0x7BFF), (65_520, 0x7C00), (0x1p-24, 0x0001),
        (0x1p-14, 0x0400), (0, 0), (-0.0, 0x8000), (0x1p-26, 0), (0x1.002p0, 0x3C00), (0x1.006p0, 0x3C02),
        (0.333_333_34, 0x3555), (.infinity, 0x7C00),
    ]

    @Test(arguments: known) func `are the nearest, ties to even`(value: Float, bits: UInt16) {
        #expect(HalfFloat.bits(value) == bits)
    }

    @Test func `come back as they were, every one of them`() {
        for bits in UInt16.min...UInt16.max {
            let value = HalfFloat.value(bits)
            if bits & 0x7C00 == 0x7C00, bits & 0x3FF != 0 {
                #expect(value.isNaN)
            } else {
                #expect(HalfFloat.bits(value) == bits)
            }
        }
    }
}

@Suite struct `Semantic entry` {
    private static func entry(embedding: Embedding?) throws -> SemanticEntry {
        SemanticEntry(
            key: try #require(CacheKey((0..<32).map { UInt8($0) })),
            fingerprint: try #require(SemanticFingerprint((100..<132).map { UInt8($0) })),
            owner: CacheOwner(project: 1 << 63, key: 5),
            tier: .premium,
            text: Array("Where is it?".utf8),
            embedding: embedding,
            storedUnixSeconds: 1_790_000_000,
            expiresUnixSeconds: 1_790_604_800
        )
    }

    @Test func `comes back from its bytes, the embedding to half precision`() throws {
        var random = SeededGenerator(seed: 9)
        let values = (0..<Embedding.dimensions).map { _ in Float.random(in: -0.2...0.2, using: &random) }
        let entry = try Self.entry(embedding: Embedding(values))
        let read = try #require(SemanticEntry(decoding: entry.encoded))
        #expect(read.key == entry.key)
        #expect(read.fingerprint == entry.fingerprint)
        #expect(read.owner == entry.owner)
        #expect(read.tier == .premium)
        #expect(read.text == entry.text)
        #expect(read.expiresUnixSeconds == entry.expiresUnixSeconds)
        for (one, other) in zip(try #require(read.embedding).values, values) { #expect(abs(one - other) < 0.000_2) }
        // Once halved it is halved.
        #expect(SemanticEntry(decoding: read.encoded) == read)
    }

    @Test func `one without an embedding does, too`() throws {
        let entry = try Self.entry(embedding: nil)
        #expect(SemanticEntry(decoding: entry.encoded) == entry)
    }

    @Test func `what is cut short, of another version or noise is none`() throws {
        let bytes = try Self.entry(embedding: Embedding([Float](repeating: 0.05, count: Embedding.dimensions))).encoded
        let head = bytes.count - "Where is it?".utf8.count
        for length in 0..<head { #expect(SemanticEntry(decoding: Array(bytes[..<length])) == nil) }
        var other = bytes
        other[0] &+= 1
        #expect(SemanticEntry(decoding: other) == nil)
        var notFinite = bytes
        notFinite[head - 1] = 0x7C
        notFinite[head - 2] = 0
        #expect(SemanticEntry(decoding: notFinite) == nil)
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            let noise = (0..<Int.random(in: 0...1_000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = SemanticEntry(decoding: [SemanticEntry.version] + noise)
        }
    }
}
