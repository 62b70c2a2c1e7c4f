package import GatewayCore
import Synchronization

/// The semantic cache's events in a stream in Redis, `llm-gateway:semantic:1`: every daemon writes what happens in it and
/// reads what happens in others.
///
/// An event has two fields: `i`, the random id of the daemon that wrote it, by which that one leaves it out when reading;
/// and `d`, the event's bytes with a tag before them (``ValueSeal/sign(_:purpose:)``). What does not decode is left out.
/// Where Redis has lost the stream, or a part of its end, it is read anew: an event may then come twice.
package final class RedisJournal: SemanticJournal {
    /// The stream's name.
    package static let name = "llm-gateway:semantic:1"

    private let writer: RedisClient
    private let reader: RedisClient
    private let codec: JournalCodec
    private let instance: [UInt8]
    private let maximumEntries: Int
    private let skippedEntries = Atomic<Int>(0)

    /// - Parameters:
    ///   - writer: may serve others too.
    ///   - sealKey: the same for all daemons that share the stream; see ``ValueSeal/init(key:)``.
    ///   - maximumEntries: about how many events Redis keeps, the newest; at least 1.
    /// - Throws: where the system has no descriptor or thread for the second connection, which waits for events.
    package init(_ writer: RedisClient, sealKey: [UInt8], maximumEntries: Int) throws(SystemError) {
        self.writer = writer
        self.maximumEntries = max(1, maximumEntries)
        codec = JournalCodec(seal: ValueSeal(key: sealKey))
        instance = Array(String(UInt64.random(in: .min ... .max), radix: 16).utf8)
        var options = RedisClient.Options()
        options.name = "llm-gateway-journal"
        options.timeoutMilliseconds = Reading.blockMilliseconds + 2_000
        reader = try RedisClient(writer.address, options: options)
    }

    deinit { reader.stop() }

    /// Events that were there and could not be read: damaged, of another version, or not this gateway's.
    package var skipped: Int { skippedEntries.load(ordering: .relaxed) }

    package func record(_ event: SemanticEvent) {
        guard let bytes = codec.encode(event) else { return }
        writer.send([
            Array("XADD".utf8), Array(Self.name.utf8), Array("MAXLEN".utf8), Array("~".utf8),
            Array("\(maximumEntries)".utf8), Array("*".utf8), Array("i".utf8), instance, Array("d".utf8), bytes,
        ])
    }

    package func events() -> AsyncStream<SemanticEvent> {
        let reading = Reading(client: reader, codec: codec, instance: instance) { [weak self] in
            _ = self?.skippedEntries.add(1, ordering: .relaxed)
        }
        return AsyncStream { await reading.next() }
    }
}

/// One reader's way through the stream.
private actor Reading {
    /// How long Redis holds a question back while there is no event.
    static let blockMilliseconds = 500
    private static let entriesPerRead = 256
    private static let pauseMilliseconds = 100
    private static let longPauseMilliseconds = 1_000

    private let client: RedisClient
    private let codec: JournalCodec
    private let instance: [UInt8]
    private let skip: @Sendable () -> Void
    private var last = StreamID.start
    private var hasCaughtUp = false
    /// The stream may have been lost since it was last read.
    private var isInDoubt = false
    private var ready: [SemanticEvent] = []

    init(client: RedisClient, codec: JournalCodec, instance: [UInt8], skip: @escaping @Sendable () -> Void) {
        self.client = client
        self.codec = codec
        self.instance = instance
        self.skip = skip
    }

    /// The next event; nil when the task is cancelled.
    func next() async -> SemanticEvent? {
        while !Task.isCancelled {
            if let event = ready.popLast() { return event }
            var pause = 0
            do throws(RedisError) {
                pause = try await read()
            } catch {
                isInDoubt = true
                pause = Self.pauseMilliseconds
            }
            if pause > 0 { try? await Task.sleep(for: .milliseconds(pause)) }
        }
        return nil
    }

    /// Reads on. Returns how long to wait before the next time, in milliseconds.
    private func read() async throws(RedisError) -> Int {
        if isInDoubt {
            try await lookAtEnd()
            isInDoubt = false
        }
        var command = ["XREAD", "COUNT", "\(Self.entriesPerRead)"]
        if hasCaughtUp { command += ["BLOCK", "\(Self.blockMilliseconds)"] }
        command += ["STREAMS", RedisJournal.name, "\(last)"]
        let reply = try await client.call(command.map { Array($0.utf8) })
        switch reply {
        case .null:
            if hasCaughtUp {
                isInDoubt = true
            } else {
                hasCaughtUp = true
                ready = [.caughtUp]
            }
            return 0
        case .array(let streams):
            let entries = streams.first?.elements?.last?.elements ?? []
            let before = last
            for entry in entries { take(entry) }
            ready.reverse()
            // A reply without one later entry would be asked for again and again.
            return last == before ? Self.longPauseMilliseconds : 0
        default:
            isInDoubt = true
            return Self.longPauseMilliseconds
        }
    }

    /// Begins anew where the stream is gone, or ends before what was read last.
    private func lookAtEnd() async throws(RedisError) {
        let reply = try await client.call(["XINFO", "STREAM", RedisJournal.name].map { Array($0.utf8) })
        guard case .array(let pairs) = reply else {
            // Where Redis lets nobody look, what was read stays read.
            if reply.errorCode == "ERR" { last = .start }
            return
        }
        for (name, value) in zip(pairs, pairs.dropFirst()) where name.bytes == Array("last-generated-id".utf8) {
            guard let end = value.bytes.flatMap(StreamID.init), end < last else { return }
            last = .start
        }
    }

    private func take(_ entry: RedisReply) {
        guard let parts = entry.elements, parts.count == 2, let id = parts[0].bytes.flatMap(StreamID.init) else {
            return skip()
        }
        last = max(last, id)
        guard let fields = parts[1].elements, fields.count == 4, fields[0].bytes == Array("i".utf8),
            fields[2].bytes == Array("d".utf8), let data = fields[3].bytes
        else { return skip() }
        if fields[1].bytes == instance { return }
        guard let event = codec.decode(data) else { return skip() }
        if case .inserted(let entry) = event, entry.expiresUnixSeconds <= MonotonicTime.unixMilliseconds() / 1_000 {
            return
        }
        ready.append(event)
    }
}

/// An entry's place in a stream: milliseconds and a number.
struct StreamID: Comparable, CustomStringConvertible {
    static let start = StreamID(milliseconds: 0, number: 0)

    let milliseconds: UInt64
    let number: UInt64

    private init(milliseconds: UInt64, number: UInt64) {
        self.milliseconds = milliseconds
        self.number = number
    }

    /// nil for anything but two numbers with a dash between them.
    init?(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = UInt64(String(decoding: parts[0], as: UTF8.self)),
            let number = UInt64(String(decoding: parts[1], as: UTF8.self))
        else { return nil }
        self.init(milliseconds: milliseconds, number: number)
    }

    var description: String { "\(milliseconds)-\(number)" }

    static func < (left: StreamID, right: StreamID) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}

/// Events as bytes with a tag: a byte for the kind, then an entry, or what a selection names. Little-endian.
struct JournalCodec: Sendable {
    private static let purpose = "llm-gateway semantic journal 1"
    let seal: ValueSeal

    private enum Kind: UInt8 {
        case inserted = 1
        case removedAll
        case removedProject
        case removedKey
        case removedEntry
    }

    /// nil for what is no news to others.
    func encode(_ event: SemanticEvent) -> [UInt8]? {
        func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        let (kind, payload): (Kind, [UInt8])
        switch event {
        case .inserted(let entry): (kind, payload) = (.inserted, entry.encoded)
        case .removed(.all): (kind, payload) = (.removedAll, [])
        case .removed(.project(let project)): (kind, payload) = (.removedProject, bytes(project))
        case .removed(.key(let key)): (kind, payload) = (.removedKey, bytes(key))
        case .removed(.entry(let key)): (kind, payload) = (.removedEntry, key.bytes)
        case .caughtUp: return nil
        }
        return seal.sign([kind.rawValue] + payload, purpose: Self.purpose)
    }

    /// nil for what ``encode(_:)`` did not make.
    func decode(_ data: [UInt8]) -> SemanticEvent? {
        guard let bytes = seal.verify(data, purpose: Self.purpose), let kind = bytes.first.flatMap(Kind.init) else {
            return nil
        }
        let payload = Array(bytes.dropFirst())
        var number: UInt64? {
            guard payload.count == 8 else { return nil }
            return payload.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        }
        switch kind {
        case .inserted: return SemanticEntry(decoding: payload).map { .inserted($0) }
        case .removedAll: return payload.isEmpty ? .removed(.all) : nil
        case .removedProject: return number.map { .removed(.project($0)) }
        case .removedKey: return number.map { .removed(.key($0)) }
        case .removedEntry: return CacheKey(payload).map { .removed(.entry($0)) }
        }
    }
}
