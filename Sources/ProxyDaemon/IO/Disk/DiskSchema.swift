import Dispatch
import GRDB
import Glibc

/// The tables of a database's file, how it is opened, and whether a file can be trusted to have them.
struct DiskSchema: Sendable {
    /// Tells the file from other programs' databases: what SQLite calls its `application_id`.
    let applicationID: Int
    /// What its connections and threads are named after.
    let label: String
    /// What the gateway does while the file cannot be used, for people.
    let meanwhile: String
    /// A file of another program, or of a newer gateway, may be moved aside for a new one. Otherwise it is left alone, and
    /// the database cannot be used.
    let isDisposable: Bool
    /// Orders in which each table's first and last rows show that it can be read.
    let orders: [String: [String]]
    let migrator: DatabaseMigrator

    /// Up to this size the whole file is looked through when it is opened: about a tenth of a second.
    private static let wholeCheckBytes = 16_777_216

    /// How connections are set up.
    func configuration(_ maximumFileBytes: Int?) -> Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.label = label
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
                    PRAGMA cache_size = -2048;
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

    /// Throws a ``DiskTrouble`` for a file that was not made by this gateway or an older one, or is broken. Does not read large
    /// files whole: damage that it does not see is seen later, by the statement that meets it.
    func check(_ db: Database) throws {
        guard try checkOwner(db) else { return }
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        if pages <= Self.wholeCheckBytes / max(1, pageBytes) {
            let result = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? ""
            guard result == "ok" else { throw DiskTrouble.damaged(result) }
        } else {
            // An older gateway's file lacks the later tables.
            for (table, columns) in orders where try db.tableExists(table) {
                for column in columns { try Self.touchEnds(db, table, column) }
            }
        }
    }

    /// Throws for a file that is not this gateway's to use, before anything in it or about it is changed.
    func refuseForeign(_ path: String) throws {
        guard !isDisposable, access(path, F_OK) == 0 else { return }
        var configuration = Configuration()
        configuration.readonly = true
        _ = try DatabaseQueue(path: path, configuration: configuration).read { try checkOwner($0) }
    }

    /// False for an empty file.
    private func checkOwner(_ db: Database) throws -> Bool {
        guard try !migrator.hasBeenSuperseded(db) else {
            throw foreign("made by a newer version of the gateway")
        }
        let isMigrated = try !migrator.appliedMigrations(db).isEmpty
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        let identifier = try Int.fetchOne(db, sql: "PRAGMA application_id")
        guard isMigrated ? identifier == applicationID : isEmpty else {
            throw foreign("another program's database")
        }
        return isMigrated
    }

    private func foreign(_ what: String) -> DiskTrouble { isDisposable ? .damaged(what) : .unusable(what) }

    /// Reads the first and the last row in an order: the tree's root and both its edges.
    private static func touchEnds(_ db: Database, _ table: String, _ order: String) throws {
        for direction in ["ASC", "DESC"] {
            _ = try Row.fetchOne(db, sql: "SELECT * FROM \(table) ORDER BY \(order) \(direction) LIMIT 1")
        }
    }
}
