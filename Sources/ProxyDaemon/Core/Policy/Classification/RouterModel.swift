import Shared

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The learned score: linear heads over what can be counted in an ask and, where there is one, over its embedding.
///
/// `docs/routing.md` says what it is trained on and how good it is.
package struct RouterModel: Sendable {
    /// The only version of the file that this code reads.
    package static let version = 1
    /// The share of the strong tier's quality that the default thresholds keep.
    package static let defaultQuality = 0.95
    /// An ask with fewer words is short.
    static let shortAskWords = 20
    /// Signals shown with a judgement.
    static let shownSignals = 8

    /// The name of the model that made the embeddings it was trained with.
    package let embedderModel: String
    /// SHA-256 of that model's weights, in small hexadecimal digits.
    package let embedderSHA256: String
    /// Tokens of the ask that its embedding is to be made of.
    package let maximumTokens: Int

    private let mean: [Double]
    private let deviation: [Double]
    /// With the embedding, and without.
    private let meaning: RouterVariant
    private let words: RouterVariant
    /// Unit vectors in the midst of what was trained on.
    private let centroids: [Embedding]
    /// The least cosine to the nearest of them that is not novel.
    private let leastFamiliarity: Float

    /// Reads the weights file. `embedderSHA256` is that of the embedding model in use; nil where there is none to compare.
    ///
    /// - Throws: ``RouterModelError`` that names what is wrong.
    package init(parsing bytes: [UInt8], embedderSHA256: String? = nil) throws(RouterModelError) {
        let index: JSONIndex
        do throws(JSONProblem) {
            index = try JSONIndex(bytes)
        } catch {
            throw RouterModelError(path: "", problem: error.description)
        }
        let result = bytes.withUnsafeBufferPointer { buffer in
            index.withRoot(buffer) { root -> Result<RouterModel, RouterModelError> in
                do throws(RouterModelError) {
                    return .success(try RouterModel(WeightsReader(view: root, path: ""), embedderSHA256))
                } catch {
                    return .failure(error)
                }
            }
        }
        self = try result.get()
    }

    private init(_ file: WeightsReader, _ expectedSHA256: String?) throws(RouterModelError) {
        let version = try file["version"].number()
        guard version == Double(Self.version) else {
            throw try file["version"].error("expected version \(Self.version), found \(version)")
        }
        let names = AskFeatures.names
        let fileNames = try file["features"].elements()
        for (at, name) in names.enumerated() where at < fileNames.count {
            let found = try fileNames[at].text()
            guard found == name else { throw fileNames[at].error("expected \"\(name)\", found \"\(found)\"") }
        }
        guard fileNames.count == names.count else {
            throw try file["features"].error("expected \(names.count) names, found \(fileNames.count)")
        }
        mean = try file["mean"].numbers(names.count)
        deviation = try file["deviation"].numbers(names.count)
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw try file["deviation"].error("expected numbers above zero")
        }
        let embedder = try file["embedder"]
        embedderModel = try embedder["model"].text()
        embedderSHA256 = try embedder["sha256"].text()
        if let expectedSHA256, expectedSHA256 != embedderSHA256 {
            throw try embedder["sha256"].error(
                "the weights are for an embedding model of \(embedderSHA256), in use is \(expectedSHA256)"
            )
        }
        let tokens = try embedder["tokens"].number()
        guard tokens >= 8, tokens <= 512 else { throw try embedder["tokens"].error("expected 8 to 512") }
        maximumTokens = Int(tokens)
        let variants = try file["variants"]
        meaning = try RouterVariant(variants["meaning"], features: names.count, usesEmbedding: true)
        words = try RouterVariant(variants["words"], features: names.count, usesEmbedding: false)
        let novelty = try file["novelty"]
        let count = try novelty["count"].number()
        guard count >= 1, count <= 4_096 else { throw try novelty["count"].error("expected 1 to 4096") }
        let signed = try novelty["centroids"].signedBytes(Int(count) * Embedding.dimensions)
        var centroids: [Embedding] = []
        for row in 0..<Int(count) {
            let values = signed[(row * Embedding.dimensions)..<((row + 1) * Embedding.dimensions)].map(Float.init)
            let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0, let centroid = Embedding(values.map { $0 / length }) else {
                throw try novelty["centroids"].error("centroid \(row) has no direction")
            }
            centroids.append(centroid)
        }
        self.centroids = centroids
        leastFamiliarity = Float(try novelty["least_cosine"].number())
    }

    /// The calibrated bounds of the tiers for a share of the strong tier's quality, such as 0.95.
    package func thresholds(quality: Double = defaultQuality, withEmbedding: Bool) -> ScoreThresholds {
        (withEmbedding ? meaning : words).thresholds(quality: quality)
    }

    /// How hard the ask is. The embedding is that of ``Ask/text``; nil uses the heads that do without. Without bounds of
    /// the tiers the calibrated ones for ``defaultQuality`` hold.
    package func judge(
        _ features: AskFeatures,
        embedding: Embedding? = nil,
        thresholds: ScoreThresholds? = nil
    ) -> Judgement {
        let variant = embedding == nil ? words : meaning
        let bounds = thresholds ?? variant.thresholds(quality: Self.defaultQuality)
        let inputs = standardised(features)
        let exam = variant.exam(inputs, embedding)
        let everyday = variant.everyday(inputs, embedding)
        let gate = 1 / (1 + exp(-max(-30, min(30, variant.gate(inputs, embedding)))))
        let raw = gate * exam + (1 - gate) * everyday
        let score = variant.percentiles(raw)
        let tier = bounds.tier(forScore: score)
        let mixed = MixedHeads(variant, gate: gate, inputs, embedding)
        let baseline = variant.percentiles(mixed.typical)
        return Judgement(
            score: score,
            gain: variant.gain(inputs, embedding),
            complexity: variant.percentiles(everyday),
            examLikelihood: gate,
            tier: tier,
            confidence: interpolated(
                bounds.margin(of: score),
                variant.confidence.margins,
                variant.confidence.chances
            ),
            abstention: abstention(
                features,
                embedding,
                gate: gate,
                tiers: (
                    tier, bounds.tier(forScore: variant.percentiles(exam)),
                    bounds.tier(forScore: variant.percentiles(everyday))
                ),
                isNear: bounds.margin(of: score) < variant.nearMargin
            ),
            taskType: taskType(variant, features, inputs, embedding),
            source: SignalSource(
                heads: mixed,
                features: features,
                rise: score - baseline,
                raw: raw,
                slope: variant.percentiles.slope(at: raw)
            ),
            baseline: baseline,
            usesEmbedding: embedding != nil
        )
    }

    /// How many numbers a request has for the ranking that is learned from shadow pairs.
    package static let rankingInputs = AskFeatures.names.count + Embedding.dimensions
    /// Makes the features together weigh about as much as the embedding, whose squares add up to one.
    private static let featureScale = 0.12

    /// A request as the ranking that is learned from shadow pairs sees it.
    package func rankingInput(_ features: AskFeatures, _ embedding: Embedding) -> [Float] {
        standardised(features).map { Float($0 * Self.featureScale) } + embedding.values
    }

    private func standardised(_ features: AskFeatures) -> [Double] {
        var out = features.values
        for at in out.indices { out[at] = max(-4, min(4, (out[at] - mean[at]) / deviation[at])) }
        return out
    }

    /// The task whose head is highest; without the embedding only one of which there is some sign.
    private func taskType(
        _ variant: RouterVariant,
        _ features: AskFeatures,
        _ inputs: [Double],
        _ embedding: Embedding?
    ) -> TaskType {
        var best: (task: TaskType, score: Double)?
        for (task, head) in variant.tasks where embedding != nil || features.hasSigns(of: task) {
            let score = head(inputs, embedding)
            if score > best?.score ?? -.infinity { best = (task, score) }
        }
        return best?.task ?? .general
    }

    private func abstention(
        _ features: AskFeatures,
        _ embedding: Embedding?,
        gate: Double,
        tiers: (whole: Tier, exam: Tier, everyday: Tier),
        isNear: Bool
    ) -> Judgement.Abstention? {
        if features.askWords < Self.shortAskWords, tiers.whole < .premium,
            features.count(.proof) + features.count(.depth) > 0
        {
            return .shortButDeep
        }
        if let embedding, !centroids.contains(where: { $0.cosine(embedding) >= leastFamiliarity }) { return .novel }
        if gate > 0.15, gate < 0.85, abs(tiers.exam.rawValue - tiers.everyday.rawValue) > 1 { return .headsDisagree }
        return isNear ? .nearThreshold : nil
    }
}
