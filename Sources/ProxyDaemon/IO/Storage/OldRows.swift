import GRDB

/// Removes the oldest rows of a table whose rows are numbered in the order in which they were written.
enum OldRows {
    /// Removes the oldest rows from before a moment, with numbers up to `last`; gives their numbers. Takes no lock where there are
    /// none.
    static func remove(
        _ db: Database,
        of table: ArchivedTable,
        before unixMilliseconds: Int64,
        upTo last: Int64,
        atOnce: Int
    ) throws -> [Int64] {
        let oldest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(unix_ms) FROM \(table.name)"))
        guard let oldest, oldest < unixMilliseconds else { return [] }
        return try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    DELETE FROM \(table.name) WHERE \(table.number) IN (
                        SELECT \(table.number) FROM \(table.name)
                        WHERE unix_ms < ? AND \(table.number) <= ? ORDER BY unix_ms LIMIT ?)
                    RETURNING \(table.number)
                    """
            ),
            arguments: [unixMilliseconds, last, atOnce]
        )
    }

    /// Removes the first rows beyond so many; gives their numbers. Takes no lock where there are none.
    static func remove(
        _ db: Database,
        of table: ArchivedTable,
        beyond maximumRows: Int,
        atOnce: Int
    ) throws -> [Int64] {
        let ends = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT (SELECT min(\(table.number)) FROM \(table.name)), (SELECT max(\(table.number)) FROM \(table.name))
                    """
            )
        )
        guard let oldest = try ends?.decode(Int64?.self, atIndex: 0),
            let newest = try ends?.decode(Int64?.self, atIndex: 1), newest - oldest >= Int64(maximumRows)
        else { return [] }
        return try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    DELETE FROM \(table.name) WHERE \(table.number) IN (
                        SELECT \(table.number) FROM \(table.name)
                        WHERE \(table.number) <= ? ORDER BY \(table.number) LIMIT ?)
                    RETURNING \(table.number)
                    """
            ),
            arguments: [newest - Int64(maximumRows), atOnce]
        )
    }
}
