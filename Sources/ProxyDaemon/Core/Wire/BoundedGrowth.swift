extension [UInt8] {
    /// How much more than its bound a buffer may take in one piece.
    private static let slack = 262_144

    /// Makes room for what comes next in a buffer that is given up beyond `limit`.
    ///
    /// By doubling, as arrays do, but the last time while the buffer is still small: a copy of one that is nearly full would
    /// hold it twice. Memory that is not written to costs nothing.
    mutating func makeRoom(for count: Int, limit: Int) {
        let needed = self.count + count
        guard capacity < needed else { return }
        reserveCapacity(Swift.max(needed, 4 * self.count > limit ? limit + Self.slack : 2 * self.count))
    }
}
