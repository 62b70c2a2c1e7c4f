import CSQLite

/// Settings of the SQLite library as a whole.
package enum SQLiteSettings {
    /// To be called once, before any database is opened; later it has no effect.
    package static func apply() { _ = gw_sqlite_without_sums() }
}
