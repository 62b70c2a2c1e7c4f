#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Why a text is not the JSON it should be, and where.
package struct JSONProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// Offset of the first byte that is wrong.
    package let offset: Int
    /// What was expected there.
    package let expected: String

    package init(offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }

    package var description: String { "invalid JSON at byte \(offset): expected \(expected)" }
}

/// What kind of value a JSON text holds.
package enum JSONKind: Sendable, Equatable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null

    /// The name with its article, for error messages.
    package var phrase: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .true, .false: "a boolean"
        case .null: "null"
        }
    }
}

/// One member of the top-level object: where its key's and its value's bytes are.
package struct JSONMember: Sendable, Equatable {
    /// The key's bytes between the quotes, escapes and all.
    package var key: Range<Int>
    /// The value's bytes; those of a string with its quotes.
    package var value: Range<Int>
    package var kind: JSONKind
}

/// Finds out in one pass whether bytes are a JSON object and where its top-level members are.
///
/// Nothing is decoded: a request passes on as the client's own bytes, and only what a decision needs is read from its
/// span. Structure, literals and numbers are checked; the inside of strings is left to whoever decodes them.
package struct JSONIndex: Sendable {
    /// Deeper nesting is refused: no real request comes near, and readers that recurse would fall over.
    package static let maximumDepth = 128

    package let members: [JSONMember]

    package init(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONProblem) {
        var reader = JSONReader(bytes)
        members = try reader.readTopLevel()
    }

    package init(_ bytes: [UInt8]) throws(JSONProblem) {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONIndex, JSONProblem> in
            do throws(JSONProblem) { return .success(try JSONIndex(buffer)) } catch { return .failure(error) }
        }
        self = try result.get()
    }
}

/// The checking pass. Every read is guarded by the buffer's end.
private struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func readTopLevel() throws(JSONProblem) -> [JSONMember] {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else { throw problem("an object") }
        at += 1
        var members: [JSONMember] = []
        members.reserveCapacity(12)
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            at += 1
        } else {
            while true {
                skipSpace()
                let key = try readString("a member name in quotes")
                skipSpace()
                try expect(UInt8(ascii: ":"), "':'")
                skipSpace()
                let start = at
                let kind = try readValue()
                members.append(JSONMember(key: key, value: start..<at, kind: kind))
                skipSpace()
                guard at < bytes.count else { throw problem("',' or '}'") }
                at += 1
                if bytes[at - 1] == UInt8(ascii: "}") { break }
                if bytes[at - 1] != UInt8(ascii: ",") {
                    at -= 1
                    throw problem("',' or '}'")
                }
            }
        }
        skipSpace()
        guard at == bytes.count else { throw problem("the end") }
        return members
    }

    /// Reads one value of any depth without recursion: `containers` holds a bit for each open one, 1 for an object.
    private mutating func readValue() throws(JSONProblem) -> JSONKind {
        guard at < bytes.count else { throw problem("a value") }
        let kind: JSONKind =
            switch bytes[at] {
            case UInt8(ascii: "{"): .object
            case UInt8(ascii: "["): .array
            default: try readScalar()
            }
        guard kind == .object || kind == .array else { return kind }
        var containers = UInt128(0)
        var depth = 0
        values: while true {
            skipSpace()
            guard at < bytes.count else { throw problem("a value") }
            let byte = bytes[at]
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard depth + 1 < JSONIndex.maximumDepth else {
                    throw problem("at most \(JSONIndex.maximumDepth) levels of nesting")
                }
                let isObject = byte == UInt8(ascii: "{")
                at += 1
                skipSpace()
                guard at < bytes.count, bytes[at] == byte + 2 else {
                    containers = (containers << 1) | (isObject ? 1 : 0)
                    depth += 1
                    if isObject { try readName() }
                    continue values
                }
                at += 1
            } else {
                _ = try readScalar()
            }
            while depth > 0 {
                let inObject = containers & 1 == 1
                skipSpace()
                let expected = inObject ? "',' or '}'" : "',' or ']'"
                guard at < bytes.count else { throw problem(expected) }
                if bytes[at] == UInt8(ascii: ",") {
                    at += 1
                    if inObject { try readName() }
                    continue values
                }
                guard bytes[at] == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw problem(expected) }
                at += 1
                depth -= 1
                containers >>= 1
            }
            return kind
        }
    }

    /// Reads a member's name and its colon.
    private mutating func readName() throws(JSONProblem) {
        skipSpace()
        _ = try readString("a member name in quotes")
        skipSpace()
        try expect(UInt8(ascii: ":"), "':'")
    }

    private mutating func readScalar() throws(JSONProblem) -> JSONKind {
        switch bytes[at] {
        case UInt8(ascii: "\""):
            _ = try readString("a string")
            return .string
        case UInt8(ascii: "t"):
            try readWord("true")
            return .true
        case UInt8(ascii: "f"):
            try readWord("false")
            return .false
        case UInt8(ascii: "n"):
            try readWord("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try readNumber()
            return .number
        default:
            throw problem("a value")
        }
    }

    private mutating func readNumber() throws(JSONProblem) {
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        let zero = at < bytes.count && bytes[at] == UInt8(ascii: "0")
        let whole = readDigits()
        guard whole > 0, !zero || whole == 1 else { throw problem("a number") }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            guard readDigits() > 0 else { throw problem("a digit") }
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            guard readDigits() > 0 else { throw problem("a digit") }
        }
    }

    private mutating func readDigits() -> Int {
        let start = at
        while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10 { at += 1 }
        return at - start
    }

    private mutating func readWord(_ word: StaticString) throws(JSONProblem) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard at + offset < bytes.count, bytes[at + offset] == word.utf8Start[offset] else {
                throw problem("\(word)")
            }
        }
        at += word.utf8CodeUnitCount
    }

    private mutating func readString(_ expected: String) throws(JSONProblem) -> Range<Int> {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw problem(expected) }
        let start = at + 1
        guard let end = JSONScan.endOfString(bytes, from: start) else {
            at = bytes.count
            throw problem("the end of the string that begins at byte \(start - 1)")
        }
        at = end + 1
        return start..<end
    }

    private mutating func expect(_ byte: UInt8, _ expected: String) throws(JSONProblem) {
        guard at < bytes.count, bytes[at] == byte else { throw problem(expected) }
        at += 1
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    private func problem(_ expected: String) -> JSONProblem { JSONProblem(offset: at, expected: expected) }
}

/// Scanning that the index and the views share.
package enum JSONScan {
    /// The offset of the quote that ends a string whose first byte is at `start`; nil when it has no end.
    package static func endOfString(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var from = start
        while from < bytes.count, let found = memchr(base + from, 0x22, bytes.count - from) {
            let quote = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
            var slash = quote
            while slash > start, bytes[slash - 1] == UInt8(ascii: "\\") { slash -= 1 }
            if (quote - slash) & 1 == 0 { return quote }
            from = quote + 1
        }
        return nil
    }

    /// The offset of the next backslash; nil when there is none.
    package static func nextBackslash(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        next(UInt8(ascii: "\\"), bytes, from: start)
    }

    /// The offset of the next such byte; nil when there is none.
    package static func next(_ byte: UInt8, _ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
    }

    /// The offset just after the value that begins at `start`, in a text that an index has found valid.
    package static func endOfValue(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, limit: Int) -> Int {
        var at = start
        var depth = 0
        while at < limit {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                at = (endOfString(bytes, from: at + 1) ?? limit - 1) + 1
                if depth == 0 { return min(at, limit) }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return at }
                depth -= 1
                at += 1
                if depth == 0 { return at }
            case UInt8(ascii: ","), 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 { return at }
                at += 1
            default: at += 1
            }
        }
        return limit
    }
}
