/// The signs of an embedding's numbers, as bits: what the semantic cache looks at first.
///
/// The more alike two embeddings point, the fewer of their signs differ: in a share of acos(cosine) / π of the places on
/// average, were they random directions.
enum SignCode {
    /// 64-bit words of a code.
    static let words = Embedding.dimensions / 64

    static func code(of values: [Float]) -> [UInt64] {
        (0..<words).map { word in
            values[(word * 64)..<(word * 64 + 64)].reversed().reduce(0) { $0 << 1 | ($1 < 0 ? 1 : 0) }
        }
    }

    /// In how many signs an embedding may differ from one whose cosine to it is at least this.
    ///
    /// Of 36,892 pairs of questions and of news (QQP, MRPC) with cosines from 0.80 the furthest were 102 apart; the cut of 112
    /// leaves room. It is 4.2 standard deviations above the mean of random directions at 0.80, and so are the ones below, of
    /// mean 384 p, deviation √(384 p (1 - p)), p = acos(cosine) / π. Below 0.50 all rows are compared.
    static func cut(minimumCosine: Float) -> Int {
        switch minimumCosine {
        case 0.80...: 112
        case 0.75...: 123
        case 0.70...: 133
        case 0.65...: 143
        case 0.60...: 151
        case 0.55...: 160
        case 0.50...: 167
        default: Embedding.dimensions
        }
    }
}

/// Finds codes that differ from a query's in few places: the loop that the semantic cache spends its time in. A value, as each
/// kind of CPU has its own best way; see CodeScan.swift.
package struct CodeScanner: Sendable {
    /// Goes through `rows` codes of six words each, one behind the other; writes the numbers of those that differ from the
    /// query's six words in at most `cut` bits to `found`, which has room for all, in rising order, and gives back how many
    /// there are. Takes no lock and keeps nothing.
    package typealias Scan =
        @Sendable (
            _ codes: UnsafePointer<UInt64>,
            _ rows: Int,
            _ query: UnsafePointer<UInt64>,
            _ cut: Int,
            _ found: UnsafeMutablePointer<UInt32>
        ) -> Int

    /// For people, such as `AVX2`.
    package let name: String
    package let scan: Scan

    package init(name: String, scan: @escaping Scan) {
        self.name = name
        self.scan = scan
    }

    /// For every CPU.
    package static let portable = CodeScanner(name: "portable") { codes, rows, query, cut, found in
        var count = 0
        var code = codes
        for row in 0..<rows {
            var distance = 0
            for word in 0..<SignCode.words { distance += (code[word] ^ query[word]).nonzeroBitCount }
            // Written in any case and kept if near: cheaper than a branch that is guessed wrong.
            found[count] = UInt32(truncatingIfNeeded: row)
            count += distance <= cut ? 1 : 0
            code += SignCode.words
        }
        return count
    }
}
