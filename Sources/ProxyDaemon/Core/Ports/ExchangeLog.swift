package import Shared

/// Keeps the books: a row for every exchange, and one for every call of the gateway's own that belongs to none.
package protocol ExchangeLog: Sendable {
    /// Returns at once. Rows that cannot be written wait; beyond a bound they are lost, which ``report`` counts.
    func record(_ row: ExchangeRow)
    /// Whether so much waits to be written that what costs money should not be done: only under strict accounting.
    var isFull: Bool { get }
    var report: StorageReport { get }
}
