/// The pieces of words that have a token, as a tree of bytes: the pieces that start words, and below `##` those that
/// continue them.
struct Vocabulary: Sendable {
    /// What is wrong with a vocabulary's file.
    struct Malformed: Error, Equatable {
        let problem: String
    }

    /// Edges of the tree in a table with open addressing: in the upper half of a slot the node and the byte, in the
    /// lower half the node behind it.
    private var slots: [UInt64]
    private let mask: Int
    /// The token whose piece ends at a node; -1 for none.
    private var tokens: [Int32] = [-1]
    /// The node of `##`.
    private var continuation: UInt32 = 0
    /// Number of tokens.
    let count: Int

    private static let free = UInt64.max
    private static let none: Int32 = -1
    /// Nodes fit beside a byte into half a slot.
    private static let maximumNodes = 1 << 24

    /// Reads a file with a piece on each line; its token is the line's number, from 0.
    ///
    /// - Throws: ``Malformed`` for a file without pieces or with a piece twice.
    init(file: UnsafeBufferPointer<UInt8>) throws(Malformed) {
        guard file.count < Self.maximumNodes else { throw Malformed(problem: "is too large for a vocabulary") }
        // No more edges than bytes; a table at most half full is searched quickly.
        var capacity = 256
        while capacity < 2 * file.count { capacity *= 2 }
        slots = Array(repeating: Self.free, count: capacity)
        mask = capacity - 1
        var lines: Int32 = 0
        var node: UInt32 = 0
        for byte in file {
            guard byte == UInt8(ascii: "\n") else {
                node = Self.child(of: node, byte, &slots, &tokens)
                continue
            }
            guard node != 0 else { throw Malformed(problem: "has an empty line (\(lines + 1))") }
            guard tokens[Int(node)] == Self.none else { throw Malformed(problem: "has line \(lines + 1) twice") }
            tokens[Int(node)] = lines
            lines += 1
            node = 0
        }
        guard node == 0, lines > 0 else { throw Malformed(problem: "ends within a line") }
        count = Int(lines)
        let hash = UInt8(ascii: "#")
        guard let first = step(0, hash), let second = step(first, hash) else {
            throw Malformed(problem: "has no pieces that continue words (##…)")
        }
        continuation = second
    }

    /// The longest piece that the word has at that place, and its length in bytes; nil where there is none.
    func longestPiece(of word: [UInt8], from start: Int) -> (token: Int32, length: Int)? {
        var node = start == 0 ? 0 : continuation
        var best: (token: Int32, length: Int)?
        for at in start..<word.count {
            guard let next = step(node, word[at]) else { break }
            node = next
            let token = tokens[Int(node)]
            if token != Self.none { best = (token, at + 1 - start) }
        }
        return best
    }

    private func step(_ node: UInt32, _ byte: UInt8) -> UInt32? {
        let key = UInt64(node << 8 | UInt32(byte))
        var slot = Self.place(of: key, mask)
        while slots[slot] != Self.free {
            if slots[slot] >> 32 == key { return UInt32(truncatingIfNeeded: slots[slot]) }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private static func child(
        of node: UInt32,
        _ byte: UInt8,
        _ slots: inout [UInt64],
        _ tokens: inout [Int32]
    ) -> UInt32 {
        let mask = slots.count - 1
        let key = UInt64(node << 8 | UInt32(byte))
        var slot = place(of: key, mask)
        while slots[slot] != free {
            if slots[slot] >> 32 == key { return UInt32(truncatingIfNeeded: slots[slot]) }
            slot = (slot + 1) & mask
        }
        let child = UInt32(tokens.count)
        slots[slot] = key << 32 | UInt64(child)
        tokens.append(none)
        return child
    }

    /// Multiplication by 2^64 over the golden ratio spreads neighbouring keys (Knuth, volume 3, section 6.4).
    private static func place(of key: UInt64, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }
}
