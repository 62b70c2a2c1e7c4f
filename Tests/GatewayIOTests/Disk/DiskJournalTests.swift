import GRDB
import GatewayCore
import Synchronization
import Testing

@testable import GatewayIO

@Suite struct `Questions on disk` {
    private let scratch: DiskScratch
    private let time = TurnedClock()

    init() throws { scratch = try DiskScratch() }

    private func open(maxEntries: Int = 10_000) async -> DiskCache {
        let cache = DiskCache(scratch.file, clock: time.clock, maxEntries: maxEntries)
        await cache.database.settled()
        return cache
    }

    /// The questions that another daemon would start with.
    private func restarted() async -> [SemanticEntry] {
        let cache = await open()
        let entries = await cache.inherited()
        await cache.database.close()
        return entries
    }

    @Test func `survive a restart as they were, oldest first`() async throws {
        let first = await open()
        #expect(await first.inherited().isEmpty)
        let expires = time.unixSeconds + 100
        // More than one page of them, with and without embeddings.
        let entries = try (0..<600).map {
            try SemanticEntry.sample(UInt64($0), expires: expires, hasEmbedding: $0 % 3 != 0)
        }
        for entry in entries { first.journal.record(.inserted(entry)) }
        await first.database.close()
        let found = await restarted()
        #expect(found == entries)
        #expect(found[1].embedding?.values.map(\.bitPattern) == entries[1].embedding?.values.map(\.bitPattern))
    }

    @Test func `of this daemon do not come back to it`() async throws {
        let cache = await open()
        try cache.journal.record(.inserted(.sample(1, expires: time.unixSeconds + 100)))
        await cache.written()
        #expect(await cache.inherited().isEmpty)
        #expect(cache.journal.entries == 1)
    }

    @Test func `go with their time, with what is removed, and with their answers`() async throws {
        let cache = await open()
        let expires = time.unixSeconds + 100
        let entries = [
            try SemanticEntry.sample(1, expires: expires),
            try SemanticEntry.sample(2, expires: expires),
            try SemanticEntry.sample(3, owner: .second, expires: expires),
            try SemanticEntry.sample(4, owner: .stranger, expires: expires),
            try SemanticEntry.sample(5, owner: .stranger, expires: time.unixSeconds + 10),
        ]
        for entry in entries { cache.journal.record(.inserted(entry)) }
        await cache.written()
        cache.journal.record(.removed(.entry(.number(1))))
        cache.journal.record(.removed(.key(CacheOwner.second.key)))
        _ = await cache.answers.remove(.entry(.number(2)))
        await cache.written()
        time.turn(seconds: 10)
        #expect(await restarted() == [entries[3]])
        cache.journal.record(.removed(.project(CacheOwner.stranger.project)))
        await cache.written()
        #expect(await restarted().isEmpty)
    }

    @Test func `that wait to be written go with what is removed, and come again if they are recorded again`()
        async throws
    {
        let cache = await open()
        let expires = time.unixSeconds + 100
        let entry = try SemanticEntry.sample(1, expires: expires)
        cache.journal.record(.inserted(entry))
        cache.journal.record(.removed(.all))
        cache.journal.record(.inserted(try .sample(2, expires: expires)))
        _ = await cache.answers.remove(.entry(.number(2)))
        await cache.written()
        #expect(await restarted().isEmpty)
        cache.journal.record(.removed(.entry(.number(1))))
        cache.journal.record(.inserted(entry))
        await cache.written()
        #expect(await restarted() == [entry])
    }

    @Test func `are bounded, the oldest go`() async throws {
        let cache = await open(maxEntries: 10)
        for number: UInt64 in 0..<25 {
            try cache.journal.record(.inserted(.sample(number, expires: time.unixSeconds + 100)))
        }
        await soon { cache.journal.entries == 10 }
        #expect(await restarted().map(\.key) == (15..<25).map { .number($0) })
    }

    @Test func `that were removed while they are given out stay away`() async throws {
        let first = await open()
        for number: UInt64 in 0..<10 {
            try first.journal.record(.inserted(.sample(number, expires: time.unixSeconds + 100)))
        }
        await first.database.close()
        let second = await open()
        var found: [CacheKey] = []
        for await event in second.journal.events() {
            guard case .inserted(let entry) = event else { break }
            found.append(entry.key)
            if found.count == 1 { second.journal.record(.removed(.entry(.number(5)))) }
        }
        #expect(found == [0, 1, 2, 3, 4, 6, 7, 8, 9].map { .number($0) })
    }

    @Test func `whose bytes were changed on disk are left out`() async throws {
        let first = await open()
        let entries = try (1...3).map { try SemanticEntry.sample(UInt64($0), expires: time.unixSeconds + 100) }
        for entry in entries { first.journal.record(.inserted(entry)) }
        await first.database.close()
        let other = try DatabaseQueue(path: scratch.file)
        // The last byte of the text.
        try await other.write { db in
            try db.execute(
                sql: """
                    UPDATE questions SET entry = CAST(substr(entry, 1, length(entry) - 1) || x'7A' AS BLOB) WHERE id = 2
                    """
            )
        }
        try other.close()
        #expect(await restarted() == [entries[0], entries[2]])
    }

    @Test func `end with the task that reads them`() async throws {
        let cache = await open()
        let isOver = Mutex(false)
        let caughtUp = Mutex(false)
        let reading = Task {
            for await event in cache.journal.events() where event == .caughtUp { caughtUp.withLock { $0 = true } }
            isOver.withLock { $0 = true }
        }
        await soon { caughtUp.withLock { $0 } }
        #expect(!isOver.withLock { $0 })
        reading.cancel()
        await reading.value
        #expect(isOver.withLock { $0 })
    }
}
