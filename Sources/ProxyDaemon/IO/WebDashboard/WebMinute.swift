import GatewayCore
import Shared

/// A minute of the ledger's history as the page's stream tells it.
struct WebMinute: Sendable, Equatable, Encodable {
    /// Its beginning, in milliseconds since 1970.
    var unixMilliseconds: Int64
    var requests: Int
    var errors: Int
    /// Answers from a cache or of a call under way.
    var shared: Int
    var escalations: Int
    /// The answers and the gateway's own calls.
    var cost: USD
    var baseline: USD
    var saved: USD
    /// Requests by the tier that answered; those without one are in none.
    var tiers: [String: Int]
    var latencyP50Milliseconds: Double?
    var latencyP95Milliseconds: Double?

    /// Minutes that a page begins with: an hour, and the one before it to compare with. Longer ranges it asks for.
    static let shown = 120

    private enum CodingKeys: String, CodingKey {
        case unixMilliseconds = "unix_ms"
        case requests
        case errors
        case shared
        case escalations
        case cost = "cost_usd"
        case baseline = "baseline_usd"
        case saved = "saved_usd"
        case tiers
        case latencyP50Milliseconds = "latency_p50_ms"
        case latencyP95Milliseconds = "latency_p95_ms"
    }

    /// The last minutes that anything is known of, oldest first, the one under way at the end.
    static func last(_ count: Int, of ledger: Ledger) -> [WebMinute] {
        minutes(ledger.history(seconds: count * 60, points: count))
    }

    /// The known intervals of a report.
    static func minutes(_ report: HistoryReport) -> [WebMinute] {
        let each = Int64(report.intervalMilliseconds)
        let begin = report.endUnixMilliseconds - each * Int64(report.requests.count)
        return report.requests.indices.compactMap { at in
            guard let requests = report.requests[at] else { return nil }
            var tiers: [String: Int] = [:]
            for (tier, counts) in report.tiers {
                if let count = counts[at], count > 0 { tiers[tier] = count }
            }
            return WebMinute(
                unixMilliseconds: begin + Int64(at) * each,
                requests: requests,
                errors: report.errors[at] ?? 0,
                shared: report.cacheHits[at] ?? 0,
                escalations: report.escalations[at] ?? 0,
                cost: report.cost[at] ?? .zero,
                baseline: report.baseline[at] ?? .zero,
                saved: report.saved[at] ?? .zero,
                tiers: tiers,
                latencyP50Milliseconds: report.latencyP50Milliseconds[at],
                latencyP95Milliseconds: report.latencyP95Milliseconds[at]
            )
        }
    }
}
