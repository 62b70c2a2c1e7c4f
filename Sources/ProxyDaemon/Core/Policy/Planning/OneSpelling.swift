import CText

/// The contents of JSON strings in one spelling, for hashes of them. Not JSON: what has more than one spelling there stands
/// as UTF-8 here, control characters too.
enum OneSpelling {
    private static let backslash = UInt8(ascii: "\\")

    /// Whether the contents may hold an escape of which there is another spelling: `\u`, `\/`, `\b` or `\f`. A
    /// backslash of its own before one of these letters counts too, which costs time and nothing else.
    static func mayVary(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.baseAddress.map { gw_has_varying_escape($0, text.count) != 0 } ?? false
    }

    /// Calls `use` with the contents in the one spelling. `scratch` is memory that is used again and again.
    static func write(
        _ text: UnsafeBufferPointer<UInt8>,
        _ scratch: inout [UInt8],
        _ use: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        if scratch.count < text.count + 4 { scratch = [UInt8](repeating: 0, count: text.count + 4) }
        scratch.withUnsafeMutableBufferPointer { memory in
            var out = Output(memory)
            var at = 0
            while at < text.count {
                let byte = text[at]
                at += 1
                guard byte == backslash, at < text.count else {
                    out.append(byte)
                    continue
                }
                let escape = text[at]
                at += 1
                switch escape {
                case UInt8(ascii: "u"): append(scalar(text, &at), to: &out)
                case UInt8(ascii: "/"): out.append(escape)
                case UInt8(ascii: "b"): out.append(0x08)
                case UInt8(ascii: "f"): out.append(0x0C)
                default:
                    out.append(backslash)
                    out.append(escape)
                }
            }
            use(UnsafeBufferPointer(rebasing: memory[..<out.count]))
        }
    }

    /// Bytes that are written one by one: no spelling is longer than what it is made of, but for a last escape that was
    /// cut off.
    private struct Output {
        private let memory: UnsafeMutableBufferPointer<UInt8>
        private(set) var count = 0

        init(_ memory: UnsafeMutableBufferPointer<UInt8>) { self.memory = memory }

        @inline(__always)
        mutating func append(_ byte: UInt8) {
            guard count < memory.count else { return }
            memory[count] = byte
            count += 1
        }
    }

    /// The character of an escape whose digits begin at `at`, which is moved behind them; U+FFFD for half a pair and for
    /// what are no digits.
    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> UInt32 {
        guard let first = digits(text, at) else {
            at = min(at + 4, text.count)
            return 0xFFFD
        }
        at += 4
        guard (0xD800..<0xE000).contains(first) else { return first }
        guard first < 0xDC00, at + 1 < text.count, text[at] == backslash, text[at + 1] == UInt8(ascii: "u"),
            let second = digits(text, at + 2), (0xDC00..<0xE000).contains(second)
        else { return 0xFFFD }
        at += 6
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
    }

    private static func digits(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32? {
        guard start + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for at in start..<(start + 4) {
            let byte = text[at]
            let lower = byte | 0x20
            if byte &- UInt8(ascii: "0") < 10 {
                value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            } else if lower &- UInt8(ascii: "a") < 6 {
                value = value << 4 | UInt32(lower - UInt8(ascii: "a") + 10)
            } else {
                return nil
            }
        }
        return value
    }

    private static func append(_ scalar: UInt32, to out: inout Output) {
        switch scalar {
        // These have short escapes, in which all other writers spell them.
        case 0x22, 0x5C:
            out.append(backslash)
            out.append(UInt8(scalar))
        case 0x0A:
            out.append(backslash)
            out.append(UInt8(ascii: "n"))
        case 0x0D:
            out.append(backslash)
            out.append(UInt8(ascii: "r"))
        case 0x09:
            out.append(backslash)
            out.append(UInt8(ascii: "t"))
        case 0..<0x80: out.append(UInt8(scalar))
        case 0x80..<0x800:
            out.append(UInt8(0xC0 | scalar >> 6))
            out.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            out.append(UInt8(0xE0 | scalar >> 12))
            out.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            out.append(UInt8(0x80 | scalar & 0x3F))
        default:
            out.append(UInt8(0xF0 | scalar >> 18 & 0x07))
            out.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            out.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            out.append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
