/// A delta of text that is spelled as Anthropic spells it: the bulk of every stream, which needs no index.
struct UsualDelta {
    /// Its text, escaped.
    let text: EscapedPiece
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
            Self.has(bytes, number + 1, Self.middle), let quote = JSONScan.endOfString(bytes, from: text),
            quote + 1 < bytes.count, bytes[quote + 1] == UInt8(ascii: "}")
        else { return nil }
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
            bytes[delta.end] == 0x0A, bytes[delta.end + 1] == 0x0A, Self.hasNoControls(delta.text)
        else { return nil }
        text = delta.text
        end = delta.end + 2
    }

    private static func hasNoControls(_ text: EscapedPiece) -> Bool {
        var at = 0
        while at < text.count {
            let chunk = ByteChunk(text, from: at)
            guard chunk.hasNoControls(among: text.count - at) else { return false }
            at += 8
        }
        return true
    }

    @inline(__always)
    private static func has(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ plain: StaticString) -> Bool {
        at + plain.utf8CodeUnitCount <= bytes.count && JSONText.equals(bytes, at..<at + plain.utf8CodeUnitCount, plain)
    }
}
