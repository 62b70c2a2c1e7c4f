/// Handling of text that stays escaped on its way from one JSON string to another.
enum EscapedPieces {
    /// Appends the inside of a JSON string as it came. What may not stand there (control characters, escapes that are
    /// none) is mended, as a client's parser would give up on it; U+2028 and U+2029 are escaped for readers that take
    /// them for line ends.
    static func append(_ text: EscapedPiece, to out: inout [UInt8]) {
        var copied = 0
        while let at = nextFlaw(text, from: copied) {
            out.append(contentsOf: EscapedPiece(rebasing: text[copied..<at]))
            if text[at] == 0xE2 {
                out.append(contentsOf: (text[at + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8)
                copied = at + 3
            } else {
                JSONText.appendEscaped(CollectionOfOne(text[at]), to: &out)
                copied = at + 1
            }
        }
        out.append(contentsOf: EscapedPiece(rebasing: text[copied...]))
    }

    /// The next control character, backslash that begins no escape, or first byte of U+2028 or U+2029.
    private static func nextFlaw(_ text: EscapedPiece, from start: Int) -> Int? {
        var at = start
        while at < text.count {
            let byte = text[at]
            if byte >= 0x20, byte != UInt8(ascii: "\\"), byte != 0xE2 {
                at += 1
            } else if byte == 0xE2 {
                if at + 2 < text.count, text[at + 1] == 0x80, text[at + 2] | 1 == 0xA9 { return at }
                at += 1
            } else if byte == UInt8(ascii: "\\"), let length = lengthOfEscape(text, at) {
                at += length
            } else {
                return at
            }
        }
        return nil
    }

    /// How many bytes the escape takes whose backslash is there; nil for none that JSON knows.
    private static func lengthOfEscape(_ text: EscapedPiece, _ at: Int) -> Int? {
        guard at + 1 < text.count else { return nil }
        switch text[at + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard at + 6 <= text.count, text[(at + 2)..<(at + 6)].allSatisfy(JSONText.isHexadecimal) else { return nil }
            return 6
        default: return nil
        }
    }

    /// The bytes with U+FFFD in the place of what is no UTF-8: one such byte ends a client's stream. Pieces must end
    /// where characters end.
    static func validated(_ bytes: [UInt8]) -> [UInt8] {
        let seen = bytes.withUnsafeBufferPointer { $0.reduce(0, |) }
        if seen < 0x80 || String(validating: bytes, as: UTF8.self) != nil { return bytes }
        return Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// An id with what Anthropic does not take in ids made `_`.
    static func cleanID(_ id: EscapedPiece) -> [UInt8] {
        id.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                byte
            default: UInt8(ascii: "_")
            }
        }
    }
}

/// The arguments of a call, which travel as JSON text inside a JSON string.
enum CallArguments {
    enum Reading: Equatable {
        /// Nothing but space: no arguments.
        case blank
        case object
        /// Not an object, or no JSON.
        case other
    }

    static func read(_ escaped: [UInt8]) -> Reading {
        var text: [UInt8] = []
        escaped.withUnsafeBufferPointer { JSONText.appendUnescaped($0, to: &text) }
        if text.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) { return .blank }
        guard (try? JSONIndex(text)) != nil, String(validating: text, as: UTF8.self) != nil else { return .other }
        return JSONText.hasCleanStrings(text) ? .object : .other
    }

    /// The first byte of the text that is no space; nil while there is none.
    static func firstByte(_ escaped: EscapedPiece) -> UInt8? {
        var at = 0
        while at < escaped.count {
            if escaped[at] == UInt8(ascii: "\\"), at + 1 < escaped.count {
                guard "ntr".utf8.contains(escaped[at + 1]) else { return escaped[at + 1] }
                at += 2
            } else if escaped[at] == 0x20 {
                at += 1
            } else {
                return escaped[at]
            }
        }
        return nil
    }

    /// What a client gets that takes only objects: the text in an object, escaped for a JSON string itself.
    static func wrapped(_ escaped: [UInt8]) -> [UInt8] {
        var out = Array(#"{\"_raw_arguments\":\""#.utf8)
        JSONText.appendEscaped(escaped, to: &out)
        out.append(contentsOf: #"\"}"#.utf8)
        return out
    }
}
