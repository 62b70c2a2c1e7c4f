package import Shared

/// Rows as a file for other programs.
package enum ExportFormat: Int, Sendable, Hashable, CaseIterable {
    case csv = 1
    case jsonl

    package var title: String { self == .csv ? "CSV, for spreadsheets" : "JSONL, an object a line" }
    package var fileExtension: String { self == .csv ? "csv" : "jsonl" }

    /// The whole file.
    package func text(_ summaries: [ExchangeSummary]) -> String {
        switch self {
        case .csv: ExchangeCSV.text(summaries)
        case .jsonl: summaries.compactMap { JSONText.of($0) }.map { "\($0)\n" }.joined()
        }
    }
}

/// RFC 4180: commas, quotes where they are needed, lines that end with CR LF, names in the first one.
package enum ExchangeCSV {
    private static let columns: [(name: String, value: @Sendable (ExchangeSummary) -> String)] = [
        ("time", { text(timestamp($0.unixMilliseconds)) }),
        ("query_id", { text($0.id) }),
        ("project", { text($0.project) }),
        ("dialect", { text($0.dialect) }),
        ("requested_model", { text($0.requestedModel) }),
        ("model", { text($0.model) }),
        ("backend", { text($0.backend) }),
        ("provider", { text($0.provider) }),
        ("tier", { text($0.tier?.name ?? "") }),
        ("score", { $0.score.map(String.init) ?? "" }),
        ("classifier", { text($0.classifier) }),
        ("cache", { text($0.cache) }),
        ("status", { String($0.status) }),
        ("stop_reason", { text($0.stopReason ?? "") }),
        ("stream", { $0.stream ? "true" : "false" }),
        ("latency_ms", { number($0.latencyMilliseconds) }),
        ("first_byte_ms", { number($0.firstByteMilliseconds) }),
        ("input_tokens", { String($0.usage.input) }),
        ("cache_read_tokens", { String($0.usage.cacheRead) }),
        ("output_tokens", { String($0.usage.output) }),
        ("cost_usd", { $0.cost.description }),
        ("baseline_usd", { $0.baseline.description }),
        ("saved_usd", { $0.saved.description }),
        ("escalations", { String($0.escalations) }),
        ("usage_is_estimated", { $0.usageIsEstimated ? "true" : "false" }),
        ("is_simulated", { $0.isSimulated ? "true" : "false" }),
        ("workflow", { text($0.workflow?.workflow ?? "") }),
        ("run_id", { text($0.workflow?.runID ?? "") }),
        ("op", { text($0.workflow?.op ?? "") }),
        ("error", { text($0.error ?? "") }),
        ("prompt", { text($0.prompt) }),
    ]

    package static func text(_ summaries: [ExchangeSummary]) -> String {
        var lines = [columns.map(\.name).joined(separator: ",")]
        lines += summaries.map { summary in columns.map { $0.value(summary) }.joined(separator: ",") }
        return lines.map { "\($0)\r\n" }.joined()
    }

    /// A field of text, which comes from outside. Spreadsheets take one that begins like a formula for a formula, quoted
    /// or not; an apostrophe before it makes it text again.
    package static func text(_ value: String) -> String {
        var value = value
        if let first = value.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) { value = "'" + value }
        guard value.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return value }
        var quoted = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "" }

    /// `2026-11-22T10:43:30.250Z`.
    package static func timestamp(_ unixMilliseconds: Int64) -> String {
        let (date, time) = CivilTime.parts(unixMilliseconds: unixMilliseconds)
        let rest = ((unixMilliseconds % 1_000) + 1_000) % 1_000
        return "\(date)T\(time).\(CivilTime.padded(Int(rest), 3))Z"
    }
}

/// Dates of the Gregorian calendar in UTC, from the milliseconds since 1970 and without a calendar's tables.
package enum CivilTime {
    /// `2026-11-22` and `10:43:30`.
    package static func parts(unixMilliseconds: Int64) -> (date: String, time: String) {
        let bounded = max(-62_135_596_800_000, min(253_402_300_799_000, unixMilliseconds))
        let seconds = Int((Double(bounded) / 1_000).rounded(.down))
        let day = Int((Double(seconds) / 86_400).rounded(.down))
        let second = seconds - day * 86_400
        let civil = CivilDate(daysSince1970: Int64(day))
        let date = "\(padded(Int(civil.year), 4))-\(padded(Int(civil.month), 2))-\(padded(Int(civil.day), 2))"
        return (date, "\(padded(second / 3_600, 2)):\(padded(second % 3_600 / 60, 2)):\(padded(second % 60, 2))")
    }

    static func padded(_ value: Int, _ digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
