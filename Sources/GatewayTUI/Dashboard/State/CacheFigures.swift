package import Shared

// What the views say about the caches, worked out from the daemon's figures. Sums are floating point because a peer may
// send any number.

extension MetricsSnapshot.Totals {
    /// Requests that no provider was paid for: exact hits, semantic hits and those that shared a call in flight.
    package var cacheHits: Int {
        Format.whole(Double(exactCacheHits) + Double(semanticCacheHits) + Double(coalesced))
    }

    /// The share of requests served from caches, such as `38%`.
    package var cacheHitShare: String { Format.percent(Double(cacheHits), of: Double(requests)) }

    /// The same share by kind in few columns: `e19 s14 c2`; nil where the exact cache is the only one that served.
    package var cacheHitSplit: String? {
        guard semanticCacheHits > 0 || coalesced > 0, requests > 0 else { return nil }
        let parts = [("e", exactCacheHits), ("s", semanticCacheHits), ("c", coalesced)]
        return parts.map { "\($0.0)\(Format.whole(Double($0.1) / Double(requests) * 100))" }.joined(separator: " ")
    }
}

extension MetricsSnapshot.Cache {
    /// Everywhere answers are kept, memory first. Memory's own figures are beside the list of the other places.
    package var places: [CacheHomeReport] {
        if homes.contains(where: { $0.name == "memory" }) { return homes }
        let memory = CacheHomeReport(
            name: "memory",
            state: isEnabled ? .ok : .off,
            detail: isEnabled ? nil : "switched off in the configuration: cache.enabled",
            entries: entries,
            bytes: bytes,
            maxBytes: maxBytes,
            hits: hits,
            misses: misses,
            evictions: evictions
        )
        return [memory] + homes
    }

    /// What a person should know at once, each a sentence: a place that is away, a semantic cache that turned itself off.
    package var alerts: [String] {
        var alerts = places.filter { $0.state == .down }.map { home in
            "\(home.name) is down\(home.detail.map { ": \($0)" } ?? "")"
        }
        if let semantic, semantic.isSuspended == true, let off = semantic.off {
            alerts.insert("the semantic cache is off: \(off)", at: semantic.falseHitLevel == .alert ? 0 : alerts.count)
        }
        return alerts
    }
}

extension CacheHomeReport {
    /// Look-ups that found an answer, of all: `38%`.
    package var hitShare: String { Format.percent(Double(hits), of: Double(hits) + Double(misses)) }
}

extension SemanticCacheReport {
    /// How the observed rate of false hits stands to the highest that is allowed.
    package enum FalseHitLevel: Sendable, Hashable {
        /// Nothing was compared yet.
        case unknown
        case fine
        /// Above half of what is allowed.
        case warning
        case alert
    }

    package var falseHitLevel: FalseHitLevel {
        guard let rate = falseHitRate, rate.isFinite else { return .unknown }
        if rate > maxFalseHitRate { return .alert }
        return rate > maxFalseHitRate / 2 ? .warning : .fine
    }

    /// Near questions that the guards refused, the most frequent first.
    package var sortedRefusals: [(guard: String, count: Int)] {
        refusals.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    package var refused: Int { Format.whole(refusals.values.reduce(0) { $0 + Double($1) }) }
}

extension ExchangeSummary {
    /// How a cache served it, in at most five columns; the words that the filter's `cache:` takes begin like that.
    package var cacheMark: String {
        switch cache {
        case "semantic": "sem"
        case "coalesced": "coal"
        default: cache
        }
    }

    /// How a cache served it, for a person; nil where a provider did.
    package var cacheSentence: String? {
        switch cache {
        case "exact": "exact: the same request was answered before"
        case "semantic": "semantic: a question that asks the same was answered before"
        case "coalesced": "coalesced: it shared the call of an identical request in flight"
        default: isCached ? cache : nil
        }
    }
}
