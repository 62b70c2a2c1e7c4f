/// Takes the middle out of a text that is too long, and says how much was there.
///
/// Works on the inside of a JSON string as it stands. Counted are code points: an escape, a surrogate pair and a sequence of
/// UTF-8 are one each. Cut is only between what a reader takes for whole characters: a flag, a family of emoji, a letter with
/// its accents stay together. What it leaves is within the limit, so that it is never cut again.
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
        let start = edge(bytes, from: 0, by: head, mayGoOn: false)
        let middle = total - kept + start.moved
        let end = edge(bytes, from: start.at, by: middle, mayGoOn: true)
        return Cut(range: start.at..<end.at, characters: middle + end.moved)
    }

    /// How many characters there are.
    static func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Int { advance(bytes, from: 0, by: .max).characters }

    /// Code points before and after a cut that are looked at; a character of more of them may be cut.
    private static let sight = 64

    /// Where so many code points from `start` on end, moved by a few, on or back, so that no character is cut there.
    private static func edge(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        by wanted: Int,
        mayGoOn: Bool
    ) -> (at: Int, moved: Int) {
        let before = min(sight, wanted)
        let anchor = advance(bytes, from: start, by: wanted - before).end
        let at = advance(bytes, from: anchor, by: before).end
        guard !isPlain(bytes, at) else { return (at, 0) }
        let room = min(bytes.count, anchor + 2 * sight * longestEscape)
        let (scalars, ends) = scalars(UnsafeBufferPointer(rebasing: bytes[anchor..<room]), atMost: before + sight)
        // The second half of a flag that began before is none's first.
        let skipped = flagHalves(bytes, before: anchor) & 1
        var count = skipped
        var found: Int?
        for character in String(String.UnicodeScalarView(scalars.dropFirst(skipped))) {
            if mayGoOn ? count >= before : count > before { break }
            // What begins at the anchor may have begun before it.
            if count > 0 { found = count }
            count += character.unicodeScalars.count
        }
        // The end of what is looked at need not be that of a character, but that of the text is.
        let isSure = count < ends.count || anchor + (ends.last ?? 0) == bytes.count
        if mayGoOn { found = count >= before && isSure ? count : nil }
        guard let found, (1...ends.count).contains(found) else { return (at, 0) }
        return (anchor + ends[found - 1], abs(found - before))
    }

    /// Both halves of a pair, `\ud83d\ude00`.
    private static let longestEscape = 12

    /// Between two letters, digits or signs of ASCII nothing holds together.
    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
        guard at > 0, at < bytes.count else { return true }
        let plain = UInt8(0x20)..<0x7F
        return plain.contains(bytes[at - 1]) && plain.contains(bytes[at]) && bytes[at] != UInt8(ascii: "\\")
    }

    /// The first code points, and where each ends. What is none counts as the mark in the place of one.
    private static func scalars(
        _ bytes: UnsafeBufferPointer<UInt8>,
        atMost most: Int
    ) -> (scalars: [Unicode.Scalar], ends: [Int]) {
        var scalars: [Unicode.Scalar] = []
        var ends: [Int] = []
        var at = 0
        while at < bytes.count, ends.count < most {
            let end = advance(bytes, from: at, by: 1).end
            var text: [UInt8] = []
            JSONText.appendUnescaped(UnsafeBufferPointer(rebasing: bytes[at..<end]), to: &text)
            let decoded = String(decoding: text, as: UTF8.self).unicodeScalars
            scalars.append(decoded.count == 1 ? decoded.first ?? "\u{FFFD}" : "\u{FFFD}")
            ends.append(end)
            at = end
        }
        return (scalars, ends)
    }

    /// How many letters of flags end there in a row; two make a flag.
    private static func flagHalves(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> Int {
        var at = end
        var count = 0
        while true {
            if at >= 4, bytes[at - 4] == 0xF0, bytes[at - 3] == 0x9F, bytes[at - 2] == 0x87, bytes[at - 1] >= 0xA6 {
                at -= 4
            } else if at >= longestEscape, isFlagHalf(bytes, at - longestEscape) {
                at -= longestEscape
            } else {
                return count
            }
            count += 1
        }
    }

    /// Whether `\ud83c\udde6` to `\ud83c\uddff` stands there.
    private static func isFlagHalf(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
        let pattern: StaticString = "\\ud83c\\udd"
        for offset in 0..<pattern.utf8CodeUnitCount {
            let byte = bytes[at + offset]
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) ? byte | 0x20 : byte
            guard lower == pattern.utf8Start[offset] else { return false }
        }
        switch (bytes[at + 10] | 0x20, bytes[at + 11] | 0x20) {
        case (UInt8(ascii: "e"), let last): return last >= UInt8(ascii: "6")
        case (UInt8(ascii: "f"), _): return true
        default: return false
        }
    }

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
