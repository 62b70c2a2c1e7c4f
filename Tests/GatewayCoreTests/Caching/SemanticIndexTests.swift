import Shared
import Testing

@testable import GatewayCore

/// Vectors as embeddings are: around a few topics, of unit length.
struct EmbeddingSource {
    var random: SeededGenerator
    private let topics: [[Float]]

    init(seed: UInt64, topics count: Int) {
        var random = SeededGenerator(seed: seed)
        topics = (0..<count).map { _ in (0..<Embedding.dimensions).map { _ in Self.normal(&random) } }
        self.random = random
    }

    /// About normally distributed, as deep as tests need it: the sum of the four quarters of a random number.
    private static func normal(_ random: inout SeededGenerator) -> Float {
        let bits = random.next()
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Float(sum) - 131_070) / 37_837
    }

    static func unit(_ values: [Float]) -> [Float] {
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / length }
    }

    /// One around a topic; cosines within a topic are about 1 / (1 + spread²).
    mutating func next(topic: Int, spread: Float) -> Embedding? {
        Embedding(Self.unit(topics[topic].map { $0 + spread * Self.normal(&random) }))
    }
}

@Suite struct `The index of questions` {
    private func digest(_ number: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        return (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private func entry(
        _ number: Int,
        group: Int = 0,
        project: UInt64 = 1,
        _ embedding: Embedding?,
        stored: Int64 = 0,
        expires: Int64 = 1_000
    ) throws -> SemanticEntry {
        SemanticEntry(
            key: try #require(CacheKey(digest(number))),
            fingerprint: try fingerprint(group),
            owner: CacheOwner(project: project, key: UInt64(number % 4)),
            tier: .fast,
            text: Array("question \(number)".utf8),
            embedding: embedding,
            storedUnixSeconds: stored,
            expiresUnixSeconds: expires
        )
    }

    private func fingerprint(_ group: Int) throws -> SemanticFingerprint {
        try #require(SemanticFingerprint(digest(1_000_000 + group)))
    }

    private func axis(_ number: Int, _ value: Float = 1) -> Embedding? {
        var values = [Float](repeating: 0, count: Embedding.dimensions)
        values[number] = value
        return Embedding(values)
    }

    @Test func `gives back an entry as it came, in halves`() throws {
        let index = SemanticIndex()
        // 0.6 and 0.8 as halves are 0.60009765625 and 0.7998046875.
        var values = [Float](repeating: 0, count: Embedding.dimensions)
        values[3] = 0.6
        values[383] = -0.8
        let embedding = try #require(Embedding(values))
        var entry = try entry(1, embedding, stored: 5, expires: 50)
        #expect(index.insert(entry, now: 10))
        values[3] = 0.600_097_66
        values[383] = -0.799_804_7
        let found = index.nearest(
            entry.fingerprint,
            embedding,
            minimumCosine: 0.99,
            now: 10,
            limit: 5
        )
        entry.embedding = Embedding(values)
        #expect(found.map(\.entry) == [entry])
        #expect(index.entry(for: entry.key, now: 49) == entry)
        #expect(index.entry(for: entry.key, now: 50) == nil)
    }

    @Test func `refuses embeddings without a direction, outlived entries and endless questions`() throws {
        let index = SemanticIndex()
        for value in [0, .nan, .infinity, 1e-30, 3e38] as [Float] {
            #expect(!index.insert(try entry(1, axis(0, value)), now: 0), "\(value)")
            let query = try #require(axis(0, value))
            let found = index.nearest(try fingerprint(0), query, minimumCosine: 0, now: 0, limit: 1)
            #expect(found.isEmpty)
        }
        #expect(!index.insert(try entry(1, axis(0), expires: 7), now: 7))
        var long = try entry(1, axis(0))
        long.text = [UInt8](repeating: 0x61, count: SemanticIndex.maximumTextBytes + 1)
        #expect(!index.insert(long, now: 0))
        #expect(index.count == 0)
        // Another length is no other direction.
        #expect(index.insert(try entry(1, axis(0, 250)), now: 0))
        let query = try #require(axis(0, 0.001))
        let found = index.nearest(try fingerprint(0), query, minimumCosine: 0.8, now: 0, limit: 1)
        #expect(found.map(\.cosine) == [1])
    }

    @Test func `finds nothing under another fingerprint`() throws {
        let index = SemanticIndex()
        let same = try #require(axis(5))
        for group in 0..<20 { index.insert(try entry(group, group: group, same), now: 0) }
        for group in 0..<20 {
            let found = index.nearest(try fingerprint(group), same, minimumCosine: -1, now: 0, limit: 100)
            #expect(found.map(\.entry.key) == [CacheKey(digest(group))])
            #expect(index.candidates(try fingerprint(group), now: 0).map(\.key) == [CacheKey(digest(group))])
        }
        #expect(index.nearest(try fingerprint(20), same, minimumCosine: -1, now: 0, limit: 100).isEmpty)
        #expect(index.fingerprintCount == 20)
    }

    @Test func `takes the newest in the place of an older one with the same key`() throws {
        let index = SemanticIndex()
        index.insert(try entry(1, group: 0, axis(0)), now: 0)
        index.insert(try entry(1, group: 1, axis(1)), now: 0)
        #expect(index.count == 1 && index.fingerprintCount == 1)
        let query = try #require(axis(1))
        #expect(index.nearest(try fingerprint(0), query, minimumCosine: -1, now: 0, limit: 9).isEmpty)
        #expect(index.nearest(try fingerprint(1), query, minimumCosine: 0.9, now: 0, limit: 9).count == 1)
    }

    @Test func `offers the newest questions to be compared by their words`() throws {
        let index = SemanticIndex()
        // Stored in an order that is not that of time: 7 has no divisor in common with 2,500.
        for number in 0..<2_500 {
            index.insert(try entry(number, nil, stored: Int64(number * 7 % 2_500), expires: 5_000), now: 0)
        }
        index.insert(try entry(9_999, nil, stored: 9_999, expires: 20), now: 0)
        let found = index.candidates(try fingerprint(0), now: 20)
        #expect(found.map(\.storedUnixSeconds) == (1_500..<2_500).reversed())
        #expect(found.allSatisfy { $0.embedding == nil })
        let query = try #require(axis(0))
        #expect(index.nearest(try fingerprint(0), query, minimumCosine: -1, now: 20, limit: 9).isEmpty)
    }

    @Test func `stays within its entries and its bytes`() throws {
        let few = SemanticIndex(maxEntries: 3)
        for number in 0..<3 { few.insert(try entry(number, group: number, axis(number)), now: 0) }
        few.touch(try #require(CacheKey(digest(0))))
        few.insert(try entry(3, group: 3, axis(3)), now: 0)
        let held = try (0..<4).filter { few.entry(for: try #require(CacheKey(digest($0))), now: 0) != nil }
        #expect(held == [0, 2, 3] && few.fingerprintCount == 3)
        let empty = few.removeAll()
        #expect(empty == 3 && few.count == 0 && few.bytes == 0)

        let small = SemanticIndex(maxEntries: 1_000, maxBytes: 100_000)
        for number in 0..<1_000 { small.insert(try entry(number, group: number % 7, axis(number % 384)), now: 0) }
        #expect(small.bytes <= 100_000)
        // An entry is 48 bytes of signs, 768 of halves and about 300 of all else.
        #expect((60...90).contains(small.count))
        let none = SemanticIndex(maxEntries: 0)
        none.insert(try entry(1, axis(0)), now: 0)
        #expect(none.count == 0)
    }

    @Test func `sweeps out what has outlived its time`() throws {
        let index = SemanticIndex()
        for number in 0..<100 { index.insert(try entry(number, group: number, axis(0), expires: 10), now: 0) }
        for number in 100..<150 { index.insert(try entry(number, group: 0, axis(0), expires: 99), now: 10) }
        #expect(index.count == 50 && index.fingerprintCount == 1)
        // A search takes out those that it comes upon.
        let query = try #require(axis(0))
        #expect(index.nearest(try fingerprint(0), query, minimumCosine: 0, now: 99, limit: 9).isEmpty)
        #expect(index.count == 0 && index.fingerprintCount == 0)
    }

    /// Insertions, removals, time and use in a random order, beside a plain list that is searched from end to end.
    @Test(arguments: [1, 2, 3] as [UInt64]) func `agrees with a plain list over a long random run`(seed: UInt64) throws
    {
        struct Held {
            var entry: SemanticEntry
            var number: Int
        }
        var source = EmbeddingSource(seed: seed, topics: 6)
        let maxEntries = 80
        let index = SemanticIndex(maxEntries: maxEntries)
        var list: [Held] = []  // The least recently used first.
        var now: Int64 = 0
        var found = 0
        func isGone(_ key: CacheKey) -> Bool { index.entry(for: key, now: .min) == nil }
        for _ in 0..<1_500 {
            let number = Int.random(in: 0..<200, using: &source.random)
            let topic = Int.random(in: 0..<6, using: &source.random)
            let spread = Float.random(in: 0.05...0.45, using: &source.random)
            let drawn = source.next(topic: topic, spread: spread)
            let embedding = try #require(drawn)
            switch Int.random(in: 0..<100, using: &source.random) {
            case 0..<50:
                let new = try entry(
                    number,
                    group: topic % 3,
                    project: UInt64(number % 9),
                    number % 10 == 0 ? nil : embedding,
                    stored: now,
                    expires: now + Int64.random(in: 1...120, using: &source.random)
                )
                #expect(index.insert(new, now: now))
                list.removeAll { $0.number == number }
                list.append(Held(entry: new, number: number))
                let gone = list.filter { isGone($0.entry.key) }
                let lost = gone.filter { $0.entry.expiresUnixSeconds > now }
                if let lost = lost.first {
                    let older = list.prefix { $0.number != lost.number }
                    #expect(older.allSatisfy { isGone($0.entry.key) }, "it was the least recently used")
                    #expect(index.count == maxEntries)
                }
                #expect(lost.count <= 1 && index.count <= maxEntries)
                list.removeAll { isGone($0.entry.key) }
                #expect(list.count == index.count)
            case 50..<55:
                let removed = index.remove(.entry(try #require(CacheKey(digest(number)))))
                #expect(removed == list.count { $0.number == number })
                list.removeAll { $0.number == number }
            case 55:
                let project = UInt64(number % 9)
                let removed = index.remove(.project(project))
                #expect(removed == list.count { $0.entry.owner.project == project })
                list.removeAll { $0.entry.owner.project == project }
            case 56..<65:
                index.touch(try #require(CacheKey(digest(number))))
                if let at = list.firstIndex(where: { $0.number == number }) { list.append(list.remove(at: at)) }
            case 65..<75: now += Int64.random(in: 0...6, using: &source.random)
            default:
                let least = Float.random(in: 0.80...0.97, using: &source.random)
                let near = index.nearest(
                    try fingerprint(topic % 3),
                    embedding,
                    minimumCosine: least,
                    now: now,
                    limit: 1_000
                )
                let group = try fingerprint(topic % 3)
                let all = list.filter { $0.entry.fingerprint == group && $0.entry.expiresUnixSeconds > now }
                let cosines = all.compactMap { held in
                    held.entry.embedding.map { (held.entry.key, $0.cosine(embedding)) }
                }
                // Halves move a cosine by no more than this.
                let sure = cosines.filter { $0.1 >= least + 0.001 }.map(\.0)
                let possible = cosines.filter { $0.1 >= least - 0.001 }.map(\.0)
                #expect(Set(near.map(\.entry.key)).isSuperset(of: sure))
                #expect(Set(near.map(\.entry.key)).isSubset(of: possible))
                #expect(near.map(\.cosine) == near.map(\.cosine).sorted(by: >))
                found += sure.count
                list.removeAll { $0.entry.expiresUnixSeconds <= now && isGone($0.entry.key) }
                #expect(list.count == index.count)
            }
        }
        #expect(found > 100, "the run finds something")
    }
}
