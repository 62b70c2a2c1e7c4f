import Dispatch
import FoundationEssentials
import GatewayCore
import GatewayIO
import Glibc
import Logging
import Shared
import Synchronization

/// Writes lines to standard error from a queue of its own, so that no event loop waits for a slow disk or terminal.
final class LogWriter: Sendable {
    /// More lines than this waiting, and further ones are counted instead of kept.
    private static let maximumWaiting = 10_000

    private let queue = DispatchQueue(label: "log")
    private let waiting = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let everDropped = Atomic<Int>(0)

    private let leastLevel = Mutex(Logger.Level.info)

    /// Lines below are not written, unless a logger has a level of its own. May change while the daemon runs.
    var level: Logger.Level {
        get { leastLevel.withLock { $0 } }
        set { leastLevel.withLock { $0 = newValue } }
    }

    /// Lines that were not written, since the start.
    var droppedLines: Int { everDropped.load(ordering: .relaxed) }

    /// Waits until everything handed over so far is written.
    func flush() { queue.sync {} }

    func write(_ line: String) {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.maximumWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            dropped.add(1, ordering: .relaxed)
            everDropped.add(1, ordering: .relaxed)
            return
        }
        queue.async { [self] in
            waiting.subtract(1, ordering: .relaxed)
            let lost = dropped.exchange(0, ordering: .relaxed)
            let note = lost > 0 ? "(\(lost) log lines were dropped)\n" : ""
            let bytes = Array((note + line).utf8)
            _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        }
    }
}

/// A log line as text for people, or as JSON for machines.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level {
        get { ownLevel ?? writer.level }
        set { ownLevel = newValue }
    }
    var metadata = Logger.Metadata()
    private var ownLevel: Logger.Level?
    private let label: String
    private let format: Settings.LogFormat
    private let writer: LogWriter
    private let tail: LogTail

    init(label: String, format: Settings.LogFormat, writer: LogWriter, tail: LogTail) {
        self.tail = tail
        self.label = label
        self.format = format
        self.writer = writer
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let now = Date.now
        let time = now.formatted(.iso8601)
        let text = all.map { " \($0.key)=\($0.value)" }.reduce("\(event.message)", +)
        tail.record(
            level: event.level.rawValue,
            text,
            unixMilliseconds: Int64(now.timeIntervalSince1970 * 1_000)
        )
        switch format {
        case .text:
            writer.write("\(time) \(event.level.rawValue) \(PlainText.sanitized(text))\n")
        case .json:
            var fields = [("time", time), ("level", event.level.rawValue), ("logger", label)]
            fields.append(("message", "\(event.message)"))
            fields += all.map { ($0.key, "\($0.value)") }
            let members = fields.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }
            writer.write("{\(members.joined(separator: ","))}\n")
        }
    }
}
