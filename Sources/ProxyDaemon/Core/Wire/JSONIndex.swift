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

/// One value, or one member's name, in a JSON text.
struct JSONNode: Sendable {
    /// Offset of the first byte; a string's quote.
    var start: Int32
    /// Offset after the last byte.
    var end: Int32
    /// Position of the node after this one and all within it.
    var next: Int32
    var kind: JSONKind

    @inline(__always) func hasLength(_ bytes: Int) -> Bool { Int(end) - Int(start) == bytes }
}

/// Finds out in one pass whether bytes are a JSON object, and where every value in it begins and ends.
///
/// Nothing is decoded: a request passes on as the client's own bytes, and only what a decision needs is read from its
/// span. Structure, literals and numbers are checked; the inside of strings is left to whoever decodes them.
package struct JSONIndex: Sendable {
    /// Deeper nesting is refused: no real request comes near, and readers that recurse would fall over.
    package static let maximumDepth = 128
    /// More values than this are refused: an index of them would take 32 MB.
    package static let maximumValues = 2_000_000
    /// Offsets are kept in 32 bits.
    package static let maximumBytes = Int(Int32.max)

    /// In the order of the text; of an object's, names and values by turns.
    private let nodes: [JSONNode]

    package init(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONProblem) {
        guard bytes.count <= Self.maximumBytes else {
            throw JSONProblem(offset: Self.maximumBytes, expected: "the end")
        }
        var reader = JSONReader(bytes)
        try reader.readTopLevel()
        nodes = reader.nodes
    }

    /// How many values and names there are.
    package var count: Int { nodes.count }

    package init(_ bytes: [UInt8]) throws(JSONProblem) {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONIndex, JSONProblem> in
            do throws(JSONProblem) { return .success(try JSONIndex(buffer)) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// The first control character inside a string or a name.
    func firstControlInString(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for node in nodes where node.kind == .string {
            if let at = JSONScan.firstControl(bytes, in: Int(node.start)..<Int(node.end)) { return at }
        }
        return nil
    }

    /// Looks at the object. `bytes` must be those that the index was made of; the view must not leave `look`.
    package func withRoot<Result>(_ bytes: UnsafeBufferPointer<UInt8>, _ look: (JSONView) -> Result) -> Result {
        nodes.withUnsafeBufferPointer { look(JSONView(bytes, $0, 0)) }
    }
}

/// The checking pass. Every read is guarded by the buffer's end.
private struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private(set) var nodes: [JSONNode] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        nodes.reserveCapacity(32 + bytes.count / 256)
    }

    mutating func readTopLevel() throws(JSONProblem) {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else { throw problem("an object") }
        try readValue()
        skipSpace()
        guard at == bytes.count else { throw problem("the end") }
    }

    /// Reads one container of any depth without recursion: `open` holds the position of each open one's node.
    private mutating func readValue() throws(JSONProblem) {
        var open: [Int32] = []
        open.reserveCapacity(8)
        values: while true {
            skipSpace()
            guard at < bytes.count else { throw problem("a value") }
            let byte = bytes[at]
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard open.count < JSONIndex.maximumDepth else {
                    throw problem("at most \(JSONIndex.maximumDepth) levels of nesting")
                }
                let isObject = byte == UInt8(ascii: "{")
                let position = Int32(nodes.count)
                try add(isObject ? .object : .array, from: at, to: at + 1)
                at += 1
                skipSpace()
                guard at < bytes.count, bytes[at] == byte + 2 else {
                    open.append(position)
                    if isObject { try readName() }
                    continue values
                }
                at += 1
                nodes[Int(position)].end = Int32(at)
            } else {
                let start = at
                try add(try readScalar(), from: start, to: at)
            }
            while let container = open.last {
                let inObject = nodes[Int(container)].kind == .object
                skipSpace()
                guard at < bytes.count else { throw problem(inObject ? "',' or '}'" : "',' or ']'") }
                if bytes[at] == UInt8(ascii: ",") {
                    at += 1
                    if inObject { try readName() }
                    continue values
                }
                guard bytes[at] == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw problem(inObject ? "',' or '}'" : "',' or ']'")
                }
                at += 1
                nodes[Int(container)].end = Int32(at)
                nodes[Int(container)].next = Int32(nodes.count)
                open.removeLast()
            }
            return
        }
    }

    /// Takes note of a value. Throws where there are more than any real request has, and the notes would fill the memory.
    private mutating func add(_ kind: JSONKind, from start: Int, to end: Int) throws(JSONProblem) {
        guard nodes.count < JSONIndex.maximumValues else {
            throw problem("at most \(JSONIndex.maximumValues) values")
        }
        if nodes.count == nodes.capacity { grow() }
        nodes.append(JSONNode(start: Int32(start), end: Int32(end), next: Int32(nodes.count + 1), kind: kind))
    }

    /// Makes room for as many values as there will be if the rest of the text is as dense as what was read, but for no more than
    /// there can be: doubled once more while it is large, the notes would be held twice. Memory that is not written to costs
    /// nothing.
    private mutating func grow() {
        let expected = nodes.count * (bytes.count / max(1, at) + 1)
        // A value takes a byte, and another one from the next.
        let most = min(nodes.count + (bytes.count - at) / 2 + 1, JSONIndex.maximumValues)
        nodes.reserveCapacity(min(max(2 * nodes.count, expected), most))
    }

    /// Reads a member's name and its colon.
    private mutating func readName() throws(JSONProblem) {
        skipSpace()
        let name = try readString("a member name in quotes")
        try add(.string, from: name.lowerBound - 1, to: name.upperBound + 1)
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

    /// The offset at which these words begin next, within a range; nil where they are not there.
    package static func next(_ words: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
        guard let first = words.first, let base = bytes.baseAddress, range.upperBound <= bytes.count else { return nil }
        var at = range.lowerBound
        while at + words.count <= range.upperBound,
            let found = memchr(base + at, Int32(first), range.upperBound - at - words.count + 1)
        {
            let place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
            if memcmp(base + place, words, words.count) == 0 { return place }
            at = place + 1
        }
        return nil
    }

    /// The offset of the next such byte; nil when there is none.
    package static func next(_ byte: UInt8, _ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
    }
}
