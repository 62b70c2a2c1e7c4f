package import Shared

/// A place beyond the daemon's memory where answers are kept: a database on disk, a Redis server.
///
/// Nothing here throws or waits for long: a home that is away, slow or full is a home that has nothing. What it cannot do
/// it counts and tells in ``report``.
package protocol AnswerHome: Sendable {
    /// The value kept under a key. nil where there is none, where it has outlived its time or is damaged, and where the home
    /// does not answer in time.
    func value(for key: CacheKey) async -> [UInt8]?

    /// Has a value kept in the place of an earlier one. Returns at once; the work is done on the home's own thread, and
    /// dropped where that cannot keep up.
    func store(_ value: [UInt8], for key: CacheKey, owner: CacheOwner, lifetimeSeconds: Int)

    /// Removes entries and tells how many there were; nil where the home is away. What was stored before the call is not
    /// found after it.
    func remove(_ selection: CacheSelection) async -> Int?

    /// What it holds and how it is.
    var report: CacheHomeReport { get }
}

/// Where the entries of the semantic cache outlive the daemon, or reach other daemons.
package protocol SemanticJournal: Sendable {
    /// Writes an event down. Returns at once; the work is done on the journal's own thread, and dropped where that cannot keep
    /// up.
    func record(_ event: SemanticEvent)

    /// First what was written down before and still holds, then, where other daemons share the journal, what they write, as it
    /// comes: within a second. What this daemon recorded itself does not come back. For one reader; ends when its task is
    /// cancelled.
    func events() -> AsyncStream<SemanticEvent>
}

/// What happens to the semantic cache.
package enum SemanticEvent: Sendable, Equatable {
    case inserted(SemanticEntry)
    /// Also the whole answers of the selection are to be dropped from memory.
    case removed(CacheSelection)
    /// Everything that had been written down before has been given out.
    case caughtUp
}
