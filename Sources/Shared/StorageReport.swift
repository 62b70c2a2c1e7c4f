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

    public init(written: Int = 0, waiting: Int = 0, lost: Int = 0, problem: String? = nil) {
        self.written = written
        self.waiting = waiting
        self.lost = lost
        self.problem = problem
    }
}
