/// Eight bytes of a text, looked at together: what is asked of each is answered in its highest bit.
struct ByteChunk {
    /// The first in the lowest place.
    let bytes: UInt64

    /// The eight bytes at `at`; nil where the text has fewer.
    @inline(__always) init?(_ text: UnsafeBufferPointer<UInt8>, at: Int) {
        guard at >= 0, at <= text.count - 8 else { return nil }
        bytes = UInt64(
            littleEndian: UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: at, as: UInt64.self)
        )
    }

    /// The bytes from `at` on, which is within the text: eight, or fewer and zeros after them where it ends.
    @inline(__always) init(_ text: UnsafeBufferPointer<UInt8>, from at: Int) {
        let room = text.count - at
        if let whole = ByteChunk(text, at: at) {
            self = whole
        } else if room > 0, let last = ByteChunk(text, at: text.count - 8) {
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

    /// Whether none of the first `count` is a control character, counting from 0x00 to 0x1F.
    @inline(__always) func hasNoControls(among count: Int) -> Bool {
        let isSeen = ((bytes & ~Self.high) &+ Self.each(0x60)) | bytes
        let asked: UInt64 = count >= 8 ? .max : (1 << UInt64(8 * count)) &- 1
        return ~isSeen & asked & Self.high == 0
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
        (bytes | Self.each(0x20)) & (count >= 8 ? .max : (1 << UInt64(8 * count)) &- 1)
    }

    @inline(__always) private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
