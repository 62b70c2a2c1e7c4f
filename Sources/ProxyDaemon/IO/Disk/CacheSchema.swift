import Dispatch
import GRDB

/// The tables of the cache's file, how it is opened, and whether a file can be trusted to have them.
enum CacheSchema {
    /// "LGWC": tells the file from other programs' databases.
    private static let applicationID = 0x4C47_5743
    /// Up to this size the whole file is looked through when it is opened: about a tenth of a second.
    private static let wholeCheckBytes = 16_777_216

    /// How connections are set up.
    static func configuration(_ maximumFileBytes: Int?) -> Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.label = "gateway.cache"
        configuration.qos = .userInitiated
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else {
                // Whoever waits for a read has gone by then.
                return try db.execute(sql: "PRAGMA busy_timeout = 40")
            }
            // auto_vacuum holds only if it comes before the first table, and before the change to WAL.
            try db.execute(
                sql: """
                    PRAGMA busy_timeout = 250;
                    PRAGMA auto_vacuum = INCREMENTAL;
                    PRAGMA cache_size = -8192;
                    PRAGMA journal_size_limit = 8388608;
                    """
            )
            if let maximumFileBytes {
                let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4_096
                try db.execute(sql: "PRAGMA max_page_count = \(max(1, maximumFileBytes / max(1, pageBytes)))")
            }
        }
        return configuration
    }

    static var migrator: DatabaseMigrator {
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
                    PRAGMA application_id = \(applicationID);
                    """
            )
        }
        return migrator
    }

    /// Throws `DiskTrouble.damaged` for a file that was not made by this gateway or an older one, or is broken. Does not read
    /// large files whole: damage that it does not see is seen later, by the statement that meets it.
    static func check(_ db: Database) throws {
        guard try !migrator.hasBeenSuperseded(db) else {
            throw DiskTrouble.damaged("made by a newer version of the gateway")
        }
        let isMigrated = try !migrator.appliedMigrations(db).isEmpty
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        let identifier = try Int.fetchOne(db, sql: "PRAGMA application_id")
        guard isMigrated ? identifier == applicationID : isEmpty else {
            throw DiskTrouble.damaged("another program's database")
        }
        guard isMigrated else { return }
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        if pages <= Self.wholeCheckBytes / max(1, pageBytes) {
            let result = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? ""
            guard result == "ok" else { throw DiskTrouble.damaged(result) }
        } else {
            for order in ["id", "key", "used", "expires", "project"] { try touchEnds(db, "answers", order) }
            for order in ["id", "key", "expires", "project"] { try touchEnds(db, "questions", order) }
        }
    }

    /// Reads the first and the last row in an order: the tree's root and both its edges.
    private static func touchEnds(_ db: Database, _ table: String, _ order: String) throws {
        for direction in ["ASC", "DESC"] {
            _ = try Row.fetchOne(db, sql: "SELECT * FROM \(table) ORDER BY \(order) \(direction) LIMIT 1")
        }
    }
}
