import Crypto
import Dispatch
import GRDB
package import GatewayCore
import Synchronization

/// Copies the exchanges of the state database to a PostgreSQL server, each once.
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

    private let exchanges: ExchangeDatabase
    private let url: Secret
    private let retentionDays: Int
    private let clock: Clock
    private let notify: @Sendable (String) -> Void
    /// What the file knows the server by: a beginning of the hash of its URL.
    private let target: String
    private let queue = DispatchQueue(label: "gateway.postgres", qos: .utility)
    /// Locked on the queue alone, and for as long as a call takes.
    private let connection = Mutex<PostgresConnection?>(nil)
    private let state = Mutex(State())

    private struct State {
        /// nil until the file has been asked.
        var sent: Int64?
        var problem: String?
        var failures = 0
    }

    /// `url` is `postgresql://user:password@host:port/database`. `notify` is told in a sentence when the server cannot be
    /// used, and when it can be again.
    package init(
        exchanges: ExchangeDatabase,
        url: Secret,
        retentionDays: Int,
        clock: Clock,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.exchanges = exchanges
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
            switch await step(written: now) {
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

    /// Sends some rows.
    private func step(written: Int) async -> Step {
        await exchanges.database.settled()
        let read = await exchanges.database.read(withinMilliseconds: Self.readMilliseconds) { [target] db in
            try Self.page(db, target)
        }
        // The file's troubles are told by those who write to it.
        guard case .value(let page) = read else { return .failed }
        func report(_ sent: Int64) {
            let problem = state.withLock { $0.problem }
            exchanges.archived(upTo: sent, waiting: Int(page.end - sent), written: written, problem: problem)
        }
        report(page.sent)
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.send(page.rows)) }
        }
        guard told(result) else {
            report(page.sent)
            return .failed
        }
        guard !page.rows.isEmpty else { return .done }
        let isNoted = await exchanges.database.perform(withinMilliseconds: Self.readMilliseconds) { [target] db in
            try db.execute(
                sql: """
                    INSERT INTO sent (target, seq) VALUES (?, ?)
                    ON CONFLICT (target) DO UPDATE SET seq = max(seq, excluded.seq)
                    """,
                arguments: [target, page.last]
            )
            return true
        }
        guard isNoted == true else { return .failed }
        report(page.last)
        return page.last < page.end ? .more : .done
    }

    private static func page(_ db: Database, _ target: String) throws -> Page {
        let sent = try Int64.fetchOne(db, sql: "SELECT seq FROM sent WHERE target = ?", arguments: [target]) ?? 0
        var page = Page(sent: sent, last: sent, end: max(sent, try ExchangeRows.lastNumber(db)))
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(ExchangeColumn.all.map(\.name).joined(separator: ", ")), is_demo, seq FROM exchanges
                WHERE seq > ? ORDER BY seq LIMIT ?
                """,
            arguments: [sent, PostgresTable.rowsAtOnce]
        )
        while let row = try rows.next() {
            page.last = try row.decode(Int64.self, forColumn: "seq")
            page.rows.append(
                try ExchangeColumn.all.enumerated().map { at, column in
                    switch column.kind {
                    case .text: try row.decode(String?.self, atIndex: at).map { .text($0) } ?? .null
                    case .real: try row.decode(Double?.self, atIndex: at).map { .real($0) } ?? .null
                    case .integer, .flag, .money: try row.decode(Int64?.self, atIndex: at).map { .integer($0) } ?? .null
                    }
                } + [.integer(try row.decode(Int64.self, forColumn: "is_demo"))]
            )
        }
        return page
    }

    /// On the queue: connects where it must, inserts, and removes what is too old.
    private func send(_ rows: [[SQLValue]]) -> PostgresProblem? {
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
                let refused = try PostgresTable.insert(open, rows)
                if refused > 0 { exchanges.refusedByArchive(refused) }
                if retentionDays > 0 {
                    let oldest = clock.unixMilliseconds() - Int64(retentionDays) * 86_400_000
                    try PostgresTable.remove(open, before: oldest)
                }
                return nil
            } catch {
                connection = nil
                return error
            }
        }
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
