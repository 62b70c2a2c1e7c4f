import GRDB
import GatewayCore
import Glibc
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Answers on disk` {
    private let scratch: DiskScratch
    private let time = TurnedClock()

    init() throws { scratch = try DiskScratch() }

    private func open(maxBytes: Int = 10_000_000) async -> DiskCache {
        let cache = DiskCache(scratch.file, clock: time.clock, maxBytes: maxBytes)
        await cache.database.settled()
        return cache
    }

    @Test func `survive a restart`() async {
        let first = await open()
        for number in 0..<300 { first.store([UInt8(number & 255), 7], .number(UInt64(number))) }
        first.store([], .number(999))
        await first.database.close()
        #expect(first.told.all.isEmpty)

        let second = await open()
        #expect(second.answers.report.entries == 301)
        // 301 rows of 256 bytes, the seal's eight bytes each, two bytes in 300 of them.
        #expect(second.answers.report.bytes == 301 * 264 + 600)
        for number in 0..<300 {
            #expect(await second.answers.value(for: .number(UInt64(number))) == [UInt8(number & 255), 7])
        }
        #expect(await second.answers.value(for: .number(999)) == [])
        #expect(await second.answers.value(for: .number(1_000)) == nil)
        #expect(second.answers.report.hits == 301)
        #expect(second.answers.report.misses == 1)
        #expect(second.answers.report.state == .ok)
        #expect(second.told.all.isEmpty)
    }

    @Test func `are found before they are written, and the later value counts`() async {
        let cache = await open()
        cache.store([1], .number(1))
        #expect(await cache.answers.value(for: .number(1)) == [1])
        cache.store([2], .number(1))
        #expect(await cache.answers.value(for: .number(1)) == [2])
        await cache.written()
        #expect(await cache.answers.value(for: .number(1)) == [2])
        cache.store([3], .number(1))
        await cache.written()
        #expect(await cache.answers.value(for: .number(1)) == [3])
        #expect(cache.answers.report.entries == 1)
        #expect(cache.answers.report.bytes == 256 + 8 + 1)
    }

    @Test func `are the user's alone`() async {
        let cache = await open()
        cache.store([1], .number(1))
        await cache.written()
        #expect(scratch.mode("state") == 0o700)
        #expect(scratch.mode("state/cache.db") == 0o600)
        #expect(scratch.mode("state/cache.db-wal") == 0o600)
        await cache.database.close()
        chmod(scratch.file, 0o644)
        let again = await open()
        #expect(scratch.mode("state/cache.db") == 0o600)
        await again.database.close()
    }

    @Test func `end with their time, waiting or written, and their rows go`() async {
        let cache = await open()
        cache.store([1], .number(1), seconds: 10)
        cache.store([2], .number(2), seconds: 20)
        cache.store([3], .number(3), seconds: 0)
        #expect(await cache.answers.value(for: .number(3)) == nil)
        await cache.written()
        time.turn(seconds: 10)
        #expect(await cache.answers.value(for: .number(1)) == nil)
        #expect(await cache.answers.value(for: .number(2)) == [2])
        // The next turn tidies.
        cache.store([4], .number(4), seconds: 5)
        await soon { cache.answers.report.entries == 2 }
        time.turn(seconds: 5)
        #expect(await cache.answers.value(for: .number(4)) == nil)
        #expect(await cache.answers.value(for: .number(2)) == [2])
        cache.store([5], .number(5), seconds: Int.max)
        await cache.written()
        time.turn(seconds: 86_400 * 365)
        #expect(await cache.answers.value(for: .number(5)) == [5])
    }

    @Test func `make room in the order of their last use`() async {
        // Room for four of 1000 bytes with what goes around them.
        let cache = await open(maxBytes: 4 * (1_000 + 8 + 256))
        let value = [UInt8](repeating: 1, count: 1_000)
        for number: UInt64 in 1...4 {
            cache.store(value, .number(number))
            time.turn(seconds: 1)
        }
        await cache.written()
        #expect(await cache.answers.value(for: .number(1)) == value)
        time.turn(seconds: 1)
        cache.store(value, .number(5))
        await cache.written()
        cache.store(value, .number(6))
        await cache.written()
        var found: [UInt64] = []
        for number: UInt64 in 1...6 where await cache.answers.value(for: .number(number)) != nil {
            found.append(number)
        }
        #expect(found == [1, 4, 5, 6])
        #expect(cache.answers.report.evictions == 2)
        #expect(cache.answers.report.entries == 4)
        #expect(cache.answers.report.bytes == 4 * 1_264)
    }

    @Test func `larger than the whole cache are not kept`() async {
        let cache = await open(maxBytes: 5_000)
        cache.store([UInt8](repeating: 1, count: 5_000), .number(1))
        #expect(await cache.answers.value(for: .number(1)) == nil)
        #expect(cache.answers.report.dropped == 1)
    }

    @Test func `keep to their bound, and the file with them`() async {
        let cache = await open(maxBytes: 2_000_000)
        for number in 0..<3_000 {
            cache.store([UInt8](repeating: UInt8(number & 255), count: 3_000), .number(UInt64(number)))
            if number % 200 == 199 { await cache.written() }
        }
        await cache.written()
        let report = cache.answers.report
        #expect((1_900_000...2_000_000).contains(report.bytes ?? 0))
        #expect(report.dropped == 0)
        #expect(report.evictions == 3_000 - (report.entries ?? 0))
        #expect(await cache.answers.value(for: .number(2_999)) == [UInt8](repeating: 183, count: 3_000))
        #expect(await cache.answers.value(for: .number(0)) == nil)
        #expect(await cache.answers.remove(.all) == report.entries)
        // Of the empty pages SQLite keeps 256 for later, and there are some thirty others.
        await soon { scratch.bytes("state/cache.db") < 300 * 4_096 }
    }

    @Test(arguments: [true, false])
    func `go by selection, written or waiting`(isWritten: Bool) async throws {
        let cache = await open()
        func fill() async {
            cache.store([1], .number(1), owner: .first)
            cache.store([2], .number(2), owner: .first)
            cache.store([3], .number(3), owner: .second)
            cache.store([4], .number(4), owner: .stranger)
            if isWritten { await cache.written() }
        }
        func left() async -> [UInt64] {
            var left: [UInt64] = []
            for number: UInt64 in 1...4 where await cache.answers.value(for: .number(number)) != nil {
                left.append(number)
            }
            return left
        }
        await fill()
        #expect(await cache.answers.remove(.entry(.number(2))) == 1)
        #expect(await left() == [1, 3, 4])
        #expect(await cache.answers.remove(.entry(.number(2))) == 0)
        await fill()
        #expect(await cache.answers.remove(.key(CacheOwner.second.key)) == 1)
        #expect(await left() == [1, 2, 4])
        await fill()
        #expect(await cache.answers.remove(.project(CacheOwner.stranger.project)) == 1)
        #expect(await cache.answers.remove(.project(1)) == 3)
        #expect(await left() == [])
        await fill()
        #expect(await cache.answers.remove(.all) == 4)
        #expect(await left() == [])
        #expect(cache.answers.report.entries == 0)
        #expect(cache.answers.report.bytes == 0)
        await cache.database.close()
        let again = await open()
        #expect(again.answers.report.entries == 0)
    }

    @Test func `whose bytes were changed on disk are refused, counted and removed`() async throws {
        let cache = await open()
        cache.store([1, 2, 3], .number(1))
        cache.store([4, 5, 6], .number(2))
        await cache.written()
        let other = try DatabaseQueue(path: scratch.file)
        try await other.write { db in
            try db.execute(
                sql: """
                    UPDATE answers SET value = CAST(substr(value, 1, 9) || x'FF' || substr(value, 11) AS BLOB) WHERE id = 1
                    """
            )
        }
        #expect(await cache.answers.value(for: .number(1)) == nil)
        #expect(cache.answers.report.rejected == 1)
        #expect(await cache.answers.value(for: .number(2)) == [4, 5, 6])
        cache.store([7], .number(3))
        await cache.written()
        #expect(try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM answers WHERE id = 1") } == 0)
        #expect(cache.answers.report.entries == 2)
        // In its place another may be kept.
        cache.store([8], .number(1))
        await cache.written()
        #expect(await cache.answers.value(for: .number(1)) == [8])
    }

    @Test func `are read and written by a hundred at once`() async {
        let cache = await open()
        await withTaskGroup(of: Int.self) { group in
            for task in 0..<100 {
                group.addTask {
                    var generator = SplitMix(state: UInt64(task))
                    var wrong = 0
                    for _ in 0..<40 {
                        let number = UInt64.random(in: 0..<500, using: &generator)
                        if Bool.random(using: &generator) {
                            cache.store([UInt8(number & 255), UInt8(number >> 8)], .number(number))
                        } else if let value = await cache.answers.value(for: .number(number)) {
                            if value != [UInt8(number & 255), UInt8(number >> 8)] { wrong += 1 }
                        }
                        if task == 7 { _ = await cache.answers.remove(.entry(.number(number))) }
                    }
                    return wrong
                }
            }
            var wrong = 0
            for await count in group { wrong += count }
            #expect(wrong == 0)
        }
        await cache.written()
        let report = cache.answers.report
        #expect(report.state == .ok)
        #expect(report.dropped == 0)
        #expect(cache.told.all.isEmpty)
        var found = 0
        for number: UInt64 in 0..<500 where await cache.answers.value(for: .number(number)) != nil { found += 1 }
        #expect(found == report.entries)
    }
}
