/// What is kept to be given again, where, and for whom.
extension Settings {
    /// Among whom a cached answer is shared.
    package enum CacheScope: String, Sendable, CaseIterable {
        case key
        case project
        case global
    }

    /// What two questions are compared by.
    package enum QuestionSimilarity: String, Sendable, CaseIterable {
        /// The cosine of their embeddings, and their words.
        case embedding
        /// The share of words that both have, for machines without the embedding model.
        case jaccard
    }

    package struct Cache: Sendable, Equatable {
        package var isEnabled = true
        package var exactTTLSeconds = 86_400
        package var maxBytes = 268_435_456
        /// A longer answer is not kept.
        package var maxEntryBytes = 1_048_576
        package var scope = CacheScope.project
        /// Answers are kept on disk, too. Without effect where there is a Redis server.
        package var usesDisk = true
        package var diskMaxBytes = 1_073_741_824
        /// Where answers are kept for several daemons. Holds the password.
        package var redisURL: Secret?
        /// The longest that a request waits for Redis or the disk.
        package var homeTimeoutMilliseconds = 50
        /// A file of certificate authorities in PEM form for `rediss://`; nil means the system's.
        package var redisCAFile: String?
        /// Signs what is kept outside of the daemon, so that nobody else can write answers.
        package var signingKey: Secret?
        package var semantic = SemanticCache()
        package init() {}
    }

    /// Answers given to questions that ask the same in other words.
    package struct SemanticCache: Sendable, Equatable {
        package var isEnabled = true
        package var similarity = QuestionSimilarity.embedding
        /// Questions must be at least so similar, from 0 to 1.
        package var threshold = 0.95
        /// The same where words are compared.
        package var jaccardThreshold = 0.85
        package var ttlSeconds = 604_800
        package var maxEntries = 100_000
        /// A request with a higher temperature wants another answer each time.
        package var maxTemperature = 1.0
        /// Also requests that bring tools along.
        package var servesAgents = false
        /// The share of would-be hits that are sent to the provider all the same, and compared.
        package var canaryRate = 0.02
        /// Above this share of differing answers among the canaries the layer turns itself off.
        package var maxFalseHitRate = 0.05
        package init() {}
    }

    /// Identical requests in flight.
    package struct Coalesce: Sendable, Equatable {
        /// They share one call.
        package var isEnabled = true
        /// Only those with a temperature of 0 do.
        package var isDeterministicOnly = false
        package init() {}
    }

    /// Where things are kept on disk.
    package struct Storage: Sendable, Equatable {
        /// When a row is safe.
        package enum Synchronous: String, Sendable, CaseIterable {
            /// Up to 0.2 seconds after its exchange, from the end of the process.
            case batch
            /// As soon as may be, and from a power cut as well.
            case full
        }

        /// The database's file; nil means the standard place.
        package var path: String?
        /// A PostgreSQL server that exchanges are copied to.
        package var databaseURL: Secret?
        package var synchronous = Synchronous.batch
        /// Rows of exchanges that may wait in memory while the disk cannot be written to.
        package var maxWaiting = 100_000
        /// Requests that cost money are refused while no more rows may wait.
        package var isStrict = false
        /// 0: rows are kept as long as there is room.
        package var retentionDays = 90
        /// Of the database's file; the oldest rows go.
        package var maxBytes = 4_294_967_296
        package init() {}
    }
}
