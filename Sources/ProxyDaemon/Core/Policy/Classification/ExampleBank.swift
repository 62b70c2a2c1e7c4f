package import Shared
import Synchronization

/// Labelled prompts of the operator's own: what means the same as one of them takes its tier.
package actor ExampleBank {
    /// A prompt and the tier that it needs.
    package struct Example: Sendable, Equatable {
        package let prompt: String
        package let tier: Tier
        /// Its line in the file.
        package let line: Int
    }

    /// An example and how near it is.
    package struct Match: Sendable {
        package let tier: Tier
        package let line: Int
        package let cosine: Float
    }

    /// More would take longer to compare than to embed.
    package static let maximumExamples = 2_000

    private let examples: [Example]
    private let threshold: Float
    private let embedder: any Embedder
    private let maximumTokens: Int
    private var vectors: [(example: Example, vector: Embedding)] = []
    private var isPrepared = false

    package init(_ examples: [Example], threshold: Double, embedder: any Embedder, maximumTokens: Int) {
        self.examples = examples
        self.threshold = Float(threshold)
        self.embedder = embedder
        self.maximumTokens = maximumTokens
    }

    /// Reads a file of examples, a JSON object `{"prompt": ..., "tier": ...}` a line. Throws an `invalidRequest` that names the
    /// line.
    package static func parse(_ text: [UInt8]) throws(GatewayError) -> [Example] {
        var examples: [Example] = []
        for (number, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            guard examples.count < maximumExamples else {
                throw GatewayError(.invalidRequest("line \(number + 1): at most \(maximumExamples) examples are read"))
            }
            examples.append(try parse(Array(line), number + 1))
        }
        return examples
    }

    private static func parse(_ line: [UInt8], _ number: Int) throws(GatewayError) -> Example {
        let parsed = line.withUnsafeBufferPointer { bytes -> Example? in
            guard let index = try? JSONIndex(bytes) else { return nil }
            return index.withRoot(bytes) { root in
                guard let prompt = root["prompt"]?.string, !prompt.isEmpty, let tier = root["tier"] else { return nil }
                let named = tier.kind == .number ? tier.integer.flatMap(Tier.init(rawValue:)) : nil
                guard let tier = named ?? tier.string.flatMap({ Tier(parsing: $0) }) else { return nil }
                return Example(prompt: prompt, tier: tier, line: number)
            }
        }
        guard let parsed else {
            let expected = "expected {\"prompt\": a text, \"tier\": local, fast, balanced, premium or 0 to 3}"
            throw GatewayError(.invalidRequest("line \(number): \(expected)"))
        }
        return parsed
    }

    /// Embeds the examples. Until it is done none of them matches; what could not be embedded never does.
    package func prepare() async {
        guard !isPrepared else { return }
        isPrepared = true
        for example in examples {
            let ask = Ask(Array(example.prompt.utf8))
            guard let vector = await embedder.embed(ask.text, maximumTokens: maximumTokens) else { continue }
            vectors.append((example, vector))
        }
    }

    /// The nearest example, where it is near enough.
    package func nearest(to embedding: Embedding) -> Match? {
        var best: Match?
        for (example, vector) in vectors {
            let cosine = embedding.cosine(vector)
            guard cosine >= threshold, cosine > best?.cosine ?? -1 else { continue }
            best = Match(tier: example.tier, line: example.line, cosine: cosine)
        }
        return best
    }
}
