import FoundationEssentials
import GatewayCore
import Shared
import Synchronization
import Testing

@testable import GatewayIO

@Suite struct `The access log` {
    private static func entry(path: String = "/v1/messages") -> AccessEntry {
        // 21 November 2026, 23:55:44.007 UTC.
        var entry = AccessEntry(
            unixMilliseconds: 1_795_305_344_007,
            clientAddress: "127.0.0.1",
            method: "POST",
            path: path,
            status: 200,
            queryID: "0123456789abcdef"
        )
        entry.bytes = 512
        entry.durationMilliseconds = 12.3456
        entry.firstByteMilliseconds = 0.004
        return entry
    }

    private static func exchange(requestedModel: String = "auto") -> LedgerEntry {
        var summary = ExchangeSummary(id: "0123456789abcdef", unixMilliseconds: 0, requestedModel: requestedModel)
        summary.model = "claude-haiku-4-5"
        summary.provider = "anthropic"
        summary.backend = "haiku"
        summary.usage = TokenUsage(input: 10, cacheRead: 20, cacheWrite5m: 3, cacheWrite1h: 4, output: 5)
        summary.cost = USD(nanodollars: 41_000)
        summary.prompt = "the secret of the prompt"
        return LedgerEntry(summary: summary, decision: nil, attempts: [], warnings: [], keyFingerprint: "ab12")
    }

    @Test func `writes names and values`() {
        var entry = Self.entry()
        let head =
            "time=2026-11-21T23:55:44.007Z remote_addr=127.0.0.1 method=POST path=/v1/messages status=200 bytes=512 "
            + "duration_ms=12.346 first_byte_ms=0.004 query_id=0123456789abcdef"
        #expect(entry.line(.text) == head + "\n")
        entry.requestID = "req_1"
        entry.exchange = Self.exchange()
        #expect(
            entry.line(.text) == head + " request_id=req_1 project=default key_fingerprint=ab12 requested_model=auto "
                + "model=claude-haiku-4-5 provider=anthropic backend=haiku stream=false input_tokens=10 output_tokens=5 "
                + "cache_read_tokens=20 cache_write_tokens=7 cost_usd=0.000041 cache=none escalations=0\n"
        )
    }

    @Test func `writes JSON that parses, whatever clients send`() throws {
        var entry = Self.entry(path: "/v1/\"\\\u{1B}[31m\n{}")
        entry.exchange = Self.exchange(requestedModel: String(repeating: "é\u{0}", count: 500))
        let line = entry.line(.json)
        #expect(line.filter { $0 == "\n" }.count == 1 && line.hasSuffix("}\n"))
        #expect(line.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A })
        struct Line: Decodable {
            var path: String
            var status: Int
            var cost_usd: Double
            var requested_model: String
            var stream: Bool
        }
        let read = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        #expect(read.path == "/v1/\"\\\u{1B}[31m\n{}" && read.status == 200 && !read.stream)
        #expect(read.requested_model.utf8.count <= 256)
        #expect(!line.contains("secret of the prompt"))
    }

    @Test func `keeps text on its line and in its field`() {
        let line = Self.entry(path: "/a b\"=\\\n\u{1B}[31m status=500").line(.text)
        #expect(line.contains(#"path="/a b\"=\\ ·[31m status=500" status=200"#))
        #expect(line.filter { $0 == "\n" }.count == 1)
    }

    private static func directory() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "access-\(UInt64.random(in: 0 ... .max))"
        )
        .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func `goes on in a new file when the old one was moved away`() throws {
        let directory = try Self.directory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var settings = Settings.Log()
        settings.access = .text
        settings.accessPath = directory + "/access.log"
        let log = try #require(try AccessLog(settings))
        log.write(Self.entry(path: "/one"))
        log.flush()
        try FileManager.default.moveItem(atPath: directory + "/access.log", toPath: directory + "/old.log")
        log.write(Self.entry(path: "/two"))
        log.flush()
        try log.reopen()
        log.write(Self.entry(path: "/three"))
        log.flush()
        let old = try TextFile.read(directory + "/old.log")
        let new = try TextFile.read(directory + "/access.log")
        #expect(old.split(separator: "\n").count == 2 && old.contains("path=/two "))
        #expect(new.split(separator: "\n").count == 1 && new.contains("path=/three "))
        #expect(log.figures.written == 3 && log.figures.dropped == 0)
    }

    @Test func `is off by default, and says why it cannot begin`() throws {
        #expect(try AccessLog(Settings.Log()) == nil)
        var settings = Settings.Log()
        settings.access = .json
        settings.accessPath = "/nowhere/access.log"
        #expect(throws: AccessLogProblem.self) { try AccessLog(settings) }
    }

    @Test func `counts what the disk does not take`() throws {
        var settings = Settings.Log()
        settings.access = .text
        settings.accessPath = "/dev/full"
        let log = try #require(try AccessLog(settings))
        for _ in 0..<5 { log.write(Self.entry()) }
        log.flush()
        #expect(log.figures.written == 0 && log.figures.dropped == 5)
    }

    @Test func `waits for an exchange whose books are still open`() {
        let trace = RequestTrace()
        let log = Counter()
        trace.whenSettled { log.add($0 == nil) }
        // No exchange began: there is nothing to wait for.
        #expect(log.values == [true])
    }
}

private final class Counter: Sendable {
    private let state = Mutex<[Bool]>([])
    var values: [Bool] { state.withLock { $0 } }
    func add(_ value: Bool) { state.withLock { $0.append(value) } }
}
