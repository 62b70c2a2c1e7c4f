import GatewayCore
import Shared
import Testing

@Suite struct `The exact cache` {
    private let backend = Backend(Settings.threeTiers.backends[0], catalogue: .threeTiers)

    private func key(_ number: Int) throws -> CacheKey {
        let body = #"{"model":"m","messages":[{"role":"user","content":"question \#(number)"}]}"#
        let request = try Prompt(parsing: Array(body.utf8))
        return CacheKey(partition: "p", backend: "b", headers: [], content: CacheKey.content(of: request))
    }

    private func answer(bytes: Int) -> CachedAnswer {
        CachedAnswer(
            form: .json([UInt8](repeating: 0x61, count: bytes)),
            backend: backend,
            usage: TokenUsage(),
            usageIsEstimated: false,
            stopReason: "end_turn"
        )
    }

    @Test func `lets the least recently used go when its bytes are full`() throws {
        // Each entry counts its bytes and 512 more: four of 488 fit into 4,000, a fifth does not.
        let cache = ExactCache(maxBytes: 4_000, lifetimeSeconds: 100)
        for number in 1...4 { cache.store(answer(bytes: 488), for: try key(number), now: 0) }
        #expect(cache.answer(for: try key(1), now: 1) != nil, "now the most recently used")
        cache.store(answer(bytes: 488), for: try key(5), now: 2)
        let held = try (1...5).filter { cache.answer(for: try key($0), now: 3) != nil }
        #expect(held == [1, 3, 4, 5])
        let statistics = cache.statistics
        #expect(statistics.entries == 4 && statistics.bytes == 4_000 && statistics.evictions == 1)
    }

    @Test func `forgets what has outlived its time`() throws {
        let cache = ExactCache(maxBytes: 10_000, lifetimeSeconds: 10)
        cache.store(answer(bytes: 8), for: try key(1), now: 0)
        #expect(cache.answer(for: try key(1), now: 9_999_999_999) != nil)
        #expect(cache.answer(for: try key(1), now: 10_000_000_000) == nil)
        #expect(cache.statistics.entries == 0 && cache.statistics.bytes == 0)
        #expect(cache.statistics.hits == 1 && cache.statistics.misses == 1)
    }

    @Test func `keeps one answer under a key and none that is larger than itself`() throws {
        let cache = ExactCache(maxBytes: 4_000, lifetimeSeconds: 10)
        cache.store(answer(bytes: 10), for: try key(1), now: 0)
        cache.store(answer(bytes: 20), for: try key(1), now: 0)
        #expect(cache.statistics.entries == 1 && cache.statistics.bytes == 532)
        cache.store(answer(bytes: 5_000), for: try key(2), now: 0)
        #expect(cache.answer(for: try key(2), now: 1) == nil)
    }

    /// The cache against the simplest thing that does the same: a list in the order of use.
    @Test func `agrees with a plain list over a long random run`() throws {
        var random = SeededGenerator(seed: 11)
        let cache = ExactCache(maxBytes: 20_000, lifetimeSeconds: 1_000)
        let keys = try (0..<60).map(key)
        var list: [(number: Int, bytes: Int)] = []
        for step in 0..<5_000 {
            let number = Int.random(in: 0..<keys.count, using: &random)
            let at = list.firstIndex { $0.number == number }
            if Bool.random(using: &random) {
                let bytes = Int.random(in: 1...3_000, using: &random)
                cache.store(answer(bytes: bytes), for: keys[number], now: Int64(step))
                if let at { list.remove(at: at) }
                while list.map(\.bytes).reduce(0, +) + bytes + 512 > 20_000 { list.removeFirst() }
                list.append((number, bytes + 512))
            } else {
                #expect((cache.answer(for: keys[number], now: Int64(step)) != nil) == (at != nil))
                if let at { list.append(list.remove(at: at)) }
            }
            #expect(cache.statistics.bytes == list.map(\.bytes).reduce(0, +))
        }
    }
}
