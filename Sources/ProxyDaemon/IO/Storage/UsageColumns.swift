import Shared

/// The table `usage_days`: what the exchanges of a day, a project, a key and a model add up to. A trigger keeps it, in the
/// transaction that writes the exchange, so that sums over millions of exchanges take no longer than those over a few.
enum UsageColumns {
    private static let buckets = [
        "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    ]

    /// The sums in the order in which they are read, and what an exchange adds to each. A client that left is nobody's
    /// error; what was made for another exchange is not counted as used.
    private static let all: [(name: String, addend: String)] =
        [
            ("requests", "NEW.kind = 'exchange'"),
            (
                "errors",
                "NEW.kind = 'exchange' AND NEW.status <> 499 AND (NEW.status >= 400 OR NEW.error IS NOT NULL)"
            ),
            ("exact_hits", "NEW.cache = 'exact'"), ("semantic_hits", "NEW.cache = 'semantic'"),
            ("coalesced", "NEW.cache = 'coalesced'"),
        ]
        + [
            "escalations", "cost_nanousd", "baseline_nanousd", "saved_nanousd", "classifier_nanousd", "shadow_nanousd",
            "judge_nanousd",
        ].map { ($0, "NEW.\($0)") }
        + (buckets + Reducer.allCases.map { "saved_\($0.rawValue)" }).map {
            ($0, "iif(NEW.cache = 'none', NEW.\($0), 0)")
        }
        + buckets.map { ("own_\($0)", "NEW.own_\($0)") }

    /// For a SELECT.
    static let sums = all.map { "sum(\($0.name))" }.joined(separator: ", ")

    /// Makes the table and the trigger.
    static let sqlite = """
        CREATE TABLE usage_days (
            day INTEGER NOT NULL, -- by UTC, counted from 1970
            project TEXT NOT NULL,
            key_fingerprint TEXT NOT NULL,
            model TEXT NOT NULL,
            is_demo INTEGER NOT NULL,
            \(all.map { "\($0.name) INTEGER NOT NULL" }.joined(separator: ",\n    ")),
            PRIMARY KEY (day, project, key_fingerprint, model, is_demo)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER exchanges_add_up AFTER INSERT ON exchanges BEGIN
            INSERT INTO usage_days VALUES (
                NEW.unix_ms / 86400000, NEW.project, NEW.key_fingerprint, NEW.model, NEW.is_demo,
                \(all.map(\.addend).joined(separator: ",\n        "))
            ) ON CONFLICT DO UPDATE SET
                \(all.map { "\($0.name) = \($0.name) + excluded.\($0.name)" }.joined(separator: ",\n        "));
        END;
        """
}
