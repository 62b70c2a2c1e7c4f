import GRDB
package import GatewayCore

extension DiskSchema {
    /// "LGWC".
    private static let cacheID = 0x4C47_5743

    /// The file of cached answers and the questions that they are for. All of it may be lost.
    static let cache = DiskSchema(
        applicationID: cacheID,
        label: "gateway.cache",
        meanwhile: "until then answers are kept in memory only",
        isDisposable: true,
        orders: [
            "answers": ["id", "key", "used", "expires", "project"], "questions": ["id", "key", "expires", "project"],
        ],
        migrator: cacheMigrator
    )

    private static var cacheMigrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            // AUTOINCREMENT, so that a number is never given twice: it tells a row from another that took its place.
            try db.execute(
                sql: """
                    CREATE TABLE answers (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        key BLOB NOT NULL UNIQUE,
                        project INTEGER NOT NULL,
                        owner_key INTEGER NOT NULL,
                        expires INTEGER NOT NULL, -- seconds since 1970
                        used INTEGER NOT NULL,    -- milliseconds since 1970
                        bytes INTEGER NOT NULL,   -- what the row counts for
                        value BLOB NOT NULL       -- sealed
                    ) STRICT;
                    CREATE INDEX answers_by_use ON answers (used, id, bytes);
                    CREATE INDEX answers_by_expiry ON answers (expires);
                    CREATE INDEX answers_by_owner ON answers (project, owner_key);
                    CREATE TABLE questions (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        key BLOB NOT NULL UNIQUE,
                        project INTEGER NOT NULL,
                        owner_key INTEGER NOT NULL,
                        fingerprint BLOB NOT NULL,
                        expires INTEGER NOT NULL, -- seconds since 1970
                        digest INTEGER NOT NULL,  -- of the entry
                        entry BLOB NOT NULL       -- SemanticEntry.encoded
                    ) STRICT;
                    CREATE INDEX questions_by_expiry ON questions (expires);
                    CREATE INDEX questions_by_owner ON questions (project, owner_key);
                    PRAGMA application_id = \(cacheID);
                    """
            )
        }
        return migrator
    }
}

extension DiskDatabase {
    /// The cache's file.
    package convenience init(
        cache path: String,
        clock: Clock,
        maximumFileBytes: Int? = nil,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.init(path: path, schema: .cache, clock: clock, maximumFileBytes: maximumFileBytes, notify: notify)
    }
}
