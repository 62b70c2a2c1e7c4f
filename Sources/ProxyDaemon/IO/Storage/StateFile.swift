import GRDB
import Glibc

/// The state database of a gateway that may be running or not, for reading only.
package enum StateFile {
    /// Why there is nothing to export, in a line that says what to do.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// Opens the file without changing it, and reads from one of its tables; `contents` says what is in it.
    static func read(
        _ path: String,
        table: String,
        holding contents: String,
        _ body: (DatabaseQueue) throws -> Void
    ) throws {
        guard access(path, F_OK) == 0 else {
            throw Problem("\(path) is not there: a gateway writes it; storage.path says where")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let isOurs = try queue.read { db in
                try Int.fetchOne(db, sql: "PRAGMA application_id") == DiskSchema.state.applicationID
                    && db.tableExists(table)
            }
            guard isOurs else { throw Problem("\(path) holds no \(contents)") }
            try body(queue)
        } catch let error as DatabaseError {
            throw Problem("\(path) cannot be read: \(error.message ?? "\(error.resultCode)")")
        } catch is RowDecodingError {
            throw Problem("\(path) cannot be read: unexpected data")
        }
    }
}
