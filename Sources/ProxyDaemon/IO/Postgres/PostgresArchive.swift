import Crypto
import GRDB
package import GatewayCore
import Synchronization

/// Copies what the state database has to a PostgreSQL server, each row once: exchanges, outcomes of routing, feedback.
///
/// The file on disk is the journal: rows are there first, and wait there while the server is away. What has been sent is
/// noted in the file after the server has it for good, so that rows are sent again where the process ends in between; an id
/// that is there already changes nothing. The server is spoken to on a queue of its own, which may block.
package final class PostgresArchive: Sendable {
    private static let readMilliseconds = 10_000
    private static let idleMilliseconds = 200
    /// Rows that another gateway wrote into the same file are looked for this often.
    private static let idleTurns = 25
    private static let longestRetryMilliseconds = 5_000
    private static let removalMilliseconds: Int64 = 60_000

    private let exchanges: ExchangeDatabase
    private let outcomes: OutcomeDatabase?
    private let retentionDays: Int
    private let clock: Clock
    private let notify: @Sendable (String) -> Void
    /// What the file knows the server by: a beginning of the hash of its URL.
    private let target: String
    private let queue: PostgresQueue
    private let state = Mutex(State())

    private struct State {
        /// The last row of each table that the server has.
        var sent: [String: Int64] = [:]
        /// Rows of each table that it does not have yet.
        var waiting: [String: Int] = [:]
        var problem: String?
        var failures = 0
        /// When old rows are to be looked for at the server.
        var nextRemoval = Int64.min
    }

    /// `outcomes`: nil where they are not kept. `url` is `postgresql://user:password@host:port/database`. `notify` is told in a
    /// sentence when the server cannot be used, and when it can be again.
    package init(
        exchanges: ExchangeDatabase,
        outcomes: OutcomeDatabase?,
        url: Secret,
        retentionDays: Int,
        clock: Clock,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.exchanges = exchanges
        self.outcomes = outcomes
        queue = PostgresQueue(url: url, label: "gateway.postgres")
        self.retentionDays = retentionDays
        self.clock = clock
        self.notify = notify
        target = SHA256.hash(data: Array(url.exposed.utf8)).prefix(8).map { String($0, radix: 16) }.joined(
            separator: "."
        )
    }

    /// Sends what comes, until the task is cancelled.
    package func run() async {
        var written = -1
        var turns = 0
        while !Task.isCancelled {
            let now = exchanges.written
            turns += 1
            guard now != written || turns >= Self.idleTurns else {
                await clock.sleep(Self.idleMilliseconds)
                continue
            }
            turns = 0
            switch await sendAll(written: now) {
            case .more: continue
            case .done: written = now
            case .failed:
                let failures = state.withLock { $0.failures }
                await clock.sleep(min(100 << min(failures, 10), Self.longestRetryMilliseconds))
                turns = Self.idleTurns
            }
        }
    }

    private enum Step {
        case more
        case done
        case failed
    }

    /// What there is of a table, and how much of it the server has.
    private struct Progress: Sendable {
        var table: ArchivedTable
        /// The last row that the server has.
        var sent: Int64
        /// The last row of all.
        var end: Int64
    }

    private struct Page: Sendable {
        var rows: [[SQLValue]] = []
        /// The number of the last row.
        var last: Int64
    }

    /// A page of each table.
    private func sendAll(written: Int) async -> Step {
        await exchanges.database.settled()
        let read = await exchanges.database.read(withinMilliseconds: Self.readMilliseconds) { db in
            try ArchivedTable.all.map { table in
                let mark = self.mark(table)
                let sent = try Int64.fetchOne(db, sql: "SELECT seq FROM sent WHERE target = ?", arguments: [mark]) ?? 0
                let end = try Int64.fetchOne(db, sql: "SELECT max(\(table.number)) FROM \(table.name)") ?? 0
                return Progress(table: table, sent: sent, end: max(sent, end))
            }
        }
        // The file's troubles are told by those who write to it.
        guard case .value(let tables) = read else { return .failed }
        report(tables, written)
        // Asked in any case, as what is told of the server shall be true.
        guard told(await tidy()) else {
            report(tables, written)
            return .failed
        }
        var isMore = false
        for progress in tables where progress.end > progress.sent {
            guard let last = await send(progress) else {
                report(tables, written)
                return .failed
            }
            report([Progress(table: progress.table, sent: last, end: progress.end)], written)
            isMore = isMore || last < progress.end
        }
        return isMore ? .more : .done
    }

    /// Sends some rows of a table and notes that; gives the last one, nil where it could not.
    private func send(_ progress: Progress) async -> Int64? {
        let table = progress.table
        let read = await exchanges.database.read(withinMilliseconds: Self.readMilliseconds) { db in
            try Self.page(db, table, after: progress.sent)
        }
        guard case .value(let page) = read else { return nil }
        let result = await queue.run { (connection) throws(PostgresProblem) in
            try PostgresTable.insert(connection, into: table, page.rows)
        }
        guard told(result.map { $0.map { refused in self.exchanges.refusedByArchive(refused) } }) else { return nil }
        let isNoted = await exchanges.database.perform(withinMilliseconds: Self.readMilliseconds) { db in
            try db.execute(
                sql: """
                    INSERT INTO sent (target, seq) VALUES (?, ?)
                    ON CONFLICT (target) DO UPDATE SET seq = max(seq, excluded.seq)
                    """,
                arguments: [self.mark(table), page.last]
            )
            return true
        }
        return isNoted == true ? page.last : nil
    }

    /// What the table `sent` has a table's progress under. Older gateways sent exchanges alone.
    private func mark(_ table: ArchivedTable) -> String {
        table.name == ArchivedTable.exchanges.name ? target : "\(target)/\(table.name)"
    }

    /// Tells those who keep the tables what the server has of them.
    private func report(_ tables: [Progress], _ written: Int) {
        let now = state.withLock { state in
            for progress in tables {
                state.sent[progress.table.name] = progress.sent
                state.waiting[progress.table.name] = Int(progress.end - progress.sent)
            }
            return state
        }
        exchanges.archived(
            upTo: now.sent[ArchivedTable.exchanges.name] ?? 0,
            waiting: now.waiting.values.reduce(0, +),
            written: written,
            problem: now.problem
        )
        let lost = outcomes?.archived(upTo: now.sent) ?? 0
        if lost > 0 { exchanges.refusedByArchive(lost) }
    }

    private static func page(_ db: Database, _ table: ArchivedTable, after sent: Int64) throws -> Page {
        var page = Page(last: sent)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(table.columnNames), \(table.number) FROM \(table.name)
                WHERE \(table.number) > ? ORDER BY \(table.number) LIMIT ?
                """,
            arguments: [sent, PostgresTable.rowsAtOnce(table)]
        )
        while let row = try rows.next() {
            page.last = try row.decode(Int64.self, atIndex: table.columns.count)
            page.rows.append(
                try table.columns.enumerated().map { at, column in
                    switch column.kind {
                    case .text: try row.decode(String?.self, atIndex: at).map { .text($0) } ?? .null
                    case .real: try row.decode(Double?.self, atIndex: at).map { .real($0) } ?? .null
                    case .integer, .flag, .money: try row.decode(Int64?.self, atIndex: at).map { .integer($0) } ?? .null
                    }
                }
            )
        }
        return page
    }

    /// Asks the server whether it is there, and now and then has it remove what is too old.
    private func tidy() async -> Result<Void, PostgresProblem>? {
        let now = clock.unixMilliseconds()
        let days = Int64(retentionDays)
        let isDue = days > 0 && state.withLock { now >= $0.nextRemoval }
        let result = await queue.run { (connection) throws(PostgresProblem) -> Bool in
            if isDue { return try PostgresTable.remove(connection, before: now - days * 86_400_000) }
            _ = try connection.run("SELECT 1")
            return false
        }
        return result.map { result in
            result.map { isMore in
                if isDue, !isMore { state.withLock { $0.nextRemoval = now + Self.removalMilliseconds } }
            }
        }
    }

    /// Says once that the server cannot be used, and once that it can be again. False where it cannot; also where nobody waits for
    /// it any more, which is no news.
    private func told(_ result: Result<Void, PostgresProblem>?) -> Bool {
        guard let result else { return false }
        var problem: PostgresProblem?
        if case .failure(let failure) = result { problem = failure }
        let (isNews, isBack) = state.withLock { [problem] state in
            let wasTroubled = state.problem != nil
            state.failures = problem == nil ? 0 : state.failures + 1
            state.problem = problem.map { "PostgreSQL (storage.database_url): \($0); exchanges wait on disk" }
            return (problem != nil && !wasTroubled, problem == nil && wasTroubled)
        }
        if isNews, let text = state.withLock({ $0.problem }) { notify(text) }
        if isBack { notify("PostgreSQL (storage.database_url) works again") }
        return problem == nil
    }
}
