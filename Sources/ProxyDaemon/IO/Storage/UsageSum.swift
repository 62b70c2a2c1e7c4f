import GatewayCore
package import Shared

/// By what usage is added up.
package enum UsageGrouping: String, Sendable, CaseIterable {
    case project
    /// The client key's fingerprint.
    case key
    /// The model that answered.
    case model
    /// The day by UTC, `2026-11-21`.
    case day

    /// What tells the groups apart in SQLite.
    var sqlite: String {
        switch self {
        case .project: "project"
        case .key: "key_fingerprint"
        case .model: "model"
        case .day: "date(day * 86400, 'unixepoch')"
        }
    }

    /// What tells the groups apart in PostgreSQL.
    var postgres: String { self == .day ? "to_char(DATE '1970-01-01' + day::integer, 'YYYY-MM-DD')" : sqlite }
}

/// What the exchanges of one group add up to. JSON: the group's names under those of the groupings, beside the totals.
package struct UsageSum: Sendable, Equatable, Encodable {
    package let groupings: [UsageGrouping]
    /// As many as there are groupings. Empty for what belongs to no group: clients without a key, requests that no model
    /// answered, the gateway's own calls.
    package let names: [String]
    package let totals: MetricsSnapshot.Totals

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package func encode(to encoder: any Swift.Encoder) throws {
        try totals.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        for (grouping, name) in zip(groupings, names) {
            try container.encode(name, forKey: Key(stringValue: grouping.rawValue))
        }
    }
}

extension MetricsSnapshot.Totals {
    /// Reads the sums of ``UsageColumns/sums``, one after the other.
    init(_ next: () throws -> Int) rethrows {
        func money() throws -> USD { USD(nanodollars: Int64(try next())) }
        func tokens() throws -> TokenUsage {
            TokenUsage(
                input: try next(),
                cacheRead: try next(),
                cacheWrite5m: try next(),
                cacheWrite1h: try next(),
                output: try next()
            )
        }
        self.init()
        requests = try next()
        errors = try next()
        exactCacheHits = try next()
        semanticCacheHits = try next()
        coalesced = try next()
        escalations = try next()
        cost = try money()
        baseline = try money()
        saved = try money()
        for purpose in [OverheadPurpose.classifier, .shadow, .judge] {
            overhead[purpose] = try money()
            cost += overhead[purpose]
        }
        losses.escalation = try money()
        losses.cacheChecks = try money()
        losses.wrongHits = try money()
        usage = try tokens()
        for reducer in Reducer.allCases { tokensSaved[reducer] = try next() }
        overheadUsage = try tokens()
    }
}

/// Days by UTC, counted from 1970.
package enum UTCDay {
    /// The day of a date such as `2026-11-21`; nil where there is no such day.
    package static func parse(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }),
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
            (1...12).contains(month), day >= 1
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[Int(month) - 1] else { return nil }
        return number(year: year, month: month, day: day)
    }

    /// The first day of the month that a day is in.
    static func firstOfMonth(_ day: Int64) -> Int64 {
        let month = Ledger.monthNumber(day: day)
        return number(year: month / 12, month: month % 12 + 1, day: 1)
    }

    /// Howard Hinnant's days-from-civil (https://howardhinnant.github.io/date_algorithms.html), for years from 0 on.
    private static func number(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
