/// A delta of text that is spelled as Anthropic spells it: the bulk of every stream, which needs no index.
struct UsualDelta {
    /// Its text, escaped.
    let text: EscapedPiece
    /// Nothing in the text is escaped, and no control character stands in it.
    let isPlain: Bool
    /// Where what follows it begins.
    let end: Int

    private static let head: StaticString = #"{"type":"content_block_delta","index":"#
    private static let middle: StaticString = #","delta":{"type":"text_delta","text":""#
    private static let name: StaticString = "event: content_block_delta\n"
    private static let field: StaticString = "data: "

    /// The delta whose JSON begins at `start`; nil for all else.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        let number = start + Self.head.utf8CodeUnitCount
        let text = number + 1 + Self.middle.utf8CodeUnitCount
        // Block ten and those after it are left to the index.
        guard bytes.count > text, bytes[number] &- UInt8(ascii: "0") < 10, Self.has(bytes, start, Self.head),
            Self.has(bytes, number + 1, Self.middle)
        else { return nil }
        var quote = Self.endOfPlain(bytes, from: text)
        isPlain = quote < bytes.count && bytes[quote] == UInt8(ascii: "\"")
        if !isPlain {
            guard let end = JSONScan.endOfString(bytes, from: text) else { return nil }
            quote = end
        }
        guard quote + 1 < bytes.count, bytes[quote + 1] == UInt8(ascii: "}") else { return nil }
        var at = quote + 2
        // Anthropic pads its events with blanks.
        while at < bytes.count, bytes[at] == 0x20 { at += 1 }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "}") else { return nil }
        self.text = EscapedPiece(rebasing: bytes[text..<quote])
        end = at + 1
    }

    /// The delta of a whole event that begins at `start`, its name before it or not; nil for all else, and for text that
    /// might hold the end of a line.
    init?(event bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        var at = start
        if Self.has(bytes, at, Self.name) { at += Self.name.utf8CodeUnitCount }
        guard Self.has(bytes, at, Self.field),
            let delta = UsualDelta(bytes, from: at + Self.field.utf8CodeUnitCount), delta.end + 1 < bytes.count,
            bytes[delta.end] == 0x0A, bytes[delta.end + 1] == 0x0A, delta.isPlain || Self.hasNoControls(delta.text)
        else { return nil }
        text = delta.text
        isPlain = delta.isPlain
        end = delta.end + 2
    }

    /// Where the string ends that goes on at `start`, if nothing in it is escaped: most deltas have no escapes.
    @inline(__always)
    private static func endOfPlain(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var at = start
        while at < bytes.count {
            let plain = ByteChunk(bytes, from: at).plainBytes
            at += plain
            if plain < 8 { break }
        }
        return min(at, bytes.count)
    }

    private static func hasNoControls(_ text: EscapedPiece) -> Bool { !text.contains { $0 < 0x20 } }

    @inline(__always)
    private static func has(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ plain: StaticString) -> Bool {
        at + plain.utf8CodeUnitCount <= bytes.count && JSONText.equals(bytes, at..<at + plain.utf8CodeUnitCount, plain)
    }
}
