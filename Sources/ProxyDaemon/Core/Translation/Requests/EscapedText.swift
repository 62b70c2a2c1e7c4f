import Crypto

/// A JSON value as the bytes it came in.
typealias RawJSON = ArraySlice<UInt8>

/// Text as it stands between the quotes of a JSON string: with its escapes, so that it is copied and not spelled anew.
struct EscapedText: Sendable {
    private(set) var bytes: ArraySlice<UInt8>

    init(escaped bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    init(_ plain: some StringProtocol) {
        var out: [UInt8] = []
        JSONText.appendEscaped(plain.utf8, to: &out)
        bytes = out[...]
    }

    var isEmpty: Bool { bytes.isEmpty }

    /// The text with its escapes undone; what is no valid text in it is U+FFFD.
    var plain: String { bytes.withUnsafeBufferPointer { JSONText.decode($0, 0..<$0.count) } }

    /// The first characters with their escapes undone, for telling what the text begins with.
    var plainStart: String { EscapedText(escaped: bytes.prefix(48)).plain }

    func joined(with other: EscapedText, separator: String = "") -> EscapedText {
        if isEmpty { return other }
        if other.isEmpty { return self }
        var out = Array(bytes)
        JSONText.appendEscaped(separator.utf8, to: &out)
        out.append(contentsOf: other.bytes)
        return EscapedText(escaped: out[...])
    }

    /// Grows in place, so that many pieces take time in proportion.
    mutating func append(_ other: EscapedText, separator: String) {
        if !isEmpty, !other.isEmpty { bytes.append(contentsOf: EscapedText(separator).bytes) }
        bytes.append(contentsOf: other.bytes)
    }

    /// All of them as one. An empty one adds no separator.
    static func joined(_ texts: some Sequence<EscapedText>, separator: String = "") -> EscapedText {
        var out: [UInt8] = []
        for text in texts where !text.isEmpty {
            if !out.isEmpty { JSONText.appendEscaped(separator.utf8, to: &out) }
            out.append(contentsOf: text.bytes)
        }
        return EscapedText(escaped: out[...])
    }

    /// The text without white space at its end.
    var trimmedAtEnd: EscapedText {
        // An escape may stand for white space: only the last character tells whether there is any.
        guard let last = plain.unicodeScalars.last, last.properties.isWhitespace else { return self }
        var scalars = plain.unicodeScalars
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return EscapedText(String(scalars))
    }

    var isBlank: Bool { plain.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}

extension JSONText {
    /// Appends a JSON text to `out`, which is the inside of a string, without the white space between its parts.
    static func appendEscapedCompact(_ json: RawJSON, to out: inout [UInt8]) {
        var compact: [UInt8] = []
        compact.reserveCapacity(json.count)
        appendCompact(json, to: &compact)
        appendEscaped(compact, to: &out)
    }

    /// Appends a JSON text without the white space between its parts.
    static func appendCompact(_ json: RawJSON, to out: inout [UInt8]) {
        var inString = false
        var isEscaped = false
        for byte in json {
            if inString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                inString = true
            } else if byte <= 0x20 {
                continue
            }
            out.append(byte)
        }
    }

    /// Whether every string in an indexed JSON text is spelled as JSON demands: no bare control characters, no escapes
    /// that do not exist. The index does not look inside strings.
    static func hasCleanStrings(_ json: [UInt8]) -> Bool {
        var inString = false
        var at = 0
        while at < json.count {
            let byte = json[at]
            at += 1
            if !inString {
                inString = byte == UInt8(ascii: "\"")
            } else if byte == UInt8(ascii: "\"") {
                inString = false
            } else if byte < 0x20 {
                return false
            } else if byte == UInt8(ascii: "\\") {
                guard at < json.count else { return false }
                let escape = json[at]
                at += 1
                if escape == UInt8(ascii: "u") {
                    guard at + 4 <= json.count, json[at..<(at + 4)].allSatisfy(isHexadecimal) else { return false }
                    at += 4
                } else if !"\"\\/bfnrt".utf8.contains(escape) {
                    return false
                }
            }
        }
        return true
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }
}

/// Identifiers that had to be made fit for a provider.
enum Identifiers {
    /// The longest tool name that OpenAI takes, in characters.
    static let maximumToolName = 64

    /// SHA-256 of a text in hexadecimal.
    static func digest(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// A tool call's id in the characters that Anthropic takes. An id that has others gets a piece of its digest at its
    /// end, so that two ids never become one.
    static func anthropicCallID(_ id: EscapedText) -> EscapedText {
        if !id.isEmpty, id.bytes.allSatisfy(isPlain) { return id }
        let text = id.plain
        let plain = String(
            text.unicodeScalars.map { $0.isASCII && isPlain(UInt8($0.value)) ? Character($0) : "_" }
        )
        return EscapedText("\(plain)_\(digest(text).prefix(8))")
    }

    /// A tool's name short enough for OpenAI; one that is stays as it is.
    static func shortToolName(_ name: String) -> String {
        guard name.unicodeScalars.count > maximumToolName else { return name }
        return "\(String(String.UnicodeScalarView(name.unicodeScalars.prefix(55))))_\(digest(name).prefix(8))"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
