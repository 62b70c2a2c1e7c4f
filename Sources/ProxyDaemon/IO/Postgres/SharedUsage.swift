import Dispatch
package import GatewayCore
import Shared
import Synchronization

/// What all gateways that share a PostgreSQL server used together, read from the server when somebody asks.
package final class SharedUsage: Sendable {
    private let url: Secret
    /// It may block.
    private let queue = DispatchQueue(label: "gateway.postgres.usage", qos: .utility)
    /// Locked on the queue alone, and for as long as a call takes.
    private let connection = Mutex<PostgresConnection?>(nil)

    /// `url` is `postgresql://user:password@host:port/database`.
    package init(url: Secret) { self.url = url }

    /// Sums of the days from one on. Those of the last second may lack.
    ///
    /// - Throws: An `overloaded` error that says why the server cannot be asked.
    func usage(
        by groupings: [UsageGrouping],
        sinceDay day: Int64,
        isDemo: Bool
    ) async throws(GatewayError) -> [UsageSum] {
        let answer = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.read(groupings, day, isDemo)) }
        }
        switch answer {
        case .success(let sums): return sums
        case .failure(let problem):
            throw GatewayError(
                .overloaded(
                    "PostgreSQL (storage.database_url): \(problem); without gateways=all this daemon's own books answer"
                )
            )
        }
    }

    private func read(
        _ groupings: [UsageGrouping],
        _ day: Int64,
        _ isDemo: Bool
    ) -> Result<[UsageSum], PostgresProblem> {
        connection.withLock { connection in
            do throws(PostgresProblem) {
                let open: PostgresConnection
                if let known = connection {
                    open = known
                } else {
                    open = try PostgresConnection(url: url.exposed)
                    try PostgresTable.migrate(open)
                    connection = open
                }
                let rows = try open.rows(
                    UsageColumns.selection(groupings.map { ($0, $0.postgres) }, day: "$1", isDemo: "$2"),
                    [.integer(day), .integer(isDemo ? 1 : 0)]
                )
                return .success(rows.map { Self.sum($0, groupings) })
            } catch {
                connection = nil
                return .failure(error)
            }
        }
    }

    private static func sum(_ row: [String], _ groupings: [UsageGrouping]) -> UsageSum {
        var numbers = row.dropFirst(groupings.count).makeIterator()
        let totals = MetricsSnapshot.Totals { numbers.next().flatMap { Int($0) } ?? 0 }
        return UsageSum(groupings: groupings, names: Array(row.prefix(groupings.count)), totals: totals)
    }
}
