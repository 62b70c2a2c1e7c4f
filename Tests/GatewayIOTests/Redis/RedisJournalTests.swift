import GatewayCore
import Shared
import Testing

@testable import GatewayIO

extension RedisSuites {
    @Suite(.enabled(if: RedisServerProcess.isInstalled))
    struct `The journal in Redis` {
        private let secret = Array("secret".utf8)

        private func entry(_ number: Int, lifetimeSeconds: Int64 = 60) throws -> SemanticEntry {
            let now = MonotonicTime.unixMilliseconds() / 1_000
            return SemanticEntry(
                key: try cacheKey(number),
                fingerprint: try #require(SemanticFingerprint([UInt8](repeating: UInt8(number % 256), count: 32))),
                owner: CacheOwner(project: 1, key: 2),
                tier: .fast,
                text: Array("question \(number)".utf8),
                embedding: nil,
                storedUnixSeconds: now,
                expiresUnixSeconds: now + lifetimeSeconds
            )
        }

        /// Reads a journal until the test ends.
        private func follow(_ journal: RedisJournal) -> (Recorder<SemanticEvent>, Task<Void, Never>) {
            let recorder = Recorder<SemanticEvent>()
            let task = Task { for await event in journal.events() { recorder.add(event) } }
            return (recorder, task)
        }

        private func journal(_ server: RedisServerProcess, _ client: RedisClient, maximum: Int = 1_000) throws
            -> RedisJournal
        {
            try RedisJournal(client, sealKey: secret, maximumEntries: maximum)
        }

        @Test func `carries every kind of event to the others and none back`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let (here, there) = (try journal(server, client), try journal(server, client))
            let (mine, myTask) = follow(here)
            let (theirs, theirTask) = follow(there)
            defer {
                myTask.cancel()
                theirTask.cancel()
            }
            try await eventually { mine.values == [.caughtUp] && theirs.values == [.caughtUp] }
            let events: [SemanticEvent] = [
                .inserted(try entry(1)), .removed(.entry(try cacheKey(1))), .removed(.project(7)), .removed(.key(.max)),
                .removed(.all), .inserted(try entry(2)),
            ]
            for event in events { here.record(event) }
            try await eventually(within: 3) { theirs.values == [.caughtUp] + events }
            let third = try entry(3)
            there.record(.inserted(third))
            // The first after the start: nothing of what was recorded here came back.
            try await eventually { mine.values == [.caughtUp, .inserted(third)] }
            #expect(here.skipped == 0 && there.skipped == 0)
        }

        @Test func `tells the past first, without what is over`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let before = try journal(server, client)
            let entries = try (0..<600).map { try entry($0) }
            before.record(.inserted(try entry(900, lifetimeSeconds: -1)))
            for entry in entries { before.record(.inserted(entry)) }
            let (told, task) = follow(try journal(server, client))
            defer { task.cancel() }
            try await eventually { told.values.last == .caughtUp }
            #expect(told.values == entries.map { .inserted($0) } + [.caughtUp])
        }

        @Test func `skips what it cannot read`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let name = RedisJournal.name
            _ = try await client.call(bytes("XADD", name, "*", "i", "x", "d", "nonsense"))
            _ = try await client.call(bytes("XADD", name, "*", "other", "fields"))
            let stranger = try RedisJournal(client, sealKey: Array("another".utf8), maximumEntries: 10)
            stranger.record(.removed(.all))
            let (here, reader) = (try journal(server, client), try journal(server, client))
            here.record(.inserted(try entry(1)))
            let (told, task) = follow(reader)
            defer { task.cancel() }
            try await eventually { told.values.last == .caughtUp }
            #expect(told.values.count == 2)
            #expect(reader.skipped == 3)
        }

        @Test func `goes on after a restart, and begins anew where the stream is gone`() async throws {
            let server = try await RedisServerProcess(["--appendonly", "no"])
            let client = try await server.client()
            let (here, there) = (try journal(server, client), try journal(server, client))
            let (told, task) = follow(there)
            defer { task.cancel() }
            try await eventually { told.values == [.caughtUp] }
            here.record(.removed(.project(1)))
            try await eventually { told.values.count == 2 }
            server.kill()
            try await eventually { client.state != .ok }
            try await server.start()
            try await eventually { client.state == .ok }
            // A clock that went back: an event with an id before the last one.
            let codec = JournalCodec(seal: ValueSeal(key: secret))
            let data = try #require(codec.encode(.removed(.project(2))))
            _ = try await client.call(bytes("XADD", RedisJournal.name, "5-1", "i", "x", "d") + [data])
            try await eventually { told.values.last == .removed(.project(2)) }
            here.record(.removed(.project(3)))
            try await eventually { told.values.last == .removed(.project(3)) }
            #expect(told.values.filter { $0 == .caughtUp }.count == 1)
        }

        @Test func `is bounded`() async throws {
            let server = try await RedisServerProcess()
            let client = try await server.client()
            let here = try journal(server, client, maximum: 200)
            for number in 0..<2_000 { here.record(.removed(.project(UInt64(number)))) }
            guard
                case .integer(let count) = try await client.call(
                    bytes("XLEN", RedisJournal.name),
                    timeoutMilliseconds: 5_000
                )
            else { return #expect(Bool(false)) }
            // Redis trims whole nodes, of a hundred entries.
            #expect((200...400).contains(count))
        }

        @Test func `ends with the reader's task`() async throws {
            let server = try await RedisServerProcess()
            let here = try journal(server, try await server.client())
            let (told, task) = follow(here)
            try await eventually { told.values == [.caughtUp] }
            task.cancel()
            await task.value
        }
    }
}

@Suite struct `Journal entries` {
    private let codec = JournalCodec(seal: ValueSeal(key: [1]))

    @Test func `do not decode when damaged, whatever the bytes`() throws {
        let key = try cacheKey(1)
        for event: SemanticEvent in [.removed(.all), .removed(.project(1)), .removed(.key(2)), .removed(.entry(key))] {
            let data = try #require(codec.encode(event))
            #expect(codec.decode(data) == event)
            for at in data.indices {
                var damaged = data
                damaged[at] ^= 1
                #expect(codec.decode(damaged) == nil)
                #expect(codec.decode(Array(data[..<at])) == nil)
            }
        }
        #expect(codec.encode(.caughtUp) == nil)
        // Signed, and still no event.
        let seal = ValueSeal(key: [1])
        for bytes: [UInt8] in [
            [], [0], [9], [1], [2, 1], [3], [3, 1, 2], [4, 1], [5] + [UInt8](repeating: 0, count: 31),
        ] {
            #expect(codec.decode(seal.sign(bytes, purpose: "llm-gateway semantic journal 1")) == nil)
        }
    }

    @Test func `have places that can be compared`() {
        #expect(StreamID(Array("5-1".utf8)).map { "\($0)" } == "5-1")
        for text in ["", "5", "5-", "-1", "5-1-1", "a-1", "5-a", "99999999999999999999-0"] {
            #expect(StreamID(Array(text.utf8)) == nil)
        }
        #expect(StreamID.start < StreamID(Array("0-1".utf8)) ?? .start)
    }
}
