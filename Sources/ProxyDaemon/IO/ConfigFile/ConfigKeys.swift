import GatewayCore
import Shared

extension ConfigKey {
    private static let seconds = 1...86_400
    private static let bytes = 0...Int(Int64.max)

    /// Every key but those of a backend, in the order in which they are listed for people.
    static let all: [ConfigKey] = [
        .host("server.host", \.server.host),
        .integer("server.port", \.server.port, 0...65_535),
        .integer("server.max_body_bytes", \.server.maxBodyBytes, 1...1_073_741_824),
        .integer("server.read_timeout_sec", \.server.readTimeoutSeconds, seconds),
        .integer("server.write_timeout_sec", \.server.writeTimeoutSeconds, seconds),
        .integer("server.keep_alive_timeout_sec", \.server.keepAliveTimeoutSeconds, seconds),
        .integer("server.max_connections", \.server.maxConnections, 1...1_000_000),
        .integer("server.threads", \.server.threads, 0...256),
        .secrets("auth.keys", \.auth.keys),
        .secret("auth.admin_key", \.auth.adminKey),
        .path("control.socket", \.control.socket, maximumBytes: SocketPath.maximumBytes),
        .choice("routing.mode", \.routing.mode),
        .choice("routing.preset", \.routing.preset),
        .flag("routing.local_first", \.routing.isLocalFirst),
        .tier("routing.min_tier", \.routing.bounds.minTier),
        .tier("routing.max_tier", \.routing.bounds.maxTier),
        .cost("routing.max_cost_usd", \.routing.bounds.maxCost),
        .preferences("routing.prefer", \.routing.bounds.prefer),
        .choice("classifier.mode", \.classifier.mode),
        .integer("classifier.tier1_max", \.classifier.tier1Max, 0...100),
        .integer("classifier.tier2_max", \.classifier.tier2Max, 0...100),
        .share("classifier.quality_target", \.classifier.qualityTarget),
        .path("classifier.examples_file", \.classifier.examplesFile),
        .share("classifier.example_threshold", \.classifier.exampleThreshold),
        .name("classifier.model", \.classifier.model),
        .integer("classifier.model_timeout_ms", \.classifier.modelTimeoutMilliseconds, 50...60_000),
        .flag("use_haiku_classifier", \.classifier.asksModel),
        .flag("embedding.enabled", \.embedding.isEnabled),
        .path("embedding.path", \.embedding.path),
        .integer("embedding.threads", \.embedding.threads, 1...64),
        .integer("embedding.queue", \.embedding.queue, 1...10_000),
        .integer("embedding.timeout_ms", \.embedding.timeoutMilliseconds, 1...60_000),
        .projects("projects", \.projects),
        .integer("max_escalations", \.escalation.maxEscalations, 0...3),
        .choice("escalation.check", \.escalation.check),
        .signals("escalation.signals", \.escalation.rules.signals),
        .share("escalation.threshold", \.escalation.rules.threshold),
        .integer("escalation.min_response_length", \.escalation.rules.minimumLength, 0...100_000),
        .flag("escalation.for_agents", \.escalation.includesAgents),
        .integer("escalation.window_tokens", \.escalation.windowTokens, 0...10_000),
        .integer("escalation.window_ms", \.escalation.windowMilliseconds, 0...60_000),
        .share("escalation.max_share", \.escalation.maxShare),
        .integer("escalation.stall_after", \.escalation.stallAfter, 0...100),
        .integer("escalation.judge_timeout_ms", \.escalation.judgeTimeoutMilliseconds, 50...60_000),
        .flag("cascade.enabled", \.cascade.isEnabled),
        .cascadeTier("cascade.max_tier", \.cascade.maxTier),
        .flag("cascade.log_outcomes", \.cascade.logsOutcomes),
        .flag("cache.enabled", \.cache.isEnabled),
        .integer("cache.exact_ttl", \.cache.exactTTLSeconds, 0...315_360_000),
        .integer("cache.max_bytes", \.cache.maxBytes, bytes),
        .integer("cache.max_entry_bytes", \.cache.maxEntryBytes, bytes),
        .choice("cache.scope", \.cache.scope),
        .flag("cache.disk", \.cache.usesDisk),
        .integer("cache.disk_max_bytes", \.cache.diskMaxBytes, 1_048_576...Int(Int64.max)),
        .redisURL("cache.redis_url", \.cache.redisURL),
        .path("cache.redis_ca_file", \.cache.redisCAFile),
        .integer("cache.timeout_ms", \.cache.homeTimeoutMilliseconds, 1...1_000),
        .secret("cache.signing_key", \.cache.signingKey),
        .flag("cache.use_semantic_cache", \.cache.semantic.isEnabled),
        .share("cache.semantic_threshold", \.cache.semantic.threshold),
        .integer("cache.semantic_ttl", \.cache.semantic.ttlSeconds, 0...315_360_000),
        .integer("cache.semantic_max_entries", \.cache.semantic.maxEntries, 1...10_000_000),
        .share("cache.semantic_max_temperature", \.cache.semantic.maxTemperature, most: 2),
        .flag("cache.semantic_for_agents", \.cache.semantic.servesAgents),
        .onlyChoice("cache.embedding_model", "all-MiniLM-L6-v2"),
        .choice("cache.similarity", \.cache.semantic.similarity),
        .share("cache.similarity_thresh", \.cache.semantic.jaccardThreshold),
        .share("cache.canary_rate", \.cache.semantic.canaryRate),
        .share("cache.max_false_hit_rate", \.cache.semantic.maxFalseHitRate),
        .flag("coalesce.enabled", \.coalesce.isEnabled),
        .flag("coalesce.deterministic_only", \.coalesce.isDeterministicOnly),
        .baseURL("learned.sidecar_url", \.learned.sidecarURL),
        .share("learned.sidecar_weight", \.learned.sidecarWeight),
        .share("learned.threshold", \.learned.threshold),
        .integer("learned.sidecar_timeout_ms", \.learned.sidecarTimeoutMilliseconds, 10...60_000),
        .share("learned.shadow_rate", \.learned.shadowRate),
        .flag("learned.use_feedback", \.learned.usesFeedback),
        .flag("skills.enabled", \.skills.isEnabled),
        .path("skills.path", \.skills.path),
        .path("storage.path", \.storage.path),
        ConfigKey(later: "storage.database_url"),
        .integer("upstream.connect_timeout_sec", \.upstream.connectTimeoutSeconds, seconds),
        .integer("upstream.first_byte_timeout_sec", \.upstream.firstByteTimeoutSeconds, seconds),
        .integer("upstream.idle_timeout_sec", \.upstream.idleTimeoutSeconds, seconds),
        .integer("upstream.total_timeout_sec", \.upstream.totalTimeoutSeconds, seconds),
        .integer("upstream.ping_interval_sec", \.upstream.pingIntervalSeconds, seconds),
        .integer("upstream.buffer_bytes", \.upstream.bufferBytes, 1_024...1_073_741_824),
        .integer("upstream.threads", \.upstream.threads, 0...64),
        .path("upstream.ca_file", \.upstream.caFile),
        .word("log.level", \.log.level, of: logLevels),
        .choice("log.format", \.log.format),
        .choice("log.prompts", \.log.prompts),
        .flag("strict_translation", \.strictTranslation),
        .integer("default_max_tokens", \.defaultMaxTokens, 1...10_000_000),
        .path("catalogue_file", \.catalogueFile),
    ]

    /// swift-log's names.
    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// The keys of one backend under `models`.
    static let backend = [
        "name", "provider", "model", "base_url", "api_key", "tier", "headers", "cost_per_1k_in", "cost_per_1k_out",
        "cost_per_1k_cache_read", "cost_per_1k_cache_write_5m", "cost_per_1k_cache_write_1h", "max_tokens",
        "allowed_models", "num_ctx", "stream_usage", "timeout_sec",
    ]

    /// The top level's keys and sections.
    static let topLevel = Set(all.map { $0.path.prefix { $0 != "." } }).union(["models"]).map(String.init)

    /// The keys of a section; none where the word is a key itself.
    static func members(of section: String) -> [ConfigKey] { all.filter { $0.path.hasPrefix(section + ".") } }
}
