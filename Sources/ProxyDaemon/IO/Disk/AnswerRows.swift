import FoundationEssentials
import GRDB
import GatewayCore

/// The statements on the table `answers`.
enum AnswerRows {
    struct Found: Sendable {
        let id: Int64
        let expiresUnixSeconds: Int64
        let value: [UInt8]
    }

    static func find(_ db: Database, _ key: CacheKey) throws -> Found? {
        let statement = try db.cachedStatement(sql: "SELECT id, expires, value FROM answers WHERE key = ?")
        guard let row = try Row.fetchOne(statement, arguments: [Data(key.bytes)]) else { return nil }
        return Found(
            id: try row.decode(Int64.self, atIndex: 0),
            expiresUnixSeconds: try row.decode(Int64.self, atIndex: 1),
            value: try row.withUnsafeData(atIndex: 2) { [UInt8]($0 ?? Data()) }
        )
    }

    /// What writes an answer in the place of an earlier one under its key.
    struct Insertion {
        private var statement: BoundStatement

        init(_ db: Database) throws {
            statement = try BoundStatement(
                db,
                """
                INSERT OR REPLACE INTO answers (key, project, owner_key, expires, used, bytes, value)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
            )
        }

        mutating func insert(
            _ key: CacheKey,
            _ owner: CacheOwner,
            expiresUnixSeconds: Int64,
            usedUnixMilliseconds: Int64,
            bytes: Int,
            value: [UInt8]
        ) throws {
            statement.bind(key.bytes)
            statement.bind(Int64(bitPattern: owner.project))
            statement.bind(Int64(bitPattern: owner.key))
            statement.bind(expiresUnixSeconds)
            statement.bind(usedUnixMilliseconds)
            statement.bind(bytes)
            statement.bind(value)
            try statement.run()
        }
    }

    /// What the row under the key counts for; nil without one.
    static func bytes(_ db: Database, _ key: CacheKey) throws -> Int? {
        let statement = try db.cachedStatement(sql: "SELECT bytes FROM answers WHERE key = ?")
        return try Row.fetchOne(statement, arguments: [Data(key.bytes)]).map { try $0.decode(Int.self, atIndex: 0) }
    }

    static func touch(_ db: Database, _ key: CacheKey, usedUnixMilliseconds: Int64) throws {
        try db.cachedStatement(sql: "UPDATE answers SET used = ? WHERE key = ?").execute(
            arguments: [usedUnixMilliseconds, Data(key.bytes)]
        )
    }

    /// Rows and bytes in all, from an index alone.
    static func totals(_ db: Database) throws -> (rows: Int, bytes: Int) {
        guard let row = try Row.fetchOne(db, sql: "SELECT count(*), ifnull(sum(bytes), 0) FROM answers") else {
            return (0, 0)
        }
        return (try row.decode(Int.self, atIndex: 0), try row.decode(Int.self, atIndex: 1))
    }

    static func forEachKey(_ db: Database, _ body: (CacheKey) -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT key FROM answers INDEXED BY sqlite_autoindex_answers_1")
        while let row = try rows.next() {
            let key = try row.withUnsafeData(atIndex: 0) { data in data.flatMap { CacheKey([UInt8]($0)) } }
            guard let key else { throw DiskTrouble.damaged("a key of the wrong size") }
            body(key)
        }
    }

    /// Removes the rows with these numbers; gives how many there were and what they counted for.
    static func delete(_ db: Database, ids: [Int64]) throws -> (rows: Int, bytes: Int) {
        let statement = try db.cachedStatement(sql: "DELETE FROM answers WHERE id = ? RETURNING bytes")
        var (rows, bytes) = (0, 0)
        for id in ids {
            // Read to its end: a statement that is left half-way has not deleted anything yet.
            for row in try Row.fetchAll(statement, arguments: [id]) {
                rows += 1
                bytes += try row.decode(Int.self, atIndex: 0)
            }
        }
        return (rows, bytes)
    }

    /// The least recently used rows that together count for at least so many bytes, or all of the first so many.
    static func leastRecentlyUsed(_ db: Database, bytes: Int, limit: Int) throws -> [Int64] {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, bytes FROM answers ORDER BY used, id LIMIT ?"),
            arguments: [limit]
        )
        var (ids, sum): ([Int64], Int) = ([], 0)
        while sum < bytes, let row = try rows.next() {
            ids.append(try row.decode(Int64.self, atIndex: 0))
            sum += max(0, try row.decode(Int.self, atIndex: 1))
        }
        return ids
    }

    static func expired(_ db: Database, unixSeconds: Int64, limit: Int) throws -> [Int64] {
        let statement = try db.cachedStatement(sql: "SELECT id FROM answers WHERE expires <= ? LIMIT ?")
        return try Row.fetchAll(statement, arguments: [unixSeconds, limit]).map {
            try $0.decode(Int64.self, atIndex: 0)
        }
    }
}

extension CacheSelection {
    /// The condition that picks the selection's rows, in any table here.
    var condition: (sql: String, arguments: StatementArguments) {
        switch self {
        case .all: ("1", [])
        case .project(let project): ("project = ?", [Int64(bitPattern: project)])
        case .key(let key): ("owner_key = ?", [Int64(bitPattern: key)])
        case .entry(let key): ("key = ?", [Data(key.bytes)])
        }
    }

    private static var rowsAtOnce: Int { 2_000 }

    /// Removes the selection's rows from a table and gives how many there were. Outside of transactions: it makes its own,
    /// several, so that the log of a large removal does not outgrow the file.
    func delete(_ db: Database, from table: String) throws -> Int {
        let (sql, arguments) = condition
        var removed = 0
        while true {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE \(sql) LIMIT \(Self.rowsAtOnce))",
                arguments: arguments
            )
            let count = db.changesCount
            removed += count
            if count < Self.rowsAtOnce { return removed }
        }
    }
}
