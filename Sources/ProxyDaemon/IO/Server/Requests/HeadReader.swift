import GatewayCore

/// Finds where a request's head ends, whatever way the reads fall. Looks at every byte once.
struct HeadReader: Sendable {
    /// How much was looked at.
    private var scanned = 0
    private var lineStart = 0

    /// The head's length with its blank line; nil while there is none yet.
    ///
    /// `bytes` begins at the request line and grows from call to call. Throws where a line ends in anything but CR LF.
    mutating func end(in bytes: UnsafeBufferPointer<UInt8>) throws(HeadProblem) -> Int? {
        while let newline = JSONScan.next(0x0A, bytes, from: scanned) {
            guard newline > lineStart, bytes[newline - 1] == 0x0D else {
                throw HeadProblem("a line that ends in LF without CR")
            }
            let line = UnsafeBufferPointer(rebasing: bytes[lineStart..<(newline - 1)])
            // A request line of control bytes is refused with the rest of what is wrong with it.
            guard JSONScan.next(0x0D, line, from: 0) == nil else { throw HeadProblem("a CR inside a line") }
            scanned = newline + 1
            lineStart = scanned
            if line.isEmpty { return scanned }
        }
        scanned = bytes.count
        return nil
    }
}

/// Follows the framing of a chunked body (RFC 9112, section 7.1) and tells where it ends. What is in the chunks is not its
/// business.
struct ChunkWalk: Sendable {
    private enum Place {
        /// In a chunk's size: how much it comes to so far, in how many digits.
        case size(Int, digits: Int)
        /// In what may stand behind the size, which means nothing to anybody here.
        case extensions(Int, bytes: Int)
        case sizeEnd(Int)
        case data(Int)
        case dataReturn
        case dataNewline
        case trailer(bytes: Int, TrailerPart)
        case trailerNewline(bytes: Int, isLast: Bool)
        case end
    }

    private enum TrailerPart { case lineStart, name, value }

    private var place = Place.size(0, digits: 0)
    /// Larger than any body that is taken.
    private static let maximumSizeDigits = 8
    private static let maximumExtensionBytes = 256
    private static let maximumTrailerBytes = 8_192

    /// The body's last byte was seen.
    var isAtEnd: Bool { if case .end = place { true } else { false } }

    /// Takes what was read. Returns how much of it belongs to the body: all, or up to the body's end.
    mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) throws(HeadProblem) -> Int {
        var at = 0
        while at < bytes.count, !isAtEnd {
            if case .data(let left) = place {
                let count = min(left, bytes.count - at)
                at += count
                place = count == left ? .dataReturn : .data(left - count)
            } else {
                try step(bytes[at])
                at += 1
            }
        }
        return at
    }

    private mutating func step(_ byte: UInt8) throws(HeadProblem) {
        switch place {
        case .size(let size, let digits):
            if HeadPolicy.isHexadecimal(byte) {
                guard digits < Self.maximumSizeDigits else { throw HeadProblem("a chunk size without bound") }
                let digit = byte &- 0x30 < 10 ? byte - 0x30 : (byte | 0x20) - 0x57
                place = .size(size * 16 + Int(digit), digits: digits + 1)
            } else if digits > 0, byte == 0x0D {
                place = .sizeEnd(size)
            } else if digits > 0, byte == UInt8(ascii: ";") {
                place = .extensions(size, bytes: 0)
            } else {
                throw HeadProblem("a chunk without a plain size")
            }
        case .extensions(let size, let count):
            if byte == 0x0D {
                place = .sizeEnd(size)
            } else {
                guard byte >= 0x20, byte != 0x7F, count < Self.maximumExtensionBytes else {
                    throw HeadProblem("a chunk extension that is none")
                }
                place = .extensions(size, bytes: count + 1)
            }
        case .sizeEnd(let size):
            try expect(0x0A, byte)
            place = size > 0 ? .data(size) : .trailer(bytes: 0, .lineStart)
        case .dataReturn:
            try expect(0x0D, byte)
            place = .dataNewline
        case .dataNewline:
            try expect(0x0A, byte)
            place = .size(0, digits: 0)
        case .trailer(let count, let part):
            guard count < Self.maximumTrailerBytes else { throw HeadProblem("trailers without bound") }
            place = try trailer(byte, bytes: count + 1, part)
        case .trailerNewline(let count, let isLast):
            try expect(0x0A, byte)
            place = isLast ? .end : .trailer(bytes: count, .lineStart)
        case .data, .end: break
        }
    }

    /// What follows a byte of a trailer: `name: value`, or the line that ends them all.
    private func trailer(_ byte: UInt8, bytes: Int, _ part: TrailerPart) throws(HeadProblem) -> Place {
        switch part {
        case .lineStart where byte == 0x0D: return .trailerNewline(bytes: bytes, isLast: true)
        case .value where byte == 0x0D: return .trailerNewline(bytes: bytes, isLast: false)
        case .name where byte == UInt8(ascii: ":"): return .trailer(bytes: bytes, .value)
        case .lineStart where HeadPolicy.isToken(byte), .name where HeadPolicy.isToken(byte):
            return .trailer(bytes: bytes, .name)
        case .value where byte == 0x09 || byte >= 0x20 && byte != 0x7F: return .trailer(bytes: bytes, .value)
        case .lineStart, .name, .value: throw HeadProblem("a trailer that is none")
        }
    }

    private func expect(_ wanted: UInt8, _ byte: UInt8) throws(HeadProblem) {
        guard byte == wanted else { throw HeadProblem("a chunk that does not end where its size says") }
    }
}
