import GRDB
import GatewayCore
import Shared

/// Outcomes as a client reads them: lines of JSON, a page at a time.
final class OutcomeStream: AnswerStream {
    private let outcomes: OutcomeDatabase
    private var page: OutcomePage?
    private var cursor: OutcomeCursor?
    private var remaining: Int

    /// Reads the first page. `limit` bounds the lines in all.
    ///
    /// - Throws: What ``OutcomeDatabase/page(after:limit:)`` does.
    init(_ outcomes: OutcomeDatabase, after cursor: OutcomeCursor, limit: Int) async throws(GatewayError) {
        self.outcomes = outcomes
        remaining = limit
        let first = try await outcomes.page(after: cursor, limit: limit)
        page = first
        self.cursor = first.next
        remaining -= first.rows
    }

    var hasMore: Bool { page != nil }
    var isFinished: Bool { page == nil && cursor == nil }

    func next() async -> [UInt8]? {
        if let page {
            self.page = nil
            // Nothing would end a chunked body.
            return page.lines.isEmpty ? nil : page.lines
        }
        guard let cursor else { return nil }
        do throws(GatewayError) {
            let page = try await outcomes.page(after: cursor, limit: remaining)
            self.cursor = page.next
            remaining -= page.rows
            return page.lines.isEmpty ? nil : page.lines
        } catch {
            // A clean end would look like all of them.
            self.cursor = nil
            return Array("{\"error\":\(JSONText.quoted("the rest could not be read: \(error.message)"))}\n".utf8)
        }
    }

    func abandon() {
        page = nil
        cursor = nil
    }

    // No stage of the gateway sees this stream: nobody settles, keeps or times it.
    func capture(limitBytes: Int) {}
    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {}
    func whenFirstEvent(_ action: @escaping @Sendable () -> Void) {}
}

/// Reads outcomes out of the state database of a gateway that may be running or not.
package enum OutcomeFile {
    /// Hands over the outcomes as lines of JSON, oldest first, at most `limit`. The file is not changed.
    ///
    /// - Throws: A ``StateFile/Problem``, or what `write` throws.
    package static func export(
        _ path: String,
        since cursor: OutcomeCursor,
        limit: Int,
        write: ([UInt8]) throws -> Void
    ) throws {
        try StateFile.read(path, table: "routing_outcomes", holding: "outcomes of routing") { queue in
            let columns = try queue.read { try OutcomeRows.readable($0) }
            var next: OutcomeCursor? = cursor
            var remaining = limit
            while let cursor = next, remaining > 0 {
                let page = try queue.read { [remaining] in
                    try OutcomeRows.page($0, columns: columns, after: cursor, limit: remaining)
                }
                try write(page.lines)
                remaining -= page.rows
                next = page.next
            }
        }
    }
}
