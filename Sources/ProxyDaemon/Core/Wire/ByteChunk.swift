/// Eight bytes of a text, looked at together: what is asked of each is answered in its highest bit.
struct ByteChunk {
    /// The first in the lowest place.
    let bytes: UInt64

    /// The eight bytes at `at`; nil where the text has fewer.
    @inline(__always) init?(_ text: UnsafeBufferPointer<UInt8>, at: Int) {
        guard at >= 0, at <= text.count &- 8 else { return nil }
        bytes = UInt64(
            littleEndian: UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: at, as: UInt64.self)
        )
    }

    /// The bytes from `at` on, which is within the text: eight, or fewer and zeros after them where it ends.
    @inline(__always) init(_ text: UnsafeBufferPointer<UInt8>, from at: Int) {
        self = ByteChunk(text, at: at) ?? ByteChunk(lastOf: text, from: at)
    }

    @inline(never) private init(lastOf text: UnsafeBufferPointer<UInt8>, from at: Int) {
        let room = text.count - at
        if room > 0, let last = ByteChunk(text, at: text.count - 8) {
            bytes = last.bytes >> UInt64(8 * (8 - room))
        } else {
            bytes = text.dropFirst(at).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static let high: UInt64 = 0x8080_8080_8080_8080

    @inline(__always) var isASCII: Bool { bytes & Self.high == 0 }

    /// Whether all are printable ASCII and none is `byte`, which is ASCII.
    @inline(__always) func isPrintable(without byte: UInt8) -> Bool {
        let isSeen = (bytes &+ Self.each(0x60)) & ~(bytes &+ Self.each(0x01))
        let isOther = (bytes ^ Self.each(byte)) &+ Self.each(0x7F)
        return isASCII && isSeen & isOther & Self.high == Self.high
    }

    /// How many bytes it begins with, 0…8, that stand for themselves in a JSON string: no quote, no backslash, no control
    /// character.
    @inline(__always) var plainBytes: Int {
        // A byte that is none of them may seem to be one behind one that is, as a sum reaches into the next.
        let controls = (bytes &- Self.each(0x20)) & ~bytes
        let quotes = Self.zeros(bytes ^ Self.each(UInt8(ascii: "\"")))
        let slashes = Self.zeros(bytes ^ Self.each(UInt8(ascii: "\\")))
        return ((controls | quotes | slashes) & Self.high).trailingZeroBitCount >> 3
    }

    /// In the highest bits which bytes are zero, up to the first one.
    @inline(__always) private static func zeros(_ bytes: UInt64) -> UInt64 { (bytes &- each(1)) & ~bytes }

    /// Whether the first `count`, which are letters and digits, are letters, none of them a capital but the first where
    /// `mayBegin`.
    @inline(__always) func isSmallWord(_ count: Int, mayBegin: Bool) -> Bool {
        let asked = Self.first(count)
        let wanted = Self.each(0x60) & asked
        return (bytes | (mayBegin ? 0x20 : 0)) & wanted == wanted
    }

    /// One bit for each of the first `count` bytes, the first in the lowest place, that is a small vowel, y among them. The
    /// first may be a capital.
    @inline(__always) func vowels(_ count: Int) -> UInt64 {
        let small = bytes | 0x20
        var marks: UInt64 = 0
        marks |= Self.same(small, UInt8(ascii: "a")) | Self.same(small, UInt8(ascii: "e"))
        marks |= Self.same(small, UInt8(ascii: "i")) | Self.same(small, UInt8(ascii: "o"))
        marks |= Self.same(small, UInt8(ascii: "u")) | Self.same(small, UInt8(ascii: "y"))
        // Each mark is moved to a place of its own in the highest byte.
        let ones = (marks & Self.high & Self.first(count)) >> 7
        return (ones &* 0x0102_0408_1020_4080) >> 56
    }

    /// In the highest bits which bytes are `byte`, where all are ASCII.
    @inline(__always) private static func same(_ bytes: UInt64, _ byte: UInt8) -> UInt64 {
        ~((bytes ^ each(byte)) &+ each(0x7F))
    }

    @inline(__always) private static func first(_ count: Int) -> UInt64 {
        count >= 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: 8 &* count)) &- 1
    }

    /// How many letters and digits of ASCII it begins with, 0…8.
    @inline(__always) var letters: Int {
        // Without their highest bits no sum of two bytes reaches into the next.
        let low = bytes & ~Self.high
        let small = low | Self.each(0x20)
        let isLetter = (small &+ Self.each(0x80 - UInt8(ascii: "a"))) & ~(small &+ Self.each(0x7F - UInt8(ascii: "z")))
        let isDigit = (low &+ Self.each(0x80 - UInt8(ascii: "0"))) & ~(low &+ Self.each(0x7F - UInt8(ascii: "9")))
        let isOther = ~(isLetter | isDigit) | bytes
        return (isOther & Self.high).trailingZeroBitCount >> 3
    }

    /// The first `count` bytes, letters made small and the others zero.
    @inline(__always) func word(_ count: Int) -> UInt64 {
        (bytes | Self.each(0x20)) & Self.first(count)
    }

    @inline(__always) private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
