/// Watches a server-sent event stream go by: tells where events end and hands each whole event to a reader.
///
/// Line ends may be LF, CRLF or CR, mixed, and any of them may be cut by the reads
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). The bytes themselves are
/// never changed: what comes out is what went in, regrouped so that a piece ends where an event ends.
package struct EventStreamSplitter: Sendable {
    /// An event longer than the bound. Nothing sensible can be done with the stream after it.
    package struct EventTooLong: Error, Sendable, Equatable {
        package let limit: Int

        package init(limit: Int) { self.limit = limit }
    }

    /// Bytes of the event that is not whole yet.
    private var pending: [UInt8] = []
    /// How much of `pending` has been looked at.
    private var scanned = 0
    /// Where in `pending` the line that is being read begins.
    private var lineStart = 0
    private let limit: Int

    package init(limit: Int = 8_388_608) { self.limit = limit }

    /// The last event that came is whole: what comes next begins another.
    package var isBetweenEvents: Bool { pending.isEmpty }

    /// Takes what was read and returns the bytes up to the end of the last whole event, which `visit` has seen one by
    /// one.
    ///
    /// A CR at the end of a read ends its line only when the next byte is known, because an LF may belong to it.
    package mutating func append(
        _ bytes: [UInt8],
        _ visit: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(EventTooLong) -> [UInt8] {
        pending.gather(bytes, limit: limit)
        let whole = takeWholeEvents(isLast: false, visit)
        if pending.count > limit { throw EventTooLong(limit: limit) }
        return whole
    }

    /// Takes what is left when the stream ends: events that only the end makes whole, then part of one that is not.
    package mutating func finish(
        _ visit: (UnsafeBufferPointer<UInt8>) -> Void
    ) -> (whole: [UInt8], partial: [UInt8]) {
        let whole = takeWholeEvents(isLast: true, visit)
        defer {
            pending = []
            scanned = 0
            lineStart = 0
        }
        return (whole, pending)
    }

    /// The next LF or CR. Most streams have no CR, so where the next one is, is looked up once and kept.
    private static func nextLineEnd(_ bytes: UnsafeBufferPointer<UInt8>, from at: Int, _ nextReturn: inout Int?) -> Int?
    {
        let newline = JSONScan.next(0x0A, bytes, from: at)
        guard let found = nextReturn else { return newline }
        let carriage = found >= at ? found : JSONScan.next(0x0D, bytes, from: at)
        nextReturn = carriage
        guard let carriage else { return newline }
        return newline.map { min($0, carriage) } ?? carriage
    }

    private mutating func takeWholeEvents(isLast: Bool, _ visit: (UnsafeBufferPointer<UInt8>) -> Void) -> [UInt8] {
        var eventStart = 0
        pending.withUnsafeBufferPointer { buffer in
            var at = scanned
            var nextReturn = JSONScan.next(0x0D, buffer, from: at)
            while let end = Self.nextLineEnd(buffer, from: at, &nextReturn) {
                at = end
                let byte = buffer[at]
                var next = at + 1
                if byte == 0x0D {
                    guard next < buffer.count || isLast else {
                        scanned = at
                        return
                    }
                    if next < buffer.count, buffer[next] == 0x0A { next += 1 }
                }
                if at == lineStart {
                    visit(UnsafeBufferPointer(rebasing: buffer[eventStart..<next]))
                    eventStart = next
                }
                lineStart = next
                at = next
            }
            scanned = buffer.count
        }
        if eventStart == pending.count {
            let whole = pending
            pending = []
            scanned = 0
            lineStart = 0
            return whole
        }
        guard eventStart > 0 else { return [] }
        // The rest is short as a rule. With room of its own it does not hold on to that of the events while a slow client reads.
        let rest = Array(pending[eventStart...])
        pending.removeLast(rest.count)
        let whole = pending
        pending = rest
        scanned -= eventStart
        lineStart -= eventStart
        return whole
    }
}

/// The fields of one event.
package struct ServerSentEvent: Sendable, Equatable {
    package var name: String
    package var data: [UInt8]

    package init(name: String, data: [UInt8]) {
        self.name = name
        self.data = data
    }

    /// Reads the fields of one whole event's bytes. Comments, ids and retry times are left out.
    package init(parsing bytes: UnsafeBufferPointer<UInt8>) {
        var name = ""
        var data: [UInt8] = []
        var hasData = false
        Self.forEachField(of: bytes) { field, value in
            if JSONText.equals(bytes, field, "event") {
                name = String(decoding: UnsafeBufferPointer(rebasing: bytes[value]), as: UTF8.self)
            } else if JSONText.equals(bytes, field, "data") {
                if hasData { data.append(0x0A) }
                hasData = true
                data.append(contentsOf: bytes[value])
            }
            return true
        }
        self.init(name: name, data: data)
    }

    /// Where the event's name is; nil for an event without one. Reads no further than its line.
    package static func nameRange(of bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var name: Range<Int>?
        forEachField(of: bytes) { field, value in
            if JSONText.equals(bytes, field, "event") { name = value }
            return name == nil
        }
        return name
    }

    /// Calls `visit` with the ranges of each line's field name and value for as long as it returns true.
    private static func forEachField(
        of bytes: UnsafeBufferPointer<UInt8>,
        _ visit: (Range<Int>, Range<Int>) -> Bool
    ) {
        var at = 0
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { at = 3 }
        while at < bytes.count {
            let newline = JSONScan.next(0x0A, bytes, from: at) ?? bytes.count
            let line = UnsafeBufferPointer(rebasing: bytes[..<newline])
            let end = JSONScan.next(0x0D, line, from: at) ?? newline
            let colon = JSONScan.next(UInt8(ascii: ":"), UnsafeBufferPointer(rebasing: line[..<end]), from: at)
            if end > at, colon != at {
                let nameEnd = colon ?? end
                var valueStart = colon.map { $0 + 1 } ?? end
                if valueStart < end, bytes[valueStart] == 0x20 { valueStart += 1 }
                guard visit(at..<nameEnd, valueStart..<end) else { return }
            }
            at = end + 1
        }
    }
}
