package import GatewayCore
import Shared

/// What all gateways that share a PostgreSQL server used together, read from the server when somebody asks.
package final class SharedUsage: Sendable {
    private static let waitMilliseconds = 20_000
    private let queue: PostgresQueue

    /// `url` is `postgresql://user:password@host:port/database`.
    package init(url: Secret) { queue = PostgresQueue(url: url, label: "gateway.postgres.usage") }

    /// Sums of the days from one on. Those of the last second may lack.
    ///
    /// - Throws: An `overloaded` error that says why the server cannot be asked.
    func usage(
        by groupings: [UsageGrouping],
        sinceDay day: Int64,
        isDemo: Bool
    ) async throws(GatewayError) -> [UsageSum] {
        let answer = await queue.run(withinMilliseconds: Self.waitMilliseconds) {
            (connection) throws(PostgresProblem) in
            try connection.rows(
                UsageColumns.selection(groupings.map { ($0, $0.postgres) }, day: "$1", isDemo: "$2"),
                [.integer(day), .integer(isDemo ? 1 : 0)]
            ).map { Self.sum($0, groupings) }
        }
        switch answer {
        case .success(let sums): return sums
        case .failure(let problem): throw Self.error(problem.description)
        case nil: throw Self.error("no answer within \(Self.waitMilliseconds / 1_000) s")
        }
    }

    private static func error(_ why: String) -> GatewayError {
        GatewayError(
            .overloaded(
                "PostgreSQL (storage.database_url): \(why); without gateways=all this daemon's own books answer"
            )
        )
    }

    private static func sum(_ row: [String], _ groupings: [UsageGrouping]) -> UsageSum {
        var numbers = row.dropFirst(groupings.count).makeIterator()
        let totals = MetricsSnapshot.Totals { numbers.next().flatMap { Int($0) } ?? 0 }
        return UsageSum(groupings: groupings, names: Array(row.prefix(groupings.count)), totals: totals)
    }
}
