import GRDB
import GatewayCore
import Glibc
import Shared
import Synchronization
import Testing

@testable import GatewayIO

/// A directory that is gone after the test, with whatever is in it.
final class DiskScratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/cache-disk-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { Self.remove(path) }

    var file: String { path + "/state/cache.db" }

    /// What lies in the file's directory.
    var names: [String] { Self.names(in: path + "/state").sorted() }

    func mode(_ name: String) -> mode_t? {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : nil
    }

    func bytes(_ name: String) -> Int {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : 0
    }

    /// Makes the file's directory before anybody else does.
    func makeStateDirectory() { mkdir(path + "/state", 0o700) }

    /// Writes bytes into a file, from an offset on; 0 makes it anew.
    func write(_ bytes: [UInt8], to name: String, at offset: Int = 0) {
        mkdir(path + "/state", 0o700)
        let flags = offset == 0 ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY
        let descriptor = open("\(path)/\(name)", flags, 0o600)
        #expect(pwrite(descriptor, bytes, bytes.count, offset) == bytes.count)
        close(descriptor)
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func remove(_ path: String) {
        for name in names(in: path) { remove("\(path)/\(name)") }
        if unlink(path) != 0 { rmdir(path) }
    }
}

/// A wall clock that stands still until it is turned.
final class TurnedClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_800_000_000_000)

    var clock: Clock {
        Clock(
            monotonicNanoseconds: { MonotonicTime.nanoseconds() },
            unixMilliseconds: { self.milliseconds.withLock { $0 } }
        )
    }

    var unixSeconds: Int64 { milliseconds.withLock { $0 } / 1_000 }
    func turn(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1_000 } }
}

/// The cache's file with both its tables, and what it has told.
final class DiskCache: Sendable {
    let database: DiskDatabase
    let answers: DiskAnswers
    let journal: DiskJournal
    let told: Told

    final class Told: Sendable {
        private let sentences = Mutex<[String]>([])
        var all: [String] { sentences.withLock { $0 } }
        func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
    }

    init(
        _ path: String,
        clock: Clock,
        maxBytes: Int = 10_000_000,
        maxEntries: Int = 10_000,
        maximumFileBytes: Int? = nil,
        limits: DiskAnswers.Limits = .patient,
        open: @escaping DiskAnswers.Open = { TestSeal.open($0, $1) }
    ) {
        let told = Told()
        self.told = told
        database = DiskDatabase(cache: path, clock: clock, maximumFileBytes: maximumFileBytes) { told.add($0) }
        journal = DiskJournal(database: database, maxEntries: maxEntries, clock: clock)
        answers = DiskAnswers(
            database: database,
            journal: journal,
            maxBytes: maxBytes,
            clock: clock,
            limits: limits,
            seal: { value, key, _ in TestSeal.seal(value, key) },
            open: open
        )
    }

    /// Waits until nothing waits to be written, and what there was to tell is told.
    func written() async {
        await soon { !self.answers.isWaiting && !self.journal.isWaiting }
        await database.isAtRest()
    }

    func store(_ value: [UInt8], _ key: CacheKey, owner: CacheOwner = .first, seconds: Int = 3_600) {
        answers.store(value, for: key, owner: owner, lifetimeSeconds: seconds)
    }

    /// What is given out before it is said that this is all.
    func inherited() async -> [SemanticEntry] {
        var entries: [SemanticEntry] = []
        for await event in journal.events() {
            guard case .inserted(let entry) = event else { break }
            entries.append(entry)
        }
        return entries
    }
}

extension DiskAnswers.Limits {
    /// For machines that do much else at the same time.
    static var patient: DiskAnswers.Limits {
        var limits = DiskAnswers.Limits()
        limits.readMilliseconds = 5_000
        return limits
    }
}

/// Stands for the real seal: key, value, and a sum over both.
enum TestSeal {
    static func seal(_ value: [UInt8], _ key: CacheKey) -> [UInt8] { sum(key.bytes + value) + value }

    static func open(_ sealed: [UInt8], _ key: CacheKey) -> [UInt8]? {
        let value = Array(sealed.dropFirst(8))
        return sealed.count >= 8 && sum(key.bytes + value) == Array(sealed.prefix(8)) ? value : nil
    }

    private static func sum(_ bytes: [UInt8]) -> [UInt8] {
        let hash = bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return withUnsafeBytes(of: hash) { Array($0) }
    }
}

/// Looks again every few milliseconds, for thirty seconds at most.
func soon(
    _ condition: @Sendable () async -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    for _ in 0..<6_000 {
        if await condition() { return }
        await Clock.sleepOfTask(5)
    }
    Issue.record("it has not come to that in thirty seconds", sourceLocation: sourceLocation)
}

extension CacheKey {
    /// One of many keys, spread as digests are.
    static func number(_ number: UInt64) -> CacheKey {
        var generator = SplitMix(state: number &* 0x9E37_79B9_7F4A_7C15)
        let words = (generator.next(), generator.next(), generator.next(), generator.next())
        guard let key = CacheKey(withUnsafeBytes(of: words) { Array($0) }) else { preconditionFailure("32 bytes") }
        return key
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension CacheOwner {
    static let first = CacheOwner(project: 1, key: 11)
    /// Another key of the same project. The highest bit is set: SQLite's numbers have a sign.
    static let second = CacheOwner(project: 1, key: UInt64.max)
    static let stranger = CacheOwner(project: UInt64.max - 1, key: 33)
}

extension SemanticEntry {
    /// A question with an embedding whose numbers are what half precision can hold.
    static func sample(
        _ number: UInt64,
        owner: CacheOwner = .first,
        expires: Int64,
        hasEmbedding: Bool = true
    ) throws -> SemanticEntry {
        var generator = SplitMix(state: number)
        let values = (0..<Embedding.dimensions).map { _ in
            HalfFloat.value(HalfFloat.bits(Float.random(in: -1...1, using: &generator)))
        }
        return SemanticEntry(
            key: .number(number),
            fingerprint: try #require(SemanticFingerprint(CacheKey.number(number + 1_000_000).bytes)),
            owner: owner,
            tier: .balanced,
            text: Array("question \(number)".utf8),
            embedding: hasEmbedding ? Embedding(values) : nil,
            storedUnixSeconds: expires - 100,
            expiresUnixSeconds: expires
        )
    }
}

extension DiskDatabase {
    /// Waits for the end of the turn under way: what it tells is told before this is answered.
    func isAtRest() async { _ = await perform(withinMilliseconds: 5_000) { _ in true } }
}
