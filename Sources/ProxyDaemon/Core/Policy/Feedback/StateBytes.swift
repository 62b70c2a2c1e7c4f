/// Writes the documents of what was learned: fixed little-endian fields between a header and a checksum.
///
/// Header: `LGLS`, the document's kind and the format's version, a byte each, and the version of the scores that it was
/// learned from. The last 8 bytes are the FNV-1a hash of all before them.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    init(kind: UInt8, format: UInt8, scores: String) {
        bytes += Array("LGLS".utf8) + [kind, format]
        add(scores)
    }

    mutating func add(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func add(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func add(_ value: Int64) { add(UInt64(bitPattern: value)) }
    mutating func add(_ value: Double) { add(value.bitPattern) }
    mutating func add(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func add(_ count: Int) { add(UInt32(clamping: count)) }

    mutating func add(_ text: String) {
        add(text.utf8.count)
        bytes += Array(text.utf8)
    }

    mutating func add(_ values: [Float]) {
        add(values.count)
        bytes.reserveCapacity(bytes.count + 4 * values.count + 64)
        for value in values { add(value.bitPattern) }
    }

    /// The document.
    consuming func finished() -> [UInt8] {
        add(FNV1a.hash(bytes))
        return bytes
    }
}

/// Why a kept document cannot be used. In words that go on from "it".
struct StateProblem: Error, Sendable, Equatable {
    let words: String
}

/// Reads what ``StateWriter`` wrote; whatever else the bytes are, it throws.
struct StateReader {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ document: [UInt8], kind: UInt8, format: UInt8, scores: String) throws(StateProblem) {
        let damaged = StateProblem(words: "is damaged")
        guard document.count >= 18, Array(document.prefix(4)) == Array("LGLS".utf8), document[4] == kind else {
            throw damaged
        }
        bytes = document[..<(document.count - 8)]
        var sum: UInt64 = 0
        for byte in document.suffix(8).reversed() { sum = sum << 8 | UInt64(byte) }
        guard sum == FNV1a.hash(bytes) else { throw damaged }
        guard document[5] == format else { throw StateProblem(words: "is of another release's format") }
        at = 6
        guard try text() == scores else { throw StateProblem(words: "was learned from another scorer's scores") }
    }

    var isAtEnd: Bool { at == bytes.endIndex }

    private mutating func take(_ count: Int) throws(StateProblem) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.endIndex - at else { throw StateProblem(words: "is damaged") }
        defer { at += count }
        return bytes[at..<(at + count)]
    }

    private mutating func word(_ size: Int) throws(StateProblem) -> UInt64 {
        try take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A count of things; `limit` is the most that make sense.
    mutating func count(limit: Int) throws(StateProblem) -> Int {
        let count = Int(try word(4))
        guard count <= limit else { throw StateProblem(words: "is damaged") }
        return count
    }

    mutating func integer() throws(StateProblem) -> Int64 { Int64(bitPattern: try word(8)) }

    mutating func bool() throws(StateProblem) -> Bool { try word(1) == 1 }

    /// A finite number within the bounds.
    mutating func number(_ range: ClosedRange<Double>) throws(StateProblem) -> Double {
        let number = Double(bitPattern: try word(8))
        guard range.contains(number) else { throw StateProblem(words: "is damaged") }
        return number
    }

    mutating func text(limit: Int = 4_096) throws(StateProblem) -> String {
        let length = try count(limit: limit)
        guard let text = String(validating: try take(length), as: UTF8.self) else {
            throw StateProblem(words: "is damaged")
        }
        return text
    }

    mutating func floats(limit: Int) throws(StateProblem) -> [Float] {
        let raw = try take(4 * (try count(limit: limit)))
        var values: [Float] = []
        values.reserveCapacity(raw.count / 4)
        var at = raw.startIndex
        while at < raw.endIndex {
            let bits =
                UInt32(raw[at]) | UInt32(raw[at + 1]) << 8 | UInt32(raw[at + 2]) << 16 | UInt32(raw[at + 3]) << 24
            values.append(Float(bitPattern: bits))
            at += 4
        }
        return values
    }
}
