extension [UInt8] {
    /// How much more than its bound a buffer may take in one piece.
    private static let slack = 262_144

    /// Takes in what was read, in a buffer that is given up beyond `limit`.
    ///
    /// It grows by doubling, as arrays do, but the last time while it is still small: a copy of one that is nearly full would
    /// hold it twice. Memory that is not written to costs nothing.
    mutating func gather(_ bytes: [UInt8], limit: Int) {
        guard !isEmpty else {
            self = bytes
            return
        }
        let needed = count + bytes.count
        if capacity < needed {
            reserveCapacity(Swift.max(needed, 4 * count > limit ? limit + Self.slack : 2 * count))
        }
        append(contentsOf: bytes)
    }
}
