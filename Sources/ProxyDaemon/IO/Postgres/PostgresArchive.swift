import Crypto
import Dispatch
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
    private let url: Secret
    private let retentionDays: Int
    private let clock: Clock
    private let notify: @Sendable (String) -> Void
    /// What the file knows the server by: a beginning of the hash of its URL.
    private let target: String
    private let queue = DispatchQueue(label: "gateway.postgres", qos: .utility)
    /// Locked on the queue alone, and for as long as a call takes.
    private let server = Mutex(Server())
    private let state = Mutex(State())

    private struct Server {
        var connection: PostgresConnection?
        /// When old rows are to be looked for.
        var nextRemoval = Int64.min
    }

    private struct State {
        /// The last row of each table that the server has.
        var sent: [String: Int64] = [:]
        /// Rows of each table that it does not have yet.
        var waiting: [String: Int] = [:]
        var problem: String?
        var failures = 0
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
        self.url = url
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

    private struct Page: Sendable {
        var rows: [[SQLValue]] = []
        var sent: Int64
        /// The number of the last row of `rows`.
        var last: Int64
        /// The number of the last row of all.
        var end: Int64
    }

    /// A page of each table.
    private func sendAll(written: Int) async -> Step {
        await exchanges.database.settled()
        var isMore = false
        for table in ArchivedTable.all {
            switch await send(table, written: written) {
            case .failed: return .failed
            case .more: isMore = true
            case .done: break
            }
        }
        return isMore ? .more : .done
    }

    /// Sends some rows of a table.
    private func send(_ table: ArchivedTable, written: Int) async -> Step {
        let mark = mark(table)
        let read = await exchanges.database.read(withinMilliseconds: Self.readMilliseconds) { db in
            try Self.page(db, table, mark)
        }
        // The file's troubles are told by those who write to it.
        guard case .value(let page) = read else { return .failed }
        report(table, page.sent, end: page.end, written)
        // A gateway without rows asks all the same: what it tells of the server shall be true.
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.send(page.rows, to: table)) }
        }
        guard told(result) else {
            report(table, page.sent, end: page.end, written)
            return .failed
        }
        guard !page.rows.isEmpty else { return .done }
        let isNoted = await exchanges.database.perform(withinMilliseconds: Self.readMilliseconds) { db in
            try db.execute(
                sql: """
                    INSERT INTO sent (target, seq) VALUES (?, ?)
                    ON CONFLICT (target) DO UPDATE SET seq = max(seq, excluded.seq)
                    """,
                arguments: [mark, page.last]
            )
            return true
        }
        guard isNoted == true else { return .failed }
        report(table, page.last, end: page.end, written)
        return page.last < page.end ? .more : .done
    }

    /// What the table `sent` has a table's progress under. Older gateways sent exchanges alone.
    private func mark(_ table: ArchivedTable) -> String {
        table.name == ArchivedTable.exchanges.name ? target : "\(target)/\(table.name)"
    }

    /// Tells those who keep the tables what the server has of them.
    private func report(_ table: ArchivedTable, _ sent: Int64, end: Int64, _ written: Int) {
        let now = state.withLock { state in
            state.sent[table.name] = sent
            state.waiting[table.name] = Int(end - sent)
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

    private static func page(_ db: Database, _ table: ArchivedTable, _ mark: String) throws -> Page {
        let sent = try Int64.fetchOne(db, sql: "SELECT seq FROM sent WHERE target = ?", arguments: [mark]) ?? 0
        let end = try Int64.fetchOne(db, sql: "SELECT max(\(table.number)) FROM \(table.name)") ?? 0
        var page = Page(sent: sent, last: sent, end: max(sent, end))
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

    /// On the queue: connects where it must, inserts, and removes what is too old.
    private func send(_ rows: [[SQLValue]], to table: ArchivedTable) -> PostgresProblem? {
        server.withLock { server in
            do throws(PostgresProblem) {
                let open: PostgresConnection
                if let known = server.connection {
                    open = known
                } else {
                    open = try PostgresConnection(url: url.exposed)
                    try PostgresTable.migrate(open)
                    server.connection = open
                }
                let refused = try PostgresTable.insert(open, into: table, rows)
                if refused > 0 { exchanges.refusedByArchive(refused) }
                if rows.isEmpty { _ = try open.run("SELECT 1") }
                try removeOld(open, &server.nextRemoval)
                return nil
            } catch {
                server.connection = nil
                return error
            }
        }
    }

    private func removeOld(_ connection: PostgresConnection, _ next: inout Int64) throws(PostgresProblem) {
        let now = clock.unixMilliseconds()
        guard retentionDays > 0, now >= next else { return }
        let isMore = try PostgresTable.remove(connection, before: now - Int64(retentionDays) * 86_400_000)
        next = isMore ? now : now + Self.removalMilliseconds
    }

    /// Says once that the server cannot be used, and once that it can be again. False where it cannot.
    private func told(_ problem: PostgresProblem?) -> Bool {
        let (isNews, isBack) = state.withLock { state in
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
