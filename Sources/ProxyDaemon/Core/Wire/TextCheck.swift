/// Checks of text as bytes, eight at a time where nothing is unusual.
extension JSONScan {
    private static let eights: UInt64 = 0x8080_8080_8080_8080

    /// The offset of the first byte that is no part of well-formed UTF-8 (RFC 3629, table of section 4); nil where all is.
    package static func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        while at < bytes.count {
            while at + 8 <= bytes.count, raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & eights == 0 {
                at += 8
            }
            guard at < bytes.count else { return nil }
            let first = bytes[at]
            if first < 0x80 {
                at += 1
                continue
            }
            let count: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: count = 2
            case 0xE0: (count, second) = (3, 0xA0...0xBF)
            case 0xED: (count, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: count = 3
            case 0xF0: (count, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: count = 4
            case 0xF4: (count, second) = (4, 0x80...0x8F)
            default: return at
            }
            guard at + count <= bytes.count, second.contains(bytes[at + 1]) else { return at }
            for offset in 2..<max(2, count) where bytes[at + offset] & 0xC0 != 0x80 { return at }
            at += count
        }
        return nil
    }

    /// The offset of the first byte below the space in a range; nil where there is none.
    static func firstControl(_ bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
        let raw = UnsafeRawBufferPointer(bytes)
        let spaces: UInt64 = 0x2020_2020_2020_2020
        var at = range.lowerBound
        let end = min(range.upperBound, bytes.count)
        while at + 8 <= end {
            let word = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            // A byte below 0x20 borrows; one from 0x80 on does not count.
            if (word &- spaces) & ~word & eights != 0 { break }
            at += 8
        }
        while at < end {
            if bytes[at] < 0x20 { return at }
            at += 1
        }
        return nil
    }
}

extension JSONIndex {
    /// What is wrong with the text in a body's strings: bytes that are no UTF-8, or control characters that JSON has
    /// escaped (RFC 8259, section 7). `bytes` must be those that the index was made of.
    func textProblem(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONProblem? {
        if let offset = JSONScan.firstInvalidUTF8(bytes) { return JSONProblem(offset: offset, expected: "UTF-8") }
        return firstControlInString(bytes).map {
            JSONProblem(offset: $0, expected: "control characters in a string to be escaped")
        }
    }
}
