import GRDB
import GatewayCore
import Shared

/// Exchanges as a person or a program reads them.
package enum ExchangeFormat: String, Sendable, CaseIterable {
    /// RFC 4180, with a line of names.
    case csv
    /// A JSON object a line.
    case jsonl
}

/// Reads exchanges out of the state database of a gateway that may be running or not.
package enum ExchangeFile {
    private static let pageRows = 1_000

    /// Hands over the exchanges from a moment on, oldest first, of one project or of all. The file is not changed, and no
    /// more than a page of it is held.
    ///
    /// - Throws: A ``StateFile/Problem``, or what `write` throws.
    package static func export(
        _ path: String,
        sinceUnixMilliseconds since: Int64,
        project: String?,
        format: ExchangeFormat,
        write: ([UInt8]) throws -> Void
    ) throws {
        try StateFile.read(path, table: "exchanges", holding: "exchanges") { queue in
            if format == .csv { try write(ExchangeLines.csvHead) }
            var after = (unixMilliseconds: since, number: Int64(0))
            let known = try queue.read { db in Set(try db.columns(in: "exchanges").map(\.name)) }
            // A file that no gateway of this version has opened lacks the later columns, whose values are not known: nothing.
            let columns = ExchangeColumn.all.map { known.contains($0.name) ? $0.name : "0 AS \($0.name)" }
            while true {
                let page = try queue.read { [after] db in
                    try Self.page(db, columns, after: after, project: project, format: format)
                }
                if !page.lines.isEmpty { try write(page.lines) }
                guard let last = page.last else { return }
                after = last
            }
        }
    }

    private static func page(
        _ db: Database,
        _ columns: [String],
        after: (unixMilliseconds: Int64, number: Int64),
        project: String?,
        format: ExchangeFormat
    ) throws -> (lines: [UInt8], last: (Int64, Int64)?) {
        var arguments: [any DatabaseValueConvertible] = [after.unixMilliseconds, after.number]
        if let project { arguments.append(project) }
        arguments.append(pageRows)
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT \(columns.joined(separator: ", ")), is_demo, seq FROM exchanges
                    WHERE (unix_ms, seq) > (?, ?) \(project == nil ? "" : "AND project = ?")
                    ORDER BY unix_ms, seq LIMIT ?
                    """
            ),
            arguments: StatementArguments(arguments)
        )
        var lines: [UInt8] = []
        var last: (Int64, Int64)?
        while let row = try rows.next() {
            last = (try row.decode(Int64.self, forColumn: "unix_ms"), try row.decode(Int64.self, forColumn: "seq"))
            switch format {
            case .csv: try ExchangeLines.appendCSV(row, to: &lines)
            case .jsonl: try ExchangeLines.appendJSON(row, to: &lines)
            }
        }
        return (lines, last)
    }
}

/// A row of the table as a line.
private enum ExchangeLines {
    private static let demo = ExchangeColumn(name: "is_demo", kind: .flag, isOptional: false) { _ in .null }
    /// In the order of the statement.
    private static let columns = ExchangeColumn.all + [demo]

    static var csvHead: [UInt8] { Array((columns.map(\.shownName).joined(separator: ",") + "\r\n").utf8) }

    static func appendJSON(_ row: Row, to lines: inout [UInt8]) throws {
        lines.append(UInt8(ascii: "{"))
        for (at, column) in columns.enumerated() {
            if at > 0 { lines.append(UInt8(ascii: ",")) }
            lines += "\"\(column.shownName)\":".utf8
            switch try value(row, at, column) {
            case nil: lines += "null".utf8
            case let text? where column.kind == .text: lines += JSONText.quoted(text).utf8
            case let text?: lines += text.utf8
            }
        }
        lines += [UInt8(ascii: "}"), 0x0A]
    }

    static func appendCSV(_ row: Row, to lines: inout [UInt8]) throws {
        for (at, column) in columns.enumerated() {
            if at > 0 { lines.append(UInt8(ascii: ",")) }
            guard let text = try value(row, at, column) else { continue }
            lines += (column.kind == .text ? csvText(text) : text).utf8
        }
        lines += [0x0D, 0x0A]
    }

    /// Quoted where it must be. What a spreadsheet would take for a formula, which people outside may have written, gets an
    /// apostrophe before it.
    private static func csvText(_ text: String) -> String {
        let isFormula = text.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    /// The text of a value, money as dollars with all digits; nil for null.
    private static func value(_ row: Row, _ at: Int, _ column: ExchangeColumn) throws -> String? {
        switch column.kind {
        case .text: try row.decode(String?.self, atIndex: at)
        case .integer: try row.decode(Int64?.self, atIndex: at).map { String($0) }
        case .real: try row.decode(Double?.self, atIndex: at).map { $0.description }
        case .flag: try row.decode(Bool?.self, atIndex: at).map { String($0) }
        case .money: try row.decode(Int64?.self, atIndex: at).map { USD(nanodollars: $0).description }
        }
    }
}
