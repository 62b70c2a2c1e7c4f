import GatewayCore
import Shared

extension PrometheusText {
    mutating func add(_ cache: MetricsSnapshot.Cache) {
        guard cache.isEnabled else { return }
        let memory = CacheHomeReport(
            name: "memory",
            entries: cache.entries,
            bytes: cache.bytes,
            maxBytes: cache.maxBytes,
            hits: cache.hits,
            misses: cache.misses,
            evictions: cache.evictions
        )
        let homes = [memory] + cache.homes
        func samples(_ value: (CacheHomeReport) -> Int?) -> [Sample] {
            homes.compactMap { home in value(home).map { ([("home", home.name)], "\($0)") } }
        }
        add(.gauge, "cache_up", "1 where the home of answers is in use.", samples { $0.state == .ok ? 1 : 0 })
        add(.gauge, "cache_entries", "Answers kept.", samples(\.entries))
        add(.gauge, "cache_bytes", "Bytes of the answers kept.", samples(\.bytes))
        add(.gauge, "cache_max_bytes", "The most bytes that are kept.", samples(\.maxBytes))
        add(
            .counter,
            "cache_lookups_total",
            "Look-ups by home and result.",
            homes.flatMap { home -> [Sample] in
                [
                    ([("home", home.name), ("result", "hit")], "\(home.hits)"),
                    ([("home", home.name), ("result", "miss")], "\(home.misses)"),
                ]
            }
        )
        add(.counter, "cache_evictions_total", "Answers that had to make room.", samples(\.evictions))
        add(.counter, "cache_dropped_total", "Answers that could not be written.", samples(\.dropped))
        add(.counter, "cache_rejected_total", "Kept values that could not be read.", samples(\.rejected))
        add(.counter, "cache_timeouts_total", "Calls that were not answered in time.", samples(\.timeouts))
    }

    mutating func add(_ semantic: SemanticCacheReport) {
        add(.gauge, "semantic_cache_enabled", "1 while questions are looked up.", semantic.off == nil ? 1 : 0)
        add(.gauge, "semantic_cache_entries", "Questions kept.", semantic.entries)
        add(
            .counter,
            "semantic_cache_lookups_total",
            "Questions looked up, by result.",
            [([("result", "hit")], "\(semantic.hits)"), ([("result", "miss")], "\(semantic.misses)")]
        )
        add(
            .counter,
            "semantic_cache_refusals_total",
            "Similar questions that a guard refused, by guard.",
            Self.samples(semantic.refusals, "guard")
        )
        add(.counter, "semantic_cache_canaries_total", "Would-be hits sent on and compared.", semantic.canaries)
        add(
            .counter,
            "semantic_cache_false_hits_total",
            "Of those, and of reports, the wrong ones.",
            semantic.falseHits
        )
        if let rate = semantic.falseHitRate {
            add(.gauge, "semantic_cache_false_hit_ratio", "False hits among the last canaries.", rate)
        }
        add(
            .gauge,
            "semantic_cache_max_false_hit_ratio",
            "Above this ratio the semantic cache turns itself off.",
            semantic.maxFalseHitRate
        )
    }
}
