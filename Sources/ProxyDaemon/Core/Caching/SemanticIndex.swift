import Synchronization

/// The questions of the semantic cache, in memory, to be found by what they mean.
///
/// Only entries of the same ``SemanticFingerprint`` are ever compared: each fingerprint's rows are apart from all others', so
/// that nothing of another partition can be found, and what others have costs no time.
///
/// A search compares the signs of the embeddings first, 384 bits a row, and computes the cosine of the few rows whose signs
/// nearly agree (``SignCode``). It holds the lock only to take the rows of its fingerprint as they are at that moment; an
/// insertion never waits for a search.
package final class SemanticIndex: Sendable {
    /// An entry that means nearly the same.
    package struct Match: Sendable, Equatable {
        /// Its embedding is at unit length, in the precision of halves.
        package let entry: SemanticEntry
        package let cosine: Float
    }

    /// Longer questions are not taken in.
    package static let maximumTextBytes = 16_384
    /// The most entries that ``candidates(_:now:)`` gives.
    package static let maximumCandidates = 1_000
    private static let slotsAtOnce = 4_096

    private let table: Mutex<SemanticTable>
    private let scanner: CodeScanner

    /// An empty index of at most `maxEntries`, all fingerprints together, that take at most `maxBytes`: by default twice what
    /// entries with embeddings and questions of usual length take. The least recently used go first.
    package init(maxEntries: Int = 100_000, maxBytes: Int? = nil, scanner: CodeScanner = .portable) {
        let usual = maxEntries.multipliedReportingOverflow(by: 2_560)
        table = Mutex(
            SemanticTable(
                maxEntries: maxEntries,
                maxBytes: maxBytes ?? (usual.overflow ? .max : max(65_536, usual.partialValue))
            )
        )
        self.scanner = scanner
    }

    /// Takes an entry in, in the place of an older one with the same key. `now` in seconds since 1970.
    ///
    /// False for an entry that has outlived its time, whose embedding has no direction (zero, or no numbers), or whose question
    /// is too long.
    @discardableResult package func insert(_ entry: SemanticEntry, now: Int64) -> Bool {
        guard entry.expiresUnixSeconds > now, entry.text.count <= Self.maximumTextBytes,
            let (row, code) = SemanticRow.row(entry)
        else { return false }
        table.withLock { $0.insert(row, code, entry.fingerprint, now: now) }
        return true
    }

    /// The entries of a fingerprint whose embeddings' cosine to this one is `minimumCosine` or more, the best first, at most
    /// `limit`. Among equals the newest is first. Does not count as use: see ``touch(_:)``.
    package func nearest(
        _ fingerprint: SemanticFingerprint,
        _ embedding: Embedding,
        minimumCosine: Float,
        now: Int64,
        limit: Int
    ) -> [Match] {
        guard limit > 0, let query = SemanticQuery(embedding) else { return [] }
        let chunks = table.withLock { $0.chunks(of: fingerprint) }
        let cut = SignCode.cut(minimumCosine: minimumCosine)
        var best: [(row: SemanticRow, cosine: Float)] = []
        var expired: [SemanticGroup.Member] = []
        for chunk in chunks {
            scan(chunk, query, cut: cut) { member in
                guard member.row.expires > now else { return expired.append(member) }
                let cosine = query.cosine(member.row)
                guard !member.row.halves.isEmpty, cosine >= minimumCosine else { return }
                let at =
                    best.firstIndex { ($0.cosine, $0.row.stored) < (cosine, member.row.stored) } ?? best.endIndex
                guard at < limit else { return }
                if best.count == limit { best.removeLast() }
                best.insert((member.row, cosine), at: at)
            }
        }
        if !expired.isEmpty { table.withLock { $0.removeExpired(expired, now: now) } }
        return best.map { Match(entry: $0.row.entry(fingerprint), cosine: $0.cosine) }
    }

    private func scan(
        _ chunk: SemanticGroup.Chunk,
        _ query: SemanticQuery,
        cut: Int,
        _ body: (SemanticGroup.Member) -> Void
    ) {
        let rows = chunk.members.count
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: rows) { found in
            let count = chunk.codes.withUnsafeBufferPointer { codes in
                query.code.withUnsafeBufferPointer { code -> Int in
                    guard let codes = codes.baseAddress, let code = code.baseAddress, let found = found.baseAddress
                    else { return 0 }
                    return scanner.scan(codes, rows, code, cut, found)
                }
            }
            for at in 0..<count { body(chunk.members[Int(found[at])]) }
        }
    }

    /// The newest entries of a fingerprint, without their embeddings, to be compared by their words: at most
    /// ``maximumCandidates``, the newest first.
    package func candidates(_ fingerprint: SemanticFingerprint, now: Int64) -> [SemanticEntry] {
        let chunks = table.withLock { $0.chunks(of: fingerprint) }
        var rows: [SemanticRow] = []
        var oldest = Int64.min
        func sift() {
            rows.sort { $0.stored > $1.stored }
            guard rows.count > Self.maximumCandidates else { return }
            rows.removeLast(rows.count - Self.maximumCandidates)
            oldest = rows.last?.stored ?? .min
        }
        // The newest were added last, but for those that took a removed one's place.
        for chunk in chunks.reversed() {
            for member in chunk.members.reversed() where member.row.stored >= oldest && member.row.expires > now {
                rows.append(member.row)
            }
            if rows.count > 4 * Self.maximumCandidates { sift() }
        }
        sift()
        return rows.map { $0.entry(fingerprint, withEmbedding: false) }
    }

    /// The entry with a key; nil where there is none or it has outlived its time.
    package func entry(for key: CacheKey, now: Int64) -> SemanticEntry? {
        guard let (row, fingerprint) = table.withLock({ $0.entry(for: key, now: now) }) else { return nil }
        return row.entry(fingerprint)
    }

    /// Makes the entry with a key the most recently used: its answer was given.
    package func touch(_ key: CacheKey) { table.withLock { $0.touch(key) } }

    /// Removes entries and tells how many there were. What was inserted before the call is not found after it.
    package func remove(_ selection: CacheSelection) -> Int {
        switch selection {
        case .all: return removeAll()
        case .entry(let key): return table.withLock { $0.remove(key) } ? 1 : 0
        case .project, .key:
            // In pieces, so that nobody waits for long. Slots stay where they are meanwhile.
            var removed = 0
            var start = 0
            while start < table.withLock({ $0.slotCount }) {
                let slots = start..<(start + Self.slotsAtOnce)
                removed += table.withLock { $0.remove(selection, slots: slots) }
                start += Self.slotsAtOnce
            }
            return removed
        }
    }

    /// Removes everything and tells how much there was.
    @discardableResult package func removeAll() -> Int { table.withLock { $0.removeAll() } }

    /// Entries that are held, those included that have outlived their time and were not come across yet.
    package var count: Int { table.withLock { $0.count } }

    /// Fingerprints that have entries.
    package var fingerprintCount: Int { table.withLock { $0.groupCount } }

    /// About what the index takes in memory.
    package var bytes: Int { table.withLock { $0.bytes } }
}
