package import GatewayCore
package import Shared

/// The gateway's figures for Prometheus. docs/observability.md says what each means; a test compares the names.
package struct PrometheusText: Sendable {
    /// For the header `content-type`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package var text: String { writer.text }
    private(set) var writer = PrometheusWriter()

    /// `process` and `daemon` nil: nothing is told of them.
    package init(
        _ snapshot: MetricsSnapshot,
        traffic: TrafficMetrics,
        process: ProcessFigures? = nil,
        daemon: DaemonFigures? = nil
    ) {
        add(traffic)
        add(snapshot.sinceStart)
        addLoad(snapshot)
        if let limits = snapshot.limits { add(limits) }
        if let escalation = snapshot.escalation { add(escalation) }
        if let configuration = snapshot.configuration { add(configuration) }
        if let storage = snapshot.storage { add(storage) }
        add(snapshot.cache)
        if let semantic = snapshot.cache.semantic { add(semantic) }
        if let daemon {
            add(daemon.server)
            add(daemon.logs)
        }
        if let process { add(process) }
        add(.gauge, "build_info", "Always 1; the version is a label.", [([("version", GatewayVersion.number)], "1")])
    }

    typealias Kind = PrometheusWriter.Kind
    typealias Sample = PrometheusWriter.Sample

    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Int) {
        writer.add(kind, name, help, value)
    }

    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
        writer.add(kind, name, help, value)
    }

    mutating func add(_ kind: Kind, _ name: String, _ help: String, money: USD) {
        writer.add(kind, name, help, money: money)
    }

    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ samples: [Sample]) {
        writer.add(kind, name, help, samples)
    }

    /// A sample for each entry of a dictionary, by name.
    static func samples(_ counts: [String: Int], _ label: String) -> [Sample] {
        counts.sorted { $0.key < $1.key }.map { ([(label, $0.key)], "\($0.value)") }
    }

    // MARK: Traffic

    private mutating func add(_ traffic: TrafficMetrics) {
        let pairs = traffic.pairs.filter { !$0.statuses.isEmpty || $0.usage != TokenUsage() || $0.cost != .zero }
        func labels(_ pair: TrafficMetrics.Pair) -> PrometheusWriter.Labels {
            [("provider", pair.provider), ("model", pair.model)]
        }
        add(
            .counter,
            "requests_total",
            "Exchanges that have ended, by who answered and with which HTTP status.",
            pairs.flatMap { pair -> [Sample] in
                pair.statuses.sorted { $0.code < $1.code }.map { status in
                    let code = status.code == 0 ? TrafficMetrics.other : "\(status.code)"
                    return (labels(pair) + [("status", code)], "\(status.count)")
                }
            }
        )
        add(
            .counter,
            "errors_total",
            "Exchanges that failed, by reason: provider_error, or the gateway's own X-Gateway-Error.",
            Self.samples(traffic.failures, "reason")
        )
        let paid = pairs.filter { $0.usage != TokenUsage() || $0.cost != .zero }
        add(
            .counter,
            "tokens_total",
            "Tokens of every call to a model, the gateway's own calls and answers that were not given included.",
            paid.flatMap { pair -> [Sample] in
                let usage = pair.usage
                return [
                    ("input", usage.input), ("output", usage.output), ("cache_read", usage.cacheRead),
                    ("cache_write", usage.cacheWrite5m &+ usage.cacheWrite1h),
                ].map { (labels(pair) + [("direction", $0.0)], "\($0.1)") }
            }
        )
        add(
            .counter,
            "cost_usd_total",
            "What these calls cost.",
            paid.map { (labels($0), $0.cost.description) }
        )
        let answered = pairs.filter { !$0.statuses.isEmpty && $0.latency.count > 0 }
        writer.add(
            "latency_seconds",
            "From the request's last byte to the answer's last byte.",
            answered.map { (labels($0), $0.latency) }
        )
        writer.add(
            "time_to_first_byte_seconds",
            "From the request's last byte to the answer's first byte.",
            answered.map { (labels($0), $0.firstByte) }
        )
        writer.add(
            "overhead_seconds",
            "What the gateway added to answers that at most one call was made for.",
            [([], traffic.own)]
        )
        add(
            .counter,
            "retries_total",
            "Calls that were made because an earlier one had failed.",
            TrafficMetrics.Retry.allCases.map { ([("kind", $0.rawValue)], "\(traffic.retries[$0] ?? 0)") }
        )
    }

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
            Self.samples(report.bySignal, "signal")
        )
        add(.counter, "conversations_lifted_total", "Tool loops that stood still and got a higher tier.", report.lifted)
    }

    private mutating func add(_ configuration: ConfigurationReport) {
        add(
            .counter,
            "config_reloads_total",
            "How often the configuration was to be read again.",
            configuration.reloads
        )
        add(
            .counter,
            "config_reload_failures_total",
            "Of those, how often it was left as it was.",
            configuration.failures
        )
        add(
            .gauge,
            "config_last_reload_successful",
            "1, or 0 where the last reading of the configuration failed.",
            configuration.lastFailure == nil ? 1 : 0
        )
        add(
            .gauge,
            "config_last_reload_success_timestamp_seconds",
            "When the configuration in force was read, in seconds since 1970.",
            Double(configuration.unixMilliseconds) / 1_000
        )
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
        if let unconfirmed = storage.unconfirmed {
            add(
                .counter,
                "storage_answers_unconfirmed_total",
                "Answers that ended before their rows were known to be on disk.",
                unconfirmed
            )
        }
        guard let archive = storage.archive else { return }
        add(.gauge, "archive_rows_waiting", "Rows on disk that PostgreSQL does not have yet.", archive.waiting)
        add(.counter, "archive_rows_lost_total", "Rows that PostgreSQL will never have.", archive.lost)
    }

    private mutating func add(_ totals: MetricsSnapshot.Totals) {
        add(
            .counter,
            "cache_hits_total",
            "Exchanges whose answer was made for another one, by how it came to them.",
            [
                ([("kind", "exact")], "\(totals.exactCacheHits)"),
                ([("kind", "semantic")], "\(totals.semanticCacheHits)"),
                ([("kind", "coalesced")], "\(totals.coalesced)"),
            ]
        )
        add(.counter, "escalations_total", "Answers that were judged weak and asked again.", totals.escalations)
        add(.counter, "baseline_usd_total", "What the same tokens cost on the premium tier.", money: totals.baseline)
        add(
            .gauge,
            "saved_usd_total",
            "Baseline minus cost since the start; it may fall, and be negative.",
            money: totals.saved
        )
        add(
            .counter,
            "overhead_usd_total",
            "What the gateway's own calls cost, by purpose.",
            OverheadPurpose.allCases.map { ([("purpose", $0.rawValue)], totals.overhead[$0].description) }
        )
        add(
            .counter,
            "losses_usd_total",
            "What was lost of the savings on answers thrown away, and on checks and wrong answers of the semantic cache.",
            [
                ([("kind", "escalation")], totals.losses.escalation.description),
                ([("kind", "cache_checks")], totals.losses.cacheChecks.description),
                ([("kind", "wrong_hits")], totals.losses.wrongHits.description),
            ]
        )
        add(
            .counter,
            "tokens_saved_total",
            "Estimated tokens that were left out of prompts, by reducer.",
            Reducer.allCases.map { ([("reducer", $0.rawValue)], "\(totals.tokensSaved[$0])") }
        )
    }

    private mutating func addLoad(_ snapshot: MetricsSnapshot) {
        if let disabled = snapshot.reducersDisabled {
            add(.counter, "reducers_disabled_total", "Conversations whose prompts are left alone again.", disabled)
        }
        add(.gauge, "uptime_seconds", "Seconds since the start.", snapshot.uptimeSeconds)
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
        if let waiting = snapshot.waiting {
            add(.gauge, "queue_waiting", "Exchanges that queue for a place.", waiting)
        }
        add(.gauge, "backend_queue_waiting", "Calls that queue by backend.", backends { "\($0.health?.waiting ?? 0)" })
        add(
            .gauge,
            "circuit_breaker_state",
            "1 for the state that the backend's circuit breaker is in, 0 for the others.",
            snapshot.backends.flatMap { backend -> [Sample] in
                ["closed", "half_open", "open"].map { state in
                    let isThis = backend.health.map { $0.breaker == state } ?? (state == "closed")
                    return ([("backend", backend.name), ("state", state)], isThis ? "1" : "0")
                }
            }
        )
    }

    private mutating func add(_ limits: LimitsReport) {
        add(
            .counter,
            "limit_refusals_total",
            "Requests that were refused, by the bound.",
            Self.samples(limits.refusals, "limit")
        )
        add(
            .counter,
            "shed_total",
            "Requests that were sent away because too much was under way.",
            Self.samples(limits.shed, "reason")
        )
        func budgets(_ value: (LimitsReport.Budget) -> String) -> [Sample] {
            limits.budgets.map { ([("scope", $0.scope), ("period", $0.period.rawValue)], value($0)) }
        }
        add(.gauge, "budget_limit_usd", "What may be spent in a period.", budgets { $0.limit.description })
        add(.gauge, "budget_spent_usd", "What is spent in this period.", budgets { $0.spent.description })
        add(
            .gauge,
            "budget_reserved_usd",
            "What is put aside for calls under way.",
            budgets { $0.reserved.description }
        )
        add(
            .gauge,
            "budget_spent_ratio",
            "The share of the budget that is spent.",
            budgets { PrometheusWriter.number($0.ratio) }
        )
    }

    private mutating func add(_ server: ServerFigures) {
        add(
            .counter,
            "http_responses_total",
            "Answers to HTTP requests of any kind by status; 499 where the client left before the end.",
            server.responses.sorted { $0.key < $1.key }.map { ([("status", "\($0.key)")], "\($0.value)") }
        )
        add(.gauge, "http_connections", "Open connections of clients.", server.connections)
        add(.gauge, "http_held_body_bytes", "Of the larger bodies of requests under way.", server.heldBodyBytes)
    }

    private mutating func add(_ logs: LogFigures) {
        add(.counter, "access_log_lines_total", "Lines written to the access log.", logs.accessWritten)
        add(
            .counter,
            "access_log_lines_dropped_total",
            "Lines of the access log that found no room while they waited, or could not be written.",
            logs.accessDropped
        )
        add(.counter, "log_lines_dropped_total", "Lines of the log that found no room while they waited.", logs.dropped)
    }

    /// Under the names that all client libraries of Prometheus use.
    private mutating func add(_ process: ProcessFigures) {
        for (kind, name, help, value) in [
            (Kind.counter, "cpu_seconds_total", "Seconds of processor time.", process.cpuSeconds),
            (
                .gauge, "start_time_seconds", "When the process started, in seconds since 1970.",
                process.startUnixSeconds
            ),
        ] {
            writer.add(kind, name, help, prefix: "process_", [([], PrometheusWriter.number(value))])
        }
        for (name, help, value) in [
            ("resident_memory_bytes", "Bytes of memory in use.", process.residentBytes),
            ("virtual_memory_bytes", "Bytes of address space.", process.virtualBytes),
            ("open_fds", "Open file descriptors.", process.openDescriptors),
            ("max_fds", "The most file descriptors that may be open.", process.maxDescriptors),
        ] {
            writer.add(.gauge, name, help, prefix: "process_", [([], "\(value)")])
        }
    }
}
