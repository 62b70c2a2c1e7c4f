/// The line of an answer that has not ended.
///
/// Its room is filled with zeros beforehand: an array that grows piece by piece asks more than a piece of a stream is worth.
struct HeldLine: Sendable {
    private var room: [UInt8] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
        guard let source = piece.baseAddress, !piece.isEmpty else { return }
        let needed = count + piece.count
        if room.count < needed {
            room.append(contentsOf: repeatElement(0, count: max(256, 2 * needed) - room.count))
        }
        room.withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress else { return }
            (base + count).update(from: source, count: piece.count)
        }
        count = needed
    }

    func withBytes<Result>(_ look: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        room.withUnsafeBufferPointer { look(UnsafeBufferPointer(rebasing: $0[..<count])) }
    }

    mutating func clear() { count = 0 }

    /// Leaves the sentences that have ended.
    mutating func dropOpenSentence() {
        count = withBytes { line in
            let last = line.indices.dropLast().last { at in
                line[at + 1] == 0x20
                    && (line[at] == UInt8(ascii: ".") || line[at] == UInt8(ascii: "!") || line[at] == UInt8(ascii: "?"))
            }
            return last.map { $0 + 1 } ?? 0
        }
    }
}
