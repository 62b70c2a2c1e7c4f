import Shared

/// One question in the index. Never changes, so that it is read without a lock.
final class SemanticRow: Sendable {
    let key: CacheKey
    let owner: CacheOwner
    let tier: Tier
    let stored: Int64
    let expires: Int64
    let text: [UInt8]
    /// The embedding at unit length in half precision; empty where there is none.
    let halves: [UInt16]

    /// A row of an entry, and the code of its signs; nil for an embedding that has no direction.
    static func row(_ entry: SemanticEntry) -> (row: SemanticRow, code: [UInt64])? {
        guard let embedding = entry.embedding else {
            return (SemanticRow(entry, []), [UInt64](repeating: 0, count: SignCode.words))
        }
        guard let values = embedding.atUnitLength else { return nil }
        return (SemanticRow(entry, values.map(HalfFloat.bits)), SignCode.code(of: values))
    }

    private init(_ entry: SemanticEntry, _ halves: [UInt16]) {
        key = entry.key
        owner = entry.owner
        tier = entry.tier
        stored = entry.storedUnixSeconds
        expires = entry.expiresUnixSeconds
        text = entry.text
        self.halves = halves
    }

    func entry(_ fingerprint: SemanticFingerprint, withEmbedding: Bool = true) -> SemanticEntry {
        SemanticEntry(
            key: key,
            fingerprint: fingerprint,
            owner: owner,
            tier: tier,
            text: text,
            embedding: withEmbedding ? Embedding(halves.map(HalfFloat.value)) : nil,
            storedUnixSeconds: stored,
            expiresUnixSeconds: expires
        )
    }

    /// What it takes in memory: three pieces, each in steps of 16 with a word of the heap's.
    var bytes: Int {
        func piece(_ bytes: Int) -> Int { (bytes + 8 + 15) / 16 * 16 }
        let arrayHead = 32
        return piece(120) + (halves.isEmpty ? 0 : piece(arrayHead + halves.count * 2))
            + (text.isEmpty ? 0 : piece(arrayHead + text.count))
    }
}

extension Embedding {
    /// The numbers over their length; nil where that is no number, or next to nothing.
    var atUnitLength: [Float]? {
        let length = cosine(self).squareRoot()
        guard length.isFinite, length > 1e-6 else { return nil }
        let factor = 1 / length
        return values.map { $0 * factor }
    }
}

/// An embedding to compare rows with.
struct SemanticQuery {
    let code: [UInt64]
    private let scaled: [Float]

    /// nil for an embedding that has no direction.
    init?(_ embedding: Embedding) {
        guard let values = embedding.atUnitLength else { return nil }
        code = SignCode.code(of: values)
        // A half's bits, shifted to where a float has them, are its value times 2^-112: the biases of the exponents differ.
        scaled = values.map { $0 * Float(sign: .plus, exponent: 112, significand: 1) }
    }

    /// The cosine to a row's embedding.
    func cosine(_ row: SemanticRow) -> Float {
        row.halves.withUnsafeBytes { halves in
            scaled.withUnsafeBytes { query in
                guard halves.count == Embedding.dimensions * 2 else { return -1 }
                var sums = SIMD8<Float>.zero
                for at in stride(from: 0, to: Embedding.dimensions, by: 8) {
                    let bits = SIMD8<UInt32>(
                        truncatingIfNeeded: halves.loadUnaligned(fromByteOffset: at * 2, as: SIMD8<UInt16>.self)
                    )
                    let value = (bits & 0x8000) &<< 16 | (bits & 0x7FFF) &<< 13
                    sums +=
                        unsafeBitCast(value, to: SIMD8<Float>.self)
                        * query.loadUnaligned(fromByteOffset: at * 4, as: SIMD8<Float>.self)
                }
                return min(1, sums.sum())
            }
        }
    }
}

/// The rows of one fingerprint, in chunks: whoever searches takes the chunks as they are and needs no lock; an insertion
/// meanwhile copies one chunk, not all.
struct SemanticGroup: Sendable {
    struct Member: Sendable {
        let row: SemanticRow
        /// Its place in the index' table, which stays while rows move.
        let slot: UInt32
    }

    struct Chunk: Sendable {
        fileprivate(set) var codes: [UInt64] = []
        fileprivate(set) var members: [Member] = []
    }

    private static let chunkRows = 512

    let fingerprint: SemanticFingerprint
    private(set) var chunks: [Chunk] = []

    init(_ fingerprint: SemanticFingerprint) { self.fingerprint = fingerprint }

    var isEmpty: Bool { chunks.isEmpty }

    subscript(position: Int) -> Member {
        chunks[position / Self.chunkRows].members[position % Self.chunkRows]
    }

    /// Adds a row at the end, and gives back its position.
    mutating func append(_ member: Member, _ code: [UInt64]) -> Int {
        if (chunks.last?.members.count ?? Self.chunkRows) == Self.chunkRows { chunks.append(Chunk()) }
        let last = chunks.count - 1
        chunks[last].members.append(member)
        chunks[last].codes.append(contentsOf: code)
        return last * Self.chunkRows + chunks[last].members.count - 1
    }

    /// Removes a row. The last one takes its position, and its slot is given back, unless the row was the last one itself.
    mutating func remove(at position: Int) -> UInt32? {
        let last = chunks.count - 1
        guard let moved = chunks[last].members.popLast() else { return nil }
        let code = Array(chunks[last].codes.suffix(SignCode.words))
        chunks[last].codes.removeLast(SignCode.words)
        let isLast = position == last * Self.chunkRows + chunks[last].members.count
        if chunks[last].members.isEmpty { chunks.removeLast() }
        guard !isLast else { return nil }
        let (chunk, row) = (position / Self.chunkRows, position % Self.chunkRows)
        chunks[chunk].members[row] = moved
        for word in 0..<SignCode.words { chunks[chunk].codes[row * SignCode.words + word] = code[word] }
        return moved.slot
    }
}
