/// How the keeping of exchanges on disk is going.
public struct StorageReport: Sendable, Hashable, Codable {
    /// Rows written since the start.
    public var written: Int
    /// Rows that wait in memory to be written.
    public var waiting: Int
    /// Rows that will never be written: more waited than may.
    public var lost: Int
    /// What is wrong with the disk, for a person; nil while it works.
    public var problem: String?

    /// The copying of rows to a PostgreSQL server.
    public struct Archive: Sendable, Hashable, Codable {
        /// Rows that are on disk and not there yet.
        public var waiting: Int
        /// Rows that it will never have: it refuses them, or the file had no more room for them.
        public var lost: Int
        /// What is wrong with it, for a person; nil while it works.
        public var problem: String?

        public init(waiting: Int = 0, lost: Int = 0, problem: String? = nil) {
            self.waiting = waiting
            self.lost = lost
            self.problem = problem
        }
    }

    /// nil where there is no such server.
    public var archive: Archive?
    /// Answers that ended before their rows were known to be on disk; nil where none waits for that.
    public var unconfirmed: Int?

    public init(
        written: Int = 0,
        waiting: Int = 0,
        lost: Int = 0,
        problem: String? = nil,
        archive: Archive? = nil,
        unconfirmed: Int? = nil
    ) {
        self.unconfirmed = unconfirmed
        self.archive = archive
        self.written = written
        self.waiting = waiting
        self.lost = lost
        self.problem = problem
    }
}
