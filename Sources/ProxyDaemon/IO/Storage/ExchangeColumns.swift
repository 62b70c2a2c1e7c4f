import GatewayCore
import Glibc
import Shared

/// A column of the table `exchanges`. One list of them makes the tables of all databases, the statements and the exports.
struct ExchangeColumn: Sendable {
    let name: String
    let kind: ColumnKind
    let isOptional: Bool
    let value: @Sendable (ExchangeRow) -> SQLValue

    var stored: StoredColumn { StoredColumn(name, kind, isOptional: isOptional) }

    /// Its name in exports, which show money in dollars.
    var shownName: String { kind == .money ? name.replacing("_nanousd", with: "_usd") : name }
}

extension ExchangeColumn {
    /// In the order of a new table; older tables have later columns at their ends. A column that is added later needs a
    /// migration of its own.
    static let all: [ExchangeColumn] = [
        .text("id") { $0.summary.id },
        .integer("unix_ms") { Int(clamping: $0.summary.unixMilliseconds) },
        .text("kind") { $0.kind.rawValue },
        .text("project") { $0.summary.project },
        .text("key_fingerprint") { $0.keyFingerprint },
        .text("dialect") { $0.summary.dialect },
        .text("requested_model") { $0.summary.requestedModel },
        .text("model") { $0.summary.model },
        .text("backend") { $0.summary.backend },
        .text("provider") { $0.summary.provider },
        .optional("tier") { $0.summary.tier?.name },
        ExchangeColumn(name: "score", kind: .integer, isOptional: true) {
            $0.summary.score.map { .integer(Int64($0)) } ?? .null
        },
        .text("classifier") { $0.summary.classifier },
        .text("cache") { $0.summary.cache },
        .integer("status") { $0.summary.status },
        .optional("stop_reason") { $0.summary.stopReason },
        .flag("stream") { $0.summary.stream },
        .real("latency_ms") { $0.summary.latencyMilliseconds },
        .real("first_byte_ms") { $0.summary.firstByteMilliseconds },
        .tokens("input_tokens") { $0.summary.usage.input },
        .tokens("cache_read_tokens") { $0.summary.usage.cacheRead },
        .tokens("cache_write_5m_tokens") { $0.summary.usage.cacheWrite5m },
        .tokens("cache_write_1h_tokens") { $0.summary.usage.cacheWrite1h },
        .tokens("output_tokens") { $0.summary.usage.output },
        .flag("usage_is_estimated") { $0.summary.usageIsEstimated },
        .integer("escalations") { $0.summary.escalations },
        .money("cost_nanousd") { $0.summary.cost },
        .money("baseline_nanousd") { $0.summary.baseline },
        .money("saved_nanousd") { $0.summary.saved },
        // The gateway's own calls, by purpose.
        .money("classifier_nanousd") { $0.overhead.classifier },
        .money("shadow_nanousd") { $0.overhead.shadow },
        .money("judge_nanousd") { $0.overhead.judge },
        // Parts of the cost, and what wrong answers of the cache would have cost.
        .money("escalation_nanousd") { $0.losses.escalation },
        .money("cache_check_nanousd") { $0.losses.cacheChecks },
        .money("wrong_hit_nanousd") { $0.losses.wrongHits },
        .tokens("own_input_tokens") { $0.overheadUsage.input },
        .tokens("own_cache_read_tokens") { $0.overheadUsage.cacheRead },
        .tokens("own_cache_write_5m_tokens") { $0.overheadUsage.cacheWrite5m },
        .tokens("own_cache_write_1h_tokens") { $0.overheadUsage.cacheWrite1h },
        .tokens("own_output_tokens") { $0.overheadUsage.output },
        // Left out of prompts, by reducer.
        .tokens("saved_response_limits") { $0.summary.tokensSaved?[.responseLimits] ?? 0 },
        .tokens("saved_ide_boilerplate") { $0.summary.tokensSaved?[.ideBoilerplate] ?? 0 },
        .tokens("saved_file_deduplication") { $0.summary.tokensSaved?[.fileDeduplication] ?? 0 },
        .tokens("saved_context_pruning") { $0.summary.tokensSaved?[.contextPruning] ?? 0 },
        .flag("is_simulated") { $0.summary.isSimulated },
        .optional("workflow_run") { $0.summary.workflow?.runID },
        .optional("workflow") { $0.summary.workflow?.workflow },
        .optional("workflow_op") { $0.summary.workflow?.op },
        .optional("error", bytes: 2_048) { $0.summary.error },
        .text("prompt", bytes: 16_384) { $0.summary.prompt },
    ]

    /// Bytes of names, which clients choose.
    private static let nameBytes = 512
    /// A sum of millions of rows has to fit into 64 bits, whatever a provider claims: 100,000 dollars, 10¹² tokens a row.
    private static let mostNanodollars: Int64 = 100_000_000_000_000
    private static let mostTokens = 1_000_000_000_000

    private static func text(
        _ name: String,
        bytes: Int = nameBytes,
        _ value: @escaping @Sendable (ExchangeRow) -> String
    ) -> ExchangeColumn {
        ExchangeColumn(name: name, kind: .text, isOptional: false) { .text(StoredText.fit(value($0), bytes: bytes)) }
    }

    private static func optional(
        _ name: String,
        bytes: Int = nameBytes,
        _ value: @escaping @Sendable (ExchangeRow) -> String?
    ) -> ExchangeColumn {
        ExchangeColumn(name: name, kind: .text, isOptional: true) { row in
            value(row).map { .text(StoredText.fit($0, bytes: bytes)) } ?? .null
        }
    }

    private static func integer(
        _ name: String,
        _ value: @escaping @Sendable (ExchangeRow) -> Int
    ) -> ExchangeColumn {
        ExchangeColumn(name: name, kind: .integer, isOptional: false) { .integer(Int64(value($0))) }
    }

    private static func tokens(
        _ name: String,
        _ value: @escaping @Sendable (ExchangeRow) -> Int
    ) -> ExchangeColumn {
        integer(name) { min(max(value($0), 0), mostTokens) }
    }

    private static func money(
        _ name: String,
        _ value: @escaping @Sendable (ExchangeRow) -> USD
    ) -> ExchangeColumn {
        ExchangeColumn(name: name, kind: .money, isOptional: false) {
            .integer(min(max(value($0).nanodollars, -mostNanodollars), mostNanodollars))
        }
    }

    private static func flag(
        _ name: String,
        _ value: @escaping @Sendable (ExchangeRow) -> Bool
    ) -> ExchangeColumn {
        ExchangeColumn(name: name, kind: .flag, isOptional: false) { .integer(value($0) ? 1 : 0) }
    }

    private static func real(
        _ name: String,
        _ value: @escaping @Sendable (ExchangeRow) -> Double
    ) -> ExchangeColumn {
        ExchangeColumn(name: name, kind: .real, isOptional: false) { row in
            let number = value(row)
            return .real(number.isFinite ? number : 0)
        }
    }
}

/// Texts as a database takes them.
enum StoredText {
    /// The longest beginning of whole characters of Unicode that has so many bytes, without the NUL that ends texts there.
    static func fit(_ text: String, bytes: Int) -> String {
        let cut = cut(text, bytes: bytes)
        return hasNUL(cut) ? cut.replacing("\0", with: " ") : cut
    }

    static func hasNUL(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        } ?? text.utf8.contains(0)
    }

    /// The longest beginning of whole characters of Unicode that has so many bytes.
    static func cut(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        // A character has at most four bytes.
        for count in (max(0, bytes - 3)...max(0, bytes)).reversed() {
            if let whole = String(text.utf8.prefix(count)) { return whole }
        }
        return ""
    }
}
