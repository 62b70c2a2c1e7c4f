import FoundationEssentials
import GRDB
import GatewayCore
import Shared

/// A place in the table `routing_outcomes`, ordered by time: what follows it comes next.
package struct OutcomeCursor: Sendable, Equatable {
    var unixMilliseconds: Int64
    var id: Int64

    /// Before everything from this moment on.
    package init(sinceUnixSeconds seconds: Int64) {
        unixMilliseconds = seconds.multipliedReportingOverflow(by: 1_000).overflow ? .max : seconds * 1_000
        id = 0
    }

    init(unixMilliseconds: Int64, id: Int64) {
        self.unixMilliseconds = unixMilliseconds
        self.id = id
    }
}

/// Some outcomes as lines of JSON.
package struct OutcomePage: Sendable, Equatable {
    package var lines: [UInt8] = []
    package var rows = 0
    /// Where the next page begins; nil after the last.
    package var next: OutcomeCursor?
}

/// The statements on the table `routing_outcomes`.
enum OutcomeRows {
    /// In the order of the statements; a file has them in its own.
    static let stored: [StoredColumn] = [
        .init("query_id", .text), .init("unix_ms", .integer), .init("project", .text), .init("prompt", .text),
        .init("task", .text, isOptional: true), .init("score", .integer, isOptional: true), .init("classifier", .text),
        .init("initial_tier", .text), .init("initial_backend", .text), .init("final_tier", .text),
        .init("final_backend", .text), .init("escalations", .integer), .init("escalation_reasons", .text),
        .init("quality", .real, isOptional: true), .init("latency_ms", .real), .init("is_success", .flag),
        .init("cost_nanousd", .money), .init("baseline_nanousd", .money), .isDemo,
    ]
    private static let columns = ArchivedTable.outcomes.columnNames
    private static let pageRows = 1_000
    private static let pageBytes = 262_144

    private static let insertion = ArchivedTable.outcomes.insertion

    static func insert(_ db: Database, _ outcomes: [RoutingOutcome], isDemo: Bool) throws {
        guard !outcomes.isEmpty else { return }
        var statement = try BoundStatement(db, insertion)
        for outcome in outcomes {
            let reasons = outcome.escalationReasons.map { JSONText.quoted($0) }.joined(separator: ",")
            statement.bind(text(outcome.id))
            statement.bind(outcome.unixMilliseconds)
            statement.bind(text(outcome.project))
            statement.bind(text(outcome.prompt))
            statement.bind(outcome.task.map(text))
            statement.bind(outcome.score)
            statement.bind(text(outcome.classifier))
            statement.bind(outcome.initialTier.name)
            statement.bind(text(outcome.initialBackend))
            statement.bind(outcome.finalTier.name)
            statement.bind(text(outcome.finalBackend))
            statement.bind(outcome.escalations)
            statement.bind("[\(reasons)]")
            statement.bind(outcome.quality.flatMap(finite))
            statement.bind(finite(outcome.latencyMilliseconds) ?? 0)
            statement.bind(outcome.isSuccess)
            statement.bind(outcome.cost.nanodollars)
            statement.bind(outcome.baseline.nanodollars)
            statement.bind(isDemo)
            try statement.run()
        }
    }

    /// SQLite's texts end at a NUL.
    private static func text(_ text: String) -> String {
        StoredText.hasNUL(text) ? text.replacing("\0", with: "\u{FFFD}") : text
    }

    private static func finite(_ number: Double) -> Double? { number.isFinite ? number : nil }

    /// Bytes of pages that hold something.
    static func bytes(_ db: Database) throws -> Int {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4_096)
    }

    /// The columns for a SELECT on a file that an older gateway made and this one has not opened for writing.
    static func readable(_ db: Database) throws -> String {
        let isOld = try !db.columns(in: "routing_outcomes").contains { $0.name == "is_demo" }
        return isOld ? columns.replacing("is_demo", with: "0 AS is_demo") : columns
    }

    /// The next outcomes in the order of time, oldest first: at most `limit`, and no more than fit into a page.
    static func page(
        _ db: Database,
        columns: String = columns,
        after cursor: OutcomeCursor,
        limit: Int
    ) throws -> OutcomePage {
        let wanted = min(max(0, limit), pageRows)
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT id, \(columns) FROM routing_outcomes
                    WHERE (unix_ms, id) > (?, ?) ORDER BY unix_ms, id LIMIT ?
                    """
            ),
            arguments: [cursor.unixMilliseconds, cursor.id, wanted]
        )
        var page = OutcomePage()
        var last = cursor
        while page.lines.count < pageBytes, let row = try rows.next() {
            last = OutcomeCursor(
                unixMilliseconds: try row.decode(Int64.self, forColumn: "unix_ms"),
                id: try row.decode(Int64.self, forColumn: "id")
            )
            try appendLine(row, to: &page.lines)
            page.rows += 1
        }
        let isOver = page.rows < wanted && page.lines.count < pageBytes
        page.next = isOver || page.rows == limit ? nil : last
        return page
    }

    private static func appendLine(_ row: Row, to line: inout [UInt8]) throws {
        func text(_ name: String) throws -> String { JSONText.quoted(try row.decode(String.self, forColumn: name)) }
        func number<Value: DatabaseValueConvertible & CustomStringConvertible>(
            _ name: String,
            _ type: Value.Type
        ) throws -> String {
            try row.decode(type, forColumn: name).description
        }
        func money(_ name: String) throws -> String {
            USD(nanodollars: try row.decode(Int64.self, forColumn: name)).description
        }
        let task = try row.decode(String?.self, forColumn: "task").map { JSONText.quoted($0) }
        let score = try row.decode(Int?.self, forColumn: "score").map { String($0) }
        let quality = try row.decode(Double?.self, forColumn: "quality").map { $0.description }
        let members = [
            ("query_id", try text("query_id")), ("unix_ms", try number("unix_ms", Int64.self)),
            ("project", try text("project")), ("prompt", try text("prompt")), ("task", task ?? "null"),
            ("score", score ?? "null"), ("classifier", try text("classifier")),
            ("initial_tier", try text("initial_tier")), ("initial_backend", try text("initial_backend")),
            ("final_tier", try text("final_tier")), ("final_backend", try text("final_backend")),
            ("escalations", try number("escalations", Int.self)),
            ("escalation_reasons", try row.decode(String.self, forColumn: "escalation_reasons")),
            ("quality", quality ?? "null"), ("latency_ms", try number("latency_ms", Double.self)),
            ("is_success", try number("is_success", Bool.self)), ("cost_usd", try money("cost_nanousd")),
            ("baseline_usd", try money("baseline_nanousd")), ("is_demo", try number("is_demo", Bool.self)),
        ]
        line.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            line += "\"\(member.0)\":\(member.1)".utf8
        }
        line += [UInt8(ascii: "}"), 0x0A]
    }
}
