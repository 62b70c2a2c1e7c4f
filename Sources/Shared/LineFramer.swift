public import FoundationEssentials

/// Cuts a byte stream into lines, whatever way the reads fall.
public struct LineFramer: Sendable {
    /// The stream holds a line longer than the limit. The connection is of no further use.
    public struct LineTooLong: Error, Sendable, Hashable {
        public let limit: Int
    }

    private var pending = Data()
    private let limit: Int

    public init(limit: Int = ControlProtocol.maximumLineBytes) { self.limit = limit }

    /// Adds what was read and returns the lines that are now whole, without their newline. Empty lines are left out.
    ///
    /// - Throws: ``LineTooLong``.
    public mutating func append(_ bytes: some Sequence<UInt8>) throws(LineTooLong) -> [Data] {
        let searched = pending.count
        pending.append(contentsOf: bytes)
        var lines: [Data] = []
        var start = pending.startIndex
        var from = pending.startIndex + searched
        while let newline = pending.firstNewline(from: from) {
            if newline - start > limit { throw LineTooLong(limit: limit) }
            if newline > start { lines.append(Data(pending[start..<newline])) }
            start = newline + 1
            from = start
        }
        pending = start == pending.endIndex ? Data() : Data(pending[start...])
        if pending.count > limit { throw LineTooLong(limit: limit) }
        return lines
    }
}

extension Data {
    /// Looked for in the memory itself: through the collection's indices each byte is checked several times.
    fileprivate func firstNewline(from index: Index) -> Index? {
        withUnsafeBytes { bytes in
            for offset in (index - startIndex)..<bytes.count where bytes[offset] == 0x0A { return startIndex + offset }
            return nil
        }
    }
}
