import GatewayCore
import Shared
import Testing

@Suite struct `The exact cache` {
    private static let backend = Backend(Settings.threeTiers.backends[0], catalogue: .threeTiers)
    private static let owner = CacheOwner(project: 1, key: 2)

    private func key(_ number: Int) throws -> CacheKey {
        var random = SeededGenerator(seed: UInt64(number))
        return try #require(CacheKey((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
    }

    private func answer(bytes: Int) -> CachedAnswer {
        CachedAnswer(
            form: .json([UInt8](repeating: 0x61, count: bytes)),
            backend: Self.backend,
            usage: TokenUsage(),
            usageIsEstimated: false,
            stopReason: nil
        )
    }

    // The note of such an answer is four bytes of version and flags, eight numbers of 8 bytes (tokens, time, owner), the
    // lengths of three empty texts and the number of warnings, 8 bytes each: 100 bytes. An entry's first block holds 168 bytes of note and answer, each further one 256; each
    // takes 260.
    private func blocks(_ bytes: Int) -> Int { bytes <= 68 ? 1 : 1 + (bytes - 68 + 255) / 256 }

    @Test func `gives back all of an answer`() throws {
        let cache = ExactCache(maxBytes: 1_000_000, lifetimeSeconds: 100)
        var random = SeededGenerator(seed: 3)
        let sizes = [0, 1, 67, 68, 69, 324, 325, 2_000, 70_000]
        for (number, size) in sizes.enumerated() {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            let stored = CachedAnswer(
                form: number.isMultiple(of: 2) ? .json(bytes) : .eventStream(bytes),
                dialect: number.isMultiple(of: 3) ? .openai : .anthropic,
                backend: Self.backend,
                usage: TokenUsage(input: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4, output: size),
                usageIsEstimated: number.isMultiple(of: 2),
                stopReason: number.isMultiple(of: 4) ? nil : "stop_sequence",
                warnings: [String](repeating: "dropped “top_k”", count: number),
                storedUnixSeconds: 1_700_000_000 + Int64(number),
                origin: number == 1 ? "" : "01JD-origin-\(number)"
            )
            cache.store(stored, for: try key(number), owner: Self.owner, now: 0)
            let found = try #require(cache.answer(for: try key(number), now: 1))
            #expect(found.form == stored.form && found.dialect == stored.dialect)
            #expect(found.backend === stored.backend)
            #expect(found.usage == stored.usage && found.usageIsEstimated == stored.usageIsEstimated)
            #expect(found.stopReason == stored.stopReason && found.warnings == stored.warnings)
            #expect(found.storedUnixSeconds == stored.storedUnixSeconds && found.origin == stored.origin)
        }
        #expect(cache.statistics.entries == sizes.count)
    }

    @Test func `lets the least recently used go when its bytes are full`() throws {
        // 10,000 bytes less a part in 32 are 37 blocks, of which slabs of two hold 36. Four entries of nine fit.
        let cache = ExactCache(maxBytes: 10_000, lifetimeSeconds: 100)
        let size = 68 + 8 * 256
        for number in 1...4 { cache.store(answer(bytes: size), for: try key(number), owner: Self.owner, now: 0) }
        #expect(cache.answer(for: try key(1), now: 1) != nil, "now the most recently used")
        cache.store(answer(bytes: size), for: try key(5), owner: Self.owner, now: 2)
        let held = try (1...5).filter { cache.answer(for: try key($0), now: 3) != nil }
        #expect(held == [1, 3, 4, 5])
        let statistics = cache.statistics
        #expect(statistics.entries == 4 && statistics.bytes == 36 * 260 && statistics.evictions == 1)
    }

    @Test func `forgets what has outlived its time`() throws {
        let cache = ExactCache(maxBytes: 10_000, lifetimeSeconds: 10)
        cache.store(answer(bytes: 8), for: try key(1), owner: Self.owner, now: 0)
        cache.store(answer(bytes: 8), for: try key(2), owner: Self.owner, lifetimeSeconds: 20, now: 0)
        cache.store(answer(bytes: 8), for: try key(3), owner: Self.owner, lifetimeSeconds: .max, now: 5)
        #expect(cache.answer(for: try key(1), now: 9_999_999_999) != nil)
        #expect(cache.answer(for: try key(1), now: 10_000_000_000) == nil)
        #expect(cache.answer(for: try key(2), now: 19_999_999_999) != nil)
        #expect(cache.answer(for: try key(2), now: 20_000_000_000) == nil)
        #expect(cache.answer(for: try key(3), now: .max - 1) != nil, "a lifetime beyond all clocks")
        #expect(cache.statistics.entries == 1 && cache.statistics.bytes == 260)
        #expect(cache.statistics.hits == 3 && cache.statistics.misses == 2)
    }

    @Test func `keeps one answer under a key and none that is larger than itself`() throws {
        let cache = ExactCache(maxBytes: 4_000, lifetimeSeconds: 10)
        cache.store(answer(bytes: 10), for: try key(1), owner: Self.owner, now: 0)
        cache.store(answer(bytes: 400), for: try key(1), owner: Self.owner, now: 0)
        #expect(cache.statistics.entries == 1 && cache.statistics.bytes == 3 * 260)
        cache.store(answer(bytes: 5_000), for: try key(2), owner: Self.owner, now: 0)
        #expect(cache.answer(for: try key(2), now: 1) == nil)
        #expect(cache.answer(for: try key(1), now: 1) != nil)
        let none = ExactCache(maxBytes: 0, lifetimeSeconds: 10)
        none.store(answer(bytes: 1), for: try key(1), owner: Self.owner, now: 0)
        #expect(none.answer(for: try key(1), now: 1) == nil)
    }

    @Test func `removes an entry, a key's, a project's, and all`() throws {
        // Large enough for several parts with locks of their own.
        let cache = ExactCache(maxBytes: 64_000_000, lifetimeSeconds: 10)
        func fill() throws {
            for number in 0..<300 {
                let owner = CacheOwner(project: UInt64(number % 3), key: UInt64(number % 5))
                cache.store(answer(bytes: number), for: try key(number), owner: owner, now: 0)
            }
        }
        func held() throws -> [Int] { try (0..<300).filter { cache.answer(for: try key($0), now: 1) != nil } }
        try fill()
        let seventh = CacheSelection.entry(try key(7))
        #expect(cache.remove(seventh) == 1)
        #expect(cache.remove(seventh) == 0)
        #expect(try held() == (0..<300).filter { $0 != 7 })
        #expect(cache.remove(.project(1)) == 99, "a third of 300, and 7 is gone")
        #expect(try held() == (0..<300).filter { $0 % 3 != 1 })
        #expect(cache.remove(.key(4)) == 40, "a fifth of the 200 that are left")
        #expect(try held() == (0..<300).filter { $0 % 3 != 1 && $0 % 5 != 4 })
        #expect(cache.remove(.all) == 160 && cache.statistics.entries == 0 && cache.statistics.bytes == 0)
        try fill()
        #expect(try held().count == 300)
    }

    @Test func `holds on to a backend while an entry needs it and no longer`() throws {
        weak var held: Backend?
        do {
            let cache = ExactCache(maxBytes: 100_000, lifetimeSeconds: 10)
            do {
                let backend = Backend(Settings.threeTiers.backends[1], catalogue: .threeTiers)
                held = backend
                var answer = answer(bytes: 500)
                answer.backend = backend
                for number in 0..<3 { cache.store(answer, for: try key(number), owner: Self.owner, now: 0) }
            }
            #expect(held != nil)
            #expect(cache.remove(.all) == 3)
            #expect(held == nil)
            let backend = Backend(Settings.threeTiers.backends[1], catalogue: .threeTiers)
            held = backend
            var answer = answer(bytes: 500)
            answer.backend = backend
            cache.store(answer, for: try key(1), owner: Self.owner, now: 0)
        }
        #expect(held == nil, "the cache is gone")
    }

    /// The cache against the simplest thing that does the same: a list in the order of use.
    @Test func `agrees with a plain list over a long random run`() throws {
        var random = SeededGenerator(seed: 11)
        // 62,000 bytes less a part in 32 are 231 blocks; a slab has 8, and 28 slabs fit.
        let room = 224
        let cache = ExactCache(maxBytes: 62_000, lifetimeSeconds: 1_000)
        let keys = try (0..<60).map(key)
        var list: [(number: Int, bytes: Int)] = []
        for step in 0..<5_000 {
            let number = Int.random(in: 0..<keys.count, using: &random)
            let at = list.firstIndex { $0.number == number }
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<10:
                let bytes = Int.random(in: 1...6_000, using: &random)
                cache.store(answer(bytes: bytes), for: keys[number], owner: Self.owner, now: Int64(step))
                if let at { list.remove(at: at) }
                while list.map({ blocks($0.bytes) }).reduce(0, +) + blocks(bytes) > room { list.removeFirst() }
                list.append((number, bytes))
            case 10:
                #expect(cache.remove(.entry(keys[number])) == (at == nil ? 0 : 1))
                if let at { list.remove(at: at) }
            default:
                let found = cache.answer(for: keys[number], now: Int64(step))
                #expect(found?.form.bytes.count == at.map { list[$0].bytes })
                if let at { list.append(list.remove(at: at)) }
            }
            #expect(cache.statistics.bytes == list.map { blocks($0.bytes) * 260 }.reduce(0, +))
        }
    }
}
