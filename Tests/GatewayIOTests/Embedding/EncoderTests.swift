import CKernels
import EmbeddingFixtures
import GatewayCore
import Testing

@testable import GatewayIO

@Suite(InstalledModel.needed) struct `The encoder` {
    /// Every how manieth text is embedded. A debug build is some fifteen times slower and takes a part of the texts; a
    /// release build, such as `make bench-embedding`, takes all. Odd steps, as the texts' kinds come in turns of 8 and 64.
    private static func step(_ kernels: EncoderKernels) -> Int {
        #if DEBUG
        kernels.name == EncoderKernels.best?.name ? 9 : 37
        #else
        1
        #endif
    }

    @Test(arguments: InstalledModel.kernels)
    func `points where the reference points`(kernels: EncoderKernels) throws {
        let model = try InstalledModel.model(kernels)
        let scratch = Encoder.Scratch(for: model.encoder, tokens: Encoder.maximumTokens)
        let texts = try EmbeddingFixtures.tokens(in: InstalledModel.fixtures).map(\.text)
        let expected = try EmbeddingFixtures.embeddings(in: InstalledModel.fixtures)
        #expect(expected.count >= 1_000)
        for at in stride(from: 0, to: expected.count, by: Self.step(kernels)) {
            let tokens = model.tokens(of: texts[at], maximumTokens: EmbeddingFixtures.maximumTokens)
            let embedding = try #require(model.encoder.embed([tokens], scratch)?.first)
            #expect(embedding.cosine(expected[at]) >= 0.9999, "line \(at + 1)")
        }
    }

    @Test(arguments: InstalledModel.kernels)
    func `gives a text the same embedding in any company`(kernels: EncoderKernels) throws {
        let model = try InstalledModel.model(kernels)
        let scratch = Encoder.Scratch(for: model.encoder, tokens: 256)
        // Lengths on both sides of what tiles, vectors and blocks hold.
        let sequences = [1, 2, 3, 5, 7, 8, 9, 15, 17, 31, 33].map { length in
            (0..<length).map { Int32(1_000 + $0 * 7_919 % 29_000) }
        }
        let together = try #require(model.encoder.embed(sequences, scratch))
        #expect(together.count == sequences.count)
        for (sequence, embedding) in zip(sequences, together) {
            let alone = try #require(model.encoder.embed([sequence], scratch)?.first)
            #expect(alone == embedding, "\(sequence.count) tokens")
            #expect(abs(alone.cosine(alone) - 1) < 1e-5)
        }
    }

    @Test func `refuses what it cannot hold`() throws {
        let model = try InstalledModel.shared.get()
        let scratch = Encoder.Scratch(for: model.encoder, tokens: 16)
        #expect(model.encoder.embed([[]], scratch) == nil)
        #expect(model.encoder.embed([[101, -1]], scratch) == nil)
        #expect(model.encoder.embed([[101, 30_522]], scratch) == nil)
        #expect(model.encoder.embed([Array(repeating: 101, count: 17)], scratch) == nil)
        #expect(
            model.encoder.embed([Array(repeating: 101, count: 9), Array(repeating: 101, count: 8)], scratch) == nil
        )
        #expect(model.encoder.embed([], scratch) == [])
        let large = Encoder.Scratch(for: model.encoder, tokens: 600)
        #expect(model.encoder.embed([Array(repeating: 101, count: 513)], large) == nil)
    }
}

@Suite struct `The kernels` {
    @Test func `are there for every CPU, the fastest first`() {
        #expect(EncoderKernels(.portable) != nil)
        let best = EncoderKernels.Path.allCases.last { EncoderKernels($0) != nil }
        #expect(EncoderKernels.best?.name == best.flatMap { EncoderKernels($0)?.name })
    }

    /// Values and halves worked out by hand from the format: 5 bits of exponent with bias 15, 10 of fraction.
    @Test(
        arguments: [
            (0, 0x0000), (-0.0, 0x8000), (1, 0x3C00), (-2, 0xC000), (65_504, 0x7BFF), (65_520, 0x7C00),
            // Half way between 1 and the next number goes to the even one, and so does half way to the one behind it.
            (1 + 0x1p-11, 0x3C00), (1 + 0x1p-10 + 0x1p-11, 0x3C02),
            // The smallest of full precision, the largest below it, the smallest of all, and half of that.
            (0x1p-14, 0x0400), (0x1p-14 - 0x1p-24, 0x03FF), (0x1p-24, 0x0001), (0x1p-25, 0x0000), (0x1.8p-24, 0x0002),
        ] as [(Float, UInt16)]
    )
    func `round to half precision`(value: Float, half: UInt16) {
        var found: UInt16 = 0
        ck_narrow([value], 1, &found)
        #expect(found == half)
    }

    @Test func `size matrices by whole panels`() {
        for kernels in InstalledModel.kernels {
            #expect(kernels.table.packed_bytes(384) > 0)
            #expect(kernels.table.packed_bytes(100) == 0)
            #expect(kernels.table.scratch_bytes(512) > kernels.table.scratch_bytes(1))
        }
    }
}
