import Crypto
import FoundationEssentials
import GRDB
import GatewayCore

/// The statements on the table `questions`.
enum QuestionRows {
    static func insert(_ db: Database, _ entry: SemanticEntry) throws {
        let encoded = entry.encoded
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO questions (key, project, owner_key, fingerprint, expires, digest, entry)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                Data(entry.key.bytes), Int64(bitPattern: entry.owner.project), Int64(bitPattern: entry.owner.key),
                Data(entry.fingerprint.bytes), entry.expiresUnixSeconds, digest(encoded), Data(encoded),
            ]
        )
    }

    /// A part of the table, oldest first, and where the next one starts; nil at its end. Rows that are not what was written
    /// are left out.
    struct Page: Sendable {
        let entries: [SemanticEntry]
        let lastID: Int64
    }

    static func page(
        _ db: Database,
        after id: Int64,
        upTo lastID: Int64,
        unixSeconds: Int64,
        limit: Int
    ) throws -> Page? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT id, digest, entry, expires FROM questions WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
            ),
            arguments: [id, lastID, limit]
        )
        var entries: [SemanticEntry] = []
        var last: Int64?
        while let row = try rows.next() {
            last = try row.decode(Int64.self, atIndex: 0)
            let encoded = try row.withUnsafeData(atIndex: 2) { [UInt8]($0 ?? Data()) }
            guard try row.decode(Int64.self, atIndex: 1) == digest(encoded),
                let entry = SemanticEntry(decoding: encoded), entry.expiresUnixSeconds > unixSeconds
            else { continue }
            entries.append(entry)
        }
        return last.map { Page(entries: entries, lastID: $0) }
    }

    static func count(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM questions") ?? 0 }

    static func lastID(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(id) FROM questions") ?? 0
    }

    /// Removes the oldest rows; gives how many there were.
    static func deleteOldest(_ db: Database, _ count: Int) throws -> Int {
        try db.execute(
            sql: "DELETE FROM questions WHERE id IN (SELECT id FROM questions ORDER BY id LIMIT ?)",
            arguments: [count]
        )
        return db.changesCount
    }

    static func deleteExpired(_ db: Database, unixSeconds: Int64, limit: Int) throws -> Int {
        try db.execute(
            sql: "DELETE FROM questions WHERE id IN (SELECT id FROM questions WHERE expires <= ? LIMIT ?)",
            arguments: [unixSeconds, limit]
        )
        return db.changesCount
    }

    /// Eight bytes of SHA-256: an entry that the disk has changed must not pass for a question.
    private static func digest(_ encoded: [UInt8]) -> Int64 {
        SHA256.hash(data: encoded).withUnsafeBytes { $0.loadUnaligned(as: Int64.self).littleEndian }
    }
}
