import CText

/// Checks of text as bytes.
extension JSONScan {
    /// The offset of the first byte that is no part of well-formed UTF-8 (RFC 3629, table of section 4); nil where all is.
    package static func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        let at = gw_first_invalid_utf8(start, bytes.count)
        return at < bytes.count ? at : nil
    }

    /// The offset of the first byte below the space in a range; nil where there is none.
    static func firstControl(_ bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
        let range = range.clamped(to: bytes.indices)
        guard let start = bytes.baseAddress else { return nil }
        let at = gw_first_control(start + range.lowerBound, range.count)
        return at < range.count ? range.lowerBound + at : nil
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
