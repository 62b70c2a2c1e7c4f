import GRDB
import GatewayCore

extension DiskDatabase {
    /// What its thread and those who ask it share, behind a lock.
    struct State {
        var pool: DatabasePool?
        /// Reads that are being handed to the pool at this moment.
        var callers = 0
        /// Raised with every opening and every moving aside, so that a failure is not laid at a newer file's door.
        var generation = 0
        var identity: DatabaseFile.Identity?
        var dataVersion: Int64 = 0
        /// When the tables last read what is there.
        var rereadAt: Int64 = 0
        var trouble: DiskTrouble?
        var failures = 0
        var retryAt: Int64 = 0
        /// When a file was last moved aside.
        var movedAt: Int64?
        var nextTurn: Int64?
        var hasBeenTried = false
        /// What waits is being written for the last time.
        var isClosing = false
        var isClosed = false
        var tables: [WeakTable] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
        var gate = ReadGate(maximumAtOnce: 256)
    }

    /// A table that ends with whoever made it.
    struct WeakTable { weak var table: (any DiskTable)? }
}
