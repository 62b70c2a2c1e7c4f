@testable import GatewayCore

extension FuzzTarget {
    /// Server-sent events.
    static let events = FuzzTarget(
        name: "events",
        property:
            "however a stream is cut by reads, its events are the same, its bytes pass whole, and fields are the standard's",
        maximumBytes: 2_048
    ) { bytes in
        var dice = Dice(bytes)
        let whole = Splitting(of: [bytes])
        let cut = Splitting(of: dice.pieces(of: bytes))
        expect(whole.events == cut.events, "cut: \(cut.events.map(shown)), whole: \(whole.events.map(shown))")
        expect(whole.passed == cut.passed, "other bytes were passed on")
        expect(whole.passed + whole.partial == bytes, "the bytes did not come out as they went in")
        expect(whole.partial == cut.partial, "another rest")
        for event in whole.events + [whole.partial] {
            let plain = PlainEvent(event)
            event.withUnsafeBufferPointer { buffer in
                let parsed = ServerSentEvent(parsing: buffer)
                expect(parsed.data == plain.data, "\(shown(event)): data \(shown(parsed.data))")
                expect(parsed.name.utf8.elementsEqual(plain.name.utf8), "\(shown(event)): name \(parsed.name)")
                let name = ServerSentEvent.nameRange(of: buffer).map { String(decoding: event[$0], as: UTF8.self) }
                // The first of several counts there, as nobody means to send them.
                expect(name == plain.firstName, "\(shown(event)): first name \(name ?? "none")")
                StreamPayload.look(at: buffer) { payload in
                    // A line of `data` alone adds a line break, which is left out where nothing else is said: to JSON it is space.
                    let isSame = trimmed(Array(payload)) == trimmed(plain.data)
                    expect(isSame, "\(shown(event)): payload \(shown(payload))")
                }
            }
        }
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        let head = text.drop { $0 == 0x0A }
        return Array(head.prefix((head.lastIndex { $0 != 0x0A } ?? head.startIndex - 1) - head.startIndex + 1))
    }
}

/// What a splitter makes of reads.
private struct Splitting {
    private(set) var events: [[UInt8]] = []
    private(set) var passed: [UInt8] = []
    private(set) var partial: [UInt8] = []

    init(of pieces: [[UInt8]]) {
        var splitter = EventStreamSplitter()
        var seen: [[UInt8]] = []
        for piece in pieces {
            do throws(EventStreamSplitter.EventTooLong) {
                passed += try splitter.append(piece) { seen.append(Array($0)) }
            } catch {
                expect(false, "a short event was too long")
            }
        }
        let rest = splitter.finish { seen.append(Array($0)) }
        expect(splitter.isBetweenEvents, "something is left after the end")
        events = seen
        passed += rest.whole
        partial = rest.partial
        expect(events.reduce([], +) == passed, "what was seen is not what was passed on")
    }
}

/// An event's fields by the words of the standard, line by line
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
private struct PlainEvent {
    private(set) var name = ""
    private(set) var firstName: String?
    private(set) var data: [UInt8] = []

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var lines: [[UInt8]] = [[]]
        while let byte = rest.popFirst() {
            if byte == 0x0D, rest.first == 0x0A { rest.removeFirst() }
            if byte == 0x0D || byte == 0x0A { lines.append([]) } else { lines[lines.count - 1].append(byte) }
        }
        var texts: [[UInt8]] = []
        for line in lines where !line.isEmpty && line[0] != UInt8(ascii: ":") {
            let colon = line.firstIndex(of: UInt8(ascii: ":"))
            let field = String(decoding: line[..<(colon ?? line.count)], as: UTF8.self)
            var value = colon.map { Array(line[($0 + 1)...]) } ?? []
            if value.first == 0x20 { value.removeFirst() }
            if field == "event" {
                name = String(decoding: value, as: UTF8.self)
                if firstName == nil { firstName = name }
            }
            if field == "data" { texts.append(value) }
        }
        data = Array(texts.joined(separator: [0x0A]))
    }
}
