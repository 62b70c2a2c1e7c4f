import GRDB
import GRDBSQLite
import Glibc

/// A statement that is run for row after row. Its values are bound one by one, in the order of its places: GRDB's own way boxes
/// each of them and lists them for every row, which takes longer than SQLite needs to write it.
///
/// Used on the connection's queue, and only for as long as that has been lent.
struct BoundStatement {
    private let statement: Statement
    private var handle: SQLiteStatement { statement.sqliteStatement }
    private var place: CInt = 0
    private var failure = SQLITE_OK
    private var rows = 0
    /// After so many rows other threads may go first: where processors are few, a transaction of hundreds would hold requests
    /// up for its whole length.
    private static let rowsAtOnce = 8
    /// SQLite takes a copy: SQLITE_TRANSIENT, which is a macro that Swift does not see.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        sqlite3_reset(statement.sqliteStatement)
    }

    mutating func bind(_ number: Int64) { note(sqlite3_bind_int64(handle, next(), number)) }
    mutating func bind(_ number: Int) { bind(Int64(number)) }
    mutating func bind(_ flag: Bool) { bind(flag ? 1 : 0) }
    mutating func bind(_ number: Double) { note(sqlite3_bind_double(handle, next(), number)) }
    mutating func bindNull() { note(sqlite3_bind_null(handle, next())) }

    mutating func bind(_ text: String) {
        var text = text
        let place = next()
        note(
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    // Without an address it would be a NULL.
                    $0.isEmpty
                        ? sqlite3_bind_text(handle, place, "", 0, Self.copied)
                        : sqlite3_bind_text64(
                            handle,
                            place,
                            $0.baseAddress,
                            UInt64($0.count),
                            Self.copied,
                            UInt8(SQLITE_UTF8)
                        )
                }
            }
        )
    }

    mutating func bind(_ text: String?) {
        if let text { bind(text) } else { bindNull() }
    }

    mutating func bind(_ number: Int?) {
        if let number { bind(number) } else { bindNull() }
    }

    mutating func bind(_ number: Double?) {
        if let number { bind(number) } else { bindNull() }
    }

    mutating func bind(_ bytes: [UInt8]) {
        let place = next()
        note(
            bytes.withUnsafeBytes {
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(handle, place, 0)
                    : sqlite3_bind_blob64(handle, place, $0.baseAddress, UInt64($0.count), Self.copied)
            }
        )
    }

    /// Runs the statement with what has been bound, and begins anew with its first place.
    ///
    /// - Throws: A `DatabaseError`, as GRDB does.
    mutating func run() throws {
        var code = failure
        if code == SQLITE_OK {
            repeat { code = sqlite3_step(handle) } while code == SQLITE_ROW
        }
        let message = code == SQLITE_DONE ? nil : String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
        sqlite3_reset(handle)
        // The statement lives on with the connection: it is not to hold the last row's values.
        sqlite3_clear_bindings(handle)
        (place, failure) = (0, SQLITE_OK)
        rows += 1
        if rows % Self.rowsAtOnce == 0 { sched_yield() }
        guard let message else { return }
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: statement.sql)
    }

    private mutating func next() -> CInt {
        place += 1
        return place
    }

    private mutating func note(_ code: CInt) {
        if failure == SQLITE_OK { failure = code }
    }
}
