/// The tables at a PostgreSQL server: those of which it has a copy, from the same descriptions as the ones on disk, what
/// exchanges add up to, and `client_keys`.
enum PostgresTable {
    /// What a server is brought to, in order; each is done once. A change of the table is one more at the end.
    private static let migrations: [[String]] = [
        [
            creation(.exchanges),
            "CREATE INDEX exchanges_by_time ON exchanges (unix_ms)",
            "CREATE INDEX exchanges_by_project ON exchanges (project, unix_ms)",
        ],
        // A table that is made now has them.
        ["escalation_nanousd", "cache_check_nanousd", "wrong_hit_nanousd"].map {
            "ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS \($0) BIGINT NOT NULL DEFAULT 0"
        },
        [
            """
            CREATE TABLE IF NOT EXISTS client_keys (prefix TEXT PRIMARY KEY, name TEXT NOT NULL, project TEXT, key_hash TEXT NOT NULL,
                created BIGINT NOT NULL, expires BIGINT, revoked BOOLEAN NOT NULL, rpm BIGINT, tpm BIGINT,
                concurrent_streams BIGINT, usd_per_day_nanousd BIGINT, usd_per_month_nanousd BIGINT, change BIGINT NOT NULL)
            """,
            "CREATE SEQUENCE IF NOT EXISTS client_key_changes",
        ],
        [
            creation(.outcomes), "CREATE INDEX routing_outcomes_by_time ON routing_outcomes (unix_ms)",
            creation(.feedback), "CREATE INDEX feedback_by_time ON feedback (unix_ms)",
        ],
        UsageColumns.postgres,
    ]
    /// Tells the lock that migrations take from other programs': "LGWS".
    private static let lockNumber = 0x4C47_5753
    private static let rowsRemovedAtOnce = 2_000

    private static func creation(_ table: ArchivedTable) -> String {
        let columns = table.columns.map { "\($0.name) \(type($0.kind))\($0.isOptional ? "" : " NOT NULL")" }
        return "CREATE TABLE \(table.name) (\(columns.joined(separator: ", ")), PRIMARY KEY (\(table.columns[0].name)))"
    }

    private static func type(_ kind: ColumnKind) -> String {
        switch kind {
        case .text: "TEXT"
        case .integer, .money: "BIGINT"
        case .real: "DOUBLE PRECISION"
        case .flag: "SMALLINT"
        }
    }

    /// Rows for one statement, as many as its values' bound lets in.
    static func rowsAtOnce(_ table: ArchivedTable) -> Int {
        min(500, PostgresConnection.mostParameters / table.columns.count)
    }

    /// Makes the tables, or brings older ones up to date. Several gateways may do so at once.
    static func migrate(_ connection: PostgresConnection) throws(PostgresProblem) {
        try inTransaction(connection) { () throws(PostgresProblem) in
            _ = try connection.run("SELECT pg_advisory_xact_lock(\(lockNumber))")
            _ = try connection.run("CREATE TABLE IF NOT EXISTS gateway_migrations (number BIGINT PRIMARY KEY)")
            let done = try connection.run("SELECT max(number) FROM gateway_migrations").first.flatMap { Int($0) } ?? 0
            guard done <= migrations.count else {
                throw PostgresProblem("its tables were made by a newer version of the gateway", code: "newer")
            }
            guard done < migrations.count else { return }
            // To add up what years have left takes longer than any other statement may.
            _ = try connection.run("SET LOCAL statement_timeout = '1h'")
            for (index, statements) in migrations.enumerated() where index >= done {
                for statement in statements { _ = try connection.run(statement) }
                _ = try connection.run("INSERT INTO gateway_migrations VALUES ($1)", [.integer(Int64(index + 1))])
            }
        }
    }

    /// Inserts rows, each of as many values as there are columns. Those whose id is there already change nothing. Gives how
    /// many the server will never take, such as for a character that its database's encoding does not have.
    static func insert(
        _ connection: PostgresConnection,
        into table: ArchivedTable,
        _ rows: [[SQLValue]]
    ) throws(PostgresProblem) -> Int {
        guard !rows.isEmpty else { return 0 }
        do throws(PostgresProblem) {
            try insertAll(connection, table, rows)
            return 0
        } catch  where error.code.hasPrefix("22") {
            // Data exceptions: of all of them, for one of them.
            guard rows.count > 1 else { return 1 }
            var refused = 0
            for row in rows { refused += try insert(connection, into: table, [row]) }
            return refused
        }
    }

    /// In one statement: all of them, or none.
    private static func insertAll(
        _ connection: PostgresConnection,
        _ table: ArchivedTable,
        _ rows: [[SQLValue]]
    ) throws(PostgresProblem) {
        let width = table.columns.count
        let places = rows.indices.map { row in
            "(" + (1...width).map { "$\(row * width + $0)" }.joined(separator: ",") + ")"
        }
        _ = try connection.run(
            """
            INSERT INTO \(table.name) (\(table.columnNames)) VALUES \(places.joined(separator: ","))
            ON CONFLICT (\(table.columns[0].name)) DO NOTHING
            """,
            rows.flatMap(\.self)
        )
    }

    /// Removes some rows from before a moment, and the sums of the days before its own. Gives whether there may be more.
    static func remove(_ connection: PostgresConnection, before unixMilliseconds: Int64) throws(PostgresProblem) -> Bool
    {
        var isMore = false
        for table in ArchivedTable.all {
            let key = table.columns[0].name
            let removed = try connection.run(
                """
                DELETE FROM \(table.name) WHERE \(key) IN (
                    SELECT \(key) FROM \(table.name) WHERE unix_ms < $1 ORDER BY unix_ms LIMIT \(rowsRemovedAtOnce))
                RETURNING 1
                """,
                [.integer(unixMilliseconds)]
            )
            isMore = isMore || removed.count == rowsRemovedAtOnce
        }
        _ = try connection.run("DELETE FROM usage_days WHERE day < $1", [.integer(unixMilliseconds / 86_400_000)])
        return isMore
    }

    private static func inTransaction(
        _ connection: PostgresConnection,
        _ body: () throws(PostgresProblem) -> Void
    ) throws(PostgresProblem) {
        // At any other level what others write until the lock is there would not be seen, whatever the server's own default is.
        _ = try connection.run("BEGIN ISOLATION LEVEL READ COMMITTED")
        do throws(PostgresProblem) {
            try body()
            _ = try connection.run("COMMIT")
        } catch {
            // Where the connection is lost the server does it.
            _ = try? connection.run("ROLLBACK")
            throw error
        }
    }
}
