import Glibc

/// A value inside an indexed JSON text. It points into the text and its index and must not outlive them.
package struct JSONView {
    package let bytes: UnsafeBufferPointer<UInt8>
    private let nodes: UnsafeBufferPointer<JSONNode>
    private let position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ nodes: UnsafeBufferPointer<JSONNode>, _ position: Int) {
        self.bytes = bytes
        self.nodes = nodes
        self.position = position
    }

    private var node: JSONNode { nodes[position] }

    package var kind: JSONKind { node.kind }

    /// The value's bytes; those of a string with its quotes.
    package var range: Range<Int> { (Int(node.start)..<Int(node.end)).clamped(to: 0..<bytes.count) }

    package var raw: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[range]) }

    /// The bytes of a string between its quotes, escapes and all; empty for other kinds.
    package var stringContents: Range<Int> {
        guard kind == .string, range.count >= 2 else { return range.lowerBound..<range.lowerBound }
        return (range.lowerBound + 1)..<(range.upperBound - 1)
    }

    /// The decoded text of a string; nil for other kinds.
    package var string: String? {
        guard kind == .string else { return nil }
        return JSONText.decode(bytes, stringContents)
    }

    /// The value of an integer without fraction or exponent that fits; nil for all else.
    package var integer: Int? {
        guard kind == .number else { return nil }
        var value = 0
        var negative = false
        for at in range {
            let byte = bytes[at]
            if at == range.lowerBound, byte == UInt8(ascii: "-") {
                negative = true
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, alsoTooBig) = product.addingReportingOverflow(Int(digit))
            if tooBig || alsoTooBig { return nil }
            value = sum
        }
        return negative ? -value : value
    }

    package var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The value of a member by its plain name; nil where there is none, or this is no object. The last one counts.
    package subscript(name: StaticString) -> JSONView? {
        guard kind == .object else { return nil }
        var found: Int?
        let end = Int(node.next)
        var at = position + 1
        while at + 1 < end {
            if nodes[at].hasLength(name.utf8CodeUnitCount + 2),
                JSONText.equals(bytes, JSONView(bytes, nodes, at).stringContents, name)
            {
                found = at + 1
            }
            at = Int(nodes[at + 1].next)
        }
        return found.map { JSONView(bytes, nodes, $0) }
    }

    /// Calls `visit` with each member's name (the bytes between its quotes) and value.
    package func forEachMember(_ visit: (Range<Int>, JSONView) -> Void) {
        guard kind == .object else { return }
        let end = Int(node.next)
        var at = position + 1
        while at + 1 < end {
            visit(JSONView(bytes, nodes, at).stringContents, JSONView(bytes, nodes, at + 1))
            at = Int(nodes[at + 1].next)
        }
    }

    /// Calls `visit` with each element of an array in order.
    package func forEachElement(_ visit: (JSONView) -> Void) {
        guard kind == .array else { return }
        let end = Int(node.next)
        var at = position + 1
        while at < end {
            visit(JSONView(bytes, nodes, at))
            at = Int(nodes[at].next)
        }
    }
}

/// Decoding and encoding of the text inside JSON strings.
package enum JSONText {
    /// Whether the bytes of a member's name are exactly this plain name.
    package static func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount, range.upperBound <= bytes.count, let base = bytes.baseAddress
        else { return false }
        return memcmp(base + range.lowerBound, name.utf8Start, range.count) == 0
    }

    /// The text of a string's contents with its escapes undone. What is no valid UTF-8 or no valid escape becomes U+FFFD.
    package static func decode(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
        let slice = UnsafeBufferPointer(rebasing: bytes[range])
        guard slice.contains(UInt8(ascii: "\\")) else { return String(decoding: slice, as: UTF8.self) }
        var out: [UInt8] = []
        out.reserveCapacity(slice.count)
        appendUnescaped(slice, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends a string's contents with its escapes undone, as UTF-8.
    package static func appendUnescaped(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        var at = 0
        while at < text.count {
            // Whole runs between escapes: most text has few of them.
            let slash = JSONScan.nextBackslash(text, from: at) ?? text.count
            out.append(contentsOf: UnsafeBufferPointer(rebasing: text[at..<slash]))
            guard slash + 1 < text.count else { return }
            at = slash + 1
            let escape = text[at]
            at += 1
            switch escape {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "u"):
                var scalar = hexadecimal(text, at)
                at = min(at + 4, text.count)
                if let high = scalar, (0xD800..<0xDC00).contains(high), at + 1 < text.count,
                    text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u"),
                    let low = hexadecimal(text, at + 2), (0xDC00..<0xE000).contains(low)
                {
                    scalar = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
                    at += 6
                }
                out.append(contentsOf: (scalar.flatMap(Unicode.Scalar.init) ?? "\u{FFFD}").utf8)
            default: out.append(escape)  // \" \\ \/ stand for themselves
            }
        }
    }

    private static func hexadecimal(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32? {
        guard start + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for at in start..<(start + 4) {
            let digit: UInt8
            switch text[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = text[at] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = text[at] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = text[at] - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Appends a text as a JSON string with its quotes, as short as JSON allows.
    package static func appendQuoted(_ text: some StringProtocol, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        appendEscaped(text.utf8, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// Appends UTF-8 bytes escaped for the inside of a JSON string.
    package static func appendEscaped(_ text: some Sequence<UInt8>, to out: inout [UInt8]) {
        let wasPlain = text.withContiguousStorageIfAvailable { bytes in
            let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain { out.append(contentsOf: bytes) }
            return isPlain
        }
        if wasPlain == true { return }
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""): out.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "\"")])
            case UInt8(ascii: "\\"): out.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "\\")])
            case 0x0A: out.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0D: out.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case 0x09: out.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0..<0x20:
                out.append(contentsOf: "\\u00".utf8)
                let digits = Array("0123456789abcdef".utf8)
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            default: out.append(byte)
            }
        }
    }

    /// A text as a JSON string with its quotes.
    package static func quoted(_ text: some StringProtocol) -> String {
        var out: [UInt8] = []
        appendQuoted(text, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
