/// The tables at a PostgreSQL server: `exchanges`, from the same description as the one on disk, and `client_keys`.
enum PostgresTable {
    /// What a server is brought to, in order; each is done once. A change of the table is one more at the end.
    private static let migrations: [[String]] = [
        [
            {
                let columns = ExchangeColumn.all.map { column in
                    "\(column.name) \(type(column.kind))\(column.isOptional ? "" : " NOT NULL")"
                }
                return
                    "CREATE TABLE exchanges (\(columns.joined(separator: ", ")), is_demo SMALLINT NOT NULL, PRIMARY KEY (id))"
            }(),
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
    ]
    /// Tells the lock that migrations take from other programs': "LGWS".
    private static let lockNumber = 0x4C47_5753

    private static func type(_ kind: ExchangeColumn.Kind) -> String {
        switch kind {
        case .text: "TEXT"
        case .integer, .money: "BIGINT"
        case .real: "DOUBLE PRECISION"
        case .flag: "SMALLINT"
        }
    }

    /// Rows for one statement, as many as its values' bound lets in.
    static let rowsAtOnce = min(500, PostgresConnection.mostParameters / (ExchangeColumn.all.count + 1))

    /// Makes the table, or brings an older one up to date. Several gateways may do so at once.
    static func migrate(_ connection: PostgresConnection) throws(PostgresProblem) {
        try inTransaction(connection) { () throws(PostgresProblem) in
            _ = try connection.run("SELECT pg_advisory_xact_lock(\(lockNumber))")
            _ = try connection.run("CREATE TABLE IF NOT EXISTS gateway_migrations (number BIGINT PRIMARY KEY)")
            let done = try connection.run("SELECT max(number) FROM gateway_migrations").first.flatMap { Int($0) } ?? 0
            guard done <= migrations.count else {
                throw PostgresProblem("its tables were made by a newer version of the gateway", code: "newer")
            }
            for (index, statements) in migrations.enumerated() where index >= done {
                for statement in statements { _ = try connection.run(statement) }
                _ = try connection.run("INSERT INTO gateway_migrations VALUES ($1)", [.integer(Int64(index + 1))])
            }
        }
    }

    /// Inserts rows, each of as many values as there are columns. Those whose id is there already change nothing. Gives how
    /// many the server will never take, such as for a character that its database's encoding does not have.
    static func insert(_ connection: PostgresConnection, _ rows: [[SQLValue]]) throws(PostgresProblem) -> Int {
        guard !rows.isEmpty else { return 0 }
        do throws(PostgresProblem) {
            try insertAll(connection, rows)
            return 0
        } catch  where error.code.hasPrefix("22") {
            // Data exceptions: of all of them, for one of them.
            guard rows.count > 1 else { return 1 }
            var refused = 0
            for row in rows { refused += try insert(connection, [row]) }
            return refused
        }
    }

    /// In one statement: all of them, or none.
    private static func insertAll(_ connection: PostgresConnection, _ rows: [[SQLValue]]) throws(PostgresProblem) {
        let names = ExchangeColumn.all.map(\.name) + ["is_demo"]
        let places = rows.indices.map { row in
            "(" + names.indices.map { "$\(row * names.count + $0 + 1)" }.joined(separator: ",") + ")"
        }
        _ = try connection.run(
            """
            INSERT INTO exchanges (\(names.joined(separator: ", "))) VALUES \(places.joined(separator: ","))
            ON CONFLICT (id) DO NOTHING
            """,
            rows.flatMap(\.self)
        )
    }

    /// Removes some rows from before a moment.
    static func remove(_ connection: PostgresConnection, before unixMilliseconds: Int64) throws(PostgresProblem) {
        _ = try connection.run(
            """
            DELETE FROM exchanges WHERE id IN (
                SELECT id FROM exchanges WHERE unix_ms < $1 ORDER BY unix_ms LIMIT 2000)
            """,
            [.integer(unixMilliseconds)]
        )
    }

    private static func inTransaction(
        _ connection: PostgresConnection,
        _ body: () throws(PostgresProblem) -> Void
    ) throws(PostgresProblem) {
        _ = try connection.run("BEGIN")
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
