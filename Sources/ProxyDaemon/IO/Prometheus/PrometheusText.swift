package import Shared

/// The gateway's figures in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
package struct PrometheusText: Sendable {
    /// For the header `content-type`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var text = ""

    package init(_ snapshot: MetricsSnapshot) {
        add(snapshot.sinceStart)
        addTraffic(snapshot)
        if let escalation = snapshot.escalation { add(escalation) }
        if let storage = snapshot.storage { add(storage) }
        add(snapshot.cache)
        if let semantic = snapshot.cache.semantic { add(semantic) }
    }

    private enum Kind: String {
        case counter
        case gauge
    }

    private typealias Sample = (labels: [(String, String)], value: String)

    // MARK: Figures

    private mutating func add(_ report: EscalationReport) {
        add(.counter, "judged_answers_total", "Answers that were looked at before they were given.", report.judged)
        add(
            .counter,
            "weak_answers_total",
            "Answers that were found weak, by what became of them.",
            [
                ([("outcome", "escalated")], "\(report.escalated)"), ([("outcome", "refused")], "\(report.refused)"),
                ([("outcome", "found_late")], "\(report.foundLate)"),
            ]
        )
        add(
            .counter,
            "escalation_signals_total",
            "What was found in answers that were asked again.",
            report.bySignal.sorted { $0.key < $1.key }.map { ([("signal", $0.key)], "\($0.value)") }
        )
        add(.counter, "conversations_lifted_total", "Tool loops that stood still and got a higher tier.", report.lifted)
    }

    private mutating func add(_ storage: StorageReport) {
        add(.counter, "storage_rows_written_total", "Rows of exchanges written to disk.", storage.written)
        add(.gauge, "storage_rows_waiting", "Rows of exchanges that wait to be written.", storage.waiting)
        add(
            .counter,
            "storage_rows_lost_total",
            "Rows of exchanges that found no room while they waited.",
            storage.lost
        )
        guard let archive = storage.archive else { return }
        add(.gauge, "archive_rows_waiting", "Rows on disk that PostgreSQL does not have yet.", archive.waiting)
        add(.counter, "archive_rows_lost_total", "Rows that PostgreSQL will never have.", archive.lost)
    }

    private mutating func add(_ totals: MetricsSnapshot.Totals) {
        add(.counter, "requests_total", "Exchanges answered, well or badly.", totals.requests)
        add(.counter, "errors_total", "Exchanges whose status was 400 or more, or whose stream broke.", totals.errors)
        add(
            .counter,
            "cache_answers_total",
            "Exchanges whose answer was made for another one, by how it came to them.",
            [
                ([("kind", "exact")], "\(totals.exactCacheHits)"),
                ([("kind", "semantic")], "\(totals.semanticCacheHits)"),
                ([("kind", "coalesced")], "\(totals.coalesced)"),
            ]
        )
        add(.counter, "escalations_total", "Answers that were judged weak and asked again.", totals.escalations)
        let usage = totals.usage
        add(
            .counter,
            "tokens_total",
            "Tokens of the clients' answers, by bucket.",
            [
                ([("bucket", "input")], "\(usage.input)"), ([("bucket", "cache_read")], "\(usage.cacheRead)"),
                ([("bucket", "cache_write_5m")], "\(usage.cacheWrite5m)"),
                ([("bucket", "cache_write_1h")], "\(usage.cacheWrite1h)"), ([("bucket", "output")], "\(usage.output)"),
            ]
        )
        add(.counter, "cost_usd_total", "What was paid, the gateway's own calls included.", money: totals.cost)
        add(.counter, "baseline_usd_total", "What the same tokens cost on the premium tier.", money: totals.baseline)
        add(.gauge, "saved_usd", "Baseline minus cost since the start; may be negative.", money: totals.saved)
        add(
            .counter,
            "overhead_usd_total",
            "What the gateway's own calls cost, by purpose.",
            OverheadPurpose.allCases.map { ([("purpose", $0.rawValue)], totals.overhead[$0].description) }
        )
        add(
            .counter,
            "tokens_saved_total",
            "Estimated tokens that were left out of prompts, by reducer.",
            Reducer.allCases.map { ([("reducer", $0.rawValue)], "\(totals.tokensSaved[$0])") }
        )
    }

    private mutating func addTraffic(_ snapshot: MetricsSnapshot) {
        if let disabled = snapshot.reducersDisabled {
            add(.counter, "reducers_disabled_total", "Conversations whose prompts are left alone again.", disabled)
        }
        add(.gauge, "uptime_seconds", "Seconds since the start.", "\(snapshot.uptimeSeconds)")
        add(.gauge, "in_flight", "Exchanges under way.", snapshot.inFlight)
        add(
            .counter,
            "tier_requests_total",
            "Answers by tier.",
            snapshot.tiers.map { ([("tier", $0.tier.name)], "\($0.requests)") }
        )
        func backends(_ value: (MetricsSnapshot.Backend) -> String) -> [Sample] {
            snapshot.backends.map { backend in
                ([("backend", backend.name), ("model", backend.model), ("tier", backend.tier.name)], value(backend))
            }
        }
        add(.counter, "backend_requests_total", "Calls by backend.", backends { "\($0.requests)" })
        add(.counter, "backend_errors_total", "Failed calls by backend.", backends { "\($0.errors)" })
        add(.counter, "backend_cost_usd_total", "What was paid by backend.", backends { $0.cost.description })
        add(.gauge, "backend_in_flight", "Calls under way by backend.", backends { "\($0.inFlight)" })
        if let waiting = snapshot.waiting { add(.gauge, "waiting", "Exchanges that queue for a place.", waiting) }
        add(
            .gauge,
            "backend_breaker_open",
            "1 while the circuit breaker keeps calls away.",
            backends { $0.health.map { $0.breaker == "closed" ? "0" : "1" } ?? "0" }
        )
        add(.gauge, "backend_waiting", "Calls that queue by backend.", backends { "\($0.health?.waiting ?? 0)" })
    }

    private mutating func add(_ cache: MetricsSnapshot.Cache) {
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

    private mutating func add(_ semantic: SemanticCacheReport) {
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
            semantic.refusals.sorted { $0.key < $1.key }.map { ([("guard", $0.key)], "\($0.value)") }
        )
        add(.counter, "semantic_cache_canaries_total", "Would-be hits sent on and compared.", semantic.canaries)
        add(
            .counter,
            "semantic_cache_false_hits_total",
            "Of those, and of reports, the wrong ones.",
            semantic.falseHits
        )
        if let rate = semantic.falseHitRate {
            add(.gauge, "semantic_cache_false_hit_ratio", "False hits among the last canaries.", "\(rate)")
        }
        add(
            .gauge,
            "semantic_cache_max_false_hit_ratio",
            "Above this ratio the semantic cache turns itself off.",
            "\(semantic.maxFalseHitRate)"
        )
    }

    // MARK: Writing

    private mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Int) {
        add(kind, name, help, [([], "\(value)")])
    }

    private mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: String) {
        add(kind, name, help, [([], value)])
    }

    private mutating func add(_ kind: Kind, _ name: String, _ help: String, money: USD) {
        add(kind, name, help, [([], money.description)])
    }

    private mutating func add(_ kind: Kind, _ name: String, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        let full = "llm_gateway_\(name)"
        text += "# HELP \(full) \(help)\n# TYPE \(full) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            text += labels.isEmpty ? "\(full) \(sample.value)\n" : "\(full){\(labels)} \(sample.value)\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        var out = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
