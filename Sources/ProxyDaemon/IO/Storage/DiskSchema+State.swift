import GRDB
package import GatewayCore

extension DiskSchema {
    /// "LGWS".
    private static let stateID = 0x4C47_5753

    /// The state database: what is to be kept.
    static let state = DiskSchema(
        applicationID: stateID,
        label: "gateway.state",
        meanwhile: "until then exchanges and outcomes of routing wait in memory, and are lost where they grow too many",
        isDisposable: false,
        orders: [
            "routing_outcomes": ["id", "unix_ms"], "exchanges": ["seq", "unix_ms", "id"],
            "feedback": ["id", "unix_ms"],
        ],
        migrator: stateMigrator
    )

    private static var stateMigrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE routing_outcomes (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        query_id TEXT NOT NULL,
                        unix_ms INTEGER NOT NULL,
                        project TEXT NOT NULL,
                        prompt TEXT NOT NULL,             -- as far as log.prompts lets it be kept
                        task TEXT,
                        score INTEGER,                    -- 0 to 100
                        classifier TEXT NOT NULL,
                        initial_tier TEXT NOT NULL,
                        initial_backend TEXT NOT NULL,
                        final_tier TEXT NOT NULL,
                        final_backend TEXT NOT NULL,
                        escalations INTEGER NOT NULL,
                        escalation_reasons TEXT NOT NULL, -- a JSON array of strings
                        quality REAL,                     -- 0 to 1
                        latency_ms REAL NOT NULL,
                        is_success INTEGER NOT NULL,
                        cost_nanousd INTEGER NOT NULL,
                        baseline_nanousd INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX routing_outcomes_by_time ON routing_outcomes (unix_ms);
                    PRAGMA application_id = \(stateID);
                    """
            )
        }
        migrator.registerMigration("2") { db in try db.execute(sql: ExchangeSchema.sqlite) }
        // A trigger added each exchange up by itself.
        migrator.registerMigration("3") { db in
            try db.execute(sql: "DROP TRIGGER IF EXISTS exchanges_add_up; \(UsageColumns.progressTable)")
        }
        migrator.registerMigration("4") { db in try UsageColumns.addLosses(db) }
        // What an older gateway wrote is taken for real.
        migrator.registerMigration("5") { db in
            try db.execute(sql: "ALTER TABLE routing_outcomes ADD COLUMN is_demo INTEGER NOT NULL DEFAULT 0")
        }
        migrator.registerMigration("6") { db in try db.execute(sql: FeedbackRows.table) }
        return migrator
    }
}

/// The table `exchanges` as it is made.
enum ExchangeSchema {
    /// `seq` tells in which order rows were written, and is never given twice. `is_demo`: the daemon that wrote the row had
    /// simulated backends only.
    static var sqlite: String {
        let columns = ExchangeColumn.all.map { column in
            "\(column.name) \(sqliteType(column.kind))\(column.isOptional ? "" : " NOT NULL")"
        }
        return """
            CREATE TABLE exchanges (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                \(columns.joined(separator: ",\n    ")),
                is_demo INTEGER NOT NULL,
                UNIQUE (id)
            ) STRICT;
            -- The last row that a server has, by what the file knows the server by.
            CREATE TABLE sent (target TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE INDEX exchanges_by_time ON exchanges (unix_ms);
            CREATE INDEX exchanges_by_project ON exchanges (project, unix_ms);
            \(UsageColumns.sqlite)
            """
    }

    private static func sqliteType(_ kind: ColumnKind) -> String {
        switch kind {
        case .text: "TEXT"
        case .real: "REAL"
        case .integer, .flag, .money: "INTEGER"
        }
    }
}

extension DiskDatabase {
    /// The state database's file. With `syncsAll` every transaction is safe from a power cut.
    package convenience init(
        state path: String,
        clock: Clock,
        syncsAll: Bool = false,
        maximumFileBytes: Int? = nil,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.init(
            path: path,
            schema: .state,
            clock: clock,
            syncsAll: syncsAll,
            maximumFileBytes: maximumFileBytes,
            notify: notify
        )
    }
}
