import GRDB
import GatewayCore
import Shared
import Synchronization
import Testing

@testable import GatewayIO

/// A state database with the table of exchanges, and what it has told.
final class Books: Sendable {
    let exchanges: ExchangeDatabase
    let told = DiskCache.Told()

    init(
        _ path: String,
        clock: Clock = TurnedClock().clock,
        isDemo: Bool = false,
        maximumFileBytes: Int? = nil,
        limits: ExchangeDatabase.Limits = .quick
    ) {
        let database = DiskDatabase(
            state: path,
            clock: clock,
            maximumFileBytes: maximumFileBytes
        ) { [told] in told.add($0) }
        exchanges = ExchangeDatabase(database: database, clock: clock, isDemo: isDemo, limits: limits) { [told] in
            told.add($0)
        }
    }

    /// Waits until nothing waits to be written, and what there was to tell is told.
    func written() async {
        await soon { !self.exchanges.isWaiting }
        await exchanges.database.isAtRest()
    }

    func close() async { await exchanges.database.close() }

    /// Changes a file that is closed into one that an older gateway left, by SQL.
    static func makeOlder(_ path: String, _ sql: String) async throws {
        let older = try DatabaseQueue(path: path)
        try await older.write { db in try db.execute(sql: sql) }
        try older.close()
    }
}

extension ExchangeDatabase.Limits {
    /// What is recorded is written at once, and is kept however old it is.
    static var quick: ExchangeDatabase.Limits {
        var limits = ExchangeDatabase.Limits()
        limits.gatherMilliseconds = 0
        limits.retentionDays = 0
        return limits
    }
}

extension ExchangeRow {
    /// When the row with number 0 was: 2027-01-15 08:00 UTC, the moment of ``TurnedClock``.
    static let start: Int64 = 1_800_000_000_000

    /// The row with a number, a second after the one before. It cost as many nano-dollars as its number.
    static func number(_ number: Int, project: String = "web", cost: Int? = nil) -> ExchangeRow {
        ExchangeRow(
            summary: ExchangeSummary(
                id: "id-\(number)",
                unixMilliseconds: start + Int64(number) * 1_000,
                requestedModel: "auto",
                model: "haiku-4",
                backend: "haiku",
                provider: "anthropic",
                tier: .fast,
                status: 200,
                usage: TokenUsage(input: 10, output: 5),
                cost: USD(nanodollars: Int64(cost ?? number)),
                baseline: USD(nanodollars: 1_000),
                saved: USD(nanodollars: 1_000 - Int64(cost ?? number)),
                prompt: "why?",
                project: project
            ),
            keyFingerprint: "abc"
        )
    }
}

/// The ids in a file, in the order in which they were written.
func writtenIDs(_ path: String) throws -> [String] {
    let other = try DatabaseQueue.rude(path)
    defer { try? other.close() }
    return try other.read { try String.fetchAll($0, sql: "SELECT id FROM exchanges ORDER BY seq") }
}
