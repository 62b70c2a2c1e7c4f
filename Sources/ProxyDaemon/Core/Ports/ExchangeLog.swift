package import Shared

/// Keeps the books: a row for every exchange, and one for every call of the gateway's own that belongs to none.
package protocol ExchangeLog: Sendable {
    /// Returns at once. Rows that cannot be written wait; beyond a bound they are lost, which ``report`` counts.
    func record(_ row: ExchangeRow)
    /// Whether an answer ends only after its row is safe. Most logs promise less, and nobody waits.
    var confirms: Bool { get }
    /// Waits until what has been recorded so far survives the end of the process, but not for long: where that takes more
    /// than about a second, or cannot be at the moment, it returns all the same, which ``report`` counts. Cancelling does
    /// not end it sooner.
    func committed() async
    /// Whether so much waits to be written that what costs money should not be done: only under strict accounting.
    var isFull: Bool { get }
    var report: StorageReport { get }
}

extension ExchangeLog {
    package var confirms: Bool { false }
    package func committed() async {}
}
