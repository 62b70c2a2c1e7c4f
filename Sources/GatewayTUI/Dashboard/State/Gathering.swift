/// How long what comes by itself is let gather before it is read and shown.
///
/// With some requests a second each is seen as it comes. Of two hundred a second nobody reads one, yet each picture costs its
/// processor and its bytes over ssh, as every row of the table is another one in it: then there are fewer pictures.
package struct Gathering: Sendable, Hashable {
    /// As long as from one picture to the next.
    package static let shortest: Int64 = 100
    /// Longer, and it no longer looks alive.
    package static let longest: Int64 = 400
    /// A socket holds some two hundred before the daemon has to wait for its reader.
    private static let mostExchanges: Int64 = 100

    package private(set) var milliseconds = Self.shortest

    package init() {}

    /// So many exchanges were read, so long after those before them.
    package mutating func read(_ exchanges: Int, after passed: Int64) {
        let perSecond = Int64(exchanges) * 1_000 / max(passed, Self.shortest)
        guard perSecond > 0 else { return milliseconds = Self.shortest }
        let calm = min(perSecond * 2, Self.longest, Self.mostExchanges * 1_000 / perSecond)
        milliseconds = max(Self.shortest, calm)
    }
}
