import GRDB
import Shared

/// The table `usage_days`: what the exchanges of a day, a project, a key and a model add up to. Whoever writes exchanges adds
/// them there in the same transaction, so that sums over millions of exchanges take no longer than those over a few.
enum UsageColumns {
    private static let buckets = [
        "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    ]

    private static let losses = ["escalation_nanousd", "cache_check_nanousd", "wrong_hit_nanousd"]

    /// The sums in the order in which they are read, and what an exchange adds to each. A client that left is nobody's
    /// error; what was made for another exchange is not counted as used.
    private static let all: [(name: String, addend: String)] =
        [
            ("requests", "kind = 'exchange'"),
            (
                "errors",
                "kind = 'exchange' AND status <> 499 AND (status >= 400 OR error IS NOT NULL)"
            ),
            ("exact_hits", "cache = 'exact'"), ("semantic_hits", "cache = 'semantic'"),
            ("coalesced", "cache = 'coalesced'"),
        ]
        + [
            "escalations", "cost_nanousd", "baseline_nanousd", "saved_nanousd", "classifier_nanousd", "shadow_nanousd",
            "judge_nanousd",
        ].map { ($0, $0) }
        + losses.map { ($0, $0) }
        + (buckets + Reducer.allCases.map { "saved_\($0.rawValue)" }).map {
            ($0, "iif(cache = 'none', \($0), 0)")
        }
        + buckets.map { ("own_\($0)", "own_\($0)") }

    /// For a SELECT.
    static let sums = all.map { "sum(\($0.name))" }.joined(separator: ", ")

    private static let places = "day, project, key_fingerprint, model, is_demo"

    /// Makes the table.
    static let sqlite = """
        CREATE TABLE usage_days (
            day INTEGER NOT NULL, -- by UTC, counted from 1970
            project TEXT NOT NULL,
            key_fingerprint TEXT NOT NULL,
            model TEXT NOT NULL,
            is_demo INTEGER NOT NULL,
            \(all.map { "\($0.name) INTEGER NOT NULL" }.joined(separator: ",\n    ")),
            PRIMARY KEY (\(places))
        ) STRICT, WITHOUT ROWID;
        """

    /// Makes the table that tells up to which exchange all are added up.
    static let progressTable = """
        CREATE TABLE added_up (seq INTEGER NOT NULL) STRICT;
        INSERT INTO added_up SELECT ifnull(max(seq), 0) FROM exchanges;
        """

    /// Brings the tables of a file that an older gateway made up to these columns; a new file has them. What they would have had is
    /// not known: it is nothing.
    static func addLosses(_ db: Database) throws {
        for table in ["exchanges", "usage_days"] {
            let known = Set(try db.columns(in: table).map(\.name))
            for column in losses where !known.contains(column) {
                try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(column) INTEGER NOT NULL DEFAULT 0")
            }
        }
    }

    /// Adds up what has not been: many exchanges at once, as each by itself would take half as long again as to write it.
    static let addition = """
        INSERT INTO usage_days (\(places), \(all.map(\.name).joined(separator: ", ")))
        SELECT unix_ms / 86400000 AS day, project, key_fingerprint, model, is_demo,
            \(all.map { "sum(\($0.addend))" }.joined(separator: ",\n    "))
        FROM exchanges WHERE seq > (SELECT seq FROM added_up) GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT DO UPDATE SET
            \(all.map { "\($0.name) = usage_days.\($0.name) + excluded.\($0.name)" }.joined(separator: ",\n    "))
        """

    /// To be run after ``addition``, in the same transaction.
    static let progress = "UPDATE added_up SET seq = max(seq, (SELECT ifnull(max(seq), 0) FROM exchanges))"
}
