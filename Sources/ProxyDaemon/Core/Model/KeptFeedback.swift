package import Shared

/// A report of how good an answer was, as it is kept on disk.
package struct KeptFeedback: Sendable, Equatable {
    /// The report's own id: that of the request which brought it.
    package var id: String
    package var unixMilliseconds: Int64
    package var project: String
    /// The exchange that it speaks of; nil where the client named a score and a tier instead.
    package var queryID: String?
    /// 0 to 100; nil where the answer was not routed by one.
    package var score: Double?
    /// The tier that answered; nil where none did.
    package var tier: Tier?
    /// 0 (useless) to 1 (as good as can be).
    package var quality: Double
    /// What became of it, in the word that the client was told.
    package var outcome: String

    package init(
        id: String,
        unixMilliseconds: Int64,
        project: String,
        queryID: String? = nil,
        score: Double? = nil,
        tier: Tier? = nil,
        quality: Double,
        outcome: String
    ) {
        self.id = id
        self.unixMilliseconds = unixMilliseconds
        self.project = project
        self.queryID = queryID
        self.score = score
        self.tier = tier
        self.quality = quality
        self.outcome = outcome
    }
}
