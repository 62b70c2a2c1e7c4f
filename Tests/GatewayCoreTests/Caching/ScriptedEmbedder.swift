import GatewayCore
import Shared
import Synchronization

/// Embeddings by a script: texts of one topic point to one side, each with a cosine to the topic's own direction.
struct ScriptedEmbedder: Embedder {
    var topics: [String: (topic: UInt64, cosine: Float)] = [:]
    /// Texts that have more tokens than may be read.
    var long: Set<String> = []
    var state = EmbedderState.ready
    let model = "scripted"

    func embedText(_ text: [UInt8], maximumTokens: Int) async -> EmbeddedText? {
        let words = String(decoding: text, as: UTF8.self)
        let (topic, cosine) = topics[words] ?? (Self.hash(words), 1)
        let direction = Self.unit(Self.random(seed: topic))
        var aside = Self.random(seed: Self.hash(words) ^ topic)
        let along = zip(direction, aside).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        aside = Self.unit(zip(direction, aside).map { $1 - along * $0 })
        let rest = (1 - cosine * cosine).squareRoot()
        guard let embedding = Embedding(zip(direction, aside).map { cosine * $0 + rest * $1 }) else { return nil }
        return EmbeddedText(embedding: embedding, isWhole: !long.contains(words))
    }

    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func random(seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<Embedding.dimensions).map { _ in Float.random(in: -1...1, using: &random) }
    }

    private static func unit(_ values: [Float]) -> [Float] {
        let length = values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / length }
    }
}

/// A home in memory, as a test's stand-in for what is tested with the real thing elsewhere.
final class ScriptedHome: AnswerHome {
    private let values = Mutex<[CacheKey: ([UInt8], CacheOwner)]>([:])
    private let isAway = Mutex(false)

    var count: Int { values.withLock { $0.count } }

    func leave(_ away: Bool) { isAway.withLock { $0 = away } }

    func value(for key: CacheKey) async -> [UInt8]? {
        isAway.withLock { $0 } ? nil : values.withLock { $0[key]?.0 }
    }

    func store(_ value: [UInt8], for key: CacheKey, owner: CacheOwner, lifetimeSeconds: Int) {
        if !isAway.withLock({ $0 }) { values.withLock { $0[key] = (value, owner) } }
    }

    func remove(_ selection: CacheSelection) async -> Int? {
        guard !isAway.withLock({ $0 }) else { return nil }
        return values.withLock { values in
            let before = values.count
            values = values.filter { !selection.includes($0.key, of: $0.value.1) }
            return before - values.count
        }
    }

    var report: CacheHomeReport {
        CacheHomeReport(name: "scripted", state: isAway.withLock { $0 } ? .down : .ok, entries: count)
    }
}
