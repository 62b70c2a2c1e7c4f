import FoundationEssentials
package import GatewayCore
import Shared
import Synchronization

/// Keeps the client keys of several gateways the same through a PostgreSQL server: what one of them makes, rotates or revokes,
/// the others take over. Each has its own file as before, and goes on by it while the server is away.
package final class SharedKeys: Sendable {
    private static let idleMilliseconds = 2_000
    private static let longestRetryMilliseconds = 5_000

    private let file: KeyFile
    private let clock: Clock
    private let notify: @Sendable (String) -> Void
    private let queue: PostgresQueue
    /// Locked on the queue alone, and for as long as a call takes.
    private let known = Mutex(Known())

    private struct Known {
        /// The table's state that was last read, and what was read.
        var state = ""
        var records: [KeyRecord] = []
    }

    /// `url` is `postgresql://user:password@host:port/database`. `notify` is told in a sentence when the server cannot be
    /// used, and when it can be again.
    package init(file: KeyFile, url: Secret, clock: Clock, notify: @escaping @Sendable (String) -> Void) {
        self.file = file
        queue = PostgresQueue(url: url, label: "gateway.postgres.keys")
        self.clock = clock
        self.notify = notify
    }

    /// Compares the two every two seconds, until the task is cancelled.
    package func run() async {
        var failures = 0
        while !Task.isCancelled {
            do throws(Trouble) {
                try await compare()
                if failures > 0 { notify("client keys are shared through PostgreSQL again") }
                failures = 0
                await clock.sleep(Self.idleMilliseconds)
            } catch {
                failures += 1
                if failures == 1 {
                    notify("client keys made by other gateways are not seen for now: \(error.description)")
                }
                await clock.sleep(min(200 << min(failures, 10), Self.longestRetryMilliseconds))
            }
        }
    }

    private struct Trouble: Error {
        let description: String
    }

    private func compare() async throws(Trouble) {
        do throws(KeyFileProblem) {
            let ours = try await file.load()
            let answer = await queue.run { (connection) throws(PostgresProblem) in
                try self.exchange(ours, connection)
            }
            let theirs: [KeyRecord]
            switch answer {
            case .success(let records): theirs = records
            case .failure(let problem): throw KeyFileProblem("PostgreSQL (storage.database_url): \(problem)")
            case nil: return
            }
            guard KeyRecord.merged(ours, theirs) != ours else { return }
            try await file.change { (records) throws(KeyFileProblem) in records = KeyRecord.merged(records, theirs) }
        } catch {
            throw Trouble(description: error.description)
        }
    }

    /// On the queue: gives the server what it lacks, and returns what it then has.
    private func exchange(
        _ ours: [KeyRecord],
        _ connection: PostgresConnection
    ) throws(PostgresProblem) -> [KeyRecord] {
        try known.withLock { (known) throws(PostgresProblem) in
            try Self.refresh(&known, connection)
            let wanted = KeyRecord.merged(known.records, ours)
            let there = Set(known.records.map(\.text))
            let changed = wanted.enumerated().filter { at, record in
                !there.contains(record.text) || known.records[at] != record
            }
            for (_, record) in changed { try SharedKeyRow.save(record, connection) }
            if !changed.isEmpty { try Self.refresh(&known, connection) }
            return known.records
        }
    }

    /// Reads the table where it is not as it was. The sum changes with every change, in whatever order they become visible.
    private static func refresh(_ known: inout Known, _ connection: PostgresConnection) throws(PostgresProblem) {
        let state =
            try connection.run("SELECT count(*) || ':' || coalesce(sum(change), 0) FROM client_keys").first ?? ""
        guard state != known.state else { return }
        known.records = try SharedKeyRow.load(connection)
        known.state = state
    }
}

/// A key as the table `client_keys` has it.
private struct SharedKeyRow: Codable {
    var name: String
    var project: String?
    var key_hash: String
    var created: Int64
    var expires: Int64?
    var revoked: Bool
    var rpm: Int?
    var tpm: Int?
    var concurrent_streams: Int?
    var usd_per_day_nanousd: Int64?
    var usd_per_month_nanousd: Int64?

    /// Rows that cannot be read are left alone, and are nobody's key.
    static func load(_ connection: PostgresConnection) throws(PostgresProblem) -> [KeyRecord] {
        let rows = try connection.run("SELECT row_to_json(client_keys)::text FROM client_keys ORDER BY created, prefix")
        let decoder = JSONDecoder()
        return rows.compactMap { row in (try? decoder.decode(Self.self, from: Data(row.utf8)))?.record }
    }

    /// Inserts the record; of one that is there already only the end may come nearer.
    static func save(_ record: KeyRecord, _ connection: PostgresConnection) throws(PostgresProblem) {
        func number(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
        func number(_ value: Int?) -> SQLValue { number(value.map(Int64.init)) }
        let terms = record.terms ?? KeyTerms()
        _ = try connection.run(
            """
            INSERT INTO client_keys (prefix, name, project, key_hash, created, expires, revoked, rpm, tpm,
                concurrent_streams, usd_per_day_nanousd, usd_per_month_nanousd, change)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nextval('client_key_changes'))
            ON CONFLICT (prefix) DO UPDATE SET
                revoked = client_keys.revoked OR excluded.revoked,
                expires = least(client_keys.expires, excluded.expires),
                change = excluded.change
            WHERE client_keys.key_hash = excluded.key_hash
            """,
            [
                .text(record.prefix), .text(record.name), record.project.map { .text($0) } ?? .null, .text(record.text),
                .integer(record.createdUnixSeconds), number(record.expiresUnixSeconds),
                .text(record.isRevoked ? "true" : "false"), number(terms.limits.requestsPerMinute),
                number(terms.limits.tokensPerMinute), number(terms.limits.concurrentStreams),
                number(terms.budget.perDay?.nanodollars), number(terms.budget.perMonth?.nanodollars),
            ]
        )
    }

    private var record: KeyRecord? {
        var record = KeyRecord(text: key_hash, name: name, project: project)
        record?.createdUnixSeconds = created
        record?.expiresUnixSeconds = expires
        record?.isRevoked = revoked
        let terms = KeyTerms(
            limits: .init(requestsPerMinute: rpm, tokensPerMinute: tpm, concurrentStreams: concurrent_streams),
            budget: .init(
                perDay: usd_per_day_nanousd.map { USD(nanodollars: $0) },
                perMonth: usd_per_month_nanousd.map { USD(nanodollars: $0) }
            )
        )
        if terms != KeyTerms() { record?.terms = terms }
        return record
    }
}
