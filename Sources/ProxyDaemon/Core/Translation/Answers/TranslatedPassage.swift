import Shared

/// A stream on its way between two wires that differ.
struct TranslatedPassage<Reader: AnswerReader, Writer: AnswerWriter>: AnswerPassage {
    private var cutter: PayloadCutter
    private var reader: Reader
    private var writer: Writer
    private(set) var eventCount = 0

    init(_ framing: PayloadCutter, _ reader: Reader, _ writer: Writer) {
        cutter = framing
        self.reader = reader
        self.writer = writer
    }

    mutating func append(_ bytes: [UInt8]) throws(EventStreamSplitter.EventTooLong) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 2)
        var told = 0
        try cutter.append(bytes) { payload in
            reader.read(payload) { event in
                if case .ping = event {} else { told += 1 }
                writer.write(event, to: &out)
            }
        }
        eventCount += told
        return EscapedPieces.validated(out)
    }

    mutating func finish() -> [UInt8] {
        var out: [UInt8] = []
        cutter.finish { payload in
            reader.read(payload) { writer.write($0, to: &out) }
        }
        if !reader.isOver { reader.finish { writer.write($0, to: &out) } }
        return EscapedPieces.validated(out)
    }

    var usage: TokenUsage { reader.account.usage }
    var estimatedUsage: TokenUsage { reader.account.estimatedUsage }
    var stopReason: String? { reader.account.stopReason }
    var hasStarted: Bool { reader.account.hasStarted }
    var isComplete: Bool { reader.account.isComplete }
    var error: String? { reader.account.error }
    var hasFinalUsage: Bool {
        reader.account.hasInput && reader.account.hasOutput && reader.account.stopReason != nil
    }
}

/// Cuts a stream into the JSON texts it carries.
enum PayloadCutter: Sendable {
    /// Server-sent events.
    case events(EventStreamSplitter)
    /// A line each.
    case lines(LineCutter)

    mutating func append(
        _ bytes: [UInt8],
        _ visit: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(EventStreamSplitter.EventTooLong) {
        switch self {
        case .events(var splitter):
            // Taken out while it is changed, so that its buffer is not copied.
            self = .lines(LineCutter())
            defer { self = .events(splitter) }
            _ = try splitter.append(bytes) { StreamPayload.look(at: $0, visit) }
        case .lines(var cutter):
            self = .lines(LineCutter())
            defer { self = .lines(cutter) }
            try cutter.append(bytes, visit)
        }
    }

    /// The stream has ended. A last text that is whole though its end is not marked counts: what matters is that the
    /// answer is whole.
    mutating func finish(_ visit: (UnsafeBufferPointer<UInt8>) -> Void) {
        switch self {
        case .events(var splitter):
            let rest = splitter.finish { StreamPayload.look(at: $0, visit) }
            rest.partial.withUnsafeBufferPointer { event in
                StreamPayload.look(at: event) { payload in
                    if OpenAIAnswerReader.isDone(payload) || (try? JSONIndex(payload)) != nil { visit(payload) }
                }
            }
            self = .events(splitter)
        case .lines(let cutter):
            cutter.rest.withUnsafeBufferPointer { line in
                if (try? JSONIndex(line)) != nil { visit(line) }
            }
            self = .lines(LineCutter())
        }
    }
}

/// Cuts bytes into lines, whatever way the reads fall.
struct LineCutter: Sendable {
    /// The line that is not whole yet.
    private(set) var rest: [UInt8] = []
    private let limit: Int

    init(limit: Int = 8_388_608) { self.limit = limit }

    /// Hands over the lines that are now whole, without their ends.
    mutating func append(
        _ bytes: [UInt8],
        _ visit: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(EventStreamSplitter.EventTooLong) {
        let searched = rest.count
        rest.gather(bytes, limit: limit)
        let taken = rest.withUnsafeBufferPointer { buffer in
            var start = 0
            var from = searched
            while let end = JSONScan.next(0x0A, buffer, from: from) {
                visit(UnsafeBufferPointer(rebasing: buffer[start..<end]))
                start = end + 1
                from = start
            }
            return start
        }
        if taken == rest.count { rest = [] } else if taken > 0 { rest.removeFirst(taken) }
        if rest.count > limit { throw EventStreamSplitter.EventTooLong(limit: limit) }
    }
}

/// The data of a server-sent event.
enum StreamPayload {
    /// Looks at an event's data, in place where it is on one line; not at all where there is none.
    static func look(at event: UnsafeBufferPointer<UInt8>, _ visit: (UnsafeBufferPointer<UInt8>) -> Void) {
        if let range = onlyDataLine(of: event) {
            visit(UnsafeBufferPointer(rebasing: event[range]))
            return
        }
        let data = ServerSentEvent(parsing: event).data
        if !data.isEmpty { data.withUnsafeBufferPointer(visit) }
    }

    /// Where the data is in an event of the usual shape: lines that end with LF, one of them `data:`.
    private static func onlyDataLine(of event: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard event.first != 0xEF, JSONScan.next(0x0D, event, from: 0) == nil else { return nil }
        var found: Range<Int>?
        var at = 0
        let field: StaticString = "data:"
        while at < event.count {
            let end = JSONScan.next(0x0A, event, from: at) ?? event.count
            let value = at + field.utf8CodeUnitCount
            if value <= end, JSONText.equals(event, at..<value, field) {
                guard found == nil else { return nil }
                found = (value < end && event[value] == 0x20 ? value + 1 : value)..<end
            }
            at = end + 1
        }
        return found
    }
}
