import GRDB
import GatewayCore
import Shared

/// The statements on the table `exchanges`.
enum ExchangeRows {
    private static let insertion = "\(ArchivedTable.exchanges.insertion) ON CONFLICT (id) DO NOTHING"

    /// Writes rows and adds them to the sums of their days: inside of a transaction. A row whose id is there already changes
    /// nothing.
    static func insert(_ db: Database, _ rows: [ExchangeRow], isDemo: Bool) throws {
        var statement = try BoundStatement(db, insertion)
        for row in rows {
            for column in ExchangeColumn.all {
                switch column.value(row) {
                case .null: statement.bindNull()
                case .integer(let number): statement.bind(number)
                case .real(let number): statement.bind(number)
                case .text(let text): statement.bind(text)
                }
            }
            statement.bind(isDemo)
            try statement.run()
        }
        try addUp(db)
    }

    /// Adds what an older gateway has written beside to the sums of its days. Outside of transactions.
    static func addUpTheRest(_ db: Database) throws {
        guard try Int64.fetchOne(db, sql: "SELECT seq FROM added_up") ?? 0 < lastNumber(db) else { return }
        try db.inTransaction(.immediate) {
            try addUp(db)
            return .commit
        }
    }

    private static func addUp(_ db: Database) throws {
        try db.cachedStatement(sql: UsageColumns.addition).execute()
        try db.cachedStatement(sql: UsageColumns.progress).execute()
    }

    /// 0 where there is no row.
    static func lastNumber(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(seq) FROM exchanges") ?? 0
    }

    // MARK: Sums

    /// The sums of a row, from a column on.
    private static func totals(_ row: Row, from first: Int) throws -> MetricsSnapshot.Totals {
        var at = first
        return try MetricsSnapshot.Totals {
            defer { at += 1 }
            return try row.decode(Int?.self, atIndex: at) ?? 0
        }
    }

    /// A day's sums and its month's, and the last exchanges.
    static func history(_ db: Database, day: Int64, isDemo: Bool, recent: Int) throws -> LedgerHistory {
        var history = LedgerHistory(day: day)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT day >= ?, \(UsageColumns.sums) FROM usage_days WHERE day >= ? AND is_demo = ? GROUP BY 1
                """,
            arguments: [day, UTCDay.firstOfMonth(day), isDemo]
        )
        while let row = try rows.next() {
            let totals = try totals(row, from: 1)
            if try row.decode(Bool.self, atIndex: 0) { history.today = totals }
            history.month += totals
        }
        for row in try newest(db, notAfter: .max, isDemo: isDemo, limit: recent).reversed() {
            let summary = try summary(row)
            history.recent.append(summary)
            let fingerprint = try row.decode(String.self, atIndex: place(of: "key_fingerprint"))
            if !fingerprint.isEmpty { history.keyFingerprints[summary.id] = fingerprint }
        }
        history.wrongHits = try wrongHits(db, limit: recent)
        return history
    }

    /// The ids of exchanges whose cached answers were reported as wrong, in the order of the reports.
    private static func wrongHits(_ db: Database, limit: Int) throws -> [String] {
        let prefix = ExchangeRow.wrongHitPrefix
        // By a range, for which there is an index; no id goes on with a higher letter.
        let ids = try String.fetchAll(
            db,
            sql: "SELECT id FROM exchanges WHERE id > ? AND id < ? ORDER BY seq DESC LIMIT ?",
            arguments: [prefix, prefix + "~", limit]
        )
        return ids.reversed().map { String($0.dropFirst(prefix.count)) }
    }

    /// The newest exchanges that came at a moment or before, newest first.
    static func recent(
        _ db: Database,
        notAfter unixMilliseconds: Int64,
        isDemo: Bool,
        limit: Int
    ) throws -> [ExchangeSummary] {
        try newest(db, notAfter: unixMilliseconds, isDemo: isDemo, limit: limit).map(summary)
    }

    private static func newest(
        _ db: Database,
        notAfter unixMilliseconds: Int64,
        isDemo: Bool,
        limit: Int
    ) throws -> [Row] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(allColumns) FROM exchanges
                WHERE is_demo = ? AND kind = 'exchange' AND unix_ms <= ? ORDER BY unix_ms DESC LIMIT ?
                """,
            arguments: [isDemo, unixMilliseconds, limit]
        )
    }

    /// One exchange; nil where there is none.
    static func exchange(_ db: Database, id: String) throws -> ExchangeSummary? {
        let sql = "SELECT \(allColumns) FROM exchanges WHERE id = ? AND kind = 'exchange'"
        return try Row.fetchOne(db, sql: sql, arguments: [id]).map(summary)
    }

    private static let allColumns = ExchangeColumn.all.map(\.name).joined(separator: ", ")

    /// Sums of the days from one on, a group for each combination of what they are grouped by.
    static func usage(
        _ db: Database,
        by groupings: [UsageGrouping],
        sinceDay day: Int64,
        isDemo: Bool
    ) throws -> [UsageSum] {
        try Row.fetchAll(
            db,
            sql: UsageColumns.selection(groupings.map { ($0, $0.sqlite) }, day: "?", isDemo: "?"),
            arguments: [day, isDemo]
        ).map { row in
            UsageSum(
                groupings: groupings,
                names: try groupings.indices.map { try row.decode(String.self, atIndex: $0) },
                totals: try totals(row, from: groupings.count)
            )
        }
    }

    /// Removes the sums of the days before one.
    static func removeSums(_ db: Database, beforeDay day: Int64) throws {
        let oldest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(day) FROM usage_days"))
        guard let oldest, oldest < day else { return }
        try db.execute(sql: "DELETE FROM usage_days WHERE day < ?", arguments: [day])
    }

    /// Where each column is in a row of all of them.
    private static let places = Dictionary(
        uniqueKeysWithValues: ExchangeColumn.all.enumerated().map { ($1.name, $0) }
    )

    /// By its name GRDB would look for each value from the first column on.
    private static func place(of name: String) throws -> Int {
        guard let place = places[name] else { throw DiskTrouble.refused("there is no column \(name)") }
        return place
    }

    private static func summary(_ row: Row) throws -> ExchangeSummary {
        func at(_ name: String) throws -> Int { try place(of: name) }
        func text(_ name: String) throws -> String { try row.decode(String.self, atIndex: at(name)) }
        func number(_ name: String) throws -> Int { try row.decode(Int.self, atIndex: at(name)) }
        func flag(_ name: String) throws -> Bool { try row.decode(Bool.self, atIndex: at(name)) }
        func money(_ name: String) throws -> USD { USD(nanodollars: try row.decode(Int64.self, atIndex: at(name))) }
        var summary = ExchangeSummary(
            id: try text("id"),
            unixMilliseconds: try row.decode(Int64.self, atIndex: at("unix_ms")),
            dialect: try text("dialect"),
            requestedModel: try text("requested_model"),
            model: try text("model"),
            backend: try text("backend"),
            provider: try text("provider"),
            tier: try row.decode(String?.self, atIndex: at("tier")).flatMap { Tier(parsing: $0) },
            score: try row.decode(Int?.self, atIndex: at("score")),
            classifier: try text("classifier"),
            cache: try text("cache"),
            status: try number("status"),
            stopReason: try row.decode(String?.self, atIndex: at("stop_reason")),
            stream: try flag("stream"),
            latencyMilliseconds: try row.decode(Double.self, atIndex: at("latency_ms")),
            firstByteMilliseconds: try row.decode(Double.self, atIndex: at("first_byte_ms")),
            usage: TokenUsage(
                input: try number("input_tokens"),
                cacheRead: try number("cache_read_tokens"),
                cacheWrite5m: try number("cache_write_5m_tokens"),
                cacheWrite1h: try number("cache_write_1h_tokens"),
                output: try number("output_tokens")
            ),
            cost: try money("cost_nanousd"),
            baseline: try money("baseline_nanousd"),
            saved: try money("saved_nanousd"),
            escalations: try number("escalations"),
            prompt: try text("prompt"),
            error: try row.decode(String?.self, atIndex: at("error")),
            usageIsEstimated: try flag("usage_is_estimated"),
            isSimulated: try flag("is_simulated"),
            project: try text("project")
        )
        let overhead = try money("classifier_nanousd") + money("shadow_nanousd") + money("judge_nanousd")
        if overhead != .zero { summary.overhead = overhead }
        var saved = TokensSaved()
        for reducer in Reducer.allCases { saved[reducer] = try number("saved_\(reducer.rawValue)") }
        if saved.total > 0 { summary.tokensSaved = saved }
        if let run = try row.decode(String?.self, atIndex: at("workflow_run")) {
            summary.workflow = WorkflowStep(
                runID: run,
                workflow: try row.decode(String?.self, atIndex: at("workflow")) ?? "",
                op: try row.decode(String?.self, atIndex: at("workflow_op")) ?? ""
            )
        }
        return summary
    }
}
