import GRDB
import GatewayCore
import Shared

/// The statements on the table `feedback`.
enum FeedbackRows {
    /// In the order of the statements.
    static let stored: [StoredColumn] = [
        .init("report_id", .text), .init("unix_ms", .integer), .init("project", .text),
        .init("query_id", .text, isOptional: true), .init("score", .real, isOptional: true),
        .init("tier", .text, isOptional: true), .init("quality", .real), .init("outcome", .text), .isDemo,
    ]

    static let table = """
        CREATE TABLE feedback (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            report_id TEXT NOT NULL,
            unix_ms INTEGER NOT NULL,
            project TEXT NOT NULL,
            query_id TEXT,         -- the exchange, where the client named it
            score REAL,            -- 0 to 100
            tier TEXT,             -- the one that answered
            quality REAL NOT NULL, -- 0 to 1
            outcome TEXT NOT NULL, -- what the client was told became of it
            is_demo INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX feedback_by_time ON feedback (unix_ms);
        """

    private static let insertion = ArchivedTable.feedback.insertion

    static func insert(_ db: Database, _ reports: [KeptFeedback], isDemo: Bool) throws {
        guard !reports.isEmpty else { return }
        var statement = try BoundStatement(db, insertion)
        for report in reports {
            statement.bind(report.id)
            statement.bind(report.unixMilliseconds)
            statement.bind(StoredText.fit(report.project, bytes: 512))
            statement.bind(report.queryID.map { StoredText.fit($0, bytes: 512) })
            statement.bind(report.score)
            statement.bind(report.tier?.name)
            statement.bind(report.quality)
            statement.bind(report.outcome)
            statement.bind(isDemo)
            try statement.run()
        }
    }
}
