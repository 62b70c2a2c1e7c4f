/// Takes the middle out of a text that is too long, and says how much was there.
///
/// Works on the inside of a JSON string as it stands, and cuts only between whole characters: an escape, a surrogate pair
/// and a sequence of UTF-8 are one each. What it leaves is within the limit, so that it is never cut again.
enum MiddleCut {
    /// Room for the words in the place of the middle.
    private static let reserve = 96

    struct Cut: Equatable {
        /// Bytes of the contents that are left out.
        let range: Range<Int>
        /// Characters in them.
        let characters: Int

        /// What stands in their place, escaped for the inside of a string.
        var marker: [UInt8] {
            Array("\\n[... \(SwitchPlan.grouped(characters)) characters were left out here ...]\\n".utf8)
        }
    }

    /// What is to be left out so that at most `limit` characters stay; nil where there are no more than that. The range is
    /// that of `bytes`, which are the inside of a string.
    static func cut(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int) -> Cut? {
        // A character has at least one byte.
        guard bytes.count > limit, limit > 2 * reserve else { return nil }
        let total = advance(bytes, from: 0, by: .max).characters
        guard total > limit else { return nil }
        let kept = limit - reserve
        let head = kept - kept / 2
        let start = advance(bytes, from: 0, by: head).end
        let end = advance(bytes, from: start, by: total - kept).end
        return Cut(range: start..<end, characters: total - kept)
    }

    /// How many characters there are.
    static func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Int { advance(bytes, from: 0, by: .max).characters }

    /// Where so many characters from `start` on end, and how many there really are.
    private static func advance(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        by wanted: Int
    ) -> (end: Int, characters: Int) {
        var at = start
        var seen = 0
        while at < bytes.count, seen < wanted {
            let slash = JSONScan.nextBackslash(bytes, from: at) ?? bytes.count
            // So many bytes hold at most so many characters. A step that ends within one is made good by the next.
            let step = min(slash - at, wanted - seen)
            seen += firstBytes(UnsafeBufferPointer(rebasing: bytes[at..<(at + step)]))
            at += step
            guard at == slash, at < bytes.count, seen < wanted else { continue }
            at = endOfEscape(bytes, at)
            seen += 1
        }
        // Bytes that continue a character which was counted belong to it.
        while at < bytes.count, isContinuation(bytes[at]) { at += 1 }
        return (at, seen)
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// Bytes that begin a character.
    private static func firstBytes(_ run: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in run { count &+= isContinuation(byte) ? 0 : 1 }
        return count
    }

    /// After the escape at `start`, both halves of a surrogate pair.
    private static func endOfEscape(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        guard start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "u") else { return min(start + 2, bytes.count) }
        let end = min(start + 6, bytes.count)
        guard isHalf(bytes, start, first: true), isHalf(bytes, end, first: false) else { return end }
        return min(end + 6, bytes.count)
    }

    /// Whether `\uD8..` to `\uDB..` stands there, or as the second half `\uDC..` to `\uDF..`.
    private static func isHalf(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, first: Bool) -> Bool {
        guard at + 5 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u"),
            bytes[at + 2] | 0x20 == UInt8(ascii: "d")
        else { return false }
        switch bytes[at + 3] | 0x20 {
        case UInt8(ascii: "8") | 0x20, UInt8(ascii: "9") | 0x20, UInt8(ascii: "a"), UInt8(ascii: "b"): return first
        case UInt8(ascii: "c")...UInt8(ascii: "f"): return !first
        default: return false
        }
    }
}
