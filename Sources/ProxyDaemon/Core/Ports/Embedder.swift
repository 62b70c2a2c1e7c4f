/// A text's meaning as a vector of unit length: texts that mean alike point alike.
package struct Embedding: Sendable, Equatable {
    /// Numbers of the vectors of all-MiniLM-L6-v2.
    package static let dimensions = 384

    /// ``dimensions`` numbers whose squares add up to 1.
    package let values: [Float]

    /// nil for a wrong number of values.
    package init?(_ values: [Float]) {
        guard values.count == Self.dimensions else { return nil }
        self.values = values
    }

    /// The cosine of the angle between the two: 1 for the same direction.
    package func cosine(_ other: Embedding) -> Float {
        values.withUnsafeBytes { own in
            other.values.withUnsafeBytes { their in
                var sums = SIMD16<Float>.zero
                for at in stride(from: 0, to: Self.dimensions * 4, by: 64) {
                    let left = own.loadUnaligned(fromByteOffset: at, as: SIMD16<Float>.self)
                    sums += left * their.loadUnaligned(fromByteOffset: at, as: SIMD16<Float>.self)
                }
                return sums.sum()
            }
        }
    }
}

/// Whether embeddings can be had, and why not.
package enum EmbedderState: Sendable, Equatable {
    /// The model is there and is loaded at the first use.
    case idle
    case ready
    /// There will be none; the text says why, and what to do about it.
    case off(String)
}

/// A text's embedding, and whether all of the text went into it.
package struct EmbeddedText: Sendable, Equatable {
    package let embedding: Embedding
    /// False where the text has more tokens than were to be read.
    package let isWhole: Bool

    package init(embedding: Embedding, isWhole: Bool) {
        self.embedding = embedding
        self.isWhole = isWhole
    }
}

/// Makes embeddings of texts.
package protocol Embedder: Sendable {
    /// The model's name, such as `all-MiniLM-L6-v2`.
    var model: String { get }
    var state: EmbedderState { get }

    /// The embedding of a UTF-8 text, of which no more than `maximumTokens` are read. Computed on threads of its own; nil
    /// where the layer is off or too many texts are waiting.
    func embedText(_ text: [UInt8], maximumTokens: Int) async -> EmbeddedText?
}

extension Embedder {
    /// The same where it does not matter whether the text was read to its end.
    package func embed(_ text: [UInt8], maximumTokens: Int) async -> Embedding? {
        await embedText(text, maximumTokens: maximumTokens)?.embedding
    }
}
