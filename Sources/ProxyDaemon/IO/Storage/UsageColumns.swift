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
        ].map { ($0, "CASE WHEN \($1) THEN 1 ELSE 0 END") }
        + [
            "escalations", "cost_nanousd", "baseline_nanousd", "saved_nanousd", "classifier_nanousd", "shadow_nanousd",
            "judge_nanousd",
        ].map { ($0, $0) }
        + losses.map { ($0, $0) }
        + (buckets + Reducer.allCases.map { "saved_\($0.rawValue)" }).map {
            ($0, "CASE WHEN cache = 'none' THEN \($0) ELSE 0 END")
        }
        + buckets.map { ("own_\($0)", "own_\($0)") }

    /// For a SELECT.
    static let sums = all.map { "sum(\($0.name))" }.joined(separator: ", ")

    /// The sums from a day on, in the SQL of both databases: a group for each combination of what they are grouped by, the dearest
    /// first. `groupings` come with what tells their groups apart there, `day` and `isDemo` are the places of the values.
    static func selection(
        _ groupings: [(grouping: UsageGrouping, expression: String)],
        day: String,
        isDemo: String
    ) -> String {
        let places = groupings.indices.map { "\($0 + 1)" }.joined(separator: ", ")
        // Where days are told apart they are in order, whatever else they are told apart by.
        let first = groupings.firstIndex { $0.grouping == .day }.map { "\($0 + 1), " } ?? ""
        return """
            SELECT \(groupings.map(\.expression).joined(separator: ", ")), \(sums),
                sum(cost_nanousd + classifier_nanousd + shadow_nanousd + judge_nanousd) AS spent
            FROM usage_days WHERE day >= \(day) AND is_demo = \(isDemo)
            GROUP BY \(places) ORDER BY \(first)spent DESC, \(places) LIMIT 1000
            """
    }

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
    static let addition = adding("exchanges WHERE seq > (SELECT seq FROM added_up)")

    /// Adds exchanges up, in the SQL of both databases; `rows` says which. In an order, so that two that do it at a server at once
    /// do not wait for each other.
    private static func adding(_ rows: String) -> String {
        """
        INSERT INTO usage_days (\(places), \(all.map(\.name).joined(separator: ", ")))
        SELECT unix_ms / 86400000, project, key_fingerprint, model, is_demo,
            \(all.map { "sum(\($0.addend))" }.joined(separator: ",\n    "))
        FROM \(rows) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (\(places)) DO UPDATE SET
            \(all.map { "\($0.name) = usage_days.\($0.name) + excluded.\($0.name)" }.joined(separator: ",\n    "))
        """
    }

    /// The same table at a PostgreSQL server, where whatever gateway writes an exchange has it added up.
    static let postgres = [
        """
        CREATE TABLE usage_days (
            day BIGINT NOT NULL, project TEXT NOT NULL, key_fingerprint TEXT NOT NULL, model TEXT NOT NULL,
            is_demo SMALLINT NOT NULL, \(all.map { "\($0.name) BIGINT NOT NULL" }.joined(separator: ", ")),
            PRIMARY KEY (\(places)))
        """,
        // What is there is added up once, and what comes meanwhile waits.
        "LOCK TABLE exchanges IN SHARE ROW EXCLUSIVE MODE",
        adding("exchanges"),
        """
        CREATE FUNCTION gateway_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            \(adding("written"));
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER exchanges_add_up AFTER INSERT ON exchanges
        REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION gateway_add_up()
        """,
    ]

    /// To be run after ``addition``, in the same transaction.
    static let progress = "UPDATE added_up SET seq = max(seq, (SELECT ifnull(max(seq), 0) FROM exchanges))"
}
